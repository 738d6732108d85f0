//! How long each wait lasts, and how it ends, by a clock that the test advances.

use crate::support::*;
use http_server::socketserver::engine::{Act, End, Rehearsal};
use http_server::{Deadlines, HttpProtocol, MinRate};
use std::io::Write;
use std::time::Duration;

/// One byte every second.
fn drip(rehearsal: &mut Rehearsal<HttpProtocol>, seconds: u32) {
    (1..=seconds).for_each(|second| rehearsal.plan(secs(1) * second, Act::Send(b"x".to_vec())));
}

/// After a 408 the connection lingers for two seconds, whatever still comes.
#[track_caller]
fn expect_408(rehearsal: &mut Rehearsal<HttpProtocol>, after: Duration) {
    expect_end(rehearsal, after, End::Lingering);
    let response = received(rehearsal);
    assert!(response.starts_with(TOO_SLOW), "{response}");
    assert_eq!(response.len(), TOO_SLOW.len() + 466);
    drip(rehearsal, 5);
    expect_end(rehearsal, secs(2), End::Closed);
    assert_eq!(received(rehearsal), "");
}

#[test]
fn first_byte_fifteen_seconds_then_a_silent_close() {
    let setting = http11(hello);
    let mut silent = setting.rehearse();
    expect_end(&mut silent, secs(15), End::Closed);
    assert_eq!(received(&mut silent), "");
    assert!(setting.take_log().is_empty());
}

#[test]
fn empty_lines_have_the_time_of_a_head_and_no_answer() {
    let mut blank = http11(hello).rehearse();
    blank.advance(secs(2));
    blank.send(b"\r\n");
    blank.plan(secs(5), Act::Send(b"\r\n".to_vec()));
    blank.advance(millis(9_999));
    assert_eq!(blank.end(), None);
    blank.advance(millis(1));
    assert_ne!(blank.end(), None);
    assert_eq!(received(&mut blank), "");
}

#[test]
fn a_head_has_ten_seconds_in_all_then_408() {
    let setting = http11(hello);
    for dripping in [false, true] {
        let mut slow = setting.rehearse();
        slow.advance(secs(14));
        slow.send(b"GET / HTTP/1.1\r\nHost: ");
        if dripping {
            drip(&mut slow, 60);
        }
        expect_408(&mut slow, secs(10));
        assert_eq!(
            setting.take_log(),
            ["code 408, message Request Timeout", "\"GET / HTTP/1.1\" 408 -"]
        );
    }
    // The time of the second one starts with its first byte, be that behind the first one.
    let mut second = setting.rehearse();
    second.send([GET, "GET /"].concat().as_bytes());
    assert_eq!(received(&mut second), HELLO);
    expect_408(&mut second, secs(10));
}

#[test]
fn between_two_requests_are_fifteen_seconds_then_a_silent_close() {
    let mut idle = http11(hello).rehearse();
    idle.send(GET.as_bytes());
    idle.advance(secs(14));
    idle.send(GET.as_bytes());
    assert_eq!(received(&mut idle), HELLO.repeat(2));
    expect_end(&mut idle, secs(15), End::Closed);
    assert_eq!(received(&mut idle), "");
}

#[test]
fn a_body_below_the_rate_is_refused_with_408() {
    for setting in [http11(read_body), http11(read_body).streaming()] {
        let mut stopped = setting.rehearse();
        if setting.options.bodies.streaming {
            // The handler waits itself, so that the time has passed when it is done.
            let began = stopped.now();
            stopped.send(post(1_000_000).as_bytes());
            assert_eq!(stopped.now() - began, secs(10));
            let response = received(&mut stopped);
            assert!(response.starts_with(TOO_SLOW), "{response}");
            expect_end(&mut stopped, secs(2), End::Closed);
        } else {
            stopped.send(post(1_000_000).as_bytes());
            expect_408(&mut stopped, secs(10));
        }
        let line = "Request timed out: the client sends too slowly";
        assert!(setting.take_log().iter().any(|logged| logged == line));

        let mut dripping = setting.rehearse();
        drip(&mut dripping, 60);
        let began = dripping.now();
        dripping.send(post(1_000_000).as_bytes());
        // Ten bytes have bought nearly ten milliseconds.
        dripping.advance((secs(10) + millis(10)).saturating_sub(dripping.now() - began));
        assert_eq!(dripping.end(), Some(End::Lingering));
        assert!(received(&mut dripping).starts_with(TOO_SLOW));
    }
}

#[test]
fn a_body_above_the_rate_may_take_its_time() {
    for setting in [http11(read_body), http11(read_body).streaming()] {
        let mut steady = setting.rehearse();
        for second in 1..=1000 {
            steady.plan(secs(1) * second, Act::Send(vec![b'x'; 1024]));
        }
        let began = steady.now();
        steady.send(post(1_024_000).as_bytes());
        steady.advance(secs(1000).saturating_sub(steady.now() - began));
        assert!(received(&mut steady).ends_with("\r\n\r\n1024000"));
        assert_eq!(steady.end(), None);
    }
}

#[test]
fn a_client_that_has_been_fast_is_not_waited_for_until_its_bytes_are_used_up() {
    for setting in [http11(read_body), http11(read_body).streaming()] {
        let mut gone = setting.rehearse();
        gone.plan(secs(1), Act::Send(vec![b'x'; 1_000_000]));
        let began = gone.now();
        gone.send(post(2_000_000).as_bytes());
        gone.advance((secs(1) + MinRate::LONGEST_PATIENCE).saturating_sub(gone.now() - began));
        assert_eq!(gone.now() - began, secs(1) + MinRate::LONGEST_PATIENCE);
        assert!(received(&mut gone).starts_with(TOO_SLOW));
    }

    let paced = http11(|x| {
        begin(x)?;
        send_paced(x, 100)
    });
    let mut gone = paced.rehearse();
    gone.set_window(1_000_000);
    gone.send(GET.as_bytes());
    expect_end(&mut gone, MinRate::LONGEST_PATIENCE, End::Reset);
}

