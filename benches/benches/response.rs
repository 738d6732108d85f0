//! What does a response cost: its head alone, and a whole exchange in memory, of a handler and of a WSGI application?
//!
//! An exchange is one request of a kept connection, from the bytes of its head to the bytes of its response, without
//! sockets and without a log. The difference of the two is the price of WSGI.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use http_server::proto::{Version, write_field, write_status_line};
use http_server::{BaseHttpRequestHandler, ClientAddress, Pair, ServerInfo, handle};
use std::hint::black_box;
use std::io;
use wsgi_simple_server::wsgi_util;
use wsgiref_benches::{CURL_GET, Hello, hello, serving};

const FIELDS: [(&str, &str); 4] = [
    ("Server", "BaseHTTP wsgiref-rs/0.1.0"),
    ("Date", "Tue, 14 Nov 2023 22:13:20 GMT"),
    ("Content-Type", "text/plain"),
    ("Content-Length", "13"),
];

fn head(criterion: &mut Criterion) {
    let mut out = Vec::new();
    criterion.bench_function("response head/four fields", |bencher| {
        bencher.iter(|| {
            out.clear();
            write_status_line(Version::HTTP_11, 200, black_box("OK"), &mut out).expect("valid");
            for (name, value) in black_box(FIELDS) {
                write_field(name, value, &mut out).expect("valid");
            }
            black_box(&out);
        });
    });
    criterion.bench_function("response head/wsgi Headers", |bencher| {
        bencher.iter(|| {
            let mut headers = wsgi_util::Headers::new();
            for (name, value) in black_box(FIELDS) {
                headers.set(name, value).expect("valid");
            }
            black_box(headers.to_bytes())
        });
    });
}

/// So many requests on one connection make its beginning and end cheap.
const REQUESTS: usize = 100;

fn exchanges(criterion: &mut Criterion) {
    let application = serving(hello);
    let handler = Hello::new();
    let input = CURL_GET.repeat(REQUESTS);
    let mut group = criterion.benchmark_group("exchange");
    group.throughput(Throughput::Elements(REQUESTS as u64));
    for (name, handler) in
        [("handler", &handler as &dyn BaseHttpRequestHandler), ("application", &application)]
    {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut connection = Pair { reader: black_box(&input[..]), writer: io::sink() };
                handle(&mut connection, &ClientAddress::Unnamed, &ServerInfo::default(), handler)
                    .expect("nothing goes wrong");
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = wsgiref_benches::short();
    targets = head, exchanges
}
criterion_main!(benches);
