//! What was measured, as it is kept in JSON.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::Result;

/// Names of figures, as they stand in the JSON. Times are in the unit that the name ends with.
pub(super) mod figure {
    pub(crate) const PER_SECOND: &str = "requests_per_second";
    pub(crate) const CPU: &str = "server_cpu_us";
    pub(crate) const CPU_USER: &str = "server_cpu_user_us";
    pub(crate) const CPU_SYSTEM: &str = "server_cpu_system_us";
    pub(crate) const OTHERS: &str = "processors_used_by_others";
    pub(crate) const P50: &str = "p50_ms";
    pub(crate) const P99: &str = "p99_ms";
    /// Without what is beside in `slow` and `asleep`.
    pub(crate) const P99_ALONE: &str = "p99_alone_ms";
    pub(crate) const CPU_ALONE: &str = "server_cpu_alone_us";
    pub(crate) const CPU_TIMES: &str = "server_cpu_times_alone";
    pub(crate) const RETAINED: &str = "throughput_retained";
    /// How far apart turns without it are.
    pub(crate) const SPREAD: &str = "spread_of_undisturbed";
    pub(crate) const OPEN: &str = "connections_open";
    pub(crate) const ALIVE: &str = "connections_alive";
    pub(crate) const RESIDENT: &str = "resident_kib";
    pub(crate) const IDLE_CPU: &str = "idle_cpu_percent";
    pub(crate) const NEWCOMER: &str = "newcomer_ms";
    pub(crate) const NEWCOMER_MAX: &str = "newcomer_max_ms";
    pub(crate) const NEWCOMER_FAILED: &str = "newcomers_without_answer";
    pub(crate) const START: &str = "start_ms";
    pub(crate) const START_MIN: &str = "start_min_ms";
    pub(crate) const START_MAX: &str = "start_max_ms";
}

/// One run of one server in one scenario.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Record {
    pub(super) scenario: String,
    pub(super) server: String,
    pub(super) round: u32,
    pub(super) figures: BTreeMap<String, f64>,
    /// What a reader of the figures must know.
    pub(super) notes: Vec<String>,
    /// Why there are no figures.
    pub(super) error: Option<String>,
    /// Others used the processors meanwhile, and again in each repetition: left out of the table.
    pub(super) disturbed: bool,
}

impl Record {
    pub(super) fn set(&mut self, name: &str, value: f64) {
        self.figures.insert(name.to_owned(), value);
    }

    pub(super) fn get(&self, name: &str) -> Option<f64> {
        self.figures.get(name).copied()
    }

    fn to_json(&self) -> Value {
        json!({
            "scenario": self.scenario,
            "server": self.server,
            "round": self.round,
            "figures": self.figures,
            "notes": self.notes,
            "error": self.error,
            "disturbed": self.disturbed,
        })
    }

    fn from_json(value: &Value) -> Option<Self> {
        let text = |name: &str| value.get(name)?.as_str().map(str::to_owned);
        let figures = value.get("figures")?.as_object()?;
        let notes = value.get("notes")?.as_array()?;
        Some(Self {
            scenario: text("scenario")?,
            server: text("server")?,
            round: value.get("round")?.as_u64()?.try_into().ok()?,
            figures: figures
                .iter()
                .filter_map(|(name, value)| Some((name.clone(), value.as_f64()?)))
                .collect(),
            notes: notes.iter().filter_map(|note| note.as_str().map(str::to_owned)).collect(),
            error: text("error"),
            disturbed: value.get("disturbed")?.as_bool()?,
        })
    }
}

/// What is known of a server without running it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Facts {
    pub(super) version: String,
    /// Of the stripped program.
    pub(super) binary_kib: Option<f64>,
    /// In the tree of its dependencies, itself included.
    pub(super) crates: Option<f64>,
    /// Why it cannot be measured.
    pub(super) absent: Option<String>,
}

impl Facts {
    fn to_json(&self) -> Value {
        json!({
            "version": self.version,
            "binary_kib": self.binary_kib,
            "crates": self.crates,
            "absent": self.absent,
        })
    }

    fn from_json(value: &Value) -> Self {
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let number = |name: &str| value.get(name).and_then(Value::as_f64);
        Self {
            version: text("version").unwrap_or_default(),
            binary_kib: number("binary_kib"),
            crates: number("crates"),
            absent: text("absent"),
        }
    }
}

/// Everything that a table is made from.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Results {
    pub(super) machine: String,
    /// The commands of all runs whose records are here, each once.
    pub(super) commands: Vec<String>,
    pub(super) facts: BTreeMap<String, Facts>,
    pub(super) records: Vec<Record>,
}

