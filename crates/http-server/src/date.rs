//! Dates in headers and in log lines, both in UTC.
//!
//! ```
//! use http_server::date::{date_time_string, log_date_time_string, parse_http_date};
//! use std::time::{Duration, UNIX_EPOCH};
//!
//! let time = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
//! assert_eq!(date_time_string(time), "Tue, 14 Nov 2023 22:13:20 GMT");
//! assert_eq!(log_date_time_string(time), "14/Nov/2023 22:13:20");
//! assert_eq!(parse_http_date("Tue, 14 Nov 2023 22:13:20 GMT"), Some(time));
//! assert_eq!(parse_http_date("soon"), None);
//! ```

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt::{self, Write};
use std::ops::{Deref, Range};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The short names of the days, Monday first (`weekdayname`).
#[doc(alias = "weekdayname")]
pub const WEEKDAYNAME: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// The short names of the months (`monthname`); the one at 0 is empty, so that a month's number is its place.
#[doc(alias = "monthname")]
pub const MONTHNAME: [&str; 13] =
    ["", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Formats a time as the IMF-fixdate that HTTP wants (RFC 9110 §5.6.7), `Sun, 06 Nov 1994 08:49:37 GMT`.
///
/// The last result of each thread is kept, so asking again within the same second costs a comparison.
/// Years beyond 1 and 9999, which the format cannot say, become the first or the last second it can.
///
/// # Examples
///
/// ```
/// use http_server::date::date_time_string;
/// use std::time::{Duration, UNIX_EPOCH};
///
/// let modified = UNIX_EPOCH + Duration::from_secs(784_111_777);
/// assert_eq!(date_time_string(modified), "Sun, 06 Nov 1994 08:49:37 GMT");
/// ```
#[must_use]
pub fn date_time_string(time: SystemTime) -> HttpDate {
    thread_local! {
        static LAST: Cell<(i64, HttpDate)> = Cell::new((0, HttpDate::from_unix_seconds(0)));
    }
    let seconds = unix_seconds(time);
    LAST.with(|last| {
        let (known, date) = last.get();
        if known == seconds {
            return date;
        }
        let date = HttpDate::from_unix_seconds(seconds);
        last.set((seconds, date));
        date
    })
}

/// The present date as text, formatted once for all responses of the same second.
#[derive(Debug)]
pub(crate) struct LastDate {
    /// The second that the text is about.
    second: Range<SystemTime>,
    text: String,
    /// The second of the last response, if it is another one.
    wanted: AtomicI64,
}

impl Default for LastDate {
    fn default() -> Self {
        let never = UNIX_EPOCH..UNIX_EPOCH;
        Self { second: never, text: String::new(), wanted: AtomicI64::new(NONE) }
    }
}

/// No second.
const NONE: i64 = i64::MIN;

impl LastDate {
    /// Gets ready for the next response.
    pub(crate) fn refresh(&mut self) {
        let wanted = self.wanted.get_mut();
        if *wanted == NONE {
            return;
        }
        if let Ok(seconds) = u64::try_from(*wanted) {
            let start = UNIX_EPOCH + Duration::from_secs(seconds);
            self.second = start..start + Duration::from_secs(1);
            self.text.clear();
            self.text.push_str(&HttpDate::from_unix_seconds(*wanted));
        }
        *wanted = NONE;
    }

    /// The text of the present moment.
    pub(crate) fn now(&self) -> Cow<'_, str> {
        let now = SystemTime::now();
        if self.second.contains(&now) {
            return Cow::Borrowed(&self.text);
        }
        let seconds = unix_seconds(now);
        self.wanted.store(seconds, Ordering::Relaxed);
        Cow::Owned(HttpDate::from_unix_seconds(seconds).as_str().to_owned())
    }
}

/// Formats a time for a log line, `06/Nov/1994 08:49:37`.
///
/// CPython writes local time. The standard library of Rust knows no time zones, and a line that says which moment it
/// means everywhere is of more use in a log, so this is UTC.
///
/// # Examples
///
/// ```
/// use http_server::date::log_date_time_string;
/// use std::time::{Duration, UNIX_EPOCH};
///
/// let time = UNIX_EPOCH + Duration::from_secs(784_111_777);
/// let line = format!("[{}] started", log_date_time_string(time));
/// assert_eq!(line, "[06/Nov/1994 08:49:37] started");
/// ```
#[must_use]
pub fn log_date_time_string(time: SystemTime) -> String {
    let c = Civil::from_unix_seconds(unix_seconds(time));
    let month = MONTHNAME[c.month];
    format!("{:02}/{month}/{:04} {:02}:{:02}:{:02}", c.day, c.year, c.hour, c.minute, c.second)
}

