//! A server of somebody else's: whether it is there, and serves what the cases need, before any is played.

use crate::stage::SIDE_BY_SIDE;
use crate::wire::{Answer, Connection, Trouble};
use crate::{Problem, Profile, Settings, Stage};
use std::io::ErrorKind;
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;

/// Finds the server, and asks it for one page.
pub(super) fn stage(target: &str, profile: Profile, settings: Settings) -> Result<Stage, Problem> {
    let addresses = resolve(target)?;
    let mut refused = None;
    for address in addresses {
        match Connection::open(address, settings.patience) {
            Ok(connection) => {
                ask(connection, target, profile)?;
                let clients = clients_at_a_time(address, settings.patience);
                return Ok(Stage::target(target.to_owned(), address, profile, settings, clients));
            }
            Err(error) => refused = Some((address, error)),
        }
    }
    let Some((address, error)) = refused else {
        return Err(Problem::new(format!("{target} has no address")));
    };
    Err(Problem::new(match error.kind() {
        ErrorKind::ConnectionRefused => format!(
            "nothing listens on {target} ({address}); start the server first, or give the port it listens on"
        ),
        ErrorKind::TimedOut | ErrorKind::WouldBlock => format!(
            "{target} ({address}) does not accept a connection within {} s; see --patience",
            settings.patience.as_secs_f64()
        ),
        _ => format!("cannot connect to {target} ({address}): {error}"),
    }))
}

/// How many clients are served at a time: as many as can be silent while another is answered, and that one.
///
/// Without this, a case that keeps a server waiting would fail all others on one that serves its clients in turn.
fn clients_at_a_time(address: SocketAddr, patience: Duration) -> usize {
    let patience = patience.min(Duration::from_secs(1));
    for silent in [SIDE_BY_SIDE - 1, 7, 3, 1] {
        let crowd: Vec<_> =
            (0..silent).map_while(|_| Connection::open(address, patience).ok()).collect();
        let answered = Connection::open(address, patience).is_ok_and(|mut connection| {
            connection.send(b"GET / HTTP/1.1\r\nHost: conformance\r\nConnection: close\r\n\r\n");
            connection.read_answer("GET").is_ok()
        });
        if answered && crowd.len() == silent {
            return silent + 1;
        }
    }
    1
}

fn resolve(target: &str) -> Result<Vec<SocketAddr>, Problem> {
    if let Some((scheme, rest)) = target.split_once("://") {
        let rest = rest.trim_end_matches('/');
        let why = if scheme == "https" { "TLS is not spoken here; " } else { "" };
        return Err(Problem::new(format!(
            "{target:?}: {why}write the target as HOST:PORT, without {scheme}://: --target {rest}"
        )));
    }
    let port = target.rsplit_once(':').filter(|(host, _)| !host.is_empty()).map(|(_, port)| port);
    match port.map(str::parse::<u16>) {
        Some(Ok(1..)) => {}
        Some(_) => {
            return Err(Problem::new(format!("{target:?}: the port is a number from 1 to 65535")));
        }
        None => {
            return Err(Problem::new(format!(
                "{target:?} has no port; write HOST:PORT, as in localhost:8000 or [::1]:8000"
            )));
        }
    }
    let addresses: Vec<SocketAddr> = target
        .to_socket_addrs()
        .map_err(|error| Problem::new(format!("{target:?} cannot be resolved: {error}")))?
        .collect();
    Ok(addresses)
}

/// Asks for the page that the cases of a profile are about.
fn ask(mut connection: Connection, target: &str, profile: Profile) -> Result<(), Problem> {
    let (path, body) = match profile {
        Profile::Plain => ("/", None),
        Profile::App | Profile::Handler | Profile::Wsgi => ("/next-1", Some("/next-1\n")),
        Profile::Static => ("/hello.txt", Some("hello, world\n")),
    };
    let request = format!("GET {path} HTTP/1.1\r\nHost: conformance\r\nConnection: close\r\n\r\n");
    connection.send(request.as_bytes());
    let patience = connection.patience().as_secs_f64();
    let answer = connection.read_answer("GET").map_err(|trouble| {
        Problem::new(match trouble {
            Trouble::Silence => format!(
                "{target} accepts connections but does not answer `GET {path}` within {patience} s; is it another \
                 kind of server? See also --patience"
            ),
            trouble => format!(
                "{target} is no HTTP/1.1 server, or not a plain one: to `GET {path}` {trouble}; it sent `{}`",
                connection.received().iter().take(60).copied().collect::<Vec<_>>().escape_ascii()
            ),
        })
    })?;
    if body.is_some_and(|body| !is(&answer, body)) {
        let way_out = match profile {
            Profile::Static => {
                "have it serve the folder `served` that --make-tree DIR makes, or choose --profile plain"
            }
            _ => {
                "have it run tests/conformance/apps/conformance_app.py (conformance_app:app), or choose --profile plain"
            }
        };
        return Err(Problem::new(format!(
            "{target} does not serve what --profile {profile} is about: `GET {path}` has the answer {}; {way_out}",
            answer.head.status
        )));
    }
    Ok(())
}

fn is(answer: &Answer, body: &str) -> bool {
    answer.head.status == 200 && answer.body == body.as_bytes()
}

#[cfg(test)]
mod tests {
    use super::{resolve, stage};
    use crate::{Profile, Settings};
    use std::net::TcpListener;
    use std::time::Duration;

    fn refused(target: &str, profile: Profile) -> String {
        let settings = Settings { patience: Duration::from_millis(300), ..Settings::default() };
        stage(target, profile, settings).unwrap_err().to_string()
    }

    #[test]
    fn a_target_that_is_none_says_so() {
        for (target, why) in [
            ("localhost", "has no port"),
            (":80", "has no port"),
            ("localhost:http", "a number from 1"),
            ("localhost:0", "a number from 1"),
            ("http://localhost:80/", "--target localhost:80"),
            ("no such host:80", "cannot be resolved"),
        ] {
            let error = resolve(target).unwrap_err().to_string();
            assert!(error.contains(why), "{target}: {error}");
        }
    }

    #[test]
    fn a_target_that_does_not_answer_says_so() {
        // An address of our own where there is one, so that no other test takes the port once it is free.
        let address = if cfg!(target_os = "linux") { "127.0.0.3:0" } else { "127.0.0.1:0" };
        let listener = TcpListener::bind(address).unwrap();
        let target = listener.local_addr().unwrap().to_string();
        assert!(refused(&target, Profile::Plain).contains("does not answer `GET /` within 0.3 s"));
        drop(listener);
        assert!(refused(&target, Profile::Plain).contains("nothing listens on"));
    }

    #[test]
    fn a_target_that_serves_something_else_says_so() {
        let served = crate::subjects::start("wsgi-engine", &crate::subjects::http11()).unwrap();
        let target = served.address.to_string();
        let error = refused(&target, Profile::Static);
        assert!(error.contains("404") && error.contains("--make-tree"), "{error}");
        let stage = stage(&target, Profile::Wsgi, Settings::default()).unwrap();
        assert_eq!(stage.side_by_side, 16);
    }
}
