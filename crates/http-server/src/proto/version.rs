//! HTTP versions.

use std::fmt;

/// A version of HTTP, ordered by number: CPython compares the texts instead.
///
/// 1.2 to 1.9 are greater than [`Version::HTTP_11`] and are therefore served as 1.1 by every comparison
/// (RFC 9110 §2.5).
///
/// # Examples
///
/// ```
/// use http_server::proto::Version;
///
/// assert_eq!(Version::parse(b"HTTP/1.1"), Some(Version::HTTP_11));
/// assert!(Version::HTTP_10 < Version::HTTP_11);
/// assert_eq!(Version::HTTP_10.to_string(), "HTTP/1.0");
/// assert_eq!(Version::parse(b"HTTP/01.1"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The number before the dot, 0-9.
    pub major: u8,
    /// The number after the dot, 0-9.
    pub minor: u8,
}

impl Version {
    /// HTTP/1.0.
    pub const HTTP_10: Version = Version { major: 1, minor: 0 };
    /// HTTP/1.1.
    pub const HTTP_11: Version = Version { major: 1, minor: 1 };

    /// Reads `HTTP/` DIGIT `.` DIGIT, and nothing else (RFC 9112 §2.3).
    pub fn parse(text: &[u8]) -> Option<Version> {
        match *text {
            // Nearly every other one.
            [b'H', b'T', b'T', b'P', b'/', b'1', b'.', b'1'] => Some(Self::HTTP_11),
            [b'H', b'T', b'T', b'P', b'/', major @ b'0'..=b'9', b'.', minor @ b'0'..=b'9'] => {
                Some(Version { major: major - b'0', minor: minor - b'0' })
            }
            _ => None,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP/{}.{}", self.major, self.minor)
    }
}
