//! What every final answer has to be, whatever the case is about.

use crate::Subject;
use crate::wire::{Answer, Framing};

/// What is wrong with an answer of ours, beyond what its [reader](crate::wire) refuses in anybody's.
#[must_use]
pub fn problem(answer: &Answer, subject: &Subject) -> Option<String> {
    if !subject.is_ours {
        return None;
    }
    let head = &answer.head;
    let date: Vec<&str> = head.values("Date").collect();
    let [date] = date[..] else {
        return Some(format!("{} Date fields, not one (RFC 9110 §6.6.1)", date.len()));
    };
    if !is_imf_fixdate(date) {
        return Some(format!("the Date {date:?} is no IMF-fixdate (RFC 9110 §5.6.7)"));
    }
    if head.minor_version != 1 {
        return Some(format!("the version HTTP/1.{}, not HTTP/1.1", head.minor_version));
    }
    if answer.framing == Framing::Close && !head.announces_close() {
        return Some("content until the end of the connection, which is not announced".to_owned());
    }
    None
}

fn is_imf_fixdate(text: &str) -> bool {
    httpdate::parse_http_date(text).is_ok_and(|date| httpdate::fmt_http_date(date) == text)
}

#[cfg(test)]
mod tests {
    use super::is_imf_fixdate;

    #[test]
    fn only_one_form_of_dates_may_be_sent() {
        assert!(is_imf_fixdate("Sun, 06 Nov 1994 08:49:37 GMT"));
        assert!(!is_imf_fixdate("Sunday, 06-Nov-94 08:49:37 GMT"));
        assert!(!is_imf_fixdate("Mon, 06 Nov 1994 08:49:37 GMT"));
        assert!(!is_imf_fixdate("sometime"));
    }
}
