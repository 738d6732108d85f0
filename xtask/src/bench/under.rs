//! How much of its throughput a server keeps, and how promptly it answers, while some clients or handlers are slow.

use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::Result;
use crate::bench::client;
use crate::bench::launcher::Launcher;
use crate::bench::programs::Program;
use crate::bench::records::{Record, figure};
use crate::bench::scenarios::BUSY;
use crate::bench::servers::HANDLER_THREADS;
use crate::bench::wrk::{self, Report};

const SLOW_CLIENTS: usize = 200;
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
    compare(port, seconds, record, |under_load| {
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
                while stopped.recv_timeout(Duration::from_secs(1)) == Err(RecvTimeoutError::Timeout)
                {
                    for stream in &mut clients {
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
    compare(port, seconds, record, |under_load| {
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
        let (slept, possible) = (slept.into_inner(), 5 * seconds * (HANDLER_THREADS as u32 - 1));
        let few = slept < possible * 8 / 10;
        Ok((report, few.then(|| format!("only {slept} of {possible} handlers slept"))))
    })
}

/// The load before, during and after what `disturb` does around it.
fn compare(
    port: u16,
    seconds: u32,
    record: &mut Record,
    disturb: impl FnOnce(&dyn Fn() -> Result<Report>) -> Result<(Report, Option<String>)>,
) -> Result {
    wrk::warm_up(port, &BUSY)?;
    let before = wrk::run(port, &BUSY, seconds)?;
    let (during, note) = disturb(&|| wrk::run(port, &BUSY, seconds))?;
    let after = wrk::run(port, &BUSY, seconds)?;
    let undisturbed = (before.per_second() + after.per_second()) / 2.0;
    record.set(figure::PER_SECOND, undisturbed);
    record.set(figure::RETAINED, during.per_second() / undisturbed);
    let apart = (before.per_second() - after.per_second()).abs() / undisturbed;
    record.set(figure::SPREAD, apart);
    record.set(figure::P99_BEFORE, before.p99 / 1e3);
    record.set(figure::P99, during.p99 / 1e3);
    record.notes.extend(note);
    Ok(())
}
