//! The hooks of a server, and the loops that call them.

use crate::backoff::is_exhaustion;
use crate::control::{Loop, ShutdownHandle};
use crate::request_handler::catch_panic;
use crate::wakeup::Readiness;
use crate::{HandlerError, Misuse, RequestHandlerClass, Server, Transport};
use std::io::{self, Write};
use std::panic::{self, AssertUnwindSafe};
use std::time::{Duration, Instant};

/// The requests of a server: `<S::Transport as Transport>::Request`.
///
/// # Examples
///
/// A server that does not answer empty datagrams:
///
/// ```
/// use socketserver::{
///     AddressOf, BaseServer, DatagramRequestHandler, Packet, RequestHandlerClass, RequestOf, Server,
///     Udp, UdpServer,
/// };
///
/// struct Ping;
/// impl DatagramRequestHandler for Ping {}
///
/// struct Choosy<C>(UdpServer<C>);
///
/// impl<C: RequestHandlerClass<Udp>> BaseServer for Choosy<C> {
///     type Transport = Udp;
///     type Class = C;
///
///     fn base(&self) -> &Server<Udp, C> {
///         &self.0
///     }
///
///     fn verify_request(&self, packet: &RequestOf<Self>, _: &AddressOf<Self>) -> bool {
///         !packet.data.is_empty()
///     }
/// }
///
/// let server = Choosy(UdpServer::bind("127.0.0.1:0", || Ping)?);
/// let empty = Packet { data: Vec::new(), socket: server.0.socket()? };
/// assert!(!server.verify_request(&empty, &server.0.server_address()));
/// # std::io::Result::Ok(())
/// ```
pub type RequestOf<S> = <<S as BaseServer>::Transport as Transport>::Request;

/// The addresses of a server: `<S::Transport as Transport>::Address`.
///
/// # Examples
///
/// What works for every server names the addresses so:
///
/// ```
/// use socketserver::{AddressOf, BaseServer, DatagramRequestHandler, Transport, UdpServer};
///
/// struct Ping;
/// impl DatagramRequestHandler for Ping {}
///
/// fn as_python_prints<S: BaseServer>(server: &S, address: &AddressOf<S>) -> String {
///     server.base().transport().address_text(address)
/// }
///
/// let server = UdpServer::bind("127.0.0.1:0", || Ping)?;
/// let text = as_python_prints(&server, &server.server_address());
/// assert!(text.starts_with("('127.0.0.1', "));
/// # std::io::Result::Ok(())
/// ```
pub type AddressOf<S> = <<S as BaseServer>::Transport as Transport>::Address;

/// The override points of `socketserver.BaseServer`, in CPython's names and order.
///
/// A server of your own is a newtype: it says with [`base`](Self::base) what it is built on, and
/// overrides the hooks it cares for. An override reaches what it replaces through the field,
/// where Python has `super()`; the two defaults that call other hooks are also in [`Serve`], so
/// that they see this server's overrides.
///
/// Mix-ins go around it, outermost, and keep its overrides: `ThreadingMixIn<MyServer>`, never the
/// reverse. A newtype around a mix-in has to pass every hook on that it does not override, because
/// the defaults reach `base`, which has no threads; [`delegate_hooks!`](crate::delegate_hooks)
/// writes that.
///
/// # Examples
///
/// ```
/// use socketserver::{
///     AddressOf, BaseServer, RequestHandlerClass, RequestOf, Serve, Server, StreamRequest,
///     StreamRequestHandler, Tcp, TcpServer, ThreadingMixIn,
/// };
/// use std::io::{self, Read, Write};
/// use std::net::TcpStream;
///
/// struct Hello;
///
/// impl StreamRequestHandler for Hello {
///     fn handle(&mut self, x: &mut StreamRequest<'_>) -> io::Result<()> {
///         x.wfile.write_all(b"hello")
///     }
/// }
///
/// /// Serves this machine only.
/// struct LocalServer<C>(TcpServer<C>);
///
/// impl<C: RequestHandlerClass<Tcp>> BaseServer for LocalServer<C> {
///     type Transport = Tcp;
///     type Class = C;
///
///     fn base(&self) -> &Server<Tcp, C> {
///         &self.0
///     }
///
///     fn verify_request(&self, _: &RequestOf<Self>, client_address: &AddressOf<Self>) -> bool {
///         client_address.ip().is_loopback()
///     }
/// }
///
/// let server = ThreadingMixIn::new(LocalServer(TcpServer::bind("127.0.0.1:0", || Hello)?));
/// let mut client = TcpStream::connect(server.server_address())?;
/// server.handle_request()?;
///
/// let mut answer = String::new();
/// client.read_to_string(&mut answer)?;
/// assert_eq!(answer, "hello");
/// # io::Result::Ok(())
/// ```
pub trait BaseServer: Send + Sync {
    /// The kind of socket.
    type Transport: Transport;
    /// The handler class.
    type Class: RequestHandlerClass<Self::Transport>;

