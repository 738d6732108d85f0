//! The directory server as a client sees it: CPython's `SimpleHTTPServerTestCase`, and its recorded answers.

mod tree;

use http_server::{
    ClientAddress, Pair, ServerInfo, SimpleHandlerOptions, SimpleHttpRequestHandler, handle,
};
use std::time::{Duration, SystemTime};
use tree::{Served, ask, make_tree, mtime, set_time, write};

const NOT_FOUND: &str = concat!(
    "HTTP/1.0 404 File not found\r\nServer: SimpleHTTP {version}\r\nDate: {date}\r\nConnection: close\r\n",
    "Content-Type: text/html;charset=utf-8\r\nContent-Length: 460\r\n\r\n",
);

#[test]
fn a_file_is_sent_as_cpython_sends_it() {
    let root = make_tree();
    let served = Served::new(root.path());
    assert_eq!(
        served.get("/file.txt").0,
        "HTTP/1.0 200 OK\r\nServer: SimpleHTTP {version}\r\nDate: {date}\r\nContent-type: text/plain\r\n\
         Content-Length: 11\r\nLast-Modified: Tue, 14 Nov 2023 22:13:20 GMT\r\n\
         ETag: {etag}\r\nAccept-Ranges: bytes\r\n\r\nplain text\n"
    );
    assert_eq!(
        ask(&served, "HEAD /page.html HTTP/1.0\r\n\r\n").0,
        "HTTP/1.0 200 OK\r\nServer: SimpleHTTP {version}\r\nDate: {date}\r\nContent-type: text/html\r\n\
         Content-Length: 12\r\nLast-Modified: Tue, 14 Nov 2023 22:13:20 GMT\r\n\
         ETag: {etag}\r\nAccept-Ranges: bytes\r\n\r\n"
    );
    assert_eq!(
        *served.log.lock().unwrap(),
        ["\"GET /file.txt HTTP/1.0\" 200 -", "\"HEAD /page.html HTTP/1.0\" 200 -"]
    );
}

#[test]
fn names_are_found_by_their_escapes() {
    let root = make_tree();
    let served = Served::new(root.path());
    #[cfg(unix)]
    assert_eq!(served.get("/q%3Ff%23.txt?x").body(), "query and fragment characters\n");
    assert_eq!(served.get("/caf%C3%A9.txt").body(), "non-ascii name\n");
    #[cfg(unix)]
    assert_eq!(served.get("/a%20b%26c%3cd%3e.txt").body(), "odd name\n");
    assert_eq!(served.get("/.hidden").body(), "hidden\n");
    assert_eq!(served.get("/sub/../../../file.txt").body(), "plain text\n");
    assert_eq!(served.get("/%2e%2e/%2e%2e/file.txt").body(), "plain text\n");
    assert_eq!(served.get("/empty.css").header("Content-Length"), Some("0"));
}

#[test]
fn what_is_not_there_is_404() {
    let root = make_tree();
    let served = Served::new(root.path());
    let targets = [
        "/missing",
        "/missing/",
        "/file.txt/",
        "/file.txt%2F",
        "/file.txt/x",
        "/file.txt%20",
        "/%ff%zz",
        "/FILE.TXT%00",
        "/file%00.txt",
        "/sub%00/",
        "/link-broken",
    ];
    for target in targets {
        let answer = served.get(target);
        assert!(answer.0.starts_with(NOT_FOUND), "{target}: {}", answer.0);
        assert!(answer.body().contains("<p>Message: File not found.</p>"));
        assert!(
            answer
                .body()
                .contains("<p>Error code explanation: 404 - Nothing matches the given URI.</p>")
        );
    }
    assert!(served.log.lock().unwrap().starts_with(&[
        "code 404, message File not found".to_owned(),
        "\"GET /missing HTTP/1.0\" 404 -".to_owned()
    ]));
    // A name too long for the system is no error of the server either.
    assert_eq!(served.get(&format!("/{}", "a".repeat(5000))).status(), 404);
}

