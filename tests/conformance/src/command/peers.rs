//! `--peers`: one server after the other, and how they stand.

use super::{Args, choose, report_folder, say, settings, target};
use crate::peers::{self, Peer, Place, Running, Standing};
use crate::report::{Report, Row};
use crate::run::run;
use crate::subjects::tree;
use crate::{Problem, Settings, Stage, suites};
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Suites in which a server has to be told its deadlines, or is attacked, which says little of one that has its own.
const NOT_FOR_PEERS: [&str; 2] = ["timeouts", "torture"];

/// No longer than this a peer is waited for, however long `--patience` is: most that fail a case do so by silence.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a program that was interrupted ends with.
const INTERRUPTED: i32 = 130;

/// Plays the black-box suites on every peer that can be had, and writes how they stand.
pub(super) fn compare(texts: &[String], args: &Args) -> Result<bool, Problem> {
    let chosen = peers::chosen(texts)?;
    if args.list {
        let names: Vec<&str> = chosen.iter().map(|peer| peer.name.as_str()).collect();
        return say(&(names.join("\n") + "\n")).map(|()| true);
    }
    let folder = report_folder();
    fs::create_dir_all(&folder)?;
    let tree = tempfile::tempdir()?;
    tree::make(tree.path())?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    let place = Place {
        repository: root.unwrap_or(Path::new(".")).to_owned(),
        workshop: folder.clone(),
        tree: tree.path().join(tree::SERVED),
    };
    // Nothing that was started may outlive this program, nor may the tree.
    let unwanted = tree.path().to_owned();
    ctrlc::set_handler(move || {
        peers::end_all();
        let _ = fs::remove_dir_all(&unwanted);
        process::exit(INTERRUPTED);
    })
    .map_err(|error| Problem::new(format!("Ctrl-C cannot be handled: {error}")))?;
    let standings: Vec<Standing> =
        chosen.into_iter().map(|peer| standing(peer, &place, args)).collect();
    fs::write(folder.join("peers.json"), peers::json(&standings, args.seed))?;
    let page = folder.join("peers.md");
    fs::write(&page, peers::markdown(&standings, args.seed))?;
    say(&format!("{}\nThe same as a page: {}\n", peers::table(&standings), page.display()))?;
    Ok(standings.iter().any(|standing| standing.found.is_ok()))
}

fn standing(peer: Peer, place: &Place, args: &Args) -> Standing {
    let begin = Instant::now();
    let mut standing = Standing {
        name: peer.name.clone(),
        profile: peer.profile,
        version: String::new(),
        found: Err(String::new()),
        ended_in: Vec::new(),
    };
    standing.found =
        played(&peer, place, args, &mut standing).map_err(|problem| problem.to_string());
    let told = match &standing.found {
        Ok(rows) => {
            let all =
                rows.last().map(|row| format!("{}/{}", row.counts.passed, row.counts.cases()));
            all.unwrap_or_default()
        }
        Err(why) => why.clone(),
    };
    let (name, seconds) = (&standing.name, begin.elapsed().as_secs_f64());
    let _ = writeln!(io::stderr(), "{name} {}: {told} ({seconds:.1} s)", standing.version);
    standing
}

/// Plays one suite after the other, and starts the server again if it has ended in one.
fn played(
    peer: &Peer,
    place: &Place,
    args: &Args,
    standing: &mut Standing,
) -> Result<Vec<Row>, Problem> {
    let settings = settings(args)?;
    let settings = Settings { patience: settings.patience.min(PATIENCE), ..settings };
    let begin = Instant::now();
    let mut running = peer.start(place)?;
    standing.version.clone_from(&running.version);
    let mut played = Vec::new();
    for suite in suites::all() {
        let name = suite.name();
        if NOT_FOR_PEERS.contains(&name) && args.only.is_empty() {
            continue;
        }
        let ask = |running: &Running| {
            target::stage(&running.address.to_string(), peer.profile, settings.clone())
        };
        let stage: Arc<Stage> = Arc::new(match ask(&running) {
            Ok(stage) => stage,
            // What was played before has left it in a state of its own.
            Err(_) => {
                running = peer.start(place)?;
                ask(&running)?
            }
        });
        let mut trials = suite.trials(&stage)?;
        trials.retain(|trial| choose::is_meant(&trial.case.id, args));
        if trials.is_empty() {
            continue;
        }
        played.extend(run(trials));
        if !running.accepts() {
            standing.ended_in.push(name.to_owned());
            running = peer.start(place)?;
        }
    }
    let report = Report::new(peer.name.clone(), args.seed, begin.elapsed(), played);
    let file = peer.name.replace([':', ' ', '/'], "-");
    report.write(&report_folder().join("peers"), &file)?;
    Ok(report.rows())
}
