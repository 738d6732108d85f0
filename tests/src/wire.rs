//! What a connection's bytes mean to the protocol core, as lines of text that can be compared.
//!
//! [`EventReader`] is the smallest possible driver: it appends what arrives, asks the parser, decodes the body, and goes
//! on to the next request as long as the connection persists. The corpus and the property tests see the core through
//! it only.

use http_server::proto::{
    BodyDecoder, Framing, HeadParser, Limits, RequestError, RequestHead, TargetForm, Version,
};

/// Reads requests from bytes that arrive in any pieces, and writes down what happens.
#[derive(Debug)]
pub struct EventReader {
    parser: HeadParser,
    buffer: Vec<u8>,
    state: State,
    lines: Vec<String>,
    body: Vec<u8>,
}

#[derive(Debug)]
enum State {
    Head,
    Body {
        decoder: BodyDecoder,
        persists: bool,
    },
    /// The connection closes: nothing that arrives from now on counts.
    Closed,
}

impl EventReader {
    /// Starts a connection.
    pub fn new(limits: Limits) -> Self {
        Self {
            parser: HeadParser::new(limits),
            buffer: Vec::new(),
            state: State::Head,
            lines: Vec::new(),
            body: Vec::new(),
        }
    }

    /// Takes bytes that have arrived.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
        while self.step() {}
    }

    /// Takes note that no more bytes will arrive, and gives all events.
    pub fn finish(mut self) -> Vec<String> {
        match &self.state {
            State::Head => match self.parser.end_of_input(&self.buffer) {
                Some(error) => self.refuse(&error),
                None => self.lines.push("end of input".to_owned()),
            },
            State::Body { .. } => {
                self.end_body();
                self.lines.push("body cut short".to_owned());
            }
            State::Closed => {}
        }
        self.lines
    }

    /// Does one thing; false if it needs more bytes or the connection closes.
    fn step(&mut self) -> bool {
        match &mut self.state {
            State::Closed => false,
            State::Head => match self.parser.parse(&self.buffer) {
                Ok(None) => false,
                Ok(Some(length)) => {
                    let head = self.parser.head(&self.buffer[..length]);
                    describe(&head, &mut self.lines);
                    let decoder = BodyDecoder::new(head.framing(), self.parser.limits());
                    self.state =
                        State::Body { decoder, persists: head.keep_alive(Version::HTTP_11) };
                    self.buffer.drain(..length);
                    true
                }
                Err(error) => {
                    let requestline = self.parser.requestline(&self.buffer);
                    if let Some(command) = self.parser.command(&self.buffer) {
                        self.lines.push(format!("refused {}", quote(command.as_bytes())));
                    }
                    self.lines.push(format!("requestline {}", quote_text(&requestline)));
                    self.refuse(&error);
                    false
                }
            },
            State::Body { decoder, persists } => {
                let mut output = [0; 512];
                match decoder.decode(&self.buffer, &mut output) {
                    Ok(decoded) => {
                        let persists = *persists;
                        self.body.extend_from_slice(&output[..decoded.produced]);
                        self.buffer.drain(..decoded.consumed);
                        if decoded.done {
                            self.end_body();
                            self.lines
                                .push(if persists { "end, keep" } else { "end, close" }.to_owned());
                            self.state = if persists { State::Head } else { State::Closed };
                        }
                        decoded.done || decoded.consumed > 0
                    }
                    Err(error) => {
                        self.end_body();
                        self.refuse(&error);
                        false
                    }
                }
            }
        }
    }

    fn end_body(&mut self) {
        let body = std::mem::take(&mut self.body);
        if !body.is_empty() {
            self.lines.push(format!("body {}", quote(&body)));
        }
    }

    fn refuse(&mut self, error: &RequestError) {
        self.lines.push(format!(
            "error {} {} [{}]",
            error.status(),
            quote_text(&error.message()),
            error.section()
        ));
        self.state = State::Closed;
    }
}

fn describe(head: &RequestHead<'_>, lines: &mut Vec<String>) {
    lines.push(format!(
        "request {} {} {}",
        quote(head.method().as_bytes()),
        quote(head.target().as_bytes()),
        head.request_version()
    ));
    if head.path() != head.target() {
        lines.push(format!("path {}", quote(head.path().as_bytes())));
    }
    match head.target_form() {
        TargetForm::Absolute { authority, path, query } => {
            lines.push(format!("absolute {authority:?} {path:?} {query:?}"));
        }
        TargetForm::Authority { .. } => lines.push("authority".to_owned()),
        TargetForm::Asterisk => lines.push("asterisk".to_owned()),
        _ => {}
    }
    if let Some(host) = head.host() {
        lines.push(format!("host {}", quote(host.as_bytes())));
    }
    for (name, value) in head.headers().iter_bytes() {
        lines.push(format!("field {} {}", quote(name.as_bytes()), quote(value)));
    }
    if head.expects_continue() {
        lines.push("expects 100-continue".to_owned());
    }
    match head.framing() {
        Framing::None => {}
        Framing::Length(length) => lines.push(format!("length {length}")),
        Framing::Chunked => lines.push("chunked".to_owned()),
    }
}

/// The bytes in quotes, what is not visible ASCII escaped, long runs of one byte as `{a*65536}`.
fn quote(bytes: &[u8]) -> String {
    let mut quoted = String::from("\"");
    for run in bytes.chunk_by(|a, b| a == b) {
        let escaped = run[0].escape_ascii();
        if run.len() >= 40 {
            quoted.push_str(&format!("{{{escaped}*{}}}", run.len()));
        } else {
            (0..run.len()).for_each(|_| quoted.push_str(&escaped.to_string()));
        }
    }
    quoted.push('"');
    quoted
}

/// Text whose characters are all within latin-1, quoted.
fn quote_text(text: &str) -> String {
    let bytes: Vec<u8> = text
        .chars()
        .map(|character| u8::try_from(character).expect("messages are within latin-1"))
        .collect();
    quote(&bytes)
}
