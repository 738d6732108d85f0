//! What the handler classes do with a request, without a server: a handler is run on one end of a
//! pair of sockets, and the test holds the other.

use socketserver::{
    DatagramRequest, DatagramRequestHandler, Handler, HandlerError, Packet, Serve, ServerInfo,
    ServerOptions, StreamOptions, StreamRequest, StreamRequestHandler, TcpServer, UdpServer,
    UnixDatagramTransport, UnixStreamTransport,
};
use std::io::{self, BufRead, Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

/// A handler made of options and a closure.
struct With<F>(StreamOptions, F);

impl<F> StreamRequestHandler<UnixStreamTransport> for With<F>
where
    F: FnMut(&mut StreamRequest<'_, UnixStreamTransport>) -> io::Result<()>,
{
    fn options(&self) -> StreamOptions {
        self.0.clone()
    }

    fn handle(&mut self, x: &mut StreamRequest<'_, UnixStreamTransport>) -> io::Result<()> {
        (self.1)(x)
    }
}

/// Runs a handler on a connection from `peer`, which has sent `sent`.
fn run(
    change: impl FnOnce(&mut StreamOptions),
    sent: &[u8],
    handle: impl FnMut(&mut StreamRequest<'_, UnixStreamTransport>) -> io::Result<()>,
) -> (Result<(), HandlerError>, UnixStream) {
    let (mut connection, mut peer) = UnixStream::pair().unwrap();
    peer.write_all(sent).unwrap();
    let address = connection.peer_addr().unwrap();
    let mut options = StreamOptions::default();
    change(&mut options);
    let result = With(options, handle).run(&mut connection, &address, &ServerInfo::default());
    (result, peer)
}

fn received(mut peer: UnixStream) -> Vec<u8> {
    let mut received = Vec::new();
    peer.read_to_end(&mut received).unwrap();
    received
}

#[test]
fn rfile_is_buffered() {
    let (result, _) = run(
        |_| {},
        b"one\ntwo\n",
        |x| {
            let mut line = String::new();
            x.rfile.read_line(&mut line)?;
            assert_eq!(line, "one\n");
            assert_eq!(x.rfile.buffer(), b"two\n");
            Ok(())
        },
    );
    result.unwrap();
}

#[test]
fn rfile_with_rbufsize_zero_takes_no_more_than_asked_for() {
    let (result, _) = run(
        |options| options.rbufsize = Some(0),
        b"one\ntwo\n",
        |x| {
            let mut line = String::new();
            x.rfile.read_line(&mut line)?;
            assert_eq!(line, "one\n");
            let mut rest = [0; 10];
            let count = (&mut &*x.connection).read(&mut rest)?;
            assert_eq!(&rest[..count], b"two\n");
            Ok(())
        },
    );
    result.unwrap();
}

#[test]
fn wfile_writes_at_once() {
    let (result, peer) = run(
        |_| {},
        b"",
        |x| {
            assert_eq!(x.wfile.write(b"ab")?, 2);
            // Sent before the handler ends, so shutting down our side loses nothing.
            x.connection.shutdown(std::net::Shutdown::Write)?;
            Ok(())
        },
    );
    result.unwrap();
    assert_eq!(received(peer), b"ab");
}

#[test]
fn wfile_with_a_buffer_is_flushed_by_finish() {
    let (result, peer) = run(
        |options| options.wbufsize = None,
        b"",
        |x| {
            x.wfile.write_all(b"ab")?;
            assert!(format!("{:?}", x.wfile).contains("buffered: 2"));
            Ok(())
        },
    );
    result.unwrap();
    assert_eq!(received(peer), b"ab");
}

#[test]
fn finish_flushes_also_after_a_failed_handle() {
    let (result, peer) = run(
        |options| options.wbufsize = None,
        b"",
        |x| {
            x.wfile.write_all(b"ab")?;
            Err(io::Error::other("no more"))
        },
    );
    assert_eq!(result.unwrap_err().to_string(), "no more");
    assert_eq!(received(peer), b"ab");
}

#[test]
fn finish_does_not_mind_a_client_that_is_gone() {
    let (mut connection, peer) = UnixStream::pair().unwrap();
    let address = connection.peer_addr().unwrap();
    drop(peer);
    let mut options = StreamOptions::default();
    options.wbufsize = None;
    let handler = With(options, |x: &mut StreamRequest<'_, UnixStreamTransport>| {
        x.wfile.write_all(b"too late")
    });
    handler.run(&mut connection, &address, &ServerInfo::default()).unwrap();
}

#[test]
fn a_large_write_is_sent_to_its_end() {
    const SIZE: usize = 16 << 20;
    let (mut connection, peer) = UnixStream::pair().unwrap();
    let address = connection.peer_addr().unwrap();
    let reader = std::thread::spawn(move || received(peer));
    let handler = With(StreamOptions::default(), |x: &mut StreamRequest<'_, _>| {
        assert_eq!(x.wfile.write(&vec![b'x'; SIZE])?, SIZE);
        Ok(())
    });
    handler.run(&mut connection, &address, &ServerInfo::default()).unwrap();
    drop(connection);
    let all = reader.join().unwrap();
    assert_eq!(all.len(), SIZE);
    assert!(all.iter().all(|byte| *byte == b'x'));
}

#[test]
fn the_timeout_ends_a_read_with_an_error_that_says_so() {
    let (result, _peer) = run(
        |options| options.timeout = Some(Duration::from_millis(1)),
        b"",
        |x| x.rfile.read_line(&mut String::new()).map(drop),
    );
    let error = result.unwrap_err().downcast::<io::Error>().unwrap();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert!(error.to_string().starts_with("timed out"), "{error}");
}

#[test]
fn a_unix_socket_has_no_nagle_algorithm_to_disable() {
    let (result, _) = run(|options| options.disable_nagle_algorithm = true, b"", |_| Ok(()));
    assert!(result.unwrap_err().to_string().contains("disable_nagle_algorithm"));
}

/// Tells whether the options reached its socket.
struct NoDelay;

impl StreamRequestHandler for NoDelay {
    fn options(&self) -> StreamOptions {
        let mut options = StreamOptions::default();
        options.disable_nagle_algorithm = true;
        options.timeout = Some(Duration::from_secs(7));
        options
    }

    fn handle(&mut self, x: &mut StreamRequest<'_>) -> io::Result<()> {
        let timeouts = (x.connection.read_timeout()?, x.connection.write_timeout()?);
        let nodelay = x.connection.nodelay()?;
        write!(x.wfile, "{nodelay} {timeouts:?} {}", x.client_address.ip())
    }
}

#[test]
fn options_reach_a_tcp_connection() {
    let server = TcpServer::bind("127.0.0.1:0", || NoDelay).unwrap();
    let mut client = TcpStream::connect(server.server_address()).unwrap();
    server.handle_request().unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "true (Some(7s), Some(7s)) 127.0.0.1");
}