#[test]
fn a_directory_without_its_slash_is_redirected() {
    let root = make_tree();
    let served = Served::new(root.path());
    assert_eq!(
        served.get("/sub").0,
        "HTTP/1.0 301 Moved Permanently\r\nServer: SimpleHTTP {version}\r\nDate: {date}\r\nLocation: /sub/\r\n\
         Content-Length: 0\r\n\r\n"
    );
    let location = |target: &str| {
        let answer = served.get(target);
        assert_eq!(answer.status(), 301, "{target}");
        answer.header("Location").map(str::to_owned)
    };
    assert_eq!(location("/sub?a=1").as_deref(), Some("/sub/?a=1"));
    assert_eq!(location("/sub?").as_deref(), Some("/sub/"));
    assert_eq!(location("//sub/..%2f..%2fsub").as_deref(), Some("/sub/..%2f..%2fsub/"));
    assert_eq!(
        location("https://example.org/../..").as_deref(),
        Some("https://example.org/../../")
    );
    assert_eq!(location("http://example.org/sub?a").as_deref(), Some("http://example.org/sub/?a"));
    for target in [
        "/",
        "/sub/",
        "/sub/?hi=2",
        "/sub%2f",
        "/?a=/b",
        "http://example.org",
        "http://example.org?a",
    ] {
        assert_eq!(served.get(target).status(), 200, "{target}");
    }
}

/// The subject of gh-87389 (CVE-2021-28861) and of the prefixes that browsers treat alike.
#[test]
fn a_redirect_never_leads_to_another_host() {
    let root = make_tree();
    let served = Served::new(root.path());
    let plain = "/example.org/..%2f..%2f..%2f..%2f..%2f../%0a%0d/../sub";
    let expected = format!("{plain}/");
    for prefix in ["", "/", "//", "/////", "/\\", "/\\/\\"] {
        let answer = served.get(&format!("{prefix}{plain}"));
        assert_eq!(answer.header("Location"), Some(expected.as_str()), "{prefix}");
    }
    let answer = served.get(&format!("https://example.org/{plain}"));
    assert_eq!(answer.header("Location"), Some(format!("https://example.org/{plain}/").as_str()));
    for target in ["/\\example.org/..", "//\\example.org/..", "/\\\\example.org%2f.."] {
        let answer = served.get(target);
        assert_eq!(answer.status(), 301, "{target}");
        assert!(
            answer.header("Location").is_some_and(|to| to.starts_with("/example.org")),
            "{target}"
        );
    }
}

#[test]
fn index_pages_stand_for_their_directory() {
    let root = make_tree();
    let served = Served::new(root.path());
    let answer = served.get("/indexed/");
    assert_eq!(
        (answer.body(), answer.header("Content-type")),
        ("<p>index</p>\n", Some("text/html"))
    );
    assert_eq!(served.get("/htm/").body(), "<p>htm</p>\n");
    // A directory of that name is none (gh-100474).
    assert!(served.get("/trap/").body().contains("<a href=\"index.html/\">index.html/</a>"));

    let mut options = SimpleHandlerOptions::new(root.path());
    options.index_pages = vec!["none".into(), "other.txt".into(), "index.html".into()];
    assert_eq!(Served::with_options(options.clone()).get("/indexed/").body(), "other\n");
    options.index_pages.clear();
    assert!(
        Served::with_options(options)
            .get("/indexed/")
            .body()
            .contains("Directory listing for /indexed/")
    );
}

#[test]
fn absolute_form_targets_are_understood() {
    let root = make_tree();
    let served = Served::new(root.path());
    assert_eq!(served.get("http://example.org/file.txt").body(), "plain text\n");
    assert_eq!(served.get("HTTPS://example.org:8000/sub/inner.txt?x").body(), "inner\n");
    assert_eq!(served.get("http://example.org/../../file.txt").body(), "plain text\n");
    assert_eq!(served.get("http://example.org/missing").status(), 404);
}

/// CPython serves `GET sub`; RFC 9112 §3.2 knows no such target.
#[test]
fn a_target_without_its_slash_is_refused() {
    let root = make_tree();
    let served = Served::new(root.path());
    for target in ["file.txt", "sub", "sub/", "sub?hi=1", "../file.txt"] {
        assert_eq!(served.get(target).status(), 400, "{target}");
    }
}

#[test]
fn other_methods_are_405_and_unknown_ones_501() {
    let root = make_tree();
    let served = Served::new(root.path());
    let with = |method: &str, target: &str| {
        ask(&served, &format!("{method} {target} HTTP/1.0\r\nContent-Length: 0\r\n\r\n"))
    };
    for target in ["/file.txt", "/sub", "/sub/", "/indexed/", "/missing"] {
        for method in ["POST", "PUT", "DELETE", "PATCH", "TRACE"] {
            let answer = with(method, target);
            assert!(answer.0.starts_with("HTTP/1.0 405 Method Not Allowed\r\n"), "{}", answer.0);
            assert_eq!(answer.header("Allow"), Some("GET, HEAD, OPTIONS"), "{method} {target}");
            assert!(answer.body().contains("<p>Error code: 405</p>"));
        }
        for method in ["FOO", "custom", "GETs", "get", "PROPFIND"] {
            let answer = with(method, target);
            let line = format!("HTTP/1.0 501 Unsupported method ('{method}')\r\n");
            assert!(answer.0.starts_with(&line), "{}", answer.0);
            assert_eq!(answer.header("Allow"), None);
        }
    }
    assert_eq!(with("CONNECT", "h:80").status(), 405);
}

