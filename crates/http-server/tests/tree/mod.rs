//! The directory that the tests of the directory server serve, and a way to ask for its files.

// Each test program uses its own part of this.
#![allow(dead_code)]

use http_server::{
    BaseHttpRequestHandler, ClientAddress, Exchange, FileObject, HandlerOptions, Pair, ServerInfo,
    SimpleHandlerOptions, SimpleHooks, SimpleHttpRequestHandler, handle,
};
use std::fs::{self, File};
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{fmt, io};

/// Tue, 14 Nov 2023 22:13:20 GMT, the time of every file in the tree.
pub(crate) fn mtime() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

/// Makes the directory on which CPython's answers were recorded.
pub(crate) fn make_tree() -> tempfile::TempDir {
    let root = tempfile::tempdir().expect("a temporary directory");
    let files: &[(&str, &[u8])] = &[
        ("file.txt", b"plain text\n"),
        ("page.html", b"<p>page</p>\n"),
        ("noext", b"no extension\n"),
        ("data.zzz9", b"unknown extension\n"),
        ("pack.tar.gz", b"not really gzip"),
        ("old.Z", b"not really compressed"),
        ("empty.css", b""),
        // Windows has no such names.
        #[cfg(unix)]
        ("a b&c<d>.txt", b"odd name\n"),
        #[cfg(unix)]
        ("q?f#.txt", b"query and fragment characters\n"),
        ("caf\u{e9}.txt", b"non-ascii name\n"),
        (".hidden", b"hidden\n"),
        ("sub/inner.txt", b"inner\n"),
        ("indexed/index.html", b"<p>index</p>\n"),
        ("indexed/other.txt", b"other\n"),
        ("htm/index.htm", b"<p>htm</p>\n"),
        ("trap/index.html/inside.txt", b"inside\n"),
    ];
    for (name, data) in files {
        write(root.path().join(name), data);
    }
    #[cfg(unix)]
    for (link, target) in
        [("link-file", "file.txt"), ("link-dir", "sub"), ("link-broken", "nowhere")]
    {
        std::os::unix::fs::symlink(target, root.path().join(link)).expect("a symbolic link");
    }
    root
}

/// Writes a file, its directories too, and sets its time.
pub(crate) fn write(path: impl AsRef<Path>, data: &[u8]) {
    let path = path.as_ref();
    fs::create_dir_all(path.parent().expect("a path with a parent")).expect("making a directory");
    fs::write(path, data).expect("writing a file");
    set_time(path, mtime());
}

/// Sets the time of a file.
pub(crate) fn set_time(path: impl AsRef<Path>, time: SystemTime) {
    File::options()
        .write(true)
        .open(path)
        .and_then(|file| file.set_modified(time))
        .expect("setting the time");
}

/// The handler as it comes, with a log that can be read.
pub(crate) struct Served {
    simple: SimpleHttpRequestHandler,
    pub(crate) log: Mutex<Vec<String>>,
}

impl Served {
    pub(crate) fn new(directory: &Path) -> Self {
        Self::with_options(SimpleHandlerOptions::new(directory))
    }

    pub(crate) fn with_options(options: SimpleHandlerOptions) -> Self {
        Self { simple: SimpleHttpRequestHandler::with_options(options), log: Mutex::default() }
    }

    /// The same with HTTP/1.1.
    pub(crate) fn persistent(directory: &Path) -> Self {
        let mut options = SimpleHandlerOptions::new(directory);
        options.handler.protocol_version = "HTTP/1.1";
        Self::with_options(options)
    }

    /// Sends `GET target HTTP/1.0`.
    pub(crate) fn get(&self, target: &str) -> Answer {
        ask(self, &format!("GET {target} HTTP/1.0\r\n\r\n"))
    }
}

impl SimpleHooks for Served {
    fn simple(&self) -> &SimpleHttpRequestHandler {
        &self.simple
    }
}

impl BaseHttpRequestHandler for Served {
    fn options(&self) -> &HandlerOptions {
        self.simple.options()
    }
    fn do_method(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        self.serve(x)
    }
    fn log_message(&self, _x: &Exchange<'_>, message: fmt::Arguments<'_>) {
        self.log.lock().expect("the log").push(message.to_string());
    }
}

/// Changes the file after the head is decided and before the body is sent, with HTTP/1.1.
pub(crate) struct Changing {
    simple: SimpleHttpRequestHandler,
    change: fn(&File),
    pub(crate) log: Mutex<Vec<String>>,
}

impl Changing {
    pub(crate) fn new(directory: &Path, change: fn(&File)) -> Self {
        let mut options = SimpleHandlerOptions::new(directory);
        options.handler.protocol_version = "HTTP/1.1";
        let simple = SimpleHttpRequestHandler::with_options(options);
        Self { simple, change, log: Mutex::default() }
    }
}

impl SimpleHooks for Changing {
    fn simple(&self) -> &SimpleHttpRequestHandler {
        &self.simple
    }

    fn send_head(&self, x: &mut Exchange<'_>) -> io::Result<Option<FileObject>> {
        let file = self.simple().send_head(self, x)?;
        let path = self.translate_path(x.path());
        (self.change)(&File::options().append(true).open(path)?);
        Ok(file)
    }
}

impl BaseHttpRequestHandler for Changing {
    fn options(&self) -> &HandlerOptions {
        self.simple.options()
    }
    fn do_method(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        self.serve(x)
    }
    fn log_message(&self, _x: &Exchange<'_>, message: fmt::Arguments<'_>) {
        self.log.lock().expect("the log").push(message.to_string());
    }
}

/// What came back, one character per byte, with the date and the version replaced by `{date}` and `{version}`.
#[derive(Debug)]
pub(crate) struct Answer(pub(crate) String);

impl Answer {
    /// The code on the status line; 0 if there is none.
    pub(crate) fn status(&self) -> u16 {
        self.0.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0)
    }

    /// The value of a header field.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let (head, _) = self.0.split_once("\r\n\r\n")?;
        let mut fields = head.split("\r\n").filter_map(|line| line.split_once(": "));
        fields.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub(crate) fn body(&self) -> &str {
        self.0.split_once("\r\n\r\n").map_or("", |(_, body)| body)
    }
}

/// Sends requests to a handler, as over a connection that the client has ended after them.
pub(crate) fn ask(handler: &dyn BaseHttpRequestHandler, requests: &str) -> Answer {
    Answer(mask(&ask_unmasked(handler, requests).0))
}

/// The same with nothing replaced.
pub(crate) fn ask_unmasked(handler: &dyn BaseHttpRequestHandler, requests: &str) -> Answer {
    let mut connection = Pair { reader: requests.as_bytes(), writer: Vec::new() };
    let served = handle(&mut connection, &ClientAddress::Unnamed, &ServerInfo::default(), handler);
    served.expect("the handler returns without an error");
    Answer(connection.writer.iter().map(|&byte| char::from(byte)).collect())
}

fn mask(text: &str) -> String {
    let mask_line = |line: &str| {
        if let Some(date) = line.strip_prefix("Date: ") {
            return "Date: {date}".to_owned() + date.get(29..).unwrap_or_default();
        }
        if line.starts_with("ETag: \"") {
            return "ETag: {etag}\r\n".to_owned();
        }
        line.replace(concat!("wsgiref-rs/", env!("CARGO_PKG_VERSION")), "{version}")
    };
    text.split_inclusive("\r\n").map(mask_line).collect()
}
