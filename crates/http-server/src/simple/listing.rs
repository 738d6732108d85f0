//! The page that lists a directory.

use super::inside::is_dotfile;
use super::page::Page;
use crate::html::escape_text;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, percent_encode};
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::time::SystemTime;
use std::{fs, io};

/// The type of the page. File names on the page are as the system has them, whatever their encoding is.
pub(super) const CONTENT_TYPE: &str = "text/html; charset=utf-8";

/// What lies in a directory under one name.
pub(super) struct Entry {
    pub(super) name: OsString,
    /// True for links to directories as well.
    pub(super) is_directory: bool,
    pub(super) is_link: bool,
    /// Size and time, if they were asked for. A link has none of its own that mean anything, and what
    /// it leads to may be nobody's business.
    pub(super) facts: Option<(u64, SystemTime)>,
}

/// What is wanted of a directory.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    pub(super) dotfiles: bool,
    pub(super) facts: bool,
}

/// Reads a directory, sorted by lower-cased name.
pub(super) fn read(directory: &Path, wanted: Wanted) -> io::Result<Vec<Entry>> {
    let is_wanted = |entry: &io::Result<fs::DirEntry>| {
        wanted.dotfiles || !entry.as_ref().is_ok_and(|entry| is_dotfile(&entry.file_name()))
    };
    let mut entries = fs::read_dir(directory)?
        .filter(is_wanted)
        .map(|entry| {
            let entry = entry?;
            let file_type = entry.file_type();
            let is_link = file_type.as_ref().is_ok_and(fs::FileType::is_symlink);
            let is_directory = match file_type {
                Ok(known) if !known.is_symlink() => known.is_dir(),
                _ => fs::metadata(entry.path()).is_ok_and(|target| target.is_dir()),
            };
            let metadata = if wanted.facts && !is_link { entry.metadata().ok() } else { None };
            let facts = metadata.and_then(|of| Some((of.len(), of.modified().ok()?)));
            Ok(Entry { name: entry.file_name(), is_directory, is_link, facts })
        })
        .collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_cached_key(|entry| {
        (entry.name.to_string_lossy().to_lowercase(), entry.name.clone())
    });
    Ok(entries)
}

impl Entry {
    /// Where a link to it leads, as `urllib.parse.quote` writes it.
    pub(super) fn href(&self) -> impl Iterator<Item = u8> {
        let slash: &[u8] = if self.is_directory { b"/" } else { b"" };
        let name = quote(self.name.as_encoded_bytes()).flat_map(str::bytes);
        name.chain(slash.iter().copied())
    }
}

/// The page, byte for byte as CPython writes it.
pub(super) fn page(displayed_path: &str, entries: Vec<Entry>) -> Page {
    let title = format!("Directory listing for {}", escape_text(displayed_path));
    let begin = format!(
        "<!DOCTYPE HTML>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<style type=\"text/css\">\n\
         :root {{\ncolor-scheme: light dark;\n}}\n</style>\n<title>{title}</title>\n</head>\n\
         <body>\n<h1>{title}</h1>\n<hr>\n<ul>\n"
    );
    Page::new(begin, entries, write_line, b"</ul>\n<hr>\n</body>\n</html>\n")
}

fn write_line(entry: &Entry, _is_first: bool, page: &mut Vec<u8>) {
    page.extend_from_slice(b"<li><a href=\"");
    page.extend(entry.href());
    page.extend_from_slice(b"\">");
    push_escaped(page, &entry.name);
    page.extend_from_slice(match entry {
        Entry { is_link: true, .. } => b"@",
        Entry { is_directory: true, .. } => b"/",
        _ => b"",
    });
    page.extend_from_slice(b"</a></li>\n");
}

/// Bytes of a name that is not UTF-8 stay what they are, so that the page shows what is there.
fn push_escaped(page: &mut Vec<u8>, name: &OsStr) {
    for chunk in name.as_encoded_bytes().utf8_chunks() {
        page.extend_from_slice(escape_text(chunk.valid()).as_bytes());
        page.extend_from_slice(chunk.invalid());
    }
}

/// Encodes a name as `urllib.parse.quote` does.
pub(super) fn quote(name: &[u8]) -> PercentEncode<'_> {
    percent_encode(name, TO_QUOTE)
}

/// What `urllib.parse.quote` quotes in a name: all but RFC 3986's unreserved characters.
const TO_QUOTE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'.').remove(b'-').remove(b'~');
