//! What a directory server must not do, whatever is asked of it and whatever lies in its directory.
#![cfg(unix)]

mod tree;

use http_server::{
    BaseHttpRequestHandler, Exchange, SimpleHandlerOptions, SimpleHooks, SimpleHttpRequestHandler,
};
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use tree::{Changing, Served, ask, write};

const SECRET: &str = "the secret";

/// A directory `www` to serve, beside it a secret, and a directory whose name begins alike.
fn guarded() -> (tempfile::TempDir, PathBuf) {
    let around = tempfile::tempdir().expect("a temporary directory");
    let www = around.path().join("www");
    write(www.join("file.txt"), b"plain text\n");
    write(www.join("sub/inner.txt"), b"inner\n");
    write(around.path().join("secret.txt"), SECRET.as_bytes());
    write(around.path().join("www-old/secret.txt"), SECRET.as_bytes());
    write(around.path().join("dir/index.html"), SECRET.as_bytes());
    (around, www)
}

fn refuses(served: &Served, target: &str) {
    let answer = served.get(target);
    assert!(matches!(answer.status(), 400 | 404), "{target}: {}", answer.0);
    assert!(!answer.0.contains(SECRET), "{target}: {}", answer.0);
}

#[test]
fn no_target_reaches_a_file_outside() {
    let (around, www) = guarded();
    let served = Served::new(&www);
    let absolute = around.path().join("secret.txt");
    let absolute = absolute.to_str().expect("a temporary directory with a plain name");
    let ups = [
        "..",
        "%2e%2e",
        "%2E.",
        ".%2e",
        "%252e%252e",
        "..%00",
        "..%2f..",
        "..%5c..",
        "..\\..",
        "%c0%ae%c0%ae",
        "%e0%80%ae%e0%80%ae",
        "..;",
        "...",
        "....//..",
        "sub/../..",
        "sub%2f..%2f..",
        "sub/..%2f..%2f..",
        "./..",
    ];
    for up in ups {
        for slash in ["/", "%2f", "%2F", "\\", "%5c", "%252f", "//"] {
            refuses(&served, &format!("/{up}{slash}secret.txt"));
            refuses(&served, &format!("/{up}{slash}www-old{slash}secret.txt"));
            refuses(&served, &format!("http://h/{up}{slash}secret.txt"));
        }
    }
    refuses(&served, absolute);
    refuses(&served, &format!("/{absolute}"));
    refuses(&served, &format!("//{absolute}"));
    refuses(&served, &absolute.replace('/', "%2f"));
    refuses(&served, &format!("file://{absolute}"));
    refuses(&served, &format!("http://..{absolute}"));
    refuses(&served, "/-old/secret.txt");
    refuses(&served, "-old/secret.txt");
}

#[test]
fn links_out_of_the_directory_are_refused() {
    let (around, www) = guarded();
    symlink("../secret.txt", www.join("relative.txt")).expect("a link");
    symlink(around.path().join("secret.txt"), www.join("absolute.txt")).expect("a link");
    symlink("absolute.txt", www.join("twice.txt")).expect("a link");
    symlink("../dir", www.join("dir")).expect("a link");
    symlink("..", www.join("up")).expect("a link");
    symlink("/", www.join("top")).expect("a link");
    symlink("../www-old", www.join("alike")).expect("a link");
    fs::create_dir(www.join("paged")).expect("a directory");
    symlink("../../secret.txt", www.join("paged/index.html")).expect("a link");
    symlink("loop", www.join("loop")).expect("a link");

    let targets = [
        "/relative.txt",
        "/absolute.txt",
        "/twice.txt",
        "/dir",
        "/dir/",
        "/dir/index.html",
        "/up/",
        "/up/secret.txt",
        "/up/www-old/secret.txt",
        "/top/",
        "/top/etc/passwd",
        "/alike/",
        "/alike/secret.txt",
        "/paged/",
        "/paged/index.html",
        "/loop",
        "/loop/",
    ];
    let served = Served::new(&www);
    for target in targets {
        refuses(&served, target);
    }

    let mut options = SimpleHandlerOptions::new(&www);
    options.follow_links_outside = true;
    let served = Served::with_options(options);
    for target in
        ["/relative.txt", "/twice.txt", "/dir/", "/up/secret.txt", "/alike/secret.txt", "/paged/"]
    {
        assert_eq!(served.get(target).body(), SECRET, "{target}");
    }
    assert_eq!(served.get("/dir").header("Location"), Some("/dir/"));
    refuses(&served, "/loop");
}

