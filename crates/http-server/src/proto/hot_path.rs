//! The hot path: most heads arrive whole and valid, and are read at once.
//!
//! Whatever it does not like it leaves to the slow pass, which knows what is wrong.

use super::found::Found;
use super::headers::Field;
use super::known_fields::KnownFields;
use super::span::Span;
use super::target::Form;
use super::{Limits, octets};

impl Found {
    /// Reads a whole, valid head, or says nothing and leaves it to the slow pass.
    ///
    /// The request line is read here, because the target has stricter rules than `httparse` knows and would be read twice.
    pub(super) fn read_fast(&mut self, buffer: &[u8], limits: &Limits) -> Option<usize> {
        let method_end = buffer.iter().position(|&byte| !octets::is_token_byte(byte))?;
        let (method, rest) = buffer.split_at_checked(method_end)?;
        let rest = rest.strip_prefix(b" ")?;
        let target_length = rest.iter().position(|&byte| !octets::is_target_byte(byte))?;
        let (target, rest) = rest.split_at_checked(target_length)?;
        let (version, _) = rest.split_first_chunk()?;
        self.minor_version = if version == b" HTTP/1.1\r\n" {
            1
        } else if version == b" HTTP/1.0\r\n" {
            0
        } else {
            return None;
        };
        let target_end = method_end + 1 + target_length;
        let fields_start = target_end + version.len();
        if method.is_empty() || target.is_empty() || fields_start > limits.request_line {
            return None;
        }
        self.form = Form::of_valid_bytes(method, target).ok()?;
        self.line = Span::new(0, fields_start - 2);
        self.method = Span::new(0, method_end);
        self.target = Span::new(method_end + 1, target_end);
        let end = self.read_fields_fast(buffer, fields_start, limits.fields)?;
        (end - 2 <= limits.head.saturating_add(fields_start)).then_some(end)
    }

    /// Reads the field lines up to the empty line, a few at a time; gives the end of the head.
    ///
    /// `httparse` checks the bytes of names and values. It lets bare LF through, so line ends are checked here.
    fn read_fields_fast(&mut self, buffer: &[u8], start: usize, limit: usize) -> Option<usize> {
        let mut slots = [httparse::EMPTY_HEADER; FAST_FIELDS];
        let mut start = start;
        self.known = KnownFields::default();
        self.fields.clear();
        loop {
            let (headers, end) = match httparse::parse_headers(buffer.get(start..)?, &mut slots) {
                Ok(httparse::Status::Complete((length, headers))) => {
                    (headers, Some(start + length))
                }
                // The slots are full.
                Err(httparse::Error::TooManyHeaders) => (&slots[..], None),
                Ok(httparse::Status::Partial) | Err(_) => return None,
            };
            let before = self.fields.len();
            if before + headers.len() > limit {
                return None;
            }
            self.fields.extend(headers.iter().map(|header| Field {
                name: Span::of_part(header.name.as_bytes(), buffer),
                value: Span::of_part(header.value, buffer),
            }));
            for (field, header) in self.fields.iter().skip(before).zip(headers) {
                // An LF ends the line before.
                if buffer.get((field.name.start as usize).wrapping_sub(2)) != Some(&b'\r') {
                    return None;
                }
                self.known.note(header.name.as_bytes(), header.value, field.value);
                start = field.value.end as usize;
            }
            match end {
                Some(end) => return buffer.get(..end)?.ends_with(b"\r\n\r\n").then_some(end),
                None => start += buffer.get(start..)?.iter().position(|&byte| byte == b'\n')? + 1,
            }
        }
    }
}

/// How many fields the hot path reads at a time: most requests have no more, and room for more has to be cleared each time.
const FAST_FIELDS: usize = 24;

#[cfg(test)]
mod tests {
    use super::super::diagnosis::Walk;
    use super::super::headers::RequestHeaders;
    use super::*;

    const HEAD: &[u8] =
        b"GET /path?q HTTP/1.1\r\nHost: h\r\nAccept-Language: en-GB, en;q=0.9\r\nX:\t a b \r\n\r\n";

    fn hot(buffer: &[u8]) -> Option<(usize, Found)> {
        let mut found = Found::default();
        found.read_fast(buffer, &Limits::default()).map(|length| (length, found))
    }

    fn slow(buffer: &[u8]) -> Option<(usize, Found)> {
        let mut found = Found::default();
        let length = Walk::default().advance(buffer, &Limits::default(), &mut found).ok()??;
        Some((length, found))
    }

    /// Request line, target, version and fields.
    type Seen<'b> = (&'b [u8], &'b [u8], u8, Vec<(&'b str, &'b [u8])>);

    fn see<'b>(found: &'b Found, buffer: &'b [u8]) -> Seen<'b> {
        let fields = RequestHeaders::new(&found.fields, buffer).iter_bytes().collect();
        (found.line.of(buffer), found.target.of(buffer), found.minor_version, fields)
    }

    #[test]
    fn ordinary_heads_take_the_hot_path() {
        assert!(hot(HEAD).is_some());
        assert!(hot(b"POST http://h/ HTTP/1.0\r\n\r\nbody").is_some());
        for count in [FAST_FIELDS - 1, FAST_FIELDS, FAST_FIELDS + 1, 3 * FAST_FIELDS] {
            let lines = "Name: value \t\r\n".repeat(count);
            let head = format!("GET / HTTP/1.1\r\n{lines}\r\n");
            let (length, found) = hot(head.as_bytes()).expect("nothing is wrong with it");
            assert_eq!((length, found.fields.len()), (head.len(), count));
        }
    }

    #[test]
    fn a_bare_lf_is_seen_wherever_the_fields_are_read_on() {
        for count in 1..=2 * FAST_FIELDS + 1 {
            for bad in 0..=count {
                let end = |line| if line == bad { " \n" } else { " \r\n" };
                let lines: String =
                    (0..count).map(|line| format!("Name: value{}", end(line))).collect();
                let last = if bad == count { "\n" } else { "\r\n" };
                let head = format!("GET / HTTP/1.1\r\n{lines}{last}");
                assert!(hot(head.as_bytes()).is_none(), "{count} {bad}");
            }
        }
    }

    #[test]
    fn both_paths_agree_whatever_byte_stands_wherever() {
        let mut passed = 0;
        for at in 0..HEAD.len() {
            for byte in 0..=255 {
                let mut buffer = HEAD.to_vec();
                buffer[at] = byte;
                let (hot, slow) = (hot(&buffer), slow(&buffer));
                passed += u32::from(hot.is_some());
                // The hot path leaves only versions 1.2 to 1.9 to the slow one.
                if hot.is_some() || slow.as_ref().is_some_and(|(_, found)| found.minor_version < 2)
                {
                    let (hot, slow) = (hot.as_ref(), slow.as_ref());
                    assert_eq!(
                        hot.map(|(length, found)| (*length, see(found, &buffer))),
                        slow.map(|(length, found)| (*length, see(found, &buffer))),
                        "{}",
                        buffer.escape_ascii()
                    );
                }
            }
        }
        assert!(passed > 5000, "{passed}");
    }
}