/// Formats a time for programs (RFC 3339), `1994-11-06T08:49:37Z`.
pub(crate) fn iso_date_time_string(time: SystemTime) -> String {
    let Civil { year, month, day, hour, minute, second, .. } =
        Civil::from_unix_seconds(unix_seconds(time));
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Reads a date of a request, for example of `If-Modified-Since`; `None` if it is no date or not in UTC.
///
/// Takes the three forms of RFC 9110 §5.6.7, and like CPython also the zones `UTC`, `UT`, `Z`, `+0000`, `-0000` and
/// none at all in the place of `GMT`. A date in another zone is ignored there, hence also here.
///
/// ```
/// use http_server::date::parse_http_date;
///
/// let time = parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT");
/// assert_eq!(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), time);
/// assert_eq!(parse_http_date("Sun Nov  6 08:49:37 1994"), time);
/// assert_eq!(parse_http_date("Sun, 06 Nov 1994 08:49:37 +0000"), time);
/// assert_eq!(parse_http_date("Sun, 06 Nov 1994 09:49:37 +0100"), None);
/// ```
#[must_use]
pub fn parse_http_date(value: &str) -> Option<SystemTime> {
    let value = value.trim_matches([' ', '\t']);
    let (date, has_zone) = match value.rsplit_once(' ') {
        Some((date, zone)) if UTC_ZONES.iter().any(|name| name.eq_ignore_ascii_case(zone)) => {
            (date, true)
        }
        _ => (value, false),
    };
    let without_zone = if has_zone { None } else { httpdate::parse_http_date(date).ok() };
    without_zone.or_else(|| httpdate::parse_http_date(&format!("{date} GMT")).ok())
}

/// The names under which `email.utils` knows UTC.
const UTC_ZONES: [&str; 6] = ["GMT", "UTC", "UT", "Z", "+0000", "-0000"];

/// The text of a date, made by [`date_time_string`]; use it as a `&str`.
///
/// # Examples
///
/// ```
/// use http_server::date::{HttpDate, date_time_string};
/// use std::time::UNIX_EPOCH;
///
/// let date: HttpDate = date_time_string(UNIX_EPOCH); // 29 bytes without an allocation
/// assert!(date.ends_with(" GMT"));
/// assert_eq!(format!("Last-Modified: {date}"), "Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct HttpDate([u8; 29]);

impl HttpDate {
    // Long, and not worth a copy for each caller.
    #[inline(never)]
    fn from_unix_seconds(seconds: i64) -> Self {
        let c = Civil::from_unix_seconds(seconds);
        let mut out = Self([b' '; 29]);
        let mut to = Cursor { buffer: &mut out.0, at: 0 };
        let (weekday, month) = (WEEKDAYNAME[c.weekday], MONTHNAME[c.month]);
        let written = write!(
            to,
            "{weekday}, {:02} {month} {:04} {:02}:{:02}:{:02} GMT",
            c.day, c.year, c.hour, c.minute, c.second
        );
        debug_assert!(written.is_ok() && to.at == 29, "four digits of the year make 29 bytes");
        out
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // The bytes were written as ASCII by `from_unix_seconds`.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl Deref for HttpDate {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<[u8]> for HttpDate {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for HttpDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

impl fmt::Debug for HttpDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl PartialEq<str> for HttpDate {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for HttpDate {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

/// Writes into an array.
struct Cursor<'a> {
    buffer: &'a mut [u8; 29],
    at: usize,
}

impl Write for Cursor<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.at + text.len();
        self.buffer.get_mut(self.at..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.at = end;
        Ok(())
    }
}

/// Seconds since 1970, rounded down, in the range of years that four digits can say.
///
/// `httpdate` formats too, but panics outside 1970 to 9999, and a file's time can be anything.
fn unix_seconds(time: SystemTime) -> i64 {
    let seconds = match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_secs()).unwrap_or(i64::MAX),
        Err(before) => {
            let before: Duration = before.duration();
            let whole = i64::try_from(before.as_secs()).unwrap_or(i64::MAX);
            -whole.saturating_add(i64::from(before.subsec_nanos() > 0))
        }
    };
    seconds.clamp(FIRST_SECOND, LAST_SECOND)
}

/// 0001-01-01 00:00:00, the first moment of Python's `datetime`.
const FIRST_SECOND: i64 = -62_135_596_800;
/// 9999-12-31 23:59:59, the last one.
const LAST_SECOND: i64 = 253_402_300_799;

/// A moment in the Gregorian calendar.
struct Civil {
    year: i64,
    /// 1 to 12.
    month: usize,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    /// 0 is Monday.
    weekday: usize,
}

impl Civil {
    /// Counts days in years that begin in March, so that a leap day is the last of its year.
    #[inline(never)]
    fn from_unix_seconds(seconds: i64) -> Self {
        let (days, second_of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        // 719,468 days lie between 0000-03-01 and 1970-01-01; 400 years have 146,097 days.
        let shifted = days + 719_468;
        let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let leap_days = day_of_era / 1_460 - day_of_era / 36_524 + day_of_era / 146_096;
        let year_of_era = (day_of_era - leap_days) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        // Five months from March on have 153 days, and so have the next five.
        let month_from_march = (5 * day_of_year + 2) / 153;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        Self {
            year: era * 400 + year_of_era + i64::from(month <= 2),
            month: month as usize,
            day: day_of_year - (153 * month_from_march + 2) / 5 + 1,
            hour: second_of_day / 3_600,
            minute: second_of_day / 60 % 60,
            second: second_of_day % 60,
            // 1970-01-01 was a Thursday.
            weekday: (days + 3).rem_euclid(7) as usize,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> SystemTime {
        let distance = Duration::from_secs(seconds.unsigned_abs());
        if seconds < 0 { UNIX_EPOCH - distance } else { UNIX_EPOCH + distance }
    }

    #[test]
    fn agrees_with_httpdate_where_that_does_not_panic() {
        // A step without a common factor with days and years passes through all of them.
        let mut seconds = 0;
        while seconds <= LAST_SECOND {
            assert_eq!(
                date_time_string(at(seconds)).as_str(),
                httpdate::fmt_http_date(at(seconds))
            );
            seconds += 11_000_003;
        }
        assert_eq!(date_time_string(at(LAST_SECOND)), "Fri, 31 Dec 9999 23:59:59 GMT");
    }

    #[test]
    fn knows_leap_days_and_ends_of_years() {
        let cases = [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (68_169_599, "Mon, 28 Feb 1972 23:59:59 GMT"),
            (68_169_600, "Tue, 29 Feb 1972 00:00:00 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
            (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT"),
            (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
            (-11_644_473_600, "Mon, 01 Jan 1601 00:00:00 GMT"),
        ];
        for (seconds, expected) in cases {
            assert_eq!(date_time_string(at(seconds)), expected);
        }
    }

    #[test]
    fn never_panics_on_odd_times() {
        for seconds in [i64::MAX / 2, -i64::MAX / 2, LAST_SECOND + 1, FIRST_SECOND - 1] {
            let distance = Duration::from_secs(seconds.unsigned_abs());
            let time = if seconds < 0 {
                UNIX_EPOCH.checked_sub(distance)
            } else {
                UNIX_EPOCH.checked_add(distance)
            };
            let Some(time) = time else { continue };
            let expected = if seconds < 0 {
                "Mon, 01 Jan 0001 00:00:00 GMT"
            } else {
                "Fri, 31 Dec 9999 23:59:59 GMT"
            };
            assert_eq!(date_time_string(time), expected);
        }
    }

    #[test]
    fn rounds_down_on_both_sides_of_1970() {
        let half = Duration::from_millis(500);
        assert_eq!(date_time_string(UNIX_EPOCH + half), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(date_time_string(UNIX_EPOCH - half), "Wed, 31 Dec 1969 23:59:59 GMT");
    }

    #[test]
    fn forgets_the_last_second_in_time() {
        for seconds in [5, 5, 6, 5, 0, 0] {
            assert!(date_time_string(at(seconds)).ends_with(&format!("00:00:{seconds:02} GMT")));
        }
    }

    #[test]
    fn log_dates_have_cpythons_form() {
        assert_eq!(log_date_time_string(at(784_111_777)), "06/Nov/1994 08:49:37");
        assert_eq!(log_date_time_string(UNIX_EPOCH), "01/Jan/1970 00:00:00");
        assert_eq!(iso_date_time_string(at(784_111_777)), "1994-11-06T08:49:37Z");
    }

    #[test]
    fn reads_the_forms_and_zones_that_mean_utc() {
        let expected = Some(at(784_111_777));
        let forms = ["Sun, 06 Nov 1994 08:49:37", "Sunday, 06-Nov-94 08:49:37"];
        let zones = ["", " GMT", " UTC", " utc", " UT", " Z", " +0000", " -0000"];
        for value in forms.iter().flat_map(|form| zones.map(|zone| format!("{form}{zone}"))) {
            assert_eq!(parse_http_date(&value), expected, "{value}");
        }
        assert_eq!(parse_http_date("Sun Nov  6 08:49:37 1994"), expected);
        assert_eq!(parse_http_date(" \tSun, 06 Nov 1994 08:49:37 GMT\t "), expected);
    }

    #[test]
    fn ignores_other_zones_and_nonsense() {
        let values = [
            "",
            " ",
            "GMT",
            "soon",
            "Sun, 06 Nov 1994 08:49:37 +0100",
            "Sun, 06 Nov 1994 08:49:37 EST",
            "Sun, 06 Nov 1994 08:49:37 GMT GMT",
            "Sun, 06 Nov 1994 08:49:60 GMT",
            "Sun, 31 Feb 1994 08:49:37 GMT",
            "Sun, 06 Nov 199\u{e9} 08:49:37 GMT",
            "Sun, 06 Nov 1994",
            "784111777",
        ];
        for value in values {
            assert_eq!(parse_http_date(value), None, "{value}");
        }
    }
}
