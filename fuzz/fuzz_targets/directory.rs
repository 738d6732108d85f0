//! A whole connection to a directory server: its responses have no flaw, and nothing outside of the directory is in them.
#![no_main]

use http_server::{
    BaseHttpRequestHandler, ClientAddress, Exchange, HandlerOptions, Pair, ServerInfo,
    SimpleHandlerOptions, SimpleHooks, SimpleHttpRequestHandler, handle,
};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use std::{fmt, fs, io};
use wsgiref_fuzz::{methods_of, read_responses};

/// Made once, and left to the system for cleaning.
static SERVED: LazyLock<Silent> = LazyLock::new(|| {
    let around = tempfile::tempdir().expect("a temporary directory").keep();
    let www = around.join("w");
    fs::create_dir_all(www.join("a/b")).expect("a directory");
    fs::create_dir_all(www.join("i")).expect("a directory");
    for (name, text) in [
        ("f", "file"),
        ("a/<&>", "x"),
        ("i/index.html", "index"),
        ("../s", SECRET),
        ("../index.html", SECRET),
    ] {
        fs::write(www.join(name), text).expect("a file");
    }
    #[cfg(unix)]
    for (name, target) in [("l", "../s"), ("u", ".."), ("i/l", "../f")] {
        std::os::unix::fs::symlink(target, www.join(name)).expect("a link");
    }
    let mut options = SimpleHandlerOptions::new(www);
    options.handler.protocol_version = "HTTP/1.1";
    (options.handler.limits.request_line, options.handler.limits.head) = (1024, 2048);
    Silent(SimpleHttpRequestHandler::with_options(options))
});

const SECRET: &str = "nobody may see this";

fuzz_target!(|data: &[u8]| {
    let mut connection = Pair { reader: data, writer: Vec::new() };
    handle(&mut connection, &ClientAddress::Unnamed, &ServerInfo::default(), &*SERVED)
        .expect("no error gets out");
    let methods = methods_of(data, SERVED.options().limits);
    let responses = read_responses(&connection.writer, &methods);
    assert!(!responses.cut_short && responses.statuses.is_empty() == methods.is_empty());
    let secret = SECRET.as_bytes();
    assert!(!connection.writer.windows(secret.len()).any(|window| window == secret));
});

struct Silent(SimpleHttpRequestHandler);

impl SimpleHooks for Silent {
    fn simple(&self) -> &SimpleHttpRequestHandler {
        &self.0
    }
}

impl BaseHttpRequestHandler for Silent {
    fn options(&self) -> &HandlerOptions {
        self.0.options()
    }

    fn do_method(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        self.serve(x)
    }

    fn log_message(&self, _: &Exchange<'_>, _: fmt::Arguments<'_>) {}
}
