//! Busy threads, failing accepts, full tables.

use super::{Backstage, Client, Gate, bind, options, serving};
use crate::support::deadline;
use socketserver::HandlerError;
use socketserver::engine::{Engine, Input, Overload, Protocol, Step, Work};
use std::io::{BufRead, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn handlers_that_take_their_time_do_not_delay_others() {
    let _deadline = deadline();
    let backstage = Backstage::new();
    let options = options(|options| {
        options.threads = 4;
        options.pollers = 2;
    });
    let engine = Engine::with_options(bind(), backstage.factory(), options);
    serving(&engine, |address| {
        let mut slow: Vec<Client> = (0..3).map(|_| Client::connect(address)).collect();
        slow.iter_mut().for_each(|client| client.send("wait\n"));
        backstage.wait_for(3);
        // One thread is left; also those are served that come now.
        let mut clients: Vec<Client> = (0..8).map(|_| Client::connect(address)).collect();
        for _ in 0..100 {
            for client in &mut clients {
                assert_eq!(client.ask("fast"), "FAST");
            }
        }
        // A slow one may ask for more meanwhile.
        slow[0].send("behind\n");
        backstage.gate.open();
        for client in &mut slow {
            assert_eq!(client.line(), "WAIT");
        }
        assert_eq!(slow[0].line(), "BEHIND");
    });
}

#[test]
fn each_poller_runs_one_besides_as_long_as_there_is_a_thread_left() {
    let _deadline = deadline();
    let backstage = Backstage::new();
    let options = options(|options| {
        options.threads = 2;
        options.pollers = 2;
        options.queue = 0;
    });
    let engine = Engine::with_options(bind(), backstage.factory(), options);
    serving(&engine, |address| {
        let mut slow: Vec<Client> = (0..3).map(|_| Client::connect(address)).collect();
        slow.iter_mut().for_each(|client| client.send("wait\n"));
        backstage.wait_for(3);
        assert_eq!(Client::connect(address).ask("more"), "BUSY");
        backstage.gate.open();
        for client in &mut slow {
            assert_eq!(client.line(), "WAIT");
        }
    });
}

/// Answers with its thread, to `wait` when the gate is open.
struct WhichThread(Gate);

impl Protocol for WhichThread {
    fn receive(&mut self, input: &mut Input<'_>, _now: Instant) -> Step {
        if input.unused().contains(&b'\n') { Step::Run } else { Step::Receive }
    }

    fn run(&mut self, work: &mut Work<'_>) -> Result<Step, HandlerError> {
        if work.input.unused() == b"wait\n" {
            self.0.pass();
        }
        work.input.consume(usize::MAX);
        writeln!(work.output, "{:?}", thread::current().id())?;
        Ok(Step::Receive)
    }
}

#[test]
fn work_that_will_last_goes_to_a_spare_thread_and_the_poller_stays_where_it_is() {
    let _deadline = deadline();
    let options = options(|options| {
        options.pollers = 1;
        // Nothing but the gate takes as long, however busy the machine.
        options.hand_off_after = Duration::from_millis(200);
    });
    let gate = Gate::default();
    let engine = {
        let gate = gate.clone();
        Engine::with_options(bind(), move |_, _| WhichThread(gate.clone()), options)
    };
    serving(&engine, |address| {
        let mut slow = Client::connect(address);
        slow.send("wait\n");
        let mut other = Client::connect(address);
        let poller = other.ask("who");
        gate.open();
        assert_ne!(slow.line(), poller, "it was taken over, since nobody knew");
        gate.close();
        slow.send("wait\n");
        assert_eq!(other.ask("who"), poller, "it has not been this time");
        gate.open();
        assert_ne!(slow.line(), poller);
    });
}

#[test]
fn pollers_that_change_hands_all_the_time_lose_nothing() {
    let _deadline = deadline();
    let backstage = Backstage::new();
    let options = options(|options| {
        options.threads = 3;
        options.pollers = 2;
        options.hand_off_after = Duration::from_micros(50);
    });
    let engine = Engine::with_options(bind(), backstage.factory(), options);
    serving(&engine, |address| {
        thread::scope(|scope| {
            for number in 0..12 {
                scope.spawn(move || {
                    let mut client = Client::connect(address);
                    for round in 0..100 {
                        // Several at once, the lasting one at any place.
                        let mut lines = vec![format!("{number} {round}"); 1 + round % 4];
                        lines[(number * round) % (1 + round % 4)] = "spin".to_owned();
                        client.send(&(lines.join("\n") + "\n"));
                        for line in lines {
                            assert_eq!(client.line(), line.to_uppercase());
                        }
                    }
                });
            }
        });
    });
}

#[test]
fn work_waits_for_a_thread_and_what_the_queue_cannot_hold_is_refused() {
    let _deadline = deadline();
    let backstage = Backstage::new();
    let options = options(|options| {
        options.threads = 2;
        options.pollers = 1;
        options.queue = 3;
    });
    let engine = Engine::with_options(bind(), backstage.factory(), options);
    serving(&engine, |address| {
        let mut slow: Vec<Client> = (0..2).map(|_| Client::connect(address)).collect();
        slow.iter_mut().for_each(|client| client.send("wait\n"));
        backstage.wait_for(2);
        let mut queued: Vec<Client> = (0..10).map(|_| Client::connect(address)).collect();
        queued.iter_mut().for_each(|client| client.send("queued\n"));
        let refused = queued.iter_mut().skip(3).map(Client::line).collect::<Vec<_>>();
        assert_eq!(refused, ["BUSY"; 7]);
        backstage.gate.open();
        for client in slow.iter_mut() {
            assert_eq!(client.line(), "WAIT");
        }
        for client in queued.iter_mut().take(3) {
            assert_eq!(client.line(), "QUEUED");
        }
    });
}

#[test]
fn or_nothing_is_refused_and_further_clients_wait_to_be_accepted() {
    let _deadline = deadline();
    check_that_nobody_is_refused(2);
    // Without a queue they wait as soon as somebody waits.
    check_that_nobody_is_refused(0);
}

fn check_that_nobody_is_refused(queue: usize) {
    let backstage = Backstage::new();
    let options = options(|options| {
        options.threads = 1;
        options.pollers = 1;
        options.queue = queue;
        options.overload = Overload::Wait;
    });
    let engine = Engine::with_options(bind(), backstage.factory(), options);
    serving(&engine, |address| {
        let mut slow = Client::connect(address);
        slow.send("wait\n");
        backstage.wait_for(1);
        let mut queued: Vec<Client> = (0..20).map(|_| Client::connect(address)).collect();
        queued.iter_mut().for_each(|client| client.send("queued\n"));
        backstage.gate.open();
        for client in &mut queued {
            assert_eq!(client.line(), "QUEUED");
        }
    });
}

#[test]
fn beyond_the_limit_of_connections_the_one_that_was_idle_longest_gives_way() {
    let _deadline = deadline();
    let backstage = Backstage::new();
    let options = options(|options| {
        options.pollers = 1;
        options.max_connections = 3;
    });
    let engine = Engine::with_options(bind(), backstage.factory(), options);
    serving(&engine, |address| {
        let mut silent = Client::connect(address);
        let mut first = Client::connect(address);
        assert_eq!(first.ask("in"), "IN");
        let mut second = Client::connect(address);
        assert_eq!(second.ask("in"), "IN");
        // Who has not said anything yet may be about to, so it is not the first to go.
        let mut others = Vec::new();
        for leaving in [&mut first, &mut second, &mut silent] {
            let mut other = Client::connect(address);
            other.send("half a line");
            others.push(other);
            assert_eq!(leaving.line(), "", "it is closed");
        }
        // Nobody is idle now.
        let mut outside = Client::connect(address);
        outside.send("in\n");
        outside.0.get_ref().set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        assert!(outside.0.read_line(&mut String::new()).is_err(), "it waits");
        outside.0.get_ref().set_read_timeout(None).unwrap();
        drop(others.pop());
        assert_eq!(outside.line(), "IN");
        for other in &mut others {
            assert_eq!(other.ask(""), "HALF A LINE");
        }
    });
}

/// Answers `ENDLESS` to `e`, line after line, and `HELLO` to everything else.
struct Endless(bool);

impl Protocol for Endless {
    fn receive(&mut self, input: &mut Input<'_>, _now: Instant) -> Step {
        if input.unused().contains(&b'\n') { Step::Run } else { Step::Receive }
    }

    fn run(&mut self, work: &mut Work<'_>) -> Result<Step, HandlerError> {
        self.0 |= work.input.unused().starts_with(b"e");
        work.input.consume(usize::MAX);
        work.output.write_all(if self.0 { b"ENDLESS\n" } else { b"HELLO\n" })?;
        let again = self.0 && !work.is_stopping();
        Ok(if again { Step::Run } else { Step::Receive })
    }
}

#[test]
fn an_answer_without_end_for_a_quick_client_leaves_its_thread_to_others() {
    let _deadline = deadline();
    let options = options(|options| options.threads = 1);
    let engine = Engine::with_options(bind(), |_, _| Endless(false), options);
    serving(&engine, |address| {
        let asked = &AtomicBool::new(false);
        thread::scope(|scope| {
            let mut endless = Client::connect(address);
            assert_eq!(endless.ask("e"), "ENDLESS");
            let reading = scope.spawn(move || {
                while !asked.load(Ordering::Relaxed) {
                    assert_eq!(endless.line(), "ENDLESS");
                }
            });
            let mut other = Client::connect(address);
            for _ in 0..20 {
                assert_eq!(other.ask("hello"), "HELLO");
            }
            assert!(!reading.is_finished(), "it goes on in between");
            asked.store(true, Ordering::Relaxed);
        });
    });
}
