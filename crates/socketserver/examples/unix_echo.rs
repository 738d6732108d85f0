//! A stream server on a Unix socket, with the files of `StreamRequestHandler`: sends back each
//! line in upper case.
//!
//! ```text
//! cargo run -p socketserver --example unix_echo -- [PATH]
//! ```

#[cfg(unix)]
fn main() -> std::io::Result<()> {
    use socketserver::{
        Serve, StreamRequest, StreamRequestHandler, UnixStreamServer, UnixStreamTransport,
    };
    use std::io::{self, BufRead, Write};

    struct MyUnixHandler;

    impl StreamRequestHandler<UnixStreamTransport> for MyUnixHandler {
        fn handle(&mut self, x: &mut StreamRequest<'_, UnixStreamTransport>) -> io::Result<()> {
            // x.rfile is a file-like object; we can use read_line() instead of raw reads
            let mut line = String::new();
            while x.rfile.read_line(&mut line)? > 0 {
                // Likewise, x.wfile is a file-like object used to write back to the client
                x.wfile.write_all(line.to_uppercase().as_bytes())?;
                line.clear();
            }
            Ok(())
        }
    }

    let path = std::env::args_os().nth(1).map_or_else(
        || std::env::temp_dir().join(format!("unix_echo-{}.sock", std::process::id())),
        Into::into,
    );
    let server = UnixStreamServer::bind(&path, || MyUnixHandler)?;
    println!("Serving on {}", path.display());
    server.serve_forever()
}

#[cfg(not(unix))]
fn main() {
    eprintln!("this system has no Unix sockets: see tcp_echo");
}
