//! `StreamRequestHandler`: `rfile` and `wfile` on a connection.

use crate::request_handler::run_handler;
use crate::transport::{Connection, StreamTransport};
use crate::{HandlerError, ServerInfo, Tcp, Transport};
use std::fmt;
use std::io::{self, BufReader, Read, Write};
use std::time::Duration;

/// A handler with files on its connection (`socketserver.StreamRequestHandler`).
///
/// The server calls [`setup`](Self::setup), [`handle`](Self::handle) and
/// [`finish`](Self::finish), in this order. `setup` and `finish` have defaults that an override
/// reaches as `x.setup(&self.options())` and `x.finish()`: what `super()` was.
///
/// # Examples
///
/// ```
/// use socketserver::{Serve, StreamRequest, StreamRequestHandler, TcpServer};
/// use std::io::{self, BufRead, Read, Write};
/// use std::net::TcpStream;
///
/// struct Upper;
///
/// impl StreamRequestHandler for Upper {
///     fn handle(&mut self, x: &mut StreamRequest<'_>) -> io::Result<()> {
///         let mut line = String::new();
///         x.rfile.read_line(&mut line)?;
///         x.wfile.write_all(line.to_uppercase().as_bytes())
///     }
/// }
///
/// let server = TcpServer::bind("127.0.0.1:0", || Upper)?;
/// let mut client = TcpStream::connect(server.server_address())?;
/// client.write_all(b"hello world\n")?;
/// server.handle_request()?;
///
/// let mut answer = String::new();
/// client.read_to_string(&mut answer)?;
/// assert_eq!(answer, "HELLO WORLD\n");
/// # io::Result::Ok(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no `StreamRequestHandler` for a `{T}` server",
    note = "implement `StreamRequestHandler<{T}>` for it; the factory of a `BaseRequestHandler` is \
            wrapped instead: `Raw(|| MyHandler)`"
)]
pub trait StreamRequestHandler<T: StreamTransport = Tcp> {
    /// The class attributes: buffer sizes, timeout, Nagle's algorithm.
    fn options(&self) -> StreamOptions {
        StreamOptions::default()
    }

    /// Prepares the connection and its files.
    ///
    /// # Errors
    ///
    /// An error goes to `handle_error`; neither `handle` nor `finish` are called.
    fn setup(&mut self, x: &mut StreamRequest<'_, T>) -> io::Result<()> {
        x.setup(&self.options())
    }

    /// Does the work. Does nothing by default.
    ///
    /// # Errors
    ///
    /// An error goes to `handle_error`, after `finish`.
    fn handle(&mut self, x: &mut StreamRequest<'_, T>) -> io::Result<()> {
        let _ = x;
        Ok(())
    }

    /// Flushes `wfile`; called after `handle`, also when that failed.
    ///
    /// # Errors
    ///
    /// An error goes to `handle_error`, in place of an error of `handle`.
    fn finish(&mut self, x: &mut StreamRequest<'_, T>) -> io::Result<()> {
        x.finish();
        Ok(())
    }
}

/// The class attributes of `StreamRequestHandler`, with CPython's defaults.
///
/// # Examples
///
/// ```
/// let options = socketserver::StreamOptions::default();
/// assert_eq!(options.rbufsize, None);
/// assert_eq!(options.wbufsize, Some(0));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StreamOptions {
    /// The buffer of `rfile` in bytes. `None`, the default, is a buffer of the usual size
    /// (CPython's -1); `Some(0)` reads from the connection no more than it was asked for.
    pub rbufsize: Option<usize>,
    /// The buffer of `wfile` in bytes. `Some(0)`, the default, sends every write at once and to
    /// its end; `None` is a buffer of the usual size.
    pub wbufsize: Option<usize>,
    /// How long one read or one write may wait for the peer before it fails with
    /// [`io::ErrorKind::TimedOut`]. `None`, the default, waits for ever.
    pub timeout: Option<Duration>,
    /// Sets `TCP_NODELAY`, so that small writes are sent without waiting for acknowledgements.
    /// `false` by default.
    pub disable_nagle_algorithm: bool,
}

setters! {
    StreamOptions {
        rbufsize: Option<usize>,
        wbufsize: Option<usize>,
        timeout: Option<Duration>,
        disable_nagle_algorithm: bool,
    }
}

impl Default for StreamOptions {
    fn default() -> Self {
        Self { rbufsize: None, wbufsize: Some(0), timeout: None, disable_nagle_algorithm: false }
    }
}

