//! How long a connection lasts, and how it ends.

use crate::support::*;
use http_server::{ClientAddress, Duplex, Exchange, Pair, ServerInfo};
use std::io::{self, Cursor, Read};
use std::time::{Duration, Instant};

fn path(x: &mut Exchange<'_>) -> io::Result<()> {
    let path = format!("{} close={}", x.path(), x.close_connection);
    reply(x, &path)
}

fn get(target: &str, fields: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: h\r\n{fields}\r\n")
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let request = [get("/1", ""), get("/2", ""), get("/3", "Connection: close\r\n"), get("/4", "")];
    let handler = http11(path);
    let response = answer(&handler, request.concat());
    let bodies: Vec<&str> =
        response.split("HTTP/1.1 200").skip(1).map(|response| split(response).1).collect();
    assert_eq!(bodies, ["/1 close=false", "/2 close=false", "/3 close=true"]);
    check(&handler, request.concat(), &response);
}

#[test]
fn where_the_bytes_are_cut_makes_no_difference() {
    let handler = http11(|x| {
        let mut body = String::new();
        x.rfile.read_to_string(&mut body)?;
        let page = format!("{} {body}", x.path());
        reply(x, &page)
    });
    let requests = [
        get("/1", ""),
        get("/2", "Content-Length: 5\r\n") + "hello",
        get("/3", "Transfer-Encoding: chunked\r\n") + "3\r\nhel\r\n2;x\r\nlo\r\n0\r\nT: x\r\n\r\n",
        get("/4", "X: y\n"),
    ]
    .concat();
    let whole = answer(&handler, &requests);
    assert_eq!(whole.matches("\r\nServer: ").count(), 4);
    for cut in 1..requests.len() {
        let (one, two) = requests.split_at(cut);
        let mut client = Client::new([Act::Send(one.into()), Act::Send(two.into())]);
        serve(&mut client, &handler).unwrap();
        assert_eq!(mask(&client.response()), whole, "cut at {cut}");
    }
}

#[test]
fn the_default_protocol_closes_after_each_response() {
    let response = answer(&http10(path), [get("/1", ""), get("/2", "")].concat());
    assert_eq!(response.matches("HTTP/1.0 200").count(), 1);
    assert!(response.ends_with("/1 close=true"));
}

#[test]
fn connection_is_a_list_over_all_lines() {
    let kept = |fields| {
        answer(&http11(path), [get("/1", fields), get("/2", "")].concat())
            .matches("HTTP/1.1 200")
            .count()
            == 2
    };
    assert!(kept(""));
    assert!(kept("Connection: keep-alive, x\r\n"));
    assert!(kept("Connection: closed\r\n"));
    assert!(!kept("Connection: Close\r\n"));
    assert!(!kept("Connection: x,close\r\n"));
    assert!(!kept("Connection: keep-alive\r\nConnection: x, close\r\n"));
}

#[test]
fn a_client_that_asks_for_the_end_is_not_overruled() {
    let by_field = http11(|x| {
        x.send_response_only(200, None)?;
        x.send_header("Connection", "keep-alive")?;
        x.send_header("Content-Length", "0")?;
        x.end_headers()
    });
    let by_attribute = http11(|x| {
        x.close_connection = false;
        reply(x, "1")?;
        x.close_connection = false;
        Ok(())
    });
    let requests = get("/1", "Connection: close\r\n") + &get("/2", "");
    for response in [answer(&by_field, &requests), answer(&by_attribute, &requests)] {
        // RFC 9112 §9.6: no further request of that connection is processed.
        assert_eq!(response.matches("200 OK").count(), 1, "{response}");
    }
    let requests = "GET / HTTP/1.0\r\n\r\n".repeat(2);
    assert_eq!(answer(&by_field, &requests).matches("200 OK").count(), 2, "nobody asked for it");
}

#[test]
fn a_response_that_says_close_is_the_last() {
    let taken_back = http11(|x| {
        x.send_response_only(200, None)?;
        x.send_header("Connection", "close")?;
        x.send_header("Connection", "keep-alive")?;
        x.send_header("Content-Length", "0")?;
        x.end_headers()
    });
    let reset = http11(|x| {
        x.close_connection = true;
        reply(x, "")?;
        x.close_connection = false;
        Ok(())
    });
    let error_page = http11(|x| {
        x.send_error(404, None)?;
        x.close_connection = false;
        Ok(())
    });
    let requests = get("/1", "") + &get("/2", "");
    for response in
        [answer(&taken_back, &requests), answer(&reset, &requests), answer(&error_page, &requests)]
    {
        // RFC 9112 §9.6: who has said it closes, because the client looks at nothing that follows.
        assert!(response.contains("\r\nConnection: close\r\n"), "{response}");
        assert_eq!(response.matches("HTTP/1.1").count(), 1, "{response}");
    }
}

#[test]
fn empty_lines_between_requests_are_skipped() {
    let request = ["\r\n", &get("/1", ""), "\r\n\r\n", &get("/2", "")].concat();
    assert_eq!(answer(&http11(path), request).matches("HTTP/1.1 200").count(), 2);
}

