//! The protocol core: bytes and facts in, bytes and facts out. No sockets, no clocks, no threads.
//!
//! Seam for everybody else (bodies to come):
//!
//! - `Limits`: request_line 65536, head 65536, fields 100, empty_lines 8, chunk_extension 256, trailers 8192, body 1 GiB
//! - `RequestError`: non-exhaustive; `status() -> u16`, `message() -> Cow<str>` (CPython's words where it has them),
//!   `explain() -> Cow<str>` (names the rule: "RFC 9112 §5.1: ..."), `section()`, `requestline()`/`command()` as far as known
//! - `HeadParser::parse(&mut self, buf: &[u8]) -> Result<Option<usize>, RequestError>`: `None` = need more;
//!   `Some(n)` = the head is `buf[..n]`; afterwards `parser.head(&buf[..n]) -> RequestHead<'_>` (borrowed view over offsets, no allocation per field)
//! - `RequestHead<'b>`: `method() -> &str`, `target() -> &str`, `requestline() -> Cow<str>`, `version() -> Version`,
//!   `headers() -> RequestHeaders<'b>` (get, get_all, iter, contains; latin-1), `framing() -> Framing`, `keep_alive(server: Version) -> bool`, `expects_continue()`, `host()`
//! - `Framing::{None, Length(u64), Chunked}`
//! - `ChunkedDecoder::decode(&mut self, input: &[u8], output: &mut [u8]) -> Result<Decoded { consumed, produced, done }, RequestError>`
//! - `chunked::write_chunk_head(len, &mut Vec<u8>)`, `LAST_CHUNK`
//! - response side: `check_field_name/value/reason` (Misuse errors), `body_allowed(status, method)`
