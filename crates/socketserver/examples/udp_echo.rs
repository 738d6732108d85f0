//! The `MyUDPHandler` of Python's `socketserver` documentation: sends back what it got, in upper
//! case.
//!
//! ```text
//! cargo run -p socketserver --example udp_echo -- [ADDRESS]
//! ```

use socketserver::{BaseRequest, BaseRequestHandler, Raw, Serve, Udp, UdpServer};
use std::env;
use std::io;

/// This class works similar to the TCP handler class, except that x.request consists of a pair of
/// data and socket, and since there is no connection the client address must be given explicitly
/// when sending data back.
struct MyUdpHandler;

impl BaseRequestHandler<Udp> for MyUdpHandler {
    fn handle(&mut self, x: &mut BaseRequest<'_, Udp>) -> io::Result<()> {
        let data = x.request.data.trim_ascii();
        let socket = &x.request.socket;
        println!("{} wrote:", x.client_address.ip());
        println!("{}", String::from_utf8_lossy(data));
        socket.send_to(&data.to_ascii_uppercase(), x.client_address)?;
        Ok(())
    }
}

fn main() -> io::Result<()> {
    let address = env::args().nth(1).unwrap_or_else(|| "localhost:9999".to_owned());
    let server = UdpServer::bind(address, Raw(|| MyUdpHandler))?;
    println!("Serving on {}", server.server_address());
    server.serve_forever()
}
