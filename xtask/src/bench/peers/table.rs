//! The results as Markdown: one table of figures, one of the bars, and what a reader must know of both.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::bench::peers::records::{Record, Results, figure};
use crate::bench::peers::scenarios::{SCENARIOS, Scenario, Situation};
use crate::bench::peers::servers::{HANDLER, LIMIT, Server, WSGI};
use crate::bench::peers::verdict;

/// `servers`: in the order of the columns; those without any figures have none.
pub(super) fn markdown(results: &Results, servers: &[Server]) -> String {
    let measured = |name: &str| results.records.iter().any(|record| record.server == name);
    let columns: Vec<&str> =
        servers.iter().map(|server| server.name.as_str()).filter(|name| measured(name)).collect();
    let mut text = String::new();
    line(&mut text, ["", "noise"].into_iter().chain(columns.iter().copied()));
    line(&mut text, ["---"; 2].into_iter().chain(columns.iter().map(|_| "---:")));
    for row in SCENARIOS.iter().flat_map(rows) {
        let cells: Vec<_> = columns.iter().map(|name| row.cell(results, name)).collect();
        if cells.iter().any(Option::is_some) {
            let cells = cells.into_iter().map(|cell| cell.unwrap_or_else(|| "–".to_owned()));
            let head = [row.label.clone(), row.noise(results).unwrap_or_default()];
            line(&mut text, head.into_iter().chain(cells));
        }
    }
    text.push('\n');
    bars(results, servers, &mut text);
    legend(results, servers, &mut text);
    text
}

fn line<S: AsRef<str>>(text: &mut String, cells: impl Iterator<Item = S>) {
    for cell in cells {
        let _ = write!(text, "| {} ", cell.as_ref());
    }
    text.push_str("|\n");
}

/// One line of the table of figures.
struct Row {
    label: String,
    scenario: &'static str,
    value: Value,
}

