//! What a connection must be able to do.

use socketserver::socket2::SockRef;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

/// A connection to one client: reads and writes that block, and what deadlines and a polite end need.
///
/// [`handle`](crate::handle) serves any of these. Everything beyond `Read` and `Write` has a default for connections
/// that cannot do it; [`Duplex`] and [`Pair`] make one of anything that reads and writes.
///
/// A read or write that runs into its timeout returns [`io::ErrorKind::WouldBlock`] or [`io::ErrorKind::TimedOut`], as
/// sockets do. One that fails with [`io::ErrorKind::InvalidData`] is told in the log: what comes makes no sense.
///
/// # Examples
///
/// ```
/// # use std::io::{Read, Write};
/// use http_server::Connection;
/// use std::{io, net::TcpStream, time::Duration};
///
/// /// Counts what a client sends, and keeps the deadlines.
/// struct Counted {
///     stream: TcpStream,
///     received: usize,
/// }
/// # impl Read for Counted {
/// #     fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
/// #         let n = self.stream.read(buf)?;
/// #         self.received += n;
/// #         Ok(n)
/// #     }
/// # }
/// # impl Write for Counted {
/// #     fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
/// #         self.stream.write(buf)
/// #     }
/// #     fn flush(&mut self) -> io::Result<()> {
/// #         self.stream.flush()
/// #     }
/// # }
/// // ... `Read` and `Write`, which count and pass on ...
/// impl Connection for Counted {
///     fn set_read_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
///         self.stream.set_read_timeout(timeout)
///     }
///     fn set_write_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
///         self.stream.set_write_timeout(timeout)
///     }
/// }
/// # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
/// # let mut client = TcpStream::connect(listener.local_addr()?)?;
/// # let mut connection = Counted { stream: listener.accept()?.0, received: 0 };
/// # connection.set_read_timeout(Some(Duration::from_millis(10)))?;
/// # let error = connection.read(&mut [0; 9]).unwrap_err();
/// # assert!([io::ErrorKind::WouldBlock, io::ErrorKind::TimedOut].contains(&error.kind()));
/// # client.write_all(b"GET")?;
/// # connection.set_read_timeout(None)?;
/// # connection.read_exact(&mut [0; 3])?;
/// # assert_eq!(connection.received, 3);
/// # Ok::<(), io::Error>(())
/// ```
pub trait Connection: Read + Write + Send {
    /// Limits how long one read may block; `None` lifts the limit. Does nothing by default: reads then have no deadline.
    ///
    /// # Errors
    ///
    /// If the system refuses.
    fn set_read_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        let _ = timeout;
        Ok(())
    }

    /// Limits how long one write may block. Does nothing by default.
    ///
    /// # Errors
    ///
    /// If the system refuses.
    fn set_write_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        let _ = timeout;
        Ok(())
    }

    /// Ends the sending side, so that the client sees the end of the response (RFC 9112 §9.6). Flushes by default.
    ///
    /// # Errors
    ///
    /// If the connection is already gone.
    fn shutdown_write(&mut self) -> io::Result<()> {
        self.flush()
    }

    /// Reads what has already come, without waiting for more: [`io::ErrorKind::WouldBlock`] if that is nothing.
    ///
    /// Asked once before a connection is closed, because closing a socket with unread input resets it and destroys the
    /// response on its way. By default there is nothing, as for a connection where closing cannot reset.
    ///
    /// # Errors
    ///
    /// Those of a read.
    fn try_read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let _ = buf;
        Err(io::ErrorKind::WouldBlock.into())
    }

    /// Sees to it that closing the connection resets it, so that the system keeps nothing for a client that does not read.
    /// Does nothing by default.
    ///
    /// # Errors
    ///
    /// If the system refuses.
    fn reset(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Returns the socket, so that the driver can wait for the client and for its server at once: between two requests a
    /// connection gives way to whoever needs the server. Without one, which is the default, reads just block.
    ///
    /// A connection that may hold bytes of the client back, as TLS does, has to return `None` while it does.
    fn socket(&self) -> Option<SockRef<'_>> {
        None
    }

    /// Whether the client speaks plain HTTP where TLS is expected. It is then answered so, in plain HTTP, and its request is not
    /// served. Asked after each read of a head; never so by default.
    fn is_plain_instead_of_tls(&self) -> bool {
        false
    }

    /// The response is cut short, so the end of the connection shall not look as if it were the response's. Does nothing by
    /// default; TLS then says nothing of the end (RFC 8446 §6.1).
    fn cut(&mut self) {}

    /// The present moment, against which deadlines are measured. Tests return what they like.
    fn now(&self) -> Instant {
        Instant::now()
    }
}

