//! The `MyTCPHandler` of Python's `socketserver` documentation: sends back what it got, in upper
//! case.
//!
//! ```text
//! cargo run -p socketserver --example tcp_echo -- [ADDRESS]
//! ```

use socketserver::{BaseRequest, BaseRequestHandler, Raw, Serve, TcpServer};
use std::env;
use std::io::{self, Read, Write};

/// The request handler class for our server. It is made once per connection to the server.
struct MyTcpHandler;

impl BaseRequestHandler for MyTcpHandler {
    fn handle(&mut self, x: &mut BaseRequest<'_>) -> io::Result<()> {
        // x.request is the TCP stream connected to the client
        let mut data = Vec::new();
        let mut piece = [0; 2000];
        while !data.contains(&b'\n') && data.len() < 10_000 {
            match x.request.read(&mut piece)? {
                0 => break,
                received => data.extend_from_slice(&piece[..received]),
            }
        }
        println!("Received from {}:", x.client_address.ip());
        println!("{}", String::from_utf8_lossy(&data));
        // just send back the same data, but upper-cased
        x.request.write_all(&data.to_ascii_uppercase())
    }
}

fn main() -> io::Result<()> {
    let address = env::args().nth(1).unwrap_or_else(|| "localhost:9999".to_owned());

    // Create the server, binding to localhost on port 9999
    let server = TcpServer::bind(address, Raw(|| MyTcpHandler))?;
    println!("Serving on {}", server.server_address());

    // Activate the server; this will keep running until you interrupt the program with Ctrl-C
    server.serve_forever()
}
