//! `Environ`: a map over a server's lazy view, with typed values and extensions.

use std::borrow::Cow;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wsgi_util::{Environ, EnvironSource, EnvironValue, native};

const PAIRS: [(&str, &str); 4] = [
    ("REQUEST_METHOD", "GET"),
    ("PATH_INFO", "/caf\u{c3}\u{a9}"),
    ("HTTP_HOST", "h"),
    ("SCRIPT_NAME", ""),
];

/// A source that counts how often it is walked over.
#[derive(Clone, Default)]
struct Source {
    walks: Arc<AtomicUsize>,
}

impl EnvironSource for Source {
    fn get(&self, key: &str) -> Option<Cow<'_, str>> {
        PAIRS.iter().find(|(name, _)| *name == key).map(|(_, value)| Cow::Borrowed(*value))
    }
    fn for_each(&self, each: &mut dyn FnMut(&str, &str)) {
        self.walks.fetch_add(1, Ordering::SeqCst);
        PAIRS.iter().for_each(|(key, value)| each(key, value));
    }
}

fn pairs(environ: &Environ<'_>) -> Vec<(String, String)> {
    environ.iter().collect()
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
}

#[test]
fn looking_up_a_key_builds_nothing() {
    let source = Source::default();
    let mut environ = Environ::with_source(source.clone());
    assert!(matches!(environ.get("HTTP_HOST"), Some(Cow::Borrowed("h"))));
    assert_eq!(environ.get("HTTP_ACCEPT"), None);
    assert!(environ.contains_key("SCRIPT_NAME"));
    environ.insert("HTTP_HOST", "i");
    environ.remove("SCRIPT_NAME");
    environ.setdefault("PATH_INFO", "/");
    assert_eq!(source.walks.load(Ordering::SeqCst), 0);
}

#[test]
fn changes_lie_over_the_source() {
    let mut environ = Environ::with_source(Source::default());
    environ.insert("HTTP_HOST", "other");
    environ.insert("MY_KEY", String::from("mine"));
    assert_eq!(environ.remove("SCRIPT_NAME").as_deref(), Some(""));
    assert_eq!(environ.remove("SCRIPT_NAME"), None);
    assert_eq!(environ.remove("NOT_THERE"), None);

    assert_eq!(environ.get("HTTP_HOST").as_deref(), Some("other"));
    assert_eq!(environ.get("SCRIPT_NAME"), None);
    assert!(!environ.contains_key("SCRIPT_NAME"));
    let path = PAIRS[1].1;
    assert_eq!(
        pairs(&environ),
        owned(&[
            ("HTTP_HOST", "other"),
            ("MY_KEY", "mine"),
            ("PATH_INFO", path),
            ("REQUEST_METHOD", "GET")
        ])
    );

    assert_eq!(environ.setdefault("SCRIPT_NAME", "/again"), "/again");
    assert_eq!(environ.setdefault("SCRIPT_NAME", "/late"), "/again");
    assert_eq!(environ.remove("MY_KEY").as_deref(), Some("mine"));
    assert_eq!(environ.keys(), ["HTTP_HOST", "PATH_INFO", "REQUEST_METHOD", "SCRIPT_NAME"]);
}

#[test]
fn an_environ_takes_over_another() {
    let mut environ =
        Environ::from([("HTTP_HOST", "mine"), ("SCRIPT_NAME", "/mine"), ("MY_KEY", "mine")]);
    environ.set_extension("my.number", 1);
    environ.set_extension("my.other", 2);
    environ.set_input(&b"mine"[..]);
    environ.set_version(1, 1);
    environ.set_multithread(true);
    environ.set_url_scheme("https");
    let mut other = Environ::with_source(Source::default());
    other.remove("SCRIPT_NAME");
    other.insert("my.other", "text");
    other.set_extension("MY_KEY", 3);
    other.set_input(&b"other"[..]);
    other.set_multithread(false);
    environ.update(other);

    let path = PAIRS[1].1;
    assert_eq!(
        pairs(&environ),
        owned(&[
            ("HTTP_HOST", "h"),
            ("PATH_INFO", path),
            ("REQUEST_METHOD", "GET"),
            ("SCRIPT_NAME", "/mine"),
            ("my.other", "text"),
            ("wsgi.url_scheme", "https"),
        ])
    );
    assert_eq!((environ.extension("my.number"), environ.extension("MY_KEY")), (Some(&1), Some(&3)));
    assert_eq!(environ.extension::<i32>("my.other"), None);
    assert_eq!(environ.input().read_n(9).unwrap(), b"other");
    assert_eq!((environ.version(), environ.multithread()), ((1, 1), false));
}

