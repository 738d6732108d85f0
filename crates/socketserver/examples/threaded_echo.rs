//! The asynchronous mix-in example of Python's `socketserver` documentation: a server with a
//! thread for each request, in a thread of its own, and three clients.
//!
//! ```text
//! cargo run -p socketserver --example threaded_echo -- [ADDRESS]
//! ```

use socketserver::{
    BaseRequest, BaseRequestHandler, BaseServer, Raw, Serve, TcpServer, ThreadingMixIn,
};
use std::env;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;

struct ThreadedTcpRequestHandler;

impl BaseRequestHandler for ThreadedTcpRequestHandler {
    fn handle(&mut self, x: &mut BaseRequest<'_>) -> io::Result<()> {
        let mut data = [0; 1024];
        let received = x.request.read(&mut data)?;
        let data = String::from_utf8_lossy(&data[..received]);
        let cur_thread = thread::current();
        let response = format!("{}: {data}", cur_thread.name().unwrap_or_default());
        x.request.write_all(response.as_bytes())
    }
}

fn client(address: SocketAddr, message: &str) -> io::Result<()> {
    let mut sock = TcpStream::connect(address)?;
    sock.write_all(message.as_bytes())?;
    sock.shutdown(Shutdown::Write)?;
    let mut response = String::new();
    sock.read_to_string(&mut response)?;
    println!("Received: {response}");
    Ok(())
}

fn main() -> io::Result<()> {
    // Port 0 means to select an arbitrary unused port
    let address = env::args().nth(1).unwrap_or_else(|| "localhost:0".to_owned());

    let server = ThreadingMixIn::new(TcpServer::bind(address, Raw(|| ThreadedTcpRequestHandler))?);
    let address = server.server_address();
    println!("Serving on {address}");

    thread::scope(|scope| {
        // Start a thread with the server; that thread will then start one more thread for each
        // request
        let server_thread = thread::Builder::new()
            .name("server".to_owned())
            .spawn_scoped(scope, || server.serve_forever())?;
        println!("Server loop running in thread: {:?}", server_thread.thread().name());

        let clients = ["Hello World 1", "Hello World 2", "Hello World 3"]
            .into_iter()
            .try_for_each(|message| client(address, message));

        server.shutdown();
        server.server_close();
        clients
    })
}
