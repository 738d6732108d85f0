//! `guess_type` against what CPython answered.

use http_server::{SimpleHandlerOptions, SimpleHttpRequestHandler};
use std::path::Path;

/// File names and what `SimpleHTTPRequestHandler.guess_type` returns for them with the built-in tables of CPython 3.15:
/// each of its extensions, and names that try the rules.
const RECORDED: &str = include_str!("data/guess_type.tsv");

#[test]
fn every_name_has_the_type_it_has_in_cpython() {
    let handler = SimpleHttpRequestHandler::new("served");
    let mut differing = Vec::new();
    for line in RECORDED.lines() {
        let (name, expected) = line.split_once('\t').expect("name, tab, type");
        // The larger table of `mime_guess` may know what CPython does not.
        if cfg!(feature = "mime") && expected == "application/octet-stream" {
            continue;
        }
        let guessed = handler.guess_type(&Path::new("served").join(name));
        if guessed != expected {
            differing.push(format!("{name}: {guessed}, not {expected}"));
        }
    }
    assert!(differing.is_empty(), "{differing:#?}");
    assert!(RECORDED.lines().count() > 240);
}

#[test]
fn the_map_is_asked_first_as_spelled_and_then_in_lower_case() {
    let mut options = SimpleHandlerOptions::new("served");
    options.extensions_map.clear();
    options.extensions_map.insert(".TXT".into(), "text/loud".into());
    options.extensions_map.insert(".css".into(), "text/style".into());
    options.extensions_map.insert(String::new(), "text/none".into());
    let handler = SimpleHttpRequestHandler::with_options(options);
    let guess = |name: &str| handler.guess_type(Path::new(name)).into_owned();
    assert_eq!(guess("a.TXT"), "text/loud");
    assert_eq!(guess("a.txt"), "text/plain");
    assert_eq!(guess("a.CSS"), "text/style");
    assert_eq!(guess("a"), "text/none");
    assert_eq!(guess(".hidden"), "text/none");
    // Without its line in the map, a compressed file has the type of what is compressed.
    assert_eq!(guess("a.html.gz"), "text/html");
    assert_eq!(guess("a.html.bz2"), "text/html");
}

#[test]
fn the_default_type_is_an_attribute() {
    let mut options = SimpleHandlerOptions::new("served");
    assert_eq!(options.default_content_type, "application/octet-stream");
    options.default_content_type = "text/x-default".into();
    let handler = SimpleHttpRequestHandler::with_options(options);
    assert_eq!(handler.guess_type(Path::new("noext")), "text/x-default");
    assert_eq!(handler.guess_type(Path::new("data.zzz9")), "text/x-default");
    assert_eq!(handler.guess_type(Path::new("a.txt")), "text/plain");
}

#[test]
#[cfg(unix)]
fn a_name_that_is_not_utf8_has_a_type_too() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let handler = SimpleHttpRequestHandler::new("served");
    assert_eq!(handler.guess_type(Path::new(OsStr::from_bytes(b"caf\xe9.txt"))), "text/plain");
    assert_eq!(
        handler.guess_type(Path::new(OsStr::from_bytes(b"x.\xff"))),
        "application/octet-stream"
    );
}
