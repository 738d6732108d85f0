//! What a script is told: environment, arguments, body.

use crate::site::{Answer, Site, get, post};

/// Prints the environment, without what the shell itself adds, and the arguments.
const TELL: &str = "echo 'Content-Type: text/plain'; echo\n\
    env | grep -v -e '^PWD=' -e '^_=' -e '^SHLVL=' -e '^OLDPWD=' | sort\n\
    for word; do echo \"ARG=$word\"; done\n";

fn variable<'a>(body: &'a str, name: &str) -> Option<&'a str> {
    body.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
}

fn told(answer: &Answer) -> String {
    assert_eq!(answer.status(), "200 Script output follows", "{answer:?}");
    answer.body()
}

#[test]
fn a_script_is_told_what_rfc_3875_says_and_nothing_of_the_servers_own_environment() {
    let site = Site::of(TELL);
    let body = told(&site.get("/cgi-bin/x/more%20path/?a=1&b=%20"));
    for (name, value) in [
        ("GATEWAY_INTERFACE", "CGI/1.1"),
        ("SERVER_NAME", "127.0.0.1"),
        ("SERVER_PROTOCOL", "HTTP/1.1"),
        ("REQUEST_METHOD", "GET"),
        ("SCRIPT_NAME", "/cgi-bin/x"),
        ("PATH_INFO", "/more path/"),
        ("QUERY_STRING", "a=1&b=%20"),
        ("REMOTE_ADDR", "127.0.0.1"),
        ("REMOTE_HOST", ""),
        ("CONTENT_LENGTH", ""),
        ("HTTP_HOST", "h"),
        ("HTTP_USER_AGENT", ""),
    ] {
        assert_eq!(variable(&body, name), Some(value), "{name} in {body}");
    }
    let translated = format!("{}/more path/", site.path().display());
    assert_eq!(variable(&body, "PATH_TRANSLATED"), Some(&*translated));
    assert!(variable(&body, "SERVER_SOFTWARE").unwrap().starts_with("SimpleHTTP "));
    assert_eq!(variable(&body, "PATH"), Some(&*std::env::var("PATH").unwrap()));
    for name in ["HOME", "CARGO_MANIFEST_DIR", "CONTENT_TYPE", "AUTH_TYPE", "REMOTE_USER", "ARG"] {
        assert_eq!(variable(&body, name), None, "{name}");
    }
    assert_eq!(variable(&told(&site.get("/cgi-bin/x")), "PATH_TRANSLATED"), None);
}

#[test]
fn a_script_is_told_of_tls() {
    let site = Site::of(TELL);
    for tls in [false, true] {
        let mut server = http_server::ServerInfo::new("h", Some(443));
        server.tls = tls;
        let request = "GET /cgi-bin/x HTTP/1.0\r\nHTTPS: on\r\n\r\n";
        let mut connection = http_server::Pair { reader: request.as_bytes(), writer: Vec::new() };
        let client = http_server::ClientAddress::Unnamed;
        http_server::handle(&mut connection, &client, &server, &site.handler()).unwrap();
        let text = String::from_utf8(connection.writer).unwrap();
        assert_eq!(text.lines().any(|line| line == "HTTPS=on"), tls, "{text}");
        assert!(text.contains("HTTP_HTTPS=on\n"), "{text}");
    }
}

#[test]
fn variables_can_be_added_and_path_replaced() {
    let mut site = Site::of(TELL);
    site.cgi.environment =
        vec![("LANG".into(), "C".into()), ("PATH".into(), "/bin:/usr/bin".into())];
    let body = told(&site.get("/cgi-bin/x"));
    assert_eq!(
        (variable(&body, "LANG"), variable(&body, "PATH")),
        (Some("C"), Some("/bin:/usr/bin"))
    );
}

#[test]
fn fields_become_variables_but_those_that_could_pose_as_others() {
    let site = Site::of(TELL);
    let body = told(&site.ask(
        "GET /cgi-bin/x HTTP/1.1\r\nHost: h\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nProxy: http://evil/\r\n\
         X_Forwarded_For: 1\r\nX-Forwarded-For: 2\r\nAuthorization: Basic dTpw\r\nAccept: a\r\nAccept: b\r\n\
         Cookie: c=1\r\nCookie: d=2\r\nX-Bytes: caf\u{e9}\r\nX!Odd: 1\r\nProxy-Authorization: x\r\n\r\n",
    ));
    let fields: Vec<_> =
        body.lines().filter(|line| line.starts_with("HTTP_") || line.contains("AUTH")).collect();
    assert_eq!(
        fields,
        [
            "HTTP_ACCEPT=a,b",
            "HTTP_COOKIE=c=1; d=2",
            "HTTP_HOST=h",
            "HTTP_REFERER=",
            "HTTP_USER_AGENT=",
            // As it came, byte for byte.
            "HTTP_X_BYTES=caf\u{c3}\u{a9}",
            "HTTP_X_FORWARDED_FOR=2",
        ]
    );
}

#[test]
fn a_search_is_also_given_as_arguments() {
    let site = Site::of(TELL);
    let arguments = |query: &str| {
        let body = told(&site.get(&format!("/cgi-bin/x?{query}")));
        body.lines()
            .filter_map(|line| line.strip_prefix("ARG=").map(str::to_owned))
            .collect::<Vec<_>>()
    };
    assert_eq!(arguments("one+two%20words+%24(id)"), ["one", "two words", "$(id)"]);
    assert_eq!(arguments("-s"), [""; 0]);
    assert_eq!(arguments("a=b"), [""; 0]);
}