#[test]
fn a_connection_that_says_nothing_gets_nothing() {
    let handler = http11(path);
    for request in ["", "\r\n", "\r\n\r\n"] {
        check(&handler, request, "");
    }
    check(&handler, get("/", ""), &answer(&handler, get("/", "")));
    let mut reset = Client::new([Act::Send(b"GET / HT".to_vec()), Act::Reset]);
    serve(&mut reset, &handler).unwrap();
    assert!(reset.writes.is_empty());
    assert!(handler.take_log().iter().all(|line| line.starts_with("\"GET / HTTP/1.1\" 200")));
}

#[test]
fn a_client_that_half_closes_gets_its_response() {
    let request = get("/1", "");
    let response = answer(&http11(path), &request);
    assert!(response.ends_with("/1 close=false"));
}

#[test]
fn nothing_after_a_refused_request_is_looked_at() {
    let handler = http11(path);
    let request = ["GET / HTTP/1.1\r\n\r\n", &get("/2", "")].concat();
    let mut client = Client::sending(&request);
    serve(&mut client, &handler).unwrap();
    let response = mask(&client.response());
    assert_eq!(status_line(&response), "HTTP/1.1 400 Missing Host");
    assert_eq!(response.matches("\r\nServer: ").count(), 1);
    let page = String::from_utf8(client.response()).unwrap();
    assert!(page.contains("RFC 9112 §3.2"), "the page names the rule: {page}");
    assert!(client.shut);
    assert_eq!(handler.take_log(), ["code 400, message Missing Host", "\"GET / HTTP/1.1\" 400 -"]);
}

#[test]
fn a_head_that_ends_early_is_refused() {
    for request in ["GET / HTTP/1.1\r\nHost: h\r\n", "GET / HT", "\r\nG"] {
        let response = answer(&http11(path), request);
        assert_eq!(status_line(&response), "HTTP/1.1 400 Request cut short", "{request:?}");
    }
}

#[test]
fn the_error_page_of_a_refused_head_request_has_no_body() {
    let response = answer(&http11(path), "HEAD / HTTP/1.1\r\n\r\n");
    assert_eq!(status_line(&response), "HTTP/1.1 400 Missing Host");
    assert_eq!(split(&response).1, "");
    assert!(field(&response, "Content-Length").is_some_and(|length| length != "0"));
}

#[test]
fn signals_are_not_noticed() {
    let request = get("/1", "Connection: close\r\n");
    let (one, two) = request.split_at(20);
    let mut client = Client::new([
        Act::Signal,
        Act::Send(one.into()),
        Act::Signal,
        Act::Send(two.into()),
        Act::Signal, // at the response
        Act::Signal,
    ]);
    let handler = http11(path);
    serve(&mut client, &handler).unwrap();
    assert!(mask(&client.response()).ends_with("/1 close=true"));
    assert_eq!(handler.take_log().len(), 1);
}

#[test]
fn a_writer_that_takes_nothing_is_a_client_that_is_gone() {
    let request = get("/1", "") + &get("/2", "");
    let mut full = [];
    let mut pair = Pair { reader: request.as_bytes(), writer: &mut full[..] };
    let handler = http11(path);
    let (address, server) = (ClientAddress::Unnamed, ServerInfo::default());
    let began = Instant::now();
    http_server::handle(&mut pair, &address, &server, &handler).unwrap();
    assert!(began.elapsed() < Duration::from_secs(5), "no deadline is waited for");
    let log = handler.take_log();
    assert_eq!(log.len(), 2, "{log:?}");
    assert!(log[1].starts_with("Client went away: "), "{log:?}");
}

#[test]
fn unread_input_is_dropped_before_the_connection_closes() {
    // What follows a last request, and what a refused one drags behind it.
    for request in [get("/1", "Connection: close\r\n"), "nonsense\r\n".to_owned()] {
        let mut client = Client::new([
            Act::Send(request.into_bytes()),
            Act::Send(vec![b'x'; 1_000_000]),
            Act::Send(vec![b'x'; 1_000_000]),
        ]);
        serve(&mut client, &http11(path)).unwrap();
        assert!(client.shut, "the client sees the end first");
        assert_eq!(client.unread(), 0);
    }
    // But not for ever.
    let megabyte = || Act::Send(vec![b'x'; 1 << 20]);
    let mut client = Client::new(
        [Act::Send(b"nonsense\r\n".to_vec())].into_iter().chain((0..20).map(|_| megabyte())),
    );
    serve(&mut client, &http11(path)).unwrap();
    assert!((3 << 20..5 << 20).contains(&client.unread()), "{}", client.unread());
}

#[test]
fn anything_that_reads_and_writes_is_a_connection() {
    let request = get("/1", "Connection: close\r\n");
    let mut pair = Pair { reader: request.as_bytes(), writer: Vec::new() };
    let handler = http11(path);
    let (address, server) = (ClientAddress::Unnamed, ServerInfo::default());
    http_server::handle(&mut pair, &address, &server, &handler).unwrap();
    assert!(mask(&pair.writer).ends_with("/1 close=true"));

    // Reads the request from its start and writes behind it.
    let mut duplex = Duplex(Cursor::new(request.clone().into_bytes()));
    http_server::handle(&mut duplex, &address, &server, &handler).unwrap();
    let bytes = duplex.0.into_inner();
    assert!(mask(&bytes[request.len()..]).ends_with("/1 close=true"));
}
