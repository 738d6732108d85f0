//! The client's side of a connection: it sends any bytes at all, and reads answers by the letter.
//!
//! Nothing of the servers' own code is used here, so that a mistake made there is not made again here.

mod connection;
pub(crate) mod dechunk;
mod head;
mod reader;

pub use connection::{Connection, End};
pub use head::{Head, Malformed};
pub use reader::{Answer, Framing, Trouble};
