//! axum: `axum-peer PORT THREADS`.

#![forbid(unsafe_code)]

use axum::Router;
use axum::body::Bytes;
use axum::http::header::{CONTENT_TYPE, SERVER};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use std::io;
use tokio::net::TcpListener;
use tokio::runtime::Builder;

fn main() -> io::Result<()> {
    let arguments: Vec<u16> = std::env::args().skip(1).flat_map(|a| a.parse()).collect();
    let [port, threads] = arguments[..] else { panic!("usage: axum-peer PORT THREADS") };
    let app = Router::new()
        .route("/", get(async || plain("Hello, world!")))
        .route("/big", get(async || plain(vec![b'x'; 1 << 20])))
        .route("/echo", post(async |body: Bytes| plain(body.len().to_string())));
    let runtime = Builder::new_multi_thread().worker_threads(threads.into()).enable_io().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        axum::serve(listener, app).await
    })
}

fn plain(body: impl IntoResponse) -> impl IntoResponse {
    ([(SERVER, "axum"), (CONTENT_TYPE, "text/plain")], body)
}
