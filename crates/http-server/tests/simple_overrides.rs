//! Overriding the directory server one method at a time.

mod tree;

use http_server::{
    Base, BaseHttpRequestHandler, Exchange, FileObject, HandlerOptions, SimpleHooks,
    SimpleHttpRequestHandler,
};
use std::borrow::Cow;
use std::fmt;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use tree::{ask, make_tree};

/// A handler that notes which of its methods are called, and changes what each of them does when told to.
struct Noting {
    simple: SimpleHttpRequestHandler,
    calls: Mutex<Vec<String>>,
    changed: &'static str,
}

impl Noting {
    fn new(root: &Path, changed: &'static str) -> Self {
        Self { simple: SimpleHttpRequestHandler::new(root), calls: Mutex::default(), changed }
    }

    /// Notes a call; returns whether this method is the changed one.
    fn note(&self, method: &str) -> bool {
        self.calls.lock().expect("the calls").push(method.to_owned());
        method == self.changed
    }

    fn calls_of(&self, request: &str) -> String {
        self.calls.lock().expect("the calls").clear();
        ask(self, request);
        self.calls.lock().expect("the calls").join(" ")
    }
}

impl SimpleHooks for Noting {
    fn simple(&self) -> &SimpleHttpRequestHandler {
        &self.simple
    }

    fn send_head(&self, x: &mut Exchange<'_>) -> io::Result<Option<FileObject>> {
        if self.note("send_head") && x.path() == "/made-up" {
            x.send_response(200)?;
            x.send_header("Content-Length", "7")?;
            x.end_headers()?;
            return Ok(Some(FileObject::new("made up".as_bytes())));
        }
        self.simple.send_head(self, x)
    }

    fn list_directory(&self, x: &mut Exchange<'_>, path: &Path) -> io::Result<Option<FileObject>> {
        if self.note("list_directory") {
            return x.send_error(403, "Directory listing denied").map(|()| None);
        }
        self.simple.list_directory(x, path)
    }

    fn translate_path(&self, path: &str) -> PathBuf {
        let path = if self.note("translate_path") { "/sub/inner.txt" } else { path };
        self.simple.translate_path(path)
    }

    fn guess_type(&self, path: &Path) -> Cow<'_, str> {
        if self.note("guess_type") { "text/changed".into() } else { self.simple.guess_type(path) }
    }

    fn copyfile(&self, mut source: FileObject, x: &mut Exchange<'_>) -> io::Result<()> {
        if self.note("copyfile") {
            let mut text = String::new();
            source.read_to_string(&mut text)?;
            return x.wfile.write_all(text.to_uppercase().as_bytes());
        }
        self.simple.copyfile(source, x)
    }
}

impl BaseHttpRequestHandler for Noting {
    fn options(&self) -> &HandlerOptions {
        self.simple.options()
    }
    fn do_method(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        self.serve(x)
    }
    fn end_headers(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        if self.changed == "end_headers" {
            x.send_header("Access-Control-Allow-Origin", "*")?;
        }
        Base.end_headers(x)
    }
    fn log_message(&self, _x: &Exchange<'_>, _message: fmt::Arguments<'_>) {}
}

#[test]
fn the_methods_are_called_in_cpythons_order() {
    let root = make_tree();
    let noting = Noting::new(root.path(), "");
    let file = "send_head translate_path guess_type";
    assert_eq!(noting.calls_of("GET /file.txt HTTP/1.0\r\n\r\n"), format!("{file} copyfile"));
    assert_eq!(noting.calls_of("HEAD /file.txt HTTP/1.0\r\n\r\n"), file);
    assert_eq!(noting.calls_of("GET /missing HTTP/1.0\r\n\r\n"), file);
    assert_eq!(noting.calls_of("GET /indexed/ HTTP/1.0\r\n\r\n"), format!("{file} copyfile"));
    assert_eq!(noting.calls_of("GET /sub HTTP/1.0\r\n\r\n"), "send_head translate_path");
    assert_eq!(
        noting.calls_of("GET / HTTP/1.0\r\n\r\n"),
        "send_head translate_path list_directory copyfile"
    );
    assert_eq!(noting.calls_of("POST /file.txt HTTP/1.0\r\nContent-Length: 0\r\n\r\n"), "");
}

#[test]
fn each_method_can_be_overridden() {
    let root = make_tree();
    let get = |changed, target: &str| {
        ask(&Noting::new(root.path(), changed), &format!("GET {target} HTTP/1.0\r\n\r\n"))
    };
    assert_eq!(get("translate_path", "/anything").body(), "inner\n");
    assert_eq!(get("guess_type", "/file.txt").header("Content-type"), Some("text/changed"));
    assert_eq!(get("copyfile", "/file.txt").body(), "PLAIN TEXT\n");
    assert_eq!(get("send_head", "/made-up").body(), "made up");
    assert_eq!(get("send_head", "/file.txt").body(), "plain text\n");
    assert!(get("list_directory", "/").0.starts_with("HTTP/1.0 403 Directory listing denied\r\n"));
    for target in ["/file.txt", "/", "/sub", "/missing"] {
        assert_eq!(
            get("end_headers", target).header("Access-Control-Allow-Origin"),
            Some("*"),
            "{target}"
        );
    }
}

#[test]
fn a_directory_that_cannot_be_read_is_404() {
    struct Unreadable(SimpleHttpRequestHandler);
    impl SimpleHooks for Unreadable {
        fn simple(&self) -> &SimpleHttpRequestHandler {
            &self.0
        }
        // As if the permission had gone after the look at it; root reads everything.
        fn list_directory(
            &self,
            x: &mut Exchange<'_>,
            path: &Path,
        ) -> io::Result<Option<FileObject>> {
            self.simple().list_directory(x, &path.join("gone"))
        }
    }
    impl BaseHttpRequestHandler for Unreadable {
        fn do_method(&self, x: &mut Exchange<'_>) -> io::Result<()> {
            self.serve(x)
        }
        fn log_message(&self, _x: &Exchange<'_>, _message: fmt::Arguments<'_>) {}
    }
    let root = make_tree();
    let answer =
        ask(&Unreadable(SimpleHttpRequestHandler::new(root.path())), "GET / HTTP/1.0\r\n\r\n");
    assert!(
        answer.0.starts_with("HTTP/1.0 404 No permission to list directory\r\n"),
        "{}",
        answer.0
    );
}

#[test]
fn a_path_set_by_the_handler_is_the_one_that_is_served() {
    struct Rewriting(SimpleHttpRequestHandler);
    impl SimpleHooks for Rewriting {
        fn simple(&self) -> &SimpleHttpRequestHandler {
            &self.0
        }
    }
    impl BaseHttpRequestHandler for Rewriting {
        fn do_get(&self, x: &mut Exchange<'_>) -> io::Result<()> {
            if x.path() == "/" {
                x.set_path("/page.html");
            }
            self.serve(x)
        }
        fn log_message(&self, _x: &Exchange<'_>, _message: fmt::Arguments<'_>) {}
    }
    let root = make_tree();
    let answer =
        ask(&Rewriting(SimpleHttpRequestHandler::new(root.path())), "GET / HTTP/1.0\r\n\r\n");
    assert_eq!(answer.body(), "<p>page</p>\n");
}
