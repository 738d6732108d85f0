//! Any two ways of splitting the same bytes give the same events.
#![no_main]

use http_server::proto::Limits;
use libfuzzer_sys::fuzz_target;
use wsgiref_tests::wire::EventReader;

fuzz_target!(|data: &[u8]| {
    // The last bytes say where to cut, so that a request to begin with may be anything.
    let (bytes, cuts) = data.split_at(data.len() - data.len().min(4));
    let whole = events([bytes]);
    assert_eq!(whole, events(bytes.chunks(1)));
    let mut rest = bytes;
    let pieces: Vec<&[u8]> = std::iter::from_fn(|| {
        let next = cuts.get(rest.len() % 4).map_or(1, |&cut| usize::from(cut).max(1));
        let piece;
        (piece, rest) = rest.split_at(next.min(rest.len()));
        (!piece.is_empty()).then_some(piece)
    })
    .collect();
    assert_eq!(whole, events(pieces));
});

fn events<'b>(pieces: impl IntoIterator<Item = &'b [u8]>) -> Vec<String> {
    // Small limits, so that random bytes get there.
    let mut limits = Limits::default();
    (limits.request_line, limits.head, limits.fields) = (256, 512, 8);
    (limits.body, limits.trailers, limits.chunk_extensions) = (64, 64, 64);
    let mut reader = EventReader::new(limits);
    pieces.into_iter().for_each(|piece| reader.feed(piece));
    reader.finish()
}
