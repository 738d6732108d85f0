//! Properties of the protocol core that hold for all inputs, tried on random ones.

use http_server::proto::{
    BodyDecoder, ChunkedDecoder, Framing, HeadParser, LAST_CHUNK, Limits, write_chunk,
};
use proptest::collection::vec;
use proptest::prelude::*;
use wsgiref_tests::wire::EventReader;

/// The pieces requests are made of, right and wrong ones, so that random sequences get far.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "GET / HTTP/1.1\r\n",
        "POST /a?b HTTP/1.0\r\n",
        "OPTIONS * HTTP/1.1\r\n",
        "GET http://h/ HTTP/1.9\r\n",
        "HEAD //x HTTP/1.1\r\n",
        "Host: h\r\n",
        "Host: h\r\n\r\n",
        "Content-Length: 5\r\n",
        "Content-Length: 0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\n\r\n",
        "Connection: close\r\n",
        "Connection: keep-alive\r\n",
        "Expect: 100-continue\r\n",
        "5\r\nhello\r\n",
        "0\r\n",
        "a;x=y\r\n0123456789\r\n",
        "\r\n",
        "\r",
        "\n",
        " ",
        "\t",
        ":",
        "hello",
        "X-Name: value\r\n",
        "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n",
        "GET /old\r\n",
        "HTTP/1.1",
        "\u{0}",
        "\u{e9}",
    ])
    .prop_map(|text| text.as_bytes().to_vec());
    prop_oneof![8 => known, 1 => vec(any::<u8>(), 1..4)]
}

fn connection() -> impl Strategy<Value = Vec<u8>> {
    vec(piece(), 1..24).prop_map(|pieces| pieces.concat())
}

/// A whole request that is valid except for one byte, perhaps.
fn nearly_valid() -> impl Strategy<Value = Vec<u8>> {
    let field =
        ("[A-Za-z-]{1,24}", "[ -~]{0,80}").prop_map(|(name, value)| format!("{name}: {value}\r\n"));
    (
        "[A-Z]{1,10}",
        "/[!-\"$-~]{0,60}",
        vec(field, 0..6),
        any::<prop::sample::Index>(),
        any::<Option<u8>>(),
    )
        .prop_map(|(method, target, fields, at, byte)| {
            let head = format!("{method} {target} HTTP/1.1\r\nHost: h\r\n{}\r\n", fields.concat());
            let mut bytes = head.into_bytes();
            if let Some(byte) = byte {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            bytes
        })
}

fn events<'b>(pieces: impl IntoIterator<Item = &'b [u8]>) -> Vec<String> {
    // Small limits, so that random input gets there.
    let mut limits = Limits::default();
    (limits.request_line, limits.head, limits.fields) = (256, 512, 8);
    (limits.body, limits.trailers) = (64, 64);
    let mut reader = EventReader::new(limits);
    pieces.into_iter().for_each(|piece| reader.feed(piece));
    reader.finish()
}

/// Cuts the bytes at these places.
fn cut<'b>(bytes: &'b [u8], places: &[prop::sample::Index]) -> Vec<&'b [u8]> {
    let mut ends: Vec<usize> = places.iter().map(|place| place.index(bytes.len() + 1)).collect();
    ends.push(bytes.len());
    ends.sort_unstable();
    let mut start = 0;
    ends.into_iter().map(|end| &bytes[std::mem::replace(&mut start, end)..end]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_two_ways_of_splitting_agree(
        bytes in prop_oneof![connection(), nearly_valid()],
        places in vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let whole = events([&bytes[..]]);
        prop_assert_eq!(&whole, &events(cut(&bytes, &places)));
        prop_assert_eq!(&whole, &events(bytes.chunks(1)));
    }

    /// Our rules are the stricter ones, so whatever passes them means the same to a parser that was written by others.
    #[test]
    fn a_head_that_passes_means_the_same_to_httparse(
        bytes in prop_oneof![1 => connection(), 3 => nearly_valid()],
    ) {
        let mut parser = HeadParser::new(Limits::default());
        if let Ok(Some(length)) = parser.parse(&bytes) {
            let head = parser.head(&bytes[..length]);
            let mut slots = [httparse::EMPTY_HEADER; 100];
            let mut other = httparse::Request::new(&mut slots);
            // Of the versions that are served as 1.1 it knows none.
            if head.version().minor < 2 {
                prop_assert_eq!(other.parse(&bytes), Ok(httparse::Status::Complete(length)));
                prop_assert_eq!(other.method, Some(head.method()));
                prop_assert_eq!(other.path, Some(head.target()));
                prop_assert_eq!(other.version, Some(head.version().minor));
                let theirs = other.headers.iter().map(|field| (field.name, field.value));
                prop_assert!(head.headers().iter_bytes().eq(theirs));
            }
        }
    }

    #[test]
    fn random_bytes_never_panic(bytes in vec(any::<u8>(), 0..512)) {
        events([&bytes[..]]);
    }

    #[test]
    fn random_bytes_after_a_chunked_head_never_panic(bytes in vec(any::<u8>(), 0..64)) {
        let head = &b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"[..];
        let whole = events([head, &bytes[..]]);
        prop_assert_eq!(whole, events([head].into_iter().chain(bytes.chunks(1))));
    }

    #[test]
    fn what_is_encoded_in_chunks_is_decoded_again(
        chunks in vec(vec(any::<u8>(), 0..300), 0..6),
        places in vec(any::<prop::sample::Index>(), 0..6),
        room in 1_usize..64,
    ) {
        let mut encoded = Vec::new();
        chunks.iter().for_each(|chunk| write_chunk(chunk, &mut encoded));
        encoded.extend_from_slice(LAST_CHUNK);

        let mut decoder = ChunkedDecoder::new(&Limits::default());
        let mut decoded = Vec::new();
        let mut output = vec![0; room];
        for mut piece in cut(&encoded, &places) {
            loop {
                let step = decoder.decode(piece, &mut output).expect("what was encoded is valid");
                decoded.extend_from_slice(&output[..step.produced]);
                piece = &piece[step.consumed..];
                if step.consumed == 0 {
                    break;
                }
            }
            prop_assert!(piece.is_empty());
        }
        prop_assert!(decoder.is_done());
        prop_assert_eq!(decoded, chunks.concat());
    }

    #[test]
    fn data_that_is_read_directly_is_the_same(
        chunks in vec(vec(any::<u8>(), 1..300), 0..6),
        most in 1_usize..64,
    ) {
        let mut encoded = Vec::new();
        chunks.iter().for_each(|chunk| write_chunk(chunk, &mut encoded));
        encoded.extend_from_slice(LAST_CHUNK);

        let mut decoder = BodyDecoder::new(Framing::Chunked, &Limits::default());
        let mut decoded = Vec::new();
        let mut rest = &encoded[..];
        while !decoder.is_done() {
            // Without room for data this takes the framing before it.
            let step = decoder.decode(rest, &mut []).expect("what was encoded is valid");
            rest = &rest[step.consumed..];
            let (data, after) = rest.split_at(most.min(decoder.direct() as usize));
            decoded.extend_from_slice(data);
            decoder.advance(data.len() as u64);
            rest = after;
        }
        prop_assert!(rest.is_empty());
        prop_assert_eq!(decoded, chunks.concat());
    }
}
