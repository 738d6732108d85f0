//! On the engine, in memory, by a clock that is advanced.

use crate::support::*;
use http_server::socketserver::engine::{Act, End};
use http_server::{Deadlines, MinRate, rustls};
use std::io::{self, Write};

#[test]
fn a_connection_is_kept_and_ends_with_a_word() {
    let setting = http11(hello);
    for config in [client_config(), client_config_12()] {
        let mut client = Secure::new(setting.rehearse(), config);
        assert_eq!(client.ask(GET), HELLO);
        assert_eq!(client.ask([GET, GET].concat()), HELLO.repeat(2));
        assert_eq!(client.rehearsal.end(), None);
        let close = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
        let last = client.ask(close);
        assert!(last.starts_with("HTTP/1.1 200 OK\r\n") && last.ends_with("hello"), "{last}");
        assert!(client.told_of_the_end);
        assert_eq!(client.rehearsal.end(), Some(End::Closed));
        assert_eq!(client.tls.alpn_protocol(), None);
        assert_eq!(setting.take_log(), [""; 0]);
    }
}

#[test]
fn however_the_bytes_are_cut_the_answer_is_the_same() {
    let setting = http11(read_body);
    let request = [post(3), "abc".to_owned(), GET.to_owned()].concat();
    let expected = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n3\
                    HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n0";
    for piece in [1, 2, 3, 5, 7, 64, 500] {
        let mut client = setting.connect();
        client.piece = piece;
        assert_eq!(client.ask(&request), expected, "pieces of {piece}");
    }
    // The plain text cut in records, too.
    let mut client = setting.connect();
    for byte in request.as_bytes() {
        client.tls.writer().write_all(&[*byte]).unwrap();
    }
    assert_eq!(client.received(), expected);
    for at in 1..request.len() {
        let mut client = setting.connect();
        client.send(&request[..at]);
        client.send(&request[at..]);
        assert_eq!(client.received(), expected, "cut at {at}");
    }
}

#[test]
fn a_client_that_says_nothing_has_the_time_of_the_first_byte() {
    let setting = http11(hello);
    let mut silent = setting.rehearse();
    silent.advance(secs(15) - millis(1));
    assert_eq!(silent.end(), None);
    silent.advance(millis(1));
    assert_eq!(silent.end(), Some(End::Closed));
    assert_eq!(silent.receive(), b"");
}

#[test]
fn half_a_handshake_has_the_time_of_the_first_byte() {
    let setting = http11(hello);
    for dripping in [false, true] {
        let mut client = Secure::new(setting.rehearse(), client_config());
        let bytes = client.outgoing();
        if dripping {
            for (second, byte) in bytes.iter().take(60).enumerate() {
                client.rehearsal.plan(secs(second as u64), Act::Send(vec![*byte]));
            }
        } else {
            client.rehearsal.send(&bytes[..100]);
        }
        client.rehearsal.advance(secs(15) - millis(1));
        assert_eq!(client.rehearsal.end(), None);
        client.rehearsal.advance(millis(1));
        assert_ne!(client.rehearsal.end(), None);
        assert_eq!(client.rehearsal.receive(), b"");
    }
    assert_eq!(setting.take_log(), [""; 0]);
}

#[test]
fn a_handshake_without_a_request_has_it_too() {
    let mut client = http11(hello).connect();
    client.rehearsal.advance(secs(14));
    client.talk();
    assert!(!client.tls.is_handshaking());
    client.rehearsal.advance(secs(1) - millis(1));
    assert_eq!(client.rehearsal.end(), None);
    client.rehearsal.advance(millis(1));
    assert_eq!(client.received(), "");
    assert!(client.told_of_the_end);
    assert_eq!(client.rehearsal.end(), Some(End::Closed));
}