/// Answers with what it read, or fails after writing.
struct DatagramEcho {
    fail: bool,
}

impl DatagramRequestHandler for DatagramEcho {
    fn handle(&mut self, x: &mut DatagramRequest<'_>) -> io::Result<()> {
        let mut data = Vec::new();
        x.rfile.read_to_end(&mut data)?;
        assert_eq!(data, x.packet);
        x.wfile.write_all(&data)?;
        if self.fail { Err(io::Error::other("too tired")) } else { Ok(()) }
    }
}

/// One datagram through a real socket; the answer.
#[test]
fn the_client_sees_the_end_although_somebody_keeps_the_connection() {
    struct Keeping(Sender<TcpStream>);

    impl StreamRequestHandler for Keeping {
        fn handle(&mut self, x: &mut StreamRequest<'_>) -> io::Result<()> {
            self.0.send(x.connection.try_clone()?).map_err(io::Error::other)
        }
    }

    let (sender, kept) = channel();
    let server = TcpServer::bind("127.0.0.1:0", move || Keeping(sender.clone())).unwrap();
    let mut client = TcpStream::connect(server.server_address()).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    server.handle_request().unwrap();
    assert_eq!(client.read(&mut [0]).expect("shutdown_request ends the sending side"), 0);
    // Only that side: the other one is whoever's who keeps it.
    client.write_all(b"x").unwrap();
    assert_eq!(kept.recv().unwrap().read(&mut [0]).unwrap(), 1);
}

fn datagram(fail: bool, max_packet_size: usize, sent: &[u8]) -> Vec<u8> {
    let mut options = ServerOptions::default();
    options.max_packet_size = max_packet_size;
    let server =
        UdpServer::bind_with("127.0.0.1:0", move || DatagramEcho { fail }, options).unwrap();
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    client.send_to(sent, server.server_address()).unwrap();
    server.handle_request().unwrap();
    let mut answer = vec![0; 9000];
    let received = client.recv(&mut answer).unwrap();
    answer.truncate(received);
    answer
}

#[test]
fn a_datagram_handler_always_answers_with_one_datagram() {
    assert_eq!(datagram(false, 8192, b"hello"), b"hello");
    assert_eq!(datagram(false, 8192, b""), b"");
    assert_eq!(datagram(true, 8192, b"hello"), b"hello");
}

#[test]
fn a_long_datagram_is_cut_off() {
    assert_eq!(datagram(false, 8192, &[b'x'; 8200]).len(), 8192);
    assert_eq!(datagram(false, 3, b"hello"), b"hel");
}

#[test]
fn a_nameless_unix_client_cannot_be_answered() {
    struct Quiet;
    impl DatagramRequestHandler<UnixDatagramTransport> for Quiet {}

    let socket = Arc::new(UnixDatagram::unbound().unwrap());
    let nameless = socket.local_addr().unwrap();
    let mut packet = Packet { data: Vec::new(), socket };
    let error = Quiet.run(&mut packet, &nameless, &ServerInfo::default()).unwrap_err();
    assert!(error.to_string().contains("bound to no address"), "{error}");
}
