//! Scripts: whatever the target, what would lead to a file below a script directory leads to a script.
#![no_main]

use http_server::{CgiHttpRequestHandler, SimpleHooks};
use libfuzzer_sys::fuzz_target;
use std::path::Path;

fuzz_target!(|target: &str| {
    let handler = CgiHttpRequestHandler::new("served");
    let path = SimpleHooks::translate_path(&handler, target);
    let below = path.strip_prefix("served").expect("the path begins with the directory");
    let mut names = below.iter();
    let is_directory = names.next().is_some_and(|name| name == "cgi-bin" || name == "htbin");
    let found = handler.is_cgi(target);
    if is_directory && names.next().is_some() {
        assert!(found.is_some(), "{path:?} is a script");
    }
    let Some(info) = found else { return };
    assert!(is_directory, "{path:?} is no script");
    // Both parts are written in one way, which means the same when it is read again.
    let (script, _) = info.rest.split_once('?').unwrap_or((&info.rest, ""));
    let again = format!("{}/{script}", info.directory);
    assert_eq!(SimpleHooks::translate_path(&handler, &again), Path::new(&path));
    assert_eq!(handler.is_cgi(&format!("{}/{}", info.directory, info.rest)), Some(info));
});
