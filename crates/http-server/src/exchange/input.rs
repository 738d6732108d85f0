//! What has come from the client.

use std::io;

/// Bytes that came from the client and are not used yet. Belongs to the connection and outlives each exchange.
#[derive(Debug, Default)]
pub(crate) struct Input {
    /// Initialized once and for all, so that a read costs no zeroing.
    buf: Vec<u8>,
    start: usize,
    end: usize,
}

impl Input {
    /// The unused bytes.
    pub(crate) fn unused(&self) -> &[u8] {
        self.buf.get(self.start..self.end).unwrap_or_default()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Marks bytes as used.
    pub(crate) fn consume(&mut self, n: usize) {
        self.start = self.end.min(self.start.saturating_add(n));
    }

    pub(crate) fn clear(&mut self) {
        self.start = self.end;
    }

    /// Appends what one call of `receive` gives, up to `most` bytes.
    pub(crate) fn fill(
        &mut self,
        most: usize,
        receive: impl FnOnce(&mut [u8]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        self.buf.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        let room = self.end + most.max(1);
        if self.buf.len() < room {
            self.buf.resize(room, 0);
        }
        let n = receive(self.buf.get_mut(self.end..room).unwrap_or_default())?;
        self.end = room.min(self.end + n);
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_input_of_a_long_connection_does_not_grow() {
        let mut input = Input::default();
        for _ in 0..100_000 {
            let n = input.fill(64, |buf| Ok(buf.len().min(40))).unwrap();
            // Something of the next request stays behind each time.
            input.consume(n - 7);
            input.consume(input.unused().len() - 7);
        }
        assert!(input.buf.capacity() <= 256, "{}", input.buf.capacity());
    }

    #[test]
    fn unused_input_stays_in_front_of_what_comes() {
        let mut input = Input::default();
        let fill = |input: &mut Input, data: &[u8]| {
            let copy = |buf: &mut [u8]| {
                buf[..data.len()].copy_from_slice(data);
                Ok(data.len())
            };
            assert_eq!(input.fill(8, copy).unwrap(), data.len());
        };
        fill(&mut input, b"abcd");
        input.consume(2);
        fill(&mut input, b"efgh");
        assert_eq!(input.unused(), b"cdefgh");
        input.consume(usize::MAX);
        assert!(input.is_empty());
        assert!(input.fill(8, |_| Err(io::ErrorKind::ConnectionReset.into())).is_err());
        assert!(input.is_empty());
    }
}
