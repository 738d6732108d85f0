//! Whether our servers reach the bar of a scenario, and if not, by how much they miss it and whom.

use crate::bench::peers::load::KEEPS;
use crate::bench::peers::records::{Results, figure};
use crate::bench::peers::scenarios::{Bar, Scenario, Situation};
use crate::bench::peers::servers::{HANDLER, LIMIT, Role, Server, WSGI};

/// What a WSGI application may cost more than a handler.
const WSGI_EXTRA: f64 = 0.10;
/// tiny_http's program where the bar was set; where it was built, its size there counts.
const TINY_HTTP_KIB: f64 = 626.0;
/// One tick of the clock in the time that idle connections are watched, and half of one.
const NO_CPU_PERCENT: f64 = 0.5;
const AT_ONCE_MS: f64 = 1.0;

/// The bar in words.
pub(super) fn bar(scenario: &Scenario) -> String {
    match scenario.bar {
        Bar::OfLimit(share) => format!("at least {share} of limit; no peer ahead"),
        Bar::CpuOfLimit(more) => {
            format!("CPU at most {:.0} % above limit; no peer ahead", more * 100.0)
        }
        Bar::NoPeerAhead => "no peer ahead".to_owned(),
        Bar::NoLoss => "no loss of throughput".to_owned(),
        Bar::Undelayed { retained, p99_ms } => {
            format!("at least {:.0} % of the throughput, p99 at most {p99_ms} ms", retained * 100.0)
        }
        Bar::Resident(mib) => {
            format!("at most {mib} MiB, no idle CPU, newcomers answered within {AT_ONCE_MS} ms")
        }
        Bar::Small { start_ms, resident_mib, crates } => format!(
            "under {start_ms} ms and {resident_mib} MiB; no bigger than tiny_http's program; at most {crates} \
             crates for a handler"
        ),
    }
}

/// `met`, or what is missing. `None` where nothing was measured.
pub(super) fn verdict(
    results: &Results,
    scenario: &Scenario,
    servers: &[Server],
    ours: &str,
) -> Option<String> {
    results.of(scenario.name, ours).next()?;
    let misses = Misses { results, scenario: scenario.name, ours, list: Vec::new() };
    let list = misses.judge(scenario, servers)?;
    Some(match () {
        () if list.is_empty() => "met".to_owned(),
        () if list.iter().all(|miss| miss.noise) => format!("within noise: {}", texts(&list)),
        () => format!("missed: {}", texts(&list)),
    })
}

fn texts(list: &[Miss]) -> String {
    list.iter().map(|miss| miss.text.as_str()).collect::<Vec<_>>().join("; ")
}

struct Miss {
    text: String,
    /// By less than runs of one and the same server differ.
    noise: bool,
}

/// Collects what one of our servers misses in one scenario.
struct Misses<'r> {
    results: &'r Results,
    scenario: &'r str,
    ours: &'r str,
    list: Vec<Miss>,
}

