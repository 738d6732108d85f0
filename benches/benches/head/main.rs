//! How much more than the bare parse of `httparse` does the whole decision about a request's head cost?
//!
//! `ours` parses, checks all rules, and decides Host, framing and persistence. `httparse` is the peer in the same run: its
//! fastest entry point, with none of the rules of RFC 9112 on top. The quotient of the two is the figure to look at.
//!
//! With `RUSTFLAGS="--cfg picohttpparser"` there is a second peer, which needs a C compiler.

#[cfg(picohttpparser)]
mod pico;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use http_server::proto::{HeadParser, Limits};
use std::hint::black_box;
use wsgiref_benches::{
    BROWSER_GET, CURL_GET, httparse_all, hundred_fields, pipelined_batch, read_all,
};

fn whole_heads(criterion: &mut Criterion) {
    let (hundred, batch) = (hundred_fields(), pipelined_batch());
    let mut group = criterion.benchmark_group("head");
    for (name, input) in [
        ("curl", CURL_GET),
        ("browser", BROWSER_GET),
        ("100 fields", &hundred),
        ("16 pipelined", &batch),
    ] {
        group.throughput(Throughput::Bytes(input.len() as u64));
        group.bench_with_input(BenchmarkId::new("ours", name), input, |bencher, input| {
            let mut parser = HeadParser::new(Limits::default());
            bencher.iter(|| read_all(&mut parser, black_box(input)));
        });
        group.bench_with_input(BenchmarkId::new("httparse", name), input, |bencher, input| {
            bencher.iter(|| httparse_all(black_box(input)));
        });
        #[cfg(picohttpparser)]
        group.bench_with_input(
            BenchmarkId::new("picohttpparser", name),
            input,
            |bencher, input| {
                bencher.iter(|| pico::pico_all(black_box(input)));
            },
        );
    }
    group.finish();
}

/// What do method, path and host cost as text, on top of the decision?
fn texts(criterion: &mut Criterion) {
    let mut parser = HeadParser::new(Limits::default());
    let length = parser.parse(BROWSER_GET).expect("it is valid").expect("it is whole");
    let head = parser.head(&BROWSER_GET[..length]);
    criterion.bench_function("head as text/browser", |bencher| {
        bencher.iter(|| {
            let head = black_box(head);
            black_box((head.method(), head.path(), head.host()))
        });
    });
}

/// What does it cost if the head comes in two packets, so that the slow pass reads it?
fn in_two_pieces(criterion: &mut Criterion) {
    criterion.bench_function("head in two pieces/browser", |bencher| {
        let mut parser = HeadParser::new(Limits::default());
        bencher.iter(|| {
            let input = black_box(BROWSER_GET);
            assert!(matches!(parser.parse(&input[..input.len() / 2]), Ok(None)));
            read_all(&mut parser, input);
        });
    });
}

/// What does it cost to say no, words included?
fn refusals(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("head refused");
    for (name, input) in [
        ("version", &b"GET / HTTP/2.0\r\nHost: h\r\n\r\n"[..]),
        (
            "two lengths",
            b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
        ),
    ] {
        group.bench_function(name, |bencher| {
            let mut parser = HeadParser::new(Limits::default());
            bencher.iter(|| {
                let error = parser.parse(black_box(input)).unwrap_err();
                black_box((error.status(), error.message(), error.explain()));
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = wsgiref_benches::short();
    targets = whole_heads, texts, in_two_pieces, refusals
}
criterion_main!(benches);
