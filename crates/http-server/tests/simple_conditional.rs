//! Conditional and range requests to the directory server, as a client sees them.

mod tree;

use http_server::{BaseHttpRequestHandler, DEFAULT_ERROR_MESSAGE, error_page};
use std::fs::{self, File};
use std::time::{Duration, SystemTime};
use tree::{Answer, Served, ask, ask_unmasked, make_tree, mtime, set_time, write};

const DATE: &str = "Tue, 14 Nov 2023 22:13:20 GMT";
const EARLIER: &str = "Tue, 14 Nov 2023 22:13:19 GMT";

/// An error page as answers are compared: one character per byte.
fn page(code: u16, message: &str, explain: &str) -> String {
    error_page(DEFAULT_ERROR_MESSAGE, code, message, explain).bytes().map(char::from).collect()
}

fn get(served: &dyn BaseHttpRequestHandler, target: &str, fields: &str) -> Answer {
    ask(served, &format!("GET {target} HTTP/1.0\r\n{fields}\r\n"))
}

/// The entity tag as it is on the wire.
fn etag(served: &Served, target: &str) -> String {
    let answer = ask_unmasked(served, &format!("HEAD {target} HTTP/1.0\r\n\r\n"));
    answer.header("ETag").expect("an entity tag").to_owned()
}

#[test]
fn a_tag_names_one_state_of_a_file() {
    let root = make_tree();
    let served = Served::new(root.path());
    let tag = etag(&served, "/file.txt");
    // Old enough that the next write has another time.
    assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag}");
    assert_eq!(etag(&served, "/file.txt"), tag);
    assert_eq!(etag(&served, "/link-file"), tag);
    assert_ne!(etag(&served, "/page.html"), tag);

    // The same size and time, another file.
    let path = root.path().join("file.txt");
    write(root.path().join("new"), b"other text\n");
    fs::rename(root.path().join("new"), &path).expect("renaming");
    let replaced = etag(&served, "/file.txt");
    assert_ne!(replaced, tag);
    set_time(&path, mtime() + Duration::from_nanos(100));
    assert_ne!(etag(&served, "/file.txt"), replaced);

    // Too fresh to tell from what may follow within the same tick.
    set_time(&path, SystemTime::now() + Duration::from_secs(1_000));
    let fresh = etag(&served, "/file.txt");
    assert!(fresh.starts_with("W/\""), "{fresh}");
    assert!(!fresh.contains(tag.trim_matches('"')));
}

#[test]
fn what_the_client_has_is_not_sent_again() {
    let root = make_tree();
    let served = Served::new(root.path());
    let tag = etag(&served, "/file.txt");
    for value in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
        for (method, target) in
            [("GET", "/file.txt"), ("HEAD", "/file.txt"), ("GET", "/file.txt?x")]
        {
            // The date is not asked once there is a tag.
            let answer = ask(
                &served,
                &format!(
                    "{method} {target} HTTP/1.0\r\nIf-None-Match: {value}\r\nIf-Modified-Since: {EARLIER}\r\n\r\n"
                ),
            );
            assert_eq!(
                answer.0,
                "HTTP/1.0 304 Not Modified\r\nServer: SimpleHTTP {version}\r\nDate: {date}\r\nETag: {etag}\r\n\r\n",
                "{value}"
            );
        }
    }
    for value in ["\"x\"", "x", "", "W/\"x\", \"y\""] {
        let answer = get(
            &served,
            "/file.txt",
            &format!("If-None-Match: {value}\r\nIf-Modified-Since: {DATE}\r\n"),
        );
        assert_eq!((answer.status(), answer.body()), (200, "plain text\n"), "{value}");
    }
    let index = etag(&served, "/indexed/");
    assert_eq!(get(&served, "/indexed/", &format!("If-None-Match: {index}\r\n")).status(), 304);
}

