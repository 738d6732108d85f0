//! What the servers are put through, and how good ours want to be at it.

/// One situation in which servers are measured.
pub(super) struct Scenario {
    pub(super) name: &'static str,
    pub(super) what: Situation,
    pub(super) bar: Bar,
}

pub(super) enum Situation {
    /// As many requests as the connections carry.
    Load(Load),
    /// The throughput of 16 connections while 200 clients send one byte of a head each second.
    Slow,
    /// The throughput of 16 connections while all handler threads but one sleep 200 ms in each request.
    Asleep,
    /// 10,000 connections that have had an answer and are kept.
    Idle,
    /// From the start of the program to its first answer.
    Start,
}

/// The requests of one load, each with the same answer.
pub(super) struct Load {
    pub(super) path: &'static str,
    /// Bytes of the body of a POST; a GET has none.
    pub(super) body: Option<usize>,
    pub(super) connections: usize,
    /// Requests in one write.
    pub(super) pipelined: usize,
    /// A new connection for each request.
    pub(super) close: bool,
    /// The server and the client on one processor, so that no wake-up crosses processors.
    pub(super) same_processor: bool,
}

/// What our servers must reach. "Ahead" is by requests per second or by the server's CPU time per request.
pub(super) enum Bar {
    /// This share of the limit server by both figures, and no peer ahead.
    OfLimit(f64),
    /// At most this much more CPU time per request than the limit server, and no peer ahead.
    CpuOfLimit(f64),
    NoPeerAhead,
    /// No loss of throughput.
    NoLoss,
    /// This share of the throughput at least, and this p99 in milliseconds at most.
    Undelayed {
        retained: f64,
        p99_ms: f64,
    },
    /// The resident memory of the process in MiB, at most; no CPU time; and a new client answered at once.
    Resident(f64),
    Small {
        start_ms: f64,
        resident_mib: f64,
        crates: f64,
    },
}

const HELLO: Load = Load {
    path: "/",
    body: None,
    connections: 64,
    pipelined: 1,
    close: false,
    same_processor: false,
};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "same1",
        what: Situation::Load(Load { connections: 1, same_processor: true, ..HELLO }),
        bar: Bar::OfLimit(0.97),
    },
    Scenario { name: "ka64", what: Situation::Load(HELLO), bar: Bar::CpuOfLimit(0.05) },
    Scenario {
        name: "ka512",
        what: Situation::Load(Load { connections: 512, ..HELLO }),
        bar: Bar::CpuOfLimit(0.05),
    },
    Scenario {
        name: "pipe16",
        what: Situation::Load(Load { pipelined: 16, ..HELLO }),
        bar: Bar::OfLimit(0.95),
    },
    Scenario {
        name: "close64",
        what: Situation::Load(Load { close: true, ..HELLO }),
        bar: Bar::NoPeerAhead,
    },
    Scenario {
        name: "post64k",
        what: Situation::Load(Load { path: "/echo", body: Some(65_536), connections: 16, ..HELLO }),
        bar: Bar::NoPeerAhead,
    },
    Scenario {
        name: "big1m",
        what: Situation::Load(Load { path: "/big", connections: 16, ..HELLO }),
        bar: Bar::NoPeerAhead,
    },
    Scenario { name: "slow", what: Situation::Slow, bar: Bar::NoLoss },
    Scenario {
        name: "asleep",
        what: Situation::Asleep,
        bar: Bar::Undelayed { retained: 0.9, p99_ms: 10.0 },
    },
    Scenario { name: "idle10k", what: Situation::Idle, bar: Bar::Resident(10.0) },
    Scenario {
        name: "start",
        what: Situation::Start,
        bar: Bar::Small { start_ms: 2.0, resident_mib: 3.0, crates: 20.0 },
    },
];

/// The normal connections of the scenarios that disturb them.
pub(super) const BUSY: Load = Load { connections: 16, ..HELLO };

/// By name; the error lists all names.
pub(super) fn find(name: &str) -> crate::Result<&'static Scenario> {
    SCENARIOS.iter().find(|scenario| scenario.name == name).ok_or_else(|| {
        let names: Vec<&str> = SCENARIOS.iter().map(|scenario| scenario.name).collect();
        format!("`{name}` is no scenario; these are: {}", names.join(", ")).into()
    })
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn an_unknown_scenario_names_the_known_ones() {
        let error = find("ka63").err().unwrap().to_string();
        assert!(error.starts_with("`ka63` is no scenario; these are: same1, ka64, "), "{error}");
        assert_eq!(find("idle10k").unwrap().name, "idle10k");
    }
}
