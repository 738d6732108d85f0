//! What a handler reads from and writes to while its thread is its own.

use super::conn::Saved;
use super::layer;
use super::limits::{Limits, Reservation};
use super::protocol::Input;
use super::selector::Interest;
use super::wire::Wire;
use super::{Layer, Patience};
use crate::{MinRate, Presence};
use std::fmt;
use std::io::{self, ErrorKind, IoSlice, Write};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// One call of [`Protocol::run`](super::Protocol::run): the unused bytes, and the way for the answer.
///
/// # Examples
///
/// A handler that waits for the rest of its line itself:
///
/// ```
/// # use socketserver::HandlerError;
/// # use socketserver::engine::{Input, Protocol, Step, Work};
/// # use std::io::Write;
/// # use std::time::Instant;
/// # struct Shout;
/// # impl Protocol for Shout {
/// #     fn receive(&mut self, input: &mut Input<'_>, _now: Instant) -> Step {
/// #         if input.unused().is_empty() { Step::Receive } else { Step::Run }
/// #     }
/// fn run(&mut self, work: &mut Work<'_>) -> Result<Step, HandlerError> {
///     let end = loop {
///         match work.input.unused().iter().position(|&byte| byte == b'\n') {
///             Some(end) => break end + 1,
///             None if work.receive()? == 0 => return Ok(Step::Close),
///             None => {}
///         }
///     };
///     work.output.write_all(&work.input.unused()[..end].to_ascii_uppercase())?;
///     work.input.consume(end);
///     Ok(if work.is_stopping() { Step::Close } else { Step::Receive })
/// }
/// # }
/// # let engine = socketserver::engine::Engine::bind("127.0.0.1:0", |_, _| Shout)?;
/// # std::thread::scope(|scope| {
/// #     scope.spawn(|| engine.serve_forever());
/// #     let mut client = std::net::TcpStream::connect(engine.server_address())?;
/// #     client.write_all(b"hello\nworld\nhalf")?;
/// #     client.shutdown(std::net::Shutdown::Write)?;
/// #     let answer = std::io::read_to_string(client)?;
/// #     engine.shutdown();
/// #     assert_eq!(answer, "HELLO\nWORLD\n");
/// #     std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct Work<'w> {
    /// What came and is not used yet: this request, and those behind it.
    pub input: Input<'w>,
    /// Where the answer goes.
    pub output: Output<'w>,
    pub(super) receiving: Account,
    /// With a layer: what has come over the wire, and is not opened yet.
    pub(super) beneath: Option<Input<'w>>,
}

impl Work<'_> {
    /// Whether the server is about to stop; see [`Output::is_stopping`].
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.output.is_stopping()
    }

    /// Waits, in this thread, until more bytes are in [`input`](Self::input); 0 is the end of the
    /// client's side.
    ///
    /// This is for requests that cannot be received before the handler runs. What is written and not sent goes out first.
    /// At most [`waiting_threads`](super::EngineOptions::waiting_threads) handlers wait for clients at the same time.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TimedOut`] if the client is slower than
    /// [`read_rate`](super::Patience::read_rate); [`ErrorKind::ResourceBusy`] if too many handlers wait
    /// already; [`ErrorKind::StorageFull`] if there is no room behind the unused bytes; those of the
    /// system call.
    pub fn receive(&mut self) -> io::Result<usize> {
        if self.input.has_ended() {
            return Ok(0);
        }
        if self.input.is_full() {
            return Err(ErrorKind::StorageFull.into());
        }
        let Some(wire) = &mut self.beneath else {
            return fill(&mut self.input, &mut self.output, &mut self.receiving);
        };
        loop {
            let Some(layer) = &mut self.output.layer else { return Ok(0) };
            let opened = layer::open(&mut **layer, wire, self.input.buffer)?;
            self.input.ended = layer.has_ended() || wire.has_ended();
            if opened > 0 || self.input.ended {
                return Ok(opened);
            }
            if wire.is_full() {
                return Err(layer::no_room());
            }
            fill(wire, &mut self.output, &mut self.receiving)?;
        }
    }

    /// The same work as a protocol sees it whose bytes go through a layer.
    pub(super) fn layered<'l>(
        &'l mut self,
        layer: &'l mut dyn Layer,
        input: Input<'l>,
        patience: Patience,
    ) -> Work<'l> {
        let Output { wire, out, limits, .. } = &mut self.output;
        Work {
            input,
            output: Output { wire: *wire, out, limits, patience, layer: Some(layer) },
            receiving: self.receiving,
            beneath: Some(Input { ended: self.input.ended, buffer: self.input.buffer }),
        }
    }
}

