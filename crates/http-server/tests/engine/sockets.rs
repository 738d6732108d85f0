//! The engine over real sockets: one test for each deadline, with short ones, and for each limit.

use crate::support::*;
use http_server::socketserver::engine::{Engine, EngineOptions, Overload};
use http_server::{Deadlines, Exchange, MinRate};
use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(100);

/// All deadlines are short.
fn impatient() -> Deadlines {
    let rate = Some(MinRate { grace: SHORT, bytes_per_second: 1 << 30 });
    Deadlines::new()
        .first_byte(Some(SHORT))
        .head(Some(SHORT))
        .idle(Some(SHORT))
        .body(rate)
        .response(rate)
        .drain(Some(SHORT))
        .linger(Some(SHORT))
}

/// Sends a byte again and again, until there is an answer, and gives all of that.
fn drip(client: &mut Client) -> String {
    client.0.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
    let mut first = [0];
    loop {
        // It may be over already.
        let _ = client.0.write(b"x");
        match client.0.read(&mut first) {
            Ok(_) => break,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => panic!("{error}"),
        }
    }
    client.0.set_read_timeout(None).unwrap();
    char::from(first[0]).to_string() + &client.rest().0
}

#[test]
fn a_client_that_says_nothing_is_closed() {
    http11(hello).deadlines(impatient()).serve(|address| {
        assert_eq!(Client::connect(address).rest(), (String::new(), false));
    });
}

#[test]
fn an_idle_client_is_closed() {
    http11(hello).deadlines(impatient()).serve(|address| {
        let mut client = Client::connect(address);
        assert_eq!(client.ask(GET), HELLO);
        assert_eq!(client.rest(), (String::new(), false));
    });
}

#[test]
fn a_late_head_is_told_so_and_closed() {
    http11(hello).deadlines(impatient()).serve(|address| {
        let mut client = Client::connect(address);
        client.send("GET / HTTP/1.1\r\nX: ");
        let (response, reset) = client.rest();
        assert!(response.starts_with(TOO_SLOW) && !reset, "{response}");
        let mut client = Client::connect(address);
        client.send("GET / HTTP/1.1\r\nX: ");
        let response = drip(&mut client);
        assert!(response.starts_with(TOO_SLOW), "{response}");
    });
}

#[test]
fn a_late_body_is_told_so_and_closed() {
    for setting in [http11(read_body), http11(read_body).streaming()] {
        setting.deadlines(impatient()).serve(|address| {
            let mut client = Client::connect(address);
            client.send(post(1000) + "half");
            let (response, reset) = client.rest();
            assert!(response.starts_with(TOO_SLOW) && !reset, "{response}");
            let mut client = Client::connect(address);
            client.send(post(1000) + "half");
            let response = drip(&mut client);
            assert!(response.starts_with(TOO_SLOW), "{response}");
        });
    }
}

#[test]
fn a_client_that_takes_nothing_is_reset() {
    fn paced(x: &mut Exchange<'_>) -> io::Result<()> {
        begin(x)?;
        send_paced(x, 500)
    }
    fn at_once(x: &mut Exchange<'_>) -> io::Result<()> {
        begin(x)?;
        x.wfile.write_all(&vec![b'x'; 500 * PIECE])
    }
    for handler in [paced, at_once] {
        http11(handler).deadlines(impatient()).serve(|address| {
            let mut client = Client::connect(address);
            client.send(GET);
            // It takes something when it is too late: all that it gets then does not look like the whole.
            let mut probe = [0; 1];
            client.0.read_exact(&mut probe).unwrap();
            for _ in 0..3 {
                // Each of these lasts as long as the deadline.
                let mut other = Client::connect(address);
                other.send("GET");
                assert!(other.rest().0.starts_with(TOO_SLOW));
            }
            assert!(client.rest().1);
        });
    }
}

#[test]
fn an_unread_body_that_does_not_come_closes_the_connection() {
    http11(hello).streaming().deadlines(impatient()).serve(|address| {
        let mut client = Client::connect(address);
        assert_eq!(client.ask(post(1000)), HELLO);
        assert_eq!(client.rest(), (String::new(), false));
    });
}

#[test]
fn a_client_that_goes_on_behind_the_end_gets_its_answer_and_is_closed() {
    http11(hello).deadlines(impatient()).serve(|address| {
        let mut client = Client::connect(address);
        client.send("nonsense\r\n\r\n".to_owned() + &"x".repeat(300_000));
        let (response, reset) = client.rest();
        assert!(response.starts_with("HTTP/1.1 400 ") && !reset, "{response}");
        assert!(response.ends_with("</html>\n"));
    });
}