#[test]
fn options_says_what_is_allowed() {
    let root = make_tree();
    let served = SimpleHttpRequestHandler::new(root.path());
    for target in ["/file.txt", "/sub/", "*"] {
        let answer = ask(&served, &format!("OPTIONS {target} HTTP/1.0\r\n\r\n"));
        assert_eq!(
            answer.0,
            "HTTP/1.0 200 OK\r\nServer: SimpleHTTP {version}\r\nDate: {date}\r\n\
             Allow: GET, HEAD, OPTIONS\r\nContent-Length: 0\r\n\r\n",
            "{target}"
        );
    }
}

fn status_since(served: &Served, fields: &str) -> u16 {
    ask(served, &format!("GET /file.txt HTTP/1.0\r\n{fields}\r\n")).status()
}

#[test]
fn a_file_the_client_has_is_304() {
    let root = make_tree();
    let served = Served::new(root.path());
    let answer = ask(
        &served,
        "GET /file.txt HTTP/1.0\r\nIf-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT\r\n\r\n",
    );
    assert_eq!(
        answer.0,
        "HTTP/1.0 304 Not Modified\r\nServer: SimpleHTTP {version}\r\nDate: {date}\r\nETag: {etag}\r\n\r\n"
    );
    let same_or_later = [
        "Tue, 14 Nov 2023 23:13:20 GMT",
        "Tuesday, 14-Nov-23 22:13:20 GMT",
        "Tue Nov 14 22:13:20 2023",
        "Tue, 14 Nov 2023 22:13:20 UTC",
        "Tue, 14 Nov 2023 22:13:20 +0000",
        "Tue, 14 Nov 2023 22:13:20 -0000",
        "Tue, 14 Nov 2023 22:13:20",
    ];
    for date in same_or_later {
        assert_eq!(status_since(&served, &format!("If-Modified-Since: {date}\r\n")), 304, "{date}");
    }
    let earlier_or_unknown = [
        "Tue, 14 Nov 2023 22:13:19 GMT",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Thu, 14 Nov 2024 22:13:20 +0100",
        "Thu, 14 Nov 2024 22:13:20 EST",
        "soon",
        "",
    ];
    for date in earlier_or_unknown {
        assert_eq!(status_since(&served, &format!("If-Modified-Since: {date}\r\n")), 200, "{date}");
    }
}

#[test]
fn an_etag_takes_precedence_over_the_date() {
    let root = make_tree();
    let served = Served::new(root.path());
    let both = "If-None-Match: x\r\nIf-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT\r\n";
    assert_eq!(status_since(&served, both), 200);
}

#[test]
fn last_modified_is_in_whole_seconds_and_never_in_the_future() {
    let root = make_tree();
    let served = Served::new(root.path());
    set_time(root.path().join("file.txt"), mtime() + Duration::from_millis(999));
    assert_eq!(
        served.get("/file.txt").header("Last-Modified"),
        Some("Tue, 14 Nov 2023 22:13:20 GMT")
    );
    assert_eq!(status_since(&served, "If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT\r\n"), 304);

    // RFC 9110 §8.8.2.1: not later than `Date`, which is now.
    let before = SystemTime::now();
    set_time(root.path().join("file.txt"), before + Duration::from_secs(100_000));
    let answer = served.get("/file.txt");
    let sent = answer
        .header("Last-Modified")
        .and_then(http_server::date::parse_http_date)
        .expect("a date");
    assert!(sent + Duration::from_secs(1) > before && sent <= SystemTime::now());
}

#[test]
fn connections_persist_with_http_1_1() {
    let root = make_tree();
    let served = Served::persistent(root.path());
    let answer = ask(
        &served,
        "GET /file.txt HTTP/1.1\r\nHost: h\r\n\r\nHEAD /sub HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
    );
    assert_eq!(
        answer.0,
        "HTTP/1.1 200 OK\r\nServer: SimpleHTTP {version}\r\nDate: {date}\r\nContent-type: text/plain\r\n\
         Content-Length: 11\r\nLast-Modified: Tue, 14 Nov 2023 22:13:20 GMT\r\n\
         ETag: {etag}\r\nAccept-Ranges: bytes\r\n\r\nplain text\n\
         HTTP/1.1 301 Moved Permanently\r\nServer: SimpleHTTP {version}\r\nDate: {date}\r\nLocation: /sub/\r\n\
         Content-Length: 0\r\nConnection: close\r\n\r\n"
    );
    // An error page ends the connection, as in CPython.
    let answer = ask(
        &served,
        "GET /missing HTTP/1.1\r\nHost: h\r\n\r\nGET /file.txt HTTP/1.1\r\nHost: h\r\n\r\n",
    );
    assert_eq!((answer.status(), answer.0.matches("HTTP/1.1 ").count()), (404, 1));
}

