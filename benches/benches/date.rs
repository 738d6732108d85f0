//! What does a date cost: that of a response in the same second as the last one, and in a new second; that of a log line;
//! and one that a client has sent?

use criterion::{Criterion, criterion_group, criterion_main};
use http_server::date::{date_time_string, log_date_time_string, parse_http_date};
use std::hint::black_box;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const MOMENT: u64 = 1_700_000_000;

fn dates(criterion: &mut Criterion) {
    let moment = UNIX_EPOCH + Duration::from_secs(MOMENT);
    let mut group = criterion.benchmark_group("date");
    group.bench_function("same second", |bencher| {
        bencher.iter(|| date_time_string(black_box(moment)));
    });
    group.bench_function("new second", |bencher| {
        let mut second = MOMENT;
        bencher.iter(|| {
            second += 1;
            date_time_string(black_box(UNIX_EPOCH + Duration::from_secs(second)))
        });
    });
    // With the clock, which every response reads.
    group.bench_function("same second, clock read", |bencher| {
        bencher.iter(|| date_time_string(SystemTime::now()));
    });
    group.bench_function("of a log line", |bencher| {
        bencher.iter(|| log_date_time_string(black_box(moment)));
    });
    group.bench_function("from a client", |bencher| {
        bencher.iter(|| parse_http_date(black_box("Tue, 14 Nov 2023 22:13:20 GMT")));
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = wsgiref_benches::short();
    targets = dates
}
criterion_main!(benches);
