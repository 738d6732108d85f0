//! The end.

use super::{Backstage, Client, bind, options};
use crate::support::deadline;
use socketserver::Misuse;
use socketserver::engine::{Engine, Input, Protocol, Step, Work};
use socketserver::{HandlerError, ShutdownHandle};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn an_idle_engine_ends_at_once_with_all_its_connections() {
    let _deadline = deadline();
    let mut best = Duration::MAX;
    // The best of some, because other tests run at the same time.
    for _ in 0..20 {
        let backstage = Backstage::new();
        let engine = Engine::new(bind(), backstage.factory());
        let address = engine.server_address();
        thread::scope(|scope| {
            let served = scope.spawn(|| engine.serve_forever());
            let mut clients: Vec<Client> = (0..50).map(|_| Client::connect(address)).collect();
            for client in &mut clients {
                assert_eq!(client.ask("hello"), "HELLO");
            }
            let began = Instant::now();
            engine.shutdown();
            best = best.min(began.elapsed());
            served.join().unwrap().unwrap();
            for client in &mut clients {
                assert_eq!(client.line(), "");
            }
            assert!(TcpStream::connect(address).is_err(), "it listens no more");
        });
        let error = engine.serve_forever().unwrap_err();
        assert!(matches!(Misuse::of(&error), Some(Misuse::Closed)));
    }
    assert!(best < Duration::from_millis(10), "shutdown took {best:?}");
}

#[test]
fn running_requests_are_answered_and_told_that_it_is_the_last_time() {
    let _deadline = deadline();
    let backstage = Backstage::new();
    let engine = Engine::new(bind(), backstage.factory());
    let address = engine.server_address();
    thread::scope(|scope| {
        let served = scope.spawn(|| engine.serve_forever());
        let mut idle = Client::connect(address);
        assert_eq!(idle.ask("hello"), "HELLO");
        let mut running = Client::connect(address);
        running.send("wait\n");
        backstage.wait_for(2);
        engine.shutdown_handle().request_shutdown();
        assert_eq!(idle.line(), "", "who is idle is closed at once");
        assert!(!served.is_finished());
        backstage.gate.open();
        assert_eq!([running.line(), running.line()], ["WAIT", ""]);
        served.join().unwrap().unwrap();
    });
}

#[test]
fn what_was_sent_before_the_stop_is_answered() {
    let _deadline = deadline();
    for _ in 0..20 {
        let backstage = Backstage::new();
        let engine = Engine::new(bind(), backstage.factory());
        let address = engine.server_address();
        thread::scope(|scope| {
            let served = scope.spawn(|| engine.serve_forever());
            let mut clients: Vec<Client> = (0..20).map(|_| Client::connect(address)).collect();
            for client in &mut clients {
                assert_eq!(client.ask("hello"), "HELLO");
            }
            // Some are known to the engine, and some wait to be accepted.
            clients.extend((0..80).map(|_| Client::connect(address)));
            clients.iter_mut().for_each(|client| client.send("last\n"));
            engine.shutdown_handle().request_shutdown();
            for client in &mut clients {
                assert_eq!([client.line(), client.line()], ["LAST", ""]);
            }
            served.join().unwrap().unwrap();
        });
    }
}

#[test]
fn no_thread_is_left() {
    let _deadline = deadline();
    let backstage = Backstage::new();
    let (lines, probe) = (backstage.factory(), Arc::new(()));
    let held = Arc::clone(&probe);
    let factory = move |address: &SocketAddr, now| {
        let _ = &held;
        lines(address, now)
    };
    let options = options(|options| options.threads = 6);
    let engine = Engine::with_options(bind(), factory, options);
    super::serving(&engine, |address| {
        let mut slow: Vec<Client> = (0..5).map(|_| Client::connect(address)).collect();
        slow.iter_mut().for_each(|client| client.send("wait\n"));
        backstage.wait_for(5);
        backstage.gate.open();
    });
    drop(engine);
    // Each thread holds the factory.
    while Arc::strong_count(&probe) > 1 {
        thread::yield_now();
    }
}

/// A handler stays behind; the test lets it go.
fn check_that_nobody_waits(graceful: Duration, requests: usize) {
    let _deadline = deadline();
    let backstage = Backstage::new();
    let options = options(|options| options.graceful = graceful);
    let engine = Engine::with_options(bind(), backstage.factory(), options);
    let address = engine.server_address();
    thread::scope(|scope| {
        let served = scope.spawn(|| engine.serve_forever());
        let mut running = Client::connect(address);
        running.send("wait\n");
        backstage.wait_for(1);
        for _ in 0..requests {
            engine.shutdown_handle().request_shutdown();
        }
        served.join().unwrap().unwrap();
        backstage.gate.open();
        // Its answer may still leave, but then it ends.
        while !running.line().is_empty() {}
    });
}

#[test]
fn a_second_request_to_stop_does_not_wait_for_running_requests() {
    check_that_nobody_waits(Duration::from_secs(1000), 2);
}

#[test]
fn a_graceful_stop_has_its_time() {
    check_that_nobody_waits(Duration::from_millis(50), 1);
}

/// Shuts its own engine down.
struct Suicidal(Arc<OnceLock<ShutdownHandle>>);

impl Protocol for Suicidal {
    fn receive(&mut self, input: &mut Input<'_>, _now: Instant) -> Step {
        if input.unused().is_empty() { Step::Receive } else { Step::Run }
    }

    fn run(&mut self, work: &mut Work<'_>) -> Result<Step, HandlerError> {
        work.input.consume(usize::MAX);
        self.0.get().unwrap().shutdown();
        Ok(Step::Receive)
    }
}

#[test]
fn a_handler_that_shuts_its_own_engine_down_does_not_wait_for_itself() {
    let _deadline = deadline();
    let handle = Arc::new(OnceLock::new());
    let handles = Arc::clone(&handle);
    let engine = Engine::new(bind(), move |_, _| Suicidal(Arc::clone(&handles)));
    handle.set(engine.shutdown_handle()).unwrap();
    thread::scope(|scope| {
        let served = scope.spawn(|| engine.serve_forever());
        let mut client = Client::connect(engine.server_address());
        client.send("now");
        served.join().unwrap().unwrap();
        assert_eq!(client.line(), "");
    });
}

#[test]
fn a_shutdown_before_the_engine_runs_ends_it_when_it_does() {
    let _deadline = deadline();
    let backstage = Backstage::new();
    let engine = Engine::new(bind(), backstage.factory());
    engine.shutdown();
    engine.serve_forever().unwrap();
}
