//! In which form a directory is listed: the page, JSON, or all of it as an archive.

use super::coding::parse_weight;
use super::listing::{self, Wanted};
use super::page::Page;
use super::tar::{self, Archive};
use super::target::Target;
use super::{FileObject, SimpleHttpRequestHandler, inside, json};
use crate::Exchange;
use crate::proto::RequestHeaders;
use std::cmp::Reverse;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// What a client can have of a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Html,
    Json,
    Tar,
}

/// A listing in its form.
pub(super) struct Listing {
    pub(super) content_type: &'static str,
    /// How many bytes it has, if that is known before.
    pub(super) length: Option<u64>,
    /// Under which name it is to be kept.
    pub(super) disposition: Option<String>,
    pub(super) body: FileObject,
}

impl SimpleHttpRequestHandler {
    /// Which form the client wants: `?format=` decides, then `Accept`.
    pub(super) fn format(&self, x: &Exchange<'_>) -> Format {
        if !self.settings.listing_formats {
            return Format::Html;
        }
        match Target::new(x.path()).query_value("format") {
            Some("json") => Format::Json,
            Some("tar") => Format::Tar,
            Some(_) => Format::Html,
            None if prefers_json(&x.headers()) => Format::Json,
            None => Format::Html,
        }
    }

    /// Reads a directory and lists it.
    pub(super) fn list(
        &self,
        x: &Exchange<'_>,
        path: &Path,
        format: Format,
    ) -> io::Result<Listing> {
        let wanted =
            Wanted { dotfiles: !self.settings.hide_dotfiles, facts: format == Format::Json };
        let read = |directory: &Path| listing::read(directory, wanted);
        let entries = inside::read_directory(&self.settings, path, read)?;
        let shown = Target::new(x.path()).displayed_path();
        let page = |content_type, page: Page| {
            let (length, body) = page.into_body();
            Listing { content_type, length: Some(length), disposition: None, body }
        };
        Ok(match format {
            Format::Html => page(listing::CONTENT_TYPE, listing::page(&shown, entries)),
            Format::Json => page(json::CONTENT_TYPE, json::page(&shown, entries)),
            Format::Tar => {
                let name = archive_name(&shown);
                let archive = Archive::new(Arc::clone(&self.settings), path, &name, entries);
                // RFC 8187 §3.2.1: the quoting of links will do.
                let name = listing::quote(name.as_bytes());
                Listing {
                    content_type: tar::CONTENT_TYPE,
                    length: None,
                    disposition: Some(format!("attachment; filename*=UTF-8''{name}.tar")),
                    body: FileObject::new(archive),
                }
            }
        })
    }
}

/// The last name of the path; the name of the directory itself is not told.
fn archive_name(displayed_path: &str) -> String {
    let mut names = displayed_path.rsplit('/').filter(|name| !matches!(*name, "" | "." | ".."));
    let name: String =
        names.next().unwrap_or_default().chars().filter(|c| !c.is_control()).collect();
    if name.is_empty() { "files".to_owned() } else { name }
}

/// Whether the client names JSON, and likes it more than pages or names it before them. A browser does not name it.
fn prefers_json(headers: &RequestHeaders<'_>) -> bool {
    let (mut json, mut html) = (None, None);
    let wishes = headers.get_all_bytes("Accept").flat_map(|list| list.split(|&byte| byte == b','));
    for (place, wish) in wishes.enumerate() {
        let mut parts = wish.split(|&byte| byte == b';').map(<[u8]>::trim_ascii);
        let kind = parts.next().unwrap_or_default();
        let weight = parts.find_map(parse_weight).unwrap_or(1_000);
        let known = if kind.eq_ignore_ascii_case(b"application/json") {
            &mut json
        } else if kind.eq_ignore_ascii_case(b"text/html") {
            &mut html
        } else {
            continue;
        };
        // Of two places the first is the larger.
        known.get_or_insert((weight, Reverse(place)));
    }
    json.is_some_and(|(weight, _)| weight > 0) && json > html
}

#[cfg(test)]
mod tests {
    use super::{archive_name, prefers_json};
    use crate::proto::{HeadParser, Limits};

    #[test]
    fn json_is_for_who_names_it() {
        let prefers = |accept: &str| {
            let head = format!("GET / HTTP/1.0\r\nAccept: {accept}\r\n\r\n");
            let mut parser = HeadParser::new(Limits::default());
            parser.parse(head.as_bytes()).expect("a valid head").expect("a whole head");
            prefers_json(&parser.head(head.as_bytes()).headers())
        };
        for accept in [
            "application/json",
            "Application/JSON;charset=utf-8",
            "application/json, text/plain, */*",
            "text/html;q=0.5, application/json",
            "application/json, text/html",
        ] {
            assert!(prefers(accept), "{accept}");
        }
        for accept in [
            "",
            "*/*",
            "application/*",
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "application/json;q=0",
            "application/json;q=0.5, text/html",
            "text/html, application/json",
            "application/jsonp",
        ] {
            assert!(!prefers(accept), "{accept}");
        }
    }

    #[test]
    fn archives_are_named_for_their_directory() {
        for (path, name) in [
            ("/", "files"),
            ("/sub/", "sub"),
            ("/a/b c/", "b c"),
            ("/a/../", "a"),
            ("/caf\u{e9}/", "caf\u{e9}"),
            ("/\u{7}\r\n/", "files"),
        ] {
            assert_eq!(archive_name(path), name, "{path}");
        }
    }
}
