//! Plays a scenario through a handler of `wsgiref.handlers`, with streams in memory.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use wsgi_handlers::{BaseCgiHandler, Run, ServerHandler, SimpleHandler};
use wsgi_util::{Application, Environ};

use super::house::LogOf;
use super::played::Played;
use super::probe::Probe;
use super::scenario::{Client, Scenario};
use crate::wire::{Answer, Framing, Head};

/// Which handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Handler {
    Simple,
    Server,
    /// A gateway that writes no status line, but a field `Status`.
    Cgi,
}

impl Handler {
    pub(super) const ALL: [Self; 3] = [Self::Simple, Self::Server, Self::Cgi];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Simple => "simple-handler",
            Self::Server => "server-handler",
            Self::Cgi => "cgi-handler",
        }
    }
}

/// Runs the application once, with all of the request there.
pub(super) fn play(
    handler: Handler,
    scenario: &Scenario,
    app: &dyn Application,
    probe: &Probe,
) -> Played {
    let output = Output::new(&scenario.client, probe);
    let request = &scenario.request;
    let environ: Environ<'_> = request.variables().into_iter().collect();
    let (input, errors) = (&request.body[..], LogOf(probe.clone()));
    let ran = match handler {
        Handler::Simple => SimpleHandler::new(input, output.clone(), errors, environ).run(app),
        Handler::Server => {
            let log = |code: &str, size: u64| probe.push_log(format!("{code} {size}\n").as_bytes());
            ServerHandler::new(input, output.clone(), errors, environ, log).run(app)
        }
        Handler::Cgi => BaseCgiHandler::new(input, output.clone(), errors, environ).run(app),
    };
    if let Err(error) = ran {
        probe.note(format!("run failed: {error}"));
    }
    let received = output.taken();
    Played {
        answer: answer(handler, &received, request.method),
        next: None,
        probe: probe.clone(),
        warnings: Vec::new(),
        validated: false,
        in_memory: true,
        sent: request.body.clone(),
        received,
    }
}

/// What a handler writes to, which is seen by the client when it is flushed.
#[derive(Clone)]
struct Output(Arc<Mutex<State>>);

struct State {
    bytes: Vec<u8>,
    /// What the client confirms when it has come.
    awaited: Vec<&'static str>,
    /// After that, there is no client.
    last: Option<&'static str>,
    probe: Probe,
}

impl Output {
    fn new(client: &Client, probe: &Probe) -> Self {
        let (awaited, last) = match client {
            Client::Confirms(texts) => (texts.clone(), None),
            Client::LeavesAfter(text) => (Vec::new(), Some(*text)),
            _ => (Vec::new(), None),
        };
        let probe = probe.clone();
        Self(Arc::new(Mutex::new(State { bytes: Vec::new(), awaited, last, probe })))
    }

    fn taken(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).bytes.clone()
    }
}

impl Write for Output {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.last.is_some_and(|last| contains(&state.bytes, last)) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        state.bytes.extend_from_slice(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(text) = state.awaited.first().copied() {
            if !contains(&state.bytes, text) {
                break;
            }
            state.awaited.remove(0);
            state.probe.note(format!("client has {text}"));
        }
        Ok(())
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// Reads what was written as an answer that ends with the stream.
fn answer(handler: Handler, bytes: &[u8], method: &str) -> Result<Answer, String> {
    let bytes = match handler {
        // The server in front of a gateway makes a status line of the field (RFC 3875 §6.3.3).
        Handler::Cgi => {
            let status = bytes.strip_prefix(b"Status: ").ok_or("the first field is not Status")?;
            &[b"HTTP/1.1 ", status].concat()[..]
        }
        Handler::Simple | Handler::Server => bytes,
    };
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
    let (head, body) = bytes.split_at(end.ok_or("there is no complete head")? + 4);
    let head = Head::parse(head).map_err(|malformed| malformed.to_string())?;
    let no_body = method == "HEAD" || matches!(head.status, 204 | 304);
    let length = head.get("Content-Length").and_then(|length| length.parse::<u64>().ok());
    let framing = match length {
        _ if no_body => Framing::None,
        Some(length) => Framing::Length(length),
        None => Framing::Close,
    };
    let sent = body.len() as u64;
    match framing {
        Framing::None if sent > 0 => {
            return Err(format!("{sent} bytes of body, and there may be none"));
        }
        Framing::Length(length) if sent > length => {
            return Err(format!("{sent} bytes of body, and the Content-Length is {length}"));
        }
        _ => {}
    }
    let is_cut = matches!(framing, Framing::Length(length) if sent < length);
    Ok(Answer { interim: Vec::new(), head, body: body.to_vec(), framing, is_cut })
}
