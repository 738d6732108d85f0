//! ntex on tokio: `ntex-peer PORT THREADS`.

#![forbid(unsafe_code)]

use ntex::http::header::{CONTENT_TYPE, SERVER};
use ntex::util::Bytes;
use ntex::web::{self, App, HttpResponse, HttpServer};
use std::io;

#[ntex::main]
async fn main() -> io::Result<()> {
    let arguments: Vec<u16> = std::env::args().skip(1).flat_map(|a| a.parse()).collect();
    let [port, threads] = arguments[..] else { panic!("usage: ntex-peer PORT THREADS") };
    let server = HttpServer::new(async || {
        App::new()
            .route("/", web::get().to(hello))
            .route("/big", web::get().to(big))
            .route("/echo", web::post().to(echo))
    });
    server.workers(threads.into()).backlog(4096).bind(("127.0.0.1", port))?.run().await
}

async fn hello() -> HttpResponse {
    plain(Bytes::from_static(b"Hello, world!"))
}

async fn big() -> HttpResponse {
    plain(vec![b'x'; 1 << 20].into())
}

async fn echo(body: Bytes) -> HttpResponse {
    plain(body.len().to_string().into())
}

fn plain(body: Bytes) -> HttpResponse {
    HttpResponse::Ok().header(SERVER, "ntex").header(CONTENT_TYPE, "text/plain").body(body)
}
