//! Options: how much a client may send.

use clap::Args;
use http_server::BodyOptions;
use http_server::proto::Limits;

use crate::quantity::{OrOff, Size, one_or_more, size_in, size_or_off, some_size_or_off};

const BODIES: BodyOptions = BodyOptions::new();

/// A request line below this is none: `GET / HTTP/1.1` and its end.
const SHORTEST_LINE: u64 = 16;
/// Each thread has memory for a whole head.
const LARGEST_HEAD: u64 = 16 * 1024 * 1024;
/// The library keeps at least so much of a body in memory.
const SMALLEST_BUFFER: u64 = 4096;
const LARGEST_BUFFER: u64 = 1024 * 1024 * 1024;

/// How much a client may send.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits (512, 64K, 1M, 4G; off: none)")]
pub(crate) struct LimitArgs {
    /// The longest request line; beyond it the answer is 414
    #[arg(long, value_name = "SIZE", value_parser = size_in(SHORTEST_LINE..=LARGEST_HEAD), hide_short_help = true, default_value_t = Size(Limits::default().request_line as u64))]
    limit_request_line: Size,

    /// How many header fields; beyond it the answer is 431
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = one_or_more, hide_short_help = true, default_value_t = Limits::default().fields)]
    limit_request_fields: usize,

    /// How large all header fields may be together; beyond it the answer is 431
    #[arg(long, value_name = "SIZE", value_parser = size_in(SHORTEST_LINE..=LARGEST_HEAD), hide_short_help = true, default_value_t = Size(Limits::default().head as u64))]
    limit_request_head: Size,

    /// The largest request body; beyond it the answer is 413
    #[arg(long, value_name = "SIZE", value_parser = some_size_or_off, hide_short_help = true, default_value_t = OrOff::On(Size(Limits::default().body)))]
    limit_request_body: OrOff<Size>,

    /// How much of one request body is kept in memory until all of it is there; a larger one goes to a temporary file
    #[arg(long, value_name = "SIZE", value_parser = size_in(SMALLEST_BUFFER..=LARGEST_BUFFER), hide_short_help = true, default_value_t = Size(BODIES.in_memory as u64))]
    body_buffer: Size,

    /// How much of all request bodies is kept in memory; beyond it they go to files
    #[arg(long, value_name = "SIZE", value_parser = size_or_off, hide_short_help = true, default_value_t = OrOff::On(Size(BODIES.total_in_memory as u64)))]
    body_memory: OrOff<Size>,

    /// How much of all request bodies is kept in files; beyond it the answer is 503 with Retry-After
    #[arg(long, value_name = "SIZE", value_parser = size_or_off, hide_short_help = true, default_value_t = OrOff::On(Size(BODIES.total_on_disk)))]
    body_disk: OrOff<Size>,
}

impl LimitArgs {
    /// Writes the options down where they belong.
    pub(super) fn limits(&self) -> Limits {
        Limits::default()
            .request_line(in_memory(self.limit_request_line.0))
            .fields(self.limit_request_fields)
            .head(in_memory(self.limit_request_head.0))
            .body(bytes(self.limit_request_body))
    }

    /// The same.
    pub(super) fn bodies(&self) -> BodyOptions {
        BODIES
            .in_memory(in_memory(self.body_buffer.0))
            .total_in_memory(in_memory(bytes(self.body_memory)))
            .total_on_disk(bytes(self.body_disk))
    }
}

fn bytes(size: OrOff<Size>) -> u64 {
    size.on().map_or(u64::MAX, |Size(bytes)| bytes)
}

/// As many bytes as memory can have.
fn in_memory(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
