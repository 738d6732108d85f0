//! `FileWrapper` (subject of CPython's testFileWrapper).

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use wsgi_util::FileWrapper;

/// A reader that gives a few bytes at a time and tells when it is dropped.
struct Slow {
    data: &'static [u8],
    closed: Arc<AtomicBool>,
}

impl Read for Slow {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let few = buffer.len().min(7);
        self.data.read(&mut buffer[..few])
    }
}

impl Drop for Slow {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::SeqCst);
    }
}

#[test]
fn blocks_are_full_and_close_closes() {
    let closed = Arc::new(AtomicBool::new(false));
    let data = "xyz".repeat(50).leak().as_bytes();
    let mut wrapper = FileWrapper::with_blksize(Slow { data, closed: Arc::clone(&closed) }, 120);
    assert_eq!(wrapper.blksize(), 120);

    let blocks: Vec<Vec<u8>> = wrapper.by_ref().map(Result::unwrap).collect();
    assert_eq!(blocks, ["xyz".repeat(40).into_bytes(), "xyz".repeat(10).into_bytes()]);
    assert!(!closed.load(Ordering::SeqCst), "the end of the file does not close it");
    assert!(wrapper.filelike().is_some());

    wrapper.close();
    assert!(closed.load(Ordering::SeqCst));
    assert!(wrapper.filelike().is_none());
    assert_eq!(wrapper.next().unwrap().unwrap_err().to_string(), "read of closed file");
    wrapper.close();
}

#[test]
fn the_block_size_is_cpythons() {
    let mut wrapper = FileWrapper::new(io::repeat(b'x').take(8193));
    assert_eq!(wrapper.blksize(), 8192);
    let sizes: Vec<usize> = wrapper.by_ref().map(|block| block.unwrap().len()).collect();
    assert_eq!(sizes, [8192, 1]);
    assert!(FileWrapper::with_blksize(&b"x"[..], 0).next().is_none());
    assert_eq!(FileWrapper::with_blksize(&b"x"[..], usize::MAX).next().unwrap().unwrap(), b"x");
}

#[test]
fn a_file_can_be_sent_by_the_system() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/file_wrapper.rs");
    let mut wrapper = FileWrapper::new(File::open(path).unwrap());
    assert!(wrapper.file().is_some_and(|file| file.metadata().unwrap().len() > 0));
    wrapper.close();
    assert!(wrapper.file().is_none());
    assert!(FileWrapper::new(&b""[..]).file().is_none());
}

#[test]
fn an_error_of_the_file_is_passed_on() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("disk on fire"))
        }
    }
    assert_eq!(FileWrapper::new(Broken).next().unwrap().unwrap_err().to_string(), "disk on fire");
}
