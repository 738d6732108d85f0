//! Options: threads, deadlines and limits, the same whatever is served.

use clap::{ArgMatches, Args};
use http_server::{HandlerOptions, server_options};
use socketserver::ServerOptions;
use socketserver::engine::EngineOptions;

use super::capacity::Capacity;
use super::chosen;
use super::deadlines::DeadlineArgs;
use super::limits::LimitArgs;

/// How much is done at the same time, and what a client may do.
#[derive(Debug, Args)]
pub(crate) struct Tuning {
    #[command(flatten)]
    capacity: Capacity,

    #[command(flatten)]
    pub(crate) deadlines: DeadlineArgs,

    #[command(flatten)]
    limits: LimitArgs,
}

impl Tuning {
    /// What is wrong with these options together.
    pub(super) fn check(&self, matches: &ArgMatches) -> Result<(), String> {
        self.capacity.check(chosen(matches, "pollers"))?;
        self.deadlines.check(chosen(matches, "body_grace"), chosen(matches, "response_grace"))
    }

    /// What the options say to the listening socket.
    pub(crate) fn server_options(&self) -> ServerOptions {
        server_options().request_queue_size(self.capacity.backlog)
    }

    /// What they say to the engine.
    pub(crate) fn engine_options(&self) -> EngineOptions {
        let limits = self.limits.limits();
        let options = self.capacity.engine_options().graceful(self.deadlines.graceful());
        // A head is parsed where it is received, with a few empty lines before and one behind it.
        let head = limits.request_line + limits.head + 2 * limits.empty_lines + 2;
        let input_buffer = options.input_buffer.max(head);
        options.input_buffer(input_buffer)
    }

    /// What they say to the handler of each connection, besides the class attributes it has.
    pub(crate) fn tune(&self, options: HandlerOptions) -> HandlerOptions {
        options
            .deadlines(self.deadlines.deadlines())
            .limits(self.limits.limits())
            .bodies(self.limits.bodies())
    }
}
