//! The protocol core: bytes and facts in, bytes and facts out. No sockets, no clocks, no threads.
//!
//! A driver owns the buffer and the connection; what the bytes mean is decided here, for every driver alike.
//!
//! ```text
//!   bytes ──▶ HeadParser::parse ──▶ RequestHead ──▶ framing() ──▶ BodyDecoder::decode ──▶ next head
//!                 │       │
//!                 │       └─ None: more bytes, please
//!                 └─ RequestError: status, words, explanation, rule ──▶ error page, close
//! ```
//!
//! The head of a request that arrives whole and is valid takes the hot path (one pass, which accepts nothing that any rule refuses).
//! Any other takes the slow pass, which reads line by line, goes on where it stopped, and knows what is wrong. Both
//! agree on every input, and neither depends on how the bytes were cut.
//!
//! The other direction is smaller: [`write_status_line`], [`write_field`] and [`write_chunk`] append to the caller's
//! buffer, and what would break the response is a [`Misuse`].
//!
//! # Examples
//!
//! A whole request, body included:
//!
//! ```
//! use http_server::proto::{BodyDecoder, HeadParser, Limits};
//!
//! let input = b"POST /form HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
//! let mut parser = HeadParser::new(Limits::default());
//! let length = parser.parse(input)?.expect("the head is whole");
//! let head = parser.head(&input[..length]);
//! assert_eq!(head.method(), "POST");
//!
//! let mut body = BodyDecoder::new(head.framing(), parser.limits());
//! let mut output = [0; 1024];
//! let decoded = body.decode(&input[length..], &mut output)?;
//! assert!(decoded.done);
//! assert_eq!(&output[..decoded.produced], b"hello");
//! # Ok::<(), http_server::proto::RequestError>(())
//! ```

mod body;
mod chunked;
mod connection;
mod cursor;
mod diagnosis;
mod error;
mod expect;
mod field_line;
mod found;
mod framing;
mod head;
mod headers;
mod host;
mod hot_path;
mod known_fields;
mod limits;
mod misuse;
mod octets;
#[cfg(test)]
mod refusals;
mod request_line;
mod response;
mod span;
mod target;
mod version;

pub use body::{BodyDecoder, Decoded};
pub use chunked::{ChunkedDecoder, LAST_CHUNK, write_chunk, write_chunk_head};
pub use connection::list_contains;
pub use error::{Quoted, RequestError};
pub use expect::Expectation;
pub use framing::Framing;
pub use head::{HeadParser, RequestHead};
pub use headers::RequestHeaders;
pub use limits::Limits;
pub use misuse::Misuse;
pub(crate) use octets::is_word;
pub(crate) use response::write_usual_status_line;
pub use response::{
    body_allowed, check_field_name, check_field_value, check_reason, length_allowed, write_field,
    write_status_line,
};
pub use target::TargetForm;
pub use version::Version;