impl Results {
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path)
            .map_err(|error| format!("no earlier run to add to: {}: {error}", path.display()))?;
        let value: Value = serde_json::from_str(&text)?;
        let list = |name: &str| value.get(name).and_then(Value::as_array).cloned();
        let facts = value.get("servers").and_then(Value::as_object).cloned().unwrap_or_default();
        let commands = list("commands").unwrap_or_default();
        Ok(Self {
            machine: value.get("machine").and_then(Value::as_str).unwrap_or_default().to_owned(),
            commands: commands.iter().filter_map(|c| c.as_str().map(str::to_owned)).collect(),
            facts: facts.iter().map(|(n, facts)| (n.clone(), Facts::from_json(facts))).collect(),
            records: list("records")
                .unwrap_or_default()
                .iter()
                .filter_map(Record::from_json)
                .collect(),
        })
    }

    pub(super) fn write(&self, path: &Path) -> Result {
        let facts = self.facts.iter().map(|(name, facts)| (name.clone(), facts.to_json()));
        let value = json!({
            "machine": self.machine,
            "commands": self.commands,
            "servers": facts.collect::<serde_json::Map<_, _>>(),
            "records": self.records.iter().map(Record::to_json).collect::<Vec<_>>(),
        });
        Ok(fs::write(path, serde_json::to_string_pretty(&value)? + "\n")?)
    }

    /// The number of the next round of a scenario.
    pub(super) fn next_round(&self, scenario: &str) -> u32 {
        let rounds = self.records.iter().filter(|record| record.scenario == scenario);
        rounds.map(|record| record.round).max().map_or(1, |last| last + 1)
    }

    /// The usable records of a server in a scenario.
    pub(super) fn of(&self, scenario: &str, server: &str) -> impl Iterator<Item = &Record> {
        self.records.iter().filter(move |record| {
            record.scenario == scenario
                && record.server == server
                && record.error.is_none()
                && !record.disturbed
        })
    }

    /// The median of a figure.
    pub(super) fn median(&self, scenario: &str, server: &str, figure: &str) -> Option<f64> {
        median(self.of(scenario, server).filter_map(|record| record.get(figure)))
    }

    /// The median of a figure's quotients to the limit server's. Each quotient stays within a round: to the mean of the
    /// runs that open and close it.
    pub(super) fn ratio(&self, scenario: &str, server: &str, figure: &str) -> Option<f64> {
        median(self.of(scenario, server).filter_map(|record| {
            let limit = self.limits(scenario, record.round, figure);
            let mean = limit.iter().sum::<f64>() / limit.len() as f64;
            Some(record.get(figure)? / mean).filter(|ratio| ratio.is_finite())
        }))
    }

    /// How far apart, as a share, the limit server's runs of one round are: the median over the rounds. What differs by
    /// less, does not differ.
    pub(super) fn noise(&self, scenario: &str, figure: &str) -> Option<f64> {
        median((1..self.next_round(scenario)).filter_map(|round| {
            let limit = self.limits(scenario, round, figure);
            let most = limit.iter().copied().fold(f64::NAN, f64::max);
            let least = limit.iter().copied().fold(f64::NAN, f64::min);
            (limit.len() > 1).then_some(2.0 * (most - least) / (most + least))
        }))
    }

    fn limits(&self, scenario: &str, round: u32, figure: &str) -> Vec<f64> {
        let runs = self.of(scenario, super::servers::LIMIT).filter(|r| r.round == round);
        runs.filter_map(|record| record.get(figure)).collect()
    }
}

pub(super) fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let upper = values.len() / 2;
    match values.len() {
        0 => None,
        count if count % 2 == 1 => Some(values[upper]),
        _ => Some((values[upper - 1] + values[upper]) / 2.0),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::{Facts, Record, Results, figure, median};

    /// One round of `ka64` with these requests per second.
    pub(in crate::bench::peers) fn results(runs: &[(u32, &str, f64)]) -> Results {
        let record = |&(round, server, per_second): &(u32, &str, f64)| {
            let (scenario, server) = ("ka64".to_owned(), server.to_owned());
            let mut record = Record { scenario, server, round, ..Record::default() };
            record.set(figure::PER_SECOND, per_second);
            record.set(figure::CPU, 1e6 / per_second);
            record
        };
        Results { records: runs.iter().map(record).collect(), ..Results::default() }
    }

    #[test]
    fn a_ratio_stays_within_its_round() {
        let results = results(&[
            (1, "limit", 90.0),
            (1, "ntex", 80.0),
            (1, "limit", 110.0),
            (2, "limit", 40.0),
            (2, "ntex", 40.0),
            (2, "limit", 40.0),
        ]);
        assert!((results.ratio("ka64", "ntex", figure::PER_SECOND).unwrap() - 0.9).abs() < 1e-9);
        assert_eq!(results.median("ka64", "ntex", figure::PER_SECOND), Some(60.0));
        assert!((results.noise("ka64", figure::PER_SECOND).unwrap() - 0.1).abs() < 1e-9);
        assert_eq!(results.next_round("ka64"), 3);
        assert_eq!(results.next_round("start"), 1);
    }

    #[test]
    fn disturbed_runs_and_failed_ones_do_not_count() {
        let mut results = results(&[(1, "ntex", 80.0), (2, "ntex", 20.0), (3, "ntex", 10.0)]);
        results.records[1].disturbed = true;
        results.records[2].error = Some("gone".to_owned());
        assert_eq!(results.median("ka64", "ntex", figure::PER_SECOND), Some(80.0));
    }

    #[test]
    fn the_median_of_an_even_number_is_between_two() {
        assert_eq!(median([3.0, 1.0, 2.0].into_iter()), Some(2.0));
        assert_eq!(median([4.0, 1.0].into_iter()), Some(2.5));
        assert_eq!(median(std::iter::empty()), None);
    }

    #[test]
    fn what_is_written_is_what_is_read() {
        let mut written = results(&[(1, "limit", 90.5), (1, "ntex", 80.0)]);
        written.records[1].error = Some("refused".to_owned());
        written.records[0].notes.push("no keep-alive".to_owned());
        written.machine = "a machine".to_owned();
        written.commands.push("cargo xtask bench peers".to_owned());
        let facts = Facts { version: "1.0".to_owned(), crates: Some(6.0), ..Facts::default() };
        written.facts.insert("ntex".to_owned(), facts);
        let path =
            std::env::temp_dir().join(format!("wsgiref-results-{}.json", std::process::id()));
        written.write(&path).unwrap();
        let read = Results::read(&path);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(read.unwrap(), written);
    }
}
