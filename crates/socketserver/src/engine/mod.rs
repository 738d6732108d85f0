//! The engine: connections wait in a poller, not in threads, and handlers stay blocking code.
//!
//! [`serve_forever`](Engine::serve_forever) of a plain server handles one connection after the other,
//! [`ThreadingMixIn`](crate::ThreadingMixIn) gives each a thread. Both can be stalled by clients that do
//! nothing. An [`Engine`] goes around a server and runs a [`Protocol`] instead of a handler: it knows when
//! a client has sent, and when it has room for an answer, so that **no client holds a thread**.
//!
//! # How it works
//!
//! The thread that polls runs the work itself, because most work takes microseconds and a hop to
//! another thread costs more than that. Work that takes longer than
//! [`hand_off_after`](EngineOptions::hand_off_after) is seen by a monitor (the thread of `serve_forever`,
//! which sleeps while nothing runs): a spare thread takes the poller over, with all its connections but the
//! one being worked on. The first thread finishes, answers, and joins the spares. So a
//! fast request never pays for a thread, and a slow one never delays another.
//!
//! When as many handlers run as there may be [`threads`](EngineOptions::threads), work waits in a
//! bounded [`queue`](EngineOptions::queue), and what does not fit is refused.
//!
//! # What becomes of the hooks
//!
//! | hook of [`BaseServer`] | with an engine |
//! | --- | --- |
//! | `get_request`, `get_request_failed` | as ever; with `allow_reuse_port`, pollers after the first accept from sockets of their own, past `get_request` |
//! | `verify_request` | as ever, before the connection is watched |
//! | `handle_error` | for each failure or panic of a [`Protocol`] |
//! | `shutdown_request` | for connections that `verify_request` refused |
//! | `close_request` | ends each connection; the engine itself has ended the sending side, if there was something unread |
//! | `service_actions` | every `poll_interval`, in the thread of `serve_forever`; not after each request |
//! | `server_close` | called by the engine when it stops, so that nobody connects in vain |
//! | `process_request`, `finish_request`, `handle_timeout`, the handler class | not used: a connection has a [`Protocol`] instead |
//!
//! Hooks are called by several threads at a time, and by threads that poll, so they should not block.
//!
//! # Scope
//!
//! On Linux the poller is `epoll`. Elsewhere it is `poll`, with the same meaning and a cost that grows with the
//! number of connections. Datagram servers have no connections and need no engine.

mod conn;
mod crew;
#[cfg(test)]
mod latecomer;
mod layer;
mod layered;
mod lead;
mod limits;
#[cfg(test)]
mod model;
mod monitor;
mod newcomers;
mod options;
mod patience;
mod poller;
mod protocol;
mod protocol_class;
mod rehearsal;
mod roster;
mod selector;
mod slot;
mod table;
mod timers;
mod wire;
mod work;

pub use layer::Layer;
pub use layered::Layered;
pub use options::{EngineOptions, Overload};
pub use patience::Patience;
pub use protocol::{Input, Protocol, Step};
pub use protocol_class::ProtocolClass;
pub use rehearsal::{Act, End, Rehearsal};
pub use wire::PollableConnection;
pub use work::{Output, Work};

use crate::control::Loop;
use crate::{
    AddressOf, BaseServer, HandlerError, RequestHandlerClass, RequestOf, Serve, Server, ServerInfo,
    ShutdownHandle, ToServerAddress, Transport,
};
use crew::Crew;
use lead::Lead;
use selector::{Selector, SystemSelector};
use slot::Slot;
use std::fmt;
use std::io;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Instant;

/// Serves a [`Protocol`] on a server's socket; see the [module](self) for how.
///
/// It is made of a server, whose socket and hooks it uses, and of a factory, which makes a protocol for each
/// connection from the client's address and the time.
///
/// # Examples
///
/// ```
/// use socketserver::HandlerError;
/// use socketserver::engine::{Engine, Input, Protocol, Step, Work};
/// use std::io::{self, BufRead, BufReader, Write};
/// use std::net::TcpStream;
/// use std::time::Instant;
///
/// /// Answers each line with the same in capitals.
/// struct Shout;
///
/// impl Protocol for Shout {
///     fn receive(&mut self, input: &mut Input<'_>, _now: Instant) -> Step {
///         if input.unused().contains(&b'\n') { Step::Run } else { Step::Receive }
///     }
///
///     fn run(&mut self, work: &mut Work<'_>) -> Result<Step, HandlerError> {
///         let end = work.input.unused().iter().position(|&byte| byte == b'\n');
///         let line = work.input.unused().split_at(end.map_or(0, |at| at + 1)).0;
///         work.output.write_all(&line.to_ascii_uppercase())?;
///         let used = line.len();
///         work.input.consume(used);
///         Ok(Step::Receive)
///     }
/// }
///
/// let engine = Engine::bind("127.0.0.1:0", |_, _| Shout)?;
/// std::thread::scope(|scope| {
///     let serving = scope.spawn(|| engine.serve_forever());
///     let mut client = TcpStream::connect(engine.server_address())?;
///     client.write_all(b"hello\nworld\n")?;
///     let mut answers = BufReader::new(client).lines();
///     assert_eq!(answers.next().unwrap()?, "HELLO");
///     assert_eq!(answers.next().unwrap()?, "WORLD");
///     engine.shutdown();
///     serving.join().unwrap()
/// })?;
/// # io::Result::Ok(())
/// ```
pub struct Engine<S: BaseServer, C> {
    inner: Arc<S>,
    class: Arc<C>,
    options: EngineOptions,
}