/// `io.DEFAULT_BUFFER_SIZE`.
const DEFAULT_BUFFER_SIZE: usize = 8192;

/// What a [`StreamRequestHandler`] has in its hands: the instance variables of the Python class.
///
/// # Examples
///
/// ```
/// use socketserver::{Serve, StreamRequest, StreamRequestHandler, TcpServer};
/// use std::io::{self, BufRead, Read, Write};
/// use std::net::TcpStream;
///
/// struct Greeter;
///
/// impl StreamRequestHandler for Greeter {
///     fn handle(&mut self, x: &mut StreamRequest<'_>) -> io::Result<()> {
///         let mut name = String::new();
///         x.rfile.read_line(&mut name)?;
///         write!(x.wfile, "Hello, {} at {}", name.trim_end(), x.client_address.ip())
///     }
/// }
///
/// let server = TcpServer::bind("127.0.0.1:0", || Greeter)?;
/// let mut client = TcpStream::connect(server.server_address())?;
/// client.write_all(b"Ada\n")?;
/// server.handle_request()?;
///
/// let mut answer = String::new();
/// client.read_to_string(&mut answer)?;
/// assert_eq!(answer, "Hello, Ada at 127.0.0.1");
/// # io::Result::Ok(())
/// ```
pub struct StreamRequest<'a, T: StreamTransport = Tcp> {
    /// Reads from the connection.
    pub rfile: BufReader<StreamReader<'a, T::Request>>,
    /// Writes to the connection.
    pub wfile: StreamWriter<'a, T::Request>,
    /// The connection itself; Python's `connection` and `request`.
    pub connection: &'a T::Request,
    /// Who connected.
    pub client_address: &'a T::Address,
    /// What there is to know of the server.
    pub server: ServerInfo<'a>,
}

impl<'a, T: StreamTransport> StreamRequest<'a, T> {
    fn new(
        connection: &'a T::Request,
        client_address: &'a T::Address,
        server: &ServerInfo<'a>,
    ) -> Self {
        Self {
            // Without buffers, until `setup` knows what the handler wants.
            rfile: BufReader::with_capacity(1, StreamReader { connection, timeout: None }),
            wfile: StreamWriter { connection, timeout: None, buffer: Vec::new(), capacity: 0 },
            connection,
            client_address,
            server: *server,
        }
    }

    /// Applies the options to the connection and makes the files
    /// (`StreamRequestHandler.setup`).
    ///
    /// # Errors
    ///
    /// Those of the socket options.
    pub fn setup(&mut self, options: &StreamOptions) -> io::Result<()> {
        if options.timeout.is_some() {
            Connection::set_timeout(self.connection, options.timeout)?;
        }
        if options.disable_nagle_algorithm {
            Connection::set_nodelay(self.connection, true)?;
        }
        // `BufReader` bypasses its buffer for reads at least as large as it, so with room for
        // one byte it never takes more from the connection than it was asked for.
        let rbufsize = options.rbufsize.unwrap_or(DEFAULT_BUFFER_SIZE).max(1);
        let reader = StreamReader { connection: self.connection, timeout: options.timeout };
        self.rfile = BufReader::with_capacity(rbufsize, reader);
        self.wfile = StreamWriter {
            connection: self.connection,
            timeout: options.timeout,
            buffer: Vec::new(),
            capacity: options.wbufsize.unwrap_or(DEFAULT_BUFFER_SIZE),
        };
        Ok(())
    }

    /// Flushes `wfile` and ignores the client's having gone (`StreamRequestHandler.finish`).
    pub fn finish(&mut self) {
        let _ = self.wfile.flush();
    }
}

impl<T: StreamTransport> fmt::Debug for StreamRequest<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamRequest")
            .field("client_address", self.client_address)
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

