//! Crowds: many clients of one kind at a time.

use super::Torment;
use super::patient::{Patient, at_most, connect_narrowly};
use crate::wire::Connection;
use crate::{Failure, Profile};
use std::io::Write;
use std::net::{Shutdown, TcpStream};
use std::sync::Mutex;
use std::thread;

/// How many slow clients there are.
const CROWD: usize = 300;
/// How many clients ask at once.
const AT_ONCE: usize = 2000;

const RULE: &str = "posture";
const STANDS: &str = "health requests are answered beside the crowd, memory is bounded, and every client is got rid of";

pub(super) const TORMENTS: &[Torment] = &[
    Torment {
        name: "crowd/silent",
        rule: RULE,
        about: "Clients that say nothing keep nobody from being served.",
        expected: STANDS,
        profile: Profile::Plain,
        descriptors: None,
        is_crowded: false,
        play: |patient, _| crowd(patient, |_| Vec::new()),
    },
    Torment {
        name: "crowd/half-headed",
        rule: RULE,
        about: "Clients that stop within their head keep nobody from being served.",
        expected: STANDS,
        profile: Profile::Plain,
        descriptors: None,
        is_crowded: false,
        play: |patient, _| {
            crowd(patient, |_| format!("GET / HTTP/1.1\r\nX: {}", "a".repeat(600)).into())
        },
    },
    Torment {
        name: "crowd/half-bodied",
        rule: RULE,
        about: "Clients that stop within their body keep nobody from being served.",
        expected: STANDS,
        profile: Profile::App,
        descriptors: None,
        is_crowded: false,
        play: |patient, _| {
            crowd(patient, |_| {
                let head = "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n";
                format!("{head}{}", "a".repeat(600)).into()
            })
        },
    },
    Torment {
        name: "crowd/idle",
        rule: RULE,
        about: "Clients that are served and then stay keep nobody from being served.",
        expected: STANDS,
        profile: Profile::Plain,
        descriptors: None,
        is_crowded: false,
        play: |patient, _| crowd(patient, |_| b"GET / HTTP/1.1\r\nHost: h\r\n\r\n".to_vec()),
    },
    Torment {
        name: "crowd/never-reading",
        rule: RULE,
        about: "Clients that ask for much and read nothing keep nobody from being served.",
        expected: STANDS,
        profile: Profile::Plain,
        descriptors: None,
        is_crowded: false,
        play: |patient, _| crowd(patient, |patient| large(patient).repeat(50)),
    },
    Torment {
        name: "crowd/aborting",
        rule: RULE,
        about: "Clients that reset their connections, at any point, leave nothing behind.",
        expected: "health requests are answered, and no descriptor is lost",
        profile: Profile::Plain,
        descriptors: None,
        is_crowded: false,
        play: |patient, _| aborting(patient).map_err(Failure::from),
    },
    Torment {
        name: "crowd/dripping",
        rule: RULE,
        about: "Clients that send a byte now and then keep nobody from being served, and not themselves alive.",
        expected: STANDS,
        profile: Profile::Plain,
        descriptors: None,
        is_crowded: false,
        play: |patient, _| dripping(patient).map_err(Failure::from),
    },
    Torment {
        name: "crowd/two-thousand-at-once",
        rule: RULE,
        about: "Two thousand clients that connect and ask at once are all answered.",
        expected: "every client gets a whole answer",
        profile: Profile::Plain,
        descriptors: None,
        is_crowded: true,
        play: |patient, _| at_once(patient),
    },
];

/// A request for the largest thing there is.
fn large(patient: &Patient) -> Vec<u8> {
    let path = match patient.subject.profile {
        Profile::Plain => "/",
        Profile::Static => "/large.bin",
        Profile::App | Profile::Handler | Profile::Wsgi => "/large",
    };
    format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n").into_bytes()
}

