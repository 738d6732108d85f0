//! Tests: every refusal is provoked once, and says what it should.

use super::{BodyDecoder, Framing, HeadParser, Limits, RequestError};
use std::mem::discriminant;

/// What the head is refused with.
fn head(bytes: &[u8]) -> RequestError {
    let limits = Limits { request_line: 100, head: 100, fields: 3, body: 10, ..Limits::default() };
    let mut parser = HeadParser::new(limits);
    match parser.parse(bytes) {
        Err(error) => error,
        Ok(None) => parser.end_of_input(bytes).expect("a request has begun"),
        Ok(Some(_)) => panic!("{} passes", bytes.escape_ascii()),
    }
}

/// What an HTTP/1.1 request with a valid Host and this after it is refused with.
fn fields(lines: &str) -> RequestError {
    head(format!("POST / HTTP/1.1\r\nHost: h\r\n{lines}\r\n").as_bytes())
}

/// What a chunked body is refused with.
fn chunked(bytes: &[u8]) -> RequestError {
    let limits = Limits { trailers: 20, body: 10, ..Limits::default() };
    let mut decoder = BodyDecoder::new(Framing::Chunked, &limits);
    let mut rest = bytes;
    loop {
        match decoder.decode(rest, &mut [0; 64]) {
            Err(error) => return error,
            Ok(decoded) if decoded.consumed == 0 => panic!("{} passes", bytes.escape_ascii()),
            Ok(decoded) => rest = &rest[decoded.consumed..],
        }
    }
}

/// One of each, with the first words of its explanation.
fn all() -> Vec<(RequestError, &'static str)> {
    let long = "a".repeat(200);
    vec![
        (head(b"GET\r\n"), "Bad request syntax or unsupported method"),
        (head(b"GET / HTTX/1.1\r\n"), "Bad request syntax or unsupported method"),
        (head(b"GET / HTTP/2.0\r\n"), "Cannot fulfill request"),
        (head(b"POST /\r\n"), "Bad request syntax or unsupported method"),
        (head(b"GET /\r\n"), "RFC 9112 §2.3: the request line ends without a version"),
        (head(b"GET  / HTTP/1.1\r\n"), "RFC 9112 §3: method, target and version"),
        (head(b"G(T / HTTP/1.1\r\n"), "RFC 9110 §9.1: the method"),
        (head(long.as_bytes()), "RFC 9112 §3: the request line has no space"),
        (head(format!("GET /{long}").as_bytes()), "URI is too long"),
        (head(b"GET /\xe9 HTTP/1.1\r\n"), "RFC 9112 §3.2: the request target holds the byte 0xe9"),
        (head(b"GET x HTTP/1.1\r\n"), "RFC 9112 §3.2: the request target 'x'"),
        (
            head(b"GET * HTTP/1.1\r\n"),
            "RFC 9112 §3.2.4: the target * belongs to OPTIONS only, not to 'GET'",
        ),
        (head(b"CONNECT h HTTP/1.1\r\n"), "RFC 9110 §9.3.6: the CONNECT target 'h'"),
        (head(b"GET http://u@h/ HTTP/1.1\r\n"), "RFC 9110 §4.2: the target names the host 'u@h'"),
        (head(b"GET / HTTP/1.1\n"), "RFC 9112 §2.2: a line ends with LF alone"),
        (head(b"GET / HTTP/1.1\r\r\n"), "RFC 9112 §2.2: a CR stands without"),
        (head(b"\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n"), "RFC 9112 §2.2: more than 8 empty lines"),
        (head(b"\x16\x03\x01"), "RFC 9110 §4.2.1: the connection starts with a TLS handshake"),
        // Drivers find this one: tests/tls.
        (RequestError::PlainHttp, "RFC 9110 §4.2.2: the connection does not start with a TLS"),
        (head(b"GET / HTTP/1.1\r\nHo"), "RFC 9112 §8: the connection ended"),
        (
            head(format!("GET / HTTP/1.1\r\nA: {long}").as_bytes()),
            "got more than 100 bytes when reading header line",
        ),
        (fields("A: 1\r\nB: 2\r\nC: 3\r\n"), "got more than 3 headers"),
        (
            fields(&format!("A: {long}\r\n")),
            "RFC 6585 §5: all headers together are larger than 100 bytes",
        ),
        (head(b"GET / HTTP/1.1\r\n Host: h\r\n"), "RFC 9112 §2.2: the line after the request line"),
        (fields(" folded\r\n"), "RFC 9112 §5.2: a header line starts with whitespace"),
        (fields("no colon\r\n"), "RFC 9112 §5: the header line 'no colon'"),
        (fields(": 1\r\n"), "RFC 9110 §5.1: a header line starts with a colon"),
        (fields("A : 1\r\n"), "RFC 9112 §5.1: whitespace stands between the header name 'A'"),
        (fields("A B: 1\r\n"), "RFC 9110 §5.1: the header name 'A B'"),
        (
            fields("A: \0\r\n"),
            "RFC 9110 §5.5: the value of the header 'A' holds the control character 0x00",
        ),
        (
            head(b"GET / HTTP/1.1\r\n\r\n"),
            "RFC 9112 §3.2: an HTTP/1.1 request must have a Host header",
        ),
        (fields("Host: h\r\n"), "RFC 9112 §3.2: the request has more than one Host"),
        (head(b"GET / HTTP/1.0\r\nHost: a b\r\n\r\n"), "RFC 9112 §3.2: the Host header 'a b'"),
        (fields("Content-Length: +1\r\n"), "RFC 9112 §6.3: the Content-Length '+1'"),
        (
            fields("Content-Length: 1, 1\r\n"),
            "RFC 9112 §6.3: the request has more than one Content-Length",
        ),
        (
            fields("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"),
            "RFC 9112 §6.1: the request has both",
        ),
        (
            head(b"GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"),
            "RFC 9112 §6.1: HTTP/1.0 has no",
        ),
        (
            fields("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n"),
            "RFC 9112 §6.1: the request has more than one Transfer-Encoding",
        ),
        (
            fields("Transfer-Encoding: gzip\r\n"),
            "RFC 9112 §6.3: the Transfer-Encoding 'gzip' does not end",
        ),
        (
            fields("Transfer-Encoding: gzip, chunked\r\n"),
            "RFC 9112 §6.1: the Transfer-Encoding 'gzip, chunked' names",
        ),
        (
            fields("Content-Length: 11\r\n"),
            "RFC 9110 §15.5.14: the request body is larger than 10 bytes",
        ),
        (chunked(b"x"), "RFC 9112 §7.1: a chunk size"),
        (chunked(b"1;\0"), "RFC 9112 §7.1.1: a chunk extension holds"),
        (
            chunked(&[b"1;", &[b'a'; 256][..]].concat()),
            "RFC 9112 §7.1.1: the chunk extensions are larger than 256",
        ),
        (chunked(b"1\r\nab"), "RFC 9112 §7.1: the data of a chunk"),
        (chunked(b"0\r\nA\r"), "RFC 9112 §7.1.2: a line after the last chunk"),
        (
            chunked(b"0\r\nA: 0123456789abcdefgh"),
            "RFC 9112 §7.1.2: the trailers are larger than 20 bytes",
        ),
    ]
}

