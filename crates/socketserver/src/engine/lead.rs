//! What the thread that polls holds, and hands over: a poller with its selector and its listener.

use super::conn::{Conn, Outcome, Scratch};
use super::crew::Crew;
use super::options::Overload;
use super::poller::{Desk, Poller};
use super::protocol::Protocol;
use super::selector::{Interest, Selector, Wait};
use super::slot::Slot;
use super::wire::is_ready;
use super::{PollableConnection, ProtocolClass};
use crate::backoff::{Backoff, is_exhaustion};
use crate::request_handler::catch_panic;
use crate::wakeup::Wakeup;
use crate::{AddressOf, BaseServer, Connection, RequestOf, Transport};
use socket2::SockRef;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// A connection of a server `S`.
pub(super) type ConnOf<S, P> = Box<Conn<RequestOf<S>, AddressOf<S>, P>>;

/// A connection that comes back to its poller, or without a number from another one, and what it needs.
pub(super) type Returned<S, P> = (Option<u32>, ConnOf<S, P>, Outcome);

/// Only one thread at a time has it: the one that polls.
pub(super) struct Lead<S: BaseServer, P, L> {
    pub(super) poller: Poller<RequestOf<S>, AddressOf<S>, P>,
    pub(super) selector: L,
    listener: Option<Listener<S>>,
    stopping: bool,
    /// How many of the connections that stay are in the slot's count.
    counted: usize,
}

/// The listening socket, and how it is doing.
struct Listener<S: BaseServer> {
    socket: Arc<<S::Transport as Transport>::Socket>,
    /// Whether it is the server's, so that the server's hook accepts from it.
    shared: bool,
    /// Each of its connections has to be told that small segments are sent at once.
    nodelay: bool,
    /// From now on connections know that from the listener; those in its queue may not.
    hands_on_nodelay: bool,
    /// The selector tells when somebody comes. Of those who share the server's socket only the first is told: one thread that
    /// is awake already accepts more cheaply than several that are woken each. The others are asked to help.
    watched: bool,
    /// Somebody may be waiting in its queue.
    waiting: bool,
    /// Accepting has failed, or there is no room: until then it is left alone.
    rest_until: Option<Instant>,
    backoff: Backoff,
}

/// The selector's number of the listener; connections have small ones.
const LISTENER: u32 = u32::MAX;
/// That of the wake-up.
const WAKEUP: u32 = u32::MAX - 1;
/// So many connections are accepted in a row, then it is the turn of those that are there.
const ACCEPTS_PER_TURN: u32 = 64;
/// So many such turns at the end: as many connections as a backlog holds.
const LAST_TURNS: u32 = 64;
/// How soon to look again whether there is room for another connection.
const FULL: Duration = Duration::from_millis(10);