/// Only Linux tells where an open file lies; elsewhere who can change the tree that fast wins sometimes.
#[cfg(target_os = "linux")]
#[test]
fn no_race_opens_a_way_out() {
    let (around, www) = guarded();
    write(www.join("turn/file.txt"), b"plain text\n");
    write(around.path().join("away/file.txt"), SECRET.as_bytes());
    write(around.path().join("away/secret-name.txt"), b"");
    symlink("../away", www.join("link")).expect("a link");
    let (turn, link, spare) = (www.join("turn"), www.join("link"), www.join("spare"));
    let served = Served::new(&www);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            // The directory and the link out take turns under one name.
            while !done.load(Ordering::Relaxed) {
                for (from, to) in [(&turn, &spare), (&link, &turn), (&turn, &link), (&spare, &turn)]
                {
                    fs::rename(from, to).expect("renaming");
                }
            }
        });
        let found = (0..2_000).find_map(|_| {
            let (file, listing) = (served.get("/turn/file.txt").0, served.get("/turn/").0);
            [file, listing].into_iter().find(|answer| answer.contains("secret"))
        });
        done.store(true, Ordering::Relaxed);
        assert_eq!(found, None);
    });
}

#[test]
fn links_within_the_directory_work() {
    let (around, www) = guarded();
    symlink("file.txt", www.join("link.txt")).expect("a link");
    symlink("../file.txt", www.join("sub/up.txt")).expect("a link");
    symlink("sub", www.join("dir")).expect("a link");
    symlink("../www/file.txt", www.join("around.txt")).expect("a link");
    // The directory may itself be reached through a link, also one that is moved while the server runs.
    let current = around.path().join("current");
    symlink("www", &current).expect("a link");
    for directory in [www.clone(), current.clone(), around.path().join("dir/../www")] {
        let served = Served::new(&directory);
        assert_eq!(served.get("/link.txt").body(), "plain text\n");
        assert_eq!(served.get("/sub/up.txt").body(), "plain text\n");
        assert_eq!(served.get("/dir/inner.txt").body(), "inner\n");
        assert_eq!(served.get("/dir").header("Location"), Some("/dir/"));
        assert_eq!(served.get("/around.txt").body(), "plain text\n");
    }
    let served = Served::new(&current);
    write(around.path().join("next/file.txt"), b"next\n");
    fs::remove_file(&current).expect("removing a link");
    symlink("next", &current).expect("a link");
    assert_eq!(served.get("/file.txt").body(), "next\n");
}

#[test]
fn what_is_no_file_is_never_opened() {
    let (_around, www) = guarded();
    let made = std::process::Command::new("mkfifo").arg(www.join("fifo")).status().expect("mkfifo");
    assert!(made.success());
    let _socket = UnixListener::bind(www.join("socket")).expect("a socket");
    symlink("fifo", www.join("to-fifo")).expect("a link");
    symlink("/dev/zero", www.join("zero")).expect("a link");
    fs::create_dir(www.join("paged")).expect("a directory");
    symlink("../fifo", www.join("paged/index.html")).expect("a link");

    let mut options = SimpleHandlerOptions::new(&www);
    options.follow_links_outside = true;
    for served in [Served::new(&www), Served::with_options(options)] {
        // Opening the FIFO would wait for ever, and reading the device too.
        for target in
            ["/fifo", "/to-fifo", "/socket", "/zero", "/fifo/", "/fifo%2f", "/paged/index.html"]
        {
            refuses(&served, target);
            let head = ask(&served, &format!("HEAD {target} HTTP/1.0\r\n\r\n"));
            assert_eq!(head.status(), 404, "{target}");
        }
        // No regular file: no index page.
        assert!(served.get("/paged/").body().contains("index.html@"));
    }
}

fn change_between(www: &Path, change: fn(&File)) -> (String, Vec<String>) {
    let handler = Changing::new(www, change);
    let two = "GET /file.txt HTTP/1.1\r\nHost: h\r\n\r\nGET /sub HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    let answer = ask(&handler, &two.replace("/sub", "/sub/inner.txt"));
    (answer.0, handler.log.into_inner().expect("the log"))
}

#[test]
fn a_growing_file_keeps_its_length_and_the_connection() {
    let (_around, www) = guarded();
    let (answer, _) = change_between(&www, |mut file| {
        file.write_all(b"HTTP/1.1 200 Mine\r\n\r\n").expect("growing")
    });
    let (_, rest) = answer.split_once("\r\n\r\n").expect("a head");
    // The file, then at once the next response.
    assert!(rest.starts_with("plain text\nHTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\ninner\n"), "{answer}");
}

