//! What is logged (`RequestHandlerLoggingTestCase`).

use crate::support::*;
use http_server::proto::Misuse;

#[test]
fn a_request_is_one_line() {
    let handler = http11(|x| {
        x.send_response(200)?;
        x.end_headers()
    });
    answer(&handler, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(handler.take_log(), ["\"GET / HTTP/1.1\" 200 -"]);
}

#[test]
fn an_error_page_is_two_lines() {
    let handler = http11(|x| x.send_error(404, "File not found"));
    answer(&handler, "ERROR / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(
        handler.take_log(),
        ["code 404, message File not found", "\"ERROR / HTTP/1.1\" 404 -"]
    );
}

#[test]
fn a_request_line_that_is_too_long_is_logged_empty() {
    let handler = http11(not_overridden);
    answer(&handler, "GET /".to_owned() + &"a".repeat(65_532));
    assert_eq!(handler.take_log(), ["code 414, message URI Too Long", "\"\" 414 -"]);
}

#[test]
fn request_lines_are_logged_as_they_came() {
    // CPython 3.15 logs `GET /a HTTP/1.0`.
    let handler = http11(not_overridden);
    answer(&handler, "GET  /a   HTTP/1.0\r\n\r\n");
    assert_eq!(handler.take_log()[1], "\"GET  /a   HTTP/1.0\" 400 -");
}

#[test]
fn sizes_and_codes_that_are_not_known_are_dashes() {
    let handler = http11(|x| {
        x.log_request(None, None);
        x.log_request(Some(200), Some(13));
        Err(Misuse::NoResponse.into())
    });
    answer(&handler, "GET / HTTP/1.0\r\n\r\n");
    assert_eq!(handler.take_log()[..2], ["\"GET / HTTP/1.0\" - -", "\"GET / HTTP/1.0\" 200 13"]);
}
