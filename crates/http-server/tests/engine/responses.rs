//! Responses that wait for their clients, and requests that come together.

use crate::support::*;
use http_server::socketserver::engine::{Act, End, Rehearsal};
use http_server::{
    BaseHttpRequestHandler, ClientAddress, Exchange, FileObject, HandlerOptions, HttpHandlerClass,
    ServerInfo,
};
use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Instant;

#[test]
fn a_response_in_pieces_keeps_pace_with_its_client() {
    let made = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&made);
    let setting = http11(move |x| {
        fn piece(x: &mut Exchange<'_>, count: Arc<AtomicUsize>) -> std::io::Result<()> {
            x.wfile.write_all(&[b'x'; 1000])?;
            if count.fetch_add(1, Ordering::Relaxed) < 99 {
                x.continue_with(move |x| piece(x, count));
            }
            Ok(())
        }
        begin(x)?;
        piece(x, Arc::clone(&count))
    });
    // Another request behind it makes no difference.
    for request in [GET.to_owned(), GET.repeat(2)] {
        made.store(0, Ordering::Relaxed);
        let mut client = setting.rehearse();
        client.set_window(10_000);
        client.send(request.as_bytes());
        let first = made.load(Ordering::Relaxed);
        assert!((9..30).contains(&first), "{first} pieces for a client that takes ten");
        client.advance(secs(5));
        assert_eq!(made.load(Ordering::Relaxed), first);
        client.act(Act::Receive);
        let second = made.load(Ordering::Relaxed);
        assert!(second > first && second < first + 30, "{second} after {first}");
        assert!(received(&mut client).ends_with("x\r\n0\r\n\r\n"));
        assert_eq!(client.end(), None);
    }
}

#[test]
fn the_rest_of_a_handler_still_has_its_request_and_its_body() {
    let setting = http11(|x| {
        begin(x)?;
        x.set_path("/changed");
        let mut start = [0; 2];
        x.rfile.read_exact(&mut start)?;
        x.wfile.write_all(&[b'-'; PIECE])?;
        x.continue_with(|x| {
            let facts = format!("{} {} {:?} ", x.command(), x.path(), x.headers().get("Host"));
            x.wfile.write_all(facts.as_bytes())?;
            std::io::copy(&mut x.rfile, &mut x.wfile)?;
            x.continue_with(|x| x.wfile.write_all(b" the end"));
            Ok(())
        });
        Ok(())
    });
    for split in [0, 3] {
        let mut client = setting.rehearse();
        client.set_window(1000);
        let request = post(5) + "hello" + GET;
        // The body in the buffer of the engine, and received apart.
        let (start, rest) = request.split_at(post(5).len() + split);
        if split > 0 {
            client.send(start.as_bytes());
            client.send(rest.as_bytes());
        } else {
            client.send(request.as_bytes());
        }
        client.advance(secs(1));
        assert_eq!(client.end(), None);
        let response = received(&mut client);
        assert!(response.contains("\r\nPOST /changed Some(\"h\") \r\n"));
        assert!(response.contains("llo\r\n8\r\n the end\r\n0\r\n\r\n"), "split at {split}");
        // The next one has no body: its handler fails, and the server is told.
        assert_eq!(statuses(&response), ["HTTP/1.1 200 OK", "HTTP/1.1 500 Internal Server Error"]);
        assert_eq!(client.take_failures().len(), 1);
    }
}

#[test]
fn a_rest_that_fails_or_panics_cuts_its_response_and_is_reported() {
    for panics in [false, true] {
        let setting = http11(move |x| {
            begin(x)?;
            x.wfile.write_all(&[b'x'; PIECE])?;
            x.continue_with(move |_| {
                if panics {
                    // Unlike `panic!` this runs no hook, which would write to stderr.
                    std::panic::resume_unwind(Box::new("on purpose"));
                }
                Err(std::io::Error::other("on purpose"))
            });
            Ok(())
        });
        let mut client = setting.rehearse();
        client.set_window(1000);
        client.send(GET.as_bytes());
        assert!(client.take_failures().is_empty(), "it has not run yet");
        let response = received(&mut client);
        assert!(response.ends_with("x\r\n"), "no last chunk");
        let failures = client.take_failures();
        assert!(failures.len() == 1 && failures[0].to_string().contains("on purpose"));
        assert!(matches!(client.end(), Some(End::Closed | End::Lingering)));
    }
}

