//! Chunked bodies, by the letter of RFC 9112 §7.1.

use super::Malformed;

/// What is known of a chunked body by the bytes that have come.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Chunked {
    /// More has to come.
    Partial,
    /// The body, and how many bytes it took.
    Whole(Vec<u8>, usize),
}

pub(crate) fn dechunk(bytes: &[u8]) -> Result<Chunked, Malformed> {
    let refused = |what: String| Err(Malformed { what, rule: "RFC 9112 §7.1" });
    let mut body = Vec::new();
    let mut at = 0;
    loop {
        let Some(line) = line(&bytes[at..]) else { return Ok(Chunked::Partial) };
        at += line.len() + 2;
        let digits = line.split(|&byte| byte == b';').next().unwrap_or_default();
        let size = std::str::from_utf8(digits)
            .ok()
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .and_then(|digits| usize::from_str_radix(digits, 16).ok());
        let Some(size) = size else {
            return refused(format!("the chunk size `{}`", line.escape_ascii()));
        };
        if size == 0 {
            break;
        }
        let Some(end) = at.checked_add(size) else {
            return refused(format!("the chunk size `{}`", line.escape_ascii()));
        };
        match (bytes.get(at..end), bytes.get(end..end + 2)) {
            (Some(data), Some(b"\r\n")) => body.extend_from_slice(data),
            (_, Some(other)) => {
                return refused(format!("`{}` behind a chunk, not CRLF", other.escape_ascii()));
            }
            _ => return Ok(Chunked::Partial),
        }
        at = end + 2;
    }
    // Trailers.
    loop {
        let Some(line) = line(&bytes[at..]) else { return Ok(Chunked::Partial) };
        at += line.len() + 2;
        if line.is_empty() {
            return Ok(Chunked::Whole(body, at));
        }
        if !line.contains(&b':') {
            return refused(format!("the trailer `{}`", line.escape_ascii()));
        }
    }
}

/// The next line, without its CRLF.
fn line(bytes: &[u8]) -> Option<&[u8]> {
    let end = bytes.windows(2).position(|window| window == b"\r\n")?;
    Some(&bytes[..end])
}

#[cfg(test)]
mod tests {
    use super::{Chunked, dechunk};

    #[test]
    fn bodies_end_where_they_end() {
        let bytes = b"3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nT: x\r\n\r\nHTTP";
        let whole = bytes.len() - 4;
        assert_eq!(dechunk(bytes), Ok(Chunked::Whole(b"abc0123456789".to_vec(), whole)));
        for cut in 0..whole {
            assert_eq!(dechunk(&bytes[..cut]), Ok(Chunked::Partial), "{cut}");
        }
    }

    #[test]
    fn nothing_is_guessed() {
        for bytes in ["x\r\n", "\r\n", "0x3\r\n", "-1\r\n", "1\r\nabc", "0\r\nno trailer\r\n\r\n"] {
            assert!(dechunk(bytes.as_bytes()).is_err(), "{bytes:?}");
        }
    }
}
