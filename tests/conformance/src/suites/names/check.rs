//! Holds the names of CPython against what the libraries offer.

use std::collections::{BTreeMap, BTreeSet};

use super::api::Api;
use super::data::{Entry, MODULES, Names};
use super::excuses::Excuse;

/// What is wrong with one name; nothing if it is as the data say.
pub(super) fn name(
    module: &str,
    python: &str,
    entry: &Entry,
    api: &Api,
    excuses: &BTreeMap<String, Excuse>,
) -> Result<(), String> {
    match entry {
        Entry::Excused { excused } if !excuses.contains_key(excused) => {
            Err(format!("is excused by `{excused}`, and DIFFERENCES.md has no such line"))
        }
        Entry::Excused { .. } => match api.called(home(module), python) {
            Some(path) => Err(format!("is excused, and there after all: `{path}`")),
            None => Ok(()),
        },
        here => present(python, &here.paths(), api),
    }
}

fn present(python: &str, paths: &[&str], api: &Api) -> Result<(), String> {
    let mut bears_the_name = false;
    for path in paths {
        let item = api.find(path).ok_or_else(|| {
            format!("is to be `{path}`, which is not public: it was renamed, moved or made private")
        })?;
        if !item.documented {
            return Err(format!("is `{path}`, which has no documentation ({})", item.file));
        }
        bears_the_name |= item.is_called(python);
    }
    let first = paths.first().ok_or("has neither a path nor an excuse")?;
    if bears_the_name {
        return Ok(());
    }
    let word = last_word(python);
    let file = api.find(first).map_or("", |item| &item.file);
    Err(format!(
        "is `{first}`, which needs #[doc(alias = \"{word}\")] to be found as such ({file})"
    ))
}

/// The lines of `DIFFERENCES.md` that are there for names which are excused no more.
pub(super) fn unused(modules: &[(&str, Names)], excuses: &BTreeMap<String, Excuse>) -> Vec<String> {
    let used = |line: &str| {
        let mut entries = modules.iter().flat_map(|(_, names)| names.values());
        entries.any(|entry| matches!(entry, Entry::Excused { excused } if excused == line))
    };
    let lines = excuses.iter().filter(|(name, excuse)| excuse.only_for_names && !used(name));
    lines.map(|(name, _)| format!("DIFFERENCES.md: no name of names.toml needs `{name}`")).collect()
}

/// Where the data and the list of CPython's names are not about the same names.
pub(super) fn unlike(modules: &[(&str, Names)], cpython: &str) -> Vec<String> {
    let named = |(module, names): &(&str, Names)| {
        names.keys().map(|name| format!("{module} {name}")).collect::<Vec<_>>()
    };
    let ours: BTreeSet<String> = modules.iter().flat_map(named).collect();
    let theirs: BTreeSet<String> = cpython.lines().map(str::to_owned).collect();
    let missing = theirs.difference(&ours).map(|name| format!("names.toml: `{name}` is missing"));
    let invented =
        ours.difference(&theirs).map(|name| format!("names.toml: CPython has no `{name}`"));
    missing.chain(invented).collect()
}

/// `timeout` of `BaseServer.timeout`.
pub(super) fn last_word(python: &str) -> &str {
    python.rsplit('.').next().unwrap_or(python)
}

