//! The second argument of `start_response`.

use super::super::scenario::{Place, Scenario, plain, scenario};
use crate::Level::{self, Must, Safe, Should};

const START: &str = "The start_response() Callable";
const FEATURES: &str = "Other HTTP Features";
const UNICODE: &str = "Unicode Issues";

/// A header that is refused: what the application is told by the server, and by the validator before that.
struct Refused {
    name: &'static str,
    section: &'static str,
    level: Level,
    about: &'static str,
    header: (&'static str, &'static str),
    server: &'static str,
    validator: &'static str,
}

const HOP_BY_HOP: &str =
    "A field of the connection is the server's: the application may not send it";

const fn hop_by_hop(name: &'static str, header: (&'static str, &'static str)) -> Refused {
    let words = "Hop-by-hop header";
    Refused {
        name,
        section: FEATURES,
        level: Must,
        about: HOP_BY_HOP,
        header,
        server: words,
        validator: words,
    }
}

const fn refused(
    name: &'static str,
    about: &'static str,
    header: (&'static str, &'static str),
    server: &'static str,
    validator: &'static str,
) -> Refused {
    Refused { name, section: START, level: Must, about, header, server, validator }
}

const REFUSED: [Refused; 23] = [
    hop_by_hop("headers/refuses-connection", ("Connection", "close")),
    hop_by_hop("headers/refuses-keep-alive", ("Keep-Alive", "timeout=5")),
    hop_by_hop("headers/refuses-proxy-authenticate", ("Proxy-Authenticate", "Basic")),
    hop_by_hop("headers/refuses-proxy-authorization", ("Proxy-Authorization", "Basic x")),
    hop_by_hop("headers/refuses-te", ("TE", "trailers")),
    hop_by_hop("headers/refuses-trailers", ("Trailers", "X-A")),
    hop_by_hop("headers/refuses-transfer-encoding", ("Transfer-Encoding", "chunked")),
    hop_by_hop("headers/refuses-upgrade", ("Upgrade", "websocket")),
    hop_by_hop("headers/refuses-any-case", ("transfer-ENCODING", "chunked")),
    refused(
        "headers/refuses-status",
        "There is no header Status: the status is an argument of its own",
        ("Status", "404 Not Found"),
        "'Status' is not allowed",
        "The Status header cannot be used",
    ),
    refused(
        "headers/refuses-colon",
        "The name of a header has no colon",
        ("X-A:", "1"),
        "is not a token",
        "Header names may not contain ':'",
    ),
    refused(
        "headers/refuses-space",
        "The name of a header has no space",
        ("X A", "1"),
        "is not a token",
        "Bad header name",
    ),
    refused(
        "headers/refuses-no-name",
        "A header has a name",
        ("", "1"),
        "is not a token",
        "Bad header name",
    ),
    refused(
        "headers/refuses-name-not-ascii",
        "The name of a header is ASCII",
        ("X-\u{dc}", "1"),
        "is not a token",
        "Bad header name",
    ),
    refused(
        "headers/refuses-line-end-in-a-name",
        "A line end in a name would be the end of the field",
        ("X-A\r\nX-Evil", "1"),
        "Control characters not allowed in headers",
        "Control characters not allowed in headers",
    ),
    refused(
        "headers/refuses-line-end-in-a-value",
        "A line end in a value would begin another field",
        ("X-A", "1\r\nX-Evil: 2"),
        "Control characters not allowed in headers",
        "Control characters not allowed in headers",
    ),
    refused(
        "headers/refuses-bare-lf-in-a-value",
        "A line feed in a value would begin another field for some readers",
        ("X-A", "1\nX-Evil: 2"),
        "Control characters not allowed in headers",
        "Control characters not allowed in headers",
    ),
    refused(
        "headers/refuses-folding",
        "A value is one line: it may not be folded",
        ("X-A", "1\r\n 2"),
        "Control characters not allowed in headers",
        "Control characters not allowed in headers",
    ),
    refused(
        "headers/refuses-nul",
        "A value has no control character",
        ("X-A", "1\u{0}2"),
        "Control characters not allowed in headers",
        "Control characters not allowed in headers",
    ),
    Refused {
        name: "headers/refuses-other-text",
        section: UNICODE,
        level: Must,
        about: "A value is a native string: characters beyond U+00FF are refused",
        header: ("X-A", "\u{20ac}"),
        server: "Headers must be latin-1 text",
        validator: "is not a native string",
    },
    Refused {
        name: "headers/refuses-length-that-is-none",
        section: "Handling the Content-Length Header",
        level: Must,
        about: "A Content-Length is a number",
        header: ("Content-Length", "five"),
        server: "Content-Length must be one decimal number",
        validator: "Invalid Content-Length",
    },
    Refused {
        name: "headers/refuses-negative-length",
        section: "Handling the Content-Length Header",
        level: Must,
        about: "A Content-Length is not negative",
        header: ("Content-Length", "-5"),
        server: "Content-Length must be one decimal number",
        validator: "Invalid Content-Length",
    },
    Refused {
        name: "headers/refuses-length-with-a-sign",
        section: "Handling the Content-Length Header",
        level: Safe,
        about: "A Content-Length is digits only: readers disagree about anything else",
        header: ("Content-Length", "+5"),
        server: "Content-Length must be one decimal number",
        validator: "Invalid Content-Length",
    },
];

