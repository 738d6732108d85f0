//! How responses are framed and written.

use crate::support::*;
use http_server::HandlerOptions;
use http_server::proto::Misuse;
use std::io::{self, Write};

const GET: &str = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
const GET_AND_CLOSE: &str = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
const GET_10: &str = "GET / HTTP/1.0\r\n\r\n";

#[test]
fn with_protocol_1_0_nothing_is_added_and_the_end_is_the_end_of_the_connection() {
    let handler = http10(|x| {
        x.send_response(200)?;
        x.end_headers()?;
        x.wfile.write_all(b"hello")
    });
    let expected = "HTTP/1.0 200 OK\r\nServer: BaseHTTP {version}\r\nDate: {date}\r\n\r\nhello";
    check(&handler, GET, expected);
    check(&handler, GET_10, expected);
}

#[test]
fn a_response_without_length_is_chunked_to_1_1() {
    let handler = http11(|x| {
        x.send_response(200)?;
        x.end_headers()?;
        x.wfile.write_all(b"hello ")?;
        x.wfile.write_all(b"")?;
        x.wfile.write_all(b"world, twice")
    });
    let head = "HTTP/1.1 200 OK\r\nServer: BaseHTTP {version}\r\nDate: {date}\r\n";
    let body = "6\r\nhello \r\nc\r\nworld, twice\r\n0\r\n\r\n";
    check(&handler, GET, &format!("{head}Transfer-Encoding: chunked\r\n\r\n{body}"));
    check(
        &handler,
        GET_AND_CLOSE,
        &format!("{head}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n{body}"),
    );
    check(&handler, GET_10, &format!("{head}Connection: close\r\n\r\nhello world, twice"));
}

#[test]
fn content_length_is_kept_to() {
    let handler = |length: &'static str| {
        http11(move |x| {
            x.send_response(200)?;
            x.send_header("Content-Length", length)?;
            x.end_headers()?;
            x.wfile.write_all(b"hel")?;
            x.wfile.write_all(b"lo")
        })
    };
    let twice = [GET, GET].concat();

    let exact = handler("5");
    assert_eq!(answer(&exact, &twice).matches("\r\n\r\nhello").count(), 2);

    let longer = handler("4");
    let response = answer(&longer, &twice);
    assert!(response.ends_with("\r\n\r\nhell"), "{response}");
    assert_eq!(response.matches("HTTP/1.1").count(), 1, "nothing follows a response that was cut");
    assert_eq!(longer.take_log()[1], "response cut: 1 bytes more than its Content-Length");

    let shorter = handler("6");
    let response = answer(&shorter, &twice);
    assert!(response.ends_with("\r\n\r\nhello"), "{response}");
    assert_eq!(shorter.take_log()[1], "response cut short: 1 bytes fewer than its Content-Length");
}

#[test]
fn a_handler_may_write_its_own_chunks() {
    let handler = http11(|x| {
        x.send_response(200)?;
        x.send_header("Transfer-Encoding", "chunked")?;
        x.end_headers()?;
        x.wfile.write_all(b"2\r\nok\r\n0\r\n\r\n")
    });
    let response = answer(&handler, [GET, GET].concat());
    assert_eq!(response.matches("\r\n\r\n2\r\nok\r\n0\r\n\r\n").count(), 2);
}

#[test]
fn a_coding_of_the_handler_that_is_not_chunked_last_ends_with_the_connection() {
    for codings in [&["gzip"][..], &["chunked", "gzip"], &["chunked, gzip"], &["notchunked"]] {
        let handler = http11(|x| {
            x.send_response_only(200, None)?;
            for coding in codings {
                x.send_header("Transfer-Encoding", coding)?;
            }
            x.end_headers()?;
            x.wfile.write_all(b"coded")
        });
        let response = answer(&handler, GET.repeat(2));
        // RFC 9112 §6.3: nothing else could tell a client where it ends.
        assert_eq!(response.matches("200 OK").count(), 1, "{response}");
        assert!(response.ends_with("\r\nConnection: close\r\n\r\ncoded"), "{response}");
    }
}

