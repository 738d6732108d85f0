//! What the two halves of an exchange share: the way to the client.

use crate::deadlines::DRAIN_BYTES;
#[cfg(all(unix, feature = "cgi"))]
use socketserver::Presence;
use std::io::{self, IoSlice};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How an exchange reaches its client. Each driver has its own; all waiting and every deadline is in there.
pub(crate) trait Wire: Send {
    /// Reads some bytes of the request body, at least one; 0 is the end of the connection.
    fn receive(&mut self, buf: &mut [u8]) -> io::Result<usize>;

    /// Sends all of these, one after the other.
    fn send(&mut self, parts: &mut [IoSlice<'_>]) -> io::Result<()>;

    /// The handler is done: what is received from now on is dropped, and not waited for as long.
    fn start_draining(&mut self);

    /// Whether this request should be the last of its connection, because others need the server.
    fn is_last(&self) -> bool;

    /// Whether the client has taken all that was sent, so that more can follow without waiting for it.
    fn has_room(&self) -> bool;

    /// What is the matter with the client, if a call above has failed.
    fn trouble(&self) -> Option<Trouble>;

    /// What can be seen of the client, for who waits for something else.
    #[cfg(all(unix, feature = "cgi"))]
    fn presence(&self) -> Presence {
        Presence::There
    }

    /// Whether the server has been told to stop.
    #[cfg(all(unix, feature = "cgi"))]
    fn stopping(&self) -> Stopping {
        Stopping::No
    }

    /// Takes the client for gone.
    #[cfg(all(unix, feature = "cgi"))]
    fn give_up(&mut self) {}
}

/// How long a server that is told to stop waits for handlers that run.
#[cfg(all(unix, feature = "cgi"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stopping {
    No,
    /// Until they end.
    Patiently,
    /// No longer.
    Now,
}

/// What can be the matter with a client. Nothing else is a reason to call an error of a handler the client's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It closed or reset the connection, or took the response too slowly: it can be sent nothing more.
    Gone,
    /// It did not send in time.
    TooSlow,
    /// It would have to be waited for, and too many threads wait for clients already.
    Unattended,
}

/// What both drivers tell of a client that was waited for in vain.
pub(crate) const SENDS_TOO_SLOWLY: &str = "the client sends too slowly";
pub(crate) const TAKES_TOO_SLOWLY: &str = "the client takes the response too slowly";

/// The way to the client, as the response has it.
pub(crate) enum Link<'a> {
    /// The request is here with all of its body: nobody else needs the way.
    Own(&'a mut dyn Wire),
    /// The body comes while the handler runs, with more to know about it.
    Shared(&'a SharedLink<'a>),
}

/// The way to the client, shared by [`RequestBody`](super::RequestBody) and [`ResponseBody`](super::ResponseBody).
///
/// A mutex, because the body may travel to another thread; it is never contended while one handler runs.
pub(crate) struct SharedLink<'a> {
    state: Mutex<LinkState<'a>>,
}

pub(crate) struct LinkState<'a> {
    pub(crate) wire: &'a mut dyn Wire,
    pub(crate) interim: Interim,
    pub(crate) body: BodyState,
    /// How many bytes of the body are certain to come. Kept here because a handler may have taken the body away.
    pub(crate) body_left: u64,
}

/// What has become of the client's `Expect: 100-continue`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interim {
    /// The client did not ask, or it has its answer.
    Settled,
    /// The client waits, and nobody has promised it anything.
    Asked,
    /// `100 Continue` goes out before the first wait for the body.
    Promised,
}

/// How far the request body has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyState {
    /// Some of it may still be on its way.
    Open,
    /// Read to its end, or there is none: the next request may follow.
    Complete,
    /// Cut short or malformed: nothing after it makes sense.
    Broken,
}

impl Link<'_> {
    /// Sends all of these; part of the final response or not.
    pub(crate) fn send(&mut self, parts: &mut [IoSlice<'_>], is_final: bool) -> io::Result<()> {
        match self {
            Self::Own(wire) => wire.send(parts),
            Self::Shared(link) => {
                let mut link = link.lock();
                if is_final {
                    // RFC 9110 §10.1.1: no 100 after the final response has begun.
                    link.interim = Interim::Settled;
                }
                link.wire.send(parts)
            }
        }
    }

    /// Notes that the client has got its `100 Continue`.
    pub(crate) fn settle_interim(&self) {
        if let Self::Shared(link) = self {
            link.lock().interim = Interim::Settled;
        }
    }

    /// Promises the client its `100 Continue`, if it waits for one.
    pub(crate) fn promise_interim(&self) {
        if let Self::Shared(link) = self {
            let mut link = link.lock();
            if link.interim == Interim::Asked {
                link.interim = Interim::Promised;
            }
        }
    }

    /// Whether this request should be the last of its connection, because others need the server.
    pub(crate) fn is_last(&self) -> bool {
        self.ask(|wire| wire.is_last())
    }

    /// Whether the client has taken all that was sent.
    pub(crate) fn has_room(&self) -> bool {
        self.ask(|wire| wire.has_room())
    }

    /// What is the matter with the client, if anything is.
    pub(crate) fn trouble(&self) -> Option<Trouble> {
        self.ask(|wire| wire.trouble())
    }

    /// How far the request body has come.
    pub(crate) fn body(&self) -> BodyState {
        match self {
            Self::Own(_) => BodyState::Complete,
            Self::Shared(link) => link.lock().body,
        }
    }

    /// Whether no request can follow because of what is left of the body of this one.
    pub(crate) fn forbids_reuse(&self) -> bool {
        match self {
            Self::Own(_) => false,
            Self::Shared(link) => link.lock().forbids_reuse(),
        }
    }

    /// The handler is done: what is received from now on is dropped.
    pub(crate) fn start_draining(&mut self) {
        if let Self::Shared(link) = self {
            link.lock().wire.start_draining();
        }
    }

    /// What can be seen of the client, for who waits for something else.
    #[cfg(all(unix, feature = "cgi"))]
    pub(crate) fn presence(&self) -> Presence {
        self.ask(|wire| wire.presence())
    }

    /// Whether the server has been told to stop.
    #[cfg(all(unix, feature = "cgi"))]
    pub(crate) fn stopping(&self) -> Stopping {
        self.ask(|wire| wire.stopping())
    }

    /// Takes the client for gone.
    #[cfg(all(unix, feature = "cgi"))]
    pub(crate) fn give_up(&mut self) {
        match self {
            Self::Own(wire) => wire.give_up(),
            Self::Shared(link) => link.lock().wire.give_up(),
        }
    }

    fn ask<T>(&self, question: impl FnOnce(&dyn Wire) -> T) -> T {
        match self {
            Self::Own(wire) => question(&**wire),
            Self::Shared(link) => question(&*link.lock().wire),
        }
    }
}

impl LinkState<'_> {
    fn forbids_reuse(&self) -> bool {
        match self.body {
            BodyState::Complete => false,
            BodyState::Broken => true,
            // A client that waits for 100 may send its body after the final response or not: nobody can know.
            BodyState::Open => self.interim != Interim::Settled || self.body_left > DRAIN_BYTES,
        }
    }
}

impl<'a> SharedLink<'a> {
    pub(crate) fn new(wire: &'a mut dyn Wire, interim: Interim, body: BodyState) -> Self {
        Self { state: Mutex::new(LinkState { wire, interim, body, body_left: 0 }) }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, LinkState<'a>> {
        // A panic within a read or write leaves nothing half-done that matters: the connection closes after it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
