//! Applications over TLS.
#![cfg(feature = "tls")]

use http_server::TlsOptions;
use http_server::rustls::pki_types::pem::PemObject;
use http_server::rustls::pki_types::{CertificateDer, ServerName};
use http_server::rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, crypto::ring,
};
use socketserver::ShutdownHandle;
use std::io::{self, ErrorKind, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread;
use wsgi_simple_server::{AppResult, Environ, Serve, StartResponse, WsgiServer, make_server};

const CERTIFICATE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../http-server/tests/tls/data/both.pem");

fn tls() -> TlsOptions {
    TlsOptions::new(CERTIFICATE)
}

/// Tells what an application sees of TLS.
fn app(environ: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
    let mut body = Vec::new();
    environ.input().read_to_end(&mut body)?;
    let text = format!(
        "{} {:?} {:?} {}",
        environ.url_scheme(),
        environ.get("HTTPS"),
        environ.get("HTTP_HTTPS"),
        body.len()
    );
    start_response.start("200 OK", [("Content-Length", text.len().to_string().as_str())])?;
    Ok(text.into())
}

/// Sends a request and reads all of the answer, to a proper end.
fn ask(address: SocketAddr, request: &str) -> io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(CERTIFICATE).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let client = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = StreamOwned::new(client, TcpStream::connect(address)?);
    stream.write_all(request.as_bytes())?;
    io::read_to_string(stream)
}

const GET: &str = "GET / HTTP/1.1\r\nHost: h\r\nHttps: off\r\nConnection: close\r\n\r\n";

fn check(address: SocketAddr, stop: &ShutdownHandle) {
    let answer = ask(address, GET).unwrap();
    assert!(answer.ends_with("\r\n\r\nhttps Some(\"on\") None 0"), "{answer}");
    let post = format!(
        "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 200000\r\n\r\n{}",
        "x".repeat(200_000)
    );
    assert!(ask(address, &post).unwrap().ends_with(" 200000"));
    stop.request_shutdown();
}

#[test]
fn applications_know_that_they_are_served_over_tls() {
    let server = make_server("127.0.0.1", 0, app).unwrap();
    server.set_tls(tls()).unwrap();
    let (address, stop) = (server.server_address(), server.shutdown_handle());
    let serving = thread::spawn(move || server.serve_forever());
    check(address, &stop);
    serving.join().unwrap().unwrap();

    for threads in [false, true] {
        let server = WsgiServer::bind("127.0.0.1:0").unwrap();
        server.set_app(app);
        server.set_tls(tls()).unwrap();
        let (address, stop) = (server.server_address(), server.shutdown_handle());
        let serving = thread::spawn(move || match threads {
            true => server.threading().serve_forever(),
            false => server.serve_forever(),
        });
        check(address, &stop);
        serving.join().unwrap().unwrap();
    }
}

#[test]
fn what_is_wrong_with_the_files_is_said() {
    let server = make_server("127.0.0.1", 0, app).unwrap();
    let error = server.set_tls(TlsOptions::new("no.pem")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}
