//! From a request target to names below the directory, and to the redirect of a directory.

#[cfg(all(unix, feature = "cgi"))]
use super::listing::quote;
use percent_encoding::percent_decode_str;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The parts of a request target.
pub(crate) struct Target<'a> {
    /// Scheme and authority of an absolute-form target (RFC 9112 §3.2.2), else empty.
    origin: &'a str,
    /// The path, still encoded; `/` if an absolute-form target has none (RFC 9110 §4.2.3).
    path: &'a str,
    /// What follows the path: a query, a fragment, both, or nothing.
    rest: &'a str,
}

impl<'a> Target<'a> {
    pub(crate) fn new(target: &'a str) -> Self {
        let (origin, after) = target.split_at(origin_len(target));
        let (path, rest) = after.split_at(after.find(['?', '#']).unwrap_or(after.len()));
        let path = if path.is_empty() && !origin.is_empty() { "/" } else { path };
        Self { origin, path, rest }
    }

    /// Returns the path, decoded as UTF-8 with replacement characters, for people to read.
    pub(super) fn displayed_path(&self) -> String {
        percent_decode_str(self.path).decode_utf8_lossy().into_owned()
    }

    /// Returns the first value of a name in the query, as it is written there.
    pub(super) fn query_value(&self, name: &str) -> Option<&'a str> {
        let query = self.rest.split('#').next()?.strip_prefix('?')?;
        query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
    }

    /// Whether the path ends in a slash, or in a name without a dot, as those of pages do and those of files do not.
    pub(super) fn last_name_is_plain(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        !percent_decode_str(name).any(|byte| byte == b'.')
    }

    /// Returns where to send a client that asked for a directory without the final slash; `None` if it is there.
    ///
    /// Query and fragment are kept unless empty. A browser takes `//host` and `/\host` for another host, so a run of
    /// slashes and backslashes at the start becomes a single slash (CVE-2021-28861 and its relatives). Only a target
    /// that came in absolute form goes back in absolute form.
    pub(super) fn redirect(&self) -> Option<String> {
        if self.path.ends_with('/') || ends_with_encoded_slash(self.path) {
            return None;
        }
        let (query, fragment) = self.rest.split_once('#').unwrap_or((self.rest, ""));
        let is_origin_form = self.origin.is_empty() && self.path.starts_with(['/', '\\']);
        let mut location = match self.path.trim_start_matches(['/', '\\']) {
            "" if is_origin_form => "/".to_owned(),
            names if is_origin_form => format!("/{names}/"),
            _ => format!("{}{}/", self.origin, self.path),
        };
        if query.len() > "?".len() {
            location.push_str(query);
        }
        if !fragment.is_empty() {
            location.push('#');
            location.push_str(fragment);
        }
        Some(location)
    }

    /// Returns the path, decoded.
    fn decoded(&self) -> Vec<u8> {
        percent_decode_str(self.path).collect()
    }

    /// Returns the path with its names resolved and encoded anew, so that there is one way to write it; with a final slash
    /// if it does not end in a name.
    #[cfg(all(unix, feature = "cgi"))]
    pub(crate) fn collapsed(&self) -> String {
        let decoded = self.decoded();
        let mut path = String::new();
        for name in names(&decoded) {
            path.push('/');
            path.extend(quote(name));
        }
        if matches!(decoded.rsplit(|&byte| byte == b'/').next(), Some(b"" | b"." | b"..") | None) {
            path.push('/');
        }
        path
    }

    /// Returns the query without its question mark; empty if there is none.
    #[cfg(all(unix, feature = "cgi"))]
    pub(crate) fn query(&self) -> &'a str {
        let (query, _) = self.rest.split_once('#').unwrap_or((self.rest, ""));
        query.strip_prefix('?').unwrap_or_default()
    }

    /// Returns the path below `directory` that the target names, with a final separator if it has a final slash.
    ///
    /// The path is decoded once and then resolved by its names alone, so that no number of `..` leads above the
    /// directory. An encoded slash separates like a plain one, as in CPython.
    pub(super) fn below(&self, directory: &Path) -> PathBuf {
        let decoded = self.decoded();
        let mut path = directory.to_path_buf();
        path.extend(names(&decoded).into_iter().map(os_name).filter(is_one_component));
        if decoded.ends_with(b"/") {
            path.push("");
        }
        path
    }
}

/// The names of a decoded path, resolved by themselves alone.
fn names(decoded: &[u8]) -> Vec<&[u8]> {
    let mut names: Vec<&[u8]> = Vec::new();
    for name in decoded.split(|&byte| byte == b'/') {
        match name {
            b"" | b"." => {}
            b".." => {
                names.pop();
            }
            name => names.push(name),
        }
    }
    names
}

/// The length of `http://authority` at the start of a target, or 0.
fn origin_len(target: &str) -> usize {
    let has_scheme =
        |scheme: &str| target.get(..scheme.len()).is_some_and(|s| s.eq_ignore_ascii_case(scheme));
    let Some(scheme) = ["http://", "https://"].into_iter().find(|scheme| has_scheme(scheme)) else {
        return 0;
    };
    let authority = target.get(scheme.len()..).unwrap_or_default();
    scheme.len() + authority.find(['/', '?', '#']).unwrap_or(authority.len())
}