/// The handler class of a server that is only served by an [`Engine`].
///
/// # Examples
///
/// An engine for a server with options of its own:
///
/// ```
/// use socketserver::engine::{Engine, NoHandler};
/// use socketserver::{ServerOptions, TcpServer};
/// # use socketserver::{HandlerError, engine::{Input, Protocol, Step, Work}};
/// # struct Shout;
/// # impl Protocol for Shout {
/// #     fn receive(&mut self, _input: &mut Input<'_>, _now: std::time::Instant) -> Step {
/// #         Step::Close
/// #     }
/// #     fn run(&mut self, _work: &mut Work<'_>) -> Result<Step, HandlerError> {
/// #         Ok(Step::Close)
/// #     }
/// # }
///
/// let options = ServerOptions::default().allow_reuse_address(true);
/// let server = TcpServer::bind_with("127.0.0.1:0", NoHandler, options)?;
/// let engine = Engine::new(server, |_, _| Shout); // a `Protocol`
/// assert!(engine.inner().options().allow_reuse_address);
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHandler;

impl<T: Transport> RequestHandlerClass<T> for NoHandler {
    /// Fails: this server is to be served by its engine.
    fn call(
        &self,
        _request: &mut T::Request,
        _client_address: &T::Address,
        _server: &ServerInfo,
    ) -> Result<(), HandlerError> {
        Err("this server has no handler class: it is served by its Engine".into())
    }
}

impl<P, F> Engine<crate::TcpServer<NoHandler>, F>
where
    P: Protocol,
    F: Fn(&std::net::SocketAddr, Instant) -> P + Send + Sync + 'static,
{
    /// Binds and activates a TCP server for a protocol, with the default options.
    ///
    /// # Errors
    ///
    /// Those of [`Server::bind`].
    pub fn bind(
        address: impl ToServerAddress<std::net::SocketAddr>,
        factory: F,
    ) -> io::Result<Self> {
        Ok(Self::new(Server::bind(address, NoHandler)?, factory))
    }
}

impl<S, P, F> Engine<S, F>
where
    S: BaseServer + 'static,
    RequestOf<S>: PollableConnection,
    P: Protocol,
    F: Fn(&AddressOf<S>, Instant) -> P + Send + Sync + 'static,
{
    /// Gives a server an engine, with the default options.
    pub fn new(server: S, factory: F) -> Self {
        Self::with_options(server, factory, EngineOptions::default())
    }

    /// Gives a server an engine.
    ///
    /// # Examples
    ///
    /// ```
    /// use socketserver::TcpServer;
    /// use socketserver::engine::{Engine, EngineOptions, NoHandler};
    /// # use socketserver::{HandlerError, engine::{Input, Protocol, Step, Work}};
    /// # struct Shout;
    /// # impl Protocol for Shout {
    /// #     fn receive(&mut self, _input: &mut Input<'_>, _now: std::time::Instant) -> Step {
    /// #         Step::Close
    /// #     }
    /// #     fn run(&mut self, _work: &mut Work<'_>) -> Result<Step, HandlerError> {
    /// #         Ok(Step::Close)
    /// #     }
    /// # }
    ///
    /// let server = TcpServer::bind("127.0.0.1:0", NoHandler)?;
    /// let options = EngineOptions::default().threads(2).max_connections(100);
    /// let engine = Engine::with_options(server, |_, _| Shout, options); // a `Protocol`
    /// assert_eq!(engine.options().max_connections, 100);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn with_options(server: S, factory: F, options: EngineOptions) -> Self {
        Self::with_class(server, factory, options)
    }
}

