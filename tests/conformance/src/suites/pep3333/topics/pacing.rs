//! Pieces that are sent before the next one is asked for.

use super::super::probe::Probe;
use super::super::request::Request;
use super::super::scenario::{Client, Place, Scenario, plain, scenario};
use crate::Level::Must;
use wsgi_util::Body;

const BUFFERING: &str = "Buffering and Streaming";
const ABOUT: &str = "A piece is on its way to the client before the next one is asked for";

/// A body that yields a piece only when the client has the one before.
fn paced(probe: &Probe, pieces: &'static [&'static str]) -> Body {
    let probe = probe.clone();
    let mut step = 0_usize;
    Body::from_fn(move |_, _| {
        if let Some(before) = step.checked_sub(1).and_then(|before| pieces.get(before)) {
            if !before.is_empty() {
                probe.wait_for(&format!("client has {before}"));
            }
        }
        step += 1;
        Ok(pieces.get(step - 1).copied())
    })
}

pub(super) fn scenarios() -> Vec<Scenario> {
    let case = |name: &'static str| {
        scenario(name, BUFFERING, Must, ABOUT).client(Client::Confirms(vec!["one", "two", "three"]))
    };
    vec![
        case("pacing/of-unknown-length")
            .app(|probe, _, start_response| {
                plain(start_response)?;
                Ok(paced(probe, &["one", "two", "three"]))
            })
            .expect(|played| played.ok("onetwothree")),
        case("pacing/of-declared-length")
            .app(|probe, _, start_response| {
                start_response
                    .start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "11")])?;
                Ok(paced(probe, &["one", "two", "three"]))
            })
            .expect(|played| played.ok("onetwothree")),
        case("pacing/with-empty-pieces")
            .app(|probe, _, start_response| {
                plain(start_response)?;
                Ok(paced(probe, &["one", "", "", "two", "", "three"]))
            })
            .expect(|played| played.ok("onetwothree")),
        case("pacing/for-an-old-client")
            .request(Request::get("/").http_1_0())
            .only(Place::Sockets)
            .app(|probe, _, start_response| {
                plain(start_response)?;
                Ok(paced(probe, &["one", "two", "three"]))
            })
            .expect(|played| played.ok("onetwothree")),
        case("pacing/after-a-write")
            .app(|probe, _, start_response| {
                plain(start_response)?;
                start_response.write(b"one")?;
                probe.wait_for("client has one");
                Ok(paced(probe, &["two", "three"]))
            })
            .expect(|played| played.ok("onetwothree")),
        scenario(
            "pacing/before-close",
            BUFFERING,
            Must,
            "The last piece is on its way before close() is called",
        )
        .client(Client::Confirms(vec!["last"]))
        .app(|probe, _, start_response| {
            plain(start_response)?;
            Ok(Body::iterable(Last { probe: probe.clone(), sent: false }))
        })
        .expect(|played| played.ok("last")),
        scenario("pacing/large-pieces", BUFFERING, Must, ABOUT)
            .client(Client::Confirms(vec!["END-OF-ONE", "END-OF-TWO"]))
            .app(|probe, _, start_response| {
                plain(start_response)?;
                let probe = probe.clone();
                let mut step = 0_usize;
                Ok(Body::from_fn(move |_, _| {
                    step += 1;
                    let piece = |end: &str| Some("x".repeat(100_000) + end);
                    Ok(match step {
                        1 => piece("END-OF-ONE"),
                        2 => {
                            probe.wait_for("client has END-OF-ONE");
                            piece("END-OF-TWO")
                        }
                        _ => None,
                    })
                }))
            })
            .expect(|played| {
                let x = "x".repeat(100_000);
                played.ok(format!("{x}END-OF-ONE{x}END-OF-TWO"))
            }),
    ]
}

/// A body of one piece, whose `close()` waits until the client has it.
struct Last {
    probe: Probe,
    sent: bool,
}

impl wsgi_util::ResponseIterable for Last {
    fn next_chunk(
        &mut self,
        _: &mut wsgi_util::Environ<'_>,
        _: &mut dyn wsgi_util::StartResponse,
    ) -> Result<Option<wsgi_util::Chunk>, wsgi_util::AppError> {
        let first = !std::mem::replace(&mut self.sent, true);
        Ok(first.then(|| b"last".as_slice().into()))
    }

    fn close(&mut self, _: &mut wsgi_util::Environ<'_>) -> Result<(), wsgi_util::AppError> {
        self.probe.wait_for("client has last");
        Ok(())
    }
}
