//! Plays every case that was recorded from CPython against our counterpart of its server.
//!
//! A case either matches byte for byte (response, ending and log), or it is listed in `golden/differences.json` with
//! the answer that we give instead. There is no third way: none is skipped, and a listed case that matches fails too.
//!
//! Each is played through the blocking driver and through the engine, which have to give the same answer.
//!
//! Requests that lack the Host field, or have a fragment in their target, are played a second time without the mistake; see
//! [`wsgiref_tests::corrected`].

use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use libtest_mimic::{Arguments, Conclusion, Failed, Trial};
use wsgiref_tests::golden::{Answer, Case, Difference, Recording};
use wsgiref_tests::server::Driver;
use wsgiref_tests::{client, corrected, mask, tree};

/// How long a server may take to end after its one connection.
const END: Duration = Duration::from_secs(30);

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let Recording { reference, cases: recorded } = Recording::load();
    let corrected_cases: Vec<Case> = recorded.iter().filter_map(corrected::corrected).collect();
    let differences: Arc<[Difference]> = Difference::load().into();
    let tables = || [Counts::new(&recorded), Counts::new(&corrected_cases)];
    let counts = Arc::new(Mutex::new(Driver::ALL.map(|_| tables())));
    let root = tempfile::tempdir().expect("a temporary directory");
    tree::make(root.path()).expect("files in a temporary directory");

    let cases = recorded
        .into_iter()
        .map(|case| (0, case))
        .chain(corrected_cases.into_iter().map(|case| (1, case)));
    let trials = cases.flat_map(|(table, case)| {
        let (counts, root, differences) =
            (Arc::clone(&counts), root.path().to_owned(), Arc::clone(&differences));
        [0, 1].map(move |index| {
            let driver = Driver::ALL[index];
            let (case, counts, root, differences) =
                (case.clone(), Arc::clone(&counts), root.clone(), Arc::clone(&differences));
            let name = match driver {
                Driver::Blocking => format!("golden::{}", case.name),
                Driver::Engine => format!("golden::{}, on the engine", case.name),
            };
            Trial::test(name, move || {
                let difference = Difference::find(&differences, &case.name, driver);
                let verdict = judge(&case, difference, driver, &play(&case, driver, root)?)?;
                counts.lock().expect("no test panics while it counts")[index][table]
                    .add(&case.server, verdict);
                Ok(())
            })
        })
    });
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    if !arguments.list {
        let [blocking, engine] = &*counts.lock().expect("no test panics while it counts");
        for (driver, [recorded, corrected]) in [("blocking driver", blocking), ("engine", engine)] {
            println!(
                "The {driver}\n{HEADING}\n{recorded}\n\nOnce more, with the Host field that HTTP/1.1 demands and without fragments:\n{corrected}\n"
            );
        }
        println!("On the engine {}", engine[0].summary(&reference));
        println!("{}{}", blocking[0].summary(&reference), remarks(&conclusion));
    }
    conclusion.exit_code()
}

/// Starts a server that takes one connection, plays the case, and collects what the server did.
fn play(case: &Case, driver: Driver, root: PathBuf) -> Result<Answer, Failed> {
    let (mut server, address) = start(&case.server, driver, &root)?;
    // The log may be longer than a pipe holds, so it is read while the server runs.
    let mut stderr = server.stderr.take().expect("stderr is piped by `start`");
    let (sender, log) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = sender.send(stderr.read_to_end(&mut bytes).map(|_| bytes));
    });
    let exchanged = client::exchange(address, &case.request, case.half_close);
    let log = log.recv_timeout(END);
    if log.is_err() {
        server.kill()?;
    }
    server.wait()?;
    let (response, ending) = exchanged?;
    let log =
        log.map_err(|_| format!("the server did not end within {} seconds", END.as_secs()))??;
    let response = mask::response(&response);
    let log = mask::log(&String::from_utf8_lossy(&log), &response);
    Ok(Answer { response, ending: ending.to_owned(), log })
}

/// A server in a process of its own, so that its log is what it really writes to its standard error.
fn start(kind: &str, driver: Driver, root: &Path) -> Result<(Child, SocketAddr), Failed> {
    let mut server = Command::new(env!("CARGO_BIN_EXE_golden-server"))
        .arg(kind)
        .arg(root)
        .arg(driver.name())
        .env_remove("RUST_BACKTRACE")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let stdout = server.stdout.take().expect("stdout is piped just above");
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line)?;
    let address = line.trim().parse().map_err(|_| format!("golden-server {kind} did not start"))?;
    Ok((server, address))
}

/// How a case that is as it should be relates to CPython.
#[derive(Clone, Copy)]
enum Verdict {
    Matches,
    DiffersAsNamed,
}

