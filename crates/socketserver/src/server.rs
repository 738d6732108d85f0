//! The state and the default behaviour of a server.

use crate::attendance::{Attendance, Attending};
use crate::backoff::Backoff;
use crate::control::{Control, ShutdownHandle};
use crate::error::{Misuse, bind_error};
use crate::error_report::error_report;
use crate::lock::lock;
use crate::term::{Term, Turn};
use crate::{
    BaseServer, HandlerError, RequestHandlerClass, Serve, ServerInfo, ServerOptions,
    ToServerAddress, Transport,
};
use socket2::SockRef;
use std::fmt;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// A socket with a handler class: the state of `BaseServer` and `TCPServer`, and what their
/// methods do when nobody overrides them.
///
/// [`TcpServer`](crate::TcpServer), [`UdpServer`](crate::UdpServer) and their Unix relatives are
/// this with their [`Transport`]. The methods of the same name in [`BaseServer`] are the override
/// points; those here are what an override calls where Python has `super()`.
///
/// Dropping the server closes its socket, so leaving a scope is what leaving a `with` block is.
///
/// # Examples
///
/// Socket options before binding:
///
/// ```
/// use socketserver::{BaseRequestHandler, Raw, Serve, ServerOptions, TcpServer, ToServerAddress};
///
/// struct Nothing;
/// impl BaseRequestHandler for Nothing {}
///
/// let address = "127.0.0.1:0".to_server_address()?;
/// let server = TcpServer::new(address, Raw(|| Nothing), ServerOptions::default())?;
/// assert!(server.handle_request().is_err(), "it does not listen yet");
///
/// let socket = server.socket()?;
/// socketserver::socket2::SockRef::from(&*socket).set_recv_buffer_size(1 << 16)?;
/// server.bind_and_activate()?;
/// # std::io::Result::Ok(())
/// ```
pub struct Server<T: Transport, C> {
    transport: T,
    class: C,
    options: ServerOptions,
    address: Mutex<T::Address>,
    socket: Mutex<Option<Arc<T::Socket>>>,
    control: Arc<Control>,
    backoff: Mutex<Backoff>,
    multithread: AtomicBool,
    multiprocess: AtomicBool,
}

impl<T: Transport + Default, C: RequestHandlerClass<T>> Server<T, C> {
    /// Creates the socket only (`bind_and_activate=False`);
    /// [`bind_and_activate`](Serve::bind_and_activate) does the rest.
    ///
    /// # Errors
    ///
    /// Those of creating a socket.
    pub fn new(address: T::Address, class: C, options: ServerOptions) -> io::Result<Self> {
        Self::with_transport(T::default(), address, class, options)
    }

    /// Binds and activates, with the default options.
    ///
    /// # Errors
    ///
    /// [`Misuse::Address`] for an address that is none, and those of binding, which name the
    /// address and the way out.
    pub fn bind(address: impl ToServerAddress<T::Address>, class: C) -> io::Result<Self> {
        Self::bind_with(address, class, ServerOptions::default())
    }

    /// Binds and activates, with these options.
    ///
    /// # Errors
    ///
    /// Those of [`bind`](Self::bind).
    pub fn bind_with(
        address: impl ToServerAddress<T::Address>,
        class: C,
        options: ServerOptions,
    ) -> io::Result<Self> {
        let server = Self::new(address.to_server_address()?, class, options)?;
        server.bind_and_activate()?;
        Ok(server)
    }
}

impl<T: Transport, C: RequestHandlerClass<T>> Server<T, C> {
    /// Creates the socket only, on a transport that has state.
    ///
    /// # Errors
    ///
    /// Those of creating a socket.
    pub fn with_transport(
        transport: T,
        address: T::Address,
        class: C,
        options: ServerOptions,
    ) -> io::Result<Self> {
        let socket = transport.create_socket(&address)?;
        Self::assemble(transport, socket, address, class, options)
    }

    /// Serves on a socket that is bound and listens already, such as one that a service manager
    /// passed on.
    ///
    /// # Errors
    ///
    /// Those of asking the socket for its address and of setting its options.
    pub fn from_socket(
        transport: T,
        socket: T::Socket,
        class: C,
        options: ServerOptions,
    ) -> io::Result<Self> {
        let address = transport.local_address(&socket)?;
        Self::assemble(transport, socket, address, class, options)
    }

    fn assemble(
        transport: T,
        socket: T::Socket,
        address: T::Address,
        class: C,
        options: ServerOptions,
    ) -> io::Result<Self> {
        transport.prepare(&socket)?;
        Ok(Self {
            transport,
            class,
            options,
            address: Mutex::new(address),
            socket: Mutex::new(Some(Arc::new(socket))),
            control: Arc::new(Control::new()?),
            backoff: Mutex::default(),
            multithread: AtomicBool::new(false),
            multiprocess: AtomicBool::new(false),
        })
    }

    /// The address as given; once bound, as the system reports it, so port 0 is the real port.
    pub fn server_address(&self) -> T::Address {
        lock(&self.address).clone()
    }

    /// The options this server was made with.
    pub fn options(&self) -> &ServerOptions {
        &self.options
    }

    /// Changes the options; those of binding count before it, the others before a loop.
    pub fn options_mut(&mut self) -> &mut ServerOptions {
        &mut self.options
    }

    /// The handler class.
    #[doc(alias = "RequestHandlerClass")]
    pub fn request_handler_class(&self) -> &C {
        &self.class
    }

    /// The transport.
    pub fn transport(&self) -> &T {
        &self.transport
    }

