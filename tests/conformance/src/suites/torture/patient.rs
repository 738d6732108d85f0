//! A server that is tortured: in a process of its own, whose descriptors and memory can be looked at.

use crate::subjects::{HASTE, NAMES};
use crate::wire::{Connection, Trouble};
use crate::{Problem, Subject};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The server, and how it was before.
pub(super) struct Patient {
    pub(super) subject: Subject,
    process: Option<Child>,
    before: Option<Vitals>,
    /// Whether its deadlines are short.
    is_hasty: bool,
}

/// What can be seen of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Vitals {
    descriptors: usize,
    /// In KiB.
    memory: usize,
}

/// What a server may take for a crowd, in KiB, whatever the crowd does: so much anyway, which is what answers may take that wait
/// for their clients (`EngineOptions::spill`) and which the allocator keeps afterwards, a part for each thread that had some,
const MEMORY: usize = 64 * 1024;
/// and so much for each client, which may have asked for megabytes.
const MEMORY_FOR_EACH: usize = 256;

/// How soon a server of ours is to be as it was before.
const RECOVERY: Duration = Duration::from_secs(20);

/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(5);

impl Patient {
    /// Starts one of ours, with short deadlines if it is hasty, and perhaps with few descriptors.
    pub(super) fn start(
        program: &Path,
        subject: &Subject,
        is_hasty: bool,
        descriptors: Option<u64>,
    ) -> Result<Self, Problem> {
        if !NAMES.contains(&subject.name.as_str()) {
            return Err(Problem::new(format!("{} is no server of ours", subject.name)));
        }
        let mut command = Command::new(program);
        command.args(["--serve", &subject.name]);
        if let Some(descriptors) = descriptors {
            command.args(["--descriptors", &descriptors.to_string()]);
        }
        if is_hasty {
            command.arg("--hasty");
        }
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| Problem::new(format!("{}: {error}", program.display())))?;
        let mut line = String::new();
        if let Some(output) = process.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        let mut patient =
            Self { subject: subject.clone(), process: Some(process), before: None, is_hasty };
        let address = line.split([' ', ';']).find_map(|word| word.parse::<SocketAddr>().ok());
        match address {
            Some(address) => patient.subject.address = address,
            None => return Err(Problem::new(format!("--serve said {line:?}, no address"))),
        }
        Ok(patient)
    }

    /// One that is there already.
    pub(super) fn foreign(subject: &Subject) -> Self {
        Self { subject: subject.clone(), process: None, before: None, is_hasty: false }
    }

    /// Whether it gets rid of a client that keeps it waiting within fractions of a second.
    pub(super) fn is_hasty(&self) -> bool {
        self.is_hasty
    }

    pub(super) fn connect(&self) -> Result<Connection, String> {
        Connection::open(self.subject.address, self.subject.patience)
            .map_err(|error| format!("connecting failed: {error}"))
    }

    /// Sees that it is well, and remembers how it is.
    pub(super) fn examine(&mut self) -> Result<(), String> {
        // The first connections may leave something behind that all later ones share, as what wakes those who wait.
        let mut kept = self.connect()?;
        kept.send(b"GET / HTTP/1.1\r\nHost: health\r\n\r\n");
        kept.read_answer("GET").map_err(|trouble| trouble.to_string())?;
        let crowd: Vec<_> = (0..8).map(|_| self.connect()).collect::<Result<_, _>>()?;
        kept.is_silent_for(Duration::from_millis(20));
        for _ in 0..8 {
            self.is_well()?;
        }
        drop((kept, crowd));
        self.before = self.settled();
        Ok(())
    }

    /// Answers a health request, on a new connection.
    pub(super) fn is_well(&self) -> Result<(), String> {
        let begin = Instant::now();
        loop {
            let attempt = Instant::now();
            let mut connection = self.connect()?;
            connection.send(b"GET / HTTP/1.1\r\nHost: health\r\nConnection: close\r\n\r\n");
            let asked = attempt.elapsed();
            match connection.read_answer("GET") {
                Ok(answer) if answer.is_cut => return Err("half a health answer".to_owned()),
                Ok(answer) if self.subject.is_ours && answer.head.status != 200 => {
                    return Err(format!("status {} for a health request", answer.head.status));
                }
                Ok(_) => return Ok(()),
                // This client was late itself, on a machine with much to do.
                Err(Trouble::Ended(_)) if asked > HASTE / 4 && begin.elapsed() < RECOVERY => {}
                Err(trouble) => return Err(format!("the health request: {trouble}")),
            }
        }
    }

    /// While a crowd of so many is there, its memory is bounded.
    pub(super) fn is_sane(&self, crowd: usize) -> Result<(), String> {
        let (Some(before), Some(now)) = (self.before, self.vitals()) else { return Ok(()) };
        let grown = now.memory.saturating_sub(before.memory);
        let bound = MEMORY + crowd * MEMORY_FOR_EACH;
        if grown > bound {
            return Err(format!("{grown} KiB more memory for {crowd} clients, above {bound} KiB"));
        }
        Ok(())
    }

    /// Sees that it is well, and as it was before.
    pub(super) fn recover(&mut self) -> Result<(), String> {
        self.is_well()?;
        self.has_its_descriptors()?;
        if let Some(child) = &mut self.process {
            if let Ok(Some(status)) = child.try_wait() {
                return Err(format!("the server has ended: {status}"));
            }
        }
        self.is_sane(0)
    }

    /// Waits until it has no more descriptors than before.
    pub(super) fn has_its_descriptors(&self) -> Result<(), String> {
        let Some(before) = self.before else { return Ok(()) };
        let begin = Instant::now();
        loop {
            let Some(now) = self.vitals() else { return Ok(()) };
            if now.descriptors <= before.descriptors {
                return Ok(());
            }
            if begin.elapsed() > RECOVERY {
                let (now, before) = (now.descriptors, before.descriptors);
                return Err(format!("{now} descriptors after {RECOVERY:?}, {before} before"));
            }
            thread::park_timeout(LOOK);
        }
    }

    /// The hundredths of a second it has worked.
    pub(super) fn worked(&self) -> Option<u64> {
        let stat =
            fs::read_to_string(format!("/proc/{}/stat", self.process.as_ref()?.id())).ok()?;
        // The name of the program stands in parentheses, and may have any character in it.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        Some(fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?)
    }

    /// How it is when what was begun has ended: twice the same.
    fn settled(&self) -> Option<Vitals> {
        let begin = Instant::now();
        let mut last = self.vitals()?;
        let mut since = begin;
        // Connections end a moment after their clients.
        while begin.elapsed() < RECOVERY {
            thread::park_timeout(LOOK);
            let now = self.vitals()?;
            if now.descriptors != last.descriptors {
                (last, since) = (now, Instant::now());
            } else if since.elapsed() > Duration::from_millis(50) {
                return Some(now);
            }
        }
        Some(last)
    }

    /// What the system tells of the process; nothing where it has no `/proc`.
    fn vitals(&self) -> Option<Vitals> {
        let process = self.process.as_ref()?.id();
        let descriptors = fs::read_dir(format!("/proc/{process}/fd")).ok()?.count();
        let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let memory = memory.trim().trim_end_matches(" kB").parse().ok()?;
        Some(Vitals { descriptors, memory })
    }
}

impl Drop for Patient {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            // It has nothing to lose, and may be in a state in which it would not listen.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// Allows this process as many descriptors as the system lets it have.
pub(super) fn have_many_descriptors() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // Where that is refused, crowds are smaller.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}

/// As many clients as asked for, or as this process can have.
pub(super) fn at_most(count: usize) -> usize {
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(limit.saturating_sub(200)).unwrap_or(usize::MAX).min(count)
}

/// A client whose system takes little for it, so that a server that sends notices soon.
pub(super) fn connect_narrowly(address: SocketAddr) -> io::Result<TcpStream> {
    use socketserver::socket2::{Domain, Socket, Type};
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_recv_buffer_size(4096)?;
    socket.connect(&address.into())?;
    Ok(socket.into())
}
