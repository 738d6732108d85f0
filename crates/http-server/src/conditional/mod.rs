//! Conditional and range requests (RFC 9110 §13 and §14): what decides about them, as pure functions.
//!
//! [`SimpleHttpRequestHandler`](crate::SimpleHttpRequestHandler) answers by them. A handler with representations of its own
//! does the same in three steps: say what the representation is now ([`Validators`]), ask [`evaluate`] whether to go on,
//! and [`requested_ranges`] which bytes are wanted.
//!
//! ```text
//!  Validators ─▶ evaluate ─┬─ Failed ───────▶ 412   If-Match, else If-Unmodified-Since
//!                          ├─ NotModified ──▶ 304   If-None-Match, else If-Modified-Since (GET and HEAD)
//!                          └─ Perform ─▶ requested_ranges ─┬─ Whole ─────────▶ 200   Range with If-Range (GET)
//!                                                          ├─ One, Several ──▶ 206
//!                                                          └─ Unsatisfiable ─▶ 416
//! ```
//!
//! Nothing here reads a clock, a file or a socket.
//!
//! # Examples
//!
//! ```
//! use http_server::conditional::{EntityTag, Ranges, Validators, Verdict, evaluate, requested_ranges};
//! use http_server::proto::{HeadParser, Limits};
//! use std::time::SystemTime;
//!
//! let request = b"GET / HTTP/1.1\r\nHost: h\r\nIf-None-Match: \"a\", \"b\"\r\nRange: bytes=-3\r\n\r\n";
//! let mut parser = HeadParser::new(Limits::default());
//! parser.parse(request)?;
//! let head = parser.head(request);
//!
//! let mut current = Validators { etag: EntityTag::strong("b"), last_modified: None };
//! assert_eq!(evaluate(head.method(), &head.headers(), &current), Verdict::NotModified);
//!
//! current.etag = EntityTag::strong("c");
//! assert_eq!(evaluate(head.method(), &head.headers(), &current), Verdict::Perform);
//! let Ranges::One(range) = requested_ranges(head.method(), &head.headers(), &current, 10, SystemTime::now())
//! else { panic!("one range") };
//! assert_eq!(range.content_range(10), "bytes 7-9/10");
//! # Ok::<(), http_server::proto::RequestError>(())
//! ```

mod entity_tag;
mod preconditions;
mod range;

pub use entity_tag::EntityTag;
pub use preconditions::{Validators, Verdict, evaluate, requested_ranges};
pub use range::{ByteRange, MAX_RANGES, Ranges};
