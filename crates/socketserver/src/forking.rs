//! `ForkingMixIn`: a child process for each request.

use crate::base_server::run_worker;
use crate::fork::fork_worker;
use crate::lock::lock;
use crate::unix::{UnixDatagramTransport, UnixStreamTransport};
use crate::{
    AddressOf, BaseServer, HandlerError, RequestHandlerClass, RequestOf, Server, ServerOptions,
    Tcp, ToServerAddress, Transport, Udp,
};
use rustix::io::Errno;
use rustix::process::{Pid, WaitOptions, waitpid};
use std::io;
use std::sync::Mutex;
use std::time::Duration;

/// Handles each request in a new process (`socketserver.ForkingMixIn`).
///
/// It goes around a server, outermost, as it comes first in Python's list of base classes, and
/// keeps all overrides of that server. The child runs `finish_request`, `handle_error` if that
/// failed, and `shutdown_request`, and exits with status 0 if all went well, else with 1; the
/// parent runs `close_request`. Children that have ended are collected before each fork, on each
/// turn of `serve_forever`, when `handle_request` times out, and by `server_close`.
///
/// # What forking means
///
/// A child is a copy of the process with **one thread**, the one that runs the loop. What other
/// threads had locked at that moment stays locked in the child for ever, so a handler that needs
/// such a lock hangs in its child (stderr is taken care of). Use it in programs that have no other
/// threads, or whose handlers share nothing with them; where there are threads anyway, use
/// [`ThreadingMixIn`](crate::ThreadingMixIn). Changes that a handler makes to memory are lost with
/// its child. Destructors of what lives outside the handler do not run in the child, and output
/// that the program had buffered is not written twice: the child ends with `_exit`.
///
/// # Examples
///
/// ```
/// use socketserver::{ForkingTcpServer, Serve, StreamRequest, StreamRequestHandler};
/// use std::io::{self, Read, Write};
/// use std::net::TcpStream;
///
/// struct WhoAmI;
///
/// impl StreamRequestHandler for WhoAmI {
///     fn handle(&mut self, x: &mut StreamRequest<'_>) -> io::Result<()> {
///         assert!(x.server.multiprocess);
///         write!(x.wfile, "{}", std::process::id())
///     }
/// }
///
/// let server = ForkingTcpServer::bind("127.0.0.1:0", || WhoAmI)?;
/// let mut client = TcpStream::connect(server.server_address())?;
/// server.handle_request()?;
///
/// let mut answer = String::new();
/// client.read_to_string(&mut answer)?;
/// assert_eq!(answer, server.active_children()[0].to_string());
/// # io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct ForkingMixIn<S: BaseServer> {
    inner: S,
    options: ForkingOptions,
    active_children: Mutex<Vec<Pid>>,
}

/// The class attributes of `ForkingMixIn`, with CPython's defaults.
///
/// # Examples
///
/// ```
/// let options = socketserver::ForkingOptions::default();
/// assert_eq!(options.timeout, Some(std::time::Duration::from_secs(300)));
/// assert_eq!(options.max_children, 40);
/// assert!(options.block_on_close);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ForkingOptions {
    /// Takes the place of [`ServerOptions::timeout`], so that `handle_request` collects children
    /// now and then; 300 s by default.
    pub timeout: Option<Duration>,
    /// With so many children running, no request is taken until one of them ends; 40 by default.
    pub max_children: usize,
    /// `server_close` waits for the children; `true` by default.
    pub block_on_close: bool,
}

setters! {
    ForkingOptions {
        timeout: Option<Duration>,
        max_children: usize,
        block_on_close: bool,
    }
}

impl Default for ForkingOptions {
    fn default() -> Self {
        Self { timeout: Some(Duration::from_secs(300)), max_children: 40, block_on_close: true }
    }
}

/// A TCP server with a process for each connection (`socketserver.ForkingTCPServer`).
///
/// # Examples
///
/// A handler may change what belongs to the process, because the process is its own:
///
/// ```no_run
/// use socketserver::{ForkingTcpServer, Serve, StreamRequest, StreamRequestHandler};
/// use std::{env, fs, io};
///
/// struct Motd;
///
/// impl StreamRequestHandler for Motd {
///     fn handle(&mut self, x: &mut StreamRequest<'_>) -> io::Result<()> {
///         env::set_current_dir("/etc")?; // the server stays where it is
///         io::copy(&mut fs::File::open("motd")?, &mut x.wfile).map(drop)
///     }
/// }
///
/// let server = ForkingTcpServer::bind("localhost:8000", || Motd)?;
/// server.serve_forever()?;
/// # io::Result::Ok(())
/// ```
#[doc(alias = "ForkingTCPServer")]
pub type ForkingTcpServer<C> = ForkingMixIn<Server<Tcp, C>>;

