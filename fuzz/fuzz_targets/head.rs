//! Heads: nothing panics, and what the view shows is part of what was sent.
#![no_main]

use http_server::proto::{HeadParser, Limits};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut limits = Limits::default();
    (limits.request_line, limits.head, limits.fields) = (1024, 2048, 20);
    let mut parser = HeadParser::new(limits);
    match parser.parse(data) {
        Ok(Some(length)) => {
            let head = parser.head(&data[..length]);
            assert!(data[..length].ends_with(b"\r\n\r\n"), "a head ends with an empty line");
            assert!(head.raw_requestline().ends_with(b"\r\n"));
            assert!(head.requestline().bytes().all(|byte| matches!(byte, b' '..=b'~')));
            assert!(
                head.target_form() == head.target_form()
                    && head.path().len() <= head.target().len()
            );
            for (name, value) in head.headers().iter_bytes() {
                assert!(
                    !name.is_empty()
                        && name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':')
                );
                assert!(value.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~' | 0x80..)));
            }
            let lengths = head.headers().get_all_bytes("content-length").count();
            let codings = head.headers().get_all_bytes("transfer-encoding").count();
            assert!(lengths + codings <= 1, "two framings");
            assert!(head.headers().get_all_bytes("host").count() <= 1, "two hosts");
        }
        Ok(None) => {
            parser.end_of_input(data);
        }
        Err(error) => {
            assert!((400..600).contains(&error.status()));
            assert!(!error.section().is_empty() && !error.explain().is_empty());
            parser.requestline(data);
            parser.command(data);
        }
    }
});
