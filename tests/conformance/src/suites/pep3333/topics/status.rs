//! The first argument of `start_response`.

use super::super::scenario::{Place, Scenario, plain, scenario};
use crate::Level::{self, Must, Safe};

const START: &str = "The start_response() Callable";
const UNICODE: &str = "Unicode Issues";

/// A status that is sent as it is given.
struct Sent {
    name: &'static str,
    status: &'static str,
    code: u16,
    reason: &'static str,
}

const SENT: [Sent; 6] = [
    Sent { name: "status/usual", status: "200 OK", code: 200, reason: "OK" },
    Sent {
        name: "status/reason-of-the-application",
        status: "404 Nobody's Here, Yet",
        code: 404,
        reason: "Nobody's Here, Yet",
    },
    Sent { name: "status/unknown-code", status: "299 Peculiar", code: 299, reason: "Peculiar" },
    Sent {
        name: "status/code-of-the-application",
        status: "599 Very Wrong",
        code: 599,
        reason: "Very Wrong",
    },
    Sent { name: "status/latin-1-reason", status: "200 Gr\u{fc}n", code: 200, reason: "Gr\u{fc}n" },
    Sent { name: "status/empty-reason", status: "200 ", code: 200, reason: "" },
];

/// A status that is refused: what the application is told by the server, and by the validator before that.
struct Refused {
    name: &'static str,
    level: Level,
    about: &'static str,
    status: &'static str,
    server: &'static str,
    validator: Option<&'static str>,
}

const REFUSED: [Refused; 10] = [
    Refused {
        name: "status/refuses-none",
        level: Must,
        about: "An empty status is refused",
        status: "",
        server: "Status must be at least 4 characters",
        validator: Some("Status codes must be three characters"),
    },
    Refused {
        name: "status/refuses-two-digits",
        level: Must,
        about: "A status of two digits is refused",
        status: "20 OK",
        server: "Status message must begin w/3-digit code",
        validator: Some("Status codes must be three characters"),
    },
    Refused {
        name: "status/refuses-four-digits",
        level: Must,
        about: "A status of four digits is refused",
        status: "2000 OK",
        server: "Status message must have a space after code",
        validator: Some("Status codes must be three characters"),
    },
    Refused {
        name: "status/refuses-words",
        level: Must,
        about: "A status that begins with no number is refused",
        status: "two hundred",
        server: "Status message must begin w/3-digit code",
        validator: Some("Status code is invalid"),
    },
    Refused {
        name: "status/refuses-other-digits",
        level: Must,
        about: "The digits of a status are ASCII",
        status: "\u{b2}00 OK",
        server: "Status message must begin w/3-digit code",
        validator: Some("Status code is invalid"),
    },
    Refused {
        name: "status/refuses-no-space",
        level: Must,
        about: "A status without a space behind the code is refused",
        status: "200OK",
        server: "Status message must have a space after code",
        validator: Some("Status codes must be three characters"),
    },
    Refused {
        name: "status/refuses-line-ends",
        level: Must,
        about: "A status with a line end is refused, and no field can be injected by it",
        status: "200 OK\r\nX-Evil: 1",
        server: "Control characters are not allowed in status",
        validator: Some("Control characters are not allowed in status"),
    },
    Refused {
        name: "status/refuses-control-characters",
        level: Must,
        about: "A status with a control character is refused",
        status: "200 O\u{0}K",
        server: "Control characters are not allowed in status",
        validator: Some("Control characters are not allowed in status"),
    },
    Refused {
        name: "status/refuses-leading-zero",
        level: Safe,
        about: "A status code below 100 is refused: no status line can say it",
        status: "099 Low",
        server: "Status message must begin w/3-digit code",
        validator: Some("Status code is invalid"),
    },
    Refused {
        name: "status/refuses-other-text",
        level: Must,
        about: "A status is a native string: characters beyond U+00FF are refused",
        status: "200 \u{20ac}",
        server: "Status must be latin-1 text",
        validator: Some("is not a native string"),
    },
];

pub(super) fn scenarios() -> Vec<Scenario> {
    let sent = SENT.iter().map(|row| {
        let section = if row.reason.is_ascii() { START } else { UNICODE };
        scenario(
            row.name,
            section,
            Must,
            "The status line is the status of the application, as it gave it",
        )
        .app(|_, _, start_response| {
            start_response.start(row.status, [("Content-Type", "text/plain")])?;
            Ok("hello".into())
        })
        .expect(|played| {
            played.status_line(row.code, row.reason)?;
            played.body("hello")
        })
    });
    let refused = REFUSED.iter().map(|row| {
        let scenario = scenario(row.name, START, row.level, row.about)
            .app(|probe, _, start_response| {
                let refused = start_response.start(row.status, [("Content-Type", "text/plain")]);
                probe.note_error(refused.map(drop));
                plain(start_response)?;
                Ok("hello".into())
            })
            .expect(|played| {
                played.noted_words(row.server)?;
                played.no_field("X-Evil")?;
                played.ok("hello")
            });
        match row.validator {
            Some(words) => scenario.violates(words),
            None => scenario,
        }
    });
    sent.chain(refused).chain([interim()]).collect()
}

/// A response of HTTP/1.1 has one final status; WSGI has no way to send the others.
fn interim() -> Scenario {
    scenario(
        "status/refuses-interim",
        START,
        Safe,
        "A status below 200 is refused: the client would wait for the final one",
    )
    .only(Place::Sockets)
    .app(|probe, _, start_response| {
        probe.note_error(start_response.start("103 Early Hints", [("Link", "</a>")]).map(drop));
        plain(start_response)?;
        Ok("hello".into())
    })
    .expect(|played| {
        played.noted_words("must be a final one")?;
        played.no_interim()?;
        played.ok("hello")
    })
}