fn judge(
    case: &Case,
    difference: Option<&Difference>,
    driver: Driver,
    ours: &Answer,
) -> Result<Verdict, Failed> {
    let expected = with_driver(mask_sizes(&case.answer), driver);
    let listed_answer = difference.map(|listed| with_driver(listed.answer.clone(), driver));
    match difference {
        None if *ours == expected => Ok(Verdict::Matches),
        None => Err(mismatch("CPython", &case.name, &expected, ours)),
        Some(listed) if *ours == expected => {
            Err(format!("matches CPython, but is listed as different ({})", listed.difference)
                .into())
        }
        Some(_) if listed_answer.as_ref() == Some(ours) => Ok(Verdict::DiffersAsNamed),
        Some(listed) => Err(mismatch("differences.json", &case.name, &listed.answer, ours)),
    }
}

/// What is different for every application on the engine: there are other threads.
fn with_driver(answer: Answer, driver: Driver) -> Answer {
    let with_threads =
        answer.response.replace("wsgi.multithread = False\n", "wsgi.multithread = True\n");
    if driver == Driver::Blocking || with_threads == answer.response {
        return answer;
    }
    let size: Option<u32> = answer
        .response
        .split("\r\n")
        .find_map(|line| line.strip_prefix("Content-Length: ")?.parse().ok());
    // The page of the demo application has a size that is masked.
    let Some(size) = size else { return Answer { response: with_threads, ..answer } };
    let shorter = size - 1;
    let response = with_threads
        .replace(&format!("Content-Length: {size}\r\n"), &format!("Content-Length: {shorter}\r\n"));
    let shorten = |line: &String| match line.strip_suffix(&format!(" {size}")) {
        Some(start) => format!("{start} {shorter}"),
        None => line.clone(),
    };
    let log = answer.log.iter().map(shorten).collect();
    Answer { response, log, ..answer }
}

/// The recorded log of the demo page has a size that depends on how objects are shown.
fn mask_sizes(recorded: &Answer) -> Answer {
    let log = recorded.log.iter().map(|line| mask::log_size(line, &recorded.response)).collect();
    Answer { log, ..recorded.clone() }
}

fn mismatch(source: &str, case: &str, expected: &Answer, ours: &Answer) -> Failed {
    let show = |answer: &Answer| {
        let mut lines: Vec<String> =
            answer.response.split_inclusive('\n').map(|line| format!("{line:?}")).collect();
        lines.push(format!("ending: {}", answer.ending));
        lines.extend(answer.log.iter().map(|line| format!("log: {line:?}")));
        lines
    };
    let (expected, shown) = (show(expected), show(ours));
    let mut text = format!("- {source}\n+ our server\n");
    for line in &expected {
        text += &format!("{} {line}\n", if shown.contains(line) { ' ' } else { '-' });
    }
    for line in shown.iter().filter(|line| !expected.contains(line)) {
        text += &format!("+ {line}\n");
    }
    text += "\nIf this is meant to be, the entry for tests/golden/differences.json:\n";
    (text + &Difference::entry(case, ours)).into()
}

const HEADING: &str = "server              byte for byte  named difference  recorded";

/// What the run found, by server.
struct Counts(Vec<ServerCount>);

struct ServerCount {
    server: String,
    matches: usize,
    differs: usize,
    recorded: usize,
}

impl Counts {
    fn new(cases: &[Case]) -> Self {
        let mut servers: Vec<ServerCount> = Vec::new();
        for case in cases {
            match servers.iter_mut().find(|count| count.server == case.server) {
                Some(count) => count.recorded += 1,
                None => {
                    servers.push(ServerCount {
                        server: case.server.clone(),
                        matches: 0,
                        differs: 0,
                        recorded: 1,
                    });
                }
            }
        }
        Self(servers)
    }

    fn add(&mut self, server: &str, verdict: Verdict) {
        for count in self.0.iter_mut().filter(|count| count.server == server) {
            match verdict {
                Verdict::Matches => count.matches += 1,
                Verdict::DiffersAsNamed => count.differs += 1,
            }
        }
    }

    fn sum(&self, part: fn(&ServerCount) -> usize) -> usize {
        self.0.iter().map(part).sum()
    }

    fn summary(&self, reference: &str) -> String {
        let (matches, differs) = (self.sum(|count| count.matches), self.sum(|count| count.differs));
        let recorded = self.sum(|count| count.recorded);
        format!(
            "{matches} match {reference} byte for byte, {differs} differ as DIFFERENCES.md says, of {recorded}."
        )
    }
}

fn remarks(conclusion: &Conclusion) -> String {
    let mut text = String::new();
    if conclusion.num_failed > 0 {
        text += &format!(" {} failed, see above.", conclusion.num_failed);
    }
    if conclusion.num_filtered_out > 0 {
        text += &format!(" {} were not played, by the filter.", conclusion.num_filtered_out);
    }
    text
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ServerCount { server, matches, differs, recorded } in &self.0 {
            writeln!(f, "{server:<18} {matches:>14} {differs:>17} {recorded:>9}")?;
        }
        let (matches, differs) = (self.sum(|count| count.matches), self.sum(|count| count.differs));
        let recorded = self.sum(|count| count.recorded);
        write!(f, "{:<18} {matches:>14} {differs:>17} {recorded:>9}", "all")
    }
}
