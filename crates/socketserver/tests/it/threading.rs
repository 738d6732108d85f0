//! `ThreadingMixIn`: which threads there are, and who waits for them.

use crate::support::deadline;
use socketserver::{
    BaseRequest, BaseRequestHandler, BaseServer, HandlerError, Raw, RequestHandlerClass, Serve,
    Server, ServerOptions, Tcp, TcpServer, ThreadingMixIn, ThreadingOptions, ThreadingTcpServer,
};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;

/// Waits until its client has sent all, then says goodbye.
struct Patient;

impl BaseRequestHandler for Patient {
    fn handle(&mut self, x: &mut BaseRequest<'_>) -> io::Result<()> {
        assert!(x.server.multithread && !x.server.multiprocess);
        x.request.read_to_end(&mut Vec::new())?;
        x.request.write_all(b"goodbye")
    }
}

fn options(daemon_threads: bool, block_on_close: bool) -> ThreadingOptions {
    let mut options = ThreadingOptions::default();
    options.daemon_threads = daemon_threads;
    options.block_on_close = block_on_close;
    options
}

fn patient(options: ThreadingOptions) -> ThreadingTcpServer<impl RequestHandlerClass<Tcp>> {
    let class = Raw(|| Patient);
    ThreadingTcpServer::bind_with("127.0.0.1:0", class, ServerOptions::default(), options).unwrap()
}

fn goodbye(mut client: TcpStream) -> String {
    client.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn requests_are_handled_at_the_same_time() {
    let _deadline = deadline();
    let server = patient(ThreadingOptions::default());
    let connect = || TcpStream::connect(server.server_address()).unwrap();
    let (first, second) = (connect(), connect());
    server.handle_request().unwrap();
    server.handle_request().unwrap();
    assert_eq!(server.thread_count(), 2);
    // The first client still holds its thread while the second is served.
    assert_eq!(goodbye(second), "goodbye");
    assert_eq!(goodbye(first), "goodbye");
}

#[test]
fn finished_threads_are_forgotten() {
    let _deadline = deadline();
    let server = patient(ThreadingOptions::default());
    for _ in 0..10 {
        let client = TcpStream::connect(server.server_address()).unwrap();
        server.handle_request().unwrap();
        assert_eq!(goodbye(client), "goodbye");
    }
    // A thread ends shortly after its client has the answer; the next request finds it ended.
    loop {
        let client = TcpStream::connect(server.server_address()).unwrap();
        server.handle_request().unwrap();
        assert_eq!(goodbye(client), "goodbye");
        if server.thread_count() == 1 {
            break;
        }
        assert!(server.thread_count() <= 11);
        thread::yield_now();
    }
    server.server_close();
    assert_eq!(server.thread_count(), 0);
}

#[test]
fn server_close_waits_for_threads() {
    let _deadline = deadline();
    let server = patient(ThreadingOptions::default());
    let client = TcpStream::connect(server.server_address()).unwrap();
    server.handle_request().unwrap();
    let late = thread::spawn(move || goodbye(client));
    server.server_close();
    assert_eq!(server.thread_count(), 0);
    assert_eq!(late.join().unwrap(), "goodbye");
}

#[test]
fn leaving_the_scope_closes_the_socket_and_waits_for_threads() {
    let _deadline = deadline();
    let used = Arc::new(());
    let factory = {
        let used = Arc::clone(&used);
        move || {
            let _ = &used;
            Patient
        }
    };
    let server = ThreadingTcpServer::bind("127.0.0.1:0", Raw(factory)).unwrap();
    let address = server.server_address();
    let client = TcpStream::connect(address).unwrap();
    server.handle_request().unwrap();
    let late = thread::spawn(move || {
        // The thread of the request still runs, and yet nobody can connect any more.
        while TcpStream::connect(address).is_ok() {}
        goodbye(client)
    });
    drop(server);
    assert_eq!(Arc::strong_count(&used), 1, "no thread uses the server any more");
    assert_eq!(late.join().unwrap(), "goodbye");
}

#[test]
fn nobody_waits_for_daemon_threads_or_without_block_on_close() {
    let _deadline = deadline();
    for options in [options(true, true), options(false, false)] {
        let server = patient(options);
        let client = TcpStream::connect(server.server_address()).unwrap();
        server.handle_request().unwrap();
        assert_eq!(server.thread_count(), 0);
        server.server_close(); // returns although the client holds its thread
        drop(server);
        assert_eq!(goodbye(client), "goodbye");
    }
}

/// Closes the server that it is handled by.
struct Closer(Arc<OnceLock<Box<dyn Fn() + Send + Sync>>>);

impl BaseRequestHandler for Closer {
    fn handle(&mut self, x: &mut BaseRequest<'_>) -> io::Result<()> {
        self.0.get().unwrap()();
        x.request.write_all(b"closed")
    }
}

#[test]
fn a_handler_may_close_its_server_without_waiting_for_itself() {
    let _deadline = deadline();
    let close = Arc::new(OnceLock::new());
    let handlers = Arc::clone(&close);
    let server =
        ThreadingTcpServer::bind("127.0.0.1:0", Raw(move || Closer(Arc::clone(&handlers))));
    let server = Arc::new(server.unwrap());
    let weak = Arc::downgrade(&server);
    let closing = move || weak.upgrade().unwrap().server_close();
    assert!(close.set(Box::new(closing) as Box<dyn Fn() + Send + Sync>).is_ok());

    let mut client = TcpStream::connect(server.server_address()).unwrap();
    server.handle_request().unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "closed");
    assert!(server.base().socket().is_err());
}

