//! A test of the one moment in which two threads want the same poller.

use super::lead::Lead;
use super::selector::SystemSelector;
use super::slot::Slot;
use super::{Input, NoHandler, Protocol, Step, Work};
use crate::wakeup::Wakeup;
use crate::{HandlerError, TcpServer};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

struct Nothing;

impl Protocol for Nothing {
    fn receive(&mut self, _: &mut Input<'_>, _: Instant) -> Step {
        Step::Close
    }

    fn run(&mut self, _: &mut Work<'_>) -> Result<Step, HandlerError> {
        Ok(Step::Close)
    }
}

#[test]
fn a_latecomer_that_looks_for_its_lead_does_not_take_it_from_who_polls() {
    let server = TcpServer::bind("127.0.0.1:0", NoHandler).unwrap();
    let socket = server.socket().unwrap();
    let lead = |wakeup: &Wakeup| {
        Lead::<TcpServer<NoHandler>, Nothing, SystemSelector>::new(
            socket,
            server.transport(),
            true,
            false,
            0,
            wakeup,
        )
    };
    let slot = Slot::new(lead).unwrap();
    let done = AtomicBool::new(false);
    let mut lead = slot.take_over();
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..100_000 {
                // Its work began long ago, and many others have polled since; and now it looks at the wrong moment.
                assert!(slot.take_back(1).is_none());
                assert!(slot.take_if(|_| false).is_none());
            }
            done.store(true, Ordering::Relaxed);
        });
        while !done.load(Ordering::Relaxed) {
            let Some(held) = lead else { break };
            let phase = slot.lay_down(held);
            lead = slot.take_back(phase);
        }
        assert!(lead.is_some(), "nobody has taken it over, and yet it is gone");
    });
}
