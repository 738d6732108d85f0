//! The suite `cpython`: the same requests to CPython's own servers and to ours.
//!
//! - `recorded/` and `corrected/`: the golden cases of `tests/golden/`, each with our exact answer where it is not CPython's;
//! - `generated/`: cases made from a seed, recorded from CPython as data, so that nobody needs Python to play them;
//! - `old/`: fewer of them from an old CPython, which hold the rules that `--live` needs for such versions;
//! - `live/`: with `--live`, as many generated ones as one likes, answered by a Python of this machine while they are played.
//!
//! Each case is one connection to a server in a process of its own, on each of our drivers. Response, ending and log are compared
//! byte for byte with what the rules of `cpython/differences.json` make of CPython's.
//!
//! ```text
//!  generate ── cases ──┬─ oracle (CPython) ── recording ── rules ── what is expected ──┐
//!                      └─ server (ours) ── what came ───────────────────────────── judge
//! ```

mod generate;
mod golden;
mod judge;
mod oracle;
pub mod python;
mod recording;
mod rules;
mod script;
pub mod server;
mod wire_case;

pub use recording::Recording;

use crate::{Case, Failure, Level, Outcome, Problem, Stage, Suite, Trial};
use judge::Judge;
use oracle::Oracle;
use rules::{Rules, Version};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tempfile::TempDir;
use wire_case::WireCase;
use wsgiref_tests::server::Driver;
use wsgiref_tests::tree;

/// The suite.
#[derive(Clone, Debug, Default)]
pub struct Cpython;

impl Suite for Cpython {
    fn name(&self) -> &'static str {
        "cpython"
    }

    fn about(&self) -> &'static str {
        "CPython's own servers beside ours, byte for byte"
    }

    fn trials(&self, stage: &Arc<Stage>) -> Result<Vec<Trial>, Problem> {
        // Nobody else's server has handlers that can be told what to do.
        if !stage.is_ours() {
            return Ok(Vec::new());
        }
        let program = stage.settings.program.clone().ok_or_else(|| {
            Problem::new(
                "the suite cpython starts the program `conformance`: set Settings::program",
            )
        })?;
        let world = Arc::new(World::new(program)?);
        let mut trials = golden::trials(&world);
        let mut matched = Vec::new();
        for (recording, topic) in Recording::all()?.into_iter().zip(["generated", "old"]) {
            trials.extend(recorded(&world, recording, topic, &mut matched)?);
        }
        trials.extend(rules_match(&world, &matched));
        for python in &stage.settings.live {
            let cases = generate::generated(stage.settings.seed, stage.settings.cases);
            trials.extend(live(&world, python, cases)?);
        }
        Ok(trials)
    }
}

/// What all trials share.
#[derive(Debug)]
struct World {
    rules: Rules,
    /// The `conformance` binary, which serves one connection when it is started as [`server::command`] says.
    program: PathBuf,
    /// What the directory servers serve.
    tree: TempDir,
}

impl World {
    fn new(program: PathBuf) -> Result<Self, Problem> {
        let folder = tempfile::tempdir()?;
        tree::make(folder.path())?;
        Ok(Self { rules: Rules::load()?, program, tree: folder })
    }
}

/// The cases of a recording; `matched` learns which rules they need.
fn recorded(
    world: &Arc<World>,
    recording: Recording,
    topic: &str,
    matched: &mut Vec<usize>,
) -> Result<Vec<Trial>, Problem> {
    let (reference, version) = (recording.reference.clone(), Version::of(&recording.reference)?);
    let mut trials = Vec::new();
    for recorded in recording.into_cases() {
        let about = format!("{reference} answers like this");
        let case = case(format!("cpython/{topic}/{}", recorded.case.name), &about);
        let cpython = recorded.answer.comparable();
        let wire = Arc::new(recorded.case);
        for driver in Driver::ALL {
            matched.extend(world.rules.expected(&wire, &cpython, version, driver).by);
            let judge = Judge { version, driver, source: reference.clone() };
            let (world, wire, cpython) = (Arc::clone(world), Arc::clone(&wire), cpython.clone());
            trials.push(Trial::new(&case, driver.name(), move || {
                judge.outcome(&world, &wire, &cpython)
            }));
        }
    }
    Ok(trials)
}

/// One case for each rule: a rule that changes no recorded answer explains nothing.
fn rules_match(world: &World, matched: &[usize]) -> Vec<Trial> {
    let trial = |(number, rule): (usize, &rules::Rule)| {
        let about = format!("the rule for {} {} is not stale", rule.row, rule.about);
        let case = case(format!("cpython/rules/{}-{number}", rule.row), about.trim());
        let is_needed = matched.contains(&number);
        Trial::new(&case, "rules", move || {
            match is_needed {
            true => Outcome::Passed,
            false => Failure::new(
                "a recorded case that the rule changes",
                "no recorded case needs this rule: remove it from cpython/differences.json, or record a case for it",
            )
            .into(),
        }
        })
    };
    world.rules.all().iter().enumerate().map(trial).collect()
}

/// The cases of a run with a Python.
fn live(
    world: &Arc<World>,
    python: &std::path::Path,
    cases: Vec<WireCase>,
) -> Result<Vec<Trial>, Problem> {
    let oracle = Oracle::start(python)?;
    let cases: Vec<WireCase> = cases.into_iter().filter(|case| oracle.knows(case)).collect();
    let (reference, version) = (oracle.reference.clone(), Version::of(&oracle.reference)?);
    let oracle = Arc::new(Mutex::new(oracle));
    let number = reference.trim_start_matches("CPython ");
    let mut trials = Vec::new();
    for wire in cases {
        let about = format!("{reference}, asked just now, answers like this");
        let case = case(format!("cpython/live-{number}/{}", wire.name), &about);
        let (world, oracle, reference) =
            (Arc::clone(world), Arc::clone(&oracle), reference.clone());
        trials.push(Trial::new(&case, "both drivers", move || {
            let answer = oracle.lock().unwrap_or_else(PoisonError::into_inner).ask(&wire);
            let cpython = match answer {
                Ok(answer) => answer.comparable(),
                Err(problem) => {
                    return Failure::new("an answer of CPython", problem.to_string()).into();
                }
            };
            let judge = |driver| Judge { version, driver, source: reference.clone() };
            let [first, second] =
                Driver::ALL.map(|driver| judge(driver).outcome(&world, &wire, &cpython));
            // The worse of the two.
            if matches!(first, Outcome::Failed(_)) { first } else { second }
        }));
    }
    Ok(trials)
}

fn case(id: String, about: &str) -> Arc<Case> {
    let rule = "CPython".to_owned();
    Arc::new(Case { id, rule, level: Level::Must, about: about.to_owned() })
}