/// Implements [`Connection`] for a socket of `std`; `$reset` is what differs.
macro_rules! socket {
    ($socket:ty, $reset:expr) => {
        impl Connection for $socket {
            fn set_read_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
                <$socket>::set_read_timeout(self, timeout)
            }

            fn set_write_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
                <$socket>::set_write_timeout(self, timeout)
            }

            fn shutdown_write(&mut self) -> io::Result<()> {
                self.shutdown(Shutdown::Write)
            }

            fn try_read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
                self.set_nonblocking(true)?;
                let result = self.read(buf);
                self.set_nonblocking(false)?;
                result
            }

            fn socket(&self) -> Option<SockRef<'_>> {
                Some(SockRef::from(self))
            }

            fn reset(&mut self) -> io::Result<()> {
                let reset: fn(&$socket) -> io::Result<()> = $reset;
                reset(self)
            }
        }
    };
}

socket!(TcpStream, |stream| SockRef::from(stream).set_linger(Some(Duration::ZERO)));
// Closing a Unix socket leaves nothing behind.
#[cfg(unix)]
socket!(UnixStream, |_| Ok(()));

/// A connection made of anything that reads and writes, for example a TLS stream. It has no timeouts.
///
/// # Examples
///
/// ```
/// use http_server::{BaseHttpRequestHandler, ClientAddress, Duplex, ServerInfo, handle};
/// use std::io::Cursor;
///
/// struct MyHandler;
/// impl BaseHttpRequestHandler for MyHandler {}
///
/// let request = b"GET / HTTP/1.0\r\n\r\n";
/// let mut connection = Duplex(Cursor::new(request.to_vec())); // what is written comes after what was read
/// handle(&mut connection, &ClientAddress::Unnamed, &ServerInfo::default(), &MyHandler)?;
/// let answer = &connection.0.get_ref()[request.len()..];
/// assert!(answer.starts_with(b"HTTP/1.0 501 Unsupported method ('GET')\r\n"));
/// # Ok::<(), http_server::HandlerError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Duplex<T>(pub T);

impl<T: Read> Read for Duplex<T> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf)
    }
}

impl<T: Write> Write for Duplex<T> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.0.write(buf)
    }

    fn write_vectored(&mut self, bufs: &[io::IoSlice<'_>]) -> io::Result<usize> {
        self.0.write_vectored(bufs)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<T: Read + Write + Send> Connection for Duplex<T> {}

/// A connection made of a reader and a writer, for example standard input and output. It has no timeouts.
///
/// # Examples
///
/// ```
/// use http_server::{BaseHttpRequestHandler, ClientAddress, Pair, ServerInfo, handle};
///
/// struct Empty;
/// impl BaseHttpRequestHandler for Empty {
///     fn do_get(&self, x: &mut http_server::Exchange<'_>) -> std::io::Result<()> {
///         x.send_response(204)?;
///         x.end_headers()
///     }
/// }
///
/// let mut connection = Pair { reader: &b"GET / HTTP/1.0\r\n\r\n"[..], writer: Vec::new() };
/// handle(&mut connection, &ClientAddress::Unnamed, &ServerInfo::default(), &Empty)?;
/// assert!(connection.writer.starts_with(b"HTTP/1.0 204 No Content\r\nServer: BaseHTTP "));
/// # Ok::<(), http_server::HandlerError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Pair<R, W> {
    /// Where requests come from.
    pub reader: R,
    /// Where responses go.
    pub writer: W,
}

impl<R: Read, W> Read for Pair<R, W> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buf)
    }
}

impl<R, W: Write> Write for Pair<R, W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.writer.write(buf)
    }

    fn write_vectored(&mut self, bufs: &[io::IoSlice<'_>]) -> io::Result<usize> {
        self.writer.write_vectored(bufs)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl<R: Read + Send, W: Write + Send> Connection for Pair<R, W> {}