#[test]
fn what_the_client_does_not_mean_is_not_sent() {
    let root = make_tree();
    let served = Served::persistent(root.path());
    let tag = etag(&served, "/file.txt");
    let failed = [
        "If-Match: \"x\"\r\n".to_owned(),
        format!("If-Match: W/{tag}\r\n"),
        format!("If-Unmodified-Since: {EARLIER}\r\n"),
        // Before everything else.
        format!("If-Match: \"x\"\r\nIf-None-Match: {tag}\r\nRange: bytes=0-1\r\n"),
    ];
    for fields in failed {
        let answer = ask(
            &served,
            &format!(
                "GET /file.txt HTTP/1.1\r\nHost: h\r\n{fields}\r\nHEAD /sub HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
            ),
        );
        // A page that says why, and the connection goes on.
        let page = page(
            412,
            "Precondition Failed",
            "RFC 9110 §13.1: the request asks for another state than there is",
        );
        let expected = format!(
            "HTTP/1.1 412 Precondition Failed\r\nServer: SimpleHTTP {{version}}\r\nDate: {{date}}\r\n\
             Last-Modified: {DATE}\r\nETag: {{etag}}\r\n\
             Content-Type: text/html;charset=utf-8\r\nContent-Length: {}\r\n\r\n{page}HTTP/1.1 301 ",
            page.chars().count()
        );
        assert!(answer.0.starts_with(&expected), "{fields}{}", answer.0);
    }
    for fields in [
        format!("If-Match: {tag}\r\n"),
        "If-Match: *\r\n".to_owned(),
        format!("If-Unmodified-Since: {DATE}\r\n"),
        "If-Unmodified-Since: soon\r\n".to_owned(),
        // The date is not asked once there is a tag.
        format!("If-Match: {tag}\r\nIf-Unmodified-Since: {EARLIER}\r\n"),
    ] {
        assert_eq!(get(&served, "/file.txt", &fields).status(), 200, "{fields}");
    }
}

#[test]
fn preconditions_are_for_what_would_be_sent() {
    let root = make_tree();
    let served = Served::new(root.path());
    // RFC 9110 §13.2.1: not for redirects and errors, nor for methods that are not there.
    for fields in ["If-Match: \"x\"\r\n", "If-None-Match: *\r\n", "Range: bytes=50-\r\n"] {
        assert_eq!(get(&served, "/sub", fields).status(), 301, "{fields}");
        assert_eq!(get(&served, "/missing", fields).status(), 404, "{fields}");
        let post = format!("POST /file.txt HTTP/1.0\r\nContent-Length: 0\r\n{fields}\r\n");
        assert_eq!(ask(&served, &post).status(), 405, "{fields}");
    }
    // A listing is there, and has neither tag nor date nor parts.
    assert_eq!(get(&served, "/sub/", "If-Match: \"x\"\r\n").status(), 412);
    assert_eq!(get(&served, "/sub/", "If-Match: *\r\n").status(), 200);
    assert_eq!(get(&served, "/sub/", "If-None-Match: *\r\n").status(), 304);
    assert_eq!(get(&served, "/sub/", "If-None-Match: \"x\"\r\n").status(), 200);
    assert_eq!(get(&served, "/sub/", &format!("If-Unmodified-Since: {EARLIER}\r\n")).status(), 200);
    let listing = get(&served, "/sub/", "Range: bytes=0-1\r\n");
    assert_eq!((listing.status(), listing.header("Accept-Ranges")), (200, None));
}

