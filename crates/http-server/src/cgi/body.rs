//! The body of a request on its way into a script.

use crate::Exchange;
use crate::spool::nameless_file;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, Write};
use std::process::Stdio;

/// A body that has come whole: only then is its length known (chunks do not tell), and a script that runs never waits for
/// a client.
pub(super) enum ScriptInput {
    /// What a pipe holds, whether the script reads it or not.
    Small(Vec<u8>),
    /// More than that. The script reads the file itself, so nobody has to feed it while it writes.
    Large(File, u64),
}

/// No system that has CGI gives a pipe less than a page.
const FITS_A_PIPE: usize = 4096;
/// A block of a copy.
const BLOCK: usize = 64 * 1024;

impl ScriptInput {
    /// Reads the body to its end.
    pub(super) fn receive(x: &mut Exchange<'_>) -> io::Result<Self> {
        let mut block = vec![0; BLOCK];
        let mut filled = 0;
        while filled < block.len() {
            match read(x, block.get_mut(filled..).unwrap_or_default())? {
                0 => break,
                count => filled += count,
            }
        }
        block.truncate(filled);
        if filled <= FITS_A_PIPE {
            return Ok(Self::Small(block));
        }
        let mut file = nameless_file()?;
        file.write_all(&block)?;
        let mut length = filled as u64;
        if filled == BLOCK {
            loop {
                let count = read(x, &mut block)?;
                if count == 0 {
                    break;
                }
                file.write_all(block.get(..count).unwrap_or_default())?;
                length += count as u64;
            }
        }
        file.rewind()?;
        Ok(Self::Large(file, length))
    }

    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Small(bytes) => bytes.len() as u64,
            Self::Large(_, length) => *length,
        }
    }

    /// What the script gets as its standard input, and what is to be written there once it runs.
    pub(super) fn into_stdio(self) -> (Stdio, Vec<u8>) {
        match self {
            Self::Small(bytes) if bytes.is_empty() => (Stdio::null(), bytes),
            Self::Small(bytes) => (Stdio::piped(), bytes),
            Self::Large(file, _) => (file.into(), Vec::new()),
        }
    }
}

fn read(x: &mut Exchange<'_>, block: &mut [u8]) -> io::Result<usize> {
    loop {
        match x.rfile.read(block) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
