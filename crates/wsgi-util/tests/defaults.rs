//! `setup_testing_defaults` and `is_hop_by_hop` (subjects of CPython's UtilityTests).

use wsgi_util::{Environ, is_hop_by_hop, setup_testing_defaults};

const STRINGS: [(&str, &str); 8] = [
    ("SERVER_NAME", "127.0.0.1"),
    ("SERVER_PORT", "80"),
    ("SERVER_PROTOCOL", "HTTP/1.0"),
    ("HTTP_HOST", "127.0.0.1"),
    ("REQUEST_METHOD", "GET"),
    ("SCRIPT_NAME", ""),
    ("PATH_INFO", "/"),
    ("wsgi.url_scheme", "http"),
];

#[test]
fn an_empty_environ_gets_every_key() {
    let mut environ = Environ::new();
    setup_testing_defaults(&mut environ);
    for (key, value) in STRINGS {
        assert_eq!(environ.get(key).as_deref(), Some(value), "{key}");
    }
    let shown: Vec<String> = environ
        .items()
        .iter()
        .filter(|(key, _)| key.contains('.'))
        .map(|(key, value)| format!("{key} = {value}"))
        .collect();
    assert_eq!(
        shown,
        [
            "wsgi.errors = <wsgi.errors>",
            "wsgi.input = <wsgi.input>",
            "wsgi.multiprocess = False",
            "wsgi.multithread = False",
            "wsgi.run_once = False",
            "wsgi.url_scheme = http",
            "wsgi.version = (1, 0)",
        ]
    );
    assert_eq!(environ.items().len(), 14);
    let mut body = Vec::new();
    environ.input().read_to_end(&mut body).unwrap();
    assert_eq!(body, b"");
    writeln!(environ.errors(), "dropped").unwrap();
}

#[test]
fn values_that_are_there_stay() {
    for (key, _) in STRINGS {
        let mut environ = Environ::from([(key, "mine")]);
        setup_testing_defaults(&mut environ);
        assert_eq!(environ.get(key).as_deref(), Some("mine"), "{key}");
    }

    let mut environ = Environ::new();
    environ.set_version(1, 1);
    environ.set_multithread(true);
    environ.set_multiprocess(true);
    environ.set_run_once(true);
    environ.set_input(&b"body"[..]);
    setup_testing_defaults(&mut environ);
    assert_eq!(environ.version(), (1, 1));
    assert!(environ.multithread() && environ.multiprocess() && environ.run_once());
    assert_eq!(environ.input().read_n(9).unwrap(), b"body");
}

#[test]
fn script_name_and_path_info_come_together_or_not_at_all() {
    let mut environ = Environ::from([("SCRIPT_NAME", "/a")]);
    setup_testing_defaults(&mut environ);
    assert_eq!(environ.get("PATH_INFO"), None);

    let mut environ = Environ::from([("PATH_INFO", "/a")]);
    setup_testing_defaults(&mut environ);
    assert_eq!(environ.get("SCRIPT_NAME"), None);
}

#[test]
fn one_value_follows_from_another() {
    for (given, key, value) in [
        (("SERVER_NAME", "foo.bar"), "HTTP_HOST", "foo.bar"),
        (("HTTPS", "on"), "wsgi.url_scheme", "https"),
        (("HTTPS", "1"), "wsgi.url_scheme", "https"),
        (("HTTPS", "yes"), "wsgi.url_scheme", "https"),
        (("HTTPS", "foo"), "wsgi.url_scheme", "http"),
        (("HTTPS", "foo"), "SERVER_PORT", "80"),
        (("HTTPS", "on"), "SERVER_PORT", "443"),
        (("wsgi.url_scheme", "https"), "SERVER_PORT", "443"),
    ] {
        let mut environ = Environ::from([given]);
        setup_testing_defaults(&mut environ);
        assert_eq!(environ.get(key).as_deref(), Some(value), "{key} with {given:?}");
    }

    let mut environ = Environ::from([("wsgi.url_scheme", "gopher")]);
    setup_testing_defaults(&mut environ);
    assert_eq!(environ.get("SERVER_PORT"), None, "nobody knows the port of another scheme");
}

#[test]
fn hop_by_hop_headers() {
    for name in [
        "Connection",
        "Keep-Alive",
        "Proxy-Authenticate",
        "Proxy-Authorization",
        "TE",
        "Trailers",
        "Transfer-Encoding",
        "Upgrade",
    ] {
        for name in [name.to_owned(), name.to_uppercase(), name.to_lowercase()] {
            assert!(is_hop_by_hop(&name), "{name}");
        }
    }
    for name in ["Accept", "Cache-Control", "Date", "Pragma", "Trailer", "Via", "Warning", ""] {
        for name in [name.to_owned(), name.to_uppercase(), name.to_lowercase()] {
            assert!(!is_hop_by_hop(&name), "{name}");
        }
    }
}
