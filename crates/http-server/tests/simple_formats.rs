//! Directories as JSON and as archives, and very long listings.

mod tree;

use http_server::{BaseHttpRequestHandler, SimpleHandlerOptions, SimpleHttpRequestHandler};
use http_server::{ClientAddress, Pair, ServerInfo, handle};
use std::fs::{self, File};
use std::path::Path;
use tree::{Answer, Served, ask, make_tree, write};

fn with_formats(root: &Path) -> Served {
    Served::with_options(SimpleHandlerOptions::new(root).listing_formats(true))
}

fn get(served: &dyn BaseHttpRequestHandler, target: &str, fields: &str) -> Answer {
    ask(served, &format!("GET {target} HTTP/1.0\r\n{fields}\r\n"))
}

/// The bytes of a body.
fn bytes(answer: &Answer) -> Vec<u8> {
    answer.body().chars().map(|c| u8::try_from(u32::from(c)).expect("a byte")).collect()
}

#[test]
fn a_directory_is_listed_as_json_for_programs() {
    let root = tempfile::tempdir().expect("a directory");
    write(root.path().join("sub/a \"b\".txt"), b"plain text\n");
    fs::create_dir(root.path().join("sub/deeper")).expect("a directory");
    #[cfg(unix)]
    std::os::unix::fs::symlink("a \"b\".txt", root.path().join("sub/link")).expect("a link");
    let served = with_formats(root.path());
    for (target, fields) in [
        ("/sub/?format=json", ""),
        ("/sub/?format=json", "Accept: text/html\r\n"),
        ("/sub/?x=1", "Accept: application/json\r\n"),
    ] {
        let answer = get(&served, target, fields);
        assert_eq!(answer.header("Content-type"), Some("application/json"));
        assert_eq!(answer.header("Vary"), Some("Accept"));
        let length = answer.body().len().to_string();
        assert_eq!(answer.header("Content-Length"), Some(length.as_str()));
        let lines: Vec<&str> = answer.body().lines().collect();
        assert_eq!(lines[0], "{\"path\": \"/sub/\", \"entries\": [");
        assert_eq!(
            lines[1],
            "{\"name\": \"a \\\"b\\\".txt\", \"type\": \"file\", \"href\": \"a%20%22b%22.txt\", \
             \"size\": 11, \"modified\": \"2023-11-14T22:13:20Z\"},"
        );
        assert!(lines[2].starts_with("{\"name\": \"deeper\", \"type\": \"directory\", \"href\": \"deeper/\", \"modified\": \"20"));
        #[cfg(unix)]
        assert_eq!(
            lines[3],
            "{\"name\": \"link\", \"type\": \"file\", \"href\": \"link\", \"link\": true}"
        );
        assert_eq!(*lines.last().expect("a line"), "]}");
    }
    let empty = get(&served, "/sub/deeper/?format=json", "");
    assert_eq!(empty.body(), "{\"path\": \"/sub/deeper/\", \"entries\": [\n]}\n");
    let page = get(&served, "/sub/", "Accept: text/html, application/json\r\n");
    assert_eq!(page.header("Content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(get(&served, "/sub?format=json", "").header("Location"), Some("/sub/?format=json"));
    // Off at first.
    let plain = get(&Served::new(root.path()), "/sub/?format=json", "Accept: application/json\r\n");
    assert_eq!(plain.header("Content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(plain.header("Vary"), None);
}

/// Reads an archive: names and contents.
fn members(archive: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut members = Vec::new();
    let mut long_name = None;
    let mut at = 0;
    while archive[at] != 0 {
        let header = &archive[at..at + 512];
        let text = |range: std::ops::Range<usize>| {
            let field = header[range].split(|&byte| byte == 0).next().expect("a field");
            String::from_utf8(field.to_vec()).expect("text")
        };
        let octal = |range| usize::from_str_radix(text(range).trim(), 8).expect("a number");
        let spaced = |(at, byte): (usize, &u8)| {
            if (148..156).contains(&at) { 32 } else { usize::from(*byte) }
        };
        assert_eq!(octal(148..156), header.iter().enumerate().map(spaced).sum::<usize>());
        let size = octal(124..136);
        let data = archive[at + 512..at + 512 + size].to_vec();
        at += 512 + size.div_ceil(512) * 512;
        if header[156] == b'x' {
            let record = String::from_utf8(data).expect("text");
            let (_, path) = record.trim_end().split_once(" path=").expect("a path");
            long_name = Some(path.to_owned());
            continue;
        }
        let prefix = text(345..500);
        let name =
            if prefix.is_empty() { text(0..100) } else { format!("{prefix}/{}", text(0..100)) };
        members.push((long_name.take().unwrap_or(name), data));
    }
    assert!(archive[at..].iter().all(|&byte| byte == 0) && archive.len() - at == 1024);
    members
}

#[test]
fn a_directory_is_one_download() {
    let root = make_tree();
    let away = tempfile::tempdir().expect("a directory");
    write(away.path().join("secret"), b"the secret");
    #[cfg(unix)]
    std::os::unix::fs::symlink(away.path().join("secret"), root.path().join("link-away"))
        .expect("a link");
    let long = format!("sub/{}/{}.txt", "d".repeat(120), "f".repeat(120));
    write(root.path().join(&long), b"long\n");
    let large: Vec<u8> = (0..=u8::MAX).cycle().take(300_001).collect();
    write(root.path().join("sub/large.bin"), &large);
    let mut options =
        SimpleHandlerOptions::new(root.path()).listing_formats(true).hide_dotfiles(true);
    let answer = get(&Served::with_options(options.clone()), "/?format=tar", "");
    assert_eq!(answer.header("Content-type"), Some("application/x-tar"));
    assert_eq!(
        answer.header("Content-Disposition"),
        Some("attachment; filename*=UTF-8''files.tar")
    );
    assert_eq!(answer.header("Content-Length"), None);
    let found = members(&bytes(&answer));
    let content = |name: &str| {
        let mut matching = found.iter().filter(|(known, _)| known == name);
        let content = matching.next().map(|(_, content)| content.as_slice());
        assert!(matching.next().is_none(), "{name} is there twice");
        content
    };
    assert_eq!(content("files/file.txt"), Some(&b"plain text\n"[..]));
    assert_eq!(content("files/sub/inner.txt"), Some(&b"inner\n"[..]));
    assert_eq!(content("files/trap/index.html/"), Some(&b""[..]));
    assert_eq!(content("files/trap/index.html/inside.txt"), Some(&b"inside\n"[..]));
    assert_eq!(content(&format!("files/{long}")), Some(&b"long\n"[..]));
    assert_eq!(content("files/sub/large.bin"), Some(&large[..]));
    assert_eq!(content("files/empty.css"), Some(&b""[..]));
    #[cfg(unix)]
    assert_eq!(content("files/link-file"), Some(&b"plain text\n"[..]));
    for absent in [
        "files/.hidden",
        "files/link-away",
        "files/link-broken",
        "files/link-dir/",
        "files/link-dir/inner.txt",
    ] {
        assert_eq!(content(absent), None, "{absent}");
    }
    // A part of it, chunked on a connection that is kept.
    options.handler.protocol_version = "HTTP/1.1";
    let handler = SimpleHttpRequestHandler::with_options(options);
    let request = "HEAD /sub/?format=tar HTTP/1.1\r\nHost: h\r\n\r\nGET /sub/?format=tar HTTP/1.1\r\nHost: h\r\n\r\n\
                   GET /file.txt HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    let answer = ask(&handler, request);
    assert!(
        answer.0.contains("\r\nContent-Disposition: attachment; filename*=UTF-8''sub.tar\r\n"),
        "{}",
        answer.0
    );
    assert_eq!(answer.0.matches("\r\nTransfer-Encoding: chunked\r\n").count(), 1);
    assert!(answer.0.contains("\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n"));
    assert!(answer.0.ends_with("plain text\n"));
}

/// A file that is cut while it is packed must not look like a whole one.
#[test]
fn an_archive_of_a_file_that_shrinks_is_visibly_cut() {
    let root = tempfile::tempdir().expect("a directory");
    write(root.path().join("a.txt"), b"plain text\n");
    // Longer than a block, so that the file is open and read in part when it shrinks.
    let path = root.path().join("b.bin");
    write(&path, &vec![b'x'; 1 << 20]);
    struct Shrinking(SimpleHttpRequestHandler, std::path::PathBuf);
    impl http_server::SimpleHooks for Shrinking {
        fn simple(&self) -> &SimpleHttpRequestHandler {
            &self.0
        }
        fn copyfile(
            &self,
            mut source: http_server::FileObject,
            x: &mut http_server::Exchange<'_>,
        ) -> std::io::Result<()> {
            use std::io::{Read, Write};
            let mut begin = [0; 4096];
            source.read_exact(&mut begin)?;
            x.wfile.write_all(&begin)?;
            File::options().write(true).open(&self.1)?.set_len(10_000)?;
            source.send(x)
        }
    }
    impl BaseHttpRequestHandler for Shrinking {
        fn options(&self) -> &http_server::HandlerOptions {
            self.0.options()
        }
        fn do_method(&self, x: &mut http_server::Exchange<'_>) -> std::io::Result<()> {
            http_server::SimpleHooks::serve(self, x)
        }
        fn log_message(&self, _: &http_server::Exchange<'_>, _: std::fmt::Arguments<'_>) {}
    }
    let mut options = SimpleHandlerOptions::new(root.path()).listing_formats(true);
    options.handler.protocol_version = "HTTP/1.1";
    let shrinking = Shrinking(SimpleHttpRequestHandler::with_options(options), path);
    let request = "GET /?format=tar HTTP/1.1\r\nHost: h\r\n\r\n";
    let mut connection = Pair { reader: request.as_bytes(), writer: Vec::new() };
    let failed =
        handle(&mut connection, &ClientAddress::Unnamed, &ServerInfo::default(), &shrinking);
    assert!(failed.expect_err("the server is told").to_string().contains("shorter"));
    assert!(!connection.writer.ends_with(b"0\r\n\r\n"));
}

#[test]
fn thousands_of_entries_are_one_listing() {
    let root = tempfile::tempdir().expect("a directory");
    for number in 0..3_000 {
        File::create(root.path().join(format!("a-long-name-for-number-{number}"))).expect("a file");
    }
    let served = with_formats(root.path());
    let page = get(&served, "/", "");
    assert_eq!(page.body().matches("<li>").count(), 3_000);
    assert_eq!(page.header("Content-Length"), Some(page.body().len().to_string().as_str()));
    assert!(page.body().ends_with("</ul>\n<hr>\n</body>\n</html>\n"));
    let json = get(&served, "/?format=json", "");
    assert_eq!(json.body().matches("\"name\": ").count(), 3_000);
    assert_eq!(json.header("Content-Length"), Some(json.body().len().to_string().as_str()));
}
