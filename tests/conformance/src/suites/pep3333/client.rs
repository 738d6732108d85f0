//! Plays a scenario over a connection.

use std::net::SocketAddr;
use std::time::Instant;

use wsgi_util::Application;

use super::house::{House, NEXT};
use super::played::Played;
use super::probe::{PATIENCE, Probe};
use super::request::Request;
use super::scenario::{Client, Scenario};
use crate::wire::{Answer, Connection};

/// Sends the request of a scenario to a server, and one more behind it if the connection allows.
///
/// # Errors
///
/// If there is no connection to be had.
pub(super) fn play(
    house: &House,
    name: &str,
    scenario: &Scenario,
    app: impl Application + 'static,
    probe: &Probe,
) -> std::io::Result<Played> {
    house.cases.add(name, app, probe);
    let _turn = house.turn();
    let mut connection = Connection::open(house.address, PATIENCE)?;
    let played = exchange(&mut connection, house.address, name, scenario, probe);
    let (sent, received) = (connection.sent().to_vec(), connection.received().to_vec());
    if played.answer.is_err() {
        connection.abort();
        settle(probe);
    }
    house.cases.remove(name);
    Ok(Played { sent, received, ..played })
}

fn exchange(
    connection: &mut Connection,
    house: SocketAddr,
    name: &str,
    scenario: &Scenario,
    probe: &Probe,
) -> Played {
    let request = &scenario.request;
    connection.send(&request.head(name));
    let body = request.framed_body();
    let mut leaves = None;
    match &scenario.client {
        Client::Reads => drop(connection.send(&body)),
        Client::Repeats => {
            connection.send(&body);
            if let Err(trouble) = connection.read_answer(request.method) {
                probe.note(format!("the first time: {trouble}"));
            }
            connection.send(&request.head(name));
            connection.send(&body);
        }
        Client::Pipelines => drop(connection.send(&[body, next_request()].concat())),
        Client::WithholdsTheBody => {}
        Client::Pairs => {
            connection.send(&body);
            let other = Connection::open(house, PATIENCE).map(|mut other| {
                other.send(&[request.head(name), request.framed_body()].concat());
                other.read_answer(request.method).is_ok()
            });
            probe.note(if let Ok(true) = other {
                "the other has its answer"
            } else {
                "the other has none"
            });
        }
        Client::Confirms(texts) => {
            connection.send(&body);
            for text in texts {
                if connection.read_until(text.as_bytes()) {
                    probe.note(format!("client has {text}"));
                }
            }
        }
        Client::ReadsLate(note) => {
            connection.send(&body);
            probe.wait_for(note);
        }
        Client::LeavesAfter(text) => {
            connection.send(&body);
            connection.read_until(text.as_bytes());
            leaves = Some("the client left, as it was to");
        }
        Client::WaitsForContinue => {
            if connection.read_until(b"HTTP/1.1 100 Continue\r\n\r\n") {
                probe.note("client is told to go on");
            }
            connection.send(&body);
        }
        Client::CutsTheBody => {
            connection.send(body.get(..body.len() / 2).unwrap_or_default());
            connection.finish();
        }
    }
    let answer = match leaves {
        Some(why) => Err(why.to_owned()),
        None => connection.read_answer(request.method).map_err(|trouble| trouble.to_string()),
    };
    let next = match (&answer, &scenario.client) {
        // The other client may have had the idle connection of this one closed: that of a server for one at a time.
        (Err(_), _) | (_, Client::Pairs) => None,
        (Ok(answer), client) => next(connection, answer, *client == Client::Pipelines),
    };
    Played {
        answer,
        next,
        probe: probe.clone(),
        warnings: Vec::new(),
        validated: false,
        in_memory: false,
        sent: Vec::new(),
        received: Vec::new(),
    }
}

/// Whether the connection goes on in step; or, if it is to close, that it does.
///
/// Either way the server has done with the first request by then: its body is closed, its log line written.
fn next(
    connection: &mut Connection,
    answer: &Answer,
    is_asked: bool,
) -> Option<Result<(), String>> {
    if answer.is_cut {
        connection.read_to_end();
        return None;
    }
    if answer.head.announces_close() {
        return Some(match connection.read_to_end() {
            Some(_) if connection.unread().is_empty() => Ok(()),
            Some(_) => Err("bytes follow the answer of a connection that closes".to_owned()),
            None => {
                Err("the connection stays open, although the answer says that it closes".to_owned())
            }
        });
    }
    if !is_asked {
        connection.send(&next_request());
    }
    Some(match connection.read_answer("GET") {
        Ok(next) if next.body == NEXT.as_bytes() => Ok(()),
        Ok(next) => {
            Err(format!("it is answered {} {:?}", next.head.status, next.body.escape_ascii()))
        }
        Err(trouble) => Err(trouble.to_string()),
    })
}

fn next_request() -> Vec<u8> {
    Request::get("/next").head("next")
}

/// Waits until a server has noticed that its client is gone: nothing else tells when that is.
fn settle(probe: &Probe) {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline && !probe.notes().iter().any(|note| note == "drop") {
        std::thread::yield_now();
    }
}
