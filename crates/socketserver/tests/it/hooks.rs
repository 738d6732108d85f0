//! The order in which hooks are called, row by row as CPython was observed to do it.

use crate::support::{Fail, Journal, deadline, noting_server};
use socketserver::{BaseServer, Serve, ThreadingMixIn};
use std::net::TcpStream;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Sends one connection to a server that fails where it is told to, and returns the hooks that
/// `handle_request` called; `None` stands for a panic that left the loop.
fn check(fail: Fail, expected: &[&str]) {
    let _deadline = deadline();
    let journal = Journal::new();
    let server = noting_server(&journal, fail);
    let _client = TcpStream::connect(server.base().server_address()).unwrap();
    server.handle_request().unwrap();
    assert_eq!(journal.entries(), expected);
}

#[test]
fn a_request_goes_through_every_hook() {
    check(
        Fail::Never,
        &[
            "S.get_request",
            "S.verify_request",
            "S.process_request",
            "S.finish_request",
            "H.setup",
            "H.handle",
            "H.finish",
            "S.shutdown_request",
            "S.close_request",
        ],
    );
}

#[test]
fn a_failed_handle_is_finished_and_reported() {
    check(
        Fail::Handle,
        &[
            "S.get_request",
            "S.verify_request",
            "S.process_request",
            "S.finish_request",
            "H.setup",
            "H.handle",
            "H.finish",
            "S.handle_error: H.handle failed",
            "S.shutdown_request",
            "S.close_request",
        ],
    );
}

#[test]
fn a_panic_in_handle_is_finished_and_reported() {
    check(
        Fail::HandlePanics,
        &[
            "S.get_request",
            "S.verify_request",
            "S.process_request",
            "S.finish_request",
            "H.setup",
            "H.handle",
            "H.finish",
            "S.handle_error: the handler panicked: the test wants it",
            "S.shutdown_request",
            "S.close_request",
        ],
    );
}

#[test]
fn a_failed_setup_is_reported_and_neither_handled_nor_finished() {
    check(
        Fail::Setup,
        &[
            "S.get_request",
            "S.verify_request",
            "S.process_request",
            "S.finish_request",
            "H.setup",
            "S.handle_error: H.setup failed",
            "S.shutdown_request",
            "S.close_request",
        ],
    );
}

#[test]
fn a_failed_finish_is_reported() {
    check(
        Fail::Finish,
        &[
            "S.get_request",
            "S.verify_request",
            "S.process_request",
            "S.finish_request",
            "H.setup",
            "H.handle",
            "H.finish",
            "S.handle_error: H.finish failed",
            "S.shutdown_request",
            "S.close_request",
        ],
    );
}

#[test]
fn shutdown_request_is_called_if_verify_request_is_false() {
    check(
        Fail::Verify,
        &["S.get_request", "S.verify_request", "S.shutdown_request", "S.close_request"],
    );
}

#[test]
fn a_failed_get_request_is_swallowed() {
    check(Fail::GetRequest, &["S.get_request"]);
}

#[test]
fn service_actions_follow_each_request_of_serve_forever() {
    let _deadline = deadline();
    let journal = Journal::new();
    let server = noting_server(&journal, Fail::Never);
    let handle = server.shutdown_handle();
    let _client = TcpStream::connect(server.base().server_address()).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| server.serve_forever().unwrap());
        let mut noted = Vec::new();
        while !noted.contains(&"S.service_actions".to_owned()) {
            noted.extend(journal.entries());
            std::thread::yield_now();
        }
        handle.shutdown();
        assert_eq!(noted[7..10], ["S.shutdown_request", "S.close_request", "S.service_actions"]);
    });
}

/// The rows of CPython's table in which an exception leaves the loop.
fn check_panic(fail: Fail, expected: &[&str]) {
    let _deadline = deadline();
    let journal = Journal::new();
    let server = noting_server(&journal, fail);
    let _client = TcpStream::connect(server.base().server_address()).unwrap();
    catch_unwind(AssertUnwindSafe(|| server.serve_forever())).unwrap_err();
    assert_eq!(journal.entries(), expected);
    // The loop has ended for everybody else too: nobody waits, and another loop may start.
    server.shutdown();
    server.serve_forever().unwrap();
}

#[test]
fn a_panic_in_verify_request_leaves_the_loop() {
    check_panic(Fail::VerifyPanics, &["S.get_request", "S.verify_request"]);
}

#[test]
fn a_panic_in_handle_error_leaves_the_loop() {
    check_panic(
        Fail::HandleErrorPanics,
        &[
            "S.get_request",
            "S.verify_request",
            "S.process_request",
            "S.finish_request",
            "H.setup",
            "H.handle",
            "H.finish",
            "S.handle_error: the handler panicked: the test wants it",
        ],
    );
}

/// The same through `ThreadingMixIn`, whose threads end before `server_close` returns.
fn check_threading(fail: Fail, expected: &[&str]) {
    let _deadline = deadline();
    let journal = Journal::new();
    let server = ThreadingMixIn::new(noting_server(&journal, fail));
    let _client = TcpStream::connect(server.server_address()).unwrap();
    server.handle_request().unwrap();
    server.server_close();
    let mut noted = journal.entries();
    // The loop's thread closes the server while the request's thread works.
    let closed = noted.iter().position(|hook| hook == "S.server_close").unwrap();
    noted.remove(closed);
    assert_eq!(noted, expected);
}

#[test]
fn threads_call_the_overrides_of_the_server_inside() {
    check_threading(
        Fail::Never,
        &[
            "S.get_request",
            "S.verify_request",
            "S.finish_request",
            "H.setup",
            "H.handle",
            "H.finish",
            "S.shutdown_request",
            "S.close_request",
        ],
    );
}

#[test]
fn threads_report_errors_and_then_shut_the_request_down() {
    check_threading(
        Fail::Handle,
        &[
            "S.get_request",
            "S.verify_request",
            "S.finish_request",
            "H.setup",
            "H.handle",
            "H.finish",
            "S.handle_error: H.handle failed",
            "S.shutdown_request",
            "S.close_request",
        ],
    );
}

#[test]
fn a_thread_shuts_the_request_down_even_if_handle_error_panics() {
    check_threading(
        Fail::HandleErrorPanics,
        &[
            "S.get_request",
            "S.verify_request",
            "S.finish_request",
            "H.setup",
            "H.handle",
            "H.finish",
            "S.handle_error: the handler panicked: the test wants it",
            "S.shutdown_request",
            "S.close_request",
        ],
    );
}

#[test]
fn handle_timeout_is_called_through_a_mix_in() {
    let _deadline = deadline();
    let journal = Journal::new();
    let server = ThreadingMixIn::new(noting_server(&journal, Fail::Timeout));
    server.handle_request().unwrap();
    assert_eq!(journal.entries(), ["S.handle_timeout"]);
}
