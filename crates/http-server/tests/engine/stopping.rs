//! A graceful stop, whatever a connection is doing.

use crate::support::*;
use http_server::socketserver::engine::{Act, End};
use std::io::Write;

#[test]
fn who_is_idle_or_silent_is_closed_at_once() {
    let setting = http11(hello);
    let mut silent = setting.rehearse();
    silent.stop();
    assert_eq!(silent.end(), Some(End::Closed));
    let mut idle = setting.rehearse();
    idle.send(GET.as_bytes());
    idle.stop();
    assert_eq!(idle.end(), Some(End::Closed));
    assert_eq!(received(&mut idle), HELLO);
}

#[test]
fn who_has_begun_is_answered_and_told_that_it_is_the_last_time() {
    for setting in [http11(read_body), http11(read_body).streaming()] {
        for before in ["GET / HTTP", &post(5), &(post(5) + "he")] {
            if setting.options.bodies.streaming && before.starts_with("POST") {
                continue;
            }
            let whole = if before.starts_with("GET") { GET.to_owned() } else { post(5) + "hello" };
            let mut client = setting.rehearse();
            client.send(before.as_bytes());
            client.stop();
            assert_eq!(client.end(), None);
            client.advance(secs(5));
            client.send(whole.strip_prefix(before).unwrap().as_bytes());
            let response = received(&mut client);
            assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
            assert!(response.contains("\r\nConnection: close\r\n"), "{response}");
            assert_eq!(client.end(), Some(End::Closed));
        }
    }
}

#[test]
fn who_does_not_go_on_has_the_usual_deadline() {
    let mut half = http11(hello).rehearse();
    half.send(b"GET / HTTP");
    half.advance(secs(4));
    half.stop();
    expect_end(&mut half, secs(6), End::Lingering);
    assert!(received(&mut half).starts_with(TOO_SLOW));
    expect_end(&mut half, secs(2), End::Closed);
}

#[test]
fn a_response_in_pieces_goes_on_to_its_end() {
    let mut client = http11(|x| {
        begin(x)?;
        send_paced(x, 5)
    })
    .rehearse();
    client.set_window(PIECE);
    client.send(GET.as_bytes());
    client.stop();
    client.advance(secs(1));
    assert_eq!(client.end(), None);
    let response = received(&mut client);
    assert_eq!(response.matches('x').count(), 5 * PIECE);
    assert!(response.ends_with("x\r\n0\r\n\r\n"));
    assert_eq!(client.end(), Some(End::Closed));
}

#[test]
fn all_requests_that_have_come_are_answered_up_to_one_that_says_close() {
    let mut client = http11(|x| {
        x.send_response(200)?;
        x.send_header("Content-Length", &PIECE.to_string())?;
        x.end_headers()?;
        x.wfile.write_all(&[b'x'; PIECE])
    })
    .rehearse();
    client.set_window(1000);
    client.send(GET.repeat(5).as_bytes());
    client.stop();
    let response = received(&mut client);
    let count = statuses(&response).len();
    assert_eq!(response.matches("Connection: close").count(), 1);
    assert!(response.rfind("HTTP/1.1 200").unwrap() < response.find("Connection: close").unwrap());
    assert!((1..=5).contains(&count));
    assert!(response.ends_with(&"x".repeat(PIECE)));
    assert!(matches!(client.end(), Some(End::Closed | End::Lingering)));
}

#[test]
fn an_unread_body_is_still_dropped() {
    let mut client = http11(hello).streaming().rehearse();
    client.send(post(10).as_bytes());
    assert_eq!(received(&mut client), HELLO);
    client.stop();
    client.act(Act::Send(b"0123456789".to_vec()));
    assert_eq!(client.end(), Some(End::Closed));
}