    /// The server's socket; `socket2::SockRef::from(&*socket)` sets any option of it.
    ///
    /// # Errors
    ///
    /// [`Misuse::Closed`] after `server_close`.
    pub fn socket(&self) -> io::Result<Arc<T::Socket>> {
        lock(&self.socket).clone().ok_or_else(|| Misuse::Closed.into())
    }

    /// The number of the socket's descriptor.
    ///
    /// # Errors
    ///
    /// [`Misuse::Closed`] after `server_close`.
    #[cfg(unix)]
    pub fn fileno(&self) -> io::Result<std::os::fd::RawFd> {
        use std::os::fd::AsRawFd;
        Ok(self.transport.sock_ref(&*self.socket()?).as_raw_fd())
    }

    /// What handlers are told of this server, whatever their request; so there is no attendance in it.
    pub fn info(&self) -> ServerInfo<'_> {
        ServerInfo {
            multithread: self.multithread.load(Ordering::Relaxed),
            multiprocess: self.multiprocess.load(Ordering::Relaxed),
            attendance: None,
        }
    }

    /// Says that handlers run in several threads; a mix-in does, before any request.
    pub fn set_multithread(&self) {
        self.multithread.store(true, Ordering::Relaxed);
    }

    /// Says that handlers run in several processes; a mix-in does, before any request.
    pub fn set_multiprocess(&self) {
        self.multiprocess.store(true, Ordering::Relaxed);
    }

    /// Binds the socket and learns its address (`TCPServer.server_bind`).
    ///
    /// # Errors
    ///
    /// Those of binding, with the address and a way out; [`Misuse::Closed`].
    pub fn server_bind(&self) -> io::Result<()> {
        let socket = self.socket()?;
        let address = self.server_address();
        self.transport.bind(&socket, &address, &self.options).map_err(|error| {
            bind_error::<T::Address>(self.transport.address_text(&address), error)
        })?;
        *lock(&self.address) = self.transport.local_address(&socket)?;
        Ok(())
    }

    /// Starts listening (`TCPServer.server_activate`).
    ///
    /// # Errors
    ///
    /// Those of the system call, with the address and a way out; [`Misuse::Closed`].
    pub fn server_activate(&self) -> io::Result<()> {
        let socket = self.socket()?;
        self.transport.activate(&socket, &self.options).map_err(|error| {
            bind_error::<T::Address>(self.transport.address_text(&self.server_address()), error)
        })
    }

    /// Closes the socket (`TCPServer.server_close`); a second time does nothing.
    pub fn server_close(&self) {
        let socket = lock(&self.socket).take();
        // A loop that waits on the socket holds it too; it lets go when it wakes.
        self.control.closed();
        drop(socket);
    }

    /// Takes the next request (`TCPServer.get_request`).
    ///
    /// # Errors
    ///
    /// Those of [`Transport::accept`]; [`Misuse::Closed`].
    pub fn get_request(&self) -> io::Result<(T::Request, T::Address)> {
        self.transport.accept(&self.socket()?, &self.options)
    }

    /// Calls the handler class (`BaseServer.finish_request`).
    ///
    /// # Errors
    ///
    /// What the handler failed with.
    pub fn finish_request(
        &self,
        request: &mut T::Request,
        client_address: &T::Address,
    ) -> Result<(), HandlerError> {
        let mut info = self.info();
        let (term, held) = self.control.term();
        let attendance = Attendance::new(self, term, held);
        // A child process has copies of the sockets of its parent, whose clients and whose stop are not its affair.
        info.attendance = (!info.multiprocess).then_some(&attendance);
        self.class.call(request, client_address, &info)
    }

    /// Tells the peer that no more will be sent; the first half of `TCPServer.shutdown_request`.
    pub fn shutdown_write(&self, request: &T::Request) {
        // The peer may be gone already, which is nobody's trouble.
        let _ = self.transport.shutdown_write(request);
    }

    /// Writes [`error_report`] to stderr, in one piece (`BaseServer.handle_error`).
    pub fn handle_error(&self, client_address: &T::Address, error: &HandlerError) {
        let report = error_report(&self.transport.address_text(client_address), error);
        // Nobody is left to tell if stderr is gone too.
        let _ = io::stderr().write_all(report.as_bytes());
    }

    /// A handle that ends this server's loop from anywhere.
    pub fn shutdown_handle(&self) -> ShutdownHandle {
        ShutdownHandle::new(Arc::clone(&self.control))
    }

    pub(crate) fn control(&self) -> &Control {
        &self.control
    }

    pub(crate) fn backoff(&self) -> MutexGuard<'_, Backoff> {
        lock(&self.backoff)
    }
}

impl<T: Transport, C: RequestHandlerClass<T>> BaseServer for Server<T, C> {
    type Transport = T;
    type Class = C;

    fn base(&self) -> &Self {
        self
    }
}

impl<T: Transport, C: RequestHandlerClass<T>> Attending for Server<T, C> {
    fn wait_with_clients(
        &self,
        term: &Term,
        connection: &SockRef<'_>,
        timeout: Option<Duration>,
    ) -> io::Result<Turn> {
        // The socket of a closed server is gone, and its term over.
        let socket = self.socket().ok();
        let listener = socket.as_deref().map(|socket| self.transport().sock_ref(socket));
        term.wait(connection, listener.as_ref(), timeout)
    }
}

impl<T: Transport, C> fmt::Debug for Server<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("server_address", &*lock(&self.address))
            .field("options", &self.options)
            .field("closed", &lock(&self.socket).is_none())
            .finish_non_exhaustive()
    }
}
