//! Protocols whose bytes go through a layer, by a clock that is advanced.

use socketserver::HandlerError;
use socketserver::engine::{
    Act, End, EngineOptions, Input, Layer, Layered, Patience, Protocol, Rehearsal, Step, Work,
};
use std::io::{self, IoSlice, Write};
use std::time::{Duration, Instant};

/// After `hi` and `ho` small letters are large ones on the wire. `.` is the end, and digits make no sense.
#[derive(Default)]
struct Loud {
    open: bool,
    ended: bool,
    says: Vec<u8>,
}

impl Layer for Loud {
    fn is_open(&self) -> bool {
        self.open
    }

    fn is_ready(&self, wire: &[u8]) -> bool {
        if self.open { !wire.is_empty() } else { wire.len() >= 2 }
    }

    fn open(&mut self, wire: &[u8], plain: &mut Vec<u8>) -> io::Result<usize> {
        if !self.is_ready(wire) {
            return Ok(0);
        }
        if !self.open {
            self.open = wire.starts_with(b"hi");
            self.says.extend(if self.open { b"ho" } else { b"no" });
            return if self.open { Ok(2) } else { Err(io::Error::other("no hi")) };
        }
        match wire[0] {
            b'.' => self.ended = true,
            byte @ b'0'..=b'9' => {
                self.says.push(byte);
                return Err(io::Error::other("a digit"));
            }
            // So that the other side says it again.
            b'?' => self.says.push(b'?'),
            byte => plain.push(byte.to_ascii_lowercase()),
        }
        Ok(1)
    }

    fn has_ended(&self) -> bool {
        self.ended
    }

    fn wants_to_speak(&self) -> bool {
        !self.says.is_empty()
    }

    fn speak(&mut self, wire: &mut Vec<u8>) {
        wire.append(&mut self.says);
    }

    fn seal(&mut self, plain: &[IoSlice<'_>], wire: &mut Vec<u8>) {
        self.speak(wire);
        plain.iter().for_each(|part| wire.extend(part.to_ascii_uppercase()));
    }

    fn end(&mut self, wire: &mut Vec<u8>) {
        wire.push(b'.');
    }
}

/// Answers lines with the same: `wait\n` awaits the next one in its thread, `fail\n`, `big\n` with 200,000 letters, `pull\n` with as
/// many in pieces, `quit\n`.
struct Lines {
    until: Instant,
    left: usize,
}

impl Lines {
    fn line(input: &mut Input<'_>) -> Option<Vec<u8>> {
        let end = input.unused().iter().position(|byte| *byte == b'\n')? + 1;
        let line = input.unused()[..end].to_vec();
        input.consume(end);
        Some(line)
    }
}

impl Protocol for Lines {
    fn receive(&mut self, input: &mut Input<'_>, _now: Instant) -> Step {
        if input.unused().contains(&b'\n') { Step::Run } else { Step::Receive }
    }

    fn run(&mut self, work: &mut Work<'_>) -> Result<Step, HandlerError> {
        if self.left > 0 {
            self.left -= 1;
            work.output.write_all(&[b'x'; 20_000])?;
            return Ok(if self.left > 0 { Step::Run } else { Step::Receive });
        }
        let Some(line) = Self::line(&mut work.input) else {
            work.output.write_all(b"late\n")?;
            return Ok(Step::Close);
        };
        match &*line {
            b"wait\n" => {
                while !work.input.unused().contains(&b'\n') {
                    if work.receive()? == 0 {
                        return Err("the client has gone".into());
                    }
                }
                let next = Self::line(&mut work.input).unwrap_or_default();
                work.output.write_all(&next)?;
            }
            b"big\n" => work.output.write_all(&[b'x'; 200_000])?,
            b"pull\n" => {
                self.left = 10;
                return Ok(Step::Run);
            }
            b"fail\n" => return Err("on purpose".into()),
            b"quit\n" => return Ok(Step::Close),
            line => work.output.write_all(line)?,
        }
        Ok(Step::Receive)
    }

    fn deadline(&mut self, _now: Instant) -> Option<Instant> {
        Some(self.until)
    }

    fn expired(&mut self, _now: Instant) -> Step {
        Step::Run
    }

    fn patience(&self) -> Patience {
        Patience::default().linger(Duration::from_secs(1))
    }