/// Waits until more bytes of the client are in a buffer.
fn fill(
    input: &mut Input<'_>,
    output: &mut Output<'_>,
    receiving: &mut Account,
) -> io::Result<usize> {
    output.flush()?;
    let (wire, limits) = (output.wire, output.limits);
    let mut seat = None;
    loop {
        match input.buffer.fill(|room| wire.read(room)) {
            Ok((count, _)) => {
                input.ended = count == 0;
                receiving.moved += count as u64;
                return Ok(count);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        if seat.is_none() {
            seat = Some(Reservation::take(&limits.waiting, 1).ok_or(ErrorKind::ResourceBusy)?);
        }
        receiving.wait(wire, Interest::Read, output.patience.read_rate)?;
    }
}

/// Where an answer goes.
///
/// What is written gathers, and leaves when the handler is done, in one piece with the answers of
/// requests that came together. What does not fit into the
/// [`output_buffer`](super::EngineOptions::output_buffer) is sent at once; if the client does not take it, the
/// handler waits in its thread, as long as the client keeps the
/// [`write_rate`](super::Patience::write_rate). [`flush`](Write::flush) sends at once what there is.
///
/// # Errors
///
/// After a failed write everything fails, and the connection closes: [`ErrorKind::TimedOut`] for a
/// client that is too slow, [`ErrorKind::ResourceBusy`] if too many clients are slow at the same time, and those of the
/// system call.
///
/// # Examples
///
/// ```
/// # use socketserver::HandlerError;
/// # use socketserver::engine::{Input, Protocol, Step, Work};
/// # use std::io::Write;
/// # use std::time::{Duration, Instant};
/// # struct Slow;
/// # impl Protocol for Slow {
/// #     fn receive(&mut self, input: &mut Input<'_>, _now: Instant) -> Step {
/// #         if input.unused().is_empty() { Step::Receive } else { Step::Run }
/// #     }
/// fn run(&mut self, work: &mut Work<'_>) -> Result<Step, HandlerError> {
///     write!(work.output, "working ... ")?;
///     work.output.flush()?; // so that the client sees it now
///     std::thread::sleep(Duration::from_millis(10));
///     writeln!(work.output, "done")?;
///     Ok(Step::Close)
/// }
/// # }
/// # let engine = socketserver::engine::Engine::bind("127.0.0.1:0", |_, _| Slow)?;
/// # std::thread::scope(|scope| {
/// #     scope.spawn(|| engine.serve_forever());
/// #     let mut client = std::net::TcpStream::connect(engine.server_address())?;
/// #     client.write_all(b"go\n")?;
/// #     client.shutdown(std::net::Shutdown::Write)?;
/// #     let answer = std::io::read_to_string(client)?;
/// #     engine.shutdown();
/// #     assert_eq!(answer, "working ... done\n");
/// #     std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub struct Output<'w> {
    pub(super) wire: &'w dyn Wire,
    pub(super) out: &'w mut Outgoing,
    pub(super) limits: &'w Limits,
    pub(super) patience: Patience,
    /// Through which everything goes that is written.
    pub(super) layer: Option<&'w mut dyn Layer>,
}

/// Bytes on their way to the client.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    bytes: Vec<u8>,
    sent: usize,
    account: Account,
    spill: Option<Reservation>,
    pub(super) failed: bool,
}

impl Outgoing {
    pub(super) fn pending(&self) -> usize {
        self.bytes.len() - self.sent
    }

    /// Sends what there is; true if that was all of it.
    #[inline]
    pub(super) fn send(&mut self, wire: &(impl Wire + ?Sized)) -> io::Result<bool> {
        if self.bytes.is_empty() { Ok(true) } else { self.send_pending(wire) }
    }