/// How many variants there are. A new one does not compile until it is counted here and provoked above.
fn number_of_variants(error: &RequestError) -> usize {
    use RequestError::*;
    match error {
        BadRequestSyntax(_)
        | BadRequestVersion(_)
        | UnsupportedVersion(_)
        | BadHttp09Method(_)
        | MissingVersion(_)
        | RequestLineWhitespace(_)
        | InvalidMethod(_)
        | MethodTooLong
        | UriTooLong { .. }
        | InvalidTargetByte(_)
        | InvalidTarget(_)
        | AsteriskTarget(_)
        | InvalidConnectTarget(_)
        | InvalidAuthority(_)
        | BareLf
        | BareCr
        | TooManyEmptyLines { .. }
        | TlsHandshake
        | PlainHttp
        | HeadCutShort
        | LineTooLong { .. }
        | TooManyHeaders { .. }
        | HeadTooLarge { .. }
        | WhitespaceBeforeFirstField
        | FoldedField
        | MissingColon(_)
        | EmptyFieldName
        | WhitespaceBeforeColon(_)
        | InvalidFieldName(_)
        | InvalidFieldValue { .. }
        | MissingHost
        | DuplicateHost
        | InvalidHost(_)
        | InvalidContentLength(_)
        | DuplicateContentLength
        | TransferEncodingWithContentLength
        | TransferEncodingInHttp10
        | DuplicateTransferEncoding
        | InvalidTransferEncoding(_)
        | UnsupportedTransferCoding(_)
        | BodyTooLarge { .. }
        | InvalidChunkSize
        | InvalidChunkExtension
        | ChunkExtensionTooLarge { .. }
        | InvalidChunkEnd
        | InvalidTrailer
        | TrailersTooLarge { .. } => 47,
    }
}

#[test]
fn every_refusal_can_be_provoked() {
    let all = all();
    assert_eq!(all.len(), number_of_variants(&all[0].0));
    for (at, (error, _)) in all.iter().enumerate() {
        let same = all.iter().position(|(other, _)| discriminant(other) == discriminant(error));
        assert_eq!(same, Some(at), "{error:?}");
    }
}

#[test]
fn every_refusal_says_what_rule_and_what_next() {
    for (error, start) in all() {
        let (message, explain) = (error.message(), error.explain());
        assert!(explain.starts_with(start), "{explain}");
        // Either CPython's words, or the rule first, then what is wrong, then a sentence with the way out.
        assert!(
            !explain.starts_with("RFC")
                || (explain.starts_with(error.section()) && explain.contains(". ")),
            "{explain}"
        );
        assert!(
            message.chars().all(|character| matches!(character, ' '..='~' | '\u{a1}'..='\u{ff}')),
            "{message}"
        );
        assert!(message.len() < 400 && explain.len() < 600, "{message}: {explain}");
        assert!(matches!(error.status(), 400 | 413 | 414 | 431 | 501 | 505));
        assert_eq!(
            error.to_string(),
            format!("{} {message} ({})", error.status(), error.section())
        );
    }
}

#[test]
fn what_is_known_of_a_refused_request_is_kept() {
    let mut parser = HeadParser::new(Limits::default());
    let bytes = b"\r\nHEAD /x HTTP/1.1\r\nA B: 1\r\n";
    parser.parse(bytes).unwrap_err();
    assert_eq!(
        (parser.requestline(bytes).as_ref(), parser.command(bytes)),
        ("HEAD /x HTTP/1.1", Some("HEAD"))
    );

    let bytes = b"HEAD /\xe9 HTTP/1.1\r\n";
    parser.parse(bytes).unwrap_err();
    assert_eq!(
        (parser.requestline(bytes).as_ref(), parser.command(bytes)),
        ("HEAD /\u{e9} HTTP/1.1", None)
    );

    let bytes = b"a".repeat(70_000);
    parser.parse(&bytes).unwrap_err();
    assert_eq!((parser.requestline(&bytes).as_ref(), parser.command(&bytes)), ("", None));
}
