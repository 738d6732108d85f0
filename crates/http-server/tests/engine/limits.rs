//! What a client may ask for, and what there is room for.

use crate::support::*;
use http_server::BodyOptions;
use http_server::proto::Limits;
use http_server::socketserver::engine::{Act, End};
use std::io::Read;

#[test]
fn what_is_too_large_is_refused_when_that_is_clear() {
    let line = format!("GET /{} HTTP/1.1\r\n", "a".repeat(70_000));
    let field = format!("GET / HTTP/1.1\r\nHost: h\r\nX: {}", "a".repeat(70_000));
    let fields = format!("GET / HTTP/1.1\r\nHost: h\r\n{}", "X: y\r\n".repeat(101));
    let length = post(2_000_000_000);
    for (request, status) in [
        (line, "HTTP/1.1 414 URI Too Long"),
        (field, "HTTP/1.1 431 Headers too large"),
        (fields, "HTTP/1.1 431 Too many headers"),
        (length, "HTTP/1.1 413 Content Too Large"),
    ] {
        let mut client = http11(hello).rehearse();
        // No end is needed, and the client may be in the midst of it.
        client.send(request.as_bytes());
        let response = received(&mut client);
        assert_eq!(statuses(&response), [status]);
        assert!(response.contains("\r\nConnection: close\r\n"), "{response}");
        assert_eq!(client.end(), Some(End::Lingering));
    }
}

