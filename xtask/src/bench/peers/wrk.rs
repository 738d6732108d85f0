//! wrk, which makes the load.

use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::Result;
use crate::bench::peers::scenarios::Load;

/// Whether it is there; the error says how to get it.
pub(super) fn check() -> Result {
    let found = Command::new("wrk").arg("-v").stdout(Stdio::null()).stderr(Stdio::null()).status();
    found.map(drop).map_err(|_| {
        "wrk, which makes the load, is not installed; get it with: apt-get install wrk (without it: \
         --scenarios idle10k,start)"
            .into()
    })
}

/// What wrk says at its end.
pub(super) struct Report {
    pub(super) requests: f64,
    pub(super) elapsed: Duration,
    /// Microseconds.
    pub(super) p50: f64,
    pub(super) p99: f64,
    /// By kind: connect, read, write, status, timeout. Those that did not happen are left out.
    pub(super) errors: Vec<(&'static str, f64)>,
}

impl Report {
    pub(super) fn per_second(&self) -> f64 {
        self.requests / self.elapsed.as_secs_f64()
    }

    fn parse(output: &str) -> Option<Self> {
        let line = output.lines().find_map(|line| line.strip_prefix("FIGURES "))?;
        let figures: Value = serde_json::from_str(line).ok()?;
        let figure = |name: &str| figures.get(name)?.as_f64();
        let errors = ["connect", "read", "write", "status", "timeout"];
        let errors = errors.into_iter().filter_map(|kind| Some((kind, figure(kind)?)));
        Some(Self {
            requests: figure("requests")?,
            elapsed: Duration::from_secs_f64(figure("microseconds")? / 1e6),
            p50: figure("p50")?,
            p99: figure("p99")?,
            errors: errors.filter(|(_, count)| *count > 0.0).collect(),
        })
    }
}

/// Puts a server under load for some seconds.
pub(super) fn run(port: u16, load: &Load, seconds: u32) -> Result<Report> {
    let output = command(port, load, seconds).output()?;
    Report::parse(&String::from_utf8_lossy(&output.stdout))
        .ok_or_else(|| format!("wrk: {}", String::from_utf8_lossy(&output.stderr).trim()).into())
}

/// A third of a second of the load. wrk takes whole seconds only, so it is ended early.
pub(super) fn warm_up(port: u16, load: &Load) -> Result {
    let mut command = command(port, load, 5);
    let mut wrk = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    thread::sleep(Duration::from_millis(300));
    wrk.kill()?;
    wrk.wait()?;
    thread::sleep(Duration::from_millis(50));
    Ok(())
}

fn command(port: u16, load: &Load, seconds: u32) -> Command {
    // With one thread for each processor it can use both of two, as the server can.
    let threads = if load.connections < 2 { 1 } else { 2 };
    let mut words = vec!["wrk".to_owned()];
    if load.same_processor {
        words = ["taskset", "-c", "0", "wrk"].map(str::to_owned).to_vec();
    }
    let script = crate::root().join("benches/peers/load.lua");
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).args(["-t", &threads.to_string()]);
    command.args(["-c", &load.connections.to_string(), "-d", &format!("{seconds}s")]);
    command.args(["--timeout", "2s", "-s"]).arg(script);
    if load.close {
        command.args(["-H", "Connection: close"]);
    }
    command.arg(format!("http://127.0.0.1:{port}{}", load.path)).arg("--");
    command.arg(if load.body.is_some() { "POST" } else { "GET" });
    command.args([load.body.unwrap_or(0), load.pipelined].map(|number| number.to_string()));
    command
}

#[cfg(test)]
mod tests {
    use super::Report;

    #[test]
    fn a_report_is_found_among_what_wrk_prints() {
        let output = "Running 1s test\nFIGURES {\"requests\":300,\"microseconds\":1500000,\"connect\":0,\
                      \"read\":2,\"write\":0,\"status\":0,\"timeout\":0,\"p50\":80,\"p99\":90}\n";
        let report = Report::parse(output).unwrap();
        assert_eq!((report.per_second(), report.p99), (200.0, 90.0));
        assert_eq!(report.errors, [("read", 2.0)]);
        assert!(Report::parse("unable to connect").is_none());
    }
}