#[test]
fn a_shrinking_file_ends_the_connection() {
    let (_around, www) = guarded();
    let (answer, log) = change_between(&www, |file| file.set_len(5).expect("shrinking"));
    assert!(answer.contains("\r\nContent-Length: 11\r\n"));
    // The client sees that six bytes are missing, and no second response in their place.
    assert!(answer.ends_with("\r\n\r\nplain"), "{answer}");
    assert!(log.iter().any(|line| line.contains("6 bytes")), "{log:?}");
}

/// An override of `translate_path` that maps elsewhere answers for where it maps.
#[test]
fn an_override_may_map_to_another_directory() {
    struct Alias(Served, PathBuf);
    impl SimpleHooks for Alias {
        fn simple(&self) -> &SimpleHttpRequestHandler {
            self.0.simple()
        }
        fn translate_path(&self, path: &str) -> PathBuf {
            match path.strip_prefix("/old/") {
                Some(rest) => SimpleHttpRequestHandler::new(&self.1).translate_path(rest),
                None if path == "/up" => self.simple().settings().directory.join("../secret.txt"),
                None => self.simple().translate_path(path),
            }
        }
    }
    impl BaseHttpRequestHandler for Alias {
        fn do_method(&self, x: &mut Exchange<'_>) -> io::Result<()> {
            self.serve(x)
        }
        fn log_message(&self, _x: &Exchange<'_>, _message: std::fmt::Arguments<'_>) {}
    }
    let (around, www) = guarded();
    let alias = Alias(Served::new(&www), around.path().join("www-old"));
    assert_eq!(ask(&alias, "GET /old/secret.txt HTTP/1.0\r\n\r\n").body(), SECRET);
    assert_eq!(ask(&alias, "GET /old/../secret.txt HTTP/1.0\r\n\r\n").body(), SECRET);
    assert_eq!(ask(&alias, "GET /old/../dir/ HTTP/1.0\r\n\r\n").status(), 404);
    assert_eq!(ask(&alias, "GET /file.txt HTTP/1.0\r\n\r\n").body(), "plain text\n");
    // A path that begins with the directory has to stay in it, also when it is a slip of an override.
    assert_eq!(ask(&alias, "GET /up HTTP/1.0\r\n\r\n").status(), 404);
}

#[test]
fn hidden_names_are_not_there() {
    let (_around, www) = guarded();
    write(www.join(".env"), SECRET.as_bytes());
    write(www.join(".git/config"), SECRET.as_bytes());
    write(www.join("sub/.hidden/file.txt"), SECRET.as_bytes());
    symlink(".env", www.join("env")).expect("a link");
    let served = Served::with_options(SimpleHandlerOptions::new(&www).hide_dotfiles(true));
    for target in [
        "/.env",
        "/%2eenv",
        "/.git",
        "/.git/",
        "/.git/config",
        "/sub/.hidden/file.txt",
        "/sub/../.env",
        "/.env/",
        "/.nothing",
    ] {
        refuses(&served, target);
    }
    for (target, shown) in [("/", "sub/"), ("/sub/", "inner.txt")] {
        let listing = served.get(target);
        assert!(listing.body().contains(shown) && !listing.body().contains("\"."), "{}", listing.0);
    }
    // Who links to it wants it seen.
    assert_eq!(served.get("/env").body(), SECRET);
    assert_eq!(served.get("/./file.txt").body(), "plain text\n");
    assert_eq!(Served::new(&www).get("/.env").body(), SECRET);
}

/// Under one name a file, a FIFO and nothing take turns: no request may wait for the other end.
#[test]
fn a_fifo_in_the_place_of_a_file_holds_nobody() {
    let (_around, www) = guarded();
    let (turn, fifo, file) = (www.join("turn"), www.join("fifo"), www.join("file.txt"));
    let made = std::process::Command::new("mkfifo").arg(&fifo).status().expect("mkfifo");
    assert!(made.success());
    let served = Served::new(&www);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                for from in [&fifo, &file] {
                    fs::hard_link(from, &turn).expect("a link");
                    fs::remove_file(&turn).expect("removing a link");
                }
            }
        });
        for _ in 0..1_000 {
            let answer = served.get("/turn");
            assert!(answer.status() == 404 || answer.body() == "plain text\n", "{}", answer.0);
        }
        done.store(true, Ordering::Relaxed);
    });
}
