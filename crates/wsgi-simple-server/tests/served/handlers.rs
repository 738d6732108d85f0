//! Overriding a handler, and what can be set on a server.

use crate::fixture::play;
use http_server::{
    Base, BaseHttpRequestHandler, ClientAddress, Exchange, HttpHandlerClass, Pair, ServerInfo,
    handle, server_options,
};
use socketserver::{
    AddressOf, BaseServer, RequestOf, Serve, Server, Tcp, ThreadingMixIn, ToServerAddress,
};
use std::borrow::Cow;
use std::fmt;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use wsgi_simple_server::{
    AppResult, BoundHandler, Environ, HandlerFactory, ServerState, StartResponse, WsgiHandler,
    WsgiRequestHandler, WsgiServer, demo_app, make_server, make_server_with,
};

/// The answer of a server to a request.
fn ask(server: &WsgiServer, request: &str) -> String {
    let mut client = TcpStream::connect(server.server_address()).unwrap();
    client.write_all(request.as_bytes()).unwrap();
    server.handle_request().unwrap();
    let mut response = String::new();
    client.read_to_string(&mut response).unwrap();
    response
}

/// Answers with one variable.
fn show(key: &'static str) -> impl Fn(&mut Environ, &mut dyn StartResponse) -> AppResult {
    move |environ, start_response| {
        start_response.start::<&str, &str>("200 OK", [])?;
        Ok(format!("{key}={:?}", environ.get(key)).into())
    }
}

const GET: &str = "GET / HTTP/1.0\r\n\r\n";

struct Silent;

impl WsgiRequestHandler for Silent {
    fn log_message(&self, _: &Exchange<'_>, _: fmt::Arguments<'_>) {}
}

#[test]
fn the_base_environ_is_the_server_s() {
    let server = make_server_with("127.0.0.1", 0, demo_app, || Silent).unwrap();
    let port = server.server_port();
    let response = ask(&server, GET);
    for line in [
        "SERVER_NAME = '127.0.0.1'",
        &format!("SERVER_PORT = '{port}'"),
        "GATEWAY_INTERFACE = 'CGI/1.1'",
    ] {
        assert!(response.contains(&format!("\n{line}\n")), "{response}");
    }

    let mut base_environ = (*server.base_environ()).clone();
    base_environ.insert("SERVER_NAME".to_owned(), "www.example.org".to_owned());
    base_environ.insert("HTTPS".to_owned(), "on".to_owned());
    server.set_base_environ(base_environ);
    let response = ask(&server, GET);
    assert!(response.contains("\nSERVER_NAME = 'www.example.org'\n"), "{response}");
    assert!(response.contains("\nwsgi.url_scheme = 'https'\n"), "{response}");
}

#[test]
fn a_server_that_listens_everywhere_is_named_by_the_address_used() {
    let server = make_server_with("", 0, show("SERVER_NAME"), || Silent).unwrap();
    assert!(!server.base_environ().contains_key("SERVER_NAME"));
    let mut client = TcpStream::connect(("127.0.0.1", server.server_port())).unwrap();
    client.write_all(GET.as_bytes()).unwrap();
    server.handle_request().unwrap();
    let mut response = String::new();
    client.read_to_string(&mut response).unwrap();
    assert!(response.ends_with("\r\n\r\nSERVER_NAME=Some(\"127.0.0.1\")"), "{response}");
}

#[test]
fn the_application_can_be_changed() {
    let server = make_server_with("127.0.0.1", 0, show("REQUEST_METHOD"), || Silent).unwrap();
    assert!(ask(&server, GET).ends_with("\r\n\r\nREQUEST_METHOD=Some(\"GET\")"));
    server.set_app(show("SCRIPT_NAME"));
    assert!(ask(&server, GET).ends_with("\r\n\r\nSCRIPT_NAME=Some(\"\")"));
    assert!(server.get_app().is_some());
}

#[test]
fn what_is_changed_counts_from_the_next_request_of_a_connection() {
    let server = ServerState::default();
    let environ_of = |name: &str| [("SERVER_NAME".to_owned(), name.to_owned())].into();
    server.set_base_environ(environ_of("one"));
    server.set_app({
        let server = server.clone();
        move |environ: &mut Environ<'_>, start_response: &mut dyn StartResponse| -> AppResult {
            // The first request gives the server another application, the second one another name.
            let state = server.clone();
            server.set_app(
                move |environ: &mut Environ<'_>, start_response: &mut dyn StartResponse| {
                    state.set_base_environ([("SERVER_NAME".to_owned(), "two".to_owned())].into());
                    show("SERVER_NAME")(environ, start_response)
                },
            );
            show("SERVER_NAME")(environ, start_response)
        }
    });
    let request = GET.replace("HTTP/1.0", "HTTP/1.1\r\nHost: a");
    let input = request.repeat(3);
    let mut connection = Pair { reader: input.as_bytes(), writer: Vec::new() };
    let handler = BoundHandler::new(Silent, server.clone());
    handle(&mut connection, &ClientAddress::Unnamed, &ServerInfo::default(), &handler).unwrap();
    let output = String::from_utf8(connection.writer).unwrap();
    let names: Vec<_> = output.split("SERVER_NAME=Some").skip(1).map(|rest| &rest[..7]).collect();
    assert_eq!(names, ["(\"one\")", "(\"one\")", "(\"two\")"], "{output}");
    assert_eq!(server.base_environ()["SERVER_NAME"], "two");
}

#[test]
fn a_server_without_an_application_says_so() {
    let mut connection = Pair { reader: GET.as_bytes(), writer: Vec::new() };
    let handler = BoundHandler::new(Silent, ServerState::default());
    let error = handle(&mut connection, &ClientAddress::Unnamed, &ServerInfo::default(), &handler)
        .unwrap_err();
    assert!(error.to_string().contains("call set_app"), "{error}");
    assert!(connection.writer.starts_with(b"HTTP/1.1 500 "));
}

