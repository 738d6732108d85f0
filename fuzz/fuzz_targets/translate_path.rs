//! Paths: whatever the target, the path is below the directory.
#![no_main]

use http_server::{SimpleHooks, SimpleHttpRequestHandler};
use libfuzzer_sys::fuzz_target;
use std::path::Component;

fuzz_target!(|target: &str| {
    let handler = SimpleHttpRequestHandler::new("served");
    let path = SimpleHooks::translate_path(&handler, target);
    let below = path.strip_prefix("served").expect("the path begins with the directory");
    assert!(below.components().all(|part| matches!(part, Component::Normal(_))), "{path:?}");
    assert!(handler.guess_type(&path).contains('/'));
});
