//! A page with a line for each entry of a directory, which may have very many.

use super::FileObject;
use super::listing::Entry;
use std::io::{self, Read};

/// What is written between two texts, entry by entry.
pub(super) struct Page {
    begin: Vec<u8>,
    entries: Vec<Entry>,
    write_entry: WriteEntry,
    end: &'static [u8],
}

/// Appends an entry; tells whether it is the first.
type WriteEntry = fn(&Entry, bool, &mut Vec<u8>);

/// A page up to this size is made in one piece, a larger one while it is sent.
const ONE_PIECE: usize = 64 * 1024;

impl Page {
    pub(super) fn new(
        begin: String,
        entries: Vec<Entry>,
        write_entry: WriteEntry,
        end: &'static [u8],
    ) -> Self {
        Self { begin: begin.into_bytes(), entries, write_entry, end }
    }

    /// Returns how many bytes the page has, and the page.
    pub(super) fn into_body(self) -> (u64, FileObject) {
        let mut block = Vec::new();
        let (mut next, mut counted) = (Some(0), 0);
        while let Some(piece) = next {
            next = self.write(piece, &mut block);
            if block.len() > ONE_PIECE {
                counted += block.len() as u64;
                block.clear();
            }
        }
        let length = counted + block.len() as u64;
        let body = match counted {
            0 => block.into(),
            _ => FileObject::new(Unfolding { page: self, next: Some(0), block: Vec::new(), at: 0 }),
        };
        (length, body)
    }

    /// Appends a piece: the beginning, an entry, or the end. Returns which one comes next.
    fn write(&self, piece: usize, out: &mut Vec<u8>) -> Option<usize> {
        match piece.checked_sub(1).map(|index| (index, self.entries.get(index))) {
            None => out.extend_from_slice(&self.begin),
            Some((index, Some(entry))) => (self.write_entry)(entry, index == 0, out),
            Some((_, None)) => {
                out.extend_from_slice(self.end);
                return None;
            }
        }
        Some(piece + 1)
    }
}

/// A page while it is sent.
struct Unfolding {
    page: Page,
    next: Option<usize>,
    block: Vec<u8>,
    at: usize,
}

impl Read for Unfolding {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.block.len() {
            self.block.clear();
            self.at = 0;
            while let Some(piece) = self.next.filter(|_| self.block.len() < buffer.len()) {
                self.next = self.page.write(piece, &mut self.block);
            }
        }
        let left = self.block.get(self.at..).unwrap_or_default();
        let count = left.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), left.get(..count)) {
            to.copy_from_slice(from);
        }
        self.at += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(count: usize) -> Page {
        let entry = |number: usize| Entry {
            name: format!("name-{number}").into(),
            is_directory: false,
            is_link: false,
            facts: None,
        };
        let write = |entry: &Entry, is_first: bool, out: &mut Vec<u8>| {
            out.extend_from_slice(if is_first { b"" } else { b", " });
            out.extend_from_slice(entry.name.as_encoded_bytes());
        };
        Page::new("<".to_owned(), (0..count).map(entry).collect(), write, b">")
    }

    #[test]
    fn large_and_small_pages_have_their_length_and_all_entries() {
        for count in [0, 1, 2, 1_000, 5_000, 50_000] {
            let names: Vec<String> = (0..count).map(|number| format!("name-{number}")).collect();
            let expected = format!("<{}>", names.join(", "));
            let (length, mut body) = page(count).into_body();
            assert_eq!(length, expected.len() as u64, "{count}");
            assert_eq!(format!("{body:?}") == "FileObject(reader)", count > 5_000, "{count}");
            let mut text = String::new();
            body.read_to_string(&mut text).expect("reading memory");
            assert!(text == expected, "{count}");
        }
    }

    #[test]
    fn a_block_is_not_larger_than_it_has_to_be() {
        let mut page = Unfolding { page: page(50_000), next: Some(0), block: Vec::new(), at: 0 };
        let (mut buffer, mut total) = ([0; 1_000], 0);
        loop {
            let count = page.read(&mut buffer).expect("reading memory");
            assert!(page.block.len() < 1_100);
            if count == 0 {
                break;
            }
            total += count as u64;
        }
        assert_eq!(total, self::page(50_000).into_body().0);
    }
}