fn ends_with_encoded_slash(path: &str) -> bool {
    let at = path.len().saturating_sub("%2F".len());
    path.get(at..).is_some_and(|end| end.eq_ignore_ascii_case("%2F"))
}

/// On Unix a name is bytes, and so names in other encodings than UTF-8 can be asked for.
#[cfg(unix)]
fn os_name(name: &[u8]) -> OsString {
    use std::os::unix::ffi::OsStrExt;
    std::ffi::OsStr::from_bytes(name).to_owned()
}

#[cfg(not(unix))]
fn os_name(name: &[u8]) -> OsString {
    String::from_utf8_lossy(name).into_owned().into()
}

/// Whether joining the name goes down one step; on Windows `c:` and `a\b` do not, and are skipped as in CPython.
fn is_one_component(name: &OsString) -> bool {
    let mut components = Path::new(name).components();
    matches!(components.next(), Some(std::path::Component::Normal(first)) if first == name)
        && components.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_targets() {
        let parts = |target| {
            let Target { origin, path, rest } = Target::new(target);
            (origin, path, rest)
        };
        assert_eq!(parts("/a/b?c#d"), ("", "/a/b", "?c#d"));
        assert_eq!(parts("/a#b?c"), ("", "/a", "#b?c"));
        assert_eq!(parts("HTTP://h:80/a?b"), ("HTTP://h:80", "/a", "?b"));
        assert_eq!(parts("https://h"), ("https://h", "/", ""));
        assert_eq!(parts("http://h?a"), ("http://h", "/", "?a"));
        assert_eq!(parts("http:/h/a"), ("", "http:/h/a", ""));
        assert_eq!(parts("/http://h/a"), ("", "/http://h/a", ""));
        assert_eq!(parts(""), ("", "", ""));
        assert_eq!(parts("h\u{e9}"), ("", "h\u{e9}", ""));
    }

    #[test]
    fn finds_values_in_the_query() {
        let format = |target| Target::new(target).query_value("format");
        assert_eq!(format("/?format=json"), Some("json"));
        assert_eq!(format("/a?x=1&format=tar&format=json#format=x"), Some("tar"));
        assert_eq!(format("/?format="), Some(""));
        for target in ["/", "/?", "/?formats=json", "/?xformat=json", "/?format", "/#?format=json"]
        {
            assert_eq!(format(target), None, "{target}");
        }
    }

    #[test]
    fn redirects_keep_query_and_fragment_and_no_empty_ones() {
        let redirect = |target| Target::new(target).redirect();
        assert_eq!(redirect("/sub").as_deref(), Some("/sub/"));
        assert_eq!(redirect("/sub?a=1#f").as_deref(), Some("/sub/?a=1#f"));
        assert_eq!(redirect("/sub?#").as_deref(), Some("/sub/"));
        assert_eq!(redirect("/sub?a?b#c#d").as_deref(), Some("/sub/?a?b#c#d"));
        assert_eq!(redirect("/sub/?a"), None);
        assert_eq!(redirect("/sub%2f?a"), None);
        assert_eq!(redirect("/sub%2F"), None);
        assert_eq!(redirect("http://h?a"), None);
        assert_eq!(redirect("https://h/../..?a").as_deref(), Some("https://h/../../?a"));
    }

    #[test]
    fn redirects_never_lead_to_another_host() {
        let targets = ["//h/..", "///h/..", "/\\h/..", "\\\\h/..", "/\\/h/..", "//\\h/.."];
        for target in targets {
            assert_eq!(Target::new(target).redirect().as_deref(), Some("/h/../"), "{target}");
        }
    }

    /// Every target made of up to four of the pieces that matter.
    #[test]
    fn no_target_climbs_out_or_leads_away() {
        const PIECES: [&str; 14] = [
            "/", "\\", "..", ".", "%2e", "%2F", "%5c", "%00", "a", "h:", "?", "#", "http://h",
            "%c0%ae",
        ];
        let mut targets = vec![String::new()];
        let mut shorter = 0;
        for _ in 0..4 {
            let longest = shorter..targets.len();
            shorter = targets.len();
            for at in longest {
                for piece in PIECES {
                    targets.push(format!("{}{piece}", targets[at]));
                }
            }
        }
        assert_eq!(targets.len(), 1 + 14 + 14 * 14 + 14 * 14 * 14 + 14 * 14 * 14 * 14);
        for target in &targets {
            let target = Target::new(target);
            let path = target.below(Path::new("served"));
            let below = path.strip_prefix("served").expect("begins with the directory");
            assert!(
                below.components().all(|part| matches!(part, std::path::Component::Normal(_))),
                "{path:?}"
            );
            let location = target.redirect().unwrap_or_default();
            assert!(!location.starts_with("//") && !location.starts_with("/\\"), "{location}");
            assert!(!location.starts_with('\\'), "{location}");
        }
    }
}
