//! Scripts in a process without descriptors. Alone in its process, which it leaves without any.
#![cfg(all(target_os = "linux", feature = "cgi"))]

use http_server::{
    CgiHttpRequestHandler, CgiOptions, Serve, SimpleHandlerOptions, ThreadingHttpServer,
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fs::{self, Permissions};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::thread;

/// Asks on an open connection, and reads up to the end of the head.
fn ask(client: &mut TcpStream) -> String {
    client.write_all(b"GET /cgi-bin/more/x HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte).unwrap();
        head.extend(byte);
    }
    String::from_utf8(head).unwrap()
}

#[test]
fn without_descriptors_a_script_can_be_asked_for_again() {
    let root = tempfile::tempdir().unwrap();
    fs::set_permissions(root.path(), Permissions::from_mode(0o755)).unwrap();
    // To find the script takes a look at whether the first name is a directory.
    fs::create_dir_all(root.path().join("cgi-bin/more")).unwrap();
    let script = root.path().join("cgi-bin/more/x");
    fs::write(&script, "#!/bin/sh\necho 'Status: 204'\necho\n").unwrap();
    fs::set_permissions(&script, Permissions::from_mode(0o755)).unwrap();

    let mut options = SimpleHandlerOptions::new(root.path());
    options.handler.protocol_version = "HTTP/1.1";
    let handler = CgiHttpRequestHandler::with_options(options, CgiOptions::new());
    let server = ThreadingHttpServer::bind("127.0.0.1:0", move || handler.clone()).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| server.serve_forever().unwrap());
        let mut client = TcpStream::connect(server.server_address()).unwrap();
        let before = ask(&mut client);
        let limit = getrlimit(Resource::Nofile);
        setrlimit(Resource::Nofile, Rlimit { current: Some(0), ..limit }).unwrap();
        let refused = ask(&mut client);
        setrlimit(Resource::Nofile, limit).unwrap();
        server.shutdown();
        assert!(before.starts_with("HTTP/1.1 204 "), "{before}");
        assert!(refused.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{refused}");
        assert!(refused.contains("\r\nRetry-After: "), "{refused}");
    });
}
