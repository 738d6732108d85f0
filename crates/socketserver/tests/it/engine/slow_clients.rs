//! Clients that do nothing, or next to nothing.

use super::hooks::Hooked;
use super::{Backstage, Client, bind, options, serving};
use crate::support::deadline;
use socketserver::MinRate;
use socketserver::engine::{Engine, Patience};
use std::io::{Read, Write};
use std::sync::atomic::Ordering;
use std::time::Duration;

#[test]
fn two_hundred_slow_clients_neither_delay_others_nor_outlive_their_deadlines() {
    let _deadline = deadline();
    let mut backstage = Backstage::new();
    backstage.patience = Duration::from_secs(2);
    let grace = Duration::from_secs(1);
    backstage.slowness = Patience::default()
        .write_rate(Some(MinRate { grace, bytes_per_second: 1 << 30 }))
        .linger(Duration::from_millis(100));
    let options = options(|options| {
        options.threads = 4;
    });
    let engine = Engine::with_options(Hooked::new(), backstage.factory(), options);
    serving(&engine, |address| {
        let mut crowd: Vec<Client> = (0..200).map(|_| Client::connect(address)).collect();
        for (index, client) in crowd.iter_mut().enumerate() {
            match index % 5 {
                0 => {}
                1 | 2 => client.send("half a li"),
                3 => client.send("big\n"),
                _ => client.send("pull\n"),
            }
        }
        // None of the forty and forty that do not read what they asked for holds the last threads.
        backstage.wait_for(80);
        let mut normal = Client::connect(address);
        while engine.inner().closed.load(Ordering::SeqCst) < crowd.len() {
            for dripping in crowd.iter_mut().skip(2).step_by(5) {
                // It may be over already, which is what is being waited for.
                let _ = dripping.0.get_mut().write(b".");
            }
            assert_eq!(normal.ask("hello"), "HELLO");
        }
        for client in crowd.iter_mut().skip(3).step_by(5) {
            let mut rest = Vec::new();
            assert!(
                client.0.read_to_end(&mut rest).is_err(),
                "a part does not look like the whole"
            );
        }
    });
    assert_eq!(*engine.inner().errors.lock().unwrap(), [""; 0], "slow clients are no errors");
}

#[test]
fn handlers_that_wait_for_their_clients_cannot_take_all_threads() {
    let _deadline = deadline();
    let backstage = Backstage::new();
    let options = options(|options| {
        options.threads = 2;
        options.waiting_threads = Some(1);
        options.spill = 0;
    });
    let engine = Engine::with_options(bind(), backstage.factory(), options);
    serving(&engine, |address| {
        let mut first = Client::connect(address);
        first.send("receive\n");
        backstage.wait_for(1);
        let mut others: Vec<Client> = (0..4).map(|_| Client::connect(address)).collect();
        others.iter_mut().for_each(|client| client.send("big\n"));
        backstage.wait_for(4);
        let mut normal = Client::connect(address);
        assert_eq!(normal.ask("hello"), "HELLO");
        // The one that waits in its thread gets what it waits for.
        first.send("thanks\n");
        assert_eq!(first.line(), "THANKS");
    });
}

#[test]
fn a_client_that_pipelines_and_never_reads_is_held_back() {
    let _deadline = deadline();
    let backstage = Backstage::new();
    let engine = Engine::new(bind(), backstage.factory());
    serving(&engine, |address| {
        let client = Client::connect(address);
        let stream = client.0.get_ref();
        stream.set_nonblocking(true).unwrap();
        let requests = "0123456789\n".repeat(10_000);
        let mut sent = 0;
        let mut full = 0;
        // Full for as long as a normal client is served fifty times: nobody takes any more.
        let mut normal = Client::connect(address);
        while full < 50 && sent < 1 << 30 {
            match (&*stream).write(requests.as_bytes()) {
                Ok(count) => {
                    sent += count;
                    full = 0;
                }
                Err(_) => {
                    full += 1;
                    assert_eq!(normal.ask("hello"), "HELLO");
                }
            }
        }
        assert!(sent < 1 << 30, "the engine keeps {sent} bytes for a client that does not read");
    });
}