#[test]
fn a_handler_that_outlasts_a_graceful_stop_is_not_waited_for() {
    let gate = Gate::default();
    let inside = gate.clone();
    let setting = http11(move |x| {
        inside.pass();
        hello(x)
    });
    let setting = setting.engine(|engine| engine.graceful = SHORT);
    let mut left = None;
    setting.serve(|address| {
        let mut client = Client::connect(address);
        client.send(GET);
        gate.wait_for(1);
        left = Some(client);
    });
    // The server has ended before its handler, whose client still gets what it says then.
    gate.open();
    assert!(left.unwrap().rest().0.contains("\r\nConnection: close\r\n"));
}

fn gated(gate: &Gate) -> Setting {
    let gate = gate.clone();
    http11(move |x| {
        if x.path() == "/slow" {
            gate.pass();
        }
        hello(x)
    })
}

fn slow() -> String {
    GET.replace(" / ", " /slow ")
}

#[test]
fn a_full_queue_refuses_or_waits() {
    for overload in [Overload::Refuse, Overload::Wait] {
        let gate = Gate::default();
        let setting = gated(&gate).engine(|engine| {
            *engine = engine.clone().threads(1).pollers(1).queue(1).overload(overload);
        });
        setting.serve(|address| {
            let mut first = Client::connect(address);
            first.send(slow());
            gate.wait_for(1);
            let mut others: Vec<Client> = (0..5).map(|_| Client::connect(address)).collect();
            others.iter_mut().for_each(|client| client.send(GET));
            if overload == Overload::Wait {
                gate.open();
                others.iter_mut().for_each(|client| assert_eq!(client.response(), HELLO));
                return assert_eq!(first.response(), HELLO);
            }
            // One waits in the queue; the others are told at once, while the handler is busy.
            let mut refused = 0;
            while refused < 4 {
                for client in &mut others {
                    client.0.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
                    if client.0.peek(&mut [0]).is_ok_and(|count| count > 0) {
                        let (response, _) = client.rest();
                        assert!(response.starts_with("HTTP/1.1 503 "), "{response}");
                        assert!(response.contains("\r\nRetry-After: 1\r\n"), "{response}");
                        refused += 1;
                    }
                    client.0.set_read_timeout(None).unwrap();
                }
            }
            gate.open();
            assert_eq!(first.response(), HELLO);
            let answers: Vec<String> = others
                .iter_mut()
                .map(|client| {
                    // Idle connections stay open, so only as much as there is.
                    client.0.set_read_timeout(Some(secs(30))).unwrap();
                    if client.0.peek(&mut [0]).unwrap_or(0) > 0 {
                        client.response()
                    } else {
                        String::new()
                    }
                })
                .collect();
            assert_eq!(answers.iter().filter(|answer| *answer == HELLO).count(), 1);
        });
    }
}

#[test]
fn beyond_the_limit_of_connections_idle_ones_give_way_and_requests_do_not() {
    let setting = http11(hello).engine(|engine| {
        *engine = engine.clone().pollers(1).max_connections(2);
    });
    setting.serve(|address| {
        let mut idle = Client::connect(address);
        assert_eq!(idle.ask(GET), HELLO);
        let mut begun = Client::connect(address);
        assert_eq!(begun.ask(GET), HELLO);
        let (start, rest) = GET.split_at(10);
        begun.send(start);
        let mut third = Client::connect(address);
        assert_eq!(third.ask(GET), HELLO);
        assert_eq!(idle.rest().0, "");
        begun.send(rest);
        assert_eq!(begun.response(), HELLO);
    });
}

#[test]
fn clients_that_are_told_to_continue_and_do_not_cannot_take_all_threads() {
    let setting = http11(read_body).engine(|engine| {
        *engine = engine.clone().threads(4);
    });
    let log = setting.clone();
    setting.serve(|address| {
        let head = post(2).replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n");
        let mut crowd: Vec<Client> = (0..10).map(|_| Client::connect(address)).collect();
        crowd.iter_mut().for_each(|client| client.send(&head));
        let mut refused = 0;
        while refused < 8 {
            let lines = log.take_log();
            refused += lines.iter().filter(|line| line.starts_with("Too many clients")).count();
            thread::yield_now();
        }
        assert!(Client::connect(address).ask(GET).starts_with("HTTP/1.1 200 OK"));
        crowd.iter_mut().for_each(|client| client.send("ok"));
        let answers: Vec<String> = crowd
            .iter_mut()
            .map(|client| {
                client.end();
                client.rest().0
            })
            .collect();
        let count = |status| answers.iter().filter(|answer| answer.contains(status)).count();
        assert_eq!((count("HTTP/1.1 200 OK"), count("HTTP/1.1 503 ")), (2, 8));
    });
}

#[test]
fn handlers_that_sleep_leave_the_last_thread_to_the_others() {
    let gate = Gate::default();
    let setting = gated(&gate).engine(|engine| {
        *engine = engine.clone().threads(4).pollers(2);
    });
    setting.serve(|address| {
        let mut sleeping: Vec<Client> = (0..3).map(|_| Client::connect(address)).collect();
        sleeping.iter_mut().for_each(|client| client.send(slow()));
        gate.wait_for(3);
        let mut clients: Vec<Client> = (0..8).map(|_| Client::connect(address)).collect();
        for _ in 0..50 {
            clients.iter_mut().for_each(|client| assert_eq!(client.ask(GET), HELLO));
        }
        gate.open();
        sleeping.iter_mut().for_each(|client| assert_eq!(client.response(), HELLO));
    });
}

