//! What the targets share: a reader of responses that shares no code with the server, and dice that the input throws.

use http_server::proto::Limits;
use http_server::{Exchange, HandlerOptions};
use std::fmt;
use wsgi_simple_server::{WsgiRequestHandler, handler_options};
use wsgiref_tests::wire::EventReader;

/// What was read of the output of one connection.
#[derive(Debug, Default)]
pub struct Responses {
    /// The status of each final response.
    pub statuses: Vec<u16>,
    /// Whether the last one is not whole.
    pub cut_short: bool,
    /// Whether a 1xx response came last.
    pub ends_with_interim: bool,
}

/// Reads all responses of a connection, strictly, as answers to requests of these methods.
///
/// # Panics
///
/// If anything a client could misread is among them.
pub fn read_responses(mut rest: &[u8], methods: &[String]) -> Responses {
    let mut found = Responses::default();
    let mut closes = false;
    while !rest.is_empty() {
        assert!(
            !closes && !found.cut_short,
            "bytes after the last response: {}",
            rest.escape_ascii()
        );
        let Some(end) = find(rest, b"\r\n\r\n") else {
            found.cut_short = true;
            return found;
        };
        let head = Head::read(&rest[..end + 2]);
        rest = &rest[end + 4..];
        found.ends_with_interim = head.status < 200;
        if head.status < 200 && head.status != 101 {
            assert!(head.length.is_none() && !head.coded, "a 1xx response with a body");
            continue;
        }
        let method = methods.get(found.statuses.len()).expect("a response that nobody asked for");
        found.statuses.push(head.status);
        closes = head.closes;
        // Of a head that was cut short the method is not among the events.
        let may_be_head = method == "HEAD" || (method.is_empty() && rest.is_empty());
        if may_be_head || matches!(head.status, 204 | 304) {
            assert!(
                head.status != 204 || (head.length.is_none() && !head.coded),
                "a length with 204"
            );
        } else if head.chunked {
            match after_chunks(rest) {
                Some(after) => rest = after,
                None => (rest, found.cut_short) = (&[], true),
            }
        } else if let Some(length) = head.length {
            match rest.get(length..) {
                Some(after) => rest = after,
                None => (rest, found.cut_short) = (&[], true),
            }
        } else {
            // Until the connection closes: nothing else can follow.
            rest = &[];
        }
    }
    found
}

/// The method of each request in these bytes, the refused one included, as far as it is known.
pub fn methods_of(bytes: &[u8], limits: Limits) -> Vec<String> {
    let mut reader = EventReader::new(limits);
    reader.feed(bytes);
    let events = reader.finish();
    let method_of = |text: &str| text.split('"').nth(1).unwrap_or_default().to_owned();
    let mut methods = Vec::new();
    let mut refused = String::new();
    for line in &events {
        match line.split_once(' ') {
            Some(("request", rest)) => methods.push(method_of(rest)),
            Some(("refused", rest)) => refused = method_of(rest),
            Some(("error", _)) => methods.push(std::mem::take(&mut refused)),
            _ => {}
        }
    }
    methods
}

struct Head {
    status: u16,
    length: Option<usize>,
    /// Whether there is a Transfer-Encoding, and whether it is chunked: any other ends with the connection.
    coded: bool,
    chunked: bool,
    closes: bool,
}

