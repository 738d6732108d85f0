//! What the suites in `tests/` share: CPython's recorded answers and the servers that are compared with them.
#![forbid(unsafe_code)]

pub mod added;
pub mod app;
pub mod ascii;
pub mod base;
pub mod client;
pub mod corpus;
pub mod corrected;
pub mod diff;
pub mod golden;
pub mod mask;
pub mod play;
pub mod server;
pub mod tree;
pub mod verdict;
pub mod wire;

/// The programs of the README, compiled and run like the examples of the docs.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
