//! What does it cost to read a chunked body, by the size of its chunks, and to write a chunk?
//!
//! `httparse` reads only the size lines: the loop around it trusts the client about everything else. To write a chunk is
//! compared with the copy of its data alone.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use http_server::proto::{BodyDecoder, Framing, Limits, write_chunk};
use std::hint::black_box;
use wsgiref_benches::chunked_body;

fn reading(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("chunked body of 64 KiB");
    for size in [16, 1024, 16 * 1024] {
        let body = chunked_body(size);
        let mut output = vec![0; 16 * 1024];
        group.throughput(Throughput::Bytes(body.len() as u64));
        group.bench_with_input(BenchmarkId::new("ours", size), &body, |bencher, body| {
            bencher.iter(|| {
                let mut decoder = BodyDecoder::new(Framing::Chunked, &Limits::default());
                let mut rest = &black_box(body)[..];
                while !decoder.is_done() {
                    let decoded = decoder.decode(rest, &mut output).expect("the body is valid");
                    rest = &rest[decoded.consumed..];
                    black_box(&output);
                }
            });
        });
        group.bench_with_input(BenchmarkId::new("httparse", size), &body, |bencher, body| {
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
        });
    }
    group.finish();
}

fn writing(criterion: &mut Criterion) {
    let data = vec![b'x'; 1024];
    let mut out = Vec::new();
    let mut group = criterion.benchmark_group("1 KiB written");
    group.bench_function("as a chunk", |bencher| {
        bencher.iter(|| {
            out.clear();
            write_chunk(black_box(&data), &mut out);
            black_box(&out);
        });
    });
    group.bench_function("as it is", |bencher| {
        bencher.iter(|| {
            out.clear();
            out.extend_from_slice(black_box(&data));
            black_box(&out);
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = wsgiref_benches::short();
    targets = reading, writing
}
criterion_main!(benches);
