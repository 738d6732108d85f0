//! The engine driver: the same handlers, exchanges and bytes as [`blocking`](crate::blocking), on
//! [`socketserver::engine`].
//!
//! `protocol` receives heads and bodies while nobody waits, `serve` runs the handler.

mod desk;
mod protocol;
mod serve;
mod upload;
mod why;
mod wires;

pub use protocol::HttpProtocol;
pub(crate) use upload::Kept;
use why::{Refused, Why};
