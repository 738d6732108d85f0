//! Bytes from a seed: whatever comes, the server sends well-formed answers, ends the connection, and lives.

use super::Torment;
use super::patient::Patient;
use crate::wire::{Connection, Trouble};
use crate::{Failure, Profile};

/// How many connections there are for each kind.
const ROUNDS: u64 = 200;

const ANSWERS: &str =
    "nothing or well-formed answers, then the end of the connection; and health afterwards";

pub(super) const TORMENTS: &[Torment] = &[
    Torment {
        name: "noise/bytes",
        rule: "posture",
        about: "Random bytes are refused or waited for, whatever they are.",
        expected: ANSWERS,
        profile: Profile::Plain,
        descriptors: None,
        is_crowded: false,
        play: |patient, seed| noise(patient, seed, |random| random.bytes(1, 600)),
    },
    Torment {
        name: "noise/tokens",
        rule: "posture",
        about: "Pieces of requests in random order are answered or refused.",
        expected: ANSWERS,
        profile: Profile::Plain,
        descriptors: None,
        is_crowded: false,
        play: |patient, seed| noise(patient, seed, tokens),
    },
    Torment {
        name: "noise/mutations",
        rule: "posture",
        about: "Requests in which bytes were changed, taken out or doubled are answered or refused.",
        expected: ANSWERS,
        profile: Profile::Plain,
        descriptors: None,
        is_crowded: false,
        play: |patient, seed| noise(patient, seed, mutation),
    },
];

/// What requests are made of; no HEAD, whose answers would need to be known as such.
const TOKENS: &[&[u8]] = &[
    b"GET ",
    b"POST ",
    b"OPTIONS ",
    b"/",
    b"/echo",
    b"*",
    b"http://h/",
    b"?a=b",
    b" HTTP/1.1",
    b" HTTP/1.0",
    b" HTTP/9",
    b"\r\n",
    b"\r\n",
    b"\r\n\r\n",
    b"\n",
    b"\r",
    b"Host: h\r\n",
    b"Host: h\r\n",
    b"Content-Length: 3\r\n",
    b"Content-Length: 99999999999999999999\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: ,\r\n",
    b"Connection: close\r\n",
    b"Connection: keep-alive\r\n",
    b"Expect: 100-continue\r\n",
    b"Range: bytes=0-1\r\n",
    b": ",
    b"abc",
    b"3\r\n",
    b"0\r\n\r\n",
    b"fffffffffffffffff\r\n",
    b";x=\"",
    b"\0",
    b"\xff\xfe",
    b"\t",
    b" ",
];

const REQUESTS: &[&[u8]] = &[
    b"GET / HTTP/1.1\r\nHost: h\r\nAccept: */*\r\n\r\nGET /echo?x HTTP/1.1\r\nHost: h\r\n\r\n",
    b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.0\r\n\r\n",
    b"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nT: x\r\n\r\n",
    b"POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi",
    b"GET http://h:80/hello.txt?q HTTP/1.1\r\nHost: h\r\nRange: bytes=0-3\r\nConnection: keep-alive\r\n\r\n",
];

fn tokens(random: &mut Random) -> Vec<u8> {
    (0..random.below(40) + 1).flat_map(|_| random.of(TOKENS).iter().copied()).collect()
}

fn mutation(random: &mut Random) -> Vec<u8> {
    let mut bytes = random.of(REQUESTS).to_vec();
    for _ in 0..random.below(4) + 1 {
        let at = random.below(bytes.len().max(1));
        let byte = random.next().to_le_bytes()[0];
        match random.below(4) {
            0 if at < bytes.len() => bytes[at] = byte,
            1 if at < bytes.len() => drop(bytes.remove(at)),
            2 => bytes.insert(at, byte),
            _ => {
                let end = bytes.len().min(at + random.below(20));
                let doubled = bytes[at..end].to_vec();
                bytes.splice(at..at, doubled);
            }
        }
    }
    bytes
}

fn noise(
    patient: &mut Patient,
    seed: u64,
    mut bytes: impl FnMut(&mut Random) -> Vec<u8>,
) -> Result<(), Failure> {
    for round in 0..ROUNDS {
        // Each has a start of its own, so that a failing one can be found again by its number.
        let bytes = bytes(&mut Random(seed.wrapping_mul(ROUNDS).wrapping_add(round)));
        let mut connection = patient.connect()?;
        connection.send(&bytes);
        connection.finish();
        answers(&mut connection).map_err(|why| Failure {
            sent: bytes,
            received: connection.received().to_vec(),
            why: format!("with --seed {seed}, in round {round}: {why}"),
            ..Failure::default()
        })?;
        if round % 50 == 0 {
            patient.is_well()?;
            patient.is_sane(1)?;
        }
    }
    Ok(())
}

/// Well-formed answers, and the end.
fn answers(connection: &mut Connection) -> Result<(), String> {
    loop {
        match connection.read_answer("GET") {
            Ok(_) => {}
            Err(Trouble::Ended(_)) if connection.unread().is_empty() => return Ok(()),
            Err(trouble) => return Err(trouble.to_string()),
        }
    }
}

/// SplitMix64: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below the limit, which is not 0.
    fn below(&mut self, limit: usize) -> usize {
        // The remainder is below the limit.
        (self.next() % limit as u64) as usize
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    fn bytes(&mut self, least: usize, most: usize) -> Vec<u8> {
        let count = least + self.below(most - least);
        (0..count).map(|_| self.next().to_le_bytes()[0]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Random, mutation, tokens};

    #[test]
    fn a_seed_gives_the_same_bytes_everywhere() {
        // The published first outputs of SplitMix64 for the seed 0.
        let mut random = Random(0);
        assert_eq!(random.next(), 0xe220_a839_7b1d_cdaf);
        assert_eq!(random.next(), 0x6e78_9e6a_a1b9_65f4);
        assert_eq!(tokens(&mut Random(7)), tokens(&mut Random(7)));
        assert_ne!(mutation(&mut Random(7)), mutation(&mut Random(8)));
    }
}
