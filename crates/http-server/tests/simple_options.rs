//! What the options of the directory server change.

mod tree;

use http_server::{BaseHttpRequestHandler, SimpleHandlerOptions};
use std::path::Path;
use std::time::Duration;
use tree::{Answer, Served, ask, ask_unmasked, make_tree, mtime, set_time, write};

fn with(root: &Path, change: impl FnOnce(&mut SimpleHandlerOptions)) -> Served {
    let mut options = SimpleHandlerOptions::new(root);
    change(&mut options);
    Served::with_options(options)
}

fn get(served: &dyn BaseHttpRequestHandler, target: &str, fields: &str) -> Answer {
    ask(served, &format!("GET {target} HTTP/1.0\r\n{fields}\r\n"))
}

#[test]
fn text_types_get_a_charset() {
    let root = make_tree();
    write(root.path().join("a.js"), b"");
    write(root.path().join("a.json"), b"");
    write(root.path().join("a.own"), b"");
    let served = with(root.path(), |options| {
        options.charset = Some("utf-8".into());
        options.extensions_map.insert(".own".into(), "text/x; charset=latin-1".into());
    });
    for (target, kind) in [
        ("/file.txt", "text/plain; charset=utf-8"),
        ("/indexed/", "text/html; charset=utf-8"),
        ("/a.js", "text/javascript; charset=utf-8"),
        ("/a.json", "application/json"),
        ("/a.own", "text/x; charset=latin-1"),
        ("/noext", "application/octet-stream"),
    ] {
        assert_eq!(served.get(target).header("Content-type"), Some(kind), "{target}");
    }
    let parts = get(&served, "/file.txt", "Range: bytes=0-0,2-2\r\n");
    assert!(parts.body().contains("\r\nContent-type: text/plain; charset=utf-8\r\n"));
}

#[test]
fn caches_are_told_the_policy() {
    let root = make_tree();
    let served = with(root.path(), |options| {
        options.cache_control = Some("no-cache".into());
        // Said once already.
        options.extra_response_headers = vec![("cache-control".into(), "max-age=1".into())];
    });
    for (target, fields, status) in [
        ("/file.txt", "", 200),
        ("/file.txt", "Range: bytes=0-1\r\n", 206),
        ("/file.txt", "If-None-Match: *\r\n", 304),
        ("/sub/", "", 200),
        ("/sub/", "If-None-Match: *\r\n", 304),
    ] {
        let answer = get(&served, target, fields);
        assert_eq!(answer.status(), status, "{target} {fields}");
        assert_eq!(answer.header("Cache-Control"), Some("no-cache"), "{target} {fields}");
        assert_eq!(answer.0.to_lowercase().matches("cache-control").count(), 1);
    }
    for target in ["/sub", "/missing"] {
        assert_eq!(served.get(target).header("Cache-Control"), None, "{target}");
    }
}

