//! Chunked bodies: nothing panics, nothing is made up, and the output does not depend on the room or on the cut.
#![no_main]

use http_server::proto::{BodyDecoder, Framing, Limits};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((&room, body)) = data.split_first() else { return };
    let mut limits = Limits::default();
    (limits.body, limits.trailers, limits.chunk_extensions) = (4096, 64, 64);
    let whole = decode(&limits, [body], 4096);
    assert_eq!(whole, decode(&limits, body.chunks(1), usize::from(room).max(1)));
    assert_eq!(whole, decode(&limits, body.chunks(usize::from(room).max(1)), 7));
    assert!(whole.0.len() <= 4096 && whole.0.len() <= body.len());
});

/// The data, how many bytes were not needed if the body ended, and the status if it was refused.
fn decode<'b>(
    limits: &Limits,
    pieces: impl IntoIterator<Item = &'b [u8]>,
    room: usize,
) -> (Vec<u8>, Option<usize>, Option<u16>) {
    let mut decoder = BodyDecoder::new(Framing::Chunked, limits);
    let (mut input, mut data, mut output) = (Vec::new(), Vec::new(), vec![0; room]);
    let mut error = None;
    for piece in pieces {
        input.extend_from_slice(piece);
        while error.is_none() && !decoder.is_done() {
            match decoder.decode(&input, &mut output) {
                Ok(step) if step.consumed == 0 => break,
                Ok(step) => {
                    data.extend_from_slice(&output[..step.produced]);
                    input.drain(..step.consumed);
                }
                Err(refusal) => error = Some(refusal.status()),
            }
        }
    }
    let rest = decoder.is_done().then_some(input.len());
    (data, rest, error)
}
