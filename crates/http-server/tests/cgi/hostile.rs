//! Targets that should lead nowhere.

use crate::site::{Site, get};
use std::os::unix::fs::symlink;

const SECRET: &str = "the password is swordfish";

/// A site with scripts whose sources hold a secret.
fn site() -> Site {
    let site = Site::new();
    let source = format!("# {SECRET}\necho 'Content-Type: text/plain'; echo; echo ran\n");
    site.script("cgi-bin/x.sh", &source);
    site.script("cgi-bin/deep/y.sh", &source);
    site.file("cgi-bin/data.txt", SECRET, 0o644);
    site.file("page.txt", "page", 0o644);
    site
}

#[test]
fn no_spelling_shows_the_source_of_a_script() {
    let site = site();
    symlink("cgi-bin/x.sh", site.path().join("link.sh")).unwrap();
    symlink("cgi-bin", site.path().join("alias")).unwrap();
    symlink("cgi-bin/deep", site.path().join("other")).unwrap();
    for target in [
        "/cgi-bin/x.sh",
        "//cgi-bin/x.sh",
        "/cgi-bin%2fx.sh",
        "/%63gi-bin/x.sh",
        "/x/../cgi-bin/x.sh",
        "/%2e%2e/cgi-bin/x.sh",
        "http://h/cgi-bin/x.sh",
        "/cgi-bin/./deep/../x.sh",
        "/cgi-bin/deep/y.sh",
    ] {
        assert_eq!(site.get(target).body(), "ran\n", "{target}");
    }
    for target in [
        "/link.sh",
        "/alias/x.sh",
        "/alias/deep/y.sh",
        "/alias/",
        "/other/",
        "/other/y.sh",
        "/CGI-BIN/x.sh",
        "/cgi-bin/x.sh%00",
        "/cgi-bin/x.sh%00/",
        "/cgi-bin%00/x.sh",
        "/cgi-bin/../cgi-bin%5cx.sh",
        "/%2563gi-bin/x.sh",
        "/cgi-bin/X.SH",
    ] {
        let answer = site.get(target);
        assert!(answer.status().starts_with("404 "), "{target}: {answer:?}");
        assert!(
            !answer.0.contains(SECRET) && !answer.0.contains("x.sh\">"),
            "{target}: {answer:?}"
        );
    }
    for target in [
        "/cgi-bin/",
        "/cgi-bin/deep/",
        "/cgi-bin/deep",
        "/cgi-bin/data.txt",
        "/htbin/../cgi-bin/deep/",
    ] {
        let answer = site.get(target);
        assert!(answer.status().starts_with("403 CGI script is not "), "{target}: {answer:?}");
        assert!(!answer.0.contains(SECRET));
    }
    assert_eq!(site.get("/page.txt").body(), "page");
    assert_eq!(site.get("/cgi-bin/../page.txt").body(), "page");
}

#[test]
fn nothing_outside_of_the_directory_runs() {
    let outside = Site::new();
    let program = outside.script("x.sh", "echo 'Content-Type: text/plain'; echo; echo outside\n");
    let site = site();
    symlink(&program, site.path().join("cgi-bin/away.sh")).unwrap();
    symlink(outside.path(), site.path().join("cgi-bin/away")).unwrap();
    symlink("../cgi-bin/x.sh", site.path().join("cgi-bin/here.sh")).unwrap();
    let up = "../".repeat(20);
    for target in [
        "/cgi-bin/away.sh".to_owned(),
        "/cgi-bin/away/x.sh".to_owned(),
        format!("/cgi-bin/{up}bin/sh"),
        format!("/cgi-bin/{}bin/sh", up.replace('.', "%2e")),
        format!("/cgi-bin/{}bin/sh", up.replace("..", ".%2e")),
        "/cgi-bin/.%%32%65/.%%32%65/bin/sh".to_owned(),
        "/cgi-bin/%2fbin%2fsh".to_owned(),
    ] {
        let answer = site.get(&target);
        assert!(answer.status().starts_with("404 "), "{target}: {answer:?}");
    }
    assert_eq!(site.get("/cgi-bin/here.sh").body(), "ran\n");
}

#[test]
fn what_is_not_a_script_is_said_as_in_cpython() {
    let site = site();
    assert_eq!(site.get("/cgi-bin/none").status(), "404 No such CGI script ('/cgi-bin/none')");
    assert_eq!(site.get("/htbin/none").status(), "404 No such CGI script ('/htbin/none')");
    assert_eq!(site.get("/cgi-bin/").status(), "403 CGI script is not a plain file ('/cgi-bin/')");
    assert_eq!(
        site.get("/cgi-bin/data.txt").status(),
        "403 CGI script is not executable ('/cgi-bin/data.txt')"
    );
    // Whatever is in a name, it can stand in a status line.
    assert_eq!(
        site.get("/cgi-bin/%0d%0aX:%20y").status(),
        "404 No such CGI script ('/cgi-bin/\\r\\nX: y')"
    );
    assert_eq!(
        site.get("/cgi-bin/%C3%A9").status(),
        "404 No such CGI script ('/cgi-bin/\u{c3}\\xa9')".replace("\\xa9", "\u{a9}")
    );
}

#[test]
fn scripts_in_the_root_are_run_and_the_rest_is_served() {
    let mut site = site();
    site.cgi.cgi_directories = vec!["/".into()];
    site.script("top.sh", "echo 'Content-Type: text/plain'; echo; echo \"$SCRIPT_NAME\"\n");
    site.file("sub/page.txt", "below", 0o644);
    assert_eq!(site.get("/top.sh").body(), "/top.sh\n");
    assert_eq!(site.get("/sub/page.txt").body(), "below");
    symlink("../top.sh", site.path().join("sub/link")).unwrap();
    assert!(site.get("/sub/link").status().starts_with("404 "));
}

#[test]
fn a_fifo_in_a_script_directory_holds_nobody() {
    let site = site();
    let made = std::process::Command::new("mkfifo")
        .arg(site.path().join("cgi-bin/pipe"))
        .status()
        .unwrap();
    assert!(made.success());
    let answer = site.ask(&get("/cgi-bin/pipe"));
    assert_eq!(answer.status(), "403 CGI script is not a plain file ('/cgi-bin/pipe')");
}