    /// The server this one is built on, with its state: what `super()` would reach.
    fn base(&self) -> &Server<Self::Transport, Self::Class>;

    /// How long `handle_request` waits: the class attribute `timeout`.
    fn timeout(&self) -> Option<Duration> {
        self.base().options().timeout
    }

    /// Binds the socket and learns its address.
    ///
    /// # Errors
    ///
    /// Those of binding, with the address and a way out; [`Misuse::Closed`].
    fn server_bind(&self) -> io::Result<()> {
        self.base().server_bind()
    }

    /// Starts listening; nothing for datagrams.
    ///
    /// # Errors
    ///
    /// Those of the system call; [`Misuse::Closed`].
    fn server_activate(&self) -> io::Result<()> {
        self.base().server_activate()
    }

    /// Closes the socket. Mix-ins also wait for their workers here.
    ///
    /// A loop that runs ends with [`Misuse::Closed`]; call `shutdown` first.
    fn server_close(&self) {
        self.base().server_close();
    }

    /// Takes the next request, which is there already.
    ///
    /// # Errors
    ///
    /// No error ends the loop: it is told to [`get_request_failed`](Self::get_request_failed),
    /// and the loop goes on.
    fn get_request(&self) -> io::Result<(RequestOf<Self>, AddressOf<Self>)> {
        self.base().get_request()
    }

    /// Learns that `get_request` failed, and how long the loop will leave the socket alone.
    ///
    /// CPython swallows such an error. So does the default, except when the system is out of
    /// descriptors or memory, which the operator must hear of: one line on stderr when it begins.
    fn get_request_failed(&self, error: &io::Error, first: bool, pause: Duration) {
        if first && is_exhaustion(error) {
            let line = format!(
                "socketserver: cannot accept a connection ({error}); trying again every {pause:?} \
                 and longer, clients wait meanwhile\n"
            );
            // Nobody is left to tell if stderr is gone too.
            let _ = io::stderr().write_all(line.as_bytes());
        }
    }

    /// Decides whether a request is handled; `true` by default.
    fn verify_request(&self, request: &RequestOf<Self>, client_address: &AddressOf<Self>) -> bool {
        let _ = (request, client_address);
        true
    }

    /// Handles one request and always ends it: `finish_request`, `handle_error` if that failed,
    /// `shutdown_request`. Mix-ins do this in a thread or a child process.
    ///
    /// An override reaches this default as
    /// [`default_process_request`](Serve::default_process_request).
    fn process_request(&self, request: RequestOf<Self>, client_address: AddressOf<Self>) {
        self.default_process_request(request, client_address);
    }

    /// Calls the handler class.
    ///
    /// # Errors
    ///
    /// What the handler failed with; a panic is a [`HandlerPanic`](crate::HandlerPanic).
    fn finish_request(
        &self,
        request: &mut RequestOf<Self>,
        client_address: &AddressOf<Self>,
    ) -> Result<(), HandlerError> {
        self.base().finish_request(request, client_address)
    }

    /// Ends a request politely: tells the peer that no more will come, then `close_request`.
    ///
    /// An override reaches this default as
    /// [`default_shutdown_request`](Serve::default_shutdown_request).
    fn shutdown_request(&self, request: RequestOf<Self>) {
        self.default_shutdown_request(request);
    }

    /// Closes a request, by dropping it.
    fn close_request(&self, request: RequestOf<Self>) {
        drop(request);
    }

    /// Reports a failed request: by default CPython's four-part text on stderr.
    fn handle_error(
        &self,
        request: &RequestOf<Self>,
        client_address: &AddressOf<Self>,
        error: &HandlerError,
    ) {
        let _ = request;
        self.base().handle_error(client_address, error);
    }