/// The reading end of a connection; inside `rfile`.
///
/// # Examples
///
/// A function that reads from `rfile` whatever the connection is:
///
/// ```
/// use socketserver::{Connection, StreamReader, StreamRequest, StreamRequestHandler};
/// use std::io::{self, BufReader, Read, Write};
///
/// /// One byte that says how many follow, and those.
/// fn read_frame<C: Connection>(rfile: &mut BufReader<StreamReader<'_, C>>) -> io::Result<Vec<u8>> {
///     let mut length = [0];
///     rfile.read_exact(&mut length)?;
///     let mut frame = vec![0; length[0].into()];
///     rfile.read_exact(&mut frame)?;
///     Ok(frame)
/// }
///
/// struct Frames;
///
/// impl StreamRequestHandler for Frames {
///     fn handle(&mut self, x: &mut StreamRequest<'_>) -> io::Result<()> {
///         let frame = read_frame(&mut x.rfile)?;
///         x.wfile.write_all(&frame)
///     }
/// }
/// #
/// # use socketserver::{Serve, TcpServer};
/// # let server = TcpServer::bind("127.0.0.1:0", || Frames)?;
/// # let mut client = std::net::TcpStream::connect(server.server_address())?;
/// # client.write_all(b"\x05hello")?;
/// # server.handle_request()?;
/// # let mut answer = String::new();
/// # client.read_to_string(&mut answer)?;
/// # assert_eq!(answer, "hello");
/// # io::Result::Ok(())
/// ```
pub struct StreamReader<'a, C> {
    connection: &'a C,
    timeout: Option<Duration>,
}

impl<C: Connection> Read for StreamReader<'_, C> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.connection.receive(buffer).map_err(|error| name_timeout(error, self.timeout))
    }
}

impl<C> fmt::Debug for StreamReader<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamReader").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

/// `wfile`: writes all it is given, at once or when its buffer is full.
///
/// # Examples
///
/// Small writes that go out as one, because the handler asks for a buffer:
///
/// ```
/// use socketserver::{Connection, StreamOptions, StreamRequest, StreamRequestHandler, StreamWriter};
/// use std::io::{self, Write};
///
/// fn write_table<C: Connection>(wfile: &mut StreamWriter<'_, C>) -> io::Result<()> {
///     (1..=3).try_for_each(|n| writeln!(wfile, "{n} {}", n * n))
/// }
///
/// struct Squares;
///
/// impl StreamRequestHandler for Squares {
///     fn options(&self) -> StreamOptions {
///         StreamOptions::default().wbufsize(None)
///     }
///
///     fn handle(&mut self, x: &mut StreamRequest<'_>) -> io::Result<()> {
///         write_table(&mut x.wfile) // `finish` flushes it
///     }
/// }
/// #
/// # use socketserver::{Serve, TcpServer};
/// # let server = TcpServer::bind("127.0.0.1:0", || Squares)?;
/// # let mut client = std::net::TcpStream::connect(server.server_address())?;
/// # server.handle_request()?;
/// # let mut answer = String::new();
/// # io::Read::read_to_string(&mut client, &mut answer)?;
/// # assert_eq!(answer, "1 1\n2 4\n3 9\n");
/// # io::Result::Ok(())
/// ```
pub struct StreamWriter<'a, C> {
    connection: &'a C,
    timeout: Option<Duration>,
    buffer: Vec<u8>,
    capacity: usize,
}

impl<C: Connection> StreamWriter<'_, C> {
    /// Sends all of `data`; the number of bytes that went out is known also when it fails.
    fn send_all(&self, data: &[u8]) -> (usize, io::Result<()>) {
        let mut sent = 0;
        while let Some(rest) = data.get(sent..).filter(|rest| !rest.is_empty()) {
            match self.connection.send(rest) {
                Ok(0) => return (sent, Err(io::ErrorKind::WriteZero.into())),
                Ok(count) => sent += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return (sent, Err(name_timeout(error, self.timeout))),
            }
        }
        (sent, Ok(()))
    }
}

impl<C: Connection> Write for StreamWriter<'_, C> {
    /// Takes all of `data` or fails; there are no short writes (`_SocketWriter.write`).
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        if self.buffer.len() + data.len() > self.capacity {
            self.flush()?;
        }
        if data.len() >= self.capacity {
            self.send_all(data).1?;
        } else {
            self.buffer.extend_from_slice(data);
        }
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let (sent, result) = self.send_all(&self.buffer);
        self.buffer.drain(..sent);
        result
    }
}

impl<C> fmt::Debug for StreamWriter<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamWriter")
            .field("timeout", &self.timeout)
            .field("buffered", &self.buffer.len())
            .finish_non_exhaustive()
    }
}

/// A socket timeout is `WouldBlock` on Unix and `TimedOut` on Windows: here it is the second, with
/// words, as Python's `TimeoutError`.
fn name_timeout(error: io::Error, timeout: Option<Duration>) -> io::Error {
    match (error.kind(), timeout) {
        (io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut, Some(timeout)) => io::Error::new(
            io::ErrorKind::TimedOut,
            format!("timed out: the client did nothing for {timeout:?} (StreamOptions::timeout)"),
        ),
        _ => error,
    }
}

