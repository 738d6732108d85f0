//! Options: how much is done at the same time.

use std::fmt;

use clap::{Args, ValueEnum};
use http_server::server_options;
use socketserver::engine::{EngineOptions, Overload};

use crate::quantity::one_or_more;

/// How much is done at the same time.
#[derive(Debug, Args)]
#[command(next_help_heading = "Threads and connections")]
pub(crate) struct Capacity {
    /// How many requests the application takes its time for at the same time
    ///
    /// Brief ones run besides, one for each poller but the first. Threads are started when they are needed, and only the application needs them: a client that is waited for
    /// holds none. The default is four for each processor, and at least 16.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = one_or_more, default_value_t = EngineOptions::default().threads)]
    threads: usize,

    /// How many of the threads may watch connections at the same time
    ///
    /// At most as many as --threads. The default is one for each processor.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = one_or_more, hide_short_help = true, default_value_t = EngineOptions::default().pollers)]
    pollers: usize,

    /// How many requests wait when all threads are busy
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = any_number, hide_short_help = true, default_value_t = EngineOptions::default().queue)]
    queue: usize,

    /// What becomes of clients when all threads are busy and the queue is full
    #[arg(long, value_name = "HOW", hide_short_help = true, default_value_t = When::Refuse)]
    overload: When,

    /// How many connections are open at the same time; beyond them idle ones give way
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = one_or_more, hide_short_help = true, default_value_t = EngineOptions::default().max_connections)]
    max_connections: usize,

    /// How many clients may wait to be accepted; the system may allow fewer
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = backlog, hide_short_help = true, default_value_t = server_options().request_queue_size)]
    pub(super) backlog: i32,
}

/// The values of `--overload`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum When {
    /// The answer is 503 with Retry-After
    Refuse,
    /// They wait, and no more are accepted
    Wait,
}

impl Capacity {
    /// What is wrong with these options together, given whether the number of pollers was chosen.
    pub(super) fn check(&self, pollers_chosen: bool) -> Result<(), String> {
        let Self { threads, pollers, .. } = self;
        if pollers_chosen && pollers > threads {
            return Err(format!(
                "--pollers {pollers} is more than --threads {threads}: \
                 pollers are threads, so give at most as many"
            ));
        }
        Ok(())
    }

    /// Writes the options down where they belong.
    pub(super) fn engine_options(&self) -> EngineOptions {
        EngineOptions::default()
            .threads(self.threads)
            .pollers(self.pollers.min(self.threads))
            .queue(self.queue)
            .overload(match self.overload {
                When::Refuse => Overload::Refuse,
                When::Wait => Overload::Wait,
            })
            .max_connections(self.max_connections)
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refuse => "refuse",
            Self::Wait => "wait",
        })
    }
}

fn any_number(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| "give a whole number from 0 up, such as 100".into())
}

fn backlog(text: &str) -> Result<i32, String> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| format!("give a whole number from 1 to {}, such as 128", i32::MAX))
}