#[test]
fn other_sites_may_read_everything_and_see_the_errors() {
    let root = make_tree();
    let served = with(root.path(), |options| options.allow_origin = Some("*".into()));
    for (target, fields, status) in [
        ("/file.txt", "", 200),
        ("/file.txt", "Range: bytes=0-1\r\n", 206),
        ("/file.txt", "Range: bytes=50-\r\n", 416),
        ("/file.txt", "If-None-Match: *\r\n", 304),
        ("/file.txt", "If-Match: \"x\"\r\n", 412),
        ("/sub", "", 301),
        ("/sub/", "", 200),
        ("/missing", "", 404),
    ] {
        let answer = get(&served, target, fields);
        assert_eq!(answer.status(), status, "{target} {fields}");
        assert_eq!(answer.header("Access-Control-Allow-Origin"), Some("*"), "{target} {fields}");
    }
    assert_eq!(
        served.get("/file.txt").header("Access-Control-Expose-Headers"),
        Some("Accept-Ranges, Content-Encoding, Content-Range, ETag")
    );
    let refused = ask(&served, "POST /file.txt HTTP/1.0\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(refused.header("Access-Control-Allow-Origin"), Some("*"));
    assert_eq!(refused.header("Allow"), Some("GET, HEAD, OPTIONS"));

    let asked = "OPTIONS /file.txt HTTP/1.0\r\nOrigin: http://a\r\nAccess-Control-Request-Method: GET\r\n\r\n";
    let allowed = ask(&served, asked);
    assert_eq!(allowed.status(), 200);
    assert_eq!(allowed.header("Access-Control-Allow-Methods"), Some("GET, HEAD, OPTIONS"));
    assert_eq!(allowed.header("Access-Control-Allow-Headers"), Some("*, Authorization"));
    let silent = ask(&Served::new(root.path()), asked);
    assert!(!silent.0.contains("Access-Control"), "{}", silent.0);
}

#[test]
fn an_application_of_one_page_gets_it_for_all_its_paths() {
    let root = make_tree();
    let served = with(root.path(), |options| options.fallback = Some("page.html".into()));
    for (target, fields) in [
        ("/users/7", ""),
        ("/users/", "Accept: text/html,application/xhtml+xml\r\n"),
        ("/users?x=a.b", "Accept: */*\r\n"),
        ("/file.txt/", ""),
    ] {
        let answer = get(&served, target, fields);
        assert_eq!((answer.status(), answer.body()), (200, "<p>page</p>\n"), "{target}");
        assert_eq!(answer.header("Content-type"), Some("text/html"));
        assert_eq!(answer.header("Vary"), Some("Accept"));
        assert_eq!(get(&served, target, "If-None-Match: *\r\n").status(), 304);
    }
    for (target, fields) in
        [("/missing.js", ""), ("/missing%2ejs", ""), ("/api/users", "Accept: application/json\r\n")]
    {
        let answer = get(&served, target, fields);
        // Who asks for this path in another way gets the page.
        let vary = (!fields.is_empty()).then_some("Accept");
        assert_eq!((answer.status(), answer.header("Vary")), (404, vary), "{target}");
    }
    assert_eq!(served.get("/file.txt").body(), "plain text\n");
    assert_eq!(served.get("/sub").status(), 301);
    // A page that is not there helps nobody.
    let broken = with(root.path(), |options| options.fallback = Some("nowhere.html".into()));
    assert_eq!(broken.get("/users/7").status(), 404);
}

#[test]
fn files_that_are_compressed_already_are_sent_to_who_takes_them() {
    let root = make_tree();
    for (name, data) in
        [("file.txt.gz", "gzipped"), ("file.txt.br", "brotli"), ("page.html.zst", "zstandard")]
    {
        write(root.path().join(name), data.as_bytes());
    }
    let served = with(root.path(), |options| options.precompressed = true);
    let accept = |coding: &str| format!("Accept-Encoding: {coding}\r\n");
    for (target, accepted, coding, body) in [
        ("/file.txt", "gzip, br", "br", "brotli"),
        ("/file.txt", "gzip", "gzip", "gzipped"),
        ("/file.txt", "gzip, br;q=0.1", "gzip", "gzipped"),
        ("/file.txt", "zstd, gzip;q=0.5", "gzip", "gzipped"),
        ("/page.html", "br, zstd", "zstd", "zstandard"),
    ] {
        let answer = get(&served, target, &accept(accepted));
        assert_eq!((answer.status(), answer.body()), (200, body), "{accepted}");
        assert_eq!(answer.header("Content-Encoding"), Some(coding));
        assert_eq!(answer.header("Content-Length"), Some(body.len().to_string().as_str()));
        assert_eq!(answer.header("Vary"), Some("Accept-Encoding"));
        assert_eq!(answer.header("Accept-Ranges"), None);
        assert_eq!(answer.header("Last-Modified"), Some("Tue, 14 Nov 2023 22:13:20 GMT"));
        assert!(matches!(answer.header("Content-type"), Some("text/plain" | "text/html")));
        // The same head without the body.
        let head = ask(&served, &format!("HEAD {target} HTTP/1.0\r\n{}\r\n", accept(accepted)));
        assert_eq!(Some(head.0.as_str()), answer.0.strip_suffix(body));
    }
    for fields in [String::new(), accept("identity"), accept("gzip;q=0"), accept("zstd")] {
        let answer = get(&served, "/file.txt", &fields);
        assert_eq!((answer.body(), answer.header("Content-Encoding")), ("plain text\n", None));
        assert_eq!(answer.header("Vary"), Some("Accept-Encoding"));
    }
    // Parts are those of the file itself.
    let part = get(&served, "/file.txt", &(accept("gzip") + "Range: bytes=0-4\r\n"));
    assert_eq!((part.status(), part.body(), part.header("Content-Encoding")), (206, "plain", None));

    // Each has a tag of its own.
    let tag = |fields: &str| {
        let answer = ask_unmasked(&served, &format!("GET /file.txt HTTP/1.0\r\n{fields}\r\n"));
        answer.header("ETag").expect("an entity tag").to_owned()
    };
    let (plain, gzip) = (tag(""), tag(&accept("gzip")));
    assert_ne!(plain, gzip);
    let since =
        |tag: &str| get(&served, "/file.txt", &(accept("gzip") + "If-None-Match: " + tag + "\r\n"));
    assert_eq!(
        (since(&gzip).status(), since(&gzip).header("Vary")),
        (304, Some("Accept-Encoding"))
    );
    assert_eq!(since(&plain).body(), "gzipped");
    let resumed = format!("{}Range: bytes=0-4\r\nIf-Range: {gzip}\r\n", accept("gzip"));
    assert_eq!(get(&served, "/file.txt", &resumed).body(), "plain text\n");

    // One that was made of an older state is not sent.
    set_time(root.path().join("file.txt"), mtime() + Duration::from_secs(1));
    assert_eq!(get(&served, "/file.txt", &accept("gzip, br")).body(), "plain text\n");
    // And nobody who has not asked for it gets any.
    let plain = get(&Served::new(root.path()), "/page.html", &accept("zstd"));
    assert_eq!((plain.body(), plain.header("Vary")), ("<p>page</p>\n", None));
}

#[cfg(unix)]
#[test]
fn a_neighbour_outside_is_not_sent() {
    let root = make_tree();
    let away = tempfile::tempdir().expect("a directory");
    write(away.path().join("secret"), b"the secret");
    std::os::unix::fs::symlink(away.path().join("secret"), root.path().join("file.txt.gz"))
        .expect("a link");
    std::fs::create_dir(root.path().join("file.txt.br")).expect("a directory");
    let served = with(root.path(), |options| options.precompressed = true);
    let answer = get(&served, "/file.txt", "Accept-Encoding: gzip, br\r\n");
    assert_eq!((answer.status(), answer.body()), (200, "plain text\n"));
}

#[cfg(feature = "gzip")]
mod gzip {
    use super::*;
    use flate2::read::GzDecoder;
    use http_server::{ClientAddress, Pair, ServerInfo, SimpleHttpRequestHandler, handle};
    use std::io::Read;

    fn text() -> Vec<u8> {
        (0..200_000_u32).flat_map(|line| format!("line {line}\n").into_bytes()).collect()
    }

    fn unzipped(body: &[u8]) -> Vec<u8> {
        let mut text = Vec::new();
        GzDecoder::new(body).read_to_end(&mut text).expect("gzip");
        text
    }

    #[test]
    fn text_is_compressed_while_it_is_sent() {
        let root = make_tree();
        write(root.path().join("large.txt"), &text());
        write(root.path().join("large.png"), &text());
        let served = with(root.path(), |options| options.gzip = true);
        let answer = get(&served, "/large.txt", "Accept-Encoding: gzip\r\n");
        assert_eq!(answer.header("Content-Encoding"), Some("gzip"));
        assert_eq!(answer.header("Vary"), Some("Accept-Encoding"));
        assert_eq!((answer.header("Content-Length"), answer.header("Accept-Ranges")), (None, None));
        let body: Vec<u8> = answer.body().chars().map(|c| u32::from(c) as u8).collect();
        assert!(body.len() < text().len() / 4);
        assert!(unzipped(&body) == text());

        let head = ask(&served, "HEAD /large.txt HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n");
        assert!(answer.0.starts_with(&head.0), "{}", head.0);
        let tag =
            ask_unmasked(&served, "HEAD /large.txt HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n");
        let tag = tag.header("ETag").expect("a tag").to_owned();
        assert!(tag.starts_with("W/\"") && tag.ends_with("-gzip\""), "{tag}");
        let again = format!("Accept-Encoding: gzip\r\nIf-None-Match: {tag}\r\n");
        assert_eq!(get(&served, "/large.txt", &again).status(), 304);

        for (target, fields) in [
            ("/large.txt", ""),
            ("/large.txt", "Accept-Encoding: br\r\n"),
            ("/large.txt", "Accept-Encoding: gzip\r\nRange: bytes=0-9\r\n"),
            ("/large.png", "Accept-Encoding: gzip\r\n"),
            ("/file.txt", "Accept-Encoding: gzip\r\n"),
        ] {
            let answer = get(&served, target, fields);
            assert_eq!(answer.header("Content-Encoding"), None, "{target} {fields}");
            assert!(answer.header("Content-Length").is_some());
        }
    }

    #[test]
    fn a_neighbour_is_less_work() {
        let root = make_tree();
        write(root.path().join("large.txt"), &text());
        write(root.path().join("large.txt.gz"), b"gzipped");
        let served = with(root.path(), |options| {
            options.gzip = true;
            options.precompressed = true;
        });
        assert_eq!(get(&served, "/large.txt", "Accept-Encoding: gzip\r\n").body(), "gzipped");
    }

    #[test]
    fn only_what_is_compressed_counts_for_how_much_may_be() {
        let root = make_tree();
        write(root.path().join("large.txt"), &text());
        let options = SimpleHandlerOptions::new(root.path()).gzip(true);
        let handler = SimpleHttpRequestHandler::with_options(options);
        // As many as there are connections.
        let _clones = vec![handler.clone(); 100];
        let answer = get(&handler, "/large.txt", "Accept-Encoding: gzip\r\n");
        assert_eq!(answer.header("Content-Encoding"), Some("gzip"));
    }

    #[test]
    fn a_connection_is_kept_with_chunks() {
        let root = make_tree();
        write(root.path().join("large.txt"), &text());
        let mut options = SimpleHandlerOptions::new(root.path()).gzip(true);
        options.handler.protocol_version = "HTTP/1.1";
        let handler = SimpleHttpRequestHandler::with_options(options);
        let request = "GET /large.txt HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n\
                       GET /file.txt HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
        let mut connection = Pair { reader: request.as_bytes(), writer: Vec::new() };
        handle(&mut connection, &ClientAddress::Unnamed, &ServerInfo::default(), &handler)
            .expect("two answers");
        let answer = String::from_utf8_lossy(&connection.writer);
        assert!(answer.contains("\r\nTransfer-Encoding: chunked\r\n"));
        assert!(
            answer.contains("\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n") && answer.ends_with("plain text\n")
        );
    }
}