/// Where the names of a module of CPython are looked for.
fn home(module: &str) -> &'static str {
    MODULES.iter().find(|(name, _)| *name == module).map_or("", |(_, home)| home)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::api::Api;
    use super::super::data::Entry;
    use super::super::excuses;
    use super::{name, unlike, unused};

    /// What is wrong with `BaseServer.timeout` where the sources of `socketserver` are these.
    fn finding(source: &str, python: &str, entry: &Entry) -> Result<(), String> {
        let root = tempfile::tempdir().unwrap();
        for (folder, source) in [
            ("socketserver", source),
            ("http-server", ""),
            ("wsgi-util", ""),
            ("wsgi-handlers", ""),
            ("wsgi-simple-server", "pub use socketserver::{self, Server};"),
        ] {
            let folder = root.path().join("crates").join(folder).join("src");
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("lib.rs"), source).unwrap();
        }
        let excuses = excuses::read("## Names without a counterpart\n- `gone`: `x`: not needed.\n");
        name("socketserver", python, entry, &Api::read(root.path()).unwrap(), &excuses)
    }

    const SOURCE: &str = "
        mod server { /// A server.
            pub struct Server { /// How long.
                pub timeout: u8, secret: u8 }
            impl Server { /// Closes.
                #[doc(alias = \"server_close\")] pub fn close(&self) {} fn hidden(&self) {} }
        }
        pub use server::Server;
        /// Short.
        #[doc(alias = \"TCPServer\")] pub type TcpServer = Server;
        /// Loops.
        pub trait Loops { /// Runs.
            fn serve_forever(&self) {} }
        mod private { /// Nobody sees it.
            pub fn hidden() {} }
        pub fn undocumented() {}";

    #[track_caller]
    fn check(source: &str, python: &str, path: &str, problem: Option<&str>) {
        let found = finding(source, python, &Entry::Here(path.into())).err();
        match (problem, found) {
            (None, found) => assert_eq!(found, None),
            (Some(problem), found) => {
                assert!(found.as_ref().is_some_and(|f| f.contains(problem)), "{found:?}");
            }
        }
    }

    #[test]
    fn what_is_public_is_found() {
        check(SOURCE, "Server", "socketserver::Server", None);
        check(SOURCE, "Server", "wsgi_simple_server::Server", None);
        check(SOURCE, "TCPServer", "socketserver::TcpServer", None);
        check(SOURCE, "Server.timeout", "socketserver::Server::timeout", None);
        check(SOURCE, "Server.server_close", "socketserver::TcpServer::close", None);
        check(SOURCE, "Server.serve_forever", "socketserver::Loops::serve_forever", None);
    }

    #[test]
    fn a_renamed_item_is_missed() {
        let renamed = SOURCE.replace("pub timeout", "pub patience");
        check(&renamed, "Server.timeout", "socketserver::Server::timeout", Some("it was renamed"));
        let renamed = SOURCE
            .replace("struct Server", "struct Host")
            .replace("server::Server", "server::Host");
        check(&renamed, "Server", "socketserver::Server", Some("it was renamed"));
    }

    #[test]
    fn what_is_not_public_all_the_way_is_missed() {
        for path in
            ["Server::secret", "Server::hidden", "private::hidden", "server::Server", "hidden"]
        {
            check(SOURCE, "x", &format!("socketserver::{path}"), Some("which is not public"));
        }
    }

    #[test]
    fn a_lost_alias_is_missed() {
        let lost = SOURCE.replace("#[doc(alias = \"server_close\")]", "");
        let problem = Some("needs #[doc(alias = \"server_close\")]");
        check(&lost, "Server.server_close", "socketserver::Server::close", problem);
        let lost = SOURCE.replace("#[doc(alias = \"TCPServer\")]", "");
        check(
            &lost,
            "TCPServer",
            "socketserver::TcpServer",
            Some("needs #[doc(alias = \"TCPServer\")]"),
        );
    }

    #[test]
    fn what_has_no_documentation_does_not_count() {
        check(SOURCE, "undocumented", "socketserver::undocumented", Some("has no documentation"));
    }

    #[test]
    fn an_excuse_has_a_reason_and_is_needed() {
        let excused = |line: &str| Entry::Excused { excused: line.into() };
        assert_eq!(finding(SOURCE, "fork", &excused("gone")), Ok(()));
        let found = finding(SOURCE, "fork", &excused("lost")).unwrap_err();
        assert!(found.contains("DIFFERENCES.md has no such line"), "{found}");
        let found = finding(SOURCE, "TCPServer", &excused("gone")).unwrap_err();
        assert_eq!(found, "is excused, and there after all: `socketserver::TcpServer`");
    }

    #[test]
    fn the_lists_are_compared_both_ways() {
        let names = || {
            [("a".to_owned(), Entry::Here("m::a".into())), ("b".into(), Entry::Here("m::b".into()))]
        };
        let modules = [("m", names().into())];
        assert_eq!(unlike(&modules, "m a\nm b\n"), [""; 0]);
        assert_eq!(
            unlike(&modules, "m b\nm c\n"),
            ["names.toml: `m c` is missing", "names.toml: CPython has no `m a`"]
        );
        let excuses = excuses::read("## Names without a counterpart\n- `old`: `x`: not needed.\n");
        assert_eq!(
            unused(&modules, &excuses),
            ["DIFFERENCES.md: no name of names.toml needs `old`"]
        );
    }
}
