//! A server under a load: requests per second, CPU time per request, latency.

use std::io::{Read, Write};
use std::time::Duration;

use crate::Result;
use crate::bench::peers::client::{self, Answer};
use crate::bench::peers::launcher::{Launcher, Running};
use crate::bench::peers::machine::{self, Usage};
use crate::bench::peers::programs::Program;
use crate::bench::peers::records::{Record, figure};
use crate::bench::peers::scenarios::Load;
use crate::bench::peers::wrk;

/// What others may use of the processors during a run; above that it is repeated.
const DISTURBED: f64 = 0.3;
const TRIES: u32 = 3;
const PATIENCE: Duration = Duration::from_secs(2);

/// The note of a server that is out of the comparison with a new connection for each request.
pub(super) const KEEPS: &str = "keeps the connection despite `Connection: close`";

pub(super) fn measure(
    launcher: &mut Launcher,
    program: &Program,
    load: &Load,
    seconds: u32,
    record: &mut Record,
) -> Result {
    let server = launcher.start(program, load.same_processor.then_some(0))?;
    check(server.port, load, record)?;
    for _ in 0..TRIES {
        run(&server, load, seconds, record)?;
        record.disturbed = record.get(figure::OTHERS).is_some_and(|others| others > DISTURBED);
        if !record.disturbed {
            break;
        }
        machine::wait_until_quiet();
    }
    Ok(())
}

fn run(server: &Running<'_>, load: &Load, seconds: u32, record: &mut Record) -> Result {
    wrk::warm_up(server.port, load)?;
    let (usage, cpu) = (Usage::now(), machine::cpu_of_group(server.group()));
    let report = wrk::run(server.port, load, seconds)?;
    let cpu = machine::cpu_of_group(server.group()).since(cpu);
    let others = Usage::now().others(usage, cpu, report.elapsed);
    let requests = report.requests.max(1.0);
    record.set(figure::PER_SECOND, report.per_second());
    record.set(figure::CPU, cpu.total() / requests);
    record.set(figure::CPU_USER, cpu.user / requests);
    record.set(figure::CPU_SYSTEM, cpu.system / requests);
    record.set(figure::P50, report.p50 / 1e3);
    record.set(figure::P99, report.p99 / 1e3);
    record.set(figure::OTHERS, others);
    for (kind, count) in report.errors {
        record.set(&format!("errors_{kind}"), count);
        record.notes.push(format!("wrk counted {kind} errors"));
    }
    Ok(())
}

/// Does it do what the load asks of it? Wrong answers are an error, other habits a note.
fn check(port: u16, load: &Load, record: &mut Record) -> Result {
    let body = vec![b'x'; load.body.unwrap_or(0)];
    let method = if load.body.is_some() { "POST" } else { "GET" };
    let fields = if load.close { "Connection: close\r\n" } else { "" };
    let mut stream = client::connect(port, PATIENCE)?;
    let request = client::request(method, port, load.path, fields, &body);
    stream.write_all(&request)?;
    let answer = client::read(&mut stream).map_err(|error| format!("no answer: {error}"))?;
    let expected = match load.path {
        "/echo" => body.len().to_string().into_bytes(),
        "/big" => vec![b'x'; 1 << 20],
        _ => b"Hello, world!".to_vec(),
    };
    if answer.status != 200 || answer.body != expected {
        let (status, length) = (answer.status, answer.body.len());
        return Err(format!("a wrong answer: {status} with {length} bytes").into());
    }
    note_habits(&answer, record);
    if load.close {
        stream.set_read_timeout(Some(Duration::from_millis(300)))?;
        if !matches!(stream.read(&mut [0]), Ok(0)) {
            record.notes.push(KEEPS.to_owned());
        }
    } else if answer.head.contains("\nconnection: close") {
        record.notes.push("closes after each answer".to_owned());
    }
    Ok(())
}

/// The same fields are asked of everybody, since each costs time.
fn note_habits(answer: &Answer, record: &mut Record) {
    for name in ["server", "date", "content-type"] {
        if client::field(&answer.head, name).is_none() {
            record.notes.push(format!("sends no {name} field"));
        }
    }
}
