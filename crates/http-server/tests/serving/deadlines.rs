//! How long the server waits, measured with a clock that only waiting moves.

use crate::support::*;
use http_server::{Deadlines, Exchange, HandlerOptions, MinRate};
use std::io::{self, ErrorKind, Read, Write};
use std::time::Duration;

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn send(text: &str) -> Act {
    Act::Send(text.as_bytes().to_vec())
}

fn hello(x: &mut Exchange<'_>) -> io::Result<()> {
    reply(x, "hello")
}

const GET: &str = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

/// Serves, and asserts how many seconds that took.
#[track_caller]
fn check_seconds(
    mut client: Client,
    run: fn(&mut Exchange<'_>) -> io::Result<()>,
    seconds: u64,
) -> String {
    serve(&mut client, &http11(run)).unwrap();
    let took = client.elapsed();
    assert!(took >= secs(seconds) && took < secs(seconds) + Duration::from_millis(100), "{took:?}");
    mask(&client.response())
}

#[test]
fn a_deadline_that_is_nearly_over_is_no_error() {
    let almost = secs(10) - Duration::from_nanos(1);
    let client = Client::new([
        send("GET / HTTP/1.1\r\n"),
        Act::Wait(almost),
        send("X: y\r\n"),
        Act::Wait(secs(1000)),
    ]);
    let response = check_seconds(client, hello, 10 + 2);
    assert_eq!(status_line(&response), "HTTP/1.1 408 Request Timeout");
}

#[test]
fn a_client_that_says_nothing_has_fifteen_seconds_and_gets_nothing() {
    assert_eq!(check_seconds(Client::new([Act::Wait(secs(1000))]), hello, 15), "");
    // Empty lines are nothing too, though they begin a head.
    let client = Client::new([Act::Wait(secs(2)), send("\r\n"), Act::Wait(secs(1000))]);
    assert_eq!(check_seconds(client, hello, 2 + 10), "");
}

#[test]
fn a_late_head_is_answered_with_408() {
    // The client drips; what arrives buys no time. Then two seconds pass for the lingering close.
    let drip = (0..60).flat_map(|_| [send("x"), Act::Wait(secs(1))]);
    let client = Client::new([send("GET / HTTP/1.1\r\nHost: ")].into_iter().chain(drip));
    let response = check_seconds(client, hello, 10 + 2);
    assert_eq!(status_line(&response), "HTTP/1.1 408 Request Timeout");
    assert_eq!(field(&response, "Connection"), Some("close"));
}

#[test]
fn an_idle_connection_closes_silently_after_fifteen_seconds() {
    let client = Client::new([send(GET), Act::Wait(secs(14)), send(GET), Act::Wait(secs(1000))]);
    let response = check_seconds(client, hello, 14 + 15);
    assert_eq!(response.matches("HTTP/1.1 ").count(), 2);
    assert!(response.ends_with("hello"));
}

const POST: &str = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n";

fn read_body(x: &mut Exchange<'_>) -> io::Result<()> {
    let n = io::copy(&mut x.rfile, &mut io::sink())?;
    reply(x, &n.to_string())
}

#[test]
fn a_body_that_stops_coming_is_answered_with_408() {
    let client = Client::new([send(POST), Act::Wait(secs(1000))]);
    let response = check_seconds(client, read_body, 10 + 2);
    assert_eq!(status_line(&response), "HTTP/1.1 408 Request Timeout");
}

#[test]
fn a_body_that_comes_slowly_but_steadily_is_read() {
    let kilobytes = (0..1000).flat_map(|_| [Act::Send(vec![b'x'; 1000]), Act::Wait(secs(1))]);
    let mut client = Client::new([send(POST)].into_iter().chain(kilobytes));
    let options = HandlerOptions::new().protocol_version("HTTP/1.1");
    // 1000 bytes a second is a little less than the default of 1024.
    let mut deadlines = Deadlines::new();
    deadlines.body = Some(MinRate { grace: secs(2), bytes_per_second: 1000 });
    let handler = with_options(options.deadlines(deadlines), read_body);
    serve(&mut client, &handler).unwrap();
    assert!(mask(&client.response()).ends_with("\r\n\r\n1000000"));
}

#[test]
fn a_body_below_the_rate_is_given_up() {
    let drip = (0..1000).flat_map(|_| [send("x"), Act::Wait(secs(1))]);
    let client = Client::new([send(POST)].into_iter().chain(drip));
    let response = check_seconds(client, read_body, 10 + 2);
    assert_eq!(status_line(&response), "HTTP/1.1 408 Request Timeout");
}

#[test]
fn a_late_body_after_the_response_has_begun_just_closes() {
    let handler = http11(|x| {
        x.send_response(200)?;
        x.end_headers()?;
        x.wfile.write_all(b"so far")?;
        let error = x.rfile.read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        Err(error)
    });
    let mut client = Client::new([send(POST), Act::Wait(secs(1000))]);
    serve(&mut client, &handler).unwrap();
    let response = mask(&client.response());
    assert!(response.ends_with("6\r\nso far\r\n"), "no last chunk: {response}");
    assert_eq!(
        handler.take_log(),
        ["\"POST / HTTP/1.1\" 200 -", "Request timed out: the client sends too slowly"]
    );
}

#[test]
fn a_client_that_does_not_take_its_response_is_left() {
    let handler = http11(|x| {
        x.send_response(200)?;
        x.end_headers()?;
        let error = x.wfile.write_all(&[b'x'; 1_000_000]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        let again = x.wfile.write_all(b"more").unwrap_err();
        assert_eq!(again.kind(), ErrorKind::BrokenPipe, "nobody knows how much has left");
        Err(error)
    });
    let mut client = Client::sending(GET);
    client.takes = 2000;
    serve(&mut client, &handler).unwrap();
    // The grace, and two seconds earned by 2000 bytes.
    assert!(client.elapsed() >= secs(11) && client.elapsed() < secs(13), "{:?}", client.elapsed());
    assert!(client.reset);
    assert!(!client.shut, "no polite end for a client that does not listen");
    assert_eq!(handler.take_log().len(), 2);
}

#[test]
fn a_slow_reader_above_the_rate_gets_all() {
    let handler = http11(|x| {
        x.send_response_only(200, None)?;
        x.send_header("Content-Length", "1000000")?;
        x.end_headers()?;
        (0..50).try_for_each(|_| x.wfile.write_all(&[b'x'; 20_000]))
    });
    let mut client = Client::sending(GET);
    client.write_takes = secs(9);
    serve(&mut client, &handler).unwrap();
    assert!(client.response().len() > 1_000_000);
    assert!(client.elapsed() >= secs(9 * 50));
}

#[test]
fn a_handler_that_thinks_does_not_use_up_the_clients_time() {
    // The clock of this client stands still while the handler runs, as a slow handler's does not;
    // what counts is that two waits of nine seconds are eighteen, and that bytes earn time.
    let client = Client::new([
        send(POST),
        Act::Wait(secs(9)),
        Act::Send(vec![b'x'; 500_000]),
        Act::Wait(secs(9)),
        Act::Send(vec![b'x'; 500_000]),
        Act::Wait(secs(1)),
    ]);
    let response = check_seconds(client, read_body, 18 + 1);
    assert!(response.ends_with("1000000"));
}

#[test]
fn dropping_an_unread_body_takes_two_seconds_at_most_and_so_does_lingering() {
    let client = Client::new([
        send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n"),
        Act::Wait(secs(1000)),
    ]);
    let response = check_seconds(client, hello, 2 + 2);
    assert!(response.ends_with("hello"));
}

#[test]
fn without_deadlines_nothing_is_too_slow() {
    let options = HandlerOptions::new().protocol_version("HTTP/1.1").deadlines(Deadlines::none());
    let handler = with_options(options, hello);
    let mut client = Client::new([
        Act::Wait(secs(10_000)),
        send("GET / HTTP/1.1\r\n"),
        Act::Wait(secs(10_000)),
        send("Host: h\r\n\r\n"),
        Act::Wait(secs(10_000)),
        send(GET),
    ]);
    serve(&mut client, &handler).unwrap();
    assert_eq!(mask(&client.response()).matches("HTTP/1.1 200").count(), 2);
}

fn all_deadlines(limit: Duration) -> Deadlines {
    let rate = Some(MinRate { grace: limit, bytes_per_second: 1 });
    let mut deadlines = Deadlines::none();
    deadlines.first_byte = Some(limit);
    deadlines.first_byte_in_turn = Some(limit);
    deadlines.head = Some(limit);
    deadlines.idle = Some(limit);
    deadlines.body = rate;
    deadlines.response = rate;
    deadlines.drain = Some(limit);
    deadlines.linger = Some(limit);
    deadlines
}

#[test]
fn the_longest_duration_is_as_good_as_none() {
    let options = HandlerOptions::new().protocol_version("HTTP/1.1");
    let options = options.deadlines(all_deadlines(Duration::MAX));
    let mut client = Client::new([
        Act::Wait(secs(10_000)),
        send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nab"),
        Act::Wait(secs(10_000)),
        send("cd"),
        Act::Wait(secs(10_000)),
        send("ef"),
        Act::Wait(secs(10_000)),
        send(GET),
    ]);
    let handler = with_options(options, |x| {
        let n = io::copy(&mut x.rfile, &mut io::sink())?;
        x.send_response(200)?;
        x.end_headers()?;
        (0..3).try_for_each(|_| write!(x.wfile, "{n}"))
    });
    serve(&mut client, &handler).unwrap();
    let response = mask(&client.response());
    assert!(response.contains("1\r\n6\r\n1\r\n6\r\n1\r\n6\r\n0\r\n\r\n"), "{response}");
    assert_eq!(response.matches("HTTP/1.1 200").count(), 2, "{response}");
}

#[test]
fn no_time_at_all_is_over_at_once() {
    let options = HandlerOptions::new().protocol_version("HTTP/1.1");
    let handler = with_options(options.deadlines(all_deadlines(Duration::ZERO)), hello);
    let mut client = Client::new([send(GET), Act::Wait(secs(1000))]);
    serve(&mut client, &handler).unwrap();
    assert_eq!((client.response(), client.elapsed()), (Vec::new(), Duration::ZERO));
}