    fn send_pending(&mut self, wire: &(impl Wire + ?Sized)) -> io::Result<bool> {
        while self.pending() > 0 {
            match wire.write(&[IoSlice::new(self.bytes.get(self.sent..).unwrap_or_default())]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.sent += count;
                    self.account.moved += count as u64;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        self.bytes.clear();
        self.sent = 0;
        self.spill = None;
        Ok(true)
    }

    /// Starts the account of a new answer.
    pub(super) fn start_account(&mut self) {
        self.account = Account::default();
    }

    /// How much longer the client may be waited for.
    pub(super) fn patience(&mut self, rate: Option<MinRate>) -> Option<Duration> {
        self.account.patience(rate)
    }

    pub(super) fn record_wait(&mut self, waited: Duration) {
        self.account.record_wait(waited);
    }

    pub(super) fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Moves what is left into a place where it can wait without a thread, as small as it is.
    pub(super) fn save(&mut self, saved: &mut Saved) {
        let left = self.bytes.get(self.sent..).unwrap_or_default();
        saved.out = Self {
            bytes: left.to_vec(),
            sent: 0,
            account: self.account,
            spill: self.spill.take(),
            failed: self.failed,
        };
        self.reset();
    }

    /// Forgets a connection; the memory is kept for the next.
    pub(super) fn reset(&mut self) {
        self.bytes.clear();
        // What one large answer needed is not held for ever.
        self.bytes.shrink_to(256 * 1024);
        self.sent = 0;
        self.spill = None;
        self.failed = false;
        self.start_account();
    }
}

impl Output<'_> {
    /// Whether the server is about to stop, so that the protocol should tell its client that this
    /// answer is the last one. A handler may have begun before anybody knew, so this is worth asking late.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.limits.is_stopping()
    }

    /// Whether the server does not even wait for handlers that run, as it does after
    /// [`graceful`](super::EngineOptions::graceful): what a handler still waits for, it waits for in vain.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.limits.over.load(Ordering::Relaxed)
    }

    /// What can be seen of the client without reading: for a handler that waits for something else.
    #[must_use]
    pub fn presence(&self) -> Presence {
        self.wire.presence()
    }

    /// Sends until at most so many bytes are left to send, waiting for the client if need be.
    fn send_down_to(&mut self, most: usize) -> io::Result<()> {
        let mut seat = None;
        while !self.out.send(self.wire)? && self.out.pending() > most {
            if seat.is_none() {
                seat = Reservation::take(&self.limits.waiting, 1);
            }
            if seat.is_none() {
                return self.spill_over(most);
            }
            self.out.account.wait(self.wire, Interest::Write, self.patience.write_rate)?;
        }
        Ok(())
    }

    /// Keeps in memory what no thread can wait for.
    fn spill_over(&mut self, most: usize) -> io::Result<()> {
        let held = self.out.spill.as_ref().map_or(0, |spill| spill.amount);
        let more = self.out.pending().saturating_sub(most).saturating_sub(held);
        let Some(reservation) = Reservation::take(&self.limits.spill, more) else {
            return Err(ErrorKind::ResourceBusy.into());
        };
        match &mut self.out.spill {
            Some(spill) => spill.join(reservation),
            spill => *spill = Some(reservation),
        }
        Ok(())
    }

    /// How many bytes are written and not taken by the client yet.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.out.pending()
    }

    /// Whether work of other connections waits for a thread. An answer that is made piece by piece
    /// ([`Step::Run`](super::Step::Run)) does well to let them go first.
    #[must_use]
    pub fn others_wait(&self) -> bool {
        self.limits.others_wait()
    }

    /// Sends as much of what there is as the client takes, without waiting for it. True if that was all.
    ///
    /// # Errors
    ///
    /// Those of the system call, and of everything after a failed write.
    pub fn send(&mut self) -> io::Result<bool> {
        self.guard(|output| output.out.send(output.wire))
    }

    /// Runs something that sends, unless sending has failed before.
    fn guard<T>(&mut self, send: impl FnOnce(&mut Self) -> io::Result<T>) -> io::Result<T> {
        if self.out.failed {
            return Err(ErrorKind::BrokenPipe.into());
        }
        let result = send(self);
        self.out.failed = result.is_err();
        result
    }

    fn append(&mut self, bytes: &[u8]) {
        self.out.bytes.extend_from_slice(bytes);
    }

    /// Sends the parts through the layer; what the client does not take at once is kept sealed.
    fn seal_parts(&mut self, parts: &[IoSlice<'_>]) -> io::Result<()> {
        let mut rest: Vec<&[u8]> = parts.iter().map(|part| &**part).collect();
        while rest.iter().any(|part| !part.is_empty()) {
            let mut room = self.limits.output_buffer.max(1);
            let mut piece = Vec::with_capacity(rest.len());
            for part in &mut rest {
                let (now, later) = part.split_at(part.len().min(room));
                room -= now.len();
                piece.push(IoSlice::new(now));
                *part = later;
            }
            if let Some(layer) = &mut self.layer {
                layer.seal(&piece, &mut self.out.bytes);
            }
            if self.out.pending() > self.limits.output_buffer {
                self.send_down_to(self.limits.output_buffer)?;
            }
        }
        Ok(())
    }

    /// Sends what a layer has to say itself.
    pub(super) fn speak(&mut self, layer: &mut dyn Layer) -> io::Result<()> {
        self.guard(|output| {
            layer.speak(&mut output.out.bytes);
            Ok(())
        })
    }

    /// Sends the parts behind what is there in one go, and keeps what is not taken at once.
    fn send_parts(&mut self, parts: &[IoSlice<'_>]) -> io::Result<()> {
        let before = self.out.pending();
        let mut all = Vec::with_capacity(parts.len() + 1);
        all.push(IoSlice::new(self.out.bytes.get(self.out.sent..).unwrap_or_default()));
        all.extend(parts.iter().map(|part| IoSlice::new(part)));
        let taken = match self.wire.write(&all) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            result => result?,
        };
        drop(all);
        self.out.account.moved += taken as u64;
        self.out.sent += taken.min(before);
        let mut skip = taken.saturating_sub(before);
        for part in parts {
            let rest = part.get(skip.min(part.len())..).unwrap_or_default();
            skip = skip.saturating_sub(part.len());
            // The rest may be large: it is copied in pieces that the client makes room for.
            for piece in rest.chunks(self.limits.output_buffer.max(1)) {
                self.append(piece);
                self.send_down_to(self.limits.output_buffer)?;
            }
        }
        Ok(())
    }
}

