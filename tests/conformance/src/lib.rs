//! Suites of conformance cases for HTTP/1.1 servers and WSGI gateways, played on ours and on anybody's.
//!
//! A [`Suite`] yields [`Trial`]s: a [`Case`], which is one rule, on one [`Subject`], which is one server. A trial that is
//! played has an [`Outcome`]. Nothing else is known of suites by what lists, chooses, runs and reports them, so that it is
//! the same for cases that are [data] and for cases that are code.
//!
//! ```text
//!  cases/*.toml ── data ──┐
//!                         ├─ suites ── trials ── run ── report: table, JSON, Markdown, failures
//!  suites/*.rs ── code ───┘               │
//!                                       wire: a client that sends anything and reads by the letter
//! ```
#![forbid(unsafe_code)]

pub mod bytes;
mod case;
pub mod command;
pub mod data;
pub mod invariants;
mod outcome;
pub mod peers;
mod problem;
pub mod report;
pub mod requirements;
pub mod run;
mod stage;
pub mod subjects;
mod suite;
pub mod suites;
pub mod wire;

pub use case::{Case, Level};
pub use outcome::{Failure, Outcome};
pub use problem::Problem;
pub use stage::{Profile, Settings, Stage, Subject};
pub use suite::{Suite, Trial};
