//! Names and passwords.

use super::{get, start, tree};
use crate::running::{Running, finished};
use std::fs;

const KNOWN: &str = "Aladdin:open sesame";
const SAYS_SO: &str = "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==";

#[test]
fn who_knows_the_password_has_the_files() {
    let root = tree();
    let file = root.path().join(".passwords");
    fs::write(&file, format!("other:one\n\n{KNOWN}\r\n")).unwrap();
    for arguments in [["--auth", KNOWN], ["--auth-file", file.to_str().unwrap()]] {
        let mut server = start(root.path(), &arguments);
        server.stdout.next_line();
        server.stdout.next_line();
        assert_eq!(server.stdout.next_line(), "They are for who knows the password.");
        for target in ["/a.txt", "/", "/none", "/?format=tar"] {
            let (head, page) = get(&server, target, &[]);
            assert!(head.starts_with("HTTP/1.1 401 Unauthorized\r\n"), "{head}");
            let challenge = "\r\nWWW-Authenticate: Basic realm=\"files\", charset=\"UTF-8\"\r\n";
            assert!(head.contains(challenge), "{head}");
            assert!(page.contains("Error code: 401"), "{page}");
        }
        let (head, body) = get(&server, "/a.txt", &[SAYS_SO]);
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        assert_eq!(body, "hello\n");
        let (head, _) = get(&server, "/none", &[SAYS_SO]);
        assert!(head.starts_with("HTTP/1.1 404 ") && !head.contains("WWW-Authenticate"), "{head}");
        let wrong = "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZT==";
        assert!(get(&server, "/a.txt", &[wrong]).0.starts_with("HTTP/1.1 401 "));
    }
}

#[test]
fn passwords_are_not_sent_over_the_network_unless_somebody_insists() {
    let root = tree();
    let directory = root.path().to_str().unwrap();
    let refused = "error: passwords would be sent over the network for all on the way to read: \
                   encrypt with --tls-self-signed or --tls-cert, \
                   stay on this machine with --bind 127.0.0.1, or insist with --insecure-auth";
    let files = ["files", directory, "0", "--auth", KNOWN];
    for arguments in [&[][..], &["--bind", "0.0.0.0"], &["--bind", "my-host.example"]] {
        let ended = finished(&[&files, arguments].concat());
        assert_eq!((ended.status, ended.stderr.lines().next()), (Some(2), Some(refused)));
    }
    for arguments in [&["--insecure-auth"][..], &["--tls-self-signed"]] {
        let server = Running::start(&[&files, arguments].concat());
        assert_eq!(server.stop("TERM").status, Some(0));
    }
    let ended = finished(&["files", directory, "0", "--insecure-auth"]);
    assert_eq!(
        (ended.status, ended.stderr.lines().next()),
        (
            Some(2),
            Some(
                "error: --insecure-auth means nothing without --auth or --auth-file: \
                 drop it, or name who may have the files"
            )
        )
    );
}

#[test]
fn a_file_without_passwords_lets_nobody_in_and_is_refused() {
    let root = tree();
    let file = root.path().join("passwords");
    let name = file.to_str().unwrap();
    let start = |text: &str| {
        fs::write(&file, text).unwrap();
        let directory = root.path().to_str().unwrap();
        let ended = finished(&["files", directory, "0", "-b", "::1", "--auth-file", name]);
        assert_eq!(ended.status, Some(1));
        ended.stderr
    };
    let nobody = format!("error: {name} has no line USER:PASSWORD, so nobody could come in\n");
    assert_eq!(start("\n\n"), nobody);
    let rule = "give a name and a password with a colon between them";
    assert_eq!(start("a:b\nsecret\n"), format!("error: line 2 of {name}: {rule}\n"));
    assert_eq!(start(":secret\n"), format!("error: line 1 of {name}: {rule}\n"));
    let ended = finished(&["files", "--auth-file", "none", "-b", "::1"]);
    assert_eq!(
        (ended.status, &*ended.stderr),
        (Some(1), "error: cannot read the passwords in none: No such file or directory\n")
    );
}