#[test]
fn one_range_is_sent_by_itself() {
    let root = make_tree();
    let served = Served::new(root.path());
    assert_eq!(
        get(&served, "/file.txt", "Range: bytes=6-9\r\n").0,
        "HTTP/1.0 206 Partial Content\r\nServer: SimpleHTTP {version}\r\nDate: {date}\r\nContent-type: text/plain\r\n\
         Content-Range: bytes 6-9/11\r\nContent-Length: 4\r\nLast-Modified: Tue, 14 Nov 2023 22:13:20 GMT\r\n\
         ETag: {etag}\r\nAccept-Ranges: bytes\r\n\r\ntext"
    );
    for (range, from_to, body) in [
        ("0-0", "0-0", "p"),
        ("6-", "6-10", "text\n"),
        ("-5", "6-10", "text\n"),
        ("-99999999999999999999999", "0-10", "plain text\n"),
        ("0-99999999999999999999999", "0-10", "plain text\n"),
        ("0-4,20-", "0-4", "plain"),
    ] {
        let answer = get(&served, "/file.txt", &format!("Range: bytes={range}\r\n"));
        assert_eq!((answer.status(), answer.body()), (206, body), "{range}");
        assert_eq!(answer.header("Content-Range"), Some(format!("bytes {from_to}/11").as_str()));
    }
}

#[test]
fn several_ranges_are_sent_in_parts() {
    let root = make_tree();
    let answer = get(&Served::new(root.path()), "/file.txt", "Range: bytes=6-9, 0-0,-1\r\n");
    assert_eq!(answer.status(), 206);
    assert_eq!(answer.header("Content-Range"), None);
    let boundary = answer
        .header("Content-type")
        .and_then(|kind| kind.strip_prefix("multipart/byteranges; boundary="))
        .expect("a type with a boundary");
    let part = |range: &str, data: &str| {
        format!(
            "--{boundary}\r\nContent-type: text/plain\r\nContent-Range: bytes {range}/11\r\n\r\n{data}\r\n"
        )
    };
    let expected = [part("6-9", "text"), part("0-0", "p"), part("10-10", "\n")].concat();
    assert_eq!(answer.body(), format!("{expected}--{boundary}--\r\n"));
    assert_eq!(answer.header("Content-Length"), Some(answer.body().len().to_string().as_str()));
}

#[test]
fn a_range_that_is_not_there_is_416() {
    let root = make_tree();
    let served = Served::persistent(root.path());
    for range in ["11-", "11-20", "-0", "99999999999999999999-"] {
        let answer = ask(
            &served,
            &format!(
                "GET /file.txt HTTP/1.1\r\nHost: h\r\nRange: bytes={range}\r\n\r\n\
                 GET /file.txt HTTP/1.1\r\nHost: h\r\nRange: bytes=0-1\r\nConnection: close\r\n\r\n"
            ),
        );
        let page = page(
            416,
            "Range Not Satisfiable",
            "RFC 9110 §14.2: no byte of the range is among the 11",
        );
        let expected = format!(
            "HTTP/1.1 416 Range Not Satisfiable\r\nServer: SimpleHTTP {{version}}\r\nDate: {{date}}\r\n\
             Content-Range: bytes */11\r\nContent-Type: text/html;charset=utf-8\r\nContent-Length: {}\r\n\r\n\
             {page}HTTP/1.1 206 ",
            page.chars().count()
        );
        assert!(answer.0.starts_with(&expected), "{range}: {}", answer.0);
    }
    assert_eq!(
        get(&served, "/empty.css", "Range: bytes=0-\r\n").header("Content-Range"),
        Some("bytes */0")
    );
    assert_eq!(get(&served, "/empty.css", "Range: bytes=-1\r\n").status(), 200);
}

#[test]
fn a_range_that_says_nothing_is_ignored() {
    let root = make_tree();
    let served = Served::new(root.path());
    let ranges = [
        "bytes=4-2",
        "bytes=",
        "bytes=a-b",
        "bytes 0-4",
        "lines=0-4",
        "bytes=0-4;5-6",
        "bytes=0-4,x",
        // Overlapping, and too many.
        "bytes=0-4,4-5",
        "bytes=0-,0-,0-,0-",
        "bytes=0-0,0-0",
    ];
    for range in ranges {
        let answer = get(&served, "/file.txt", &format!("Range: {range}\r\n"));
        assert_eq!((answer.status(), answer.body()), (200, "plain text\n"), "{range}");
        assert_eq!(answer.header("Content-Range"), None);
    }
    let twice = get(&served, "/file.txt", "Range: bytes=0-1\r\nRange: bytes=2-3\r\n");
    assert_eq!(twice.status(), 200);
    let head = ask(&served, "HEAD /file.txt HTTP/1.0\r\nRange: bytes=0-1\r\n\r\n");
    assert_eq!((head.status(), head.header("Content-Length")), (200, Some("11")));
    assert_eq!(head.0, ask(&served, "HEAD /file.txt HTTP/1.0\r\n\r\n").0);
}