#[derive(Clone, Copy)]
enum Value {
    /// As a ratio to the limit server's, whose own stands in full.
    Ratio(&'static str),
    /// A median, divided by this.
    Median(&'static str, f64),
    BinaryKib,
    Crates,
}

fn rows(scenario: &'static Scenario) -> Vec<Row> {
    use Value::{BinaryKib, Crates, Median, Ratio};
    let rows: &[(&str, Value)] = match scenario.what {
        Situation::Load(_) => &[
            ("requests/s ÷ limit's", Ratio(figure::PER_SECOND)),
            ("CPU µs per request", Median(figure::CPU, 1.0)),
        ],
        Situation::Slow => &[
            ("share of throughput kept", Median(figure::RETAINED, 1.0)),
            ("CPU per request ÷ without", Median(figure::CPU_TIMES, 1.0)),
        ],
        Situation::Asleep => &[
            ("share of throughput kept", Median(figure::RETAINED, 1.0)),
            ("CPU per request ÷ without", Median(figure::CPU_TIMES, 1.0)),
            ("p99 ms", Median(figure::P99, 1.0)),
        ],
        Situation::Idle => &[
            ("resident MiB", Median(figure::RESIDENT, 1024.0)),
            ("CPU %", Median(figure::IDLE_CPU, 1.0)),
            ("newcomer ms", Median(figure::NEWCOMER, 1.0)),
        ],
        Situation::Start => &[
            ("ms to the first answer", Median(figure::START, 1.0)),
            ("resident MiB", Median(figure::RESIDENT, 1024.0)),
            ("program KiB", BinaryKib),
            ("crates", Crates),
        ],
    };
    let row = |(label, value): &(&str, Value)| Row {
        label: format!("{}: {label}", scenario.name),
        scenario: scenario.name,
        value: *value,
    };
    rows.iter().map(row).collect()
}

impl Row {
    fn cell(&self, results: &Results, server: &str) -> Option<String> {
        let facts = results.facts.get(server);
        match self.value {
            Value::Ratio(figure) if server == LIMIT => {
                results.median(self.scenario, server, figure).map(number)
            }
            Value::Ratio(figure) => results.ratio(self.scenario, server, figure).map(number),
            Value::Median(figure, unit) => {
                results.median(self.scenario, server, figure).map(|value| number(value / unit))
            }
            // Facts, and not measured; shown where the scenario is.
            Value::BinaryKib if self.is_measured(results, server) => facts?.binary_kib.map(number),
            Value::Crates if self.is_measured(results, server) => facts?.crates.map(whole),
            Value::BinaryKib | Value::Crates => None,
        }
    }

    fn is_measured(&self, results: &Results, server: &str) -> bool {
        results.of(self.scenario, server).next().is_some()
    }

    fn noise(&self, results: &Results) -> Option<String> {
        let (Value::Ratio(figure) | Value::Median(figure, _)) = self.value else { return None };
        let noise = match figure {
            figure::RETAINED => results
                .median(self.scenario, LIMIT, figure::SPREAD)
                .or_else(|| results.median(self.scenario, HANDLER, figure::SPREAD)),
            _ => results.noise(self.scenario, figure),
        };
        noise.map(|noise| format!("{:.1} %", noise * 100.0))
    }
}

/// With as many digits as a measurement deserves.
fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 99.95 => whole(value),
        size if size >= 9.995 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

fn whole(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn bars(results: &Results, servers: &[Server], text: &mut String) {
    let ours = [HANDLER, WSGI];
    let mut begun = false;
    for scenario in SCENARIOS {
        let verdicts = ours.map(|name| verdict::verdict(results, scenario, servers, name));
        if verdicts.iter().all(Option::is_none) {
            continue;
        }
        if !begun {
            line(text, ["scenario", "bar"].into_iter().chain(ours));
            line(text, ["---"; 4].into_iter());
            begun = true;
        }
        let [handler, wsgi] = verdicts.map(|verdict| verdict.unwrap_or_else(|| "–".to_owned()));
        line(text, [scenario.name.to_owned(), verdict::bar(scenario), handler, wsgi].into_iter());
    }
    if begun {
        text.push('\n');
    }
}

fn legend(results: &Results, servers: &[Server], text: &mut String) {
    let _ = writeln!(text, "Machine: {}.\n", results.machine);
    let known =
        servers.iter().filter_map(|server| Some((server, results.facts.get(&server.name)?)));
    let versions = known
        .clone()
        .filter(|(server, facts)| !facts.version.is_empty() && server.name != LIMIT)
        .map(|(server, facts)| format!("{} {}", server.name, facts.version));
    let _ = writeln!(text, "Versions: {}.\n", versions.collect::<Vec<_>>().join(", "));
    let left_out = results.records.iter().filter(|record| record.disturbed).count();
    let _ = writeln!(
        text,
        "Noise: how far apart the limit server's runs before and after the others are, the median over the rounds. \
         {left_out} of {} runs are left out, because others used the processors in each of three tries.\n",
        results.records.len()
    );
    for (server, facts) in known {
        if let Some(reason) = &facts.absent {
            let _ = writeln!(text, "- {}: {reason}", server.name);
        }
    }
    for ((server, note), scenarios) in notes(&results.records) {
        let _ = writeln!(text, "- {server}: {note} ({})", scenarios.join(", "));
    }
    let _ = writeln!(text, "\n```text\n{}\n```", results.commands.join("\n"));
}

/// What was noted, each with the scenarios.
fn notes(records: &[Record]) -> BTreeMap<(&str, &str), Vec<&str>> {
    let mut notes: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for record in records {
        for note in record.notes.iter().chain(&record.error) {
            let scenarios = notes.entry((&record.server, note)).or_default();
            if !scenarios.contains(&record.scenario.as_str()) {
                scenarios.push(&record.scenario);
            }
        }
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::{markdown, number, whole};
    use crate::bench::peers::records::tests::results;
    use crate::bench::peers::servers::all;

    #[test]
    fn figures_have_the_digits_they_deserve() {
        assert_eq!([0.974, 9.99, 17.25, 99.94].map(number), ["0.97", "9.99", "17.2", "99.9"]);
        assert_eq!([626.4, 1438.0, 121_382.4].map(number), ["626", "1,438", "121,382"]);
        assert_eq!(whole(12.0), "12");
    }

    #[test]
    fn the_table_has_a_column_for_each_server_that_was_measured() {
        let runs = [(1, "limit", 1000.0), (1, "ntex", 900.0), (1, "limit", 1000.0)];
        let text = markdown(&results(&runs), &all());
        let lines: Vec<&str> = text.lines().take(4).collect();
        assert_eq!(
            lines,
            [
                "|  | noise | limit | ntex |",
                "| --- | --- | ---: | ---: |",
                "| ka64: requests/s ÷ limit's | 0.0 % | 1,000 | 0.90 |",
                "| ka64: CPU µs per request | 0.0 % | 1,000 | 1,111 |",
            ]
        );
        assert!(!text.contains("| scenario |"), "nothing of ours was measured: {text}");
    }

    #[test]
    fn notes_and_failures_are_named_with_their_scenarios() {
        let mut results = results(&[(1, "ntex", 900.0), (2, "ntex", 900.0)]);
        results.records[0].notes.push("no keep-alive".to_owned());
        results.records[1].notes.push("no keep-alive".to_owned());
        results.records[1].error = Some("refused".to_owned());
        let text = markdown(&results, &all());
        assert!(text.contains("- ntex: no keep-alive (ka64)\n- ntex: refused (ka64)\n"), "{text}");
    }
}
