//! `cargo xtask bench peers`: our servers beside others, over sockets; all of them, scenario by scenario, in rounds.

mod client;
mod idle;
mod launcher;
mod load;
mod machine;
mod options;
mod programs;
mod records;
mod scenarios;
mod servers;
mod table;
mod under;
mod verdict;
mod wrk;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Instant;

use xshell::{Shell, cmd};

use crate::Result;
use launcher::Launcher;
use options::Options;
use programs::Program;
use records::{Record, Results, figure};
use scenarios::{Scenario, Situation};
use servers::Role;

/// After as many failures a server is left alone in a scenario.
const FAILURES: u32 = 2;

/// Measures, writes `peers.md` and `peers.json`, and prints the former.
pub(crate) fn run(shell: &Shell, arguments: &[&str]) -> Result {
    let options = Options::parse(arguments)?;
    let needs_wrk = |s: &&Scenario| !matches!(s.what, Situation::Idle | Situation::Start);
    if options.rounds > 0 && options.scenarios.iter().any(needs_wrk) {
        wrk::check()?;
    }
    raise_open_files()?;
    let folder = programs::target_folder(shell)?.join("bench");
    fs::create_dir_all(&folder)?;
    let json = folder.join("peers.json");
    let mut results = if options.keep { Results::read(&json)? } else { Results::default() };
    let mut columns = servers::all();
    columns.extend(options.servers.iter().filter(|s| s.role == Role::Added).cloned());
    if options.rounds > 0 {
        results.machine = machine::describe(shell);
        let command = said(shell, arguments);
        if !results.commands.contains(&command) {
            results.commands.push(command);
        }
        let programs = prepare(shell, &folder, &options, &mut results)?;
        let mut launcher = Launcher::new(&folder.join("logs"))?;
        measure(&options, &programs, &mut launcher, &mut results, |results| results.write(&json))?;
    }
    let markdown = table::markdown(&results, &columns);
    fs::write(folder.join("peers.md"), &markdown)?;
    print!("{markdown}");
    Ok(())
}

/// The command, with what it was run on.
fn said(shell: &Shell, arguments: &[&str]) -> String {
    let commit = cmd!(shell, "git describe --always --dirty --abbrev=10").quiet().ignore_stderr();
    let commit = commit.read().unwrap_or_default();
    format!("cargo xtask bench peers {}  # {commit}", arguments.join(" "))
}

/// 10,000 connections are more than the usual soft limit of open files. A limit is inherited, so this process starts
/// itself again with the hard one.
fn raise_open_files() -> Result {
    const TRIED: &str = "WSGIREF_BENCH_OPEN_FILES";
    let (soft, hard) = machine::open_files_limits();
    if soft >= hard || std::env::var_os(TRIED).is_some() {
        return Ok(());
    }
    let error = Command::new("sh")
        .args(["-c", r#"ulimit -n "$(ulimit -Hn)"; exec "$0" "$@""#])
        .arg(std::env::current_exe()?)
        .args(std::env::args_os().skip(1))
        .env(TRIED, "1")
        .exec();
    Err(error.into())
}

fn prepare(
    shell: &Shell,
    folder: &std::path::Path,
    options: &Options,
    results: &mut Results,
) -> Result<Vec<Program>> {
    let mut found = Vec::new();
    for server in &options.servers {
        eprintln!("building or finding {}", server.name);
        let (facts, program) = programs::prepare(shell, folder, server.clone());
        results.facts.insert(server.name.clone(), facts);
        found.extend(program);
    }
    if found.is_empty() {
        return Err("there is no server to measure".into());
    }
    Ok(found)
}

fn measure(
    options: &Options,
    programs: &[Program],
    launcher: &mut Launcher,
    results: &mut Results,
    save: impl Fn(&Results) -> Result,
) -> Result {
    let start = Instant::now();
    let mut failures: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    for _ in 0..options.rounds {
        for scenario in &options.scenarios {
            let round = results.next_round(scenario.name);
            let mut records = Vec::new();
            for program in order(programs, scenario) {
                let name = program.server.name.as_str();
                if failures.get(&(name, scenario.name)) == Some(&FAILURES) {
                    continue;
                }
                let mut record = Record {
                    scenario: scenario.name.to_owned(),
                    server: name.to_owned(),
                    round,
                    ..Record::default()
                };
                if let Err(error) = one(launcher, program, scenario, options.seconds, &mut record) {
                    record.error = Some(error.to_string());
                    *failures.entry((name, scenario.name)).or_default() += 1;
                }
                eprintln!("{:5.0} s  {}", start.elapsed().as_secs_f64(), progress(&record));
                records.push(record);
            }
            // A round that was begun and not ended is none.
            results.records.extend(records);
            save(results)?;
        }
    }
    Ok(())
}

/// Everybody who can do it; where rates are compared the limit server opens and closes the round.
fn order<'p>(programs: &'p [Program], scenario: &Scenario) -> Vec<&'p Program> {
    let able = programs.iter().filter(|program| !program.server.skips.contains(&scenario.name));
    let mut order: Vec<&Program> = able.collect();
    let limit = order.iter().find(|program| program.server.role == Role::Limit).copied();
    if matches!(scenario.what, Situation::Load(_)) {
        order.extend(limit);
    }
    order
}

fn one(
    launcher: &mut Launcher,
    program: &Program,
    scenario: &Scenario,
    seconds: u32,
    record: &mut Record,
) -> Result {
    match &scenario.what {
        Situation::Load(load) => load::measure(launcher, program, load, seconds, record),
        Situation::Slow => under::slow_clients(launcher, program, seconds, record),
        Situation::Asleep => under::handlers_asleep(launcher, program, seconds, record),
        Situation::Idle => idle::connections(launcher, program, record),
        Situation::Start => idle::starts(launcher, program, record),
    }
}

/// One line while it runs.
fn progress(record: &Record) -> String {
    let mut text = format!("round {} {:8} {:14}", record.round, record.scenario, record.server);
    if let Some(error) = &record.error {
        return text + " " + error;
    }
    for name in [
        figure::PER_SECOND,
        figure::CPU,
        figure::P99,
        figure::RETAINED,
        figure::RESIDENT,
        figure::START,
        figure::NEWCOMER,
        figure::OTHERS,
    ] {
        if let Some(value) = record.get(name) {
            text += &format!(" {name} {value:.2}");
        }
    }
    text
}
