//! The command: what its arguments say is done.

mod args;
mod choose;
mod live;
mod peers;
mod serve;
mod target;

use crate::report::{Report, excuses, failures, table};
use crate::run::run_side_by_side;
use crate::{Problem, Settings, Stage, Suite, Trial, suites};
pub use args::Args;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

/// Does what the arguments say. Status 0: everything passed; 1: a case failed; 2: nothing was run.
#[must_use]
pub fn main(args: &Args) -> ExitCode {
    match act(args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            let _ = writeln!(io::stderr(), "conformance: {problem}");
            ExitCode::from(2)
        }
    }
}

fn act(args: &Args) -> Result<bool, Problem> {
    if let Some(folder) = &args.make_tree {
        return serve::make_tree(folder).map(|()| true);
    }
    if let Some(name) = &args.serve {
        return serve::serve(name, args).map(|()| true);
    }
    if args.record {
        return live::record(args).map(|()| true);
    }
    if let Some(texts) = &args.peers {
        return peers::compare(texts, args);
    }
    let (stage, name) = match &args.target {
        None => (Stage::ours(settings(args)?)?, "ours".to_owned()),
        Some(target) => {
            let name = target.replace([':', '[', ']'], "-");
            (target::stage(target, args.profile, settings(args)?)?, name)
        }
    };
    let stage = Arc::new(stage);
    let trials = choose::trials(&suites::all(), &stage, args)?;
    if args.list {
        return say(&listed(&trials, &suites::all())).map(|()| true);
    }
    let report = played(trials, &stage, args.target.as_deref());
    let page = report.write(&report_folder(), &name)?;
    let mut text = failures(&report, args.failures);
    let excused = excuses(&report);
    if !excused.is_empty() {
        text.push_str(&excused);
        text.push('\n');
    }
    text.push_str(&table(&report));
    let _ = write!(
        text,
        "\n{} in {:.1} s, seed {}; all of it is in {}\n",
        report.title,
        report.elapsed.as_secs_f64(),
        report.seed,
        page.display()
    );
    say(&text)?;
    Ok(report.passed())
}

fn settings(args: &Args) -> Result<Settings, Problem> {
    Ok(Settings {
        patience: args.patience,
        seed: args.seed,
        live: if args.live { live::pythons(args)? } else { Vec::new() },
        cases: args.cases,
        program: Some(std::env::current_exe()?),
    })
}

/// Plays trials into a report.
#[must_use]
pub fn played(trials: Vec<Trial>, stage: &Arc<Stage>, target: Option<&str>) -> Report {
    let begin = Instant::now();
    let mut subjects: Vec<&str> = Vec::new();
    for trial in &trials {
        if let Some(subject) = stage.subject(&trial.subject) {
            if !subjects.contains(&subject.name.as_str()) {
                subjects.push(&subject.name);
            }
        }
    }
    let title = match target {
        Some(target) => target.to_owned(),
        // `wsgiref-rs/0.1.0`
        None => {
            let version = http_server::HandlerOptions::new().sys_version.replace('/', " ");
            format!("{version} ({})", subjects.join(", "))
        }
    };
    let played = run_side_by_side(trials, stage.side_by_side);
    Report::new(title, stage.settings.seed, begin.elapsed(), played)
}

/// Where reports are written: `conformance` in the target directory of cargo.
#[must_use]
pub fn report_folder() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    target
        .unwrap_or_else(|| {
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
            root.unwrap_or(Path::new("")).join("target")
        })
        .join("conformance")
}

/// Writes to standard output, whose reader may have seen enough.
fn say(text: &str) -> Result<(), Problem> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// The cases, each once, with the servers it is played on.
fn listed(trials: &[Trial], suites: &[Box<dyn Suite>]) -> String {
    let mut text = String::new();
    let mut count = 0;
    let mut suite = "";
    for (index, trial) in trials.iter().enumerate() {
        let case = &trial.case;
        if index > 0 && trials[index - 1].case.id == case.id {
            continue;
        }
        if case.suite() != suite {
            suite = case.suite();
            let about =
                suites.iter().find(|known| known.name() == suite).map(|known| known.about());
            let _ = writeln!(text, "\n{suite}: {}", about.unwrap_or_default());
        }
        let on: Vec<&str> = trials[index..]
            .iter()
            .take_while(|other| other.case.id == case.id)
            .map(|other| other.subject.as_str())
            .collect();
        let _ = writeln!(text, "  {}  [{}, {}]", case.id, case.level, case.rule);
        let _ = writeln!(text, "      {} ({})", case.about, on.join(", "));
        count += 1;
    }
    let _ = writeln!(text, "\n{count} cases, {} plays", trials.len());
    text
}