    /// Called by `handle_request` when the timeout has passed without a request.
    fn handle_timeout(&self) {}

    /// Called once per turn of `serve_forever`: after each request, and each `poll_interval`.
    fn service_actions(&self) {}
}

/// Runs `finish_request`, and `handle_error` if it failed or panicked.
///
/// Returns whether all went well. The caller still owns the request and ends it.
fn finish_or_report<S: BaseServer + ?Sized>(
    server: &S,
    request: &mut RequestOf<S>,
    client_address: &AddressOf<S>,
) -> bool {
    match catch_panic(|| server.finish_request(request, client_address)) {
        Ok(()) => true,
        Err(error) => {
            server.handle_error(request, client_address, &error);
            false
        }
    }
}

/// What a worker thread or a child process does with a request
/// (`ThreadingMixIn.process_request_thread`); returns whether all went well.
///
/// The request is shut down whatever happens, also if `handle_error` panics; in the thread of the
/// loop, as in CPython, that leaves the loop at once.
pub(crate) fn run_worker<S: BaseServer>(
    server: &S,
    mut request: RequestOf<S>,
    client_address: AddressOf<S>,
) -> bool {
    let finished = panic::catch_unwind(AssertUnwindSafe(|| {
        finish_or_report(server, &mut request, &client_address)
    }));
    server.shutdown_request(request);
    finished.unwrap_or_else(|payload| panic::resume_unwind(payload))
}

/// The loops of a server, which nobody overrides; every [`BaseServer`] has them.
///
/// # Examples
///
/// One request, then as many as come until somebody calls `shutdown`:
///
/// ```
/// use socketserver::{Serve, StreamRequest, StreamRequestHandler, TcpServer};
/// use std::io::{self, Read, Write};
/// use std::net::TcpStream;
///
/// struct Greeting;
/// impl StreamRequestHandler for Greeting {
///     fn handle(&mut self, x: &mut StreamRequest<'_>) -> io::Result<()> {
///         x.wfile.write_all(b"hello")
///     }
/// }
///
/// fn greeted(mut client: TcpStream) -> io::Result<String> {
///     let mut answer = String::new();
///     client.read_to_string(&mut answer)?;
///     Ok(answer)
/// }
///
/// let server = TcpServer::bind("127.0.0.1:0", || Greeting)?;
/// let address = server.server_address();
///
/// let client = TcpStream::connect(address)?;
/// server.handle_request()?;
/// assert_eq!(greeted(client)?, "hello");
///
/// std::thread::scope(|scope| {
///     let serving = scope.spawn(|| server.serve_forever());
///     let answer = TcpStream::connect(address).and_then(greeted);
///     server.shutdown(); // wakes the loop, from any thread
///     assert_eq!(answer?, "hello");
///     serving.join().expect("the loop does not panic")
/// })?;
/// # io::Result::Ok(())
/// ```
pub trait Serve: BaseServer {
    /// Binds and activates; closes the server if either fails
    /// (`TCPServer.__init__` with `bind_and_activate=True`).
    ///
    /// # Errors
    ///
    /// Those of the two hooks.
    fn bind_and_activate(&self) -> io::Result<()> {
        let result = self.server_bind().and_then(|()| self.server_activate());
        if result.is_err() {
            self.server_close();
        }
        result
    }

    /// Serves until [`shutdown`](Self::shutdown), one request per turn.
    ///
    /// Each turn waits for a request, at most `poll_interval`, handles it if there is one, and
    /// calls [`service_actions`](BaseServer::service_actions). Errors of accepting never end the
    /// loop: when the system has no descriptor or memory left, the loop leaves the socket alone
    /// for a while, which grows from 10 ms to 1 s, and still notices a shutdown at once.
    ///
    /// # Errors
    ///
    /// [`Misuse::Closed`], [`Misuse::NotActive`], [`Misuse::AlreadyServing`].
    fn serve_forever(&self) -> io::Result<()> {
        let base = self.base();
        let control = base.control();
        let _running = control.enter(Loop::Forever)?;
        base.check_active()?;
        let interval = base.options().poll_interval;
        let mut rest_until: Option<Instant> = None;
        while !control.is_stopping() {
            let now = Instant::now();
            let rest = rest_until.map(|until| until.saturating_duration_since(now));
            let resting = rest.is_some_and(|rest| !rest.is_zero());
            let timeout =
                if resting { rest.map(|rest| rest.min(interval)) } else { Some(interval) };
            match base.wait(!resting, timeout)? {
                Readiness::Woken => continue,
                Readiness::Socket => rest_until = handle_request_noblock(self),
                Readiness::TimedOut => {}
            }
            self.service_actions();
        }
        Ok(())
    }