impl<S, P, L> Lead<S, P, L>
where
    S: BaseServer + 'static,
    RequestOf<S>: PollableConnection,
    P: Protocol,
    L: Selector,
{
    pub(super) fn new(
        socket: Arc<<S::Transport as Transport>::Socket>,
        transport: &S::Transport,
        shared: bool,
        nodelay: bool,
        index: usize,
        wakeup: &Wakeup,
    ) -> io::Result<Self> {
        let mut selector = L::new()?;
        selector.add(&wakeup.sock_ref(), WAKEUP)?;
        let watched = index == 0 || !shared;
        if watched {
            selector.add_listener(&transport.sock_ref(&socket), LISTENER)?;
        }
        let listener = Listener {
            nodelay,
            hands_on_nodelay: nodelay && hands_on_nodelay(&transport.sock_ref(&socket)),
            socket,
            shared,
            watched,
            // Who came before somebody listened causes no event.
            waiting: watched,
            rest_until: None,
            backoff: Backoff::default(),
        };
        let poller = Poller::new(Instant::now(), index);
        Ok(Self { poller, selector, listener: Some(listener), stopping: false, counted: 0 })
    }

    /// Accepts those who have connected by now, stops listening, and has the idle connections go; once.
    pub(super) fn begin_stop<F>(&mut self, crew: &Crew<S, F, P, L>, slot: &Slot<S, P, L>)
    where
        F: ProtocolClass<S::Transport, Protocol = P>,
    {
        if std::mem::replace(&mut self.stopping, true) {
            return;
        }
        let base = crew.server.base();
        if let Some(listener) = self.listener.as_mut().filter(|_| base.socket().is_ok()) {
            // The event for the last of them may be on its way.
            listener.waiting = true;
            let now = Instant::now();
            (0..LAST_TURNS).for_each(|_| self.accept(crew, now));
        }
        self.stop_listening(base.transport());
        self.poller.stop();
        slot.deaf.store(true, Ordering::SeqCst);
        base.control().wake();
    }

    pub(super) fn stop_listening(&mut self, transport: &S::Transport) {
        if let Some(listener) = self.listener.take() {
            self.selector.remove(&transport.sock_ref(&listener.socket));
        }
    }

    /// Takes back what other threads have worked on.
    pub(super) fn collect<F>(&mut self, crew: &Crew<S, F, P, L>, slot: &Slot<S, P, L>)
    where
        F: ProtocolClass<S::Transport, Protocol = P>,
    {
        if slot.any_returned() {
            for returned in slot.take_returned() {
                self.settle(crew, returned);
            }
        }
    }

    /// Takes one back.
    pub(super) fn settle<F>(
        &mut self,
        crew: &Crew<S, F, P, L>,
        (token, conn, outcome): Returned<S, P>,
    ) where
        F: ProtocolClass<S::Transport, Protocol = P>,
    {
        match token {
            Some(token) => self.poller.settle(token, conn, outcome, crew, &mut self.selector),
            None => {
                // Who sent it has counted it.
                self.counted += 1;
                self.poller.move_in(conn, outcome, crew, &mut self.selector);
            }
        }
    }

    /// Tells the others how many connections stay here.
    pub(super) fn publish_count(&mut self, slot: &Slot<S, P, L>) {
        let count = self.poller.residents();
        if count != self.counted {
            slot.count(count, self.counted);
            self.counted = count;
        }
    }

    /// Begins a round: those are worked on who are ready now, before others come.
    pub(super) fn begin_round(&mut self, now: Instant) {
        self.poller.begin_round(now);
    }

    /// Works on those of this round, up to one that has work.
    pub(super) fn next<F>(
        &mut self,
        crew: &Crew<S, F, P, L>,
        scratch: &mut Scratch,
        now: Instant,
    ) -> Option<(u32, ConnOf<S, P>)>
    where
        F: ProtocolClass<S::Transport, Protocol = P>,
    {
        let mut desk = Desk { scratch, limits: &crew.limits, host: crew, now };
        self.poller.next(&mut desk, &mut self.selector)
    }

    /// Has a look taken at whether somebody waits to be accepted.
    pub(super) fn help_accepting(&mut self) {
        if let Some(listener) = &mut self.listener {
            listener.waiting = true;
        }
    }

    /// Accepts those who wait to be.
    pub(super) fn accept<F>(&mut self, crew: &Crew<S, F, P, L>, now: Instant)
    where
        F: ProtocolClass<S::Transport, Protocol = P>,
    {
        let Self { poller, listener: Some(listener), .. } = self else { return };
        if !listener.waiting || listener.rest_until.is_some_and(|until| now < until) {
            return;
        }
        listener.rest_until = None;
        for _ in 0..ACCEPTS_PER_TURN {
            let full = crew.open.0.load(Ordering::Relaxed) >= crew.options.max_connections;
            if full {
                let socket = crew.server.base().transport().sock_ref(&listener.socket);
                // Whom else to make room for? The selector tells when somebody comes.
                if !is_ready(&socket, Interest::Read, Some(Duration::ZERO)).unwrap_or(true) {
                    listener.waiting = false;
                    return;
                }
                crew.slots.iter().for_each(Slot::ask_for_room);
            }
            let busy = crew.options.overload == Overload::Wait
                && crew.limits.queued.load(Ordering::Relaxed) >= crew.options.queue.max(1);
            if full || busy {
                listener.rest_until = Some(now + FULL);
                return;
            }
            match listener.take_one(crew, now) {
                Ok(Some(conn)) => poller.insert(conn),
                Ok(None) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    listener.waiting = false;
                    listener.nodelay &= !listener.hands_on_nodelay;
                    return;
                }
                Err(error) => listener.rest(crew, &error, now),
            }
            if listener.rest_until.is_some() {
                return;
            }
        }
    }

    /// Somebody has gone, so there may be a descriptor again.
    pub(super) fn retry_accepting(&mut self) {
        if let Some(listener) = &mut self.listener {
            listener.rest_until = None;
        }
    }

    /// Waits until something happens, unless something has.
    pub(super) fn wait(
        &mut self,
        transport: &S::Transport,
        slot: &Slot<S, P, L>,
    ) -> io::Result<()> {
        let rest_until = self
            .listener
            .as_ref()
            .filter(|listener| listener.waiting)
            .map(|listener| listener.rest_until);
        let wait = match rest_until {
            // More wait to be accepted at once.
            Some(None) => Wait::No,
            _ if self.poller.has_ready() => Wait::No,
            rest => {
                let deadlines = [self.poller.next_deadline(), rest.flatten()];
                deadlines.into_iter().flatten().min().map_or(Wait::ForEver, Wait::Until)
            }
        };
        let Self { poller, selector, listener, .. } = self;
        let watched = listener.as_ref().filter(|listener| listener.watched && !listener.waiting);
        let own = [(WAKEUP, slot.wakeup.sock_ref(), Interest::Read)].into_iter().chain(
            watched
                .map(|listener| (LISTENER, transport.sock_ref(&listener.socket), Interest::Read)),
        );
        let parked = poller
            .parked()
            .map(|(token, wire, interest)| (token, PollableConnection::sock_ref(wire), interest));
        slot.set_waiting(wait != Wait::No);
        let waited = selector.wait(own.chain(parked), wait);
        slot.set_waiting(false);
        waited?;
        for (token, readiness) in selector.events() {
            match (token, &mut *listener) {
                (WAKEUP, _) => slot.wakeup.drain(),
                (LISTENER, Some(listener)) => listener.waiting = true,
                _ => poller.event(token, readiness),
            }
        }
        Ok(())
    }
}

