//! In which order the fields of a conditional request are asked, and what they say.

use super::{EntityTag, Ranges};
use crate::date::parse_http_date;
use crate::proto::RequestHeaders;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What is known of the state of a representation (RFC 9110 §8.8).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    /// The name of this state.
    pub etag: Option<EntityTag>,
    /// When it came to be.
    pub last_modified: Option<SystemTime>,
}

/// What a request's preconditions say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Answer as if there were none.
    Perform,
    /// The client has it already: 304.
    NotModified,
    /// The client means another state: 412.
    Failed,
}

/// Asks the preconditions of a request, in the order of RFC 9110 §13.2.2.
///
/// `current` is the state of what would be sent with a 2xx status; there are no preconditions for anything else (§13.2.1).
///
/// - `If-Match`, and only without it `If-Unmodified-Since`: the state the client means.
/// - `If-None-Match`, and only without it `If-Modified-Since` (GET and HEAD): the state the client has.
///
/// Dates that are none, and lists of them, are ignored, as is a date where no modification date is known. What is
/// no entity tag matches nothing.
///
/// # Examples
///
/// See the [module](super).
#[must_use]
pub fn evaluate(method: &str, headers: &RequestHeaders<'_>, current: &Validators) -> Verdict {
    let reads = matches!(method, "GET" | "HEAD");
    if headers.contains("If-Match") {
        if !names_current(headers, "If-Match", current, true) {
            return Verdict::Failed;
        }
    } else if is_newer_than(headers, "If-Unmodified-Since", current) == Some(true) {
        return Verdict::Failed;
    }
    if headers.contains("If-None-Match") {
        if names_current(headers, "If-None-Match", current, false) {
            return if reads { Verdict::NotModified } else { Verdict::Failed };
        }
    } else if reads && is_newer_than(headers, "If-Modified-Since", current) == Some(false) {
        return Verdict::NotModified;
    }
    Verdict::Perform
}

/// Reads which bytes a request wants: those of `Range`, unless `If-Range` says that they have become others.
///
/// Only GET has ranges (RFC 9110 §14.2). `size` is how many bytes the representation has, and `now` the time of the
/// answer: a date stands for a state only if it has passed (§8.8.2.2).
///
/// # Examples
///
/// See the [module](super).
#[must_use]
pub fn requested_ranges(
    method: &str,
    headers: &RequestHeaders<'_>,
    current: &Validators,
    size: u64,
    now: SystemTime,
) -> Ranges {
    match the_only(headers, "Range") {
        Some(range) if method == "GET" && range_fits(headers, current, now) => {
            Ranges::parse(range, size)
        }
        _ => Ranges::Whole,
    }
}

/// Whether the client's part and ours are of the same state (`If-Range`, RFC 9110 §13.1.5).
fn range_fits(headers: &RequestHeaders<'_>, current: &Validators, now: SystemTime) -> bool {
    if !headers.contains("If-Range") {
        return true;
    }
    // Of two validators at most one fits.
    let Some(value) = the_only(headers, "If-Range") else { return false };
    if let Some(etag) = &current.etag {
        if etag.is_exactly(value) {
            return true;
        }
    }
    let (Some(date), Some(modified)) = (parse_date(value), current.last_modified) else {
        return false;
    };
    // Within the second of the date there may have been another state of the same date.
    let is_strong = now.duration_since(modified).is_ok_and(|age| age >= Duration::from_secs(1));
    is_strong && date == whole_seconds(modified)
}

/// Whether one of the tags of a field is the current one, or the field is `*`, which any representation is.
fn names_current(
    headers: &RequestHeaders<'_>,
    name: &str,
    current: &Validators,
    strongly: bool,
) -> bool {
    the_only(headers, name) == Some(b"*")
        || current
            .etag
            .as_ref()
            .is_some_and(|etag| headers.get_all_bytes(name).any(|list| etag.is_in(list, strongly)))
}

/// Whether the representation is newer than the date of a field; `None` if there is no such date, or none of it.
fn is_newer_than(headers: &RequestHeaders<'_>, name: &str, current: &Validators) -> Option<bool> {
    let date = parse_date(the_only(headers, name)?)?;
    Some(whole_seconds(current.last_modified?) > date)
}

