//! Dates of `If-Modified-Since`: nothing panics, and what is read is written as the same moment.
#![no_main]

use http_server::date::{date_time_string, log_date_time_string, parse_http_date};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Some(time) = parse_http_date(text) {
        assert_eq!(parse_http_date(&date_time_string(time)), Some(time), "{text:?}");
        assert!(log_date_time_string(time).is_ascii());
    }
});