pub(super) fn scenarios() -> Vec<Scenario> {
    let refused = REFUSED.iter().map(|row| {
        scenario(row.name, row.section, row.level, row.about)
            .app(|probe, _, start_response| {
                let headers = [("Content-Type", "text/plain"), row.header];
                probe.note_error(start_response.start("200 OK", headers).map(drop));
                plain(start_response)?;
                Ok("hello".into())
            })
            .violates(row.validator)
            .expect(|played| {
                played.noted_words(row.server)?;
                played.no_field("X-Evil")?;
                played.ok("hello")
            })
    });
    sent().into_iter().chain(refused).collect()
}

fn sent() -> Vec<Scenario> {
    vec![
        scenario(
            "headers/as-given",
            START,
            Must,
            "Every header of the application is sent, in its spelling and its order",
        )
        .app(|_, _, start_response| {
            let headers = [("content-TYPE", "text/plain"), ("X-b", "2"), ("X-A", "1 ; \"q\", \\")];
            start_response.start("200 OK", headers)?;
            Ok("hello".into())
        })
        .expect(|played| {
            let names = played.field_names()?;
            let ours = names.iter().filter(|name| name.starts_with("X-") || name.starts_with("content-T"));
            let found = ours.map(String::as_str).collect::<Vec<_>>();
            if found != ["content-TYPE", "X-b", "X-A"] {
                return Err(format!("the names are {names:?}"));
            }
            played.field("X-A", "1 ; \"q\", \\")
        }),
        scenario(
            "headers/repeated",
            START,
            Must,
            "A header that is given twice is sent twice",
        )
        .app(|_, _, start_response| {
            let headers = [("Content-Type", "text/plain"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")];
            start_response.start("200 OK", headers)?;
            Ok("hello".into())
        })
        .expect(|played| played.fields("Set-Cookie", &["a=1", "b=2"])),
        scenario(
            "headers/latin-1",
            UNICODE,
            Must,
            "Each character of a value is one byte",
        )
        .app(|_, _, start_response| {
            start_response.start("200 OK", [("Content-Type", "text/plain"), ("X-A", "caf\u{e9} \u{ff}")])?;
            Ok("hello".into())
        })
        .expect(|played| played.field("X-A", "caf\u{e9} \u{ff}")),
        scenario(
            "headers/empty-value",
            START,
            Must,
            "A value may be empty",
        )
        .app(|_, _, start_response| {
            start_response.start("200 OK", [("Content-Type", "text/plain"), ("X-A", "")])?;
            Ok("hello".into())
        })
        .expect(|played| played.field("X-A", "")),
        scenario(
            "headers/none",
            START,
            Must,
            "The list of headers may be empty",
        )
        .app(|_, _, start_response| {
            start_response.start("204 No Content", [] as [(&str, &str); 0])?;
            Ok(wsgi_util::Body::empty())
        })
        .expect(|played| played.status(204).and_then(|()| played.body(""))),
        scenario(
            "headers/many",
            START,
            Must,
            "A long list of headers is sent whole",
        )
        .app(|_, _, start_response| {
            let many = (0..200).map(|n| (format!("X-H{n}"), "x".repeat(100)));
            let one = ("Content-Type".to_owned(), "text/plain".to_owned());
            start_response.start("200 OK", many.chain([one]))?;
            Ok("hello".into())
        })
        .expect(|played| {
            let count = played.field_names()?.iter().filter(|name| name.starts_with("X-H")).count();
            if count == 200 { played.ok("hello") } else { Err(format!("{count} of 200 were sent")) }
        }),
        scenario(
            "headers/length-twice",
            "Handling the Content-Length Header",
            Safe,
            "Two Content-Length headers are refused, be they equal: readers disagree about the end",
        )
        .app(|probe, _, start_response| {
            let headers = [("Content-Type", "text/plain"), ("Content-Length", "5"), ("content-length", "5")];
            probe.note_error(start_response.start("200 OK", headers).map(drop));
            plain(start_response)?;
            Ok("hello".into())
        })
        .expect(|played| {
            played.noted_words("Content-Length must be one decimal number")?;
            played.ok("hello")
        }),
        scenario(
            "headers/server-completes",
            START,
            Should,
            "The server adds what HTTP demands and the application leaves out: Date, and what it is",
        )
        .only(Place::Sockets)
        .expect(|played| {
            played.has_field("Date")?;
            played.has_field("Server")
        }),
        scenario(
            "headers/date-and-server-of-the-application",
            START,
            Must,
            "The server does not double or replace what the application has given",
        )
        .app(|_, _, start_response| {
            let headers = [
                ("Content-Type", "text/plain"),
                ("date", "Thu, 01 Jan 1970 00:00:00 GMT"),
                ("SERVER", "mine"),
            ];
            start_response.start("200 OK", headers)?;
            Ok("hello".into())
        })
        .expect(|played| {
            played.fields("Date", &["Thu, 01 Jan 1970 00:00:00 GMT"])?;
            played.fields("Server", &["mine"])
        }),
        scenario(
            "headers/list-is-the-applications",
            START,
            Safe,
            "The server changes its own copy of the headers, not that of the application (gh-127522)",
        )
        .app(|probe, _, start_response| {
            let headers = wsgi_util::Headers::from_pairs([("Content-Type", "text/plain")])?;
            start_response.start_response("200 OK", headers.clone(), None)?;
            start_response.write(b"hello")?;
            probe.note(headers.len().to_string());
            Ok(wsgi_util::Body::empty())
        })
        .expect(|played| played.notes(&["1"]).and_then(|()| played.ok("hello"))),
    ]
}