impl<S, C> Engine<S, C>
where
    S: BaseServer + 'static,
    RequestOf<S>: PollableConnection,
    C: ProtocolClass<S::Transport>,
{
    /// Gives a server an engine whose protocols are made by something else than a closure.
    ///
    /// [`ProtocolClass`] has an example.
    pub fn with_class(server: S, class: C, options: EngineOptions) -> Self {
        server.base().set_multithread();
        Self { inner: Arc::new(server), class: Arc::new(class), options }
    }

    /// The server inside.
    pub fn inner(&self) -> &S {
        &self.inner
    }

    /// The options.
    pub fn options(&self) -> &EngineOptions {
        &self.options
    }

    /// Changes the options; they count for the next [`serve_forever`](Self::serve_forever).
    ///
    /// # Examples
    ///
    /// ```
    /// # use socketserver::{HandlerError, engine::{Engine, Input, Protocol, Step, Work}};
    /// # struct Shout;
    /// # impl Protocol for Shout {
    /// #     fn receive(&mut self, _input: &mut Input<'_>, _now: std::time::Instant) -> Step {
    /// #         Step::Close
    /// #     }
    /// #     fn run(&mut self, _work: &mut Work<'_>) -> Result<Step, HandlerError> {
    /// #         Ok(Step::Close)
    /// #     }
    /// # }
    /// let mut engine = Engine::bind("127.0.0.1:0", |_, _| Shout)?; // a `Protocol`
    /// engine.options_mut().graceful = std::time::Duration::from_secs(5);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn options_mut(&mut self) -> &mut EngineOptions {
        &mut self.options
    }

    /// Where the server serves; see [`Server::server_address`].
    pub fn server_address(&self) -> AddressOf<S> {
        self.inner.base().server_address()
    }

    /// Serves until a shutdown has been asked for, and has ended.
    ///
    /// The first [`shutdown`](Self::shutdown) is graceful: clients that have connected by then are accepted, and the server's socket
    /// is closed (`server_close`), so that no more come; idle connections close; requests that run, or of which a part
    /// has come, are answered, for at most [`graceful`](EngineOptions::graceful). A second one does not wait
    /// for them. A handler cannot be ended from outside: one that runs then keeps its thread until it
    /// returns, and nobody waits for it.
    ///
    /// # Errors
    ///
    /// [`Misuse::Closed`](crate::Misuse::Closed), [`Misuse::NotActive`](crate::Misuse::NotActive),
    /// [`Misuse::AlreadyServing`](crate::Misuse::AlreadyServing), and those of starting threads and pollers.
    pub fn serve_forever(&self) -> io::Result<()> {
        self.serve_with::<SystemSelector>()
    }

    fn serve_with<L: Selector>(&self) -> io::Result<()> {
        let base = self.inner.base();
        let control = base.control();
        let _running = control.enter(Loop::Forever)?;
        base.check_active()?;
        if control.is_stopping() {
            return Ok(());
        }
        let count = self.options.pollers.clamp(1, self.options.threads.max(1));
        let slots = (0..count)
            .map(|index| {
                let (socket, shared) = self.listener(index)?;
                Slot::<S, C::Protocol, L>::new(|wakeup| {
                    Lead::new(socket, base.transport(), shared, self.options.nodelay, index, wakeup)
                })
            })
            .collect::<io::Result<Vec<_>>>()?;
        let (inner, class) = (Arc::clone(&self.inner), Arc::clone(&self.class));
        let crew = Arc::new(Crew::new(inner, class, self.options.clone(), slots));
        monitor::conduct(&crew, control)
    }

    /// The socket that a poller accepts from, and whether that is the server's.
    fn listener(&self, index: usize) -> io::Result<(Arc<SocketOf<S>>, bool)> {
        let base = self.inner.base();
        let shared = base.socket()?;
        let options = base.options();
        if index == 0 || !options.allow_reuse_port {
            return Ok((shared, true));
        }
        let (transport, address) = (base.transport(), base.server_address());
        let own = transport.create_socket(&address)?;
        transport.prepare(&own)?;
        transport.bind(&own, &address, options)?;
        transport.activate(&own, options)?;
        Ok((Arc::new(own), false))
    }

    /// Asks for a graceful stop and waits for its end; see [`ShutdownHandle::shutdown`].
    pub fn shutdown(&self) {
        self.shutdown_handle().shutdown();
    }

    /// A handle that does so from anywhere. A second request stops at once.
    ///
    /// # Examples
    ///
    /// ```
    /// # use socketserver::{HandlerError, engine::{Engine, Input, Protocol, Step, Work}};
    /// # struct Shout;
    /// # impl Protocol for Shout {
    /// #     fn receive(&mut self, _input: &mut Input<'_>, _now: std::time::Instant) -> Step {
    /// #         Step::Close
    /// #     }
    /// #     fn run(&mut self, _work: &mut Work<'_>) -> Result<Step, HandlerError> {
    /// #         Ok(Step::Close)
    /// #     }
    /// # }
    /// let engine = Engine::bind("127.0.0.1:0", |_, _| Shout)?; // a `Protocol`
    /// let handle = engine.shutdown_handle();
    /// std::thread::spawn(move || handle.request_shutdown()); // as the thread of a signal would
    /// engine.serve_forever()?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn shutdown_handle(&self) -> ShutdownHandle {
        self.inner.shutdown_handle()
    }
}

/// The listening sockets of a server.
type SocketOf<S> = <<S as BaseServer>::Transport as Transport>::Socket;

/// What the server inside can do besides: its port, its settings, [`handle_request`](Serve::handle_request) without an
/// engine.
impl<S: BaseServer, C> Deref for Engine<S, C> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.inner
    }
}

impl<S: BaseServer, C> fmt::Debug for Engine<S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("server", self.inner.base())
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
