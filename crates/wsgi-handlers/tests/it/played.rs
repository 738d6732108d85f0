//! Plays one request to an application over streams in memory.

use crate::driven::Drive;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use wsgi_handlers::{Outcome, ServerHandler};
use wsgi_util::{AppResult, Environ, StartResponse};

/// What came of a request.
pub(crate) struct Played {
    /// The response, one char per byte; the date of today and our version are masked.
    pub(crate) out: String,
    /// What went to `wsgi.errors` and to the request log, in the order in which it was written.
    pub(crate) log: String,
    /// How the run ended; an error as its text.
    pub(crate) outcome: Result<Outcome, String>,
}

/// An application that is a function, so that closures need no types.
pub(crate) trait App:
    Fn(&mut Environ<'_>, &mut dyn StartResponse) -> AppResult + Send + Sync
{
}

impl<F: Fn(&mut Environ<'_>, &mut dyn StartResponse) -> AppResult + Send + Sync> App for F {}

/// What a GET of `/` by an HTTP/1.0 client looks like.
pub(crate) const GET: [(&str, &str); 3] =
    [("REQUEST_METHOD", "GET"), ("PATH_INFO", "/"), ("SERVER_PROTOCOL", "HTTP/1.0")];

/// Lets a `ServerHandler` answer a GET.
pub(crate) fn get(app: impl App) -> Played {
    play(app, GET, io::empty())
}

/// Lets a `ServerHandler` answer a request.
pub(crate) fn play<'e>(
    app: impl App,
    environ: impl Into<Environ<'e>>,
    stdin: impl wsgi_util::InputStream + 'e,
) -> Played {
    let environ = environ.into();
    let mut out = Vec::new();
    let log = SharedLog::default();
    let mut request_log = log.clone();
    let log_request =
        move |code: &str, size: u64| writeln!(request_log, "\"GET /\" {code} {size}").unwrap();
    let outcome =
        ServerHandler::new(stdin, &mut out, log.clone(), environ, log_request).drive(&app);
    Played {
        out: masked(&out),
        log: log.text(),
        outcome: outcome.map_err(|error| error.to_string()),
    }
}

/// A log that several writers append to.
#[derive(Clone, Default)]
pub(crate) struct SharedLog(Arc<Mutex<Vec<u8>>>);

impl SharedLog {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for SharedLog {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(data)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The bytes as text; a date that is a real one becomes `{date}`, our version `{version}`.
pub(crate) fn masked(bytes: &[u8]) -> String {
    let text: String = bytes.iter().copied().map(char::from).collect();
    let text = text.replace(wsgi_handlers::SOFTWARE_VERSION, "WSGIServer {version}");
    match text.split_once("\r\nDate: ") {
        Some((before, after)) if after.get(25..31) == Some(" GMT\r\n") => {
            format!("{before}\r\nDate: {{date}}{}", &after[29..])
        }
        _ => text,
    }
}
