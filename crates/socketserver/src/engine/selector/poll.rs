//! Everywhere else: `poll` over the sockets that wait.
//!
//! Nothing is registered; each wait lists what is parked, so what it costs grows with the number of
//! connections.

use super::{Interest, Readiness, Selector, Wait};
use crate::engine::wire::{LONGEST_WAIT, timespec};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use socket2::SockRef;
use std::io;
use std::time::{Duration, Instant};

/// A selector that keeps only what it has found.
#[derive(Debug)]
pub(in crate::engine) struct Poll(Vec<(u32, Readiness)>);

impl Selector for Poll {
    fn new() -> io::Result<Self> {
        Ok(Self(Vec::new()))
    }

    fn add(&mut self, _socket: &SockRef<'_>, _token: u32) -> io::Result<()> {
        Ok(())
    }

    fn add_listener(&mut self, _socket: &SockRef<'_>, _token: u32) -> io::Result<()> {
        Ok(())
    }

    fn remove(&mut self, _socket: &SockRef<'_>) {}

    fn watch_writes(&mut self, _socket: &SockRef<'_>, _token: u32) -> io::Result<()> {
        Ok(())
    }

    fn wait<'s>(
        &mut self,
        parked: impl Iterator<Item = (u32, SockRef<'s>, Interest)>,
        wait: Wait,
    ) -> io::Result<()> {
        self.0.clear();
        let sockets: Vec<_> = parked.collect();
        let mut descriptors: Vec<_> = sockets
            .iter()
            .map(|(_, socket, interest)| {
                let flags = match interest {
                    Interest::Read => PollFlags::IN,
                    Interest::Write => PollFlags::OUT,
                };
                PollFd::new(&**socket, flags)
            })
            .collect();
        let timeout = match wait {
            Wait::No => Duration::ZERO,
            Wait::Until(instant) => instant.saturating_duration_since(Instant::now()),
            Wait::ForEver => LONGEST_WAIT,
        };
        match poll(&mut descriptors, Some(&timespec(timeout.min(LONGEST_WAIT)))) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        for ((token, ..), descriptor) in sockets.iter().zip(&descriptors) {
            let flags = descriptor.revents();
            if !flags.is_empty() {
                let hangup = flags.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL);
                let readable = hangup || flags.contains(PollFlags::IN);
                self.0.push((*token, Readiness { readable, hangup }));
            }
        }
        Ok(())
    }

    fn events(&mut self) -> impl Iterator<Item = (u32, Readiness)> {
        self.0.drain(..)
    }
}

/// The engine on this selector, also where it is not the system's.
#[cfg(test)]
mod tests {
    use super::Poll;
    use crate::HandlerError;
    use crate::engine::{Engine, Input, Protocol, Step, Work};
    use std::io::{Read, Write};
    use std::net::{Shutdown, TcpStream};
    use std::thread;
    use std::time::{Duration, Instant};

    /// Answers each `n` with a MiB, and an `x` never.
    struct Many(Instant);

    const MANY: usize = 1024 * 1024;

    impl Protocol for Many {
        fn receive(&mut self, input: &mut Input<'_>, _now: Instant) -> Step {
            if input.unused().starts_with(b"n") { Step::Run } else { Step::Receive }
        }

        fn run(&mut self, work: &mut Work<'_>) -> Result<Step, HandlerError> {
            work.input.consume(1);
            work.output.write_all(&vec![b'.'; MANY])?;
            Ok(Step::Receive)
        }

        fn deadline(&mut self, _now: Instant) -> Option<Instant> {
            Some(self.0)
        }
    }

    #[test]
    fn many_clients_are_served_and_silent_ones_closed_and_it_stops() {
        let engine =
            Engine::bind("127.0.0.1:0", |_, now| Many(now + Duration::from_millis(300))).unwrap();
        let connect = || TcpStream::connect(engine.server_address()).unwrap();
        thread::scope(|scope| {
            let served = scope.spawn(|| engine.serve_with::<Poll>());
            let mut silent = [connect(), connect()];
            silent[1].write_all(b"x").unwrap();
            for _ in 0..3 {
                let mut clients: Vec<TcpStream> = (0..8).map(|_| connect()).collect();
                for client in &mut clients {
                    client.write_all(b"nnn").unwrap();
                    client.shutdown(Shutdown::Write).unwrap();
                }
                for client in &mut clients {
                    let mut answer = Vec::new();
                    client.read_to_end(&mut answer).unwrap();
                    assert_eq!(answer.len(), 3 * MANY);
                }
            }
            for client in &mut silent {
                assert_eq!(client.read(&mut [0]).unwrap(), 0);
            }
            engine.shutdown();
            served.join().unwrap().unwrap();
        });
    }
}