    /// Serves one request, or waits until [`timeout`](BaseServer::timeout) and calls
    /// [`handle_timeout`](BaseServer::handle_timeout).
    ///
    /// Returns early, having served nothing, if accepting fails (as CPython), and on `shutdown`. A
    /// handler that could go on with a next request of its client learns from
    /// [`Attendance::is_last`](crate::Attendance::is_last) that it should not.
    ///
    /// # Errors
    ///
    /// [`Misuse::Closed`], [`Misuse::NotActive`], [`Misuse::AlreadyServing`].
    fn handle_request(&self) -> io::Result<()> {
        let base = self.base();
        let control = base.control();
        let _running = control.enter(Loop::Once)?;
        base.check_active()?;
        let deadline = self.timeout().and_then(|timeout| Instant::now().checked_add(timeout));
        let left = || deadline.map(|until| until.saturating_duration_since(Instant::now()));
        while !control.is_stopping() {
            match base.wait(true, left())? {
                Readiness::Woken => {}
                Readiness::TimedOut => {
                    self.handle_timeout();
                    break;
                }
                Readiness::Socket => {
                    // Who calls this in a loop must not spin either while accepting fails.
                    if let Some(until) = handle_request_noblock(self) {
                        let rest = until.saturating_duration_since(Instant::now());
                        base.wait(false, Some(left().map_or(rest, |left| left.min(rest))))?;
                    }
                    break;
                }
            }
        }
        Ok(())
    }

    /// Ends the loop and waits until it has ended; see [`ShutdownHandle::shutdown`] for when it
    /// does not wait.
    fn shutdown(&self) {
        self.shutdown_handle().shutdown();
    }

    /// A handle that ends the loop from anywhere, also when the server itself is out of reach.
    fn shutdown_handle(&self) -> ShutdownHandle {
        self.base().shutdown_handle()
    }

    /// What [`process_request`](BaseServer::process_request) does by default, with this server's
    /// overrides of the hooks it calls: `super().process_request(...)`.
    fn default_process_request(&self, request: RequestOf<Self>, client_address: AddressOf<Self>) {
        let mut request = request;
        finish_or_report(self, &mut request, &client_address);
        self.shutdown_request(request);
    }

    /// What [`shutdown_request`](BaseServer::shutdown_request) does by default, with this server's
    /// override of `close_request`: `super().shutdown_request(...)`.
    fn default_shutdown_request(&self, request: RequestOf<Self>) {
        self.base().shutdown_write(&request);
        self.close_request(request);
    }
}

impl<S: BaseServer + ?Sized> Serve for S {}

/// Takes one request that is there and sees it to its end
/// (`BaseServer._handle_request_noblock`).
///
/// Returns until when the socket is to be left alone, if accepting failed.
fn handle_request_noblock<S: BaseServer + ?Sized>(server: &S) -> Option<Instant> {
    let (request, client_address) = match server.get_request() {
        Ok(taken) => {
            server.base().backoff().succeeded();
            taken
        }
        Err(error) => {
            let now = Instant::now();
            let (first, pause) = server.base().backoff().failed(&error, now);
            server.get_request_failed(&error, first, pause);
            return Some(now + pause);
        }
    };
    if server.verify_request(&request, &client_address) {
        server.process_request(request, client_address);
    } else {
        server.shutdown_request(request);
    }
    None
}

impl<T, C> Server<T, C>
where
    T: Transport,
    C: RequestHandlerClass<T>,
{
    /// Waits for the socket, if asked to watch it, or for somebody who wakes the loop.
    fn wait(&self, watch: bool, timeout: Option<Duration>) -> io::Result<Readiness> {
        let socket = self.socket()?;
        let socket = self.transport().sock_ref(&socket);
        self.control().wait(watch.then_some(&socket), timeout)
    }

    /// Refuses to start a loop that no request could reach.
    pub(crate) fn check_active(&self) -> io::Result<()> {
        if self.transport().is_active(&*self.socket()?)? {
            Ok(())
        } else {
            Err(Misuse::NotActive.into())
        }
    }
}
