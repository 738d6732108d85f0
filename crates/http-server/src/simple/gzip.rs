//! Compressing a file while it is sent.

use flate2::Compression;
use flate2::read::GzEncoder;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::sync::Arc;

/// How many responses are compressed at the same time by one handler and its clones; the others are sent as they are.
///
/// Each holds about 300 KiB for as long as its client takes.
const MAX_AT_ONCE: usize = 64;

/// A shorter text does not get shorter by much.
const MIN_SIZE: u64 = 512;

/// What is held by each response that is compressed.
pub(super) type Place = Arc<()>;

/// Whether a file is worth it by its size and its type.
pub(super) fn is_worth_it(size: u64, content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim_ascii().to_ascii_lowercase();
    size >= MIN_SIZE
        && (kind.starts_with("text/")
            || kind.ends_with("+json")
            || kind.ends_with("+xml")
            || matches!(
                kind.as_str(),
                "application/json"
                    | "application/javascript"
                    | "application/xml"
                    | "application/wasm"
            ))
}

/// A file, compressed as it is read.
pub(super) struct Compressed {
    encoder: GzEncoder<Whole>,
    _place: Place,
}

impl Compressed {
    /// `None` if too many are being compressed already.
    pub(super) fn new(file: File, size: u64, places: &Place) -> Result<Self, File> {
        // The handler and its clones have one of them together.
        if Arc::strong_count(places) > MAX_AT_ONCE {
            return Err(file);
        }
        // Since it is done anew for each response, fast is better than small.
        let encoder = GzEncoder::new(Whole { file, left: size }, Compression::fast());
        Ok(Self { encoder, _place: Arc::clone(places) })
    }
}

impl Read for Compressed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.encoder.read(buffer)
    }
}

/// A file of which so many bytes have to come: a part that is compressed looks like a whole.
struct Whole {
    file: File,
    left: u64,
}

impl Read for Whole {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 || buffer.is_empty() {
            return Ok(0);
        }
        let count = self.file.by_ref().take(self.left).read(buffer)?;
        if count == 0 {
            let message =
                format!("the file has become {} bytes shorter while it was sent", self.left);
            return Err(io::Error::new(ErrorKind::UnexpectedEof, message));
        }
        self.left -= count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::GzDecoder;
    use std::io::{Seek, Write};

    fn file(data: &[u8]) -> File {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(data).expect("writing");
        file.rewind().expect("rewinding");
        file
    }

    #[test]
    fn what_is_compressed_comes_back() {
        let data: Vec<u8> = (0..1_000_000_u32).map(|at| (at / 7 % 251) as u8).collect();
        let places = Place::default();
        let compressed = Compressed::new(file(&data), data.len() as u64, &places).expect("a place");
        let mut back = Vec::new();
        GzDecoder::new(compressed).read_to_end(&mut back).expect("decompressing");
        assert!(back == data);
        // A file that grows is cut, one that shrinks is an error.
        let compressed = Compressed::new(file(b"12345"), 3, &places).expect("a place");
        assert_eq!(io::read_to_string(GzDecoder::new(compressed)).expect("three bytes"), "123");
        let mut compressed = Compressed::new(file(b"12345"), 9, &places).expect("a place");
        let error = compressed.read_to_end(&mut Vec::new()).expect_err("too short");
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    }

    #[test]
    fn only_so_many_at_once() {
        let places = Place::default();
        let all: Vec<_> =
            (0..MAX_AT_ONCE).map_while(|_| Compressed::new(file(b""), 0, &places).ok()).collect();
        assert_eq!(all.len(), MAX_AT_ONCE);
        assert!(Compressed::new(file(b""), 0, &places).is_err());
        drop(all);
        assert!(Compressed::new(file(b""), 0, &places).is_ok());
    }

    #[test]
    fn text_is_worth_it() {
        for kind in ["text/html", "TEXT/css; charset=utf-8", "application/json", "image/svg+xml"] {
            assert!(is_worth_it(MIN_SIZE, kind), "{kind}");
            assert!(!is_worth_it(MIN_SIZE - 1, kind), "{kind}");
        }
        for kind in ["image/png", "application/gzip", "video/mp4", "application/octet-stream", ""] {
            assert!(!is_worth_it(1 << 20, kind), "{kind}");
        }
    }
}
