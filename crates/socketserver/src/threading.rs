//! `ThreadingMixIn`: a thread for each request.

use crate::base_server::run_worker;
use crate::lock::lock;
use crate::{
    AddressOf, BaseServer, HandlerError, RequestHandlerClass, RequestOf, Server, ServerOptions,
    Tcp, ToServerAddress, Transport, Udp,
};
use std::io;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

/// Handles each request in a new thread (`socketserver.ThreadingMixIn`).
///
/// It goes around a server, outermost, as it comes first in Python's list of base classes, and
/// keeps all overrides of that server. The number of threads has no bound, as in CPython.
///
/// A thread runs `finish_request`, `handle_error` if that failed, and `shutdown_request`.
/// [`server_close`](BaseServer::server_close), and dropping the server, wait for the threads that
/// still run, unless they are daemons or
/// [`block_on_close`](ThreadingOptions::block_on_close) is off. A handler that waits for its client with
/// [`Attendance::wait`](crate::Attendance::wait) does not keep it waiting.
///
/// # Examples
///
/// ```
/// use socketserver::{Serve, StreamRequest, StreamRequestHandler, ThreadingTcpServer};
/// use std::io::{self, Read, Write};
/// use std::net::TcpStream;
///
/// struct WhoAmI;
///
/// impl StreamRequestHandler for WhoAmI {
///     fn handle(&mut self, x: &mut StreamRequest<'_>) -> io::Result<()> {
///         assert!(x.server.multithread);
///         write!(x.wfile, "{:?}", std::thread::current().name())
///     }
/// }
///
/// let server = ThreadingTcpServer::bind("127.0.0.1:0", || WhoAmI)?;
/// let mut client = TcpStream::connect(server.server_address())?;
/// server.handle_request()?;
///
/// let mut answer = String::new();
/// client.read_to_string(&mut answer)?;
/// assert_eq!(answer, "Some(\"process_request_thread\")");
/// # io::Result::Ok(())
/// ```
#[doc(alias = "process_request_thread")]
#[derive(Debug)]
pub struct ThreadingMixIn<S: BaseServer> {
    inner: Arc<S>,
    options: ThreadingOptions,
    threads: Threads,
}

/// The class attributes of `ThreadingMixIn`, with CPython's defaults.
///
/// # Examples
///
/// ```
/// let options = socketserver::ThreadingOptions::default();
/// assert!(!options.daemon_threads);
/// assert!(options.block_on_close);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ThreadingOptions {
    /// Nobody waits for the threads; `false` by default. Python also waits for threads that are
    /// not daemons when the program ends; a Rust program ends with its `main`, so there it is
    /// `server_close`, or dropping the server, that waits.
    pub daemon_threads: bool,
    /// `server_close` waits for the threads; `true` by default.
    pub block_on_close: bool,
    /// The stack of each thread in bytes (`threading.stack_size`); the system's by default.
    pub stack_size: Option<usize>,
}

setters! {
    ThreadingOptions {
        daemon_threads: bool,
        block_on_close: bool,
        stack_size: Option<usize>,
    }
}

impl Default for ThreadingOptions {
    fn default() -> Self {
        Self { daemon_threads: false, block_on_close: true, stack_size: None }
    }
}

/// A TCP server with a thread for each connection (`socketserver.ThreadingTCPServer`).
///
/// # Examples
///
/// A client that keeps silent does not keep others waiting:
///
/// ```
/// use socketserver::{Serve, StreamRequest, StreamRequestHandler, ThreadingTcpServer};
/// use std::io::{self, Read, Write};
/// use std::net::TcpStream;
///
/// struct Echo;
///
/// impl StreamRequestHandler for Echo {
///     fn handle(&mut self, x: &mut StreamRequest<'_>) -> io::Result<()> {
///         io::copy(&mut x.rfile, &mut x.wfile).map(drop)
///     }
/// }
///
/// let server = ThreadingTcpServer::bind("127.0.0.1:0", || Echo)?;
/// let _silent = TcpStream::connect(server.server_address())?;
/// server.handle_request()?;
/// let mut client = TcpStream::connect(server.server_address())?;
/// server.handle_request()?;
///
/// client.write_all(b"hello")?;
/// let mut answer = [0; 5];
/// client.read_exact(&mut answer)?;
/// assert_eq!(&answer, b"hello");
/// # io::Result::Ok(())
/// ```
#[doc(alias = "ThreadingTCPServer")]
pub type ThreadingTcpServer<C> = ThreadingMixIn<Server<Tcp, C>>;

