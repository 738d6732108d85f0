//! actix-web: `actix-web-peer PORT THREADS`.

#![forbid(unsafe_code)]

use actix_web::body::MessageBody;
use actix_web::http::header::{CONTENT_TYPE, SERVER};
use actix_web::web::{self, Bytes};
use actix_web::{App, HttpResponse, HttpServer, rt};
use std::io;

fn main() -> io::Result<()> {
    let arguments: Vec<u16> = std::env::args().skip(1).flat_map(|a| a.parse()).collect();
    let [port, threads] = arguments[..] else { panic!("usage: actix-web-peer PORT THREADS") };
    let server = HttpServer::new(|| {
        App::new()
            .route("/", web::get().to(async || plain("Hello, world!")))
            .route("/big", web::get().to(async || plain(vec![b'x'; 1 << 20])))
            .route("/echo", web::post().to(async |body: Bytes| plain(body.len().to_string())))
    });
    let server = server.workers(threads.into()).backlog(4096).bind(("127.0.0.1", port))?;
    rt::System::new().block_on(server.run())
}

fn plain(body: impl MessageBody + 'static) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((SERVER, "actix"))
        .insert_header((CONTENT_TYPE, "text/plain"))
        .body(body)
}
