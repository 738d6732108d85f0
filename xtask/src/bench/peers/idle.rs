//! What a server costs when nothing happens: with 10,000 idle connections, and right after its start.

use std::io::Write;
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use crate::Result;
use crate::bench::peers::client;
use crate::bench::peers::launcher::Launcher;
use crate::bench::peers::machine;
use crate::bench::peers::programs::Program;
use crate::bench::peers::records::{Record, figure, median};

const CONNECTIONS: usize = 10_000;
/// Files that a server, or this process, has open besides.
const OTHER_FILES: usize = 200;
/// How long it may take to open them all; far below the shortest keep-alive timeout.
const OPENING: Duration = Duration::from_secs(8);
const WATCHED: Duration = Duration::from_secs(3);
const PATIENCE: Duration = Duration::from_secs(2);
const NEWCOMERS: usize = 20;
const STARTS: usize = 9;

/// Opens the connections, each with one answered request; then looks.
pub(super) fn connections(
    launcher: &mut Launcher,
    program: &Program,
    record: &mut Record,
) -> Result {
    let server = launcher.start(program, None)?;
    // A connection takes a file here, and at least one in the server, which has the same limit.
    let wanted = CONNECTIONS.min(machine::open_files().saturating_sub(OTHER_FILES));
    if wanted < CONNECTIONS {
        record.notes.push(format!("{wanted} connections, as many as `ulimit -n` permits"));
    }
    let request = client::request("GET", server.port, "/", "", &[]);
    let (mut open, mut failures, start) = (Vec::new(), 0, Instant::now());
    while open.len() < wanted && failures < 3 && start.elapsed() < OPENING {
        match open_one(server.port, &request) {
            Ok(stream) => open.push(stream),
            Err(_) => failures += 1,
        }
    }
    record.set(figure::OPEN, open.len() as f64);
    if open.len() < wanted {
        record.notes.push(format!("holds {} of {wanted} idle connections", open.len()));
    }
    let cpu = machine::cpu_of_group(server.group());
    thread::sleep(WATCHED);
    let cpu = machine::cpu_of_group(server.group()).since(cpu);
    record.set(figure::IDLE_CPU, 100.0 * cpu.total() / (WATCHED.as_secs_f64() * 1e6));
    record.set(figure::RESIDENT, machine::resident_of_group(server.group()));
    newcomers(server.port, record);
    let alive = open.iter().filter(|stream| is_open(stream)).count();
    record.set(figure::ALIVE, alive as f64);
    if alive < open.len() {
        record.notes.push(format!("{alive} of {} idle connections still open", open.len()));
    }
    Ok(())
}

fn open_one(port: u16, request: &[u8]) -> Result<TcpStream> {
    let mut stream = client::connect(port, PATIENCE)?;
    stream.write_all(request)?;
    client::read(&mut stream)?;
    Ok(stream)
}

fn is_open(stream: &TcpStream) -> bool {
    let waits = |error: std::io::Error| error.kind() == std::io::ErrorKind::WouldBlock;
    stream.set_nonblocking(true).is_ok() && stream.peek(&mut [0]).is_err_and(waits)
}

/// How promptly new clients are answered, one after the other.
fn newcomers(port: u16, record: &mut Record) {
    let (mut times, mut failures) = (Vec::new(), 0);
    while times.len() < NEWCOMERS && failures < 3 {
        let start = Instant::now();
        match client::get(port, "/", PATIENCE) {
            Ok(answer) if answer.status == 200 => times.push(start.elapsed().as_secs_f64() * 1e3),
            _ => failures += 1,
        }
    }
    record.set(figure::NEWCOMER_FAILED, f64::from(failures));
    if failures > 0 {
        record.notes.push("leaves newcomers without an answer".to_owned());
    }
    if let Some(middle) = median(times.iter().copied()) {
        record.set(figure::NEWCOMER, middle);
        record.set(figure::NEWCOMER_MAX, times.iter().copied().fold(0.0, f64::max));
    }
}

/// From the start of the program to its first answer, several times; and its memory after that.
pub(super) fn starts(launcher: &mut Launcher, program: &Program, record: &mut Record) -> Result {
    let (mut times, mut memory) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let server = launcher.start(program, None)?;
        times.push(server.to_first_answer.as_secs_f64() * 1e3);
        memory.push(machine::resident_of_group(server.group()));
    }
    let middle = |values: &[f64]| median(values.iter().copied()).unwrap_or(f64::NAN);
    record.set(figure::START, middle(&times));
    record.set(figure::START_MIN, times.iter().copied().fold(f64::INFINITY, f64::min));
    record.set(figure::START_MAX, times.iter().copied().fold(0.0, f64::max));
    record.set(figure::RESIDENT, middle(&memory));
    Ok(())
}