fn parse_date(value: &[u8]) -> Option<SystemTime> {
    parse_http_date(std::str::from_utf8(value).ok()?)
}

/// The value of a field that may be there only once; a second one makes it say nothing.
fn the_only<'a>(headers: &RequestHeaders<'a>, name: &str) -> Option<&'a [u8]> {
    let mut values = headers.get_all_bytes(name);
    values.next().filter(|_| values.next().is_none())
}

/// A date in a field has no fractions, so what it is compared with must not have them either.
fn whole_seconds(time: SystemTime) -> SystemTime {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => UNIX_EPOCH + Duration::from_secs(after.as_secs()),
        // Before every date that a request can name.
        Err(_) => UNIX_EPOCH,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::{HeadParser, Limits};

    const NOW: Duration = Duration::from_secs(784_111_900);
    const SAME: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const EARLIER: &str = "Sun, 06 Nov 1994 08:49:36 GMT";
    const LATER: &str = "Sun, 06 Nov 1994 08:49:38 GMT";

    fn current() -> Validators {
        let last_modified = UNIX_EPOCH + Duration::from_millis(784_111_777_500);
        Validators { etag: EntityTag::strong("a"), last_modified: Some(last_modified) }
    }

    /// Lets a function see the head of a request with these fields.
    fn with_fields<T>(
        method: &str,
        fields: &str,
        see: impl FnOnce(&str, &RequestHeaders<'_>) -> T,
    ) -> T {
        let head = format!("{method} / HTTP/1.1\r\nHost: h\r\n{fields}\r\n");
        let mut parser = HeadParser::new(Limits::default());
        parser.parse(head.as_bytes()).expect("a valid head").expect("a whole head");
        let head = parser.head(head.as_bytes());
        see(head.method(), &head.headers())
    }

    fn verdict(method: &str, fields: &[(&str, &str)]) -> Verdict {
        verdict_for(method, fields, &current())
    }

    fn verdict_for(method: &str, fields: &[(&str, &str)], current: &Validators) -> Verdict {
        let lines: String =
            fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        with_fields(method, &lines, |method, headers| evaluate(method, headers, current))
    }

    /// All combinations of what the four fields can say, by the table of RFC 9110 §13.2.2.
    #[test]
    fn the_order_of_the_fields_is_that_of_the_rfc() {
        let tags = [None, Some("\"a\""), Some("\"b\""), Some("*")];
        let dates = [None, Some(EARLIER), Some(SAME), Some(LATER), Some("soon")];
        for (if_match, none_match) in tags.iter().flat_map(|m| tags.iter().map(move |n| (m, n))) {
            for (unmodified, modified) in
                dates.iter().flat_map(|u| dates.iter().map(move |m| (u, m)))
            {
                for method in ["GET", "HEAD", "PUT"] {
                    let fields: Vec<(&str, &str)> = [
                        ("If-Modified-Since", modified),
                        ("If-None-Match", none_match),
                        ("If-Unmodified-Since", unmodified),
                        ("If-Match", if_match),
                    ]
                    .into_iter()
                    .filter_map(|(name, value)| value.map(|value| (name, value)))
                    .collect();
                    let reads = method != "PUT";
                    let expected = if *if_match == Some("\"b\"")
                        || (if_match.is_none() && *unmodified == Some(EARLIER))
                    {
                        Verdict::Failed
                    } else if matches!(none_match, Some("\"a\"" | "*")) {
                        if reads { Verdict::NotModified } else { Verdict::Failed }
                    } else if reads
                        && none_match.is_none()
                        && matches!(*modified, Some(SAME | LATER))
                    {
                        Verdict::NotModified
                    } else {
                        Verdict::Perform
                    };
                    assert_eq!(verdict(method, &fields), expected, "{method} {fields:?}");
                }
            }
        }
    }

    #[test]
    fn lists_may_be_long_and_in_several_lines() {
        for fields in [
            &[("If-None-Match", "\"x\", W/\"a\"")][..],
            &[("If-None-Match", "\"x\""), ("If-None-Match", "\"a\"")],
        ] {
            assert_eq!(verdict("GET", fields), Verdict::NotModified, "{fields:?}");
        }
        // A weak tag is no proof for If-Match (RFC 9110 §13.1.1).
        assert_eq!(verdict("GET", &[("If-Match", "W/\"a\"")]), Verdict::Failed);
        assert_eq!(
            verdict("GET", &[("If-Match", "\"x\""), ("If-Match", "\"a\"")]),
            Verdict::Perform
        );
    }

    #[test]
    fn what_says_nothing_is_ignored() {
        for value in ["soon", "", "784111777", "Sun, 06 Nov 1994 08:49:37 +0100"] {
            for name in ["If-Modified-Since", "If-Unmodified-Since"] {
                assert_eq!(verdict("GET", &[(name, value)]), Verdict::Perform, "{name}: {value}");
            }
        }
        let twice = [("If-Modified-Since", LATER), ("If-Modified-Since", LATER)];
        assert_eq!(verdict("GET", &twice), Verdict::Perform);
        // Not even `*` is a tag among others.
        assert_eq!(verdict("GET", &[("If-None-Match", "*, \"x\"")]), Verdict::Perform);
        let unknown = Validators::default();
        for name in ["If-Modified-Since", "If-Unmodified-Since"] {
            assert_eq!(verdict_for("GET", &[(name, EARLIER)], &unknown), Verdict::Perform);
        }
        assert_eq!(verdict_for("GET", &[("If-Match", "\"a\"")], &unknown), Verdict::Failed);
        assert_eq!(verdict_for("GET", &[("If-Match", "*")], &unknown), Verdict::Perform);
    }

    #[test]
    fn the_three_forms_of_dates_are_read() {
        for date in [SAME, "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            assert_eq!(
                verdict("GET", &[("If-Modified-Since", date)]),
                Verdict::NotModified,
                "{date}"
            );
            assert_eq!(
                verdict("GET", &[("If-Unmodified-Since", date)]),
                Verdict::Perform,
                "{date}"
            );
        }
    }

    fn is_partial(method: &str, fields: &str, current: &Validators, now: Duration) -> bool {
        let lines = format!("Range: bytes=0-0\r\n{fields}");
        with_fields(method, &lines, |method, headers| {
            requested_ranges(method, headers, current, 10, UNIX_EPOCH + now) != Ranges::Whole
        })
    }

    #[test]
    fn a_range_is_for_get_and_there_is_one() {
        assert!(is_partial("GET", "", &current(), NOW));
        assert!(!is_partial("HEAD", "", &current(), NOW));
        assert!(!is_partial("POST", "", &current(), NOW));
        assert!(!is_partial("GET", "Range: bytes=2-2\r\n", &current(), NOW));
    }

    #[test]
    fn if_range_wants_the_same_state_for_certain() {
        let fits = |value: &str, current: &Validators| {
            is_partial("GET", &format!("If-Range: {value}\r\n"), current, NOW)
        };
        assert!(fits("\"a\"", &current()));
        assert!(fits(SAME, &current()));
        assert!(fits("Sun Nov  6 08:49:37 1994", &current()));
        for value in ["W/\"a\"", "\"b\"", "*", "\"a\", \"a\"", "", "soon", EARLIER, LATER] {
            assert!(!fits(value, &current()), "{value}");
        }
        let weak = Validators { etag: EntityTag::weak("a"), last_modified: None };
        assert!(!fits("W/\"a\"", &weak) && !fits("\"a\"", &weak) && !fits(SAME, &weak));
        assert!(!is_partial("GET", "If-Range: \"a\"\r\nIf-Range: \"a\"\r\n", &current(), NOW));
        // Too soon to tell: the file may yet change within the second of the date.
        let soon = Duration::from_millis(784_111_778_000);
        let date = format!("If-Range: {SAME}\r\n");
        assert!(!is_partial("GET", &date, &current(), soon));
        assert!(is_partial("GET", &date, &current(), soon + Duration::from_millis(500)));
    }
}