    fn refuse(&mut self, _input: &Input<'_>, answer: &mut Vec<u8>) {
        answer.extend_from_slice(b"busy\n");
    }
}

type Loudly = Rehearsal<Layered<Loud, Lines>>;

const MINUTE: Duration = Duration::from_secs(60);

fn rehearse() -> Loudly {
    let now = Instant::now();
    let layered = Layered::new(Loud::default(), Lines { until: now + MINUTE, left: 0 });
    Rehearsal::with_options(layered, now, &EngineOptions::default())
}

#[track_caller]
fn check(client: &mut Loudly, sent: &str, received: &str) {
    client.send(sent.as_bytes());
    assert_eq!(String::from_utf8(client.receive()).unwrap(), received);
}

#[test]
fn both_sides_agree_and_then_bytes_pass() {
    let mut client = rehearse();
    check(&mut client, "h", "");
    check(&mut client, "iA", "ho");
    check(&mut client, "B\nC", "AB\n");
    check(&mut client, "\nD\nE\n", "C\nD\nE\n");
    check(&mut client, "QUIT\n", ".");
    assert_eq!(client.end(), Some(End::Closed));
    // All of it at once, too.
    check(&mut rehearse(), "hiA\nB\nQUIT\nC\n", "hoA\nB\n.");
}

#[test]
fn who_does_not_agree_in_time_is_closed_without_a_word() {
    for sent in ["", "h"] {
        let mut client = rehearse();
        check(&mut client, sent, "");
        client.advance(MINUTE - Duration::from_millis(1));
        assert_eq!(client.end(), None);
        client.advance(Duration::from_millis(1));
        assert_ne!(client.end(), None);
        assert_eq!(client.receive(), b"");
    }
    // Who has agreed can be told.
    let mut client = rehearse();
    check(&mut client, "hiA", "ho");
    client.advance(MINUTE);
    assert_eq!(client.receive(), b"LATE\n.");
}

#[test]
fn what_makes_no_sense_ends_the_connection_with_what_the_layer_says() {
    for (sent, received) in [("xx", "no"), ("hi7", "ho7"), ("hiA\n7", "ho7"), ("hiA7\n", "ho7")] {
        let mut client = rehearse();
        check(&mut client, sent, received);
        assert_eq!(client.end(), Some(End::Lingering), "{sent}");
        assert!(client.take_failures().is_empty());
        client.advance(Duration::from_secs(1));
        assert_eq!(client.end(), Some(End::Closed));
    }
}

#[test]
fn a_failure_is_the_end_without_a_goodbye() {
    let mut client = rehearse();
    check(&mut client, "hiA\nFAIL\n", "hoA\n");
    assert_ne!(client.end(), None);
    assert_eq!(client.take_failures().len(), 1);
}

#[test]
fn a_client_that_says_goodbye_is_answered_and_left() {
    let mut client = rehearse();
    check(&mut client, "hiA\nB.C\n", "hoA\n.");
    assert_eq!(client.end(), Some(End::Closed));
    let mut client = rehearse();
    client.send(b"hiA\nB");
    client.act(Act::End);
    assert_eq!(client.receive(), b"hoA\n.");
    assert_eq!(client.end(), Some(End::Closed));
}

#[test]
fn the_layer_may_answer_by_itself() {
    check(&mut rehearse(), "hi?A?", "ho??");
    check(&mut rehearse(), "hi?A\n?", "ho??A\n");
}

#[test]
fn a_handler_may_wait_for_what_comes_through_the_layer() {
    let mut client = rehearse();
    client.plan(Duration::from_secs(1), Act::Send(b"B".to_vec()));
    client.plan(Duration::from_secs(2), Act::Send(b"C\nD\n".to_vec()));
    check(&mut client, "hiWAIT\nA", "hoABC\nD\n");
    let mut client = rehearse();
    client.plan(Duration::from_secs(1), Act::Send(b"A.".to_vec()));
    check(&mut client, "hiWAIT\n", "ho");
    assert_eq!(client.take_failures()[0].to_string(), "the client has gone");
}

#[test]
fn what_is_sealed_waits_for_the_client_as_anything_does() {
    for line in ["BIG\n", "PULL\n"] {
        let mut client = rehearse();
        check(&mut client, "hi", "ho");
        client.set_window(1000);
        (1..400).for_each(|n| client.plan(Duration::from_millis(n), Act::Receive));
        client.send(line.as_bytes());
        assert_eq!(client.receive().len(), 200_000, "{line}");
        assert_eq!(client.end(), None);
    }
}

#[test]
fn a_refusal_goes_through_the_layer_and_who_has_not_agreed_gets_none() {
    let mut client = rehearse();
    check(&mut client, "hi", "ho");
    client.set_overloaded(true);
    check(&mut client, "A\n", "BUSY\n.");
    let mut client = rehearse();
    client.set_overloaded(true);
    check(&mut client, "hi", "");
    assert_ne!(client.end(), None);
}

#[test]
fn a_line_that_does_not_end_has_no_more_room_than_without_a_layer() {
    let now = Instant::now();
    let lines = Lines { until: now + MINUTE, left: 0 };
    let mut client = Rehearsal::new(Layered::with_input_buffer(Loud::default(), lines, 100), now);
    client.send(b"hi");
    client.send(&[b'A'; 99]);
    assert_eq!(client.end(), None);
    client.send(b"A");
    assert_ne!(client.end(), None);
}

#[test]
fn idle_clients_are_told_when_the_server_stops() {
    let mut client = rehearse();
    check(&mut client, "hiA\n", "hoA\n");
    client.stop();
    assert_eq!(client.receive(), b".");
    assert_eq!(client.end(), Some(End::Closed));
    let mut client = rehearse();
    check(&mut client, "hiA", "ho");
    client.stop();
    assert_eq!(client.end(), None, "a part of a line has come");
}