#[test]
fn head_204_304_and_205_have_no_body_whatever_the_handler_writes() {
    for (status, line) in [(204, "No Content"), (304, "Not Modified"), (200, "OK")] {
        let handler = http11(move |x| {
            x.send_response(status)?;
            x.end_headers()?;
            x.wfile.write_all(b"unexpected")
        });
        let method = if status == 200 { "HEAD" } else { "GET" };
        let request = format!("{method} / HTTP/1.1\r\nHost: h\r\n\r\n").repeat(2);
        let one = format!(
            "HTTP/1.1 {status} {line}\r\nServer: BaseHTTP {{version}}\r\nDate: {{date}}\r\n\r\n"
        );
        check(&handler, request, &one.repeat(2));
    }
    for announced in [None, Some(("Content-Length", "10")), Some(("Transfer-Encoding", "chunked"))]
    {
        let reset = http11(move |x| {
            x.send_response(205)?;
            if let Some((name, value)) = announced {
                x.send_header(name, value)?;
            }
            x.end_headers()?;
            x.wfile.write_all(b"unexpected")
        });
        let response = answer(&reset, [GET, GET].concat());
        assert_eq!(response.matches("Content-Length: 0\r\n\r\n").count(), 2, "{response}");
        assert_eq!(response.matches("Content-Length").count(), 2, "{response}");
        assert!(!response.contains("Transfer-Encoding"), "{response}");
    }
}

