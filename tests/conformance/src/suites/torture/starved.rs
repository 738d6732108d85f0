//! A server without a descriptor left.

use super::Torment;
use super::patient::Patient;
use crate::Profile;
use crate::wire::Connection;

/// So many descriptors a server has in all,
const DESCRIPTORS: u64 = 40;
/// and so many clients come.
const CLIENTS: usize = 60;

pub(super) const TORMENTS: &[Torment] = &[Torment {
    name: "starved/no-descriptor-left",
    rule: "posture",
    about: "Without descriptors the clients that are there are served, nothing spins, and the others come when some go.",
    expected: "answers for the client that is there, and for all others when some have gone",
    profile: Profile::Plain,
    descriptors: Some(DESCRIPTORS),
    is_crowded: false,
    play: |patient, _| Ok(starved(patient)?),
}];

fn starved(patient: &Patient) -> Result<(), String> {
    let mut there = patient.connect()?;
    asks(&mut there).map_err(|why| format!("before: {why}"))?;
    let mut crowd: Vec<Connection> =
        (0..CLIENTS).map(|_| patient.connect()).collect::<Result<_, _>>()?;
    for round in 0..20 {
        asks(&mut there).map_err(|why| format!("who is there, round {round}: {why}"))?;
    }
    if let Some(before) = patient.worked() {
        let begin = std::time::Instant::now();
        if !there.is_silent_for(QUIET) {
            return Err("something came that nobody asked for".to_owned());
        }
        let worked = patient.worked().unwrap_or(before) - before;
        let most = begin.elapsed().as_millis() as u64 / 10 / 3;
        if worked > most {
            return Err(format!("it spins: {worked} hundredths of a second of work in {QUIET:?}"));
        }
    }
    // When the first ones go, the last ones come.
    let mut waiting = crowd.split_off(CLIENTS - 10);
    drop(crowd);
    for client in &mut waiting {
        asks(client).map_err(|why| format!("who waited: {why}"))?;
    }
    asks(&mut there).map_err(|why| format!("after: {why}"))
}

/// How long it is watched for.
const QUIET: std::time::Duration = std::time::Duration::from_millis(300);

fn asks(client: &mut Connection) -> Result<(), String> {
    client.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    match client.read_answer("GET") {
        // 503: a file takes one, too.
        Ok(answer) if matches!(answer.head.status, 200 | 503) && !answer.is_cut => Ok(()),
        Ok(answer) => Err(format!("status {}", answer.head.status)),
        Err(trouble) => Err(trouble.to_string()),
    }
}
