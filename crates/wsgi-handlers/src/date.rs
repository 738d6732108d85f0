//! `format_date_time`: dates as HTTP writes them.

use httpdate::HttpDate;
use std::fmt::Write as _;
use std::io::Write as _;
use std::time::{Duration, SystemTime};

/// Writes a date as HTTP does: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7), always in English.
///
/// Times before 1970 and after 9999, which the format cannot express, become the nearest one that it can.
///
/// # Examples
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use wsgi_handlers::format_date_time;
///
/// let time = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
/// assert_eq!(format_date_time(time), "Sun, 06 Nov 1994 08:49:37 GMT");
/// ```
pub fn format_date_time(timestamp: SystemTime) -> String {
    let mut text = String::with_capacity(29);
    // Writing to a string cannot fail.
    let _ = write!(text, "{}", HttpDate::from(clamp(timestamp)));
    text
}

/// The present as HTTP writes it, without allocating.
pub(crate) fn now() -> [u8; 29] {
    let mut text = [0; 29];
    // IMF-fixdate has exactly 29 characters, so they fit.
    let _ = write!(&mut text[..], "{}", HttpDate::from(clamp(SystemTime::now())));
    text
}

/// Moves a time into the years that `httpdate` can write; it panics outside of them.
fn clamp(time: SystemTime) -> SystemTime {
    let last = SystemTime::UNIX_EPOCH + Duration::from_secs(LAST_SECOND);
    time.clamp(SystemTime::UNIX_EPOCH, last)
}

/// Fri, 31 Dec 9999 23:59:59 GMT.
const LAST_SECOND: u64 = 253_402_300_799;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_out_of_range_become_the_nearest_in_range() {
        let early = SystemTime::UNIX_EPOCH - Duration::from_secs(5);
        assert_eq!(format_date_time(early), "Thu, 01 Jan 1970 00:00:00 GMT");
        let late = SystemTime::UNIX_EPOCH + Duration::from_secs(LAST_SECOND + 5);
        assert_eq!(format_date_time(late), "Fri, 31 Dec 9999 23:59:59 GMT");
    }
}