#[test]
fn nothing_is_lost_when_an_environ_takes_over_another() {
    let full = || {
        let mut environ = Environ::from([("PATH_INFO", "/")]);
        environ.set_version(1, 0);
        environ.set_url_scheme("http");
        environ.set_input(&b""[..]);
        environ.set_errors(Vec::new());
        environ.set_multithread(true);
        environ.set_multiprocess(true);
        environ.set_run_once(true);
        environ.set_file_wrapper(true);
        environ.set_input_terminated(true);
        environ.set_extension("my.number", 1);
        environ
    };
    let (mut gives, mut takes) = (full(), Environ::new());
    gives.update(Environ::new());
    takes.update(full());
    assert_eq!(gives.items(), full().items());
    assert_eq!(takes.items(), full().items());
}

#[test]
fn native_strings_stand_for_bytes() {
    let mut environ = Environ::with_source(Source::default());
    assert_eq!(environ.get_bytes("PATH_INFO").as_deref(), Some(&b"/caf\xc3\xa9"[..]));
    assert_eq!(environ.get_utf8("PATH_INFO").unwrap().as_deref(), Some("/café"));
    assert_eq!(environ.get_utf8("QUERY_STRING").unwrap(), None);

    environ.insert_utf8("PATH_INFO", "/日本");
    assert_eq!(environ.get_bytes("PATH_INFO").as_deref(), Some("/日本".as_bytes()));
    assert_eq!(environ.get_utf8("PATH_INFO").unwrap().as_deref(), Some("/日本"));

    environ.insert("PATH_INFO", native::from_bytes(b"/\x80"));
    let error = environ.get_utf8("PATH_INFO").unwrap_err();
    assert_eq!(
        (error.key(), error.to_string().as_str()),
        ("PATH_INFO", "environ[\"PATH_INFO\"] is not UTF-8")
    );

    let every_byte: Vec<u8> = (0..=255).collect();
    assert_eq!(*native::to_bytes(&native::from_bytes(&every_byte)), *every_byte);
}

#[test]
fn the_scheme_is_a_string_like_any_other() {
    let mut environ = Environ::new();
    assert_eq!((environ.url_scheme(), environ.get("wsgi.url_scheme")), ("http", None));
    environ.insert("wsgi.url_scheme", "https");
    assert_eq!(
        (environ.url_scheme(), environ.get("wsgi.url_scheme").as_deref()),
        ("https", Some("https"))
    );
    assert_eq!(pairs(&environ), owned(&[("wsgi.url_scheme", "https")]));
    assert_eq!(environ.remove("wsgi.url_scheme").as_deref(), Some("https"));
    assert!(environ.keys().is_empty());
}

#[test]
fn typed_values_are_shown_as_python_shows_them() {
    let mut environ = Environ::from([("PATH_INFO", "/"), ("zzz.key", "text")]);
    environ.set_version(1, 0);
    environ.set_url_scheme("http");
    environ.set_input(&b""[..]);
    environ.set_errors(Vec::new());
    environ.set_multithread(true);
    environ.set_multiprocess(false);
    environ.set_run_once(false);
    environ.set_file_wrapper(true);
    environ.set_input_terminated(true);
    let shown: Vec<String> =
        environ.items().iter().map(|(key, value)| format!("{key} = {value}")).collect();
    assert_eq!(
        shown,
        [
            "PATH_INFO = /",
            "wsgi.errors = <wsgi.errors>",
            "wsgi.file_wrapper = <class 'FileWrapper'>",
            "wsgi.input = <wsgi.input>",
            "wsgi.input_terminated = True",
            "wsgi.multiprocess = False",
            "wsgi.multithread = True",
            "wsgi.run_once = False",
            "wsgi.url_scheme = http",
            "wsgi.version = (1, 0)",
            "zzz.key = text",
        ]
    );
    for key in environ.keys() {
        assert!(environ.contains_key(&key), "{key}");
        environ.remove(&key);
        assert!(!environ.contains_key(&key), "{key}");
    }
    assert!(environ.items().is_empty());
    assert!(!environ.file_wrapper() && !environ.input_terminated() && !environ.multithread());
}