/// Reports errors through a channel.
struct Reporting<C> {
    server: TcpServer<C>,
    errors: Mutex<Sender<String>>,
}

fn reporting<C>(server: TcpServer<C>) -> (Reporting<C>, Receiver<String>)
where
    C: RequestHandlerClass<Tcp>,
{
    let (sender, errors) = channel();
    (Reporting { server, errors: Mutex::new(sender) }, errors)
}

impl<C: RequestHandlerClass<Tcp>> BaseServer for Reporting<C> {
    type Transport = Tcp;
    type Class = C;

    fn base(&self) -> &Server<Tcp, C> {
        &self.server
    }

    fn handle_error(&self, _: &TcpStream, client_address: &SocketAddr, error: &HandlerError) {
        assert!(client_address.ip().is_loopback());
        self.errors.lock().unwrap().send(error.to_string()).unwrap();
    }

    fn shutdown_request(&self, mut request: TcpStream) {
        request.write_all(b"end").unwrap();
        self.default_shutdown_request(request);
    }
}

#[cfg(target_pointer_width = "64")]
#[test]
fn a_thread_that_cannot_start_is_an_error_of_its_request() {
    let _deadline = deadline();
    let (server, errors) = reporting(TcpServer::bind("127.0.0.1:0", Raw(|| Patient)).unwrap());
    let mut options = ThreadingOptions::default();
    options.stack_size = Some(1 << 46); // more than there is to map
    let server = ThreadingMixIn::with_options(server, options);
    let mut client = TcpStream::connect(server.server_address()).unwrap();
    server.handle_request().unwrap();
    errors.recv().unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "end", "shutdown_request was called");
    assert_eq!(server.thread_count(), 0);
}

/// Panics with a message.
struct Clumsy;

impl BaseRequestHandler for Clumsy {
    fn handle(&mut self, _: &mut BaseRequest<'_>) -> io::Result<()> {
        // Unlike `panic!` this runs no hook, which would write to stderr.
        std::panic::resume_unwind(Box::new("oops".to_owned()))
    }
}

#[test]
fn a_panic_in_a_thread_is_reported_and_touches_nobody_else() {
    let _deadline = deadline();
    let (server, errors) = reporting(TcpServer::bind("127.0.0.1:0", Raw(|| Clumsy)).unwrap());
    let server = ThreadingMixIn::new(server);
    for _ in 0..3 {
        let mut client = TcpStream::connect(server.server_address()).unwrap();
        server.handle_request().unwrap();
        assert_eq!(errors.recv().unwrap(), "the handler panicked: oops");
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        assert_eq!(answer, "end");
    }
}
