//! What does an application pay for its environ: to look up one key, to walk over all of them, and to have all of it built?
//!
//! Nothing is built before somebody asks: the environ is a view of the head. `all as a sorted copy` is what building it costs.
//! The application runs within the server, in memory, and times itself: what a request costs besides is in `response`.

use criterion::{Criterion, criterion_group, criterion_main};
use http_server::{ClientAddress, Pair, ServerInfo, handle};
use std::hint::black_box;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use wsgi_simple_server::{AppResult, Body, Environ, StartResponse};
use wsgiref_benches::{BROWSER_GET, serving};

/// How long it takes to do this to the environ of a browser's request, so many times.
fn within_application(times: u64, work: fn(&Environ<'_>)) -> Duration {
    let spent = Arc::new(Mutex::new(Duration::ZERO));
    let handler = serving({
        let spent = Arc::clone(&spent);
        move |environ: &mut Environ<'_>, start_response: &mut dyn StartResponse| -> AppResult {
            let start = Instant::now();
            for _ in 0..times {
                work(black_box(environ));
            }
            *spent.lock().expect("nothing panics") = start.elapsed();
            start_response.start("200 OK", [("Content-Length", "0")])?;
            Ok(Body::empty())
        }
    });
    let mut connection = Pair { reader: BROWSER_GET, writer: io::sink() };
    handle(&mut connection, &ClientAddress::Unnamed, &ServerInfo::default(), &handler)
        .expect("the application returns");
    let spent = spent.lock().expect("nothing panics");
    *spent
}

fn environ(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("environ of a browser");
    let mut bench = |name: &str, work: fn(&Environ<'_>)| {
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|times| within_application(times, work));
        });
    };
    bench("REQUEST_METHOD", |environ| drop(black_box(environ.get("REQUEST_METHOD"))));
    bench("PATH_INFO", |environ| drop(black_box(environ.get("PATH_INFO"))));
    bench("HTTP_COOKIE", |environ| drop(black_box(environ.get("HTTP_COOKIE"))));
    bench("absent key", |environ| drop(black_box(environ.get("HTTP_X_ABSENT"))));
    bench("walk of all", |environ| {
        environ.for_each_str(&mut |key, value| {
            black_box((key, value));
        });
    });
    bench("all as a sorted copy", |environ| drop(black_box(environ.items())));
    group.finish();
}

criterion_group! {
    name = benches;
    config = wsgiref_benches::short();
    targets = environ
}
criterion_main!(benches);