fn with_extra(root: &std::path::Path) -> Served {
    let mut options = SimpleHandlerOptions::new(root);
    options.default_content_type = "text/x-default".into();
    options.extra_response_headers =
        [("X-Extra", "1"), ("x-extra", "2"), ("server", "hidden"), ("content-TYPE", "hidden")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
    Served::with_options(options)
}

#[test]
fn extra_headers_come_last_and_replace_nothing() {
    let root = make_tree();
    let served = with_extra(root.path());
    assert_eq!(
        served.get("/noext").0,
        "HTTP/1.0 200 OK\r\nServer: SimpleHTTP {version}\r\nDate: {date}\r\nContent-type: text/x-default\r\n\
         Content-Length: 13\r\nLast-Modified: Tue, 14 Nov 2023 22:13:20 GMT\r\n\
         ETag: {etag}\r\nAccept-Ranges: bytes\r\nX-Extra: 1\r\nx-extra: 2\r\n\r\n\
         no extension\n"
    );
    assert_eq!(
        ask(&served, "HEAD /sub/ HTTP/1.0\r\n\r\n").0,
        "HTTP/1.0 200 OK\r\nServer: SimpleHTTP {version}\r\nDate: {date}\r\nContent-type: text/html; charset=utf-8\r\n\
         Content-Length: 307\r\nX-Extra: 1\r\nx-extra: 2\r\n\r\n"
    );
    assert_eq!(served.get("/indexed/").header("X-Extra"), Some("1"));
}

#[test]
fn extra_headers_are_for_200_only() {
    let root = make_tree();
    let served = with_extra(root.path());
    assert_eq!(served.get("/sub").header("X-Extra"), None);
    assert_eq!(served.get("/missing").header("X-Extra"), None);
    let answer = ask(
        &served,
        "GET /file.txt HTTP/1.0\r\nIf-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT\r\n\r\n",
    );
    assert_eq!((answer.status(), answer.header("X-Extra")), (304, None));
}

/// RFC 9110 §15.4.5: what a cache goes by is on a 304, too.
#[test]
fn extra_headers_for_caches_are_for_304_too() {
    let root = make_tree();
    let mut options = SimpleHandlerOptions::new(root.path());
    options.extra_response_headers =
        [("Cache-Control", "max-age=60"), ("X-Extra", "1"), ("vary", "Cookie")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
    let served = Served::with_options(options);
    for target in ["/file.txt", "/"] {
        let answer = ask(&served, &format!("GET {target} HTTP/1.0\r\nIf-None-Match: *\r\n\r\n"));
        assert_eq!((answer.status(), answer.header("X-Extra")), (304, None));
        assert_eq!(answer.header("Cache-Control"), Some("max-age=60"));
        assert_eq!(answer.header("Vary"), Some("Cookie"));
    }
}

#[test]
fn an_extra_header_cannot_add_lines() {
    let root = make_tree();
    let mut options = SimpleHandlerOptions::new(root.path());
    options.extra_response_headers = vec![("X-Extra".into(), "1\r\nX-Injected: 2".into())];
    let served = Served::with_options(options);
    let mut connection =
        Pair { reader: &b"GET /file.txt HTTP/1.0\r\n\r\n"[..], writer: Vec::new() };
    let error = handle(&mut connection, &ClientAddress::Unnamed, &ServerInfo::default(), &served);
    assert!(error.is_err(), "it is the server's mistake, so the server hears of it");
    let answer = String::from_utf8(connection.writer).expect("ASCII");
    assert!(answer.starts_with("HTTP/1.0 500 "), "{answer}");
    assert!(!answer.contains("X-Injected"), "{answer}");
}

#[test]
fn large_files_arrive_whole() {
    let root = make_tree();
    let data: Vec<u8> = (0..=u8::MAX).cycle().take(1_000_003).collect();
    write(root.path().join("large.bin"), &data);
    let answer = Served::new(root.path()).get("/large.bin");
    assert_eq!(answer.header("Content-Length"), Some("1000003"));
    assert!(answer.body().chars().map(u32::from).eq(data.iter().map(|&byte| u32::from(byte))));
}
