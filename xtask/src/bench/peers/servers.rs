//! Who is measured.

/// One server of the comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Server {
    pub(super) name: String,
    pub(super) role: Role,
    pub(super) source: Source,
    /// Scenarios that it cannot do, or that would say nothing about it.
    pub(super) skips: &'static [&'static str],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// What the machine can do; not an HTTP server.
    Limit,
    Ours,
    Peer,
    /// From the command line: measured, but nobody is judged by it.
    Added,
}

/// Where the program comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A package of `benches/peers`.
    Package {
        package: &'static str,
        /// What follows the port and the number of threads.
        mode: &'static [&'static str],
        /// The crate it shows, whose version counts.
        library: &'static str,
    },
    /// Installed by the system.
    Nginx,
    /// Given with `--add`; `{port}` and `{threads}` are filled in.
    Command(String),
}

/// How many threads run handlers of ours; `asleep` keeps all but one of them busy.
pub(super) const HANDLER_THREADS: usize = 16;
const HANDLER_THREADS_TEXT: &str = "16";

pub(super) const LIMIT: &str = "limit";
pub(super) const HANDLER: &str = "ours-handler";
pub(super) const WSGI: &str = "ours-wsgi";

/// Only our programs have the route that sleeps.
const NOT_OURS: &[&str] = &["asleep"];

/// All servers there are, in the order of the table.
pub(super) fn all() -> Vec<Server> {
    let ours = &[HANDLER_THREADS_TEXT];
    vec![
        package(LIMIT, Role::Limit, LIMIT, &[], LIMIT, NOT_OURS),
        package(HANDLER, Role::Ours, HANDLER, ours, "http-server", &[]),
        package(WSGI, Role::Ours, WSGI, ours, "wsgi-simple-server", &[]),
        package("hyper", Role::Peer, "hyper-peer", &[], "hyper", NOT_OURS),
        package("hyper-percore", Role::Peer, "hyper-peer", &["percore"], "hyper", NOT_OURS),
        package("actix-web", Role::Peer, "actix-web-peer", &[], "actix-web", NOT_OURS),
        package("may_minihttp", Role::Peer, "may_minihttp-peer", &[], "may_minihttp", NOT_OURS),
        package("ntex", Role::Peer, "ntex-peer", &[], "ntex", NOT_OURS),
        package("axum", Role::Peer, "axum-peer", &[], "axum", NOT_OURS),
        package("tiny_http", Role::Peer, "tiny_http-peer", &[], "tiny_http", NOT_OURS),
        Server {
            name: "nginx".to_owned(),
            role: Role::Peer,
            source: Source::Nginx,
            // `return 200` neither reads a body nor makes one.
            skips: &["asleep", "post64k", "big1m"],
        },
    ]
}

/// The servers of these names, and always the limit server, beside which everybody is put. None: all.
pub(super) fn select(all: Vec<Server>, names: &[String]) -> crate::Result<Vec<Server>> {
    for name in names {
        if !all.iter().any(|server| server.name == *name) {
            let known: Vec<&str> = all.iter().map(|server| server.name.as_str()).collect();
            return Err(format!("`{name}` is no server; these are: {}", known.join(", ")).into());
        }
    }
    let chosen = |server: &Server| {
        names.is_empty() || server.role == Role::Limit || names.contains(&server.name)
    };
    Ok(all.into_iter().filter(chosen).collect())
}

fn package(
    name: &str,
    role: Role,
    package: &'static str,
    mode: &'static [&'static str],
    library: &'static str,
    skips: &'static [&'static str],
) -> Server {
    Server {
        name: name.to_owned(),
        role,
        source: Source::Package { package, mode, library },
        skips,
    }
}

#[cfg(test)]
mod tests {
    use super::{HANDLER_THREADS, HANDLER_THREADS_TEXT, all, select};

    #[test]
    fn the_limit_server_is_always_there() {
        let chosen = select(all(), &["ntex".to_owned()]).unwrap();
        let names: Vec<&str> = chosen.iter().map(|server| server.name.as_str()).collect();
        assert_eq!(names, ["limit", "ntex"]);
    }

    #[test]
    fn an_unknown_server_names_the_known_ones() {
        let error = select(all(), &["apache".to_owned()]).unwrap_err().to_string();
        assert!(error.starts_with("`apache` is no server; these are: limit, ours-handler, "));
    }

    #[test]
    fn our_programs_are_told_how_many_threads_they_have() {
        assert_eq!(HANDLER_THREADS_TEXT, HANDLER_THREADS.to_string());
    }
}