/// A UDP server with a thread for each packet (`socketserver.ThreadingUDPServer`).
///
/// # Examples
///
/// ```
/// use socketserver::{DatagramRequest, DatagramRequestHandler, Serve, ThreadingUdpServer};
/// use std::io::{self, Write};
/// use std::net::UdpSocket;
///
/// struct Count;
///
/// impl DatagramRequestHandler for Count {
///     fn handle(&mut self, x: &mut DatagramRequest<'_>) -> io::Result<()> {
///         write!(x.wfile, "{} bytes", x.packet.len()) // may take its time
///     }
/// }
///
/// let server = ThreadingUdpServer::bind("127.0.0.1:0", || Count)?;
/// let client = UdpSocket::bind("127.0.0.1:0")?;
/// client.send_to(b"hello", server.server_address())?;
/// server.handle_request()?;
///
/// let mut answer = [0; 16];
/// let received = client.recv(&mut answer)?;
/// assert_eq!(&answer[..received], b"5 bytes");
/// # io::Result::Ok(())
/// ```
#[doc(alias = "ThreadingUDPServer")]
pub type ThreadingUdpServer<C> = ThreadingMixIn<Server<Udp, C>>;

/// A Unix stream server with a thread for each connection
/// (`socketserver.ThreadingUnixStreamServer`).
///
/// # Examples
///
/// ```
/// use socketserver::{
///     Serve, StreamRequest, StreamRequestHandler, ThreadingUnixStreamServer, UnixStreamTransport,
/// };
/// use std::io::{self, Read, Write};
/// use std::os::unix::net::UnixStream;
///
/// struct Hello;
///
/// impl StreamRequestHandler<UnixStreamTransport> for Hello {
///     fn handle(&mut self, x: &mut StreamRequest<'_, UnixStreamTransport>) -> io::Result<()> {
///         x.wfile.write_all(b"hello")
///     }
/// }
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("hello.sock");
/// let server = ThreadingUnixStreamServer::bind(&path, || Hello)?;
/// let mut client = UnixStream::connect(&path)?;
/// server.handle_request()?;
///
/// let mut answer = String::new();
/// client.read_to_string(&mut answer)?;
/// assert_eq!(answer, "hello");
/// # io::Result::Ok(())
/// ```
#[cfg(unix)]
pub type ThreadingUnixStreamServer<C> = ThreadingMixIn<Server<crate::UnixStreamTransport, C>>;

/// A Unix datagram server with a thread for each packet
/// (`socketserver.ThreadingUnixDatagramServer`).
///
/// # Examples
///
/// A client needs an address of its own to be answered:
///
/// ```
/// use socketserver::{
///     DatagramRequest, DatagramRequestHandler, Serve, ThreadingUnixDatagramServer,
///     UnixDatagramTransport,
/// };
/// use std::io::{self, Write};
/// use std::os::unix::net::UnixDatagram;
///
/// struct Hello;
///
/// impl DatagramRequestHandler<UnixDatagramTransport> for Hello {
///     fn handle(&mut self, x: &mut DatagramRequest<'_, UnixDatagramTransport>) -> io::Result<()> {
///         x.wfile.write_all(b"hello")
///     }
/// }
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("hello.sock");
/// let server = ThreadingUnixDatagramServer::bind(&path, || Hello)?;
/// let client = UnixDatagram::bind(folder.path().join("client.sock"))?;
/// client.send_to(b"who is there?", &path)?;
/// server.handle_request()?;
///
/// let mut answer = [0; 16];
/// let received = client.recv(&mut answer)?;
/// assert_eq!(&answer[..received], b"hello");
/// # io::Result::Ok(())
/// ```
#[cfg(unix)]
pub type ThreadingUnixDatagramServer<C> = ThreadingMixIn<Server<crate::UnixDatagramTransport, C>>;

impl<T: Transport + Default, C: RequestHandlerClass<T>> ThreadingMixIn<Server<T, C>> {
    /// Binds and activates a server with threads, with the default options.
    ///
    /// # Errors
    ///
    /// Those of [`Server::bind`].
    pub fn bind(address: impl ToServerAddress<T::Address>, class: C) -> io::Result<Self> {
        Server::bind(address, class).map(Self::new)
    }

