//! What a script may answer.

use crate::site::{Site, get, post};

#[test]
fn a_document_is_framed_by_the_server() {
    let site = Site::of("printf 'Content-Type: text/plain\\r\\nX-Own: 1\\r\\n\\r\\nhello'\n");
    let answer = site.get("/cgi-bin/x");
    assert_eq!(answer.status(), "200 Script output follows");
    assert_eq!(answer.header("Content-Type"), Some("text/plain"));
    assert_eq!(answer.header("X-Own"), Some("1"));
    assert_eq!(answer.header("Transfer-Encoding"), Some("chunked"));
    assert_eq!(answer.body(), "hello");
    let head = site.ask(&get("/cgi-bin/x").replacen("GET", "HEAD", 1));
    assert_eq!((head.status(), head.0.ends_with("\r\n\r\n")), ("200 Script output follows", true));
}

#[test]
fn a_connection_is_kept_for_the_next_request() {
    let site = Site::of("echo 'Content-Type: text/plain'; echo; echo \"$QUERY_STRING\"\n");
    let first = "GET /cgi-bin/x?q=1 HTTP/1.1\r\nHost: h\r\n\r\n";
    let second = get("/cgi-bin/x?q=2");
    let both = site.serve(crate::site::Driver::Engine, |address| {
        crate::site::exchange(address, &format!("{first}{second}"))
    });
    assert_eq!(both.0.matches("HTTP/1.1 200").count(), 2);
    assert!(both.0.contains("q=1\n") && both.0.contains("q=2\n"), "{both:?}");
}

#[test]
fn http_1_0_is_as_in_cpython() {
    let mut site = Site::of("echo 'Content-Type: text/plain'; echo; echo hello\n");
    site.protocol = "HTTP/1.0";
    let answer = site.ask("GET /cgi-bin/x HTTP/1.0\r\n\r\n");
    let names: Vec<_> = answer
        .0
        .split("\r\n")
        .filter_map(|line| line.split_once(": "))
        .map(|(name, _)| name)
        .collect();
    assert!(answer.0.starts_with("HTTP/1.0 200 Script output follows\r\nServer: SimpleHTTP "));
    assert_eq!(
        (names, answer.body()),
        (vec!["Server", "Date", "Content-Type"], "hello\n".to_owned())
    );
}

#[test]
fn the_status_is_the_scripts() {
    let site = Site::of(
        "echo 'Status: 418 Short and stout'; echo 'Content-Type: text/plain'; echo; echo tea\n",
    );
    let answer = site.get("/cgi-bin/x");
    assert_eq!((answer.status(), answer.body()), ("418 Short and stout", "tea\n".to_owned()));
    for (script, status) in [
        ("Status: 204", "204 No Content"),
        ("Status: 404", "404 Not Found"),
        ("Status: 304 Same", "304 Same"),
    ] {
        let site = Site::of(&format!("echo '{script}'; echo\n"));
        let answer = site.get("/cgi-bin/x");
        assert_eq!((answer.status(), answer.body()), (status, String::new()));
    }
}

#[test]
fn a_path_is_answered_by_the_server_itself() {
    let site = Site::new();
    site.file("page.txt", "a page\n", 0o644);
    site.file("s\u{fc}den", "another page\n", 0o644);
    site.script("cgi-bin/file", "echo 'Location: /page.txt'; echo\n");
    site.script("cgi-bin/plain", "echo 'Location: /s\u{fc}den'; echo\n");
    site.script("cgi-bin/script", "echo 'Location: /cgi-bin/tell?to=you'; echo\n");
    site.script("cgi-bin/loop", "echo 'Location: /cgi-bin/loop'; echo\n");
    site.script("cgi-bin/tell", "echo 'Content-Type: text/plain'; echo; echo \"$REQUEST_METHOD $QUERY_STRING $CONTENT_LENGTH\"\n");
    assert_eq!(site.get("/cgi-bin/file").body(), "a page\n");
    assert_eq!(site.get("/cgi-bin/plain").body(), "another page\n");
    assert_eq!(site.ask(&post("/cgi-bin/file", "x")).body(), "a page\n");
    assert_eq!(site.ask(&post("/cgi-bin/script", "x")).body(), "GET to=you \n");
    assert_eq!(site.get("/cgi-bin/loop").status(), "500 Internal Server Error");
    site.expect_log("CGI script redirects to itself");
}

