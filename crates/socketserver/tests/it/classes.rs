//! Every class serves: CPython's `test_TCPServer`, `test_ThreadingUnixDatagramServer` and so on.

use crate::support::deadline;
use socketserver::{
    BaseServer, DatagramRequest, DatagramRequestHandler, DatagramTransport, Serve, StreamRequest,
    StreamRequestHandler, StreamTransport, TcpServer, ThreadingTcpServer, ThreadingUdpServer,
    ThreadingUnixDatagramServer, ThreadingUnixStreamServer, UdpServer, UnixDatagramServer,
    UnixStreamServer,
};
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpStream, UdpSocket};
use std::os::unix::net::{UnixDatagram, UnixStream};

/// Sends a line back; one handler for all stream transports.
struct StreamEcho;

impl<T: StreamTransport> StreamRequestHandler<T> for StreamEcho {
    fn handle(&mut self, x: &mut StreamRequest<'_, T>) -> io::Result<()> {
        let mut line = Vec::new();
        x.rfile.read_until(b'\n', &mut line)?;
        x.wfile.write_all(&line)
    }
}

/// Sends a packet back; one handler for all datagram transports.
struct DatagramEcho;

impl<T: DatagramTransport> DatagramRequestHandler<T> for DatagramEcho {
    fn handle(&mut self, x: &mut DatagramRequest<'_, T>) -> io::Result<()> {
        io::copy(&mut x.rfile, &mut x.wfile).map(drop)
    }
}

const TEST_STRING: &[u8] = b"hello world\n";

/// Serves while the client asks three times, as CPython's `run_server`.
fn serve<S: BaseServer>(server: &S, client: impl Fn()) {
    let _deadline = deadline();
    std::thread::scope(|scope| {
        let served = scope.spawn(|| server.serve_forever());
        for _ in 0..3 {
            client();
        }
        server.shutdown();
        served.join().unwrap().unwrap();
    });
    server.server_close();
    assert!(server.serve_forever().is_err());
}

/// Asks in two parts, so that the server has to wait for the second.
fn ask(stream: impl io::Read + Write) {
    let mut stream = BufReader::new(stream);
    stream.get_mut().write_all(b"hello ").unwrap();
    stream.get_mut().write_all(b"world\n").unwrap();
    let mut answer = Vec::new();
    stream.read_until(b'\n', &mut answer).unwrap();
    assert_eq!(answer, TEST_STRING);
}

fn ask_udp(address: std::net::SocketAddr) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.send_to(TEST_STRING, address).unwrap();
    let mut answer = [0; 100];
    let received = socket.recv(&mut answer).unwrap();
    assert_eq!(&answer[..received], TEST_STRING);
}

fn ask_unix_datagram(folder: &tempfile::TempDir, server: &std::path::Path) {
    // The client's name must be new each time, because the file outlives the socket.
    let name = tempfile::Builder::new().make_in(folder.path(), |path| UnixDatagram::bind(path));
    let (socket, _path) = name.unwrap().into_parts();
    socket.send_to(TEST_STRING, server).unwrap();
    let mut answer = [0; 100];
    let received = socket.recv(&mut answer).unwrap();
    assert_eq!(&answer[..received], TEST_STRING);
}

#[test]
fn tcp_server() {
    let server = TcpServer::bind("127.0.0.1:0", || StreamEcho).unwrap();
    serve(&server, || ask(TcpStream::connect(server.server_address()).unwrap()));
}

#[test]
fn threading_tcp_server() {
    let server = ThreadingTcpServer::bind("127.0.0.1:0", || StreamEcho).unwrap();
    serve(&server, || ask(TcpStream::connect(server.server_address()).unwrap()));
}

#[test]
fn unix_stream_server() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stream");
    let server = UnixStreamServer::bind(&path, || StreamEcho).unwrap();
    serve(&server, || ask(UnixStream::connect(&path).unwrap()));
}

#[test]
fn threading_unix_stream_server() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stream");
    let server = ThreadingUnixStreamServer::bind(&path, || StreamEcho).unwrap();
    serve(&server, || ask(UnixStream::connect(&path).unwrap()));
}

#[test]
fn udp_server() {
    let server = UdpServer::bind("127.0.0.1:0", || DatagramEcho).unwrap();
    serve(&server, || ask_udp(server.server_address()));
}

#[test]
fn threading_udp_server() {
    let server = ThreadingUdpServer::bind("127.0.0.1:0", || DatagramEcho).unwrap();
    serve(&server, || ask_udp(server.server_address()));
}

#[test]
fn unix_datagram_server() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("datagram");
    let server = UnixDatagramServer::bind(&path, || DatagramEcho).unwrap();
    serve(&server, || ask_unix_datagram(&folder, &path));
}

#[test]
fn threading_unix_datagram_server() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("datagram");
    let server = ThreadingUnixDatagramServer::bind(&path, || DatagramEcho).unwrap();
    serve(&server, || ask_unix_datagram(&folder, &path));
}