#[test]
fn head_keeps_the_length_of_get() {
    let handler = http11(|x| reply(x, "hello"));
    let response = answer(&handler, "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(field(&response, "Content-Length"), Some("5"));
    assert_eq!(split(&response).1, "");
}

#[test]
fn a_204_has_no_length_even_if_the_handler_sends_one() {
    let handler = http11(|x| {
        x.send_response(204)?;
        x.send_header("Content-Length", "0")?;
        x.send_header("X-After", "1")?;
        x.end_headers()
    });
    let response = answer(&handler, GET);
    assert_eq!(field(&response, "Content-Length"), None);
    assert_eq!(field(&response, "X-After"), Some("1"));
}

#[test]
fn a_length_that_left_too_early_closes_the_connection() {
    for field in [("Content-Length", "5"), ("Transfer-Encoding", "chunked")] {
        let handler = http11(|x| {
            x.send_response_only(204, None)?;
            x.send_header(field.0, field.1)?;
            x.flush_headers()?;
            x.end_headers()
        });
        let response = answer(&handler, [GET, GET].concat());
        assert_eq!(
            response,
            format!(
                "HTTP/1.1 204 No Content\r\n{}: {}\r\nConnection: close\r\n\r\n",
                field.0, field.1
            )
        );
    }
}

#[test]
fn chunks_of_the_handler_tell_a_client_of_1_0_nothing() {
    let handler = http11(|x| {
        x.send_response_only(200, None)?;
        x.send_header("Transfer-Encoding", "chunked")?;
        x.end_headers()?;
        x.wfile.write_all(b"0\r\n\r\n")
    });
    let request = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n".repeat(2);
    let response = answer(&handler, request);
    assert_eq!(field(&response, "Connection"), Some("close"));
    assert_eq!(response.matches("HTTP/1.1 200").count(), 1);
}

#[test]
fn interim_responses_go_ahead_of_the_final_one() {
    let handler = http11(|x| {
        x.send_response_only(103, None)?;
        x.send_header("Link", "</style.css>; rel=preload")?;
        x.end_headers()?;
        reply(x, "hello")
    });
    check(
        &handler,
        GET,
        "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n\
         HTTP/1.1 200 OK\r\nServer: BaseHTTP {version}\r\nDate: {date}\r\nContent-Length: 5\r\n\r\nhello",
    );
}

#[test]
fn a_client_of_1_0_gets_no_interim_response() {
    for status in [100, 103] {
        let handler = http11(|x| {
            x.send_response_only(status, None)?;
            x.end_headers()?;
            reply(x, "hello")
        });
        check(
            &handler,
            "GET / HTTP/1.0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nServer: BaseHTTP {version}\r\nDate: {date}\r\n\
             Content-Length: 5\r\nConnection: close\r\n\r\nhello",
        );
    }
}

#[test]
fn the_head_leaves_with_the_first_bytes_of_the_body() {
    let handler = http11(|x| {
        x.send_response(200)?;
        x.end_headers()?;
        x.wfile.write_all(b"one")?;
        x.wfile.write_all(b"two")
    });
    let mut client = Client::sending(GET_AND_CLOSE);
    serve(&mut client, &handler).unwrap();
    assert_eq!(client.writes.len(), 3);
    assert!(client.writes[0].ends_with(b"\r\n\r\n3\r\none\r\n"));
    assert_eq!(client.writes[1], b"3\r\ntwo\r\n");
    assert_eq!(client.writes[2], b"0\r\n\r\n");
}

#[test]
fn a_large_body_leaves_with_its_head_in_one_write_too() {
    let handler = http11(|x| reply(x, &"x".repeat(100_000)));
    let mut client = Client::sending(GET_AND_CLOSE);
    serve(&mut client, &handler).unwrap();
    assert_eq!(client.writes.len(), 1);
}

#[test]
fn flush_sends_the_head_alone() {
    let handler = http11(|x| {
        x.send_response(200)?;
        x.wfile.flush()?; // nothing yet: the head has not ended
        x.end_headers()?;
        x.wfile.flush()?;
        x.wfile.write_all(b"late")
    });
    let mut client = Client::sending(GET_AND_CLOSE);
    serve(&mut client, &handler).unwrap();
    assert!(client.writes[0].ends_with(b"\r\n\r\n"));
    assert_eq!(client.writes[1], b"4\r\nlate\r\n");
}

#[test]
fn flush_headers_sends_what_there_is() {
    let handler = http10(|x| {
        x.send_response_only(200, "Script output follows")?;
        x.flush_headers()?;
        x.send_header("X-Script", "1")?;
        x.end_headers()?;
        x.wfile.write_all(b"output")
    });
    let mut client = Client::sending(GET);
    serve(&mut client, &handler).unwrap();
    assert_eq!(client.writes[0], b"HTTP/1.0 200 Script output follows\r\n");
    assert_eq!(client.writes[1], b"X-Script: 1\r\n\r\noutput");
}

#[test]
fn wbufsize_gathers_writes() {
    let options = HandlerOptions::new().wbufsize(1000);
    let handler = with_options(options, |x| {
        x.send_response_only(200, None)?;
        x.end_headers()?;
        (0..300).try_for_each(|_| x.wfile.write_all(b"0123456789"))
    });
    let mut client = Client::sending(GET);
    serve(&mut client, &handler).unwrap();
    assert_eq!(client.response().len(), "HTTP/1.0 200 OK\r\n\r\n".len() + 3000);
    assert!(client.writes.len() <= 4, "{} writes", client.writes.len());
}

#[test]
fn a_response_of_exactly_wbufsize_bytes_leaves_in_one_write() {
    const RESPONSE: &str = "HTTP/1.0 200 OK\r\n\r\n0123456789";
    for (wbufsize, writes) in
        [(RESPONSE.len(), 1), (RESPONSE.len() - 1, 1), (RESPONSE.len() - 6, 2)]
    {
        let handler = with_options(HandlerOptions::new().wbufsize(wbufsize), |x| {
            x.send_response_only(200, None)?;
            x.end_headers()?;
            x.wfile.write_all(b"01234")?;
            x.wfile.write_all(b"5678")?;
            x.wfile.write_all(b"9")
        });
        let mut client = Client::sending(GET);
        serve(&mut client, &handler).unwrap();
        assert_eq!(client.response(), RESPONSE.as_bytes());
        assert_eq!(client.writes.len(), writes, "wbufsize {wbufsize}");
    }
}

#[test]
fn the_client_of_a_1_0_connection_is_told_that_it_is_kept() {
    let handler = http11(|x| reply(x, "hello"));
    let request = "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\nGET / HTTP/1.0\r\n\r\n";
    let head =
        "HTTP/1.1 200 OK\r\nServer: BaseHTTP {version}\r\nDate: {date}\r\nContent-Length: 5\r\n";
    check(
        &handler,
        request,
        &format!("{head}Connection: keep-alive\r\n\r\nhello{head}Connection: close\r\n\r\nhello"),
    );
}

#[test]
fn close_is_said_by_whoever_decides_it() {
    let handler = http11(|x| reply(x, "hello"));
    let response = answer(&handler, GET_AND_CLOSE);
    assert_eq!(field(&response, "Connection"), Some("close"));

    let closing = http11(|x| {
        x.close_connection = true;
        reply(x, "hello")
    });
    let response = answer(&closing, [GET, GET].concat());
    assert_eq!(response.matches("HTTP/1.1 200").count(), 1);
    assert_eq!(field(&response, "Connection"), Some("close"));
}

#[test]
fn a_connection_field_of_the_handler_is_a_list_and_sets_close_connection() {
    let handler = http11(|x| {
        x.send_response(200)?;
        x.send_header("connection", "x, Close")?;
        assert!(x.close_connection);
        x.send_header("Content-Length", "0")?;
        x.end_headers()
    });
    let response = answer(&handler, [GET, GET].concat());
    assert_eq!(response.matches("HTTP/1.1 200").count(), 1);
    assert_eq!(response.matches("onnection").count(), 1);
}

/// Misuse leaves nothing of the bad response on the wire: the client gets a 500 page, the server the error.
#[track_caller]
fn check_misuse(
    run: impl Fn(&mut http_server::Exchange<'_>) -> io::Result<()>,
    expected: fn(&Misuse) -> bool,
) {
    let handler = http11(run);
    let mut client = Client::sending([GET, GET].concat());
    let error = serve(&mut client, &handler).expect_err("a misuse is reported");
    let error = error.downcast_ref::<io::Error>().expect("an io::Error");
    let misuse = error.get_ref().and_then(|inner| inner.downcast_ref::<Misuse>());
    assert!(misuse.is_some_and(expected), "{misuse:?}");
    let response = mask(&client.response());
    assert!(response.starts_with("HTTP/1.1 500 Internal Server Error\r\nServer:"), "{response}");
    assert_eq!(response.matches("HTTP/1.1").count(), 1);
    assert!(client.shut);
}

#[test]
fn control_characters_are_never_written() {
    check_misuse(
        |x| {
            x.send_response(200)?;
            x.send_header("X-Name", "a\r\nSet-Cookie: b=c")
        },
        |misuse| matches!(misuse, Misuse::FieldValue { character: '\r', .. }),
    );
    check_misuse(
        |x| {
            x.send_response(200)?;
            x.send_header("X\nName", "a")
        },
        |misuse| matches!(misuse, Misuse::FieldName { .. }),
    );
    check_misuse(
        |x| x.send_response_with(200, "OK\r\nX: 1"),
        |misuse| matches!(misuse, Misuse::Reason { character: '\r', .. }),
    );
    check_misuse(
        |x| {
            x.send_response(200)?;
            x.send_header("X-Price", "5 €")
        },
        |misuse| matches!(misuse, Misuse::FieldValue { character: '€', .. }),
    );
}

#[test]
fn a_wrong_order_of_calls_is_named() {
    check_misuse(
        |x| {
            x.send_response(299)?;
            x.send_response_only(298, None)
        },
        |misuse| matches!(misuse, Misuse::SecondStatusLine { status: 298 }),
    );
    check_misuse(
        |x| x.send_header("X", "y"),
        |misuse| matches!(misuse, Misuse::HeaderBeforeStatus { .. }),
    );
    check_misuse(|x| x.end_headers(), |misuse| matches!(misuse, Misuse::NoStatusLine));
    check_misuse(
        |x| {
            x.send_response(200)?;
            x.wfile.write_all(b"too early")
        },
        |misuse| matches!(misuse, Misuse::BodyBeforeEndOfHeaders),
    );
    check_misuse(
        |x| {
            x.send_response(200)?;
            x.end_headers()?;
            x.send_header("X", "too late")
        },
        |misuse| matches!(misuse, Misuse::HeaderAfterEnd { .. }),
    );
    check_misuse(
        |x| {
            x.send_response(200)?;
            x.end_headers()?;
            x.end_headers()
        },
        |misuse| matches!(misuse, Misuse::SecondEndOfHeaders),
    );
    check_misuse(
        |x| x.send_response(200),
        |misuse| matches!(misuse, Misuse::HeadersNotEnded { status: 200 }),
    );
    check_misuse(|_| Ok(()), |misuse| matches!(misuse, Misuse::NoResponse));
    check_misuse(|x| x.send_response(99), |misuse| matches!(misuse, Misuse::Status { status: 99 }));
}

#[test]
fn ambiguous_lengths_are_never_written() {
    for value in ["-1", "+1", "1, 1", "0x1", "", "99999999999999999999"] {
        check_misuse(
            |x| {
                x.send_response(200)?;
                x.send_header("Content-Length", value)
            },
            |misuse| matches!(misuse, Misuse::ContentLength { .. }),
        );
    }
    check_misuse(
        |x| {
            x.send_response(200)?;
            x.send_header("Content-Length", "1")?;
            x.send_header("content-length", "1")
        },
        |misuse| matches!(misuse, Misuse::ContentLength { .. }),
    );
    check_misuse(
        |x| {
            x.send_response(200)?;
            x.send_header("Content-Length", "1")?;
            x.send_header("Transfer-Encoding", "chunked")?;
            x.end_headers()
        },
        |misuse| matches!(misuse, Misuse::LengthAndTransferEncoding),
    );
}

#[test]
fn a_handler_that_ignores_a_misuse_mixes_no_two_heads() {
    check_misuse(
        |x| {
            x.send_response(200)?;
            x.send_header("Content-Length", "1")?;
            x.send_header("Transfer-Encoding", "chunked")?;
            x.end_headers().expect_err("two framings");
            x.send_error(503, None)
        },
        |misuse| matches!(misuse, Misuse::SecondStatusLine { status: 503 }),
    );
}
