//! Reads one head over and over, to have its instructions counted.
//!
//! ```text
//! cargo build --release -p wsgiref-benches --example read_head
//! valgrind --tool=callgrind --callgrind-out-file=/dev/null target/release/examples/read_head ours browser 1000
//! ```
//!
//! The first word is `ours` or `httparse`, the second `curl`, `browser`, `fields` or `batch`. Two counts with different
//! numbers of times differ by the reading alone, so the start of the program drops out.

#![forbid(unsafe_code)]

use http_server::proto::{HeadParser, Limits};
use std::env;
use std::hint::black_box;
use wsgiref_benches::{
    BROWSER_GET, CURL_GET, httparse_all, hundred_fields, pipelined_batch, read_all,
};

fn main() {
    let mut arguments = env::args().skip(1);
    let who = arguments.next().unwrap_or_default();
    let which = arguments.next().unwrap_or_default();
    let times: usize = arguments.next().and_then(|times| times.parse().ok()).unwrap_or(1);
    let input = match which.as_str() {
        "curl" => CURL_GET.to_vec(),
        "browser" => BROWSER_GET.to_vec(),
        "fields" => hundred_fields(),
        _ => pipelined_batch(),
    };
    if who == "httparse" {
        (0..times).for_each(|_| httparse_all(black_box(&input)));
    } else {
        let mut parser = HeadParser::new(Limits::default());
        (0..times).for_each(|_| read_all(&mut parser, black_box(&input)));
    }
}