impl Misses<'_> {
    fn judge(mut self, scenario: &Scenario, servers: &[Server]) -> Option<Vec<Miss>> {
        match scenario.bar {
            Bar::OfLimit(share) => {
                let rate = self.ratio(self.ours, figure::PER_SECOND)?;
                self.at_least("requests/s", rate, share, figure::PER_SECOND);
                let cpu = self.ratio(self.ours, figure::CPU)?;
                self.at_most("CPU", cpu, 1.0 / share, figure::CPU);
                self.no_peer_ahead(servers);
            }
            Bar::CpuOfLimit(more) => {
                let cpu = self.ratio(self.ours, figure::CPU)?;
                self.at_most("CPU", cpu, 1.0 + more, figure::CPU);
                self.no_peer_ahead(servers);
            }
            Bar::NoPeerAhead => self.no_peer_ahead(servers),
            Bar::NoLoss => {
                let retained = self.median(figure::RETAINED)?;
                let noise = self.median(figure::SPREAD).unwrap_or(0.0);
                if retained < 1.0 {
                    let text = format!("{} of the throughput lost", percent(1.0 - retained));
                    self.miss(text, 1.0 - retained, noise);
                }
            }
            Bar::Undelayed { retained, p99_ms } => {
                let kept = self.median(figure::RETAINED)?;
                if kept < retained {
                    let noise = self.median(figure::SPREAD).unwrap_or(0.0);
                    self.miss(format!("keeps {}", percent(kept)), retained - kept, noise);
                }
                self.below("p99", self.median(figure::P99)?, p99_ms, "ms");
            }
            Bar::Resident(mib) => {
                let resident = self.median(figure::RESIDENT)? / 1024.0;
                self.below("resident", resident, mib, "MiB");
                self.below("CPU", self.median(figure::IDLE_CPU)?, NO_CPU_PERCENT, "%");
                match self.median(figure::NEWCOMER) {
                    Some(time) => self.below("newcomers", time, AT_ONCE_MS, "ms"),
                    None => self.miss("newcomers without an answer".to_owned(), 1.0, 0.0),
                }
                if self.median(figure::NEWCOMER_FAILED)? > 0.0 {
                    self.miss("some newcomers without an answer".to_owned(), 1.0, 0.0);
                }
                if self.median(figure::ALIVE)? < 10_000.0 {
                    self.miss("holds fewer than 10,000".to_owned(), 1.0, 0.0);
                }
            }
            Bar::Small { start_ms, resident_mib, crates } => {
                self.below("start", self.median(figure::START)?, start_ms, "ms");
                let resident = self.median(figure::RESIDENT)? / 1024.0;
                self.below("resident", resident, resident_mib, "MiB");
                let facts = self.results.facts.get(self.ours)?;
                let tiny_http = self.results.facts.get("tiny_http");
                let most = tiny_http.and_then(|facts| facts.binary_kib).unwrap_or(TINY_HTTP_KIB);
                self.below("program", facts.binary_kib?, most, "KiB");
                if self.ours == HANDLER {
                    self.below("crates", facts.crates?, crates, "");
                }
            }
        }
        if matches!(scenario.what, Situation::Load(_)) {
            self.wsgi_beside_the_handler();
        }
        Some(self.list)
    }

    /// By requests per second and by CPU time per request, each put beside the limit server's within its round.
    fn no_peer_ahead(&mut self, servers: &[Server]) {
        let peers: Vec<&Server> = servers
            .iter()
            .filter(|server| server.role == Role::Peer && !self.keeps(&server.name))
            .collect();
        let best = |figure: &str, sign: f64| {
            let ratios =
                peers.iter().filter_map(|peer| Some((peer, self.ratio(&peer.name, figure)?)));
            ratios.max_by(|(_, a), (_, b)| (sign * a).total_cmp(&(sign * b)))
        };
        let (fastest, leanest) = (best(figure::PER_SECOND, 1.0), best(figure::CPU, -1.0));
        let pairs = fastest.zip(self.ratio(self.ours, figure::PER_SECOND));
        if let Some(((peer, theirs), ours)) = pairs.filter(|((_, theirs), ours)| theirs > ours) {
            let gap = theirs / ours - 1.0;
            let noise = self.noise(figure::PER_SECOND);
            self.miss(format!("{} ahead by {}", peer.name, percent(gap)), gap, noise);
        }
        let pairs = leanest.zip(self.ratio(self.ours, figure::CPU));
        if let Some(((peer, theirs), ours)) = pairs.filter(|((_, theirs), ours)| ours > theirs) {
            let gap = ours / theirs - 1.0;
            let text = format!("CPU {} above {}", percent(gap), peer.name);
            self.miss(text, gap, self.noise(figure::CPU));
        }
    }

    /// It answers another question, and so is no peer here.
    fn keeps(&self, server: &str) -> bool {
        let mut records = self.results.of(self.scenario, server);
        records.any(|record| record.notes.iter().any(|note| note == KEEPS))
    }

    fn wsgi_beside_the_handler(&mut self) {
        let costs = self.ratio(WSGI, figure::CPU).zip(self.ratio(HANDLER, figure::CPU));
        let Some((wsgi, handler)) = costs.filter(|_| self.ours == WSGI) else { return };
        let more = wsgi / handler - 1.0;
        if more > WSGI_EXTRA {
            let text = format!("CPU {} above the handler", percent(more));
            self.miss(text, more - WSGI_EXTRA, self.noise(figure::CPU));
        }
    }

    fn at_least(&mut self, what: &str, ratio: f64, least: f64, of: &str) {
        if ratio < least {
            let text = format!("{what} {ratio:.2} of {LIMIT}");
            self.miss(text, least / ratio - 1.0, self.noise(of));
        }
    }

    fn at_most(&mut self, what: &str, ratio: f64, most: f64, of: &str) {
        if ratio > most {
            let text = format!("{what} {} above {LIMIT}", percent(ratio - 1.0));
            self.miss(text, ratio / most - 1.0, self.noise(of));
        }
    }

    fn below(&mut self, what: &str, value: f64, most: f64, unit: &str) {
        if value > most {
            let text =
                format!("{what} {value:.1} {unit}, {} too much", percent(value / most - 1.0));
            self.miss(text, 1.0, 0.0);
        }
    }

    fn miss(&mut self, text: String, gap: f64, noise: f64) {
        self.list.push(Miss { text, noise: gap <= noise });
    }

    fn ratio(&self, server: &str, figure: &str) -> Option<f64> {
        self.results.ratio(self.scenario, server, figure)
    }

    fn median(&self, figure: &str) -> Option<f64> {
        self.results.median(self.scenario, self.ours, figure)
    }

    fn noise(&self, figure: &str) -> f64 {
        self.results.noise(self.scenario, figure).unwrap_or(0.0)
    }
}

fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent < 9.95 { format!("{percent:.1} %") } else { format!("{percent:.0} %") }
}

#[cfg(test)]
mod tests {
    use super::verdict;
    use crate::bench::peers::load::KEEPS;
    use crate::bench::peers::records::tests::results;
    use crate::bench::peers::scenarios::find;
    use crate::bench::peers::servers::{HANDLER, WSGI, all};

    /// The runs of a round of `ka64`, where limit is 2 % apart; and what is said of a server of ours.
    fn said(runs: &[(&str, f64)], ours: &str) -> Option<String> {
        let limits = [("limit", 99.0), ("limit", 101.0)];
        let runs: Vec<_> = limits.iter().chain(runs).map(|&(name, rate)| (1, name, rate)).collect();
        verdict(&results(&runs), find("ka64").unwrap(), &all(), ours)
    }

    #[test]
    fn nothing_is_said_of_what_was_not_measured() {
        assert_eq!(said(&[("ntex", 90.0)], HANDLER), None);
    }

    #[test]
    fn a_bar_is_met_without_a_peer_ahead() {
        assert_eq!(said(&[(HANDLER, 98.0), ("ntex", 90.0)], HANDLER).unwrap(), "met");
    }

    #[test]
    fn a_miss_names_the_best_peer_and_the_gap() {
        let said = said(&[(HANDLER, 80.0), ("ntex", 90.0), ("hyper", 88.0)], HANDLER).unwrap();
        assert_eq!(said, "missed: CPU 25 % above limit; ntex ahead by 12 %; CPU 12 % above ntex");
    }

    #[test]
    fn a_gap_smaller_than_the_noise_is_said_to_be_one() {
        let said = said(&[(HANDLER, 99.0), ("ntex", 100.0)], HANDLER).unwrap();
        assert_eq!(said, "within noise: ntex ahead by 1.0 %; CPU 1.0 % above ntex");
    }

    #[test]
    fn an_application_is_put_beside_the_handler_too() {
        assert_eq!(said(&[(HANDLER, 120.0), (WSGI, 110.0)], WSGI).unwrap(), "met");
        let said = said(&[(HANDLER, 120.0), (WSGI, 100.0)], WSGI).unwrap();
        assert_eq!(said, "missed: CPU 20 % above the handler");
    }

    #[test]
    fn a_peer_that_keeps_the_connection_is_not_compared() {
        let runs =
            [(1, "limit", 100.0), (1, "limit", 100.0), (1, HANDLER, 90.0), (1, "ntex", 200.0)];
        let mut results = results(&runs);
        for record in &mut results.records {
            record.scenario = "close64".to_owned();
        }
        let close = find("close64").unwrap();
        assert!(verdict(&results, close, &all(), HANDLER).unwrap().starts_with("missed"));
        results.records[3].notes.push(KEEPS.to_owned());
        assert_eq!(verdict(&results, close, &all(), HANDLER).unwrap(), "met");
    }
}
