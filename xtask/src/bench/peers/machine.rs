//! What `/proc` says: CPU time and memory of processes, and what the machine is.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use xshell::{Shell, cmd};

/// One tick of `/proc`, in microseconds: `USER_HZ` is 100 for every program on Linux, whatever the kernel's own clock.
pub(super) const TICK: f64 = 10_000.0;

/// CPU time in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Cpu {
    pub(super) user: f64,
    pub(super) system: f64,
}

impl Cpu {
    pub(super) fn total(self) -> f64 {
        self.user + self.system
    }

    pub(super) fn since(self, start: Self) -> Self {
        Self { user: self.user - start.user, system: self.system - start.system }
    }

    fn from_ticks(user: &str, system: &str) -> Self {
        let microseconds = |ticks: &str| ticks.parse().unwrap_or(0.0) * TICK;
        Self { user: microseconds(user), system: microseconds(system) }
    }
}

/// Of all processes in a group, which is what a server and its workers are.
pub(super) fn cpu_of_group(group: u32) -> Cpu {
    members(group).fold(Cpu::default(), |sum, (_, cpu)| Cpu {
        user: sum.user + cpu.user,
        system: sum.system + cpu.system,
    })
}

/// Whether any process of a group is there, zombies aside.
pub(super) fn group_lives(group: u32) -> bool {
    members(group).next().is_some()
}

/// Resident memory of all processes in a group, in KiB. What they share counts for each.
pub(super) fn resident_of_group(group: u32) -> f64 {
    members(group).map(|(process, _)| resident(process)).sum()
}

fn resident(process: u32) -> f64 {
    let rollup = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap_or_default();
    let line = rollup.lines().find_map(|line| line.strip_prefix("Rss:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0.0)
}

fn members(group: u32) -> impl Iterator<Item = (u32, Cpu)> {
    let folders = fs::read_dir("/proc").into_iter().flatten().flatten();
    folders.filter_map(move |folder| {
        let process: u32 = folder.file_name().to_str()?.parse().ok()?;
        let stat = fs::read_to_string(folder.path().join("stat")).ok()?;
        let fields = fields_of_stat(&stat)?;
        let lives = fields.first() != Some(&"Z") && fields.get(2)?.parse() == Ok(group);
        lives.then_some((process, Cpu::from_ticks(fields.get(11)?, fields.get(12)?)))
    })
}

/// What follows the name in `/proc/PID/stat`, which may itself have spaces and brackets.
fn fields_of_stat(stat: &str) -> Option<Vec<&str>> {
    Some(stat.rsplit_once(')')?.1.split_whitespace().collect())
}

/// How long all processors together have worked, on anything; and this process with the children it has waited for.
#[derive(Clone, Copy)]
pub(super) struct Usage {
    machine: f64,
    client: f64,
}

impl Usage {
    pub(super) fn now() -> Self {
        let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
        let ticks = stat.lines().next().unwrap_or_default().split_whitespace().skip(1);
        let ticks: Vec<f64> = ticks.map(|field| field.parse().unwrap_or(0.0)).collect();
        // user, nice, system, (idle, iowait,) irq, softirq, steal; what guests use is in user already.
        let busy = ticks.iter().take(3).chain(ticks.iter().skip(5).take(3));
        let own = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        let own = fields_of_stat(&own).unwrap_or_default();
        let client = own.iter().skip(11).take(4).map(|field| field.parse().unwrap_or(0.0));
        Self { machine: busy.sum::<f64>() * TICK, client: client.sum::<f64>() * TICK }
    }

    /// How many processors' worth of time others had, given what the servers used. A quiet run shows 0.1 to 0.2:
    /// interrupts that are charged to nobody.
    pub(super) fn others(self, start: Self, servers: Cpu, elapsed: Duration) -> f64 {
        let used = self.machine - start.machine - (self.client - start.client) - servers.total();
        used / (elapsed.as_secs_f64() * 1e6)
    }
}

/// Waits until others use less than 0.15 of a processor, but no longer than 4 s.
pub(super) fn wait_until_quiet() {
    const LOOK: Duration = Duration::from_millis(250);
    let end = Instant::now() + Duration::from_secs(4);
    while Instant::now() < end {
        let start = Usage::now();
        thread::sleep(LOOK);
        if Usage::now().others(start, Cpu::default(), LOOK) < 0.15 {
            return;
        }
    }
}

/// How many files a process may have open.
pub(super) fn open_files() -> usize {
    open_files_limits().0
}

/// The soft and the hard limit.
pub(super) fn open_files_limits() -> (usize, usize) {
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let mut fields = line.unwrap_or_default().split_whitespace();
    let mut next = || fields.next().and_then(|field| field.parse().ok()).unwrap_or(usize::MAX);
    (next(), next())
}

pub(super) fn processors() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// One line about the machine and the tools.
pub(super) fn describe(shell: &Shell) -> String {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let rustc = cmd!(shell, "rustc --version").quiet().ignore_stderr().read().unwrap_or_default();
    format!(
        "{} processors ({}), Linux {}, {}",
        processors(),
        model.map_or("unknown", |(_, model)| model.trim()),
        kernel.trim(),
        rustc.split(" (").next().unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use super::{Cpu, cpu_of_group, fields_of_stat};

    #[test]
    fn a_name_with_brackets_shifts_no_field() {
        let stat = "7 (a) (b c) S 1 7 7 0 -1 0 0 0 0 0 12 34 0 0 20";
        let fields = fields_of_stat(stat).unwrap();
        assert_eq!((fields[0], fields[2], fields[11], fields[12]), ("S", "7", "12", "34"));
        assert_eq!(Cpu::from_ticks("12", "34").total(), 460_000.0);
    }

    #[test]
    fn nobody_is_in_a_group_that_does_not_exist() {
        assert_eq!(cpu_of_group(u32::MAX), Cpu::default());
    }
}
