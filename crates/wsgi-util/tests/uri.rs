//! `guess_scheme`, `application_uri` and `request_uri` (subjects of CPython's UtilityTests).

use wsgi_util::{Environ, application_uri, guess_scheme, request_uri, setup_testing_defaults};

type Pairs<'p> = &'p [(&'static str, &'p str)];

fn environ(pairs: Pairs<'_>) -> Environ<'static> {
    let mut environ: Environ<'static> = pairs.iter().copied().collect();
    setup_testing_defaults(&mut environ);
    environ
}

#[test]
fn the_scheme_is_https_for_three_values_only() {
    for (value, scheme) in [
        ("yes", "https"),
        ("on", "https"),
        ("1", "https"),
        ("On", "http"),
        ("foo", "http"),
        ("", "http"),
    ] {
        assert_eq!(guess_scheme(&Environ::from([("HTTPS", value)])), scheme, "HTTPS={value}");
    }
    assert_eq!(guess_scheme(&Environ::new()), "http");
}

#[test]
fn application_uris() {
    let table: &[(Pairs<'_>, &str)] = &[
        (&[], "http://127.0.0.1/"),
        (&[("SCRIPT_NAME", "/spam")], "http://127.0.0.1/spam"),
        (&[("SCRIPT_NAME", "/sp\u{e4}m")], "http://127.0.0.1/sp%E4m"),
        (&[("SCRIPT_NAME", "/a b;c=d,e~f?g%h")], "http://127.0.0.1/a%20b%3Bc%3Dd%2Ce~f%3Fg%25h"),
        (
            &[("HTTP_HOST", "spam.example.com:2071"), ("SERVER_PORT", "2071")],
            "http://spam.example.com:2071/",
        ),
        (&[("SERVER_NAME", "spam.example.com")], "http://spam.example.com/"),
        (&[("HTTP_HOST", "127.0.0.1"), ("SERVER_NAME", "spam.example.com")], "http://127.0.0.1/"),
        (&[("HTTPS", "on")], "https://127.0.0.1/"),
        (&[("HTTP_HOST", ""), ("SERVER_PORT", "8000")], "http://127.0.0.1:8000/"),
        (&[("HTTP_HOST", ""), ("SERVER_PORT", "443")], "http://127.0.0.1:443/"),
        (&[("HTTP_HOST", ""), ("HTTPS", "on")], "https://127.0.0.1/"),
        (&[("HTTP_HOST", ""), ("HTTPS", "on"), ("SERVER_PORT", "80")], "https://127.0.0.1:80/"),
    ];
    for (pairs, uri) in table {
        assert_eq!(application_uri(&environ(pairs)).as_deref(), Ok(*uri), "{pairs:?}");
    }
}

#[test]
fn an_ipv6_server_name_gets_its_brackets() {
    for name in ["::1", "[::1]"] {
        let environ = environ(&[("HTTP_HOST", ""), ("SERVER_NAME", name), ("SERVER_PORT", "8000")]);
        assert_eq!(application_uri(&environ).as_deref(), Ok("http://[::1]:8000/"));
    }
}

#[test]
fn request_uris() {
    let table: &[(Pairs<'_>, &str)] = &[
        (&[], "http://127.0.0.1/"),
        (&[("SCRIPT_NAME", "/spam")], "http://127.0.0.1/spam"),
        (&[("SCRIPT_NAME", "/sp\u{e4}m")], "http://127.0.0.1/sp%E4m"),
        (&[("PATH_INFO", "/spam")], "http://127.0.0.1/spam"),
        (&[("SCRIPT_NAME", "/spammity"), ("PATH_INFO", "/spam")], "http://127.0.0.1/spammity/spam"),
        (
            &[("SCRIPT_NAME", "/spammity"), ("PATH_INFO", "/sp\u{e4}m")],
            "http://127.0.0.1/spammity/sp%E4m",
        ),
        (
            &[("SCRIPT_NAME", "/spammity"), ("PATH_INFO", "/spam;ham")],
            "http://127.0.0.1/spammity/spam;ham",
        ),
        (
            &[("SCRIPT_NAME", "/spammity"), ("PATH_INFO", "/spam;cookie=1234,5678")],
            "http://127.0.0.1/spammity/spam;cookie=1234,5678",
        ),
        (
            &[
                ("SCRIPT_NAME", "/spammity"),
                ("PATH_INFO", "/spam"),
                ("QUERY_STRING", "s%E4y=ni&a b"),
            ],
            "http://127.0.0.1/spammity/spam?s%E4y=ni&a b",
        ),
        (&[("PATH_INFO", "*")], "http://127.0.0.1/%2A"),
    ];
    for (pairs, uri) in table {
        assert_eq!(request_uri(&environ(pairs), true).as_deref(), Ok(*uri), "{pairs:?}");
    }
}

#[test]
fn the_query_can_be_left_out() {
    let environ = environ(&[
        ("SCRIPT_NAME", "/spammity"),
        ("PATH_INFO", "/spam"),
        ("QUERY_STRING", "say=ni"),
    ]);
    assert_eq!(request_uri(&environ, false).as_deref(), Ok("http://127.0.0.1/spammity/spam"));
    assert_eq!(request_uri(&environ, true).as_deref(), Ok("http://127.0.0.1/spammity/spam?say=ni"));
}

#[test]
fn a_missing_key_is_named() {
    let mut environ = environ(&[("HTTP_HOST", "")]);
    for key in ["SERVER_PORT", "SERVER_NAME", "wsgi.url_scheme"] {
        environ.remove(key);
        let error = request_uri(&environ, true).unwrap_err();
        assert_eq!(error.key(), key);
        assert_eq!(
            error.to_string(),
            format!(
                "environ[\"{key}\"] is missing; the server must set it (PEP 3333, environ Variables)"
            )
        );
    }
}
