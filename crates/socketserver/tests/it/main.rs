//! The servers over real sockets on loopback. The subjects are those of CPython's
//! `test_socketserver.py`, and what differs from it.
#![cfg(unix)]

mod accept_errors;
mod attendance;
mod binding;
mod classes;
mod engine;
mod handlers;
mod hooks;
mod loops;
mod names;
#[path = "../support/mod.rs"]
mod support;
mod threading;
mod transport;
