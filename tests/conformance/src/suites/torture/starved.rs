//! A server without a descriptor left.

use super::Torment;
use super::patient::Patient;
use crate::Profile;
use crate::wire::Connection;
use std::time::{Duration, Instant};

/// So many descriptors a server has in all,
const DESCRIPTORS: u64 = 40;
/// and so many clients come.
const CLIENTS: usize = 60;

pub(super) const TORMENTS: &[Torment] = &[Torment {
    name: "starved/no-descriptor-left",
    rule: "posture",
    about: "Without descriptors the clients that are there are answered, nothing spins, and the others come when some go.",
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
    let mut is_there = true;
    for round in 0..20 {
        // A file takes a descriptor, too: a directory server says so, and closes.
        is_there = is_there
            && asks(&mut there).map_err(|why| format!("who is there, round {round}: {why}"))?;
    }
    if let Some(before) = patient.worked() {
        let begin = Instant::now();
        // Nobody asks for anything meanwhile.
        if !there.is_silent_for(QUIET) && is_there {
            return Err("something came that nobody asked for".to_owned());
        }
        let worked = patient.worked().unwrap_or(before) - before;
        let most = begin.elapsed().as_millis() as u64 / 10 / 3;
        if is_there && worked > most {
            return Err(format!("it spins: {worked} hundredths of a second of work in {QUIET:?}"));
        }
    }
    // When the first ones go, the last ones come.
    let mut waiting = crowd.split_off(CLIENTS - 10);
    drop(crowd);
    for client in &mut waiting {
        asks(client).map_err(|why| format!("who waited: {why}"))?;
    }
    if is_there {
        asks(&mut there).map_err(|why| format!("after: {why}"))?;
    }
    Ok(())
}

/// How long it is watched for.
const QUIET: Duration = Duration::from_millis(300);

/// Whether a client that is answered may go on.
fn asks(client: &mut Connection) -> Result<bool, String> {
    client.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    match client.read_answer("GET") {
        Ok(answer) if answer.is_cut => Err("half an answer".to_owned()),
        Ok(answer) if answer.head.status == 200 => Ok(!answer.head.announces_close()),
        Ok(answer) if answer.head.status == 503 && answer.head.announces_close() => Ok(false),
        Ok(answer) => Err(format!("status {}", answer.head.status)),
        Err(trouble) => Err(trouble.to_string()),
    }
}
