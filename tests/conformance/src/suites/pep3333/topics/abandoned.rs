//! Bodies that are given up: by a client that stops reading, by a server that stops.
//!
//! These need a server of their own each, with little patience.

use std::sync::Arc;
use std::time::Duration;

use http_server::{Deadlines, HandlerOptions, MinRate};
use socketserver::engine::EngineOptions;
use wsgi_simple_server::handler_options;
use wsgi_util::{AppResult, Environ, StartResponse};

use super::super::house::{House, Kind};
use super::super::probe::{PATIENCE, Probe};
use super::super::request::Request;
use super::super::scenario::plain;
use crate::wire::Connection;
use crate::{Case, Failure, Level, Outcome, Trial};

/// What becomes of the response of which the client has read the beginning.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    ClientStopsReading,
    ServerStops,
}

pub(super) fn trials() -> Vec<Trial> {
    let case = |name: &str, level, about: &str| {
        let id = format!("pep3333/close/{name}");
        let rule = "PEP 3333, \"Specification Details\"".to_owned();
        Arc::new(Case { id, rule, level, about: about.to_owned() })
    };
    let reading = case(
        "when-the-client-stops-reading",
        Level::Must,
        "close() is called if the client does not read the response, once the server has no more patience",
    );
    let stopping = case(
        "when-the-server-stops",
        Level::Must,
        "close() is called if the server ends before the body does",
    );
    let threads = (&reading, Kind::Threads, End::ClientStopsReading);
    let engine = (&reading, Kind::Engine, End::ClientStopsReading);
    let stops = (&stopping, Kind::Engine, End::ServerStops);
    [threads, engine, stops]
        .map(|(case, kind, end)| {
            let about = case.about.clone();
            Trial::new(case, kind.name(), move || match play(kind, end) {
                Ok(()) => Outcome::Passed,
                Err(why) => Failure::new(about, why).into(),
            })
        })
        .into()
}

fn play(kind: Kind, end: End) -> Result<(), String> {
    const NAME: &str = "abandoned";
    let house = House::open_with(kind, impatient(end), EngineOptions::default().graceful(SHORT))
        .map_err(|error| error.to_string())?;
    let probe = Probe::default();
    let of_app = probe.clone();
    let app = move |_: &mut Environ<'_>, start_response: &mut dyn StartResponse| -> AppResult {
        plain(start_response)?;
        Ok(of_app.body([]).endless_after("begin").into_body())
    };
    house.cases.add(NAME, app, &probe);
    let mut connection =
        Connection::open(house.address, PATIENCE).map_err(|error| error.to_string())?;
    connection.send(&Request::get("/").head(NAME));
    if !connection.read_until(b"begin") {
        return Err("the response does not begin".to_owned());
    }
    if end == End::ServerStops {
        drop(house);
    }
    probe.wait_for("drop");
    let ends = probe.notes().into_iter().filter(|note| note != "next").collect::<Vec<_>>();
    if ends == ["close", "drop"] {
        Ok(())
    } else {
        Err(format!("it ends with: {}", ends.join(", ")))
    }
}

const SHORT: Duration = Duration::from_millis(100);

/// The options of a server that gives up a client soon, if that is what is to happen.
fn impatient(end: End) -> HandlerOptions {
    let mut deadlines = Deadlines::new();
    if end == End::ClientStopsReading {
        // No client earns more patience, however much of the response has found room in the buffers of the system.
        deadlines.response = Some(MinRate { grace: SHORT, bytes_per_second: 0 });
    }
    handler_options().deadlines(deadlines)
}
