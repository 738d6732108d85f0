//! What cannot be served, each in one message with the way out.

use super::{start, tree};
use crate::running::finished;
use std::fs;
use std::os::unix::fs::PermissionsExt;

#[test]
fn a_directory_that_cannot_be_served_is_one_line_and_status_1() {
    let root = tree();
    let path = root.path().to_str().unwrap();
    let locked = root.path().join("locked");
    fs::create_dir(&locked).unwrap();
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
    let mut mistakes = vec![
        (
            format!("{path}/none"),
            "",
            format!(
                "there is no directory {path}/none: name one that exists, or none for this one"
            ),
        ),
        (
            format!("{path}/a.txt"),
            "",
            format!("{path}/a.txt is a file: name a directory, such as {path}, where it lies"),
        ),
        (
            path.to_owned(),
            "--spa=none.html",
            format!(
                "there is no none.html in {path} for --spa: \
                 build it first, or name another page with --spa=PAGE"
            ),
        ),
    ];
    // Root may read everything.
    if fs::read_dir(&locked).is_err() {
        mistakes.push((
            format!("{path}/locked"),
            "",
            format!(
                "{path}/locked must not be read: \
                 have its owner allow it (chmod +rx), or name another directory"
            ),
        ));
    }
    for (directory, option, words) in mistakes {
        let arguments = ["files", &directory, "0", "-b", "127.0.0.1", option];
        let count = if option.is_empty() { 5 } else { 6 };
        let ended = finished(&arguments[..count]);
        assert_eq!(ended.status, Some(1), "{directory}");
        assert_eq!((ended.stdout, ended.stderr), (String::new(), format!("error: {words}\n")));
    }
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn a_busy_port_names_the_way_out_here_too() {
    let root = tree();
    let server = start(root.path(), &[]);
    let port = server.port.to_string();
    let ended = finished(&["files", root.path().to_str().unwrap(), &port, "-b", "127.0.0.1"]);
    assert_eq!((ended.status, &*ended.stdout), (Some(1), ""));
    let begin = format!("error: 127.0.0.1:{port} is already in use");
    assert!(ended.stderr.starts_with(&begin), "{}", ended.stderr);
    assert!(ended.stderr.contains("; take a free port with --port 0"), "{}", ended.stderr);
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
}

#[test]
fn a_bad_command_line_is_explained_with_the_usage_of_files() {
    for (arguments, words) in [
        ("a b", "two directories are given, a and b: keep one, or serve one that both are in"),
        ("a -d b", "two directories are given, a and b: keep one, or serve one that both are in"),
        (
            "",
            "the directory is named by nothing at all, as by a variable that is not set: \
             name one, or . for this one",
        ),
        ("1 2", "two ports are given, 1 and 2: keep one; a directory of that name is ./1"),
        ("1 --port 2", "two ports are given, 1 by itself and 2 by --port: keep one"),
        (
            "99999",
            "'99999': a port is a number from 0 to 65535; a directory of that name is ./99999",
        ),
        ("--bnd", "unexpected argument '--bnd' found"),
        ("-H A:1", "--header takes two words, without a colon: --header Cache-Control no-store"),
        (
            "-H A: 1",
            "--header A:: the header name \"A:\" is not a token (RFC 9110 §5.1): \
             use letters, digits and hyphens",
        ),
        (
            "-H Transfer-Encoding x",
            "--header Transfer-Encoding: the server decides how a body is framed",
        ),
        (
            "--cors=example.org",
            "invalid value 'example.org' for '--cors[=<ORIGIN>]': \
             give a site without a path, such as https://example.org, or * for all",
        ),
        (
            "--spa=../x",
            "invalid value '../x' for '--spa[=<PAGE>]': \
             give the path of a page below DIR, such as app/index.html",
        ),
        (
            "--charset ü",
            "invalid value 'ü' for '--charset <NAME>': give the name of a charset, such as utf-8, or off",
        ),
        ("-p HTTP/2", "invalid value 'HTTP/2' for '--protocol <VERSION>'"),
        ("--qr -b ::1", "--qr is for other devices, which --bind keeps away: drop one"),
        ("--tls-key k", "--tls-key requires --tls-cert to be set"),
        (
            "--threads 1 --pollers 2",
            "--pollers 2 is more than --threads 1: pollers are threads, so give at most as many",
        ),
    ] {
        let arguments: Vec<&str> = ["files"].into_iter().chain(arguments.split(' ')).collect();
        let ended = finished(&arguments);
        assert_eq!(ended.status, Some(2), "{arguments:?}");
        assert_eq!(ended.stderr.lines().next(), Some(&*format!("error: {words}")));
        assert!(ended.stderr.contains("try '--help'"), "{}", ended.stderr);
        assert_eq!(ended.stdout, "");
    }
    let ended = finished(&["--port", "0", "files"]);
    let words = "error: options go behind 'files': wsgi-simple-server files [OPTIONS]";
    assert_eq!((ended.status, ended.stderr.lines().next()), (Some(2), Some(words)));
}
