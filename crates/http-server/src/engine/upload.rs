//! A request body on its way, before its handler runs.

use crate::BodyOptions;
use crate::exchange::ReceivedBody;
use crate::proto::{BodyDecoder, RequestError};
use crate::spool::nameless_file;
use socketserver::engine::Input;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Seek, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How much of all bodies of a server is kept at the moment.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    in_memory: AtomicU64,
    on_disk: AtomicU64,
}

/// A body that is being received: the first part in memory, all of it in a file if it is large.
pub(super) struct Upload {
    decoder: BodyDecoder,
    memory: Vec<u8>,
    file: Option<File>,
    room: usize,
    received: u64,
    reserved: Reserved,
}

/// What a body takes of the common room, given back when dropped.
struct Reserved {
    kept: Arc<Kept>,
    in_memory: u64,
    on_disk: u64,
}

/// What an upload needs next.
#[derive(Debug)]
pub(super) enum Needs {
    /// More bytes of the client.
    Bytes,
    /// [`Upload::spool`], which may take a while.
    Spooling,
    /// Nothing: it is complete.
    Nothing,
}

/// The least that is gathered before it is written to a file.
const LEAST: usize = 4096;

impl Upload {
    pub(super) fn new(decoder: BodyDecoder, options: &BodyOptions, kept: &Arc<Kept>) -> Self {
        let mut reserved = Reserved { kept: Arc::clone(kept), in_memory: 0, on_disk: 0 };
        let most = options.in_memory.max(LEAST);
        // Of a chunked body nobody knows how long it is.
        let wanted = match usize::try_from(decoder.direct()) {
            Ok(length @ 1..) => length.clamp(LEAST, most),
            _ => most,
        };
        // Without room in memory the body goes through a small buffer into a file.
        let room = if reserved.add_memory(wanted as u64, options) { wanted } else { LEAST };
        Self { decoder, memory: Vec::new(), file: None, room, received: 0, reserved }
    }

    /// Takes what has come.
    pub(super) fn take(&mut self, input: &mut Input<'_>) -> Result<Needs, RequestError> {
        loop {
            // Without room for data this only takes the framing before it.
            let step = self.decoder.decode(input.unused(), &mut [])?;
            input.consume(step.consumed);
            if self.decoder.is_done() {
                return Ok(Needs::Nothing);
            }
            let data = usize::try_from(self.decoder.direct()).unwrap_or(usize::MAX);
            let here = data.min(input.unused().len());
            if here == 0 {
                if step.consumed > 0 && !input.unused().is_empty() {
                    continue;
                }
                return Ok(Needs::Bytes);
            }
            let count = here.min(self.room - self.memory.len());
            if count == 0 {
                return Ok(Needs::Spooling);
            }
            self.memory.extend_from_slice(input.unused().get(..count).unwrap_or_default());
            self.decoder.advance(count as u64);
            self.received += count as u64;
            input.consume(count);
        }
    }

    /// How many bytes of the body have come.
    pub(super) fn received(&self) -> u64 {
        self.received
    }

    /// Moves what is in memory into the file. Fails with [`io::ErrorKind::ResourceBusy`] if the files of all bodies take too much
    /// already.
    pub(super) fn spool(&mut self, options: &BodyOptions) -> io::Result<()> {
        if !self.reserved.add_file(self.memory.len() as u64, options) {
            return Err(io::ErrorKind::ResourceBusy.into());
        }
        let file = match &mut self.file {
            Some(file) => file,
            file => file.insert(nameless_file()?),
        };
        file.write_all(&self.memory)?;
        self.memory.clear();
        Ok(())
    }

    /// The whole body, to be read.
    pub(super) fn into_body(mut self, options: &BodyOptions) -> io::Result<Body> {
        if self.file.is_some() {
            self.spool(options)?;
        }
        let reader: Box<dyn ReceivedBody> = match self.file {
            Some(mut file) => {
                file.rewind()?;
                Box::new(BufReader::with_capacity(64 * 1024, file))
            }
            None => Box::new(Cursor::new(self.memory)),
        };
        Ok(Body { reader, _reserved: Some(self.reserved) })
    }
}

/// A body that has come.
pub(super) struct Body {
    pub(super) reader: Box<dyn ReceivedBody>,
    _reserved: Option<Reserved>,
}

impl Body {
    /// A body, or what is left of it, that was in memory anyway.
    pub(super) fn of(bytes: Vec<u8>) -> Self {
        Self { reader: Box::new(Cursor::new(bytes)), _reserved: None }
    }
}

impl Reserved {
    fn add_memory(&mut self, amount: u64, options: &BodyOptions) -> bool {
        let added = reserve(&self.kept.in_memory, amount, options.total_in_memory as u64);
        self.in_memory += if added { amount } else { 0 };
        added
    }

    fn add_file(&mut self, amount: u64, options: &BodyOptions) -> bool {
        let added = reserve(&self.kept.on_disk, amount, options.total_on_disk);
        self.on_disk += if added { amount } else { 0 };
        added
    }
}

fn reserve(taken: &AtomicU64, amount: u64, limit: u64) -> bool {
    let more = |taken: u64| taken.checked_add(amount).filter(|sum| *sum <= limit);
    taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.kept.in_memory.fetch_sub(self.in_memory, Ordering::Relaxed);
        self.kept.on_disk.fetch_sub(self.on_disk, Ordering::Relaxed);
    }
}
