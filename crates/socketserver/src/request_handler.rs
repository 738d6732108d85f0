//! What a server calls for each request.

use crate::stream_request_handler::StreamRequestHandler;
use crate::transport::{Datagram, DatagramTransport, Stream, StreamTransport};
use crate::{DatagramRequestHandler, ServerInfo, Tcp, Transport};
use std::any::Any;
use std::fmt;
use std::io;
use std::panic::{self, AssertUnwindSafe};

/// Why a handler failed; goes to [`handle_error`](crate::BaseServer::handle_error).
///
/// # Examples
///
/// An override of `handle_error` can tell a fault of the program from a client that went away:
///
/// ```
/// use socketserver::{HandlerError, HandlerPanic};
/// use std::io;
///
/// fn is_fault(error: &HandlerError) -> bool {
///     error.is::<HandlerPanic>()
/// }
///
/// assert!(is_fault(&HandlerPanic::new("index out of bounds").into()));
/// assert!(!is_fault(&io::Error::from(io::ErrorKind::BrokenPipe).into()));
/// ```
pub type HandlerError = Box<dyn std::error::Error + Send + Sync>;

/// A handler panicked; the [`HandlerError`] that stands for it.
///
/// # Examples
///
/// ```
/// let error = socketserver::HandlerPanic::new("index out of bounds");
/// assert_eq!(error.to_string(), "the handler panicked: index out of bounds");
/// ```
#[derive(Clone, Debug, thiserror::Error)]
#[error("the handler panicked: {message}")]
pub struct HandlerPanic {
    message: String,
}

impl HandlerPanic {
    /// Makes the error for a panic with this message.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }

    /// The message of the panic.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Makes the error for what [`catch_unwind`](std::panic::catch_unwind) caught.
    ///
    /// # Examples
    ///
    /// ```
    /// let payload = std::panic::catch_unwind(|| std::panic::resume_unwind(Box::new("oops")));
    /// let panic = socketserver::HandlerPanic::from_payload(&*payload.unwrap_err());
    /// assert_eq!(panic.message(), "oops");
    /// ```
    pub fn from_payload(payload: &(dyn Any + Send)) -> Self {
        let message = payload
            .downcast_ref::<&str>()
            .map(|message| (*message).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "(no message)".to_owned());
        Self { message }
    }
}

/// Runs what belongs to one request; a panic in it becomes a [`HandlerPanic`].
pub(crate) fn catch_panic(
    run: impl FnOnce() -> Result<(), HandlerError>,
) -> Result<(), HandlerError> {
    // What the closure touched belongs to this request and ends with it, or is shared state that
    // the handler's author protects (a std Mutex is poisoned by the panic).
    match panic::catch_unwind(AssertUnwindSafe(run)) {
        Ok(result) => result,
        Err(payload) => Err(panicked(payload)),
    }
}

#[cold]
fn panicked(payload: Box<dyn Any + Send>) -> HandlerError {
    HandlerPanic::from_payload(&*payload).into()
}

/// The life of a handler object, the same for all kinds: `setup`, `handle`, and whatever
/// `handle` did, `finish` (`BaseRequestHandler.__init__`).
pub(crate) fn run_handler<H, X>(
    mut handler: H,
    mut x: X,
    setup: fn(&mut H, &mut X) -> io::Result<()>,
    handle: fn(&mut H, &mut X) -> io::Result<()>,
    finish: fn(&mut H, &mut X) -> io::Result<()>,
) -> Result<(), HandlerError> {
    setup(&mut handler, &mut x)?;
    let handled = catch_panic(|| Ok(handle(&mut handler, &mut x)?));
    // As in Python, an error of `finish` replaces the one of `handle`.
    finish(&mut handler, &mut x)?;
    handled
}

