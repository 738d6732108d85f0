//! Options: how long a client may take.

use std::time::Duration;

use clap::Args;
use http_server::Deadlines;
use socketserver::MinRate;
use socketserver::engine::EngineOptions;

use crate::quantity::{OrOff, Rate, Time, rate_or_off, some_time_or_off, time, time_or_off};

const DEFAULTS: Deadlines = Deadlines::new();

/// How long a client may take.
#[derive(Debug, Args)]
#[command(next_help_heading = "Deadlines (500ms, 10s, 2m, 1h; off: none)")]
pub(crate) struct DeadlineArgs {
    /// How long a new connection may say nothing; then it is closed
    #[arg(long, value_name = "TIME", value_parser = some_time_or_off, hide_short_help = true, default_value_t = on_or_off(DEFAULTS.first_byte))]
    first_byte_timeout: OrOff<Time>,

    /// How long the whole head of a request may take, however steadily it comes; then the answer is 408
    #[arg(long, value_name = "TIME", value_parser = some_time_or_off, hide_short_help = true, default_value_t = on_or_off(DEFAULTS.head))]
    head_timeout: OrOff<Time>,

    /// How slowly a request body may come, after --body-grace; slower is answered with 408
    #[arg(long, value_name = "SIZE/s", value_parser = rate_or_off, hide_short_help = true, default_value_t = rate_of(DEFAULTS.body))]
    body_rate: OrOff<Rate>,

    /// How long a request body may stand still before the rate counts
    #[arg(long, value_name = "TIME", value_parser = time, hide_short_help = true, default_value_t = grace_of(DEFAULTS.body))]
    body_grace: Time,

    /// How slowly a client may take the response, after --response-grace; slower is cut off
    #[arg(long, value_name = "SIZE/s", value_parser = rate_or_off, hide_short_help = true, default_value_t = rate_of(DEFAULTS.response))]
    response_rate: OrOff<Rate>,

    /// How long a response may stand still before the rate counts
    #[arg(long, value_name = "TIME", value_parser = time, hide_short_help = true, default_value_t = grace_of(DEFAULTS.response))]
    response_grace: Time,

    /// How long an idle connection is kept for another request; off closes after each response
    #[arg(long, value_name = "TIME", value_parser = time_or_off, hide_short_help = true, default_value_t = on_or_off(DEFAULTS.idle))]
    keep_alive: OrOff<Time>,

    /// How long the rest of a request body that the application did not read, at most 64K, is read and dropped, to keep
    /// the connection; off closes it
    #[arg(long, value_name = "TIME", value_parser = time_or_off, hide_short_help = true, default_value_t = on_or_off(DEFAULTS.drain))]
    drain: OrOff<Time>,

    /// How long what a client still sends is read and dropped before its connection closes, so that it gets the answer
    /// and no reset; off closes at once
    #[arg(long, value_name = "TIME", value_parser = time_or_off, hide_short_help = true, default_value_t = on_or_off(DEFAULTS.linger))]
    linger: OrOff<Time>,

    /// How long running requests may take after Ctrl-C or SIGTERM; off waits for all of them
    #[arg(long, value_name = "TIME", value_parser = time_or_off, hide_short_help = true, default_value_t = OrOff::On(Time(EngineOptions::default().graceful)))]
    pub(crate) graceful_timeout: OrOff<Time>,
}

impl DeadlineArgs {
    /// What is wrong with these options together, given whether the graces were chosen.
    pub(super) fn check(&self, body_grace: bool, response_grace: bool) -> Result<(), String> {
        for (what, rate, chosen) in
            [("body", self.body_rate, body_grace), ("response", self.response_rate, response_grace)]
        {
            if chosen && rate == OrOff::Off {
                return Err(format!(
                    "--{what}-grace means nothing with --{what}-rate off: drop one"
                ));
            }
        }
        Ok(())
    }

    /// Whether a connection is closed after each response.
    pub(crate) fn closes_after_each_response(&self) -> bool {
        matches!(self.keep_alive, OrOff::Off | OrOff::On(Time(Duration::ZERO)))
    }

    /// Writes the options down where they belong.
    pub(super) fn deadlines(&self) -> Deadlines {
        DEFAULTS
            .first_byte(duration(self.first_byte_timeout))
            .head(duration(self.head_timeout))
            .body(min_rate(self.body_rate, self.body_grace))
            .response(min_rate(self.response_rate, self.response_grace))
            // Not to drain, and not to linger, is to do it for no time.
            .idle(duration(self.keep_alive).or(Some(Duration::ZERO)))
            .drain(duration(self.drain).or(Some(Duration::ZERO)))
            .linger(duration(self.linger).or(Some(Duration::ZERO)))
    }

    pub(super) fn graceful(&self) -> Duration {
        duration(self.graceful_timeout).unwrap_or(Duration::MAX)
    }
}

fn duration(time: OrOff<Time>) -> Option<Duration> {
    time.on().map(|Time(duration)| duration)
}

fn min_rate(rate: OrOff<Rate>, grace: Time) -> Option<MinRate> {
    rate.on().map(|Rate(bytes_per_second)| MinRate { grace: grace.0, bytes_per_second })
}

fn on_or_off(default: Option<Duration>) -> OrOff<Time> {
    default.map(Time).into()
}

fn rate_of(default: Option<MinRate>) -> OrOff<Rate> {
    default.map(|rate| Rate(rate.bytes_per_second)).into()
}

fn grace_of(default: Option<MinRate>) -> Time {
    Time(default.map_or(Duration::ZERO, |rate| rate.grace))
}