#[test]
fn a_typed_key_takes_no_string() {
    let result = std::panic::catch_unwind(|| Environ::from([("wsgi.multithread", "True")]));
    let message = *result.unwrap_err().downcast::<String>().unwrap();
    assert_eq!(
        message,
        "environ[\"wsgi.multithread\"] does not hold a string: use the method that sets it"
    );
}

#[test]
fn the_input_can_be_wrapped() {
    // As middleware does it: the type of the input is not known, and it may be borrowed.
    fn limit(environ: &mut Environ<'_>) {
        let input = environ.take_input();
        environ.set_input(input.take(3));
    }
    let body = b"12345".to_vec();
    let mut environ = Environ::new();
    environ.set_input(&body[..]);
    limit(&mut environ);
    let mut read = String::new();
    environ.input().read_to_string(&mut read).unwrap();
    assert_eq!(read, "123");

    assert_eq!(environ.take_input().read_n(1).unwrap(), b"");
    assert!(!environ.contains_key("wsgi.input"), "what is taken is gone");
    assert_eq!(environ.input().read_n(1).unwrap(), b"", "and reads as empty");
}

#[test]
fn the_errors_can_be_borrowed() {
    let mut log = Vec::new();
    let mut environ = Environ::new();
    environ.set_errors(&mut log);
    writeln!(environ.errors(), "something {} odd", 1).unwrap();
    let mut errors = environ.take_errors();
    errors.write_all(b"more\n").unwrap();
    drop((errors, environ));
    assert_eq!(log, b"something 1 odd\nmore\n");
}

#[test]
fn extensions_hold_any_type() {
    let mut environ = Environ::new();
    environ.set_extension("my.numbers", vec![1_u32]);
    environ.extension_mut::<Vec<u32>>("my.numbers").unwrap().push(2);
    assert_eq!(environ.extension::<Vec<u32>>("my.numbers"), Some(&vec![1, 2]));
    assert_eq!(environ.extension::<String>("my.numbers"), None);
    assert_eq!(
        environ.take_extension::<String>("my.numbers"),
        None,
        "a wrong guess leaves it there"
    );
    assert!(environ.contains_key("my.numbers"));
    assert_eq!(
        environ.items(),
        [("my.numbers".into(), EnvironValue::Object("alloc::vec::Vec<u32>"))]
    );
    assert_eq!(environ.take_extension::<Vec<u32>>("my.numbers"), Some(vec![1, 2]));
    assert!(!environ.contains_key("my.numbers"));

    environ.insert("my.key", "text");
    environ.set_extension("my.key", 1_u8);
    assert_eq!((environ.get("my.key"), environ.keys().len()), (None, 1));
    environ.insert("my.key", "text");
    assert_eq!((environ.extension::<u8>("my.key"), environ.keys().len()), (None, 1));
}

#[test]
fn an_environ_that_owns_everything_can_go_to_another_thread() {
    let mut environ: Environ<'static> = Environ::with_source(Source::default());
    environ.set_input(&b"body"[..]);
    environ.set_extension("my.count", 1);
    let seen = std::thread::spawn(move || {
        let input = environ.input().read_n(9).unwrap();
        (environ.get("HTTP_HOST").map(Cow::into_owned), input)
    });
    assert_eq!(seen.join().unwrap(), (Some("h".to_owned()), b"body".to_vec()));
}

#[test]
fn debug_shows_the_dictionary() {
    let mut environ = Environ::from([("PATH_INFO", "/")]);
    environ.set_version(1, 0);
    assert_eq!(format!("{environ:?}"), r#"{"PATH_INFO": Str("/"), "wsgi.version": Version(1, 0)}"#);
}
