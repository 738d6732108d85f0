//! Several parts of a file in one response (`multipart/byteranges`, RFC 9110 §14.6).

use crate::conditional::ByteRange;
use crate::proto::write_field;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::io::{self, Cursor, Read, Seek, SeekFrom};

/// The body: each part behind a small head of its own, read from the file when its turn comes.
pub(super) struct Multipart<F> {
    file: F,
    boundary: String,
    length: u64,
    /// What is to come.
    parts: std::vec::IntoIter<(Vec<u8>, ByteRange)>,
    now: Now,
}

/// What comes next.
enum Now {
    /// The lines before a part, and the part.
    Head(Cursor<Vec<u8>>, ByteRange),
    /// So many bytes of the file.
    Part(u64),
    /// The line behind the last part.
    End(Cursor<Vec<u8>>),
    /// Nothing: this was all, or the file has become too short to go on in step.
    Over,
}

impl<F: Read + Seek> Multipart<F> {
    /// # Errors
    ///
    /// [`Misuse`](crate::proto::Misuse) if the type cannot stand in a field.
    pub(super) fn new(
        file: F,
        size: u64,
        content_type: &str,
        ranges: Vec<ByteRange>,
    ) -> io::Result<Self> {
        let boundary = boundary();
        let mut parts = Vec::with_capacity(ranges.len());
        for (index, range) in ranges.into_iter().enumerate() {
            let line_end = if index == 0 { "" } else { "\r\n" };
            let mut head = format!("{line_end}--{boundary}\r\n").into_bytes();
            write_field("Content-type", content_type, &mut head)?;
            write_field("Content-Range", &range.content_range(size), &mut head)?;
            head.extend_from_slice(b"\r\n");
            parts.push((head, range));
        }
        let end = end_line(&boundary);
        let length = parts.iter().map(|(head, range)| head.len() as u64 + range.len()).sum::<u64>()
            + end.len() as u64;
        let mut multipart =
            Self { file, boundary, length, parts: parts.into_iter(), now: Now::Over };
        multipart.start_next();
        Ok(multipart)
    }

    /// The type of the whole.
    pub(super) fn content_type(&self) -> String {
        format!("multipart/byteranges; boundary={}", self.boundary)
    }

    /// How many bytes the whole has.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    fn start_next(&mut self) {
        self.now = match self.parts.next() {
            Some((head, range)) => Now::Head(Cursor::new(head), range),
            None => Now::End(Cursor::new(end_line(&self.boundary))),
        };
    }
}

impl<F: Read + Seek> Read for Multipart<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            match &mut self.now {
                Now::Head(head, range) => {
                    let count = head.read(buffer)?;
                    if count > 0 {
                        return Ok(count);
                    }
                    self.file.seek(SeekFrom::Start(range.first()))?;
                    self.now = Now::Part(range.len());
                }
                Now::Part(0) => self.start_next(),
                Now::Part(left) => {
                    let count = self.file.by_ref().take(*left).read(buffer)?;
                    *left -= count as u64;
                    if count == 0 {
                        // The next head would be taken for the rest of this part.
                        self.now = Now::Over;
                    }
                    return Ok(count);
                }
                Now::End(line) => {
                    let count = line.read(buffer)?;
                    if count == 0 {
                        self.now = Now::Over;
                    }
                    return Ok(count);
                }
                Now::Over => return Ok(0),
            }
        }
    }
}

fn end_line(boundary: &str) -> Vec<u8> {
    format!("\r\n--{boundary}--\r\n").into_bytes()
}

/// Nobody can foresee it, so nobody can put it into a file.
fn boundary() -> String {
    let random = || RandomState::new().hash_one(0);
    format!("{:016x}{:016x}", random(), random())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conditional::Ranges;

    fn parts_of(data: &[u8], size: u64, value: &str) -> Multipart<Cursor<Vec<u8>>> {
        let Ranges::Several(ranges) = Ranges::parse(value.as_bytes(), size) else {
            panic!("several ranges: {value}")
        };
        Multipart::new(Cursor::new(data.to_vec()), size, "text/plain", ranges).expect("parts")
    }

    #[test]
    fn parts_have_heads_and_the_length_is_known_before() {
        for step in [1, 2, 7, 1_000] {
            let mut multipart = parts_of(b"0123456789", 10, "bytes=8-, 0-2");
            let boundary = multipart.boundary.clone();
            let expected = format!(
                "--{boundary}\r\nContent-type: text/plain\r\nContent-Range: bytes 8-9/10\r\n\r\n89\r\n\
                 --{boundary}\r\nContent-type: text/plain\r\nContent-Range: bytes 0-2/10\r\n\r\n012\r\n\
                 --{boundary}--\r\n"
            );
            assert_eq!(multipart.length(), expected.len() as u64);
            assert_eq!(
                multipart.content_type(),
                format!("multipart/byteranges; boundary={boundary}")
            );
            let mut body = Vec::new();
            let mut block = vec![0; step];
            loop {
                match multipart.read(&mut block).expect("reading memory") {
                    0 => break,
                    count => body.extend_from_slice(&block[..count]),
                }
            }
            assert_eq!(String::from_utf8(body).expect("text"), expected);
        }
    }

    #[test]
    fn a_file_that_has_become_shorter_ends_the_body() {
        let mut multipart = parts_of(b"0123456", 10, "bytes=5-8,0-2");
        let mut body = String::new();
        multipart.read_to_string(&mut body).expect("reading memory");
        assert!(body.ends_with("Content-Range: bytes 5-8/10\r\n\r\n56"), "{body}");
        assert!((body.len() as u64) < multipart.length());
    }

    #[test]
    fn a_type_cannot_add_lines() {
        let Ranges::Several(ranges) = Ranges::parse(b"bytes=0-1,3-4", 10) else { panic!() };
        let file = Cursor::new(b"0123456789");
        assert!(Multipart::new(file, 10, "text/plain\r\nX-Injected: 1", ranges).is_err());
    }

    #[test]
    fn boundaries_differ() {
        assert_ne!(boundary(), boundary());
        assert_eq!(boundary().len(), 32);
    }
}