/// Counts when it is dropped.
struct Dropped(Arc<AtomicUsize>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn what_a_rest_holds_is_dropped_when_its_client_goes() {
    let dropped = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&dropped);
    let setting = http11(move |x| {
        begin(x)?;
        x.wfile.write_all(&[b'x'; PIECE])?;
        let held = Dropped(Arc::clone(&count));
        x.continue_with(move |x| {
            let _held = held;
            x.wfile.write_all(b"the end")
        });
        Ok(())
    });
    for (number, act) in (1..).zip([Some(Act::Reset), None]) {
        let mut client = setting.rehearse();
        client.set_window(1000);
        client.send(GET.as_bytes());
        assert_eq!(dropped.load(Ordering::Relaxed), number - 1);
        match act {
            Some(act) => client.act(act),
            None => expect_end(&mut client, secs(10) + millis(977), End::Reset),
        }
        assert_eq!(dropped.load(Ordering::Relaxed), number);
        assert!(client.take_failures().is_empty(), "a client that goes is no failure");
    }
}

#[test]
fn requests_that_come_together_are_answered_in_order_with_their_bodies() {
    let setting = http11(|x| {
        let mut body = String::new();
        x.rfile.read_to_string(&mut body)?;
        let text = format!("[{} {body}]", x.path());
        reply(x, &text)
    });
    let mut requests = String::new();
    let mut expected = Vec::new();
    for number in 0..200 {
        let (length, path) = (number * 37 % 500, format!("POST /{number} "));
        let body = "b".repeat(length);
        requests += &post(length).replace("POST / ", &path);
        requests += &body;
        expected.push(format!("[/{number} {body}]"));
    }
    for piece in [usize::MAX, 1009, 7] {
        for setting in [setting.clone(), setting.clone().streaming()] {
            let mut client = setting.rehearse();
            for (index, bytes) in (1..).zip(requests.as_bytes().chunks(piece)) {
                client.plan(std::time::Duration::from_micros(1) * index, Act::Send(bytes.to_vec()));
            }
            client.advance(secs(5));
            let response = received(&mut client);
            let found: Vec<&str> = response
                .split("\r\n\r\n")
                .skip(1)
                .map(|body| body.split("HTTP/1.1").next().unwrap())
                .collect();
            assert_eq!(found, expected, "in pieces of {piece}");
        }
    }
}

#[test]
fn a_client_that_pipelines_and_never_reads_is_held_back() {
    let handled = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&handled);
    let setting = http11(move |x| {
        count.fetch_add(1, Ordering::Relaxed);
        reply(x, &"x".repeat(1000))
    });
    let mut client = setting.rehearse();
    client.set_window(10_000);
    client.send(GET.repeat(100_000).as_bytes());
    let answered = handled.load(Ordering::Relaxed);
    // What the client has room for, and an output buffer.
    assert!(answered <= 10 + 64 + 1, "{answered} requests were handled");
    assert!(client.unread() > 2_000_000, "the rest waits at the client's");
    expect_end(&mut client, secs(10) + millis(9_766), End::Reset);
    assert_eq!(handled.load(Ordering::Relaxed), answered);
}

#[test]
fn a_client_that_ends_its_side_gets_all_answers() {
    let setting = http11(hello);
    assert_eq!(setting.answer(GET.repeat(3)), HELLO.repeat(3));
    let cut = setting.answer(GET.repeat(2) + "GET /");
    assert_eq!(statuses(&cut)[2..].len(), 1);
    assert!(cut.starts_with(&HELLO.repeat(2)) && cut.contains("HTTP/1.1 400 "), "{cut}");
    assert_eq!(setting.answer(""), "");
    assert_eq!(setting.answer("\r\n\r\n"), "");
}

/// Writes pieces as long as there is room, and counts the turns that takes.
fn in_turns(x: &mut Exchange<'_>, mut pieces: u32, turn: u32) -> io::Result<()> {
    while x.has_room() {
        if pieces == 0 {
            return x.wfile.write_all(format!("{turn} turns").as_bytes());
        }
        x.wfile.write_all(b".")?;
        pieces -= 1;
    }
    x.continue_with(move |x| in_turns(x, pieces, turn + 1));
    Ok(())
}