#[test]
fn a_client_that_is_told_to_continue_and_does_not_is_refused_with_408() {
    let mut waiting = http11(read_body).rehearse();
    let began = waiting.now();
    waiting.send(post(5).replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n").as_bytes());
    assert_eq!(waiting.now() - began, secs(10));
    let response = received(&mut waiting);
    let rest = response.strip_prefix("HTTP/1.1 100 Continue\r\n\r\n").unwrap();
    assert!(rest.starts_with(TOO_SLOW), "{rest}");
    assert_eq!(waiting.end(), Some(End::Lingering));
}

#[test]
fn an_unread_body_is_dropped_for_two_seconds_then_the_connection_closes() {
    let mut slow = http11(hello).streaming().rehearse();
    slow.send(post(1000).as_bytes());
    assert_eq!(received(&mut slow), HELLO);
    drip(&mut slow, 60);
    expect_end(&mut slow, secs(2), End::Lingering);
    expect_end(&mut slow, secs(2), End::Closed);
    assert_eq!(received(&mut slow), "");

    // In time, the next request follows.
    let mut quick = http11(hello).streaming().rehearse();
    quick.send(post(1000).as_bytes());
    quick.advance(millis(1_999));
    quick.send(&[&[b'x'; 1000], GET.as_bytes()].concat());
    assert_eq!(received(&mut quick), HELLO.repeat(2));
    expect_end(&mut quick, secs(15), End::Closed);
}

#[test]
fn a_client_that_takes_no_response_is_reset() {
    let paced = http11(|x| {
        begin(x)?;
        send_paced(x, 100)
    });
    let mut stopped = paced.rehearse();
    stopped.set_window(2048);
    stopped.send(GET.as_bytes());
    // 2048 bytes have earned two seconds.
    expect_end(&mut stopped, secs(12), End::Reset);

    // The same for a handler that writes all at once, and waits itself.
    let at_once = http11(|x| {
        begin(x)?;
        x.wfile.write_all(&[b'x'; 1_000_000])
    });
    let mut stopped = at_once.rehearse();
    stopped.set_window(2048);
    let began = stopped.now();
    stopped.send(GET.as_bytes());
    assert_eq!((stopped.end(), stopped.now() - began), (Some(End::Reset), secs(12)));
    assert_eq!(
        at_once.take_log()[1..],
        ["Client went away: the client takes the response too slowly"]
    );
}

#[test]
fn a_client_that_takes_its_response_slowly_but_steadily_gets_all_of_it() {
    let mut slow = http11(|x| {
        begin(x)?;
        send_paced(x, 20)
    })
    .rehearse();
    slow.set_window(PIECE);
    slow.send(GET.as_bytes());
    let mut count = 0;
    for _ in 0..25 {
        slow.advance(secs(60));
        count += slow.unreceived();
        slow.act(Act::Receive);
    }
    assert!(count > 20 * PIECE, "{count}");
    assert!(received(&mut slow).ends_with("\r\n0\r\n\r\n"));
}

#[test]
fn lingering_drops_sixteen_mebibytes_at_most() {
    let mut uploading = http11(hello).rehearse();
    uploading.send(b"nonsense\r\n\r\n");
    assert_eq!(uploading.end(), Some(End::Lingering));
    for _ in 0..15 {
        uploading.send(&vec![b'x'; 1024 * 1024]);
    }
    assert_eq!(uploading.end(), Some(End::Lingering));
    uploading.send(&vec![b'x'; 1024 * 1024]);
    assert_eq!(uploading.end(), Some(End::Closed));

    // A client that has its answer and goes ends it at once.
    let mut gone = http11(hello).rehearse();
    gone.send(b"nonsense\r\n\r\n");
    gone.act(Act::End);
    assert_eq!(gone.end(), Some(End::Closed));
}

fn all(limit: Duration) -> Deadlines {
    let rate = Some(MinRate { grace: limit, bytes_per_second: 1 });
    Deadlines::none()
        .first_byte(Some(limit))
        .head(Some(limit))
        .idle(Some(limit))
        .body(rate)
        .response(rate)
        .drain(Some(limit))
        .linger(Some(limit))
}

#[test]
fn without_deadlines_or_with_the_longest_nothing_is_too_slow() {
    for deadlines in [Deadlines::none(), all(Duration::MAX)] {
        let setting = http11(|x| {
            begin(x)?;
            std::io::copy(&mut x.rfile, &mut x.wfile)?;
            send_paced(x, 3)
        });
        let mut patient = setting.deadlines(deadlines).rehearse();
        let hour = secs(3600);
        patient.set_window(PIECE);
        for part in ["\r\n", "POST / HTTP/1.1\r\n", "Host: h\r\nContent-Length: 2\r\n\r\n", "a"] {
            patient.advance(hour);
            patient.send(part.as_bytes());
        }
        patient.advance(hour);
        patient.send(b"b");
        for _ in 0..5 {
            patient.advance(hour);
            assert_eq!(patient.end(), None);
            patient.act(Act::Receive);
        }
        patient.send(GET.as_bytes());
        assert!(received(&mut patient).ends_with("x\r\n0\r\n\r\n"));
    }
}

#[test]
fn no_time_at_all_is_over_at_once() {
    let mut silent = http11(hello).deadlines(all(Duration::ZERO)).rehearse();
    silent.advance(Duration::ZERO);
    assert_eq!(silent.end(), Some(End::Closed));
}
