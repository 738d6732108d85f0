//! How the servers stand, side by side.

use super::Standing;
use crate::report::Row;
use serde_json::{Value, json as value};
use std::fmt::Write;

/// For a terminal: a line for each server, a column for each suite and level.
#[must_use]
pub fn table(standings: &[Standing]) -> String {
    let (heading, lines) = cells(standings);
    let mut widths: Vec<usize> = heading.iter().map(|cell| cell.chars().count()).collect();
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for line in [&heading].into_iter().chain(&lines) {
        for (column, (cell, width)) in line.iter().zip(&widths).enumerate() {
            let gap = if column == 0 { "" } else { "  " };
            let _ = match column {
                0..=2 => write!(text, "{gap}{cell:<width$}"),
                _ => write!(text, "{gap}{cell:>width$}"),
            };
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    for note in notes(standings) {
        let _ = writeln!(text, "{note}");
    }
    text
}

/// The same as a page.
#[must_use]
pub fn markdown(standings: &[Standing], seed: u64) -> String {
    let (heading, lines) = cells(standings);
    let mut text = format!(
        "# Servers side by side\n\n\
         Cases passed of those played, by suite and level. Made by `cargo xtask conformance --peers`, seed {seed}.\n\
         Every server, ours too, is held to the rule and not to the words of ours. Which cases can be played is a matter of the\n\
         profile: what the server serves.\n\n"
    );
    let _ = writeln!(text, "| {} |", heading.join(" | "));
    let marks: Vec<&str> = heading
        .iter()
        .enumerate()
        .map(|(column, _)| if column < 3 { "---" } else { "---:" })
        .collect();
    let _ = writeln!(text, "| {} |", marks.join(" | "));
    for line in lines {
        let _ = writeln!(text, "| {} |", line.join(" | "));
    }
    let notes = notes(standings);
    if !notes.is_empty() {
        text.push('\n');
        for note in notes {
            let _ = writeln!(text, "- {note}");
        }
    }
    text
}

/// The same for programs.
#[must_use]
pub fn json(standings: &[Standing], seed: u64) -> String {
    let servers: Vec<Value> = standings
        .iter()
        .map(|standing| {
            let mut server = value!({
                "name": standing.name,
                "version": standing.version,
                "profile": standing.profile,
                "ended_in": standing.ended_in,
            });
            match &standing.found {
                Ok(rows) => server["rows"] = value!(rows),
                Err(why) => server["not_played"] = value!(why),
            }
            server
        })
        .collect();
    let text = serde_json::to_string_pretty(&value!({ "seed": seed, "servers": servers }));
    text.expect("a value made of texts and numbers") + "\n"
}

/// Who was not played, and who ended.
fn notes(standings: &[Standing]) -> Vec<String> {
    let mut notes = Vec::new();
    for Standing { name, found, ended_in, .. } in standings {
        if let Err(why) = found {
            notes.push(format!("{name}: not played: {why}"));
        }
        if !ended_in.is_empty() {
            let suites = ended_in.join(" and ");
            notes.push(format!(
                "{name}: ended by itself in {suites}, whose further cases it failed"
            ));
        }
    }
    notes
}

/// The heading, and a line for each server that was played.
fn cells(standings: &[Standing]) -> (Vec<String>, Vec<Vec<String>>) {
    let mut columns: Vec<(String, String)> = Vec::new();
    let played =
        || standings.iter().filter_map(|standing| Some((standing, standing.found.as_ref().ok()?)));
    for (_, rows) in played() {
        for Row { suite, level, .. } in rows {
            let column = (suite.clone(), level.clone());
            if !columns.contains(&column) {
                // What comes together stays together, whoever brings it first.
                let place = columns.iter().rposition(|(other, _)| other == suite);
                columns.insert(place.map_or(columns.len(), |place| place + 1), column);
            }
        }
    }
    columns.sort_by_key(|(suite, _)| suite == "all");
    let mut heading = ["server", "version", "profile"].map(str::to_owned).to_vec();
    heading
        .extend(columns.iter().map(|(suite, level)| format!("{suite} {level}").trim().to_owned()));
    let lines = played().map(|(standing, rows)| {
        let mut line =
            vec![standing.name.clone(), standing.version.clone(), standing.profile.to_string()];
        line.extend(columns.iter().map(|(suite, level)| {
            let row = rows.iter().find(|row| row.suite == *suite && row.level == *level);
            row.map_or("–".to_owned(), |row| {
                format!("{}/{}", row.counts.passed, row.counts.cases())
            })
        }));
        line
    });
    (heading, lines.collect())
}

#[cfg(test)]
mod tests {
    use super::{Standing, json, markdown, table};
    use crate::Profile;
    use crate::report::{Counts, Row};

    fn standings() -> Vec<Standing> {
        let row = |suite: &str, level: &str, passed, failed| Row {
            suite: suite.to_owned(),
            level: level.to_owned(),
            counts: Counts { passed, failed, excused: 0 },
        };
        let standing = |name: &str, found| Standing {
            name: name.to_owned(),
            profile: Profile::Wsgi,
            version: "1.0".to_owned(),
            found,
            ended_in: Vec::new(),
        };
        vec![
            standing("ours", Ok(vec![row("rfc9112", "MUST", 10, 0), row("all", "", 10, 0)])),
            standing("other", Ok(vec![row("rfc9112", "MUST", 7, 3), row("rfc9112", "safe", 1, 1)])),
            standing("absent", Err("nothing of that name".to_owned())),
        ]
    }

    #[test]
    fn the_columns_are_those_of_all_servers() {
        let text = table(&standings());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "server  version  profile  rfc9112 MUST  rfc9112 safe    all");
        let cells: Vec<&str> = lines[1].split_whitespace().collect();
        assert_eq!(cells, ["ours", "1.0", "wsgi", "10/10", "–", "10/10"]);
        assert_eq!(lines[1].chars().count(), lines[0].len());
        assert_eq!(lines[3], "absent: not played: nothing of that name");
    }

    #[test]
    fn pages_and_programs_get_the_same() {
        let page = markdown(&standings(), 1);
        assert!(page.contains("| other | 1.0 | wsgi | 7/10 | 1/2 | – |\n"), "{page}");
        assert!(page.ends_with("- absent: not played: nothing of that name\n"), "{page}");
        let text = json(&standings(), 1);
        assert!(text.contains("\"not_played\": \"nothing of that name\""), "{text}");
    }
}