impl Write for Output<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let fits = self.out.pending() + bytes.len() <= self.limits.output_buffer;
        if !fits || self.out.failed || self.layer.is_some() {
            return self.write_vectored(&[IoSlice::new(bytes)]);
        }
        self.append(bytes);
        Ok(bytes.len())
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        let count = parts.iter().map(|part| part.len()).sum::<usize>();
        self.guard(|output| {
            if output.layer.is_some() {
                output.seal_parts(parts).map(|()| count)
            } else if output.out.pending() + count <= output.limits.output_buffer {
                parts.iter().for_each(|part| output.append(part));
                Ok(count)
            } else {
                output.send_parts(parts).map(|()| count)
            }
        })
    }

    /// Sends what is written; waits if the client has no room for it.
    fn flush(&mut self) -> io::Result<()> {
        self.guard(|output| output.send_down_to(0))
    }
}

impl fmt::Debug for Output<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output").field("pending", &self.out.pending()).finish_non_exhaustive()
    }
}

/// How much of the patience with a client is used up.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Account {
    moved: u64,
    waited: Duration,
}

impl Account {
    /// How much longer the client may be waited for.
    fn patience(&mut self, rate: Option<MinRate>) -> Option<Duration> {
        rate.map(|rate| rate.patience(self.moved, &mut self.waited))
    }

    fn record_wait(&mut self, waited: Duration) {
        self.waited = self.waited.saturating_add(waited);
    }