impl Head {
    /// Reads the lines of a head, each with its end.
    fn read(text: &[u8]) -> Head {
        let mut lines = text.split_inclusive(|&byte| byte == b'\n').map(|line| {
            let line = line.strip_suffix(b"\r\n").expect("only CRLF ends a line");
            assert!(
                line.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~' | 0x80..)),
                "{}",
                line.escape_ascii()
            );
            line
        });
        let status_line = lines.next().expect("a status line");
        let version_and_code =
            status_line.split_at_checked(12).map(|(start, _)| start).unwrap_or_default();
        let is_status_line = (version_and_code.starts_with(b"HTTP/1.0 ")
            || version_and_code.starts_with(b"HTTP/1.1 "))
            && version_and_code[9..].iter().all(u8::is_ascii_digit)
            && status_line.get(12) == Some(&b' ');
        assert!(is_status_line, "{}", status_line.escape_ascii());
        let code = &version_and_code[9..];
        let status = code.iter().fold(0, |number, digit| number * 10 + u16::from(digit - b'0'));
        assert!(status >= 100);

        let mut head = Head { status, length: None, coded: false, chunked: false, closes: false };
        for line in lines {
            let colon = line.iter().position(|&byte| byte == b':').expect("a field has a colon");
            let (name, value) =
                (line[..colon].to_ascii_lowercase(), line[colon + 1..].trim_ascii());
            let is_token =
                |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
            assert!(!name.is_empty() && name.iter().all(is_token), "{}", line.escape_ascii());
            match &name[..] {
                b"content-length" => {
                    assert!(
                        head.length.is_none()
                            && !value.is_empty()
                            && value.iter().all(u8::is_ascii_digit)
                    );
                    head.length =
                        std::str::from_utf8(value).ok().and_then(|digits| digits.parse().ok());
                    assert!(head.length.is_some(), "a length that no client can read");
                }
                b"transfer-encoding" => {
                    assert!(!head.chunked, "chunks in chunks: {}", line.escape_ascii());
                    head.coded = true;
                    head.chunked = value == b"chunked";
                }
                b"connection" => {
                    let options = value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
                    head.closes |=
                        options.into_iter().any(|option| option.eq_ignore_ascii_case(b"close"));
                }
                _ => {}
            }
        }
        assert!(head.length.is_none() || !head.coded, "two framings");
        head
    }
}

/// What follows a chunked body, or nothing if it has no end.
fn after_chunks(mut rest: &[u8]) -> Option<&[u8]> {
    loop {
        let end = find(rest, b"\r\n")?;
        let digits = std::str::from_utf8(&rest[..end]).expect("a chunk size");
        assert!(
            !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "{digits:?}"
        );
        let size = usize::from_str_radix(digits, 16).expect("a chunk size");
        rest = rest.get(end + 2 + size..)?;
        let (line_end, after) = rest.split_at_checked(2)?;
        assert_eq!(line_end, b"\r\n", "after a chunk");
        rest = after;
        if size == 0 {
            return Some(rest);
        }
    }
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

/// Choices that follow from the input, so that the same input makes the same choices.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Eight bytes seed them; all zero is the plainest choice each time.
    pub fn new(seed: [u8; 8]) -> Self {
        Self(u64::from_le_bytes(seed))
    }

    /// A number below the limit.
    pub fn below(&mut self, limit: usize) -> usize {
        // xorshift64, for which zero is a fixed point.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % limit
    }

    /// One of these.
    pub fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}

/// Splits the input into a seed of dice and the bytes of a connection.
pub fn dice_and_bytes(data: &[u8]) -> (Dice, &[u8]) {
    match data.split_first_chunk() {
        Some((seed, bytes)) => (Dice::new(*seed), bytes),
        None => (Dice::new([0; 8]), data),
    }
}

/// Field values and reasons, most of them hostile.
pub const TEXTS: [&str; 9] =
    ["a", "", "a\r\nX: y", "\n", "a\rb", "\u{0}", "caf\u{e9}", "\u{20ac}", "\u{1b}[31m"];

/// A WSGI handler that logs nothing.
#[derive(Debug)]
pub struct Silent(HandlerOptions);

impl Default for Silent {
    fn default() -> Self {
        let mut options = handler_options();
        // Small limits, so that random bytes get there.
        (options.limits.request_line, options.limits.head) = (1024, 2048);
        (options.limits.fields, options.limits.body) = (20, 4096);
        Self(options)
    }
}

impl WsgiRequestHandler for Silent {
    fn options(&self) -> &HandlerOptions {
        &self.0
    }

    fn log_message(&self, _: &Exchange<'_>, _: fmt::Arguments<'_>) {}

    fn get_stderr(&self) -> Box<dyn wsgi_util::ErrorStream> {
        Box::new(std::io::sink())
    }
}