/// The counterpart of `RequestHandlerClass`: called once for each request, it does all the work.
///
/// A factory, that is an `Fn() -> H`, is one, where `H` is a
/// [`StreamRequestHandler`] on stream transports or a [`DatagramRequestHandler`] on datagram
/// transports; it makes one handler for each request, as CPython makes one object. [`Raw`] wraps
/// factories of [`BaseRequestHandler`]s.
///
/// What a Python handler looks up in `self.server`, the factory hands to the handler: shared state
/// in an [`Arc`](std::sync::Arc), which each handler gets a clone of.
///
/// # Examples
///
/// ```
/// use socketserver::{StreamRequest, StreamRequestHandler, TcpServer};
/// use std::io::{self, BufRead, Write};
///
/// struct Greeter { greeting: &'static str }
///
/// impl StreamRequestHandler for Greeter {
///     fn handle(&mut self, x: &mut StreamRequest<'_>) -> io::Result<()> {
///         let mut name = String::new();
///         x.rfile.read_line(&mut name)?;
///         write!(x.wfile, "{}, {name}", self.greeting)
///     }
/// }
///
/// let server = TcpServer::bind("127.0.0.1:0", || Greeter { greeting: "Hello" })?;
/// # drop(server);
/// # io::Result::Ok(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot handle the requests of a `{T}` server",
    note = "pass a factory such as `MyHandler::new` or `|| MyHandler`, where `MyHandler` \
            implements `StreamRequestHandler` (stream transports) or `DatagramRequestHandler` \
            (datagram transports)",
    note = "a factory of a `BaseRequestHandler` is wrapped: `Raw(|| MyHandler)`"
)]
pub trait RequestHandlerClass<T: Transport>: Send + Sync + 'static {
    /// Handles one request from start to end.
    ///
    /// # Errors
    ///
    /// Whatever the handler failed with; the server passes it to `handle_error`.
    fn call(
        &self,
        request: &mut T::Request,
        client_address: &T::Address,
        server: &ServerInfo,
    ) -> Result<(), HandlerError>;
}

impl<T, F, H> RequestHandlerClass<T> for F
where
    T: Transport,
    F: Fn() -> H + Send + Sync + 'static,
    H: Handler<T, T::Kind>,
{
    fn call(
        &self,
        request: &mut T::Request,
        client_address: &T::Address,
        server: &ServerInfo,
    ) -> Result<(), HandlerError> {
        self().run(request, client_address, server)
    }
}

/// A handler for one kind of transport. Implemented for every [`StreamRequestHandler`] and
/// [`DatagramRequestHandler`]; the second parameter keeps the two apart.
///
/// # Examples
///
/// A [`RequestHandlerClass`] that copies a handler instead of calling a factory:
///
/// ```
/// use socketserver::{Handler, HandlerError, RequestHandlerClass, ServerInfo, Transport};
///
/// struct CopyOf<H>(H);
///
/// impl<T, H> RequestHandlerClass<T> for CopyOf<H>
/// where
///     T: Transport,
///     H: Handler<T, T::Kind> + Clone + Send + Sync + 'static,
/// {
///     fn call(
///         &self,
///         request: &mut T::Request,
///         client_address: &T::Address,
///         server: &ServerInfo,
///     ) -> Result<(), HandlerError> {
///         self.0.clone().run(request, client_address, server)
///     }
/// }
/// #
/// # use socketserver::{Serve, StreamRequest, StreamRequestHandler, TcpServer};
/// # use std::io::{self, Read, Write};
/// # #[derive(Clone)]
/// # struct Greeter(String);
/// # impl StreamRequestHandler for Greeter {
/// #     fn handle(&mut self, x: &mut StreamRequest<'_>) -> io::Result<()> {
/// #         x.wfile.write_all(self.0.as_bytes())
/// #     }
/// # }
/// # let server = TcpServer::bind("127.0.0.1:0", CopyOf(Greeter("hello".to_owned())))?;
/// # let mut client = std::net::TcpStream::connect(server.server_address())?;
/// # server.handle_request()?;
/// # let mut answer = String::new();
/// # client.read_to_string(&mut answer)?;
/// # assert_eq!(answer, "hello");
/// # io::Result::Ok(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no handler for a `{T}` server",
    note = "implement `StreamRequestHandler` for stream transports, `DatagramRequestHandler` for \
            datagram transports, or wrap the factory of a `BaseRequestHandler` in `Raw`"
)]
pub trait Handler<T: Transport, Kind> {
    /// Runs `setup`, `handle` and `finish` on one request.
    ///
    /// # Errors
    ///
    /// What one of the three failed with.
    fn run(
        self,
        request: &mut T::Request,
        client_address: &T::Address,
        server: &ServerInfo,
    ) -> Result<(), HandlerError>;
}

impl<T: StreamTransport, H: StreamRequestHandler<T>> Handler<T, Stream> for H {
    fn run(
        self,
        request: &mut T::Request,
        client_address: &T::Address,
        server: &ServerInfo,
    ) -> Result<(), HandlerError> {
        crate::stream_request_handler::run(self, request, client_address, server)
    }
}

