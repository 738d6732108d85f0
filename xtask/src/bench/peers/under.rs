//! How much of its throughput a server keeps, and how promptly it answers, while some clients or handlers are slow.

use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::Result;
use crate::bench::peers::client;
use crate::bench::peers::launcher::{Launcher, Running};
use crate::bench::peers::machine;
use crate::bench::peers::programs::Program;
use crate::bench::peers::records::{Record, figure, median};
use crate::bench::peers::scenarios::BUSY;
use crate::bench::peers::servers::HANDLER_THREADS;
use crate::bench::peers::wrk::{self, Report};

const SLOW_CLIENTS: usize = 200;
const CLIENT_GROUPS: usize = 20;
const PATIENCE: Duration = Duration::from_secs(2);

/// 200 clients, of each of which one byte of a head comes in a second.
pub(super) fn slow_clients(
    launcher: &mut Launcher,
    program: &Program,
    seconds: u32,
    record: &mut Record,
) -> Result {
    let server = launcher.start(program, None)?;
    let port = server.port;
    compare(&server, seconds + 1, record, |under_load| {
        let mut clients: Vec<TcpStream> = Vec::new();
        for _ in 0..SLOW_CLIENTS {
            // Servers that accept no more are measured with as many as they take.
            let Ok(mut stream) = client::connect(port, PATIENCE) else { break };
            stream.write_all(
                format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-Slow: ").as_bytes(),
            )?;
            stream.set_nonblocking(true)?;
            clients.push(stream);
        }
        let attached = clients.len();
        let (stop, stopped) = mpsc::channel::<()>();
        let report = thread::scope(|scope| {
            scope.spawn(move || {
                // All of them within a second, a few at a time, as clients come that know nothing of each other.
                for group in (0..CLIENT_GROUPS).cycle() {
                    let pause = Duration::from_secs(1) / CLIENT_GROUPS as u32;
                    if stopped.recv_timeout(pause) != Err(RecvTimeoutError::Timeout) {
                        return;
                    }
                    for stream in clients.iter_mut().skip(group).step_by(CLIENT_GROUPS) {
                        // One that the server has had enough of stays away.
                        let _ = stream.write(b"a");
                    }
                }
            });
            let report = under_load();
            drop(stop);
            report
        })?;
        Ok((
            report,
            (attached < SLOW_CLIENTS).then(|| format!("only {attached} slow clients got in")),
        ))
    })
}

/// As many handlers as there are threads but one, asleep all the time.
pub(super) fn handlers_asleep(
    launcher: &mut Launcher,
    program: &Program,
    seconds: u32,
    record: &mut Record,
) -> Result {
    let server = launcher.start(program, None)?;
    let port = server.port;
    compare(&server, seconds + 1, record, |under_load| {
        let (stop, slept) = (AtomicBool::new(false), AtomicU32::new(0));
        let report = thread::scope(|scope| {
            for _ in 1..HANDLER_THREADS {
                scope.spawn(|| {
                    let Ok(mut stream) = client::connect(port, PATIENCE) else { return };
                    let request = client::request("GET", port, "/sleep", "", &[]);
                    while !stop.load(Ordering::Relaxed) {
                        let answer =
                            stream.write_all(&request).and_then(|()| client::read(&mut stream));
                        let Ok(answer) = answer else { return };
                        if answer.status == 200 {
                            slept.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                });
            }
            let report = under_load();
            stop.store(true, Ordering::Relaxed);
            report
        })?;
        // Each could sleep five times a second; where they queue for a thread, or are refused, they do not.
        let (slept, possible) = (slept.into_inner(), 5 * (HANDLER_THREADS as u32 - 1));
        let few = slept < possible * 8 / 10;
        Ok((report, few.then(|| format!("only {slept} of {possible} handlers slept"))))
    })
}

/// Seconds of the load with and without what `disturb` does around it, in turns, since the speed of a machine drifts.
fn compare(
    server: &Running<'_>,
    turns: u32,
    record: &mut Record,
    mut disturb: impl FnMut(&dyn Fn() -> Result<Report>) -> Result<(Report, Option<String>)>,
) -> Result {
    wrk::warm_up(server.port, &BUSY)?;
    let load = || wrk::run(server.port, &BUSY, 1);
    let (mut alone, mut beside) = (Turns::default(), Turns::default());
    alone.add(server, load)?;
    for _ in 0..turns {
        let mut note = None;
        beside.add(server, || {
            let (report, noted) = disturb(&load)?;
            note = noted;
            Ok(report)
        })?;
        record.notes.extend(note);
        alone.add(server, load)?;
    }
    let neighbours = alone.per_second.windows(2).map(|pair| (pair[0] + pair[1]) / 2.0);
    let kept = beside.per_second.iter().zip(neighbours).map(|(beside, alone)| beside / alone);
    let apart = alone
        .per_second
        .windows(2)
        .map(|pair| 2.0 * (pair[0] - pair[1]).abs() / (pair[0] + pair[1]));
    let (cpu, cpu_alone) = (median(beside.cpu.into_iter()), median(alone.cpu.into_iter()));
    for (name, value) in [
        (figure::RETAINED, median(kept)),
        (figure::SPREAD, median(apart)),
        (figure::PER_SECOND, median(alone.per_second.iter().copied())),
        (figure::CPU_ALONE, cpu_alone),
        (figure::CPU, cpu),
        (figure::CPU_TIMES, cpu.zip(cpu_alone).map(|(beside, alone)| beside / alone)),
        (figure::P99_ALONE, median(alone.p99.into_iter())),
        (figure::P99, median(beside.p99.into_iter())),
    ] {
        record.set(name, value.unwrap_or(f64::NAN));
    }
    Ok(())
}

/// What was measured in the turns of one kind.
#[derive(Default)]
struct Turns {
    per_second: Vec<f64>,
    /// Microseconds of the server for each request.
    cpu: Vec<f64>,
    p99: Vec<f64>,
}

impl Turns {
    fn add(&mut self, server: &Running<'_>, load: impl FnOnce() -> Result<Report>) -> Result {
        let cpu = machine::cpu_of_group(server.group());
        let report = load()?;
        let cpu = machine::cpu_of_group(server.group()).since(cpu);
        self.per_second.push(report.per_second());
        self.cpu.push(cpu.total() / report.requests.max(1.0));
        self.p99.push(report.p99 / 1e3);
        Ok(())
    }
}
