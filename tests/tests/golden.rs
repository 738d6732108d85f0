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
use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::{Arc, Mutex};

use libtest_mimic::{Arguments, Conclusion, Failed, Trial};
use wsgiref_tests::golden::{Answer, Case, Difference, Recording};
use wsgiref_tests::play::play;
use wsgiref_tests::server::Driver;
use wsgiref_tests::verdict::{Mismatch, Verdict, judge};
use wsgiref_tests::{corrected, diff, tree};

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
                let ours = play(&mut server(&case, driver, &root), &case.request, case.half_close)?;
                let verdict = judge(&case, difference, driver, &ours)
                    .map_err(|mismatch| failed(&mismatch, &case.name, &ours))?;
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

/// One of our servers for the case.
fn server(case: &Case, driver: Driver, root: &Path) -> Command {
    let mut server = Command::new(env!("CARGO_BIN_EXE_golden-server"));
    server.arg(&case.server).arg(root).arg(driver.name());
    server
}

fn failed(mismatch: &Mismatch, case: &str, ours: &Answer) -> Failed {
    let text = diff::unified(&mismatch.source, &mismatch.expected, ours);
    let advice = "If this is meant to be, the entry for tests/golden/differences.json:";
    format!("{text}\n{advice}\n{}", Difference::entry(case, ours)).into()
}

const HEADING: &str = "server              byte for byte  added fields  named difference  recorded";

/// What the run found, by server.
struct Counts(Vec<ServerCount>);

struct ServerCount {
    server: String,
    matches: usize,
    adds: usize,
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
                        adds: 0,
                        differs: 0,
                        recorded: 1,
                    });
                }
            }
        }
        Self(servers)
    }

    fn add(&mut self, server: &str, verdict: Verdict<'_>) {
        for count in self.0.iter_mut().filter(|count| count.server == server) {
            match verdict {
                Verdict::Matches => count.matches += 1,
                Verdict::AddsFields => count.adds += 1,
                Verdict::DiffersAsNamed(_) => count.differs += 1,
            }
        }
    }

    fn sum(&self, part: fn(&ServerCount) -> usize) -> usize {
        self.0.iter().map(part).sum()
    }

    fn summary(&self, reference: &str) -> String {
        let (matches, differs) = (self.sum(|count| count.matches), self.sum(|count| count.differs));
        let (adds, recorded) = (self.sum(|count| count.adds), self.sum(|count| count.recorded));
        format!(
            "{matches} match {reference} byte for byte, {adds} but for the fields that we add, {differs} differ as DIFFERENCES.md says, of {recorded}."
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
        for ServerCount { server, matches, adds, differs, recorded } in &self.0 {
            writeln!(f, "{server:<18} {matches:>14} {adds:>13} {differs:>17} {recorded:>9}")?;
        }
        let (matches, differs) = (self.sum(|count| count.matches), self.sum(|count| count.differs));
        let (adds, recorded) = (self.sum(|count| count.adds), self.sum(|count| count.recorded));
        write!(f, "{:<18} {matches:>14} {adds:>13} {differs:>17} {recorded:>9}", "all")
    }
}