#[test]
fn a_chunked_body_that_grows_too_large_is_refused() {
    let mut setting = http11(read_body);
    setting.options.limits = Limits::default().body(10);
    let mut client = setting.rehearse();
    client
        .send(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nabcdefgh\r\n");
    assert_eq!(received(&mut client), "");
    client.send(b"3\r\n");
    assert_eq!(statuses(&received(&mut client)), ["HTTP/1.1 413 Content Too Large"]);
    assert_eq!(client.end(), Some(End::Lingering));
}

#[test]
fn a_head_larger_than_the_engines_buffer_is_refused() {
    let mut setting = http11(hello).engine(|engine| engine.input_buffer = 1000);
    setting.options.limits = Limits::default().head(1 << 20);
    let mut client = setting.rehearse();
    client.send(format!("GET / HTTP/1.1\r\nX: {}", "a".repeat(2000)).as_bytes());
    let response = received(&mut client);
    assert!(response.starts_with("HTTP/1.1 431 "), "{response}");
    // A body is not: it is taken as it comes.
    let mut setting = http11(read_body).engine(|engine| engine.input_buffer = 1000);
    setting.options.bodies.in_memory = 10_000;
    assert!(setting.answer(post(50_000) + &"x".repeat(50_000)).ends_with("\r\n\r\n50000"));
}

const BUSY: &str = "HTTP/1.1 503 Service Unavailable\r\n\
    Server: {version}\r\n\
    Date: {date}\r\n\
    Connection: close\r\n\
    Content-Type: text/html;charset=utf-8\r\n";

#[test]
fn without_a_thread_a_request_is_refused_with_503_and_retry_after() {
    let setting = http11(hello);
    let unfinished = post(3) + "a";
    for (request, rest) in [(GET, ""), (&(post(3) + "abc"), ""), (&unfinished, "bc")] {
        let mut client = setting.rehearse();
        client.set_overloaded(true);
        client.send(request.as_bytes());
        client.send(rest.as_bytes());
        let response = received(&mut client);
        assert!(response.starts_with(BUSY), "{response}");
        assert!(response.contains("\r\nRetry-After: 1\r\n"), "{response}");
        assert!(response.contains("The server is busy with other requests"), "{response}");
        assert!(matches!(client.end(), Some(End::Closed | End::Lingering)));
    }
    // What is wrong anyway is told so.
    let mut client = setting.rehearse();
    client.set_overloaded(true);
    client.send(b"nonsense\r\n\r\n");
    assert!(received(&mut client).starts_with("HTTP/1.1 400 "));
}

#[test]
fn a_response_that_has_begun_is_not_refused() {
    let setting = http11(|x| {
        begin(x)?;
        send_paced(x, 4)
    });
    let mut client = setting.rehearse();
    client.set_window(PIECE);
    client.send(GET.as_bytes());
    client.set_overloaded(true);
    let response = received(&mut client);
    assert!(response.ends_with("x\r\n0\r\n\r\n"));
    assert_eq!(response.matches('x').count(), 4 * PIECE);
    client.send(GET.as_bytes());
    assert!(received(&mut client).starts_with(BUSY));
}

#[test]
fn handlers_that_would_have_to_wait_for_their_clients_without_a_place_answer_503() {
    let setting = http11(read_body).engine(|engine| engine.waiting_threads = Some(0));
    let mut client = setting.rehearse();
    client.send(post(5).replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n").as_bytes());
    let response = received(&mut client);
    let rest = response.strip_prefix("HTTP/1.1 100 Continue\r\n\r\n").unwrap_or(&response);
    assert!(rest.starts_with(BUSY), "{response}");
    assert!(rest.contains("\r\nRetry-After: 1\r\n"), "{response}");
    let log = setting.take_log();
    assert!(log[0].starts_with("Too many clients are being waited for"), "{log:?}");
    assert!(client.take_failures().is_empty(), "the handler has not failed");
}

/// Answers with what it has read.
fn echo() -> Setting {
    http11(|x| {
        let mut body = String::new();
        x.rfile.read_to_string(&mut body)?;
        reply(x, &body)
    })
}

/// A body that shows if any of it is missing, twice there, or in another place.
fn numbers(length: usize) -> String {
    let mut text: String = (0..length / 8 + 1).map(|number| format!("{number:08}")).collect();
    text.truncate(length);
    text
}

#[test]
fn bodies_go_through_a_file_and_back_unchanged() {
    for length in [1, 4095, 4096, 4097, 65_535, 65_536, 65_537, 300_000] {
        let body = numbers(length);
        let mut chunked: String =
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n".into();
        for chunk in body.as_bytes().chunks(10_007) {
            chunked += &format!("{:x}\r\n{}\r\n", chunk.len(), std::str::from_utf8(chunk).unwrap());
        }
        chunked += "0\r\n\r\n";
        for request in [post(length) + &body, chunked] {
            for piece in [usize::MAX, 1000] {
                let mut client = echo().rehearse();
                // The next one is behind it.
                let all = request.clone() + GET;
                all.as_bytes().chunks(piece).for_each(|piece| client.send(piece));
                let response = received(&mut client);
                assert_eq!(statuses(&response), ["HTTP/1.1 200 OK"; 2], "{length}");
                assert!(response.contains(&format!("\r\n\r\n{body}HTTP/1.1")), "{length}");
            }
        }
    }
}

#[test]
fn bodies_of_all_connections_share_their_room() {
    let mut setting = echo();
    setting.options.bodies = BodyOptions::new().total_in_memory(70_000).total_on_disk(200_000);
    let class = setting.class();
    let connect = || {
        let now = std::time::Instant::now();
        let (client, server) = (http_server::ClientAddress::Unnamed, Default::default());
        http_server::socketserver::engine::Rehearsal::new(
            class.http_protocol(client, http_server::ServerInfo::clone(&server), now),
            now,
        )
    };
    let body = numbers(150_000);
    // The first has the memory, the second goes into a file at once. Both fit.
    let mut first = connect();
    first.send(post(60_000).as_bytes());
    first.send(&body.as_bytes()[..50_000]);
    let mut second = connect();
    second.send(post(150_000).as_bytes());
    second.send(&body.as_bytes()[..140_000]);
    assert_eq!(received(&mut first) + &received(&mut second), "");
    // For a third one there is no room.
    let mut third = connect();
    third.send(post(150_000).as_bytes());
    third.send(body.as_bytes());
    let response = received(&mut third);
    assert!(response.starts_with(BUSY), "{response}");
    assert!(response.contains("\r\nRetry-After: 1\r\n"), "{response}");
    assert!(response.contains("The server has no room for this request body now"), "{response}");
    let log = setting.take_log();
    assert!(log[0].starts_with("No room for a request body: "), "{log:?}");
    assert_eq!(third.end(), Some(End::Lingering));
    // They are not disturbed, and when they are gone, however they went, there is room again.
    second.send(&body.as_bytes()[140_000..]);
    assert!(received(&mut second).ends_with(&body));
    first.act(Act::Reset);
    assert_eq!(first.end(), Some(End::Closed));
    drop(first);
    for _ in 0..3 {
        let mut next = connect();
        next.send((post(150_000) + &body).as_bytes());
        assert!(received(&mut next).ends_with(&body));
    }
}