impl<T: DatagramTransport, H: DatagramRequestHandler<T>> Handler<T, Datagram> for H {
    fn run(
        self,
        request: &mut T::Request,
        client_address: &T::Address,
        server: &ServerInfo,
    ) -> Result<(), HandlerError> {
        crate::datagram_request_handler::run(self, request, client_address, server)
    }
}

/// A handler that gets the request as it is (`socketserver.BaseRequestHandler`).
///
/// All three methods do nothing by default. Factories of such handlers are wrapped in [`Raw`].
///
/// # Examples
///
/// ```
/// use socketserver::{BaseRequest, BaseRequestHandler, Raw, TcpServer};
/// use std::io::{self, Read, Write};
///
/// struct Upper;
///
/// impl BaseRequestHandler for Upper {
///     fn handle(&mut self, x: &mut BaseRequest<'_>) -> io::Result<()> {
///         let mut data = [0; 1024];
///         let received = x.request.read(&mut data)?;
///         x.request.write_all(&data[..received].to_ascii_uppercase())
///     }
/// }
///
/// let server = TcpServer::bind("127.0.0.1:0", Raw(|| Upper))?;
/// # drop(server);
/// # io::Result::Ok(())
/// ```
pub trait BaseRequestHandler<T: Transport = Tcp> {
    /// Called before `handle`.
    ///
    /// # Errors
    ///
    /// An error goes to `handle_error`; neither `handle` nor `finish` are called.
    fn setup(&mut self, x: &mut BaseRequest<'_, T>) -> io::Result<()> {
        let _ = x;
        Ok(())
    }

    /// Does the work.
    ///
    /// # Errors
    ///
    /// An error goes to `handle_error`, after `finish`.
    fn handle(&mut self, x: &mut BaseRequest<'_, T>) -> io::Result<()> {
        let _ = x;
        Ok(())
    }

    /// Called after `handle`, also when that failed.
    ///
    /// # Errors
    ///
    /// An error goes to `handle_error`, in place of an error of `handle`.
    fn finish(&mut self, x: &mut BaseRequest<'_, T>) -> io::Result<()> {
        let _ = x;
        Ok(())
    }
}

/// What a [`BaseRequestHandler`] has in its hands: the instance variables of the Python class.
///
/// # Examples
///
/// ```
/// use socketserver::{BaseRequest, BaseRequestHandler, Raw, Serve, TcpServer};
/// use std::io::{self, Read, Write};
/// use std::net::TcpStream;
///
/// struct WhoAmI;
///
/// impl BaseRequestHandler for WhoAmI {
///     fn handle(&mut self, x: &mut BaseRequest<'_>) -> io::Result<()> {
///         write!(x.request, "{}", x.client_address)
///     }
/// }
///
/// let server = TcpServer::bind("127.0.0.1:0", Raw(|| WhoAmI))?;
/// let mut client = TcpStream::connect(server.server_address())?;
/// server.handle_request()?;
///
/// let mut answer = String::new();
/// client.read_to_string(&mut answer)?;
/// assert_eq!(answer, client.local_addr()?.to_string());
/// # io::Result::Ok(())
/// ```
pub struct BaseRequest<'a, T: Transport = Tcp> {
    /// The connection, or the packet with its socket.
    pub request: &'a mut T::Request,
    /// Who sent it.
    pub client_address: &'a T::Address,
    /// What there is to know of the server.
    pub server: ServerInfo<'a>,
}

impl<T: Transport> fmt::Debug for BaseRequest<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BaseRequest")
            .field("client_address", self.client_address)
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

/// Makes a factory of [`BaseRequestHandler`]s a [`RequestHandlerClass`].
///
/// # Examples
///
/// ```
/// use socketserver::{BaseRequestHandler, Raw, TcpServer};
///
/// struct MyHandler;
/// impl BaseRequestHandler for MyHandler {}
///
/// let server = TcpServer::bind("127.0.0.1:0", Raw(|| MyHandler))?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Raw<F>(
    /// The factory.
    pub F,
);

impl<T, F, H> RequestHandlerClass<T> for Raw<F>
where
    T: Transport,
    F: Fn() -> H + Send + Sync + 'static,
    H: BaseRequestHandler<T>,
{
    fn call(
        &self,
        request: &mut T::Request,
        client_address: &T::Address,
        server: &ServerInfo,
    ) -> Result<(), HandlerError> {
        let x = BaseRequest { request, client_address, server: *server };
        run_handler((self.0)(), x, H::setup, H::handle, H::finish)
    }
}