#[test]
fn a_long_answer_gives_way_after_each_piece_and_still_gets_ahead() {
    let _deadline = deadline();
    let setting = http11(|x| {
        begin(x)?;
        in_turns(x, 5, 1)
    });
    for (crowded, end) in [(false, "1 turns"), (true, "6 turns")] {
        let mut rehearsal = setting.rehearse();
        rehearsal.set_crowded(crowded);
        rehearsal.send(GET.as_bytes());
        let response = received(&mut rehearsal);
        assert!(response.contains(end), "{response}");
    }
}

/// What is left of the file stays in the file until the client has room.
#[test]
fn a_file_is_read_as_its_client_takes_it() {
    struct Read(Arc<AtomicUsize>, usize);
    impl io::Read for Read {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = buffer.len().min(self.1);
            self.1 -= count;
            self.0.fetch_add(count, Ordering::Relaxed);
            buffer[..count].fill(b'x');
            Ok(count)
        }
    }
    const SIZE: usize = 100 * PIECE;
    let read = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&read);
    let setting = http11(move |x| {
        begin(x)?;
        FileObject::new(Read(Arc::clone(&count), SIZE)).send(x)
    });
    let mut client = setting.rehearse();
    client.set_window(PIECE);
    client.send(GET.as_bytes());
    let first = read.load(Ordering::Relaxed);
    assert!(first <= 4 * PIECE, "{first} bytes read for a client that takes {PIECE}");
    client.advance(secs(5));
    assert_eq!(read.load(Ordering::Relaxed), first);
    client.act(Act::Receive);
    let second = read.load(Ordering::Relaxed);
    assert!(second > first && second <= first + 4 * PIECE, "{second} after {first}");
    let response = received(&mut client);
    assert!(response.ends_with("x\r\n0\r\n\r\n"));
    assert!(response.bytes().filter(|&byte| byte == b'x').count() >= SIZE);
    assert_eq!(client.end(), None);
}

/// Sends pieces, fails if the path says so, and notes how much was sent once it is over, and whether that is all.
struct Noting(Arc<Mutex<Vec<(u64, bool)>>>);

impl BaseHttpRequestHandler for Noting {
    fn options(&self) -> &HandlerOptions {
        static OPTIONS: LazyLock<HandlerOptions> =
            LazyLock::new(|| HandlerOptions::new().protocol_version("HTTP/1.1"));
        &OPTIONS
    }

    fn do_get(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        begin(x)?;
        x.wfile.write_all(&[b'x'; PIECE])?;
        let fails = x.path() == "/fails";
        x.continue_with(move |x| {
            if fails {
                return Err(io::Error::other("on purpose"));
            }
            x.wfile.write_all(b"the end")
        });
        Ok(())
    }

    fn log_message(&self, _: &Exchange<'_>, _: std::fmt::Arguments<'_>) {}

    fn end_exchange(&self, x: &Exchange<'_>) {
        self.0.lock().unwrap().push((x.wfile.bytes_sent(), x.wfile.is_whole()));
    }
}

#[test]
fn a_handler_is_told_when_its_exchange_is_over() {
    let sizes = Arc::<Mutex<Vec<_>>>::default();
    let theirs = Arc::clone(&sizes);
    let class = HttpHandlerClass::new(move || Noting(Arc::clone(&theirs)));
    let rehearse = || {
        let now = Instant::now();
        let protocol = class.http_protocol(ClientAddress::Unnamed, ServerInfo::default(), now);
        let mut client = Rehearsal::new(protocol, now);
        client.set_window(1000);
        client
    };
    let mut client = rehearse();
    let piece = PIECE as u64;
    let noted = || std::mem::take(&mut *sizes.lock().unwrap());
    client.send(GET.as_bytes());
    assert_eq!(noted(), [], "the end is still to come");
    received(&mut client);
    assert_eq!(noted(), [(piece + 7, true)]);
    client.send(GET.as_bytes());
    drop(client);
    assert_eq!(noted(), [(piece, false)], "the client has been given up");

    let mut client = rehearse();
    client.send(GET.replace("/ ", "/fails ").as_bytes());
    received(&mut client);
    assert_eq!(noted(), [(piece, false)]);
    assert_eq!(client.take_failures().len(), 1);

    // What no handler sees is none of its exchanges.
    let mut client = rehearse();
    client.send(b"?\r\n\r\n");
    assert!(received(&mut client).starts_with("HTTP/1.1 400 "));
    assert_eq!(noted(), []);
}
