//! The numbers of a report: for each suite and level, and altogether.

use super::{Report, Verdict};
use crate::Level;
use serde::Serialize;

/// How many cases ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Kept everywhere.
    pub passed: usize,
    /// Broken.
    pub failed: usize,
    /// Broken on purpose.
    pub excused: usize,
}

impl Counts {
    fn add(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Passed => self.passed += 1,
            Verdict::Failed => self.failed += 1,
            Verdict::Excused => self.excused += 1,
        }
    }

    /// All of them.
    #[must_use]
    pub fn cases(&self) -> usize {
        self.passed + self.failed + self.excused
    }
}

/// The cases of one suite and level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The name of the suite.
    pub suite: String,
    /// The level, `all` behind the last suite.
    pub level: String,
    /// How they ended.
    #[serde(flatten)]
    pub counts: Counts,
}

impl Report {
    /// A row for each suite and level that has cases, and one for all.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        let mut suites: Vec<&str> = Vec::new();
        for reported in &self.cases {
            if !suites.contains(&reported.case.suite()) {
                suites.push(reported.case.suite());
            }
        }
        let mut rows = Vec::new();
        let mut all = Counts::default();
        for suite in suites {
            for level in Level::ALL {
                let mut counts = Counts::default();
                let of_row = self.cases.iter().filter(|reported| {
                    reported.case.suite() == suite && reported.case.level == level
                });
                for reported in of_row {
                    counts.add(reported.verdict());
                    all.add(reported.verdict());
                }
                if counts.cases() > 0 {
                    rows.push(Row { suite: suite.to_owned(), level: level.to_string(), counts });
                }
            }
        }
        rows.push(Row { suite: "all".to_owned(), level: String::new(), counts: all });
        rows
    }
}
