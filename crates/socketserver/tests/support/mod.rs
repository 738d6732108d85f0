//! What the test programs share: a journal of hook calls, and a deadline for tests that wait.

use socketserver::{
    AddressOf, BaseServer, HandlerError, RequestHandlerClass, RequestOf, Serve, Server,
    ServerOptions, StreamRequest, StreamRequestHandler, Tcp, TcpServer,
};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// Ends the test program if the test that holds it does not end in time: a deadlock is a failure
/// and not a test that never ends.
pub(crate) struct Deadline(
    #[expect(dead_code, reason = "dropping it tells the watcher")] Sender<()>,
);

pub(crate) fn deadline() -> Deadline {
    let (sender, receiver) = channel();
    let test = std::thread::current().name().unwrap_or_default().to_owned();
    std::thread::spawn(move || {
        if receiver.recv_timeout(Duration::from_secs(60)) == Err(RecvTimeoutError::Timeout) {
            let _ = writeln!(io::stderr(), "{test} did not end within 60 s");
            std::process::abort();
        }
    });
    Deadline(sender)
}

/// Where hooks and handlers write their names; those in a child process with `child: ` before.
#[derive(Clone)]
pub(crate) struct Journal {
    ends: Arc<(UnixStream, UnixStream)>,
    process: u32,
}

impl Journal {
    pub(crate) fn new() -> Self {
        let (writer, reader) = UnixStream::pair().unwrap();
        reader.set_nonblocking(true).unwrap();
        Self { ends: Arc::new((writer, reader)), process: std::process::id() }
    }

    pub(crate) fn note(&self, hook: &str) {
        let who = if std::process::id() == self.process { "" } else { "child: " };
        (&self.ends.0).write_all(format!("{who}{hook}\n").as_bytes()).unwrap();
    }

    /// What was noted since the last call.
    pub(crate) fn entries(&self) -> Vec<String> {
        let mut noted = Vec::new();
        let error = (&self.ends.1).read_to_end(&mut noted).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        String::from_utf8(noted).unwrap().lines().map(str::to_owned).collect()
    }
}

/// Where a handler, or a hook, fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fail {
    Never,
    Setup,
    Handle,
    HandlePanics,
    Finish,
    GetRequest,
    Verify,
    VerifyPanics,
    HandleErrorPanics,
    Timeout,
}

/// A handler that notes its hooks (as `H.`) and fails where it is told to.
pub(crate) struct NotingHandler {
    journal: Journal,
    fail: Fail,
}

impl NotingHandler {
    fn step(&self, name: &str, fails: Fail) -> io::Result<()> {
        self.journal.note(name);
        if self.fail == fails { Err(io::Error::other(format!("{name} failed"))) } else { Ok(()) }
    }
}

impl StreamRequestHandler for NotingHandler {
    fn setup(&mut self, x: &mut StreamRequest<'_>) -> io::Result<()> {
        self.step("H.setup", Fail::Setup)?;
        x.setup(&self.options())
    }

    fn handle(&mut self, _: &mut StreamRequest<'_>) -> io::Result<()> {
        self.step("H.handle", Fail::Handle)?;
        if matches!(self.fail, Fail::HandlePanics | Fail::HandleErrorPanics) {
            // Unlike `panic!` this runs no hook, which would write to stderr.
            std::panic::resume_unwind(Box::new("the test wants it"));
        }
        Ok(())
    }

    fn finish(&mut self, x: &mut StreamRequest<'_>) -> io::Result<()> {
        self.step("H.finish", Fail::Finish)?;
        x.finish();
        Ok(())
    }
}

/// A TCP server that notes all its hooks (as `S.`) and then does what `super()` does.
pub(crate) struct NotingServer<C> {
    server: TcpServer<C>,
    journal: Journal,
    fail: Fail,
}

pub(crate) fn noting_server(
    journal: &Journal,
    fail: Fail,
) -> NotingServer<impl RequestHandlerClass<Tcp> + use<>> {
    let mut options = ServerOptions::default();
    // So that a test can see what a passed timeout calls.
    options.timeout = (fail == Fail::Timeout).then_some(Duration::ZERO);
    let handlers = journal.clone();
    let class = move || NotingHandler { journal: handlers.clone(), fail };
    let server = TcpServer::bind_with("127.0.0.1:0", class, options).unwrap();
    NotingServer { server, journal: journal.clone(), fail }
}

impl<C: RequestHandlerClass<Tcp>> BaseServer for NotingServer<C> {
    type Transport = Tcp;
    type Class = C;

    fn base(&self) -> &Server<Tcp, C> {
        &self.server
    }

    fn get_request(&self) -> io::Result<(TcpStream, SocketAddr)> {
        self.journal.note("S.get_request");
        if self.fail == Fail::GetRequest {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        self.server.get_request()
    }

    fn verify_request(&self, _: &RequestOf<Self>, _: &AddressOf<Self>) -> bool {
        self.journal.note("S.verify_request");
        if self.fail == Fail::VerifyPanics {
            std::panic::resume_unwind(Box::new("the test wants it"));
        }
        self.fail != Fail::Verify
    }

    fn process_request(&self, request: RequestOf<Self>, client_address: AddressOf<Self>) {
        self.journal.note("S.process_request");
        self.default_process_request(request, client_address);
    }

    fn finish_request(
        &self,
        request: &mut RequestOf<Self>,
        client_address: &AddressOf<Self>,
    ) -> Result<(), HandlerError> {
        self.journal.note("S.finish_request");
        self.server.finish_request(request, client_address)
    }

    fn shutdown_request(&self, request: RequestOf<Self>) {
        self.journal.note("S.shutdown_request");
        self.default_shutdown_request(request);
    }

    fn close_request(&self, _request: RequestOf<Self>) {
        self.journal.note("S.close_request");
    }

    fn handle_error(&self, _: &RequestOf<Self>, _: &AddressOf<Self>, error: &HandlerError) {
        self.journal.note(&format!("S.handle_error: {error}"));
        if self.fail == Fail::HandleErrorPanics {
            std::panic::resume_unwind(Box::new("the test wants it"));
        }
    }

    fn handle_timeout(&self) {
        self.journal.note("S.handle_timeout");
    }

    fn service_actions(&self) {
        self.journal.note("S.service_actions");
    }

    fn server_close(&self) {
        self.journal.note("S.server_close");
        self.server.server_close();
    }
}
