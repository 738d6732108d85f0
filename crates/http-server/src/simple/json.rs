//! The listing of a directory for programs.

use super::listing::Entry;
use super::page::Page;
use crate::date::iso_date_time_string;
use std::fmt::Write;

pub(super) const CONTENT_TYPE: &str = "application/json";

/// The listing as one object: the path, and for each entry its name, type, where to find it, and for what is no link
/// its size and time.
pub(super) fn page(displayed_path: &str, entries: Vec<Entry>) -> Page {
    let mut begin = "{\"path\": ".to_owned();
    push_string(displayed_path, &mut begin);
    begin.push_str(", \"entries\": [");
    Page::new(begin, entries, write_entry, b"\n]}\n")
}

fn write_entry(entry: &Entry, is_first: bool, page: &mut Vec<u8>) {
    let mut text = if is_first { "\n{\"name\": " } else { ",\n{\"name\": " }.to_owned();
    push_string(&entry.name.to_string_lossy(), &mut text);
    let kind = if entry.is_directory { "directory" } else { "file" };
    // A name that is no UTF-8 can be shown in part only, and found all the same.
    let href: Vec<u8> = entry.href().collect();
    let href = String::from_utf8_lossy(&href);
    let _ = write!(text, ", \"type\": \"{kind}\", \"href\": \"{href}\"");
    if entry.is_link {
        text.push_str(", \"link\": true");
    }
    if let Some((size, modified)) = entry.facts {
        if !entry.is_directory {
            let _ = write!(text, ", \"size\": {size}");
        }
        let _ = write!(text, ", \"modified\": \"{}\"", iso_date_time_string(modified));
    }
    text.push('}');
    page.extend_from_slice(text.as_bytes());
}

/// RFC 8259 §7. What could end a script or a line of one in a page is escaped as well.
fn push_string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::push_string;

    #[test]
    fn strings_are_escaped() {
        let mut out = String::new();
        push_string("a\"\\\n\u{7f}</script>\u{2028}caf\u{e9}\u{1f600}", &mut out);
        assert_eq!(
            out,
            "\"a\\\"\\\\\\u000a\\u007f\\u003c/script\\u003e\\u2028caf\u{e9}\u{1f600}\""
        );
    }
}