/// A UDP server with a process for each packet (`socketserver.ForkingUDPServer`).
///
/// # Examples
///
/// ```no_run
/// use socketserver::{DatagramRequest, DatagramRequestHandler, ForkingUdpServer, Serve};
/// use std::io::{self, Write};
///
/// struct WhoAmI;
///
/// impl DatagramRequestHandler for WhoAmI {
///     fn handle(&mut self, x: &mut DatagramRequest<'_>) -> io::Result<()> {
///         write!(x.wfile, "process {}", std::process::id()) // another one for each packet
///     }
/// }
///
/// let server = ForkingUdpServer::bind("localhost:8000", || WhoAmI)?;
/// server.serve_forever()?;
/// # io::Result::Ok(())
/// ```
#[doc(alias = "ForkingUDPServer")]
pub type ForkingUdpServer<C> = ForkingMixIn<Server<Udp, C>>;

/// A Unix stream server with a process for each connection
/// (`socketserver.ForkingUnixStreamServer`).
///
/// # Examples
///
/// ```no_run
/// use socketserver::{
///     ForkingUnixStreamServer, Serve, StreamRequest, StreamRequestHandler, UnixStreamTransport,
/// };
/// use std::io::{self, Write};
///
/// struct WhoAmI;
///
/// impl StreamRequestHandler<UnixStreamTransport> for WhoAmI {
///     fn handle(&mut self, x: &mut StreamRequest<'_, UnixStreamTransport>) -> io::Result<()> {
///         write!(x.wfile, "process {}", std::process::id())
///     }
/// }
///
/// let server = ForkingUnixStreamServer::bind("/run/who-am-i.sock", || WhoAmI)?;
/// server.serve_forever()?;
/// # io::Result::Ok(())
/// ```
pub type ForkingUnixStreamServer<C> = ForkingMixIn<Server<UnixStreamTransport, C>>;

/// A Unix datagram server with a process for each packet
/// (`socketserver.ForkingUnixDatagramServer`).
///
/// # Examples
///
/// ```no_run
/// use socketserver::{
///     DatagramRequest, DatagramRequestHandler, ForkingUnixDatagramServer, Serve,
///     UnixDatagramTransport,
/// };
/// use std::io::{self, Write};
///
/// struct WhoAmI;
///
/// impl DatagramRequestHandler<UnixDatagramTransport> for WhoAmI {
///     fn handle(&mut self, x: &mut DatagramRequest<'_, UnixDatagramTransport>) -> io::Result<()> {
///         write!(x.wfile, "process {}", std::process::id())
///     }
/// }
///
/// let server = ForkingUnixDatagramServer::bind("/run/who-am-i.sock", || WhoAmI)?;
/// server.serve_forever()?;
/// # io::Result::Ok(())
/// ```
pub type ForkingUnixDatagramServer<C> = ForkingMixIn<Server<UnixDatagramTransport, C>>;

impl<T: Transport + Default, C: RequestHandlerClass<T>> ForkingMixIn<Server<T, C>> {
    /// Binds and activates a server with child processes, with the default options.
    ///
    /// # Errors
    ///
    /// Those of [`Server::bind`].
    pub fn bind(address: impl ToServerAddress<T::Address>, class: C) -> io::Result<Self> {
        Server::bind(address, class).map(Self::new)
    }

    /// Binds and activates a server with child processes, with these options.
    ///
    /// # Errors
    ///
    /// Those of [`Server::bind`].
    ///
    /// # Examples
    ///
    /// ```
    /// use socketserver::{ForkingOptions, ForkingTcpServer, ServerOptions, StreamRequestHandler};
    ///
    /// struct Quiet;
    /// impl StreamRequestHandler for Quiet {} // closes each connection
    ///
    /// let options = ServerOptions::default().allow_reuse_address(true);
    /// let forking = ForkingOptions::default().max_children(4);
    /// let server = ForkingTcpServer::bind_with("127.0.0.1:0", || Quiet, options, forking)?;
    /// assert_eq!(server.forking_options().max_children, 4);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn bind_with(
        address: impl ToServerAddress<T::Address>,
        class: C,
        options: ServerOptions,
        forking: ForkingOptions,
    ) -> io::Result<Self> {
        let server = Server::bind_with(address, class, options)?;
        Ok(Self::with_options(server, forking))
    }
}

