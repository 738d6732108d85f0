//! `wsgi.file_wrapper`.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};

use super::super::probe::Probe;
use super::super::request::Request;
use super::super::scenario::{Scenario, plain, scenario};
use crate::Level::{Must, Safe};
use wsgi_util::FileWrapper;

const FILES: &str = "Optional Platform-Specific File Handling";

/// A file-like object that notes when it is closed, as dropping it does.
struct FileLike {
    data: Cursor<Vec<u8>>,
    probe: Probe,
    fails_at: Option<u64>,
}

impl FileLike {
    fn new(probe: &Probe, data: impl Into<Vec<u8>>) -> Self {
        Self { data: Cursor::new(data.into()), probe: probe.clone(), fails_at: None }
    }
}

impl Read for FileLike {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.fails_at.is_some_and(|place| self.data.position() >= place) {
            return Err(io::Error::other("the disk failed: 6e2a"));
        }
        self.data.read(buffer)
    }
}

impl Drop for FileLike {
    fn drop(&mut self) {
        self.probe.note("closed");
    }
}

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        scenario(
            "file/whole",
            FILES,
            Must,
            "A wrapped file is sent from where it stands to its end",
        )
        .app(|_, _, start_response| {
            plain(start_response)?;
            Ok(FileWrapper::new(file("a file of some bytes", 0)?).into())
        })
        .expect(|played| played.ok("a file of some bytes")),
        scenario(
            "file/from-an-offset",
            FILES,
            Must,
            "A wrapped file is sent from its current position",
        )
        .app(|_, _, start_response| {
            plain(start_response)?;
            Ok(FileWrapper::new(file("a file of some bytes", 7)?).into())
        })
        .expect(|played| played.ok("of some bytes")),
        scenario(
            "file/not-beyond-the-length",
            FILES,
            Must,
            "Not more of a wrapped file is sent than the declared length",
        )
        .app(|_, _, start_response| {
            start_response
                .start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "4")])?;
            Ok(FileWrapper::new(file("a file of some bytes", 2)?).into())
        })
        .violates("goes on after the 4 bytes")
        .expect(|played| played.ok("file")),
        scenario(
            "file/of-the-length",
            FILES,
            Must,
            "A wrapped file of the declared length is sent whole",
        )
        .app(|_, _, start_response| {
            start_response
                .start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "20")])?;
            Ok(FileWrapper::new(file("a file of some bytes", 0)?).into())
        })
        .expect(|played| {
            played.field("Content-Length", "20").and_then(|()| played.ok("a file of some bytes"))
        }),
        scenario(
            "file/shorter-than-the-length",
            FILES,
            Must,
            "A wrapped file shorter than declared is visibly cut",
        )
        .app(|_, _, start_response| {
            start_response
                .start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "30")])?;
            Ok(FileWrapper::new(file("a file of some bytes", 0)?).into())
        })
        .violates("ends after 20 of the 30 bytes")
        .expect(|played| played.is_cut_after("a file of some bytes")),
        scenario("file/empty", FILES, Must, "A wrapped file without content is an empty body")
            .app(|_, _, start_response| {
                plain(start_response)?;
                Ok(FileWrapper::new(file("", 0)?).into())
            })
            .expect(|played| played.ok("")),
        scenario("file/large", FILES, Must, "A wrapped file that fits no buffer arrives whole")
            .app(|_, _, start_response| {
                plain(start_response)?;
                Ok(FileWrapper::new(file(&"0123456789".repeat(30_000), 0)?).into())
            })
            .expect(|played| played.ok("0123456789".repeat(30_000))),
        scenario("file/file-like", FILES, Must, "What is wrapped may be anything that can be read")
            .app(|probe, _, start_response| {
                plain(start_response)?;
                Ok(FileWrapper::new(FileLike::new(probe, "not a file")).into())
            })
            .expect(|played| played.ok("not a file")),
        scenario(
            "file/closed",
            FILES,
            Must,
            "The wrapped file is closed, once the response is sent",
        )
        .app(|probe, _, start_response| {
            plain(start_response)?;
            Ok(FileWrapper::new(FileLike::new(probe, "content")).into())
        })
        .expect(|played| played.notes(&["closed"])),
        scenario(
            "file/closed-after-head",
            FILES,
            Must,
            "The wrapped file is closed, although nothing of it is sent",
        )
        .request(Request::get("/").method("HEAD"))
        .app(|probe, _, start_response| {
            plain(start_response)?;
            Ok(FileWrapper::new(FileLike::new(probe, "content")).into())
        })
        .expect(|played| played.status(200).and_then(|()| played.notes(&["closed"]))),
        scenario(
            "file/closed-after-a-failure",
            FILES,
            Must,
            "The wrapped file is closed if reading it fails, and the response cut",
        )
        .app(|probe, _, start_response| {
            plain(start_response)?;
            let mut file = FileLike::new(probe, "content ".repeat(5000));
            file.fails_at = Some(8192);
            Ok(FileWrapper::new(file).into())
        })
        .expect(|played| {
            played.is_cut_after("content ")?;
            played.notes(&["closed"])?;
            played.logged("the disk failed: 6e2a")
        }),
        scenario(
            "file/closed-if-not-started",
            FILES,
            Must,
            "The wrapped file is closed if start_response was never called",
        )
        .app(|probe, _, _| Ok(FileWrapper::new(FileLike::new(probe, "content")).into()))
        .violates("start_response has not yet been called")
        .expect(|played| played.is_error_page().and_then(|()| played.notes(&["closed"]))),
        scenario(
            "file/read-by-middleware",
            FILES,
            Must,
            "A wrapped file is an iterable like any other, for middleware",
        )
        .app(|probe, environ, start_response| {
            plain(start_response)?;
            let mut wrapped = wsgi_util::Body::from(FileWrapper::with_blksize(
                FileLike::new(probe, "abcdefg"),
                3,
            ));
            let mut pieces = Vec::new();
            while let Some(piece) =
                wsgi_util::ResponseIterable::next_chunk(&mut wrapped, environ, start_response)?
            {
                pieces.push([&piece[..], b"."].concat());
            }
            Ok(pieces.into())
        })
        .expect(|played| played.ok("abc.def.g.")),
        scenario(
            "file/changes-nothing-about-the-head",
            FILES,
            Safe,
            "A wrapped file brings no header of its own",
        )
        .app(|_, _, start_response| {
            start_response.start("200 OK", [("Content-Type", "a/b")])?;
            Ok(FileWrapper::new(file("content", 0)?).into())
        })
        .expect(|played| {
            played.fields("Content-Type", &["a/b"])?;
            played.no_field("Last-Modified")
        }),
    ]
}

/// A real file with this content, at this position.
fn file(content: &str, position: u64) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    file.write_all(content.as_bytes())?;
    file.seek(SeekFrom::Start(position))?;
    Ok(file)
}
