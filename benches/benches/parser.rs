//! What does reading a request cost, and how much of it is more than `httparse` does?
//!
//! `ours` is the whole way of a driver: parse, check, decide the framing, look at method, target and persistence.
//! `httparse` is the peer in the same run: the bare parse, with none of the rules of RFC 9112 on top.
//!
//! ```text
//! cargo bench -p wsgiref-benches --bench parser
//! ```

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use http_server::proto::{BodyDecoder, Framing, HeadParser, Limits, Version};
use std::hint::black_box;
use std::mem::MaybeUninit;
use wsgiref_benches::{BROWSER_GET, SMALL_GET, chunked_body, hundred_fields, pipelined_batch};

fn heads(criterion: &mut Criterion) {
    let (hundred, batch) = (hundred_fields(), pipelined_batch());
    let mut group = criterion.benchmark_group("head");
    for (name, input) in [
        ("small GET", SMALL_GET),
        ("browser GET", BROWSER_GET),
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
    }
    group.finish();
}

/// What does it cost if the head comes in two packets, so that the slow pass reads it?
fn split_head(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("head in two pieces");
    group.throughput(Throughput::Bytes(BROWSER_GET.len() as u64));
    group.bench_function("ours/browser GET", |bencher| {
        let mut parser = HeadParser::new(Limits::default());
        bencher.iter(|| {
            let input = black_box(BROWSER_GET);
            assert!(matches!(parser.parse(&input[..input.len() / 2]), Ok(None)));
            read_all(&mut parser, input);
        });
    });
    group.bench_function("httparse/browser GET", |bencher| {
        bencher.iter(|| {
            let input = black_box(BROWSER_GET);
            httparse_all(&input[..input.len() / 2]);
            httparse_all(input);
        });
    });
    group.finish();
}

/// What does it cost to say no, words included?
fn refusals(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("refusal");
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

fn bodies(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("64 KiB body");
    for size in [16, 1024, 16 * 1024] {
        let body = chunked_body(size);
        group.throughput(Throughput::Bytes(body.len() as u64));
        group.bench_with_input(
            BenchmarkId::new("ours", format!("chunks of {size}")),
            &body,
            |bencher, body| {
                let mut output = vec![0; 16 * 1024];
                bencher.iter(|| {
                    let mut decoder = BodyDecoder::new(Framing::Chunked, &Limits::default());
                    let mut rest = &black_box(body)[..];
                    while !decoder.is_done() {
                        let decoded = decoder.decode(rest, &mut output).expect("the body is valid");
                        rest = &rest[decoded.consumed..];
                        black_box(&output);
                    }
                });
            },
        );
        group.bench_with_input(
            BenchmarkId::new("httparse", format!("chunks of {size}")),
            &body,
            |bencher, body| {
                let mut output = vec![0; 16 * 1024];
                bencher.iter(|| {
                    let mut rest = &black_box(body)[..];
                    while let Ok(httparse::Status::Complete((start, length @ 1..))) =
                        httparse::parse_chunk_size(rest)
                    {
                        let length = length as usize;
                        output[..length].copy_from_slice(&rest[start..start + length]);
                        rest = &rest[start + length + 2..];
                        black_box(&output);
                    }
                });
            },
        );
    }
    group.finish();
}

/// Reads every request in the input, as a driver does.
fn read_all(parser: &mut HeadParser, mut input: &[u8]) {
    while let Some(length) = parser.parse(input).expect("the input is valid") {
        let head = parser.head(&input[..length]);
        black_box((
            head.method(),
            head.path(),
            head.framing(),
            head.keep_alive(Version::HTTP_11),
            head.expects_continue(),
        ));
        input = &input[length..];
    }
}

fn httparse_all(mut input: &[u8]) {
    loop {
        let mut storage = [const { MaybeUninit::uninit() }; 128];
        let mut request = httparse::Request::new(&mut []);
        let Ok(httparse::Status::Complete(length)) =
            request.parse_with_uninit_headers(input, &mut storage)
        else {
            break;
        };
        black_box(&request);
        input = &input[length..];
    }
}

criterion_group!(benches, heads, split_head, refusals, bodies);
criterion_main!(benches);
