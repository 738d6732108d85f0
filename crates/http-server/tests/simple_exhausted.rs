//! A directory server in a process without descriptors. Alone in its process, which it leaves without any.
#![cfg(target_os = "linux")]

mod tree;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tree::{Served, make_tree};

#[test]
fn without_descriptors_a_file_is_not_missing() {
    let root = make_tree();
    let served = Served::persistent(root.path());
    let before = getrlimit(Resource::Nofile);
    let limit =
        |most| setrlimit(Resource::Nofile, Rlimit { current: most, ..before }).expect("a limit");
    for target in ["/file.txt", "/indexed/", "/sub/"] {
        limit(Some(0));
        let answer = served.get(target);
        limit(before.current);
        // A cache would keep a 404.
        assert!(
            answer.0.starts_with("HTTP/1.1 503 Service Unavailable\r\n"),
            "{target}: {}",
            answer.0
        );
        assert_eq!(answer.header("Retry-After"), Some("1"));
        assert_eq!(answer.header("Connection"), Some("close"));
        let log = std::mem::take(&mut *served.log.lock().expect("the log"));
        assert!(log[0].starts_with("cannot open /") && log[0].contains("os error 24"), "{log:?}");
        assert!(!answer.0.contains("os error"), "{}", answer.0);
        assert_eq!(served.get(target).status(), 200, "{target}");
        served.log.lock().expect("the log").clear();
    }
    limit(Some(0));
    let missing = served.get("/missing");
    limit(before.current);
    assert_eq!(missing.status(), 404);
}