/// A crowd that sends this and then nothing, and reads nothing.
fn crowd(patient: &Patient, sends: impl Fn(&Patient) -> Vec<u8>) -> Result<(), Failure> {
    let bytes = sends(patient);
    let crowd = gathered(patient, &bytes)?;
    stands(patient, crowd).map_err(|why| Failure { sent: bytes, ..Failure::from(why) })
}

fn gathered(patient: &Patient, bytes: &[u8]) -> Result<Vec<TcpStream>, Failure> {
    (0..at_most(CROWD))
        .map(|_| {
            let mut client = connect_narrowly(patient.subject.address)?;
            // It may take less than all of it, from a client that reads nothing.
            client.set_nonblocking(true)?;
            let _ = client.write_all(bytes);
            Ok(client)
        })
        .collect::<std::io::Result<_>>()
        .map_err(|error| Failure::from(format!("a client of the crowd: {error}")))
}

/// A crowd that is there changes nothing for others; and it goes by itself where deadlines are short.
fn stands(patient: &Patient, crowd: Vec<TcpStream>) -> Result<(), String> {
    for _ in 0..5 {
        patient.is_well()?;
        patient.is_sane(crowd.len())?;
    }
    if patient.is_hasty() {
        patient
            .has_its_descriptors()
            .map_err(|why| format!("with the clients still there: {why}"))?;
        patient.is_well()?;
    }
    drop(crowd);
    Ok(())
}

fn aborting(patient: &Patient) -> Result<(), String> {
    let request = large(patient).repeat(3);
    for round in 0..at_most(CROWD) {
        // At every point of the request, and while it is answered.
        let until = request.len().min(round * request.len() / CROWD + 1);
        let mut client = patient.connect()?;
        client.send(&request[..until]);
        client.abort();
    }
    patient.is_well()
}

fn dripping(patient: &Patient) -> Result<(), String> {
    let mut crowd = gathered(patient, b"GET / HTTP/1.1\r\nX: ").map_err(|failure| failure.why)?;
    let begin = std::time::Instant::now();
    loop {
        patient.is_well()?;
        patient.is_sane(crowd.len())?;
        // Whoever gets an error is done.
        crowd.retain_mut(|client| client.write_all(b"a").is_ok());
        if crowd.is_empty() || !patient.is_hasty() {
            break;
        }
        if begin.elapsed() > patient.subject.patience {
            return Err(format!("{} clients are still listened to", crowd.len()));
        }
    }
    crowd.iter().for_each(|client| drop(client.shutdown(Shutdown::Both)));
    Ok(())
}

/// So many threads ask for all.
const THREADS: usize = 16;

fn at_once(patient: &Patient) -> Result<(), Failure> {
    let failure = Mutex::new(None);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                if let Err(failed) = some_at_once(patient, at_most(AT_ONCE) / THREADS) {
                    if let Ok(mut failure) = failure.lock() {
                        *failure = Some(failed);
                    }
                }
            });
        }
    });
    match failure.into_inner() {
        Ok(Some(failure)) => Err(failure),
        _ => Ok(()),
    }
}

fn some_at_once(patient: &Patient, count: usize) -> Result<(), Failure> {
    let mut clients: Vec<Connection> =
        (0..count).map(|_| patient.connect()).collect::<Result<_, _>>()?;
    for client in &mut clients {
        client.send(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    }
    for client in &mut clients {
        let why = match client.read_answer("GET") {
            Ok(answer) if answer.is_cut => "its answer is cut short".to_owned(),
            Ok(answer) if patient.subject.is_ours && answer.head.status != 200 => {
                format!("status {}", answer.head.status)
            }
            Ok(_) => continue,
            Err(trouble) => trouble.to_string(),
        };
        return Err(Failure {
            sent: client.sent().to_vec(),
            received: client.received().to_vec(),
            why: format!("one of the clients: {why}"),
            ..Failure::default()
        });
    }
    Ok(())
}