#[test]
fn a_script_runs_in_its_own_directory() {
    let site = Site::new();
    let script = site
        .script("cgi-bin/deep/x", "echo 'Content-Type: a/b'; echo; pwd; echo \"$SCRIPT_NAME\"\n");
    let directory = script.parent().unwrap().canonicalize().unwrap();
    assert_eq!(
        site.get("/cgi-bin/deep/x").body(),
        format!("{}\n/cgi-bin/deep/x\n", directory.display())
    );
}

#[test]
fn a_script_runs_as_nobody_if_the_server_is_root() {
    let mut site = Site::of("echo 'Content-Type: a/b'; echo; id -u; id -G\n");
    let body = site.get("/cgi-bin/x").body();
    let own = std::process::Command::new("id").arg("-u").output().unwrap();
    let own = String::from_utf8(own.stdout).unwrap();
    let user = body.lines().next().unwrap();
    if own.trim() != "0" {
        assert_eq!(user, own.trim());
        return;
    }
    assert_eq!(user, http_server::nobody_uid().to_string());
    assert!(!body.lines().nth(1).unwrap().split(' ').any(|group| group == "0"), "{body}");
    site.cgi.run_as = http_server::RunAs::Server;
    assert_eq!(site.get("/cgi-bin/x").body().lines().next(), Some("0"));
    site.cgi.run_as = http_server::RunAs::User { uid: 4321, gid: 1234 };
    assert_eq!(site.get("/cgi-bin/x").body(), "4321\n1234\n");
}

const COUNT: &str = "echo 'Content-Type: text/plain'; echo\necho \"$CONTENT_LENGTH $CONTENT_TYPE $(wc -c | tr -d ' ')\"\n";

#[test]
fn a_body_of_any_size_comes_whole() {
    let site = Site::of(COUNT);
    for size in [0, 1, 4096, 4097, 65_535, 65_536, 65_537, 3_000_000] {
        let answer = site.ask(&post("/cgi-bin/x", &"b".repeat(size)));
        assert_eq!(answer.body(), format!("{size}  {size}\n"));
    }
}

#[test]
fn a_body_in_chunks_has_its_length_told() {
    let site = Site::of(COUNT);
    let chunk = format!("2710\r\n{}\r\n", "c".repeat(10_000));
    let request = format!(
        "POST /cgi-bin/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Type: a/b\r\n\
         Transfer-Encoding: chunked\r\n\r\n{}0\r\n\r\n",
        chunk.repeat(20)
    );
    assert_eq!(site.ask(&request).body(), "200000 a/b 200000\n");
}

#[test]
fn a_script_that_writes_much_before_it_reads_does_not_lock_up() {
    let site = Site::of(
        "echo 'Content-Type: text/plain'; echo\nhead -c 2000000 /dev/zero | tr '\\0' x\nhead -c 1000000 /dev/zero >&2\nwc -c | tr -d ' '\n",
    );
    let body = site.ask(&post("/cgi-bin/x", &"b".repeat(1_000_000))).body();
    assert_eq!((body.len(), body.trim_start_matches('x')), (2_000_008, "1000000\n"));
}

#[test]
fn a_script_need_not_read_its_body() {
    let site = Site::of("echo 'Content-Type: text/plain'; echo; echo done\n");
    for size in [10, 1_000_000] {
        assert_eq!(site.ask(&post("/cgi-bin/x", &"b".repeat(size))).body(), "done\n");
    }
}

#[test]
fn a_script_has_three_methods_and_a_file_two() {
    let site = Site::of(TELL);
    site.file("page.txt", "text", 0o644);
    for (target, allow) in
        [("/cgi-bin/x", "GET, HEAD, POST, OPTIONS"), ("/page.txt", "GET, HEAD, OPTIONS")]
    {
        let put = post(target, "x").replacen("POST", "PUT", 1);
        let refused = site.ask(&put);
        assert_eq!(
            (refused.status(), refused.header("Allow")),
            ("405 Method Not Allowed", Some(allow))
        );
        let options = site.ask(&get(target).replacen("GET", "OPTIONS", 1));
        assert_eq!((options.status(), options.header("Allow")), ("200 OK", Some(allow)));
    }
    assert_eq!(site.ask(&post("/page.txt", "x")).status(), "405 Method Not Allowed");
    let odd = get("/cgi-bin/x").replacen("GET", "ODD", 1);
    assert_eq!(site.ask(&odd).status(), "501 Unsupported method ('ODD')");
    assert_eq!(site.get("/page.txt").body(), "text");
}

#[test]
fn a_python_script_can_be_given_its_interpreter() {
    let mut site = Site::new();
    site.file("cgi-bin/x.py", "echo 'Content-Type: text/plain'; echo; echo \"$0\" \"$-\"\n", 0o644);
    assert_eq!(
        site.get("/cgi-bin/x.py").status(),
        "403 CGI script is not executable ('/cgi-bin/x.py')"
    );
    // A shell understands `-u`, too, and what Python is installed is not our question.
    site.cgi.python = Some("/bin/sh".into());
    let body = site.get("/cgi-bin/x.py").body();
    assert!(body.contains("/cgi-bin/x.py") && body.contains('u'), "{body}");
}
