//! HTTPS: what is loaded, the engine by a clock that is advanced, and all servers over real sockets.
#![cfg(feature = "tls")]

mod engine;
mod options;
mod sockets;
mod support;