/// Runs one handler on one connection.
pub(crate) fn run<T: StreamTransport, H: StreamRequestHandler<T>>(
    handler: H,
    request: &T::Request,
    client_address: &<T as Transport>::Address,
    server: &ServerInfo,
) -> Result<(), HandlerError> {
    let x = StreamRequest::<T>::new(request, client_address, server);
    run_handler(handler, x, H::setup, H::handle, H::finish)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::{Cell, RefCell};

    /// Takes three bytes at a time, and is interrupted by a signal before each.
    #[derive(Default)]
    struct Slow {
        interrupted: Cell<bool>,
        /// Takes nothing more once it has taken so often.
        full_after: Cell<Option<usize>>,
        sent: RefCell<Vec<Vec<u8>>>,
    }

    impl Connection for Slow {
        fn receive(&self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::WouldBlock.into())
        }
        fn send(&self, data: &[u8]) -> io::Result<usize> {
            if !self.interrupted.replace(!self.interrupted.get()) {
                return Err(io::ErrorKind::Interrupted.into());
            }
            if self.full_after.get() == Some(self.sent.borrow().len()) {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            let taken = &data[..data.len().min(3)];
            self.sent.borrow_mut().push(taken.to_vec());
            Ok(taken.len())
        }
        fn set_timeout(&self, _: Option<Duration>) -> io::Result<()> {
            Ok(())
        }
        fn set_nodelay(&self, _: bool) -> io::Result<()> {
            Ok(())
        }
    }

    fn writer(connection: &Slow, capacity: usize) -> StreamWriter<'_, Slow> {
        StreamWriter { connection, timeout: None, buffer: Vec::new(), capacity }
    }

    #[test]
    fn a_write_sends_all_and_survives_signals() {
        let slow = Slow::default();
        assert_eq!(writer(&slow, 0).write(b"abcdefgh").unwrap(), 8);
        assert_eq!(*slow.sent.borrow(), [b"abc".as_slice(), b"def", b"gh"]);
    }

    #[test]
    fn a_buffered_writer_sends_when_it_is_full_and_when_it_is_flushed() {
        let slow = Slow::default();
        let mut wfile = writer(&slow, 4);
        wfile.write_all(b"ab").unwrap();
        wfile.write_all(b"c").unwrap();
        assert!(slow.sent.borrow().is_empty());

        wfile.write_all(b"de").unwrap();
        assert_eq!(*slow.sent.borrow(), [b"abc".as_slice()]);

        wfile.write_all(b"fghij").unwrap();
        assert_eq!(*slow.sent.borrow(), [b"abc".as_slice(), b"de", b"fgh", b"ij"]);

        wfile.write_all(b"k").unwrap();
        wfile.flush().unwrap();
        assert_eq!(slow.sent.borrow().last().unwrap(), b"k");
    }

    #[test]
    fn a_buffer_may_be_full_to_its_last_byte() {
        let slow = Slow::default();
        let mut wfile = writer(&slow, 4);
        wfile.write_all(b"ab").unwrap();
        wfile.write_all(b"cd").unwrap();
        assert!(slow.sent.borrow().is_empty());
        wfile.write_all(b"e").unwrap();
        assert_eq!(slow.sent.borrow().concat(), b"abcd");

        wfile.write_all(b"fghi").unwrap();
        assert_eq!(
            slow.sent.borrow().concat(),
            b"abcdefghi",
            "as large as the buffer: sent at once"
        );
    }

    #[test]
    fn what_was_not_sent_is_kept_for_the_next_flush_and_nothing_is_sent_twice() {
        let slow = Slow::default();
        slow.full_after.set(Some(1));
        let mut wfile = writer(&slow, 100);
        wfile.write_all(b"abcdefgh").unwrap();
        assert_eq!(wfile.flush().unwrap_err().kind(), io::ErrorKind::WouldBlock);
        slow.full_after.set(None);
        wfile.flush().unwrap();
        assert_eq!(slow.sent.borrow().concat(), b"abcdefgh");
    }

    #[test]
    fn a_timeout_is_named() {
        let timeout = Some(Duration::from_secs(5));
        let error = StreamReader { connection: &Slow::default(), timeout }.read(&mut [0]);
        let error = error.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(
            error.to_string(),
            "timed out: the client did nothing for 5s (StreamOptions::timeout)"
        );
    }
}
