//! The page that lists a directory.

use super::inside::is_dotfile;
use crate::html::escape_text;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, percent_encode};
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::{fs, io};

/// The type of the page. File names on the page are as the system has them, whatever their encoding is.
pub(super) const CONTENT_TYPE: &str = "text/html; charset=utf-8";

/// One line of the page.
pub(super) struct Entry {
    name: OsString,
    /// True for links to directories as well.
    is_directory: bool,
    is_link: bool,
}

/// Reads a directory, sorted by lower-cased name.
pub(super) fn read(directory: &Path, hide_dotfiles: bool) -> io::Result<Vec<Entry>> {
    let is_listed = |entry: &io::Result<fs::DirEntry>| {
        !entry.as_ref().is_ok_and(|entry| hide_dotfiles && is_dotfile(&entry.file_name()))
    };
    let mut entries = fs::read_dir(directory)?
        .filter(is_listed)
        .map(|entry| {
            let entry = entry?;
            let file_type = entry.file_type();
            let is_link = file_type.as_ref().is_ok_and(fs::FileType::is_symlink);
            let is_directory = match file_type {
                Ok(known) if !known.is_symlink() => known.is_dir(),
                _ => fs::metadata(entry.path()).is_ok_and(|target| target.is_dir()),
            };
            Ok(Entry { name: entry.file_name(), is_directory, is_link })
        })
        .collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_cached_key(|entry| {
        (entry.name.to_string_lossy().to_lowercase(), entry.name.clone())
    });
    Ok(entries)
}

/// Writes the page, byte for byte as CPython does.
pub(super) fn page(displayed_path: &str, entries: &[Entry]) -> Vec<u8> {
    let title = format!("Directory listing for {}", escape_text(displayed_path));
    let mut page = format!(
        "<!DOCTYPE HTML>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<style type=\"text/css\">\n\
         :root {{\ncolor-scheme: light dark;\n}}\n</style>\n<title>{title}</title>\n</head>\n\
         <body>\n<h1>{title}</h1>\n<hr>\n<ul>\n"
    )
    .into_bytes();
    for entry in entries {
        let link_end = if entry.is_directory { "/" } else { "" };
        let shown_end = if entry.is_link { "@" } else { link_end };
        page.extend_from_slice(b"<li><a href=\"");
        page.extend(quote(entry.name.as_encoded_bytes()).flat_map(str::bytes));
        page.extend_from_slice(link_end.as_bytes());
        page.extend_from_slice(b"\">");
        push_escaped(&mut page, &entry.name);
        page.extend_from_slice(shown_end.as_bytes());
        page.extend_from_slice(b"</a></li>\n");
    }
    page.extend_from_slice(b"</ul>\n<hr>\n</body>\n</html>\n");
    page
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
