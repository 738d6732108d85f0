//! A line protocol on the engine: each line is answered, in order, by a handler that may block.
//!
//! ```text
//! cargo run -p socketserver --example line_server -- [ADDRESS]
//! ```
//!
//! `sleep N` answers after N milliseconds, without delaying other clients; `count N` answers with N lines, made
//! as the client takes them; `quit` closes. Anything else comes back in capitals. A line may have 1,000 bytes, and
//! 5 seconds to arrive.

use socketserver::HandlerError;
use socketserver::engine::{Engine, Input, Protocol, Step, Work};
use std::env;
use std::io::{self, Write};
use std::thread;
use std::time::{Duration, Instant};

/// One connection.
struct LineProtocol {
    /// When the line that has begun must be here.
    deadline: Instant,
    begun: bool,
    /// What is wrong with the client, for `run` to say.
    complaint: Option<&'static str>,
    /// How many lines of a `count` are still to be made.
    remaining: u64,
}

const LONGEST: usize = 1000;
const PATIENCE: Duration = Duration::from_secs(5);
const IDLE: Duration = Duration::from_secs(60);

impl LineProtocol {
    fn new(now: Instant) -> Self {
        Self { deadline: now + IDLE, begun: false, complaint: None, remaining: 0 }
    }

    fn complain(&mut self, words: &'static str) -> Step {
        self.complaint = Some(words);
        Step::Run
    }

    /// Answers one line: the handler.
    fn handle(&mut self, line: &str, work: &mut Work<'_>) -> io::Result<Step> {
        let (command, argument) = line.split_once(' ').unwrap_or((line, ""));
        match (command, argument.parse()) {
            ("sleep", Ok(millis)) => {
                thread::sleep(Duration::from_millis(millis));
                writeln!(work.output, "slept")?;
            }
            ("count", Ok(count)) => {
                self.remaining = count;
                return self.count(work);
            }
            ("quit", _) => {
                writeln!(work.output, "bye")?;
                return Ok(Step::Close);
            }
            _ => writeln!(work.output, "{}", line.to_uppercase())?,
        }
        Ok(if work.is_stopping() { Step::Close } else { Step::Receive })
    }

    /// Makes some lines; the rest when the client has taken these.
    fn count(&mut self, work: &mut Work<'_>) -> io::Result<Step> {
        for _ in 0..self.remaining.min(1000) {
            writeln!(work.output, "{}", self.remaining)?;
            self.remaining -= 1;
        }
        Ok(if self.remaining > 0 { Step::Run } else { Step::Receive })
    }
}

impl Protocol for LineProtocol {
    fn receive(&mut self, input: &mut Input<'_>, now: Instant) -> Step {
        if input.unused().contains(&b'\n') {
            return Step::Run;
        }
        if input.unused().len() > LONGEST {
            return self.complain("this line is too long");
        }
        // The deadline of a line does not move while it drips in.
        let begins = !input.unused().is_empty();
        if !begins {
            self.deadline = now + IDLE;
        } else if !self.begun {
            self.deadline = now + PATIENCE;
        }
        self.begun = begins;
        Step::Receive
    }

    fn run(&mut self, work: &mut Work<'_>) -> Result<Step, HandlerError> {
        if let Some(words) = self.complaint {
            writeln!(work.output, "{words}")?;
            return Ok(Step::Linger);
        }
        if self.remaining > 0 {
            return Ok(self.count(work)?);
        }
        let received = work.input.unused();
        let end = received.iter().position(|&byte| byte == b'\n').unwrap_or(received.len());
        let line = String::from_utf8_lossy(&received[..end]).trim_end().to_owned();
        work.input.consume(end + 1);
        self.begun = false;
        self.deadline = Instant::now() + IDLE;
        Ok(self.handle(&line, work)?)
    }

    fn deadline(&mut self, _now: Instant) -> Option<Instant> {
        Some(self.deadline)
    }

    fn expired(&mut self, _now: Instant) -> Step {
        if self.begun { self.complain("this line takes too long") } else { Step::Close }
    }

    fn refuse(&mut self, _input: &Input<'_>, answer: &mut Vec<u8>) {
        answer.extend_from_slice(b"too busy, try again later\n");
    }
}

fn main() -> io::Result<()> {
    let address = env::args().nth(1).unwrap_or_else(|| "localhost:0".to_owned());
    let engine = Engine::bind(address, |_, now| LineProtocol::new(now))?;
    println!("Serving on {}", engine.server_address());
    engine.serve_forever()
}
