//! Which trials are meant.

use super::Args;
use crate::subjects::NAMES;
use crate::{Problem, Stage, Suite, Trial};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The trials of all suites that the arguments choose.
pub(super) fn trials(
    suites: &[Box<dyn Suite>],
    stage: &Arc<Stage>,
    args: &Args,
) -> Result<Vec<Trial>, Problem> {
    let mut trials = Vec::new();
    for suite in suites.iter().filter(|suite| may_be_meant(suite.name(), suites, &args.only)) {
        trials.extend(suite.trials(stage)?);
    }
    for only in &args.only {
        if !trials.iter().any(|trial| trial.case.id.contains(only)) {
            return Err(nothing("case", only, trials.iter().map(|trial| trial.case.id.as_str())));
        }
    }
    for on in &args.on {
        if !NAMES.contains(&on.as_str()) {
            return Err(nothing("server", on, NAMES.into_iter()));
        }
    }
    trials.retain(|trial| is_meant(&trial.case.id, args));
    if !args.on.is_empty() {
        trials.retain(|trial| args.on.contains(&trial.subject));
    }
    if trials.is_empty() {
        return Err(Problem::new("no case is played on these servers; --list shows which are"));
    }
    Ok(trials)
}

/// Whether the arguments choose the case of an id.
pub(super) fn is_meant(id: &str, args: &Args) -> bool {
    args.only.is_empty() || args.only.iter().any(|only| id.contains(only))
}

/// Whether cases of this suite may be chosen: not if each choice begins with the name of another.
fn may_be_meant(name: &str, suites: &[Box<dyn Suite>], only: &[String]) -> bool {
    let names_another = |only: &String| {
        let start = only.split_once('/').map_or("", |(start, _)| start);
        start != name && suites.iter().any(|suite| suite.name() == start)
    };
    only.is_empty() || !only.iter().all(names_another)
}

/// So many names are offered.
const OFFERED: usize = 3;

/// There is nothing of that name: what there is that looks like it.
fn nothing<'n>(what: &str, name: &str, known: impl Iterator<Item = &'n str>) -> Problem {
    let known: BTreeSet<&str> = known.collect();
    let mut near: Vec<(usize, &str)> = known
        .into_iter()
        .map(|known| {
            // Somebody may have meant the whole id, or only its last part.
            let last = known.rsplit('/').next().unwrap_or(known);
            (distance(name, known).min(distance(name, last)), known)
        })
        .collect();
    near.sort();
    let near: Vec<&str> = near.into_iter().take(OFFERED).map(|(_, known)| known).collect();
    Problem::new(format!(
        "no {what} has {name:?} in its name; the nearest: {}. --list shows all",
        near.join(", ")
    ))
}

/// How many characters have to be put in, taken out or replaced to make one text of the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, b) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::{distance, nothing};

    #[test]
    fn the_nearest_names_are_offered() {
        assert_eq!(distance("kitten", "sitting"), 3);
        let known = ["rfc9112/framing/two-lengths", "rfc9112/chunked/size", "torture/crowd/silent"];
        let problem = nothing("case", "two-lenghts", known.into_iter()).to_string();
        assert!(problem.contains("the nearest: rfc9112/framing/two-lengths,"), "{problem}");
    }
}
