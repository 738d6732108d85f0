//! The runner catches servers that break a rule: each of these breaks one, and a right one beside them shows that it is that
//! which is caught.

use conformance::data::{DataCase, play, read_file};
use conformance::{Outcome, Profile, Subject};
use socketserver::socket2::SockRef;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

const DATE: &str = "Date: Sun, 06 Nov 1994 08:49:37 GMT";

/// What one of these servers does with the head of a request: what it sends, and what then becomes of the connection.
type Answers = fn(head: &str, number: usize) -> (String, Then);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    Keeps,
    Closes,
    Resets,
}

/// Serves in threads that end with the test program.
fn serve(answers: Answers) -> Subject {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || converse(stream, answers));
        }
    });
    Subject {
        name: "wrong".to_owned(),
        address,
        profile: Profile::App,
        is_ours: true,
        patience: Duration::from_millis(300),
    }
}

/// Reads heads; there are no bodies here.
fn converse(mut stream: TcpStream, answers: Answers) -> Option<()> {
    let mut unread = Vec::new();
    for number in 0.. {
        let end = loop {
            if let Some(end) = unread.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            let mut piece = [0; 1024];
            let count = stream.read(&mut piece).ok().filter(|count| *count > 0)?;
            unread.extend_from_slice(&piece[..count]);
        };
        let head: Vec<u8> = unread.drain(..end).collect();
        let (text, then) = answers(std::str::from_utf8(&head).ok()?, number);
        stream.write_all(text.as_bytes()).ok()?;
        match then {
            Then::Keeps => {}
            Then::Closes => return Some(()),
            Then::Resets => {
                // What it has sent has to be there first.
                stream.set_nodelay(true).ok()?;
                return SockRef::from(&stream).set_linger(Some(Duration::ZERO)).ok();
            }
        }
    }
    None
}

/// What a right server does.
fn right(head: &str, _: usize) -> (String, Then) {
    let path = head.split(' ').nth(1).unwrap_or_default();
    let body = if path.starts_with("/next") { format!("{path}\n") } else { "hello\n".to_owned() };
    let bad = head.contains("Bad Name:");
    let closes = bad || head.contains("Connection: close");
    let status = if bad { "400 Bad Request" } else { "200 OK" };
    let connection = if closes { "Connection: close\r\n" } else { "" };
    let length = body.len();
    let body = if head.starts_with("HEAD ") { "" } else { &body };
    let text = format!(
        "HTTP/1.1 {status}\r\n{DATE}\r\n{connection}Content-Length: {length}\r\n\r\n{body}"
    );
    (text, if closes { Then::Closes } else { Then::Keeps })
}

fn case(send: &str, status: &str, then: &str) -> DataCase {
    let text = format!(
        "[[case]]\nname = \"x\"\nrule = \"RFC 9112\"\nlevel = \"MUST\"\nabout = \"A rule.\"\nsend = \"{send}\"\n\
         answers = [{{ status = {status}, body = \"{}\" }}]\nthen = \"{then}\"\nfragment = true\n",
        if send.starts_with("HEAD") { "" } else { "hello\\n" }
    );
    read_file("s/t", &text).unwrap().remove(0)
}

const GET: &str = "GET / HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n";
const HEAD: &str = "HEAD / HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n";
const BAD: &str = "GET / HTTP/1.1\\r\\nBad Name: h\\r\\n\\r\\n";

fn served() -> DataCase {
    case(GET, "200", "next")
}

fn refused() -> DataCase {
    case(BAD, "400", "close")
}