    /// Waits for the client as long as the rate allows.
    fn wait(
        &mut self,
        wire: &dyn Wire,
        interest: Interest,
        rate: Option<MinRate>,
    ) -> io::Result<()> {
        let patience = self.patience(rate);
        let before = wire.now();
        let ready = patience != Some(Duration::ZERO) && wire.wait(interest, patience)?;
        self.record_wait(wire.now().saturating_duration_since(before));
        if ready { Ok(()) } else { Err(ErrorKind::TimedOut.into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::limits::Room;
    use crate::lock::lock;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicBool, AtomicUsize};

    /// A client that takes so many bytes, and no more however long one waits.
    struct Client {
        room: Mutex<usize>,
        taken: Mutex<Vec<u8>>,
    }

    impl Client {
        fn with_room(room: usize) -> Self {
            Self { room: Mutex::new(room), taken: Mutex::default() }
        }

        fn taken(&self) -> String {
            String::from_utf8(lock(&self.taken).clone()).unwrap()
        }
    }

    impl Wire for Client {
        fn read(&self, _: &mut [u8]) -> io::Result<usize> {
            Err(ErrorKind::WouldBlock.into())
        }

        fn write(&self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
            let mut room = lock(&self.room);
            let bytes: Vec<u8> = parts.iter().flat_map(|part| part.iter().copied()).collect();
            let count = bytes.len().min(*room);
            *room -= count;
            lock(&self.taken).extend_from_slice(&bytes[..count]);
            if count == 0 { Err(ErrorKind::WouldBlock.into()) } else { Ok(count) }
        }

        fn end_sending(&self) -> io::Result<()> {
            Ok(())
        }

        fn reset(&self) {}

        fn wait(&self, _: Interest, _: Option<Duration>) -> io::Result<bool> {
            Ok(*lock(&self.room) > 0)
        }
    }

    const PATIENCE: Patience =
        Patience { write_rate: None, read_rate: None, linger: Duration::ZERO, linger_bytes: 0 };

    fn limits(waiting: usize, spill: usize) -> Limits {
        Limits {
            output_buffer: 8,
            waiting: Room::new(waiting),
            spill: Room::new(spill),
            stopping: AtomicBool::new(false),
            over: AtomicBool::new(false),
            queued: AtomicUsize::new(0),
        }
    }

    #[test]
    fn what_fits_gathers_and_the_rest_leaves_behind_it_in_one_write() {
        let (client, limits) = (Client::with_room(100), limits(0, 0));
        let mut out = Outgoing::default();
        let mut output = Output {
            wire: &client,
            out: &mut out,
            limits: &limits,
            patience: PATIENCE,
            layer: None,
        };
        output.write_all(b"head ").unwrap();
        assert_eq!(client.taken(), "");
        output.write_all(b"and body").unwrap();
        assert_eq!(client.taken(), "head and body");
        output.write_all(b"more").unwrap();
        output.flush().unwrap();
        assert_eq!(client.taken(), "head and bodymore");
    }

    #[test]
    fn a_client_that_is_too_slow_ends_the_answer() {
        let (client, limits) = (Client::with_room(3), limits(1, 0));
        let mut out = Outgoing::default();
        let mut output = Output {
            wire: &client,
            out: &mut out,
            limits: &limits,
            patience: PATIENCE,
            layer: None,
        };
        let error = output.write_all(&[b'x'; 20]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        *lock(&client.room) = 100;
        let error = output.write_all(b"y").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe, "what comes after a gap is not sent");
        assert_eq!(client.taken(), "xxx");
        assert_eq!(limits.waiting.taken.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn without_a_seat_to_wait_in_the_answer_spills_into_memory_as_far_as_there_is_room() {
        let (client, limits) = (Client::with_room(0), limits(0, 30));
        let mut out = Outgoing::default();
        let mut output = Output {
            wire: &client,
            out: &mut out,
            limits: &limits,
            patience: PATIENCE,
            layer: None,
        };
        output.write_all(&[b'x'; 38]).unwrap();
        assert_eq!(limits.spill.taken.load(Ordering::Relaxed), 30);
        let mut saved = Saved::default();
        out.save(&mut saved);
        assert_eq!((out.pending(), saved.out.pending()), (0, 38));
        *lock(&client.room) = 100;
        assert!(saved.out.send(&client).unwrap());
        assert_eq!(limits.spill.taken.load(Ordering::Relaxed), 0);

        let mut output = Output {
            wire: &client,
            out: &mut out,
            limits: &limits,
            patience: PATIENCE,
            layer: None,
        };
        *lock(&client.room) = 0;
        let error = output.write_all(&[b'x'; 39]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ResourceBusy);
        out.reset();
        assert_eq!(limits.spill.taken.load(Ordering::Relaxed), 0);
    }
}