#[test]
fn a_large_body_comes_back_as_it_went() {
    let setting = http11(|x| {
        let mut body = Vec::new();
        x.rfile.read_to_end(&mut body)?;
        x.send_response(200)?;
        x.send_header("Content-Length", &body.len().to_string())?;
        x.end_headers()?;
        x.wfile.write_all(&body)
    });
    for setting in [setting.clone(), setting.streaming()] {
        setting.serve(|address| {
            let body: String = (0..200_000).map(|number| format!("{number:08}\n")).collect();
            let mut client = Client::connect(address);
            client.send(post(body.len()) + &body);
            assert!(client.response().ends_with(&body));
            assert!(client.ask(GET).starts_with("HTTP/1.1 200 OK"));
        });
    }
}

#[test]
fn pollers_that_change_hands_all_the_time_lose_no_request() {
    let setting = http11(|x| {
        let mut body = String::new();
        x.rfile.read_to_string(&mut body)?;
        if x.path().ends_with("/spin") {
            let until = std::time::Instant::now() + Duration::from_micros(300);
            while std::time::Instant::now() < until {
                thread::yield_now();
            }
        }
        let text = format!("{} {body}", x.path());
        reply(x, &text)
    });
    let setting = setting.engine(|engine| {
        *engine = engine.clone().threads(3).pollers(2).hand_off_after(Duration::from_micros(50));
    });
    setting.serve(|address| {
        thread::scope(|scope| {
            for client in 0..8_usize {
                scope.spawn(move || {
                    let mut connection = Client::connect(address);
                    for round in 0..40_usize {
                        let count = 1 + round % 4;
                        let requests = (0..count).map(|index| {
                            let spin = if index == client * round % count { "/spin" } else { "" };
                            let path = format!("POST /{client}/{round}{spin} ");
                            post(5).replace("POST / ", &path) + "hello"
                        });
                        let requests: Vec<String> = requests.collect();
                        let all = requests.concat();
                        let (start, rest) = all.split_at(round * 17 % all.len());
                        connection.send(start);
                        connection.send(rest);
                        for request in &requests {
                            let path = request.split(' ').nth(1).unwrap();
                            let expected = format!("\r\n\r\n{path} hello");
                            assert!(connection.response().ends_with(&expected));
                        }
                    }
                });
            }
        });
    });
}

#[test]
fn running_requests_are_answered_when_the_server_stops_and_told_that_it_is_the_last_time() {
    let gate = Gate::default();
    let mut clients = Vec::new();
    gated(&gate).serve(|address| {
        let mut running = Client::connect(address);
        running.send(slow());
        gate.wait_for(1);
        let mut half = Client::connect(address);
        half.send("GET / HT");
        let mut idle = Client::connect(address);
        assert_eq!(idle.ask(GET), HELLO);
        let gate = gate.clone();
        clients.push(thread::spawn(move || {
            // When this one is closed, the stop has begun.
            assert_eq!(idle.rest(), (String::new(), false));
            gate.open();
            half.send("TP/1.1\r\nHost: h\r\n\r\n");
            for mut client in [running, half] {
                let (response, reset) = client.rest();
                assert!(response.starts_with("HTTP/1.1 200 OK") && !reset, "{response}");
                assert!(response.contains("\r\nConnection: close\r\n"), "{response}");
            }
        }));
    });
    clients.into_iter().for_each(|client| client.join().unwrap());
}

#[cfg(unix)]
#[test]
fn unix_sockets_are_served_as_well() {
    use http_server::socketserver::UnixStreamServer;
    use std::os::unix::net::UnixStream;
    let _deadline = deadline();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let class = http11(|x| {
        let text = format!("{:?} {:?}", x.client_address().host(), x.server().server_port);
        reply(x, &text)
    })
    .class();
    let server = UnixStreamServer::bind(&path, class.clone()).unwrap();
    let engine = Arc::new(Engine::with_class(server, class, EngineOptions::default()));
    let serving = Arc::clone(&engine);
    let served = thread::spawn(move || serving.serve_forever());
    let mut client = UnixStream::connect(&path).unwrap();
    client.write_all(GET.repeat(2).as_bytes()).unwrap();
    client.shutdown(std::net::Shutdown::Write).unwrap();
    let response = io::read_to_string(client).unwrap();
    assert_eq!(statuses(&response).len(), 2);
    assert!(response.ends_with("\r\n\r\n\"\" None"), "{response}");
    engine.shutdown();
    served.join().unwrap().unwrap();
}
