//! A whole connection to a WSGI application that does anything: its responses have no flaw, and there is one for each
//! request.
#![no_main]

use http_server::{ClientAddress, Pair, ServerInfo, handle};
use libfuzzer_sys::fuzz_target;
use std::sync::Mutex;
use wsgi_simple_server::{AppResult, Body, BoundHandler, Environ, ServerState, StartResponse};
use wsgi_util::Headers;
use wsgiref_fuzz::{Dice, Silent, TEXTS, dice_and_bytes, methods_of, read_responses};

fuzz_target!(|data: &[u8]| {
    let (dice, bytes) = dice_and_bytes(data);
    let state = ServerState::default();
    let dice = Mutex::new(dice);
    state.set_app(move |environ: &mut Environ, start_response: &mut dyn StartResponse| {
        app(&mut dice.lock().unwrap(), environ, start_response)
    });
    let silent = Silent::default();
    let limits = http_server_limits(&silent);
    let handler = BoundHandler::new(silent, state);
    let mut connection = Pair { reader: bytes, writer: Vec::new() };
    handle(&mut connection, &ClientAddress::Unnamed, &ServerInfo::default(), &handler)
        .expect("no error of an application gets out");

    let methods = methods_of(bytes, limits);
    let responses = read_responses(&connection.writer, &methods);
    assert!(responses.statuses.len() <= methods.len());
    assert_eq!(responses.statuses.is_empty(), methods.is_empty(), "{methods:?}");
});

fn http_server_limits(handler: &Silent) -> http_server::proto::Limits {
    wsgi_simple_server::WsgiRequestHandler::options(handler).limits
}

fn app(
    dice: &mut Dice,
    environ: &mut Environ,
    start_response: &mut dyn StartResponse,
) -> AppResult {
    if dice.below(3) == 1 {
        // An error here is an answer of its own.
        environ.input().read(&mut [0; 100])?;
    }
    for _ in 0..=dice.below(3) {
        let status = dice.one_of(&[
            "200 OK",
            "204 No Content",
            "304 x",
            "404 a\r\nb",
            "99 x",
            "200",
            "100 x",
            "200 \u{20ac}",
        ]);
        let mut headers = Headers::new();
        for _ in 0..dice.below(3) {
            let name = dice.one_of(&[
                "X-A",
                "Content-Length",
                "Connection",
                "Transfer-Encoding",
                "a b",
                "",
                "X\r\nY",
                "Date",
            ]);
            let value = if name == "Content-Length" {
                dice.one_of(&["5", "0", "", "x", "+5"])
            } else {
                dice.one_of(&TEXTS)
            };
            let added = headers.append(name, value);
            if dice.below(2) == 0 {
                added?;
            }
        }
        let error = (dice.below(3) == 1).then(|| "replaced".into());
        let started = start_response.start_response(status, headers, error);
        if dice.below(3) > 0 {
            started?;
        }
    }
    if dice.below(3) == 1 {
        start_response.write(b"written")?;
    }
    if dice.below(6) == 1 {
        return Err("the application fails\r\n".into());
    }
    let pieces: Vec<&'static str> =
        (0..dice.below(4)).map(|_| dice.one_of(&["hello", "", "more than that"])).collect();
    Ok(Body::from(pieces))
}