/// Sets `TCP_NODELAY` on a listening socket, if new connections begin with what it has: one system call less for each.
fn hands_on_nodelay(socket: &SockRef<'_>) -> bool {
    cfg!(any(target_os = "linux", target_os = "android")) && socket.set_tcp_nodelay(true).is_ok()
}

impl<S: BaseServer + 'static> Listener<S>
where
    RequestOf<S>: PollableConnection,
{
    /// Takes a connection through the server's hooks; nothing if they refuse it.
    fn take_one<F, P, L>(
        &mut self,
        crew: &Crew<S, F, P, L>,
        now: Instant,
    ) -> io::Result<Option<ConnOf<S, P>>>
    where
        F: ProtocolClass<S::Transport, Protocol = P>,
        P: Protocol,
        L: Selector,
    {
        let server = &*crew.server;
        let (request, client_address) = if self.shared {
            let mut taken = Err(ErrorKind::Other.into());
            crew.guarded(|| taken = server.get_request());
            taken?
        } else {
            let base = server.base();
            base.transport().accept(&self.socket, base.options())?
        };
        self.backoff.succeeded();
        let mut welcome = false;
        let verified = catch_panic(|| {
            welcome = server.verify_request(&request, &client_address);
            Ok(())
        });
        if let Err(error) = verified {
            crew.report(&request, &client_address, &error);
        }
        if !welcome {
            crew.guarded(|| server.shutdown_request(request));
            return Ok(None);
        }
        // Elsewhere each call says that it must not wait.
        #[cfg(windows)]
        request.sock_ref().set_nonblocking(true)?;
        if self.nodelay {
            // Sockets that are not TCP refuse, and need no such option.
            let _ = request.set_nodelay(true);
        }
        let mut protocol = None;
        let made = catch_panic(|| {
            protocol = Some(crew.class.protocol(&request, &client_address, now));
            Ok(())
        });
        match (made, protocol) {
            (Ok(()), Some(protocol)) => {
                crew.open.0.fetch_add(1, Ordering::Relaxed);
                Ok(Some(Box::new(Conn::new(request, client_address, protocol))))
            }
            (made, _) => {
                if let Err(error) = made {
                    crew.report(&request, &client_address, &error);
                }
                crew.guarded(|| server.shutdown_request(request));
                Ok(None)
            }
        }
    }

    fn rest<F, P, L>(&mut self, crew: &Crew<S, F, P, L>, error: &io::Error, now: Instant)
    where
        F: ProtocolClass<S::Transport, Protocol = P>,
        P: Protocol,
        L: Selector,
    {
        let (first, pause) = self.backoff.failed(error, now);
        crew.guarded(|| crew.server.get_request_failed(error, first, pause));
        if !pause.is_zero() || is_exhaustion(error) {
            self.rest_until = Some(now + pause);
        }
    }
}