impl<S: BaseServer> ForkingMixIn<S> {
    /// Gives a server child processes, with the default options.
    pub fn new(inner: S) -> Self {
        Self::with_options(inner, ForkingOptions::default())
    }

    /// Gives a server child processes.
    pub fn with_options(inner: S, options: ForkingOptions) -> Self {
        inner.base().set_multiprocess();
        Self { inner, options, active_children: Mutex::default() }
    }

    /// The server inside.
    pub fn inner(&self) -> &S {
        &self.inner
    }

    /// The options.
    pub fn forking_options(&self) -> &ForkingOptions {
        &self.options
    }

    /// Where the server serves; see [`Server::server_address`].
    pub fn server_address(&self) -> AddressOf<S> {
        self.inner.base().server_address()
    }

    /// The process ids of the children that have not been collected, oldest first.
    pub fn active_children(&self) -> Vec<u32> {
        let children = lock(&self.active_children);
        children.iter().map(|pid| pid.as_raw_nonzero().get().unsigned_abs()).collect()
    }

    /// Collects the children that have ended; waits for all of them if `blocking`.
    ///
    /// If [`max_children`](ForkingOptions::max_children) are running it waits until there are
    /// fewer, or until `shutdown`. It waits for children of this server only, so a program may
    /// have other child processes (CPython's takes any).
    pub fn collect_children(&self, blocking: bool) {
        self.reap(blocking);
        let mut pause = SHORTEST_PAUSE;
        let control = self.inner.base().control();
        while lock(&self.active_children).len() >= self.options.max_children.max(1)
            && !control.is_stopping()
        {
            // There is no call that waits for several children, but not for all.
            if control.wait(None, Some(pause)).is_err() {
                return;
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
            self.reap(false);
        }
    }

    fn reap(&self, blocking: bool) {
        let children = lock(&self.active_children).clone();
        let flags = if blocking { WaitOptions::empty() } else { WaitOptions::NOHANG };
        for pid in children {
            let ended = loop {
                match waitpid(Some(pid), flags) {
                    Ok(status) => break status.is_some(),
                    Err(Errno::INTR) => {}
                    // Somebody else collected it, or the program ignores SIGCHLD.
                    Err(_) => break true,
                }
            };
            if ended {
                lock(&self.active_children).retain(|child| *child != pid);
            }
        }
    }
}

/// How often children are looked at while `max_children` are running: often enough that the end of
/// one is not noticed late, and ever less often the longer they run.
const SHORTEST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

impl<S: BaseServer> BaseServer for ForkingMixIn<S> {
    crate::delegate_hooks!(inner: S;
        server_bind, server_activate, get_request, get_request_failed, verify_request,
        finish_request, shutdown_request, close_request, handle_error);

    fn process_request(&self, request: RequestOf<Self>, client_address: AddressOf<Self>) {
        // CPython collects in the hooks of its loops only, so one `handle_request` after the
        // other leaves zombies behind (gh-90093).
        self.collect_children(false);
        let mut work = Some((request, client_address));
        let forked = fork_worker(|| {
            work.take().is_some_and(|(request, client_address)| {
                run_worker(&self.inner, request, client_address)
            })
        });
        let Some((request, client_address)) = work else { return };
        match forked {
            Ok(pid) => {
                lock(&self.active_children).push(pid);
                self.inner.close_request(request);
            }
            Err(error) => {
                let error: HandlerError = error.into();
                self.inner.handle_error(&request, &client_address, &error);
                self.inner.shutdown_request(request);
            }
        }
    }

    fn timeout(&self) -> Option<Duration> {
        self.options.timeout
    }

    fn handle_timeout(&self) {
        self.collect_children(false);
        self.inner.handle_timeout();
    }

    fn service_actions(&self) {
        self.collect_children(false);
        self.inner.service_actions();
    }

    fn server_close(&self) {
        self.inner.server_close();
        self.reap(self.options.block_on_close);
    }
}

/// The end of the `with` block: closes the socket and collects the children.
impl<S: BaseServer> Drop for ForkingMixIn<S> {
    fn drop(&mut self) {
        self.inner.base().server_close();
        self.reap(self.options.block_on_close);
    }
}
