//! hyper: `hyper-peer PORT THREADS [percore]`, on tokio's work-stealing runtime, or a runtime and a listening socket for
//! each thread.

#![forbid(unsafe_code)]

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue, SERVER};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use socket2::{Domain, Socket, Type};
use std::net::{Ipv4Addr, SocketAddr};
use std::thread;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio::task::{LocalSet, spawn_local};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let port = arguments[1].parse().expect("PORT is a number");
    let threads = arguments[2].parse().expect("THREADS is a number");
    if arguments.get(3).is_some_and(|mode| mode == "percore") {
        let others = (1..threads).map(|_| thread::spawn(move || one_core(port)));
        let others: Vec<_> = others.collect();
        one_core(port);
        drop(others);
    } else {
        let runtime = Builder::new_multi_thread().worker_threads(threads).enable_io().build();
        runtime.expect("a runtime").block_on(async {
            let listener = listen(port);
            loop {
                if let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(serve(stream));
                }
            }
        });
    }
}

fn one_core(port: u16) {
    let runtime = Builder::new_current_thread().enable_io().build().expect("a runtime");
    LocalSet::new().block_on(&runtime, async {
        let listener = listen(port);
        loop {
            if let Ok((stream, _)) = listener.accept().await {
                spawn_local(serve(stream));
            }
        }
    });
}

fn listen(port: u16) -> TcpListener {
    let bound = || {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.set_reuse_address(true)?;
        socket.set_reuse_port(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into())?;
        socket.listen(4096)?;
        TcpListener::from_std(socket.into())
    };
    bound().expect("the port is free")
}

async fn serve(stream: TcpStream) {
    let _ = stream.set_nodelay(true);
    let connection = http1::Builder::new()
        .pipeline_flush(true)
        .serve_connection(TokioIo::new(stream), service_fn(answer));
    // A client that went away is no concern of a benchmark.
    let _ = connection.await;
}

async fn answer(request: Request<Incoming>) -> hyper::Result<Response<Full<Bytes>>> {
    let body = match (request.method(), request.uri().path()) {
        (&Method::POST, _) => {
            let (mut body, mut length) = (request.into_body(), 0);
            while let Some(frame) = body.frame().await {
                length += frame?.data_ref().map_or(0, Bytes::len);
            }
            length.to_string().into()
        }
        (_, "/big") => vec![b'x'; 1 << 20].into(),
        _ => Bytes::from_static(b"Hello, world!"),
    };
    let mut response = Response::new(Full::new(body));
    response.headers_mut().insert(SERVER, HeaderValue::from_static("hyper"));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    Ok(response)
}