struct Greeting;

impl WsgiRequestHandler for Greeting {
    fn get_environ<'a>(&self, x: &Exchange<'a>, server: &ServerState) -> Environ<'a> {
        let mut environ = WsgiHandler::new().get_environ(x, server);
        environ.insert("myapp.greeting", "hello");
        environ.remove("HTTP_HOST");
        environ
    }

    fn handle(&self, x: &mut Exchange<'_>, server: &ServerState) -> io::Result<()> {
        match x.path() {
            "/healthz" => x.send_error(418, None),
            "/old" => {
                x.set_path("//new%20path?a=b");
                WsgiHandler::new().handle(x, server)
            }
            _ => WsgiHandler::new().handle(x, server),
        }
    }

    fn end_headers(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        x.send_header("X-Served-By", "greeting")?;
        Base.end_headers(x)
    }

    fn version_string<'a>(&self, _: &Exchange<'a>) -> Cow<'a, str> {
        "Greeting/1".into()
    }

    fn log_message(&self, _: &Exchange<'_>, _: fmt::Arguments<'_>) {}
}

#[test]
fn overrides_are_seen() {
    let server = make_server_with("127.0.0.1", 0, show("myapp.greeting"), || Greeting).unwrap();
    let response = ask(&server, "GET / HTTP/1.0\r\nHost: h\r\n\r\n");
    assert!(response.contains("\r\nServer: Greeting/1\r\n"), "{response}");
    assert!(response.contains("\r\nX-Served-By: greeting\r\n"), "{response}");
    server.set_app(demo_app);
    let response = ask(&server, "GET /old HTTP/1.0\r\n\r\n");
    assert!(response.contains("\nPATH_INFO = '/new path'\nQUERY_STRING = 'a=b'\n"), "{response}");
    assert!(response.contains("\nRAW_URI = '/old'\n"), "{response}");
    let response = ask(&server, "GET /healthz HTTP/1.0\r\n\r\n");
    assert!(response.starts_with("HTTP/1.1 418 "), "{response}");
    assert!(response.contains("\r\nX-Served-By: greeting\r\n"), "on error pages, too: {response}");
}

/// A `server_class` of one's own: it answers nobody but the first client.
struct OneClient {
    server: WsgiServer,
    served: AtomicBool,
}

impl BaseServer for OneClient {
    type Transport = Tcp;
    type Class = HttpHandlerClass<HandlerFactory>;

    fn base(&self) -> &Server<Tcp, Self::Class> {
        self.server.base()
    }

    fn server_bind(&self) -> io::Result<()> {
        self.server.server_bind()
    }

    fn verify_request(&self, _: &RequestOf<Self>, _: &AddressOf<Self>) -> bool {
        !self.served.swap(true, Ordering::Relaxed)
    }
}

#[test]
fn a_server_class_can_be_one_s_own() {
    let address = "127.0.0.1:0".to_server_address().unwrap();
    let server = WsgiServer::new(address, || Silent, server_options()).unwrap();
    assert!(server.base_environ().is_empty());
    let server = OneClient { server, served: AtomicBool::new(false) };
    server.bind_and_activate().unwrap();
    assert!(server.server.base_environ().contains_key("SERVER_PORT"));
    server.server.set_app(demo_app);

    let server = ThreadingMixIn::new(server);
    for begin in ["HTTP/1.1 200 OK\r\n", ""] {
        let mut client = TcpStream::connect(server.server_address()).unwrap();
        client.write_all(GET.as_bytes()).unwrap();
        server.handle_request().unwrap();
        let mut response = String::new();
        // A connection that is closed unread is reset.
        let _ = client.read_to_string(&mut response);
        assert_eq!(response.get(..begin.len()), Some(begin));
        assert_eq!(response.is_empty(), begin.is_empty());
    }
}

#[test]
fn a_busy_port_is_an_error_that_says_so() {
    let server = make_server("127.0.0.1", 0, demo_app).unwrap();
    let error = make_server("127.0.0.1", server.server_port(), demo_app).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    assert!(error.to_string().contains(&server.server_port().to_string()), "{error}");
}

#[test]
fn the_demo_application_shows_its_environ() {
    let (response, _) = play(demo_app, "GET /x?it's HTTP/1.0\r\nX-A: \"caf\u{e9}\\\r\n\r\n");
    let (_, page) = response.split_once("\r\n\r\n").unwrap();
    assert_eq!(
        page,
        "Hello world!\n\nHTTP_X_A = '\"caf\u{c3}\u{83}\u{c2}\u{a9}\\\\'\nPATH_INFO = '/x'\nQUERY_STRING = \"it's\"\n\
         RAW_URI = \"/x?it's\"\nREMOTE_ADDR = '127.0.0.1'\nREQUEST_METHOD = 'GET'\nREQUEST_URI = \"/x?it's\"\n\
         SCRIPT_NAME = ''\nSERVER_NAME = 'localhost'\nSERVER_PORT = '80'\nSERVER_PROTOCOL = 'HTTP/1.0'\n\
         SERVER_SOFTWARE = 'WSGIServer'\nwsgi.errors = <wsgi.errors>\nwsgi.file_wrapper = <class 'FileWrapper'>\n\
         wsgi.input = <wsgi.input>\nwsgi.input_terminated = True\nwsgi.multiprocess = False\n\
         wsgi.multithread = False\nwsgi.run_once = False\nwsgi.url_scheme = 'http'\nwsgi.version = (1, 0)\n"
    );
}