#[test]
fn a_location_elsewhere_is_for_the_client() {
    for (head, status, location) in [
        ("Location: http://other/x", "302 Found", "http://other/x"),
        ("Location: //other/x", "302 Found", "//other/x"),
        ("Status: 303 See there; Location: /page", "303 See there", "/page"),
    ] {
        let lines: String = head.split("; ").map(|line| format!("echo '{line}'\n")).collect();
        let answer = Site::of(&format!("{lines}echo\n")).get("/cgi-bin/x");
        assert_eq!((answer.status(), answer.header("Location")), (status, Some(location)));
        assert_eq!(answer.header("Content-Length"), Some("0"));
    }
}

#[test]
fn a_script_has_no_say_about_the_connection() {
    let site = Site::of(
        "printf 'Content-Type: text/plain\\nConnection: keep-alive, X-Gone\\nX-Gone: 1\\nTransfer-Encoding: gzip\\nUpgrade: x\\n\
         Keep-Alive: 1\\nX-CGI-Own: 1\\nServer: evil\\n\\nbody'\n",
    );
    let answer = site.get("/cgi-bin/x");
    assert_eq!(
        (answer.header("Transfer-Encoding"), answer.header("Connection")),
        (Some("chunked"), Some("close"))
    );
    for name in ["Upgrade", "Keep-Alive", "X-Gone", "X-CGI-Own"] {
        assert_eq!(answer.header(name), None, "{name}");
    }
    assert!(!answer.0.contains("evil"));
    assert_eq!(answer.body(), "body");
}

#[test]
fn a_length_of_the_scripts_own_is_kept_to() {
    let site =
        Site::of("printf 'Content-Type: text/plain\\nContent-Length: 4\\n\\nbody and more'\n");
    let answer = site.get("/cgi-bin/x");
    assert_eq!((answer.header("Content-Length"), answer.body()), (Some("4"), "body".to_owned()));
}

#[test]
fn what_is_no_response_is_502_and_the_reason_is_in_the_log_only() {
    for (script, reason) in [
        ("exit 3\n", "it ended before the empty line"),
        ("echo 'Content-Type: text/plain'\n", "it ended before the empty line"),
        ("echo hello; echo\n", "that is no field"),
        ("echo; echo hello\n", "none of Content-Type, Location and Status"),
        ("echo 'Status: 200 OK'; echo; echo hello\n", "a body without Content-Type"),
        ("echo 'Status: 1000'; echo\n", "its Status is none"),
        ("printf 'HTTP/1.1 200 OK\\r\\nContent-Type: a/b\\r\\n\\r\\nbody'\n", "that is no field"),
        ("printf 'Content-Type: a/b\\nX: 1\\rSet-Cookie: 2\\n\\n'\n", "that is no field"),
        (
            "printf 'Content-Type: a/b\\nContent-Length: 1\\nContent-Length: 2\\n\\n'\n",
            "Content-Length is no number, or there are two",
        ),
        ("yes 'X: 1' | head -c 100000\n", "more than 65536 bytes"),
        ("yes\n", "more than 65536 bytes"),
    ] {
        let site = Site::of(script);
        let answer = site.get("/cgi-bin/x");
        assert_eq!(answer.status(), "502 Bad Gateway", "{script}");
        assert!(!answer.0.contains(reason) && !answer.0.contains("Set-Cookie"));
        site.expect_log(reason);
    }
}

#[test]
fn a_script_that_cannot_be_started_is_500() {
    let site = Site::new();
    site.file("cgi-bin/x", "#!/nowhere/at/all\n", 0o755);
    assert_eq!(site.get("/cgi-bin/x").status(), "500 Internal Server Error");
    site.expect_log("CGI script cannot be started");
}

#[test]
fn standard_error_and_the_exit_code_go_to_the_log() {
    let site = Site::of(
        "echo 'Content-Type: text/plain'; echo; echo out; echo one >&2; printf 'two\\033' >&2; exit 7\n",
    );
    assert_eq!(site.get("/cgi-bin/x").body(), "out\n");
    site.expect_log("CGI script exit code 7");
    // The request is logged when the head has come, before or after what came beside it.
    let log: Vec<_> = site.log().into_iter().filter(|line| !line.starts_with('"')).collect();
    assert_eq!(log, ["one", "two\u{1b}", "CGI script exit code 7"]);
    let site = Site::of("echo 'Content-Type: text/plain'; echo; kill -9 $$\n");
    assert_eq!(site.get("/cgi-bin/x").body(), "");
    site.expect_log("CGI script exit code -9");
}
