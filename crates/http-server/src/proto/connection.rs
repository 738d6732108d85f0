//! Whether the connection goes on after a request (RFC 9112 §9.3, §9.6).

use super::{Version, octets};

/// What the Connection fields of a request ask for, over all their lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ConnectionOptions {
    close: bool,
    keep_alive: bool,
}

impl ConnectionOptions {
    /// Adds the options of one Connection line.
    pub(super) fn note(&mut self, value: &[u8]) {
        // What browsers send, and nothing else beside it.
        if octets::is_word(value, b"keep-alive") {
            self.keep_alive = true;
            return;
        }
        self.close |= has_item(value, b"close");
        self.keep_alive |= has_item(value, b"keep-alive");
    }

    /// Whether the client has said that this request is its last.
    pub(super) fn asks_to_close(self) -> bool {
        self.close
    }

    /// Whether a request of this version persists with a server of that version.
    ///
    /// `close` wins over everything. 1.1 persists by default, 1.0 only on `keep-alive`; a server of version 1.0 never
    /// does (`http.server: parse_request`).
    pub(super) fn persists(self, request: Version, server: Version) -> bool {
        !self.close
            && server >= Version::HTTP_11
            && (request >= Version::HTTP_11 || self.keep_alive)
    }
}

/// Whether a list of the form `a, b` has this item, in any case of its letters (RFC 9110 §5.6.1).
///
/// # Examples
///
/// ```
/// use http_server::proto::list_contains;
///
/// assert!(list_contains("keep-alive, Close", "close"));
/// assert!(!list_contains("closed", "close"));
/// ```
pub fn list_contains(list: &str, item: &str) -> bool {
    has_item(list.as_bytes(), item.as_bytes())
}

/// The items stand between commas, with whitespace around them; empty ones count for nothing.
#[inline(never)]
fn has_item(list: &[u8], item: &[u8]) -> bool {
    list.split(|&byte| byte == b',')
        .any(|found| octets::trim(found).eq_ignore_ascii_case(item) && !item.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_wins_and_versions_decide() {
        let persists = |lines: &[&str], request, server| {
            let mut options = ConnectionOptions::default();
            lines.iter().for_each(|line| options.note(line.as_bytes()));
            options.persists(request, server)
        };
        let (one_zero, one_one) = (Version::HTTP_10, Version::HTTP_11);
        assert!(persists(&[], one_one, one_one));
        assert!(persists(&[], Version { major: 1, minor: 9 }, one_one));
        assert!(!persists(&[], one_one, one_zero));
        assert!(!persists(&[], one_zero, one_one));
        assert!(persists(&["Keep-Alive"], one_zero, one_one));
        assert!(persists(&["x", "y,\tkeep-alive ,z"], one_zero, one_one));
        assert!(!persists(&["keep-alive"], one_zero, one_zero));
        assert!(!persists(&["keep-alive", "x, CLOSE"], one_one, one_one));
        assert!(persists(&["closed", "clos e"], one_one, one_one));
    }
}