/// Why a case fails on a server.
fn failure(case: &DataCase, answers: Answers) -> String {
    match play(case, &serve(answers)) {
        Outcome::Failed(failure) => {
            assert!(!failure.sent.is_empty() && !failure.expected.is_empty(), "{failure:?}");
            failure.why
        }
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn caught(case: &DataCase, answers: Answers, why: &str) {
    let found = failure(case, answers);
    assert!(found.contains(why), "{why:?} is not in {found:?}");
}

#[test]
fn a_right_server_passes() {
    for case in [served(), case(HEAD, "200", "next"), refused()] {
        assert_eq!(play(&case, &serve(right)), Outcome::Passed);
    }
}

#[test]
fn one_that_answers_twice_is_caught() {
    caught(
        &served(),
        |head, number| {
            let (text, then) = right(head, number);
            (text.repeat(2), then)
        },
        "more than the answers",
    );
}

#[test]
fn one_that_answers_what_stands_behind_a_refusal_is_caught() {
    caught(
        &refused(),
        |head, number| {
            let (text, _) = right(head, number);
            // It closes after the second request, as one would that had taken the first for two.
            (text, if number == 0 { Then::Keeps } else { Then::Closes })
        },
        "stays open",
    );
    caught(
        &refused(),
        |head, number| {
            let (text, _) = right(head, number);
            let smuggled = if head.contains("/next") { String::new() } else { right(GET, 0).0 };
            (text + &smuggled, Then::Closes)
        },
        "more than the answers",
    );
}

#[test]
fn one_that_closes_early_is_caught() {
    caught(
        &served(),
        |head, number| (right(head, number).0, Then::Closes),
        "the following request",
    );
    caught(
        &served(),
        |head, number| (right(head, number).0[..40].to_owned(), Then::Closes),
        "without a complete answer",
    );
}

#[test]
fn one_that_sends_a_wrong_length_is_caught() {
    let longer: Answers = |head, number| {
        (right(head, number).0.replace("Content-Length: 6", "Content-Length: 9"), Then::Closes)
    };
    caught(&served(), longer, "cut short");
    let shorter: Answers = |head, number| {
        (right(head, number).0.replace("Content-Length: 6", "Content-Length: 3"), Then::Keeps)
    };
    caught(&served(), shorter, "the content \"hel\"");
}

#[test]
fn one_that_keeps_a_connection_it_must_close_is_caught() {
    caught(&refused(), |head, number| (right(head, number).0, Then::Keeps), "stays open");
}

#[test]
fn one_that_does_not_say_that_it_closes_is_caught() {
    let silent: Answers =
        |head, number| (right(head, number).0.replace("Connection: close\r\n", ""), Then::Closes);
    caught(&refused(), silent, "without having said");
}

#[test]
fn one_that_resets_is_caught() {
    let why = failure(&refused(), |head, number| (right(head, number).0, Then::Resets));
    // The reset may also have destroyed the answer.
    assert!(why.contains("reset"), "{why}");
}

#[test]
fn one_that_says_nothing_is_caught() {
    caught(&served(), |_, _| (String::new(), Then::Keeps), "no complete answer came in time");
}

#[test]
fn one_that_sends_content_to_head_is_caught() {
    let with_body: Answers = |head, number| right(&head.replace("HEAD ", "GET "), number);
    caught(&case(HEAD, "200", "next"), with_body, "more than the answers");
}

#[test]
fn one_that_serves_what_it_must_refuse_is_caught() {
    caught(&refused(), |_, number| right(GET, number), "status 200, not 400");
}

#[test]
fn one_that_refuses_what_comes_by_byte_is_caught() {
    // It answers what one read brings, and so takes pieces for requests.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let subject = Subject { address: listener.local_addr().unwrap(), ..serve(right) };
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let mut piece = [0; 1024];
                while let Ok(count @ 1..) = stream.read(&mut piece) {
                    let text = String::from_utf8_lossy(&piece[..count]).into_owned();
                    let whole = text.ends_with("\r\n\r\n") && text.starts_with("GET ");
                    let requests = text.split_inclusive("\r\n\r\n").collect::<Vec<_>>();
                    let requests = if whole { requests } else { vec!["GET / Bad Name:"] };
                    for (text, then) in requests.into_iter().map(|request| right(request, 0)) {
                        if stream.write_all(text.as_bytes()).is_err() || then != Then::Keeps {
                            return;
                        }
                    }
                }
            });
        }
    });
    match play(&served(), &subject) {
        Outcome::Failed(failure) => {
            let why = failure.why;
            // The system may put all bytes together again.
            assert!(
                ["byte by byte: ", "in two pieces, "].iter().any(|w| why.starts_with(w)),
                "{why}"
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn malformed_answers_are_caught() {
    let without_date: Answers =
        |head, number| (right(head, number).0.replace(&format!("{DATE}\r\n"), ""), Then::Keeps);
    caught(&served(), without_date, "0 Date fields");
    let two_framings: Answers = |head, number| {
        let text = right(head, number).0;
        (
            text.replace("Content-Length", "Transfer-Encoding: chunked\r\nContent-Length"),
            Then::Keeps,
        )
    };
    caught(&served(), two_framings, "Content-Length beside Transfer-Encoding");
    let bare_lf: Answers =
        |head, number| (right(head, number).0.replace("\r\n", "\n"), Then::Closes);
    caught(&served(), bare_lf, "without a complete answer");
    let interim: Answers = |head, number| {
        (format!("HTTP/1.1 100 Continue\r\n\r\n{}", right(head, number).0), Then::Keeps)
    };
    caught(&served(), interim, "100");
}

#[test]
fn an_excuse_is_for_a_case_that_fails() {
    let excused =
        |case: DataCase| DataCase { excused: Some("DIFFERENCES.md#x".to_owned()), ..case };
    let silent: Answers = |_, _| (String::new(), Then::Closes);
    let outcome = play(&excused(served()), &serve(silent));
    assert_eq!(outcome, Outcome::Excused { link: "DIFFERENCES.md#x".to_owned() });
    match play(&excused(served()), &serve(right)) {
        Outcome::Failed(failure) => assert!(failure.why.contains("take `excused"), "{failure:?}"),
        other => panic!("{other:?}"),
    }
    // Nobody else is excused.
    let foreign = Subject { is_ours: false, ..serve(silent) };
    assert!(matches!(play(&excused(served()), &foreign), Outcome::Failed(_)));
}

#[test]
fn a_foreign_server_is_held_to_the_rule_only() {
    let other_words: Answers = |head, number| {
        let text = right(head, number).0.replace("400 Bad Request", "431 No");
        (text.replace("Connection: close\r\n", ""), Then::Closes)
    };
    let foreign = Subject { is_ours: false, ..serve(other_words) };
    assert_eq!(play(&refused(), &foreign), Outcome::Passed);
    let serves: Answers = |_, number| (right(GET, number).0, Then::Closes);
    let foreign = Subject { is_ours: false, ..serve(serves) };
    assert!(matches!(play(&refused(), &foreign), Outcome::Failed(_)));
}
