//! A transport of one's own works with all classes, as one for TLS would.

use crate::support::deadline;
use socketserver::{
    Connection, Serve, Server, ServerOptions, Stream, StreamRequest, StreamRequestHandler,
    StreamTransport, Tcp, ThreadingMixIn, ToServerAddress, Transport, socket2::SockRef,
};
use std::io::{self, BufRead, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

/// TCP whose bytes are changed by adding a key: a cipher that nobody should use.
struct Caesar {
    key: u8,
}

/// A connection of [`Caesar`].
struct Enciphered {
    stream: TcpStream,
    key: u8,
}

impl Transport for Caesar {
    type Socket = TcpListener;
    type Request = Enciphered;
    type Address = SocketAddr;
    type Kind = Stream;

    fn create_socket(&self, address: &SocketAddr) -> io::Result<TcpListener> {
        Tcp.create_socket(address)
    }
    fn prepare(&self, socket: &TcpListener) -> io::Result<()> {
        Tcp.prepare(socket)
    }
    fn sock_ref<'a>(&self, socket: &'a TcpListener) -> SockRef<'a> {
        Tcp.sock_ref(socket)
    }
    fn bind(
        &self,
        socket: &TcpListener,
        address: &SocketAddr,
        options: &ServerOptions,
    ) -> io::Result<()> {
        Tcp.bind(socket, address, options)
    }
    fn local_address(&self, socket: &TcpListener) -> io::Result<SocketAddr> {
        Tcp.local_address(socket)
    }
    fn activate(&self, socket: &TcpListener, options: &ServerOptions) -> io::Result<()> {
        Tcp.activate(socket, options)
    }
    fn is_active(&self, socket: &TcpListener) -> io::Result<bool> {
        Tcp.is_active(socket)
    }
    fn accept(
        &self,
        socket: &Arc<TcpListener>,
        options: &ServerOptions,
    ) -> io::Result<(Enciphered, SocketAddr)> {
        let (stream, client_address) = Tcp.accept(socket, options)?;
        Ok((Enciphered { stream, key: self.key }, client_address))
    }
    fn shutdown_write(&self, request: &Enciphered) -> io::Result<()> {
        Tcp.shutdown_write(&request.stream)
    }
    fn address_text(&self, address: &SocketAddr) -> String {
        Tcp.address_text(address)
    }
}

impl Connection for Enciphered {
    fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.stream.receive(buffer)?;
        buffer[..count].iter_mut().for_each(|byte| *byte = byte.wrapping_sub(self.key));
        Ok(count)
    }
    fn send(&self, data: &[u8]) -> io::Result<usize> {
        let data: Vec<u8> = data.iter().map(|byte| byte.wrapping_add(self.key)).collect();
        self.stream.send(&data)
    }
    fn set_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.stream.set_timeout(timeout)
    }
    fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        Connection::set_nodelay(&self.stream, nodelay)
    }
}

/// Answers a line in upper case, on any stream transport.
struct Upper;

impl<T: StreamTransport> StreamRequestHandler<T> for Upper {
    fn handle(&mut self, x: &mut StreamRequest<'_, T>) -> io::Result<()> {
        let mut line = String::new();
        x.rfile.read_line(&mut line)?;
        x.wfile.write_all(line.to_uppercase().as_bytes())
    }
}

#[test]
fn a_transport_with_state_carries_handlers_and_mix_ins() {
    let _deadline = deadline();
    let address = "127.0.0.1:0".to_server_address().unwrap();
    let transport = Caesar { key: 1 };
    let server =
        Server::with_transport(transport, address, || Upper, ServerOptions::default()).unwrap();
    server.bind_and_activate().unwrap();
    let server = ThreadingMixIn::new(server);
    let mut client = TcpStream::connect(server.server_address()).unwrap();
    client.write_all(b"ibm\x0b").unwrap();
    server.handle_request().unwrap();
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).unwrap();
    assert_eq!(answer, b"IBM\x0b");
}
