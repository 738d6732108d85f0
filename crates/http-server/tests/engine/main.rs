//! The engine driver: deadlines and limits by a clock that the tests advance, and over real sockets.

mod bodies;
mod deadlines;
mod files;
mod limits;
mod responses;
mod sockets;
mod stopping;
mod support;