#[test]
fn a_part_is_sent_only_if_it_fits_the_client_s() {
    let root = make_tree();
    let served = Served::new(root.path());
    let tag = etag(&served, "/file.txt");
    let status = |value: &str| {
        get(&served, "/file.txt", &format!("Range: bytes=0-1\r\nIf-Range: {value}\r\n")).status()
    };
    for value in [&tag, DATE, "Tuesday, 14-Nov-23 22:13:20 GMT", "Tue Nov 14 22:13:20 2023"] {
        assert_eq!(status(value), 206, "{value}");
    }
    for value in
        [&format!("W/{tag}"), "\"x\"", EARLIER, "Tue, 14 Nov 2023 22:13:21 GMT", "soon", "*"]
    {
        assert_eq!(status(value), 200, "{value}");
    }
    // Not even a range that is not there is looked at then; and without Range there is nothing to ask.
    let answer = get(&served, "/file.txt", "Range: bytes=50-\r\nIf-Range: \"x\"\r\n");
    assert_eq!(answer.status(), 200);
    assert_eq!(get(&served, "/file.txt", "If-Range: \"x\"\r\n").status(), 200);
    // A fresh file can change without anybody noticing.
    set_time(root.path().join("file.txt"), SystemTime::now() + Duration::from_secs(1_000));
    let fresh = etag(&served, "/file.txt");
    assert_eq!(status(&fresh), 200);
}

/// Whatever ranges a file is asked for in, it comes together again.
#[test]
fn ranges_put_together_are_the_file() {
    let root = make_tree();
    let data: Vec<u8> = (0..200_000_u32).map(|at| (at * 31 % 127) as u8).collect();
    write(root.path().join("data.bin"), &data);
    let served = Served::new(root.path());
    let tag = etag(&served, "/data.bin");
    let mut whole = String::new();
    let mut step = 1;
    while whole.len() < data.len() {
        let (first, last) = (whole.len(), whole.len() + step - 1);
        let fields = format!("Range: bytes={first}-{last}\r\nIf-Range: {tag}\r\n");
        whole.push_str(&bytes_of(&get(&served, "/data.bin", &fields)));
        step = step * 3 + 1;
    }
    assert!(whole.chars().map(u32::from).eq(data.iter().map(|&byte| u32::from(byte))));
}

/// One character per byte, so that the length in characters is that in bytes; kept below U+0080 by the test's data.
fn bytes_of(answer: &Answer) -> String {
    assert_eq!(answer.status(), 206);
    answer.body().to_owned()
}

#[test]
fn a_file_that_shrinks_meanwhile_cuts_its_part() {
    let root = make_tree();
    let served =
        tree::Changing::new(root.path(), |file: &File| file.set_len(5).expect("shrinking"));
    for range in ["bytes=3-9", "bytes=3-9,0-1"] {
        write(root.path().join("file.txt"), b"plain text\n");
        let answer = ask(
            &served,
            &format!(
                "GET /file.txt HTTP/1.1\r\nHost: h\r\nRange: {range}\r\n\r\n\
                 GET /page.html HTTP/1.1\r\nHost: h\r\n\r\n"
            ),
        );
        assert!(answer.0.ends_with("\r\n\r\nin"), "{}", answer.0);
        assert_eq!(answer.0.matches("HTTP/1.1 ").count(), 1, "{}", answer.0);
    }
}
