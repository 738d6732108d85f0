//! From a request target to a script (`is_cgi`, the first half of `run_cgi`).

use crate::simple::Target;
use percent_encoding::percent_decode_str;

/// Where a request leads that is for a script: what CPython keeps in `cgi_info`.
///
/// Both parts are encoded, and written in the only way: dots resolved, no slash twice, and no other escapes than needed.
///
/// ```
/// # use http_server::{CgiHttpRequestHandler, SimpleHandlerOptions};
/// let handler = CgiHttpRequestHandler::new("site");
/// let info = handler.is_cgi("/a/../cgi-bin//date%2Esh/more?utc").expect("a script");
/// assert_eq!((&*info.directory, &*info.rest), ("/cgi-bin", "date.sh/more?utc"));
/// assert_eq!(handler.is_cgi("/cgi-bin-old/date.sh"), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CgiInfo {
    /// One of the `cgi_directories`.
    pub directory: String,
    /// The script, what follows it, and the query.
    pub rest: String,
}

/// Tells whether a target leads below one of the directories, and where.
///
/// The path is looked at as `translate_path` looks at it: what would lead to a file there leads to a script here, however it
/// is spelled.
pub(super) fn find(target: &str, cgi_directories: &[String]) -> Option<CgiInfo> {
    let target = Target::new(target);
    let path = target.collapsed();
    let query = target.query();
    let rest = |rest: &str| match query {
        "" => rest.to_owned(),
        query => format!("{rest}?{query}"),
    };
    let is_listed = |directory: &str| {
        let listed = |listed: &String| match listed.trim_end_matches('/') {
            "" => directory == "/",
            listed => percent_decode_str(directory).eq(listed.bytes()),
        };
        cgi_directories.iter().any(listed)
    };
    let mut slashes = path.match_indices('/').map(|(at, _)| at).skip(1).peekable();
    // CPython counts only what lies in the root itself as being in the directory `/`.
    if slashes.peek().is_none() && is_listed("/") {
        return Some(CgiInfo { directory: "/".to_owned(), rest: rest(path.get(1..)?) });
    }
    slashes
        .filter_map(|at| path.split_at_checked(at))
        .find(|(directory, _)| is_listed(directory))
        .map(|(directory, after)| CgiInfo {
            directory: directory.to_owned(),
            rest: rest(after.trim_start_matches('/')),
        })
}

/// A script, by the names that it is told (RFC 3875 §4.1.5, §4.1.13).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ScriptPlace {
    /// The path of the script, encoded, for `translate_path`.
    pub(super) target: String,
    /// The same decoded.
    pub(super) script_name: Vec<u8>,
    /// What follows it, encoded.
    pub(super) extra: String,
    /// The same decoded; empty if nothing does.
    pub(super) path_info: Vec<u8>,
    pub(super) query: String,
}

impl ScriptPlace {
    /// Walks down as long as there are directories; the next name is that of the script.
    pub(super) fn find(info: &CgiInfo, is_directory: impl Fn(&str) -> bool) -> Self {
        let (path, query) = info.rest.split_once('?').unwrap_or((&info.rest, ""));
        let mut directory = info.directory.trim_end_matches('/').to_owned();
        let mut rest = path;
        while let Some((name, after)) = rest.split_once('/') {
            let next = format!("{directory}/{name}");
            if !is_directory(&next) {
                break;
            }
            (directory, rest) = (next, after);
        }
        let (script, extra) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let target = format!("{directory}/{script}");
        Self {
            script_name: percent_decode_str(&target).collect(),
            path_info: percent_decode_str(extra).collect(),
            target,
            extra: extra.to_owned(),
            query: query.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(target: &str, directories: &[&str]) -> Option<(String, String)> {
        let directories: Vec<String> = directories.iter().map(|&d| d.to_owned()).collect();
        find(target, &directories).map(|info| (info.directory, info.rest))
    }

    #[test]
    fn every_spelling_of_a_script_is_one() {
        for target in [
            "/cgi-bin/a.sh",
            "//cgi-bin/a.sh",
            "/cgi-bin//a.sh",
            "/./cgi-bin/./a.sh",
            "/x/../cgi-bin/a.sh",
            "/../cgi-bin/a.sh",
            "/cgi-bin/x/../a.sh",
            "/cgi-bin%2Fa.sh",
            "/%63gi-bin/a%2Esh",
            "/%2e%2e/cgi-bin/a.sh",
            "http://host/cgi-bin/a.sh",
            "HTTPS://host:1/x/..//cgi-bin/a.sh",
        ] {
            let expected = ("/cgi-bin".to_owned(), "a.sh".to_owned());
            assert_eq!(found(target, &["/cgi-bin", "/htbin"]), Some(expected), "{target}");
        }
        for target in [
            "/cgi-bin",
            "/cgi-bin/../a.sh",
            "/cgi-bin/..",
            "/cgi-bin2/a",
            "/a/cgi-bin/b",
            "/",
            "*",
            "/%2563gi-bin/a",
        ] {
            assert_eq!(found(target, &["/cgi-bin", "/htbin"]), None, "{target}");
        }
    }

    #[test]
    fn the_directory_and_the_query_are_found() {
        let info = |target, directories: &[&str]| {
            found(target, directories).map(|(directory, rest)| format!("{directory} {rest}"))
        };
        assert_eq!(info("/htbin/a/b/?x/y?z#f", &["/htbin"]).unwrap(), "/htbin a/b/?x/y?z");
        assert_eq!(info("/htbin/", &["/htbin"]).unwrap(), "/htbin ");
        assert_eq!(info("/htbin/a/.", &["/htbin/"]).unwrap(), "/htbin a/");
        assert_eq!(info("/a/b/c", &["/a/b", "/a"]).unwrap(), "/a b/c");
        assert_eq!(info("/a%20b/c%3Fd", &["/a b"]).unwrap(), "/a%20b c%3Fd");
        assert_eq!(info("/a.sh?x", &["/"]).unwrap(), "/ a.sh?x");
        assert_eq!(info("/a/b.sh", &["/"]), None);
        assert_eq!(info("/", &["/"]).unwrap(), "/ ");
        assert_eq!(info("/a", &[]), None);
    }

    #[test]
    fn the_first_name_that_is_no_directory_is_the_script() {
        let place = |directory: &str, rest: &str| {
            let info = CgiInfo { directory: directory.to_owned(), rest: rest.to_owned() };
            let place = ScriptPlace::find(&info, |path| {
                path == "/cgi-bin/sub" || path == "/cgi-bin/sub/deep"
            });
            let text = |bytes| String::from_utf8(bytes).unwrap();
            [text(place.script_name), text(place.path_info), place.query]
        };
        assert_eq!(place("/cgi-bin", "a.sh"), ["/cgi-bin/a.sh", "", ""]);
        assert_eq!(place("/cgi-bin", "a%20.sh/x%3Fy/?q/r"), ["/cgi-bin/a .sh", "/x?y/", "q/r"]);
        assert_eq!(place("/cgi-bin", "sub/deep/a/b"), ["/cgi-bin/sub/deep/a", "/b", ""]);
        assert_eq!(place("/cgi-bin", "sub"), ["/cgi-bin/sub", "", ""]);
        assert_eq!(place("/cgi-bin", "sub/"), ["/cgi-bin/sub/", "", ""]);
        assert_eq!(place("/cgi-bin", "a?sub/x"), ["/cgi-bin/a", "", "sub/x"]);
        assert_eq!(place("/", "a.sh"), ["/a.sh", "", ""]);
    }
}
