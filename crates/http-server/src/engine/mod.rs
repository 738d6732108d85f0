//! The engine driver: the same handlers, exchanges and bytes as [`blocking`](crate::blocking), on
//! [`socketserver::engine`].
//!
//! `connection` is plain or goes through TLS, `protocol` receives heads and bodies while nobody waits, `serve` runs the handler.

mod connection;
mod desk;
mod protocol;
mod serve;
mod upload;
mod why;
mod wires;

pub use connection::HttpProtocol;
pub(crate) use protocol::PlainProtocol;
pub(crate) use upload::Kept;
use why::{Refused, Why};
pub(crate) use wires::BytesWire;
