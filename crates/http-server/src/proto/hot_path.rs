//! The hot path: most heads arrive whole and valid, and are read at once.
//!
//! Whatever it does not like it leaves to the slow pass, which knows what is wrong. It is a parser of its own, because one
//! with looser rules (bare LF ends a line, a target may hold `#`) has to be checked afterwards in a second pass over the
//! same bytes: that costs more than it takes to read them here, once and strictly.

use super::cursor::Cursor;
use super::found::Found;
use super::headers::Field;
use super::known_fields::KnownFields;
use super::span::Span;
use super::target::Form;
use super::{Limits, octets};

impl Found {
    /// Reads a whole, valid head, or says nothing and leaves it to the slow pass.
    pub(super) fn read_fast(&mut self, buffer: &[u8], limits: &Limits) -> Option<usize> {
        let mut cursor = Cursor::new(buffer);
        cursor.skip_while(octets::is_token_byte);
        let method_end = buffer.len() - cursor.left();
        cursor.eat(b" ")?;
        cursor.skip_while(octets::is_target_byte);
        let target_end = buffer.len() - cursor.left();
        self.minor_version = match cursor.eat(b" HTTP/1.1\r\n") {
            Some(()) => 1,
            None => cursor.eat(b" HTTP/1.0\r\n").map(|()| 0)?,
        };
        let fields_start = buffer.len() - cursor.left();
        let (method, target) = (buffer.get(..method_end)?, buffer.get(method_end + 1..target_end)?);
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

    /// Reads the field lines up to the empty line, at most so many; gives the end of the head.
    // Inlined, the loop would have too few registers.
    #[inline(never)]
    fn read_fields_fast(&mut self, buffer: &[u8], start: usize, limit: usize) -> Option<usize> {
        let mut cursor = Cursor::new(buffer.get(start..)?);
        self.known = KnownFields::default();
        self.fields.clear();
        while cursor.eat(b"\r\n").is_none() {
            let line = cursor.rest();
            cursor.skip_while(octets::is_token_byte);
            let after_name = cursor.left();
            if after_name == line.len() || self.fields.len() == limit {
                return None;
            }
            cursor.eat(b":")?;
            cursor.skip_blanks();
            let from_value = cursor.rest();
            cursor.skip_text();
            let mut value = from_value.get(..from_value.len() - cursor.left())?;
            cursor.eat(b"\r\n")?;
            // Of what may stand in a value only SP and HTAB are below visible characters.
            while let [text @ .., 0..=b' '] = value {
                value = text;
            }
            let length = buffer.len();
            let value_start = length - from_value.len();
            let name = Span::new(length - line.len(), length - after_name);
            let place = Span::new(value_start, value_start + value.len());
            self.fields.push(Field { name, value: place });
            // The first letter tells most other fields apart before anything is compared.
            if let Some(b'C' | b'c' | b'E' | b'e' | b'H' | b'h' | b'T' | b't') = line.first() {
                self.known.note(name.of(buffer), value, place);
            }
        }
        Some(buffer.len() - cursor.left())
    }
}

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
        for count in [0, 1, 2, 100] {
            let lines = "Name: value \t\r\n".repeat(count);
            let head = format!("GET / HTTP/1.1\r\n{lines}\r\n");
            let (length, found) = hot(head.as_bytes()).expect("nothing is wrong with it");
            assert_eq!((length, found.fields.len()), (head.len(), count));
        }
    }

    #[test]
    fn a_bare_lf_is_seen_in_every_line() {
        for count in 1..10 {
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