#[test]
fn a_head_that_does_not_end_is_answered_in_tls() {
    let setting = http11(hello);
    let mut client = setting.connect();
    client.send("GET / HTTP/1.1\r\n");
    client.rehearsal.advance(secs(10));
    let answer = client.received();
    assert!(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{answer}");
    assert!(client.told_of_the_end);
    assert_eq!(client.rehearsal.end(), Some(End::Lingering));
}

#[test]
fn half_a_record_does_not_move_a_deadline() {
    let mut client = http11(hello).connect();
    assert_eq!(client.ask(GET), HELLO);
    client.tls.writer().write_all(GET.as_bytes()).unwrap();
    let record = client.outgoing();
    for (second, byte) in record.iter().take(30).enumerate() {
        client.rehearsal.plan(secs(second as u64), Act::Send(vec![*byte]));
    }
    client.rehearsal.advance(secs(15) - millis(1));
    assert_eq!(client.rehearsal.end(), None);
    client.rehearsal.advance(millis(1));
    assert_ne!(client.rehearsal.end(), None);
}

#[test]
fn a_body_that_comes_too_slowly_is_answered_in_tls() {
    let rate = MinRate { grace: secs(10), bytes_per_second: 1024 };
    let mut setting = http11(read_body);
    setting.options.deadlines = Deadlines::new().body(Some(rate));
    let mut client = setting.connect();
    client.send(post(100_000));
    client.rehearsal.advance(secs(9));
    client.send([b'x'; 2048]);
    client.rehearsal.advance(secs(3) - millis(1));
    assert_eq!(client.received(), "");
    client.rehearsal.advance(millis(1));
    assert!(client.received().starts_with("HTTP/1.1 408 "));
}

#[test]
fn bodies_come_whole_in_memory_and_through_a_file_and_while_they_are_read() {
    for streaming in [false, true] {
        let mut setting = http11(read_body);
        setting.options.bodies.streaming = streaming;
        for length in [0, 1, 16_384, 60_000, 500_000] {
            let mut client = setting.connect();
            let request = [post(length).into_bytes(), vec![b'x'; length], GET.into()].concat();
            let answer = client.ask(request);
            assert_eq!(answer.matches("200 OK").count(), 2, "{answer}");
            assert!(answer.contains(&format!("\r\n\r\n{length}HTTP/1.1")), "{answer}");
        }
    }
}

#[test]
fn a_body_that_is_awaited_by_its_handler_comes_through_tls() {
    let mut setting = http11(read_body);
    setting.options.bodies.streaming = true;
    let mut client = setting.connect();
    client.talk();
    client.tls.writer().write_all(post(6).as_bytes()).unwrap();
    let head = client.outgoing();
    client.tls.writer().write_all(b"abc").unwrap();
    let one = client.outgoing();
    client.tls.writer().write_all(b"def").unwrap();
    let two = client.outgoing();
    client.rehearsal.plan(secs(1), Act::Send(one[..7].to_vec()));
    client.rehearsal.plan(secs(2), Act::Send(one[7..].to_vec()));
    client.rehearsal.plan(secs(3), Act::Send(two));
    client.rehearsal.send(&head);
    assert!(client.received().ends_with("\r\n\r\n6"));
}

#[test]
fn who_waits_for_100_gets_it_in_tls() {
    let setting = http11(read_body);
    let mut client = setting.connect();
    client.talk();
    let head = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n";
    client.tls.writer().write_all(head.as_bytes()).unwrap();
    let head = client.outgoing();
    client.tls.writer().write_all(b"abc").unwrap();
    let body = client.outgoing();
    client.rehearsal.plan(secs(1), Act::Send(body));
    client.rehearsal.send(&head);
    let answer = client.received();
    assert!(answer.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"), "{answer}");
}

#[test]
fn a_large_answer_waits_for_its_client_and_a_client_that_takes_nothing_is_given_up() {
    let setting = http11(|x| reply(x, &"x".repeat(1_000_000)));
    let mut client = setting.connect();
    client.talk();
    client.rehearsal.set_window(30_000);
    (1..60).for_each(|second| client.rehearsal.plan(secs(second), Act::Receive));
    let answer = client.ask(GET);
    assert_eq!(answer.len(), HELLO.len() + 5 + 1_000_000 - 4);

    client.tls.writer().write_all(GET.as_bytes()).unwrap();
    let request = client.outgoing();
    client.rehearsal.send(&request);
    client.rehearsal.advance(secs(60));
    assert_eq!(client.rehearsal.end(), Some(End::Reset));
}

#[test]
fn an_answer_in_pieces_keeps_pace_with_its_client() {
    fn piece(x: &mut http_server::Exchange<'_>, left: usize) -> io::Result<()> {
        x.wfile.write_all(&[b'x'; 50_000])?;
        if left > 1 {
            x.continue_with(move |x| piece(x, left - 1));
        }
        Ok(())
    }
    let setting = http11(|x| {
        x.send_response_only(200, None)?;
        x.send_header("Content-Length", "1000000")?;
        x.end_headers()?;
        piece(x, 20)
    });
    let mut client = setting.connect();
    client.talk();
    client.rehearsal.set_window(10_000);
    let answer = client.ask([GET, GET].concat());
    assert_eq!(answer.matches("200 OK").count(), 2);
    assert_eq!(answer.matches('x').count(), 2_000_000);
}

#[test]
fn a_client_that_does_not_take_its_part_of_the_handshake_is_given_up() {
    let setting = http11(hello);
    let mut client = Secure::new(setting.rehearse(), client_config());
    client.rehearsal.set_window(100);
    let bytes = client.outgoing();
    client.rehearsal.send(&bytes);
    assert_eq!(client.rehearsal.unreceived(), 100);
    client.rehearsal.advance(secs(11));
    assert_eq!(client.rehearsal.end(), Some(End::Reset));
}

#[test]
fn plain_http_is_answered_in_plain_http() {
    let setting = http11(|_| panic!("no handler sees it"));
    for piece in [1, 1000] {
        let mut plain = setting.rehearse();
        for bytes in GET.as_bytes().chunks(piece) {
            plain.send(bytes);
        }
        let answer = String::from_utf8(plain.receive()).unwrap();
        assert!(answer.starts_with("HTTP/1.1 400 Plain HTTP on a TLS port\r\n"), "{answer}");
        assert!(answer.contains("this port speaks TLS. Use https:// in the address"), "{answer}");
        assert!(answer.contains("\r\nConnection: close\r\n"), "{answer}");
        assert_eq!(plain.end(), Some(End::Lingering));
        let line = if piece == 1 { "" } else { "GET / HTTP/1.1" };
        assert_eq!(
            setting.take_log(),
            ["code 400, message Plain HTTP on a TLS port".to_owned(), format!("\"{line}\" 400 -")]
        );
    }
}

#[test]
fn what_only_begins_like_tls_is_a_line_in_the_log() {
    let setting = http11(hello);
    for (bytes, words) in [
        (&b"\x16\x03\x01\x00\x05\x01\x00\x00\x01x"[..], "TLS failed: received corrupt message"),
        (b"\x16\x03\x01\xff\xffx", "TLS failed: received corrupt message"),
    ] {
        let mut client = setting.rehearse();
        client.send(bytes);
        let answer = client.receive();
        assert_eq!(answer.first(), Some(&0x15), "an alert");
        assert_eq!(client.end(), Some(End::Lingering));
        let log = setting.take_log();
        assert!(log.len() == 1 && log[0].starts_with(words), "{log:?}");
    }
}

#[test]
fn a_record_that_was_changed_on_its_way_ends_the_connection() {
    let setting = http11(hello);
    let mut client = setting.connect();
    assert_eq!(client.ask(GET), HELLO);
    client.tls.writer().write_all(GET.as_bytes()).unwrap();
    let mut record = client.outgoing();
    *record.last_mut().unwrap() ^= 1;
    client.rehearsal.send(&record);
    assert_eq!(client.rehearsal.end(), Some(End::Lingering));
    assert_eq!(setting.take_log(), ["TLS failed: cannot decrypt peer's message"]);
}

/// Each change asks for one of the server's (RFC 8446 §4.6.3).
#[test]
fn a_client_that_only_changes_its_keys_is_given_up() {
    let setting = http11(hello);
    let mut client = setting.connect();
    assert_eq!(client.ask(GET), HELLO);
    for _ in 0..30 {
        client.tls.refresh_traffic_keys().unwrap();
        client.talk();
    }
    assert_eq!(client.ask(GET), HELLO);
    for _ in 0..1000 {
        client.tls.refresh_traffic_keys().unwrap();
    }
    let flood = client.outgoing();
    client.rehearsal.send(&flood);
    assert!(client.rehearsal.receive().len() < 100, "what it is told is not as much");
    client.rehearsal.advance(secs(3));
    assert!(client.rehearsal.end().is_some());
    assert!(setting.take_log().last().unwrap().starts_with("TLS failed: "));
}

#[test]
fn a_client_that_rejects_the_certificate_is_a_line_in_the_log() {
    let setting = http11(hello);
    let stranger = trusting(rustls::RootCertStore::empty(), rustls::DEFAULT_VERSIONS);
    let mut client = Secure::new(setting.rehearse(), stranger);
    let bytes = client.outgoing();
    client.rehearsal.send(&bytes);
    let incoming = client.rehearsal.receive();
    client.tls.read_tls(&mut &*incoming).unwrap();
    client.tls.process_new_packets().unwrap_err();
    let alert = client.outgoing();
    client.rehearsal.send(&alert);
    assert_ne!(client.rehearsal.end(), None);
    assert_eq!(setting.take_log(), ["TLS failed: received fatal alert: UnknownCA"]);
}

#[test]
fn http_1_1_is_agreed_on_and_a_client_that_wants_only_others_is_refused() {
    let setting = http11(hello);
    let mut config = client_config();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let mut client = Secure::new(setting.rehearse(), config.clone());
    assert_eq!(client.ask(GET), HELLO);
    assert_eq!(client.tls.alpn_protocol(), Some(&b"http/1.1"[..]));

    config.alpn_protocols = vec![b"h2".to_vec()];
    let mut client = Secure::new(setting.rehearse(), config);
    let bytes = client.outgoing();
    client.rehearsal.send(&bytes);
    let incoming = client.rehearsal.receive();
    client.tls.read_tls(&mut &*incoming).unwrap();
    let error = client.tls.process_new_packets().unwrap_err();
    // RFC 7301 §3.2
    assert_eq!(
        error,
        rustls::Error::AlertReceived(rustls::AlertDescription::NoApplicationProtocol)
    );
    assert_eq!(setting.take_log(), ["TLS failed: peer doesn't support any known protocol"]);
}

#[test]
fn a_client_that_says_goodbye_is_still_answered() {
    let setting = http11(hello);
    let mut client = setting.connect();
    client.talk();
    client.tls.writer().write_all(GET.as_bytes()).unwrap();
    client.tls.send_close_notify();
    assert_eq!(client.received(), HELLO);
    assert!(client.told_of_the_end);
    assert_ne!(client.rehearsal.end(), None);

    let mut idle = setting.connect();
    assert_eq!(idle.ask(GET), HELLO);
    idle.tls.send_close_notify();
    idle.talk();
    assert!(idle.told_of_the_end);
    assert_eq!(idle.rehearsal.end(), Some(End::Closed));
    assert_eq!(setting.take_log(), [""; 0]);
}

#[test]
fn a_body_cut_short_is_an_error_with_and_without_a_goodbye() {
    let setting = http11(read_body);
    for goodbye in [false, true] {
        let mut client = setting.connect();
        client.send([post(10), "abc".to_owned()].concat());
        if goodbye {
            client.tls.send_close_notify();
        } else {
            client.end();
        }
        let answer = client.received();
        assert!(answer.starts_with("HTTP/1.1 400 Request body cut short\r\n"), "{answer}");
    }
}

/// Whoever cuts the connection could make a response without a length shorter: only who says so has ended it.
#[test]
fn a_response_that_is_cut_short_ends_without_a_goodbye() {
    for length in [false, true] {
        for (path, whole) in
            [("/whole", true), ("/error", false), ("/panic", false), ("/cut", false)]
        {
            let setting = http11(move |x| {
                x.send_response_only(200, None)?;
                if length {
                    x.send_header("Content-Length", if x.path() == "/whole" { "4" } else { "10" })?;
                } else {
                    x.send_header("Connection", "close")?;
                }
                x.end_headers()?;
                x.wfile.write_all(b"half")?;
                match x.path() {
                    "/error" => Err(io::Error::other("on purpose")),
                    "/panic" => panic!("on purpose"),
                    "/cut" => {
                        x.cut();
                        Ok(())
                    }
                    _ => Ok(()),
                }
            });
            let mut client = setting.connect();
            let answer = client.ask(format!("GET {path} HTTP/1.0\r\n\r\n"));
            assert!(answer.ends_with("half"), "{answer}");
            assert_eq!(client.told_of_the_end, whole, "{path}");
            assert_ne!(client.rehearsal.end(), None);
        }
    }
}

#[test]
fn a_server_that_stops_says_goodbye_to_idle_clients_and_answers_requests_that_have_begun() {
    let setting = http11(hello);
    let mut idle = setting.connect();
    assert_eq!(idle.ask(GET), HELLO);
    idle.rehearsal.stop();
    idle.talk();
    assert!(idle.told_of_the_end);
    assert_eq!(idle.rehearsal.end(), Some(End::Closed));

    let mut begun = setting.connect();
    begun.send(&GET[..5]);
    begun.rehearsal.stop();
    assert_eq!(begun.rehearsal.end(), None);
    let answer = begun.ask(&GET[5..]);
    assert!(answer.contains("\r\nConnection: close\r\n"), "{answer}");
    assert!(begun.told_of_the_end);
}

#[test]
fn an_overloaded_server_says_so_in_tls() {
    let setting = http11(hello);
    let mut client = setting.connect();
    assert_eq!(client.ask(GET), HELLO);
    client.rehearsal.set_overloaded(true);
    let answer = client.ask(GET);
    assert!(answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{answer}");
    assert!(answer.contains("\r\nRetry-After: "), "{answer}");
    assert!(client.told_of_the_end);

    let mut newcomer = Secure::new(setting.rehearse(), client_config());
    newcomer.rehearsal.set_overloaded(true);
    let bytes = newcomer.outgoing();
    newcomer.rehearsal.send(&bytes);
    assert_eq!(newcomer.rehearsal.end(), Some(End::Lingering));
    assert_eq!(newcomer.rehearsal.receive(), b"");
}

/// Neither does it look as if the client had cut its body short.
#[test]
fn a_record_that_has_no_room_ends_the_connection_and_is_a_line_in_the_log() {
    for (streaming, log) in [(false, "TLS failed: "), (true, "Client went away: ")] {
        let mut setting = http11(read_body);
        setting.engine = setting.engine.input_buffer(4096);
        setting.options.bodies = setting.options.bodies.streaming(streaming);
        let mut client = setting.connect();
        client.talk();
        client.tls.writer().write_all(post(10_000).as_bytes()).unwrap();
        let head = client.outgoing();
        client.tls.writer().write_all(&[b'x'; 10_000]).unwrap();
        let body = client.outgoing();
        client.rehearsal.plan(secs(1), Act::Send(body));
        client.rehearsal.send(&head);
        client.rehearsal.advance(secs(1));
        assert_eq!(client.received(), "", "{streaming}");
        let words = "what the client sends in one piece does not fit into input_buffer";
        assert_eq!(setting.take_log().last().unwrap(), &format!("{log}{words}"), "{streaming}");
    }
}

#[test]
fn a_head_that_is_too_large_is_refused_in_tls() {
    let setting = http11(hello);
    let mut client = setting.connect();
    let answer =
        client.ask(format!("GET / HTTP/1.1\r\nHost: h\r\nX: {}\r\n\r\n", "x".repeat(70_000)));
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    assert!(client.told_of_the_end);

    let mut setting = http11(hello);
    setting.options.limits = setting.options.limits.head(1_000_000);
    let request = |size| format!("GET / HTTP/1.1\r\nHost: h\r\nX: {}\r\n\r\n", "x".repeat(size));
    assert_eq!(setting.connect().ask(request(900_000)), HELLO);
    assert!(setting.connect().ask(request(1_000_000)).starts_with("HTTP/1.1 431 "));
}