    /// Binds and activates a server with threads, with these options.
    ///
    /// # Errors
    ///
    /// Those of [`Server::bind`].
    ///
    /// # Examples
    ///
    /// ```
    /// use socketserver::{
    ///     ServerOptions, StreamRequestHandler, ThreadingOptions, ThreadingTcpServer,
    /// };
    ///
    /// struct Quiet;
    /// impl StreamRequestHandler for Quiet {} // closes each connection
    ///
    /// let options = ServerOptions::default().allow_reuse_address(true);
    /// let threading = ThreadingOptions::default().daemon_threads(true);
    /// let server = ThreadingTcpServer::bind_with("127.0.0.1:0", || Quiet, options, threading)?;
    /// assert!(server.threading_options().daemon_threads);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn bind_with(
        address: impl ToServerAddress<T::Address>,
        class: C,
        options: ServerOptions,
        threading: ThreadingOptions,
    ) -> io::Result<Self> {
        let server = Server::bind_with(address, class, options)?;
        Ok(Self::with_options(server, threading))
    }
}

impl<S: BaseServer + 'static> ThreadingMixIn<S> {
    /// Gives a server threads, with the default options.
    pub fn new(inner: S) -> Self {
        Self::with_options(inner, ThreadingOptions::default())
    }

    /// Gives a server threads.
    pub fn with_options(inner: S, options: ThreadingOptions) -> Self {
        inner.base().set_multithread();
        Self { inner: Arc::new(inner), options, threads: Threads::default() }
    }

    /// The server inside.
    pub fn inner(&self) -> &S {
        &self.inner
    }

    /// The options.
    pub fn threading_options(&self) -> &ThreadingOptions {
        &self.options
    }

    /// Where the server serves; see [`Server::server_address`].
    pub fn server_address(&self) -> AddressOf<S> {
        self.inner.base().server_address()
    }

    /// How many threads are remembered for `server_close` to wait for. Those that have finished
    /// are forgotten when the next one starts.
    pub fn thread_count(&self) -> usize {
        lock(&self.threads.0).len()
    }

    /// Starts a thread for a request; gives the request back if there can be no thread.
    fn start_thread(
        &self,
        request: RequestOf<S>,
        client_address: AddressOf<S>,
    ) -> Result<JoinHandle<()>, (Work<S>, io::Error)> {
        let mut builder = thread::Builder::new().name("process_request_thread".to_owned());
        if let Some(size) = self.options.stack_size {
            builder = builder.stack_size(size);
        }
        // A thread that cannot start drops its closure, and the request must survive that.
        let work = Arc::new(Mutex::new(Some((request, client_address))));
        let started = builder.spawn({
            let work = Arc::clone(&work);
            let server = Arc::clone(&self.inner);
            move || {
                let taken = lock(&work).take();
                if let Some((request, client_address)) = taken {
                    run_worker(&*server, request, client_address);
                }
            }
        });
        started.map_err(|error| (lock(&work).take(), error))
    }
}

/// A request that waits for its thread.
type Work<S> = Option<(RequestOf<S>, AddressOf<S>)>;

impl<S: BaseServer + 'static> BaseServer for ThreadingMixIn<S> {
    crate::delegate_hooks!(inner: S;
        timeout, server_bind, server_activate, get_request, get_request_failed, verify_request,
        finish_request, shutdown_request, close_request, handle_error, handle_timeout,
        service_actions);

    fn process_request(&self, request: RequestOf<Self>, client_address: AddressOf<Self>) {
        match self.start_thread(request, client_address) {
            Ok(thread) => {
                if self.options.block_on_close && !self.options.daemon_threads {
                    self.threads.append(thread);
                }
            }
            Err((work, error)) => {
                if let Some((request, client_address)) = work {
                    let error: HandlerError = error.into();
                    self.inner.handle_error(&request, &client_address, &error);
                    self.inner.shutdown_request(request);
                }
            }
        }
    }

    fn server_close(&self) {
        self.inner.server_close();
        self.threads.join();
    }
}

/// The threads that `server_close` waits for (`socketserver._Threads`).
#[derive(Debug, Default)]
struct Threads(Mutex<Vec<JoinHandle<()>>>);

impl Threads {
    /// Remembers a thread and forgets those that have finished.
    fn append(&self, thread: JoinHandle<()>) {
        let mut threads = lock(&self.0);
        threads.retain(|thread| !thread.is_finished());
        threads.push(thread);
    }

    /// Waits for the threads, except for the one that asks.
    fn join(&self) {
        let threads = std::mem::take(&mut *lock(&self.0));
        for thread in threads {
            if thread.thread().id() != thread::current().id() {
                // A panic was reported where it happened; there is nothing to do about it here.
                let _ = thread.join();
            }
        }
    }
}

/// The end of the `with` block: closes the socket and waits for the threads.
impl<S: BaseServer> Drop for ThreadingMixIn<S> {
    fn drop(&mut self) {
        // Threads share the server, so dropping it alone would leave the socket open.
        self.inner.base().server_close();
        self.threads.join();
    }
}
