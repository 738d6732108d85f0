//! Runs an application and directs its response into an exchange.

use crate::stderr::Stderr;
use crate::{ServerState, WsgiRequestHandler};
use http_server::proto::Framing;
use http_server::{Exchange, RequestBody, ServerInfo};
use std::io::{self, BufRead, Read, Write};
use std::mem;
use std::str;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use wsgi_handlers::{Base, BaseHandler, HandlerOptions, Outcome, Response, Run, RunState};
use wsgi_util::{AppError, Application, Environ, ErrorStream, Headers, InputStream};

/// Answers one request: the second half of `WSGIRequestHandler.handle`, once the head is parsed.
pub(crate) fn run_application<'x, H: WsgiRequestHandler + ?Sized>(
    handler: &H,
    x: &mut Exchange<'x>,
    server: &ServerState,
) -> io::Result<()> {
    server.with_app(|application| {
        let Some(application) = application else {
            return Err(io::Error::other(
                "the server has no application: call set_app before it serves",
            ));
        };
        let get_environ = &|x: &Exchange<'x>| handler.get_environ(x, server);
        let get_stderr = &|| handler.get_stderr();
        respond(x, Stderr::Handler(get_stderr), Turn::First(application, get_environ))
    })
}

/// What an application is run for.
enum Turn<'t, 'x> {
    /// To be called.
    First(&'t dyn Application, GetEnviron<'t, 'x>),
    /// The rest of a response that has waited for its client.
    Next(Box<RunState<'static>>),
}

/// [`WsgiRequestHandler::get_environ`].
type GetEnviron<'t, 'x> = &'t dyn Fn(&Exchange<'x>) -> Environ<'x>;

/// Sends a response, or what is left of it. If the client does not take it as fast as the application makes it, the rest
/// waits without a thread, unless the application has a stream in its hands that belongs to this thread.
fn respond<'x>(x: &mut Exchange<'x>, stderr: Stderr<'_>, turn: Turn<'_, 'x>) -> io::Result<()> {
    let framing = x.head().map(|head| head.framing()).unwrap_or_default();
    // The environ has the body while the application runs; the exchange gets it back, to drain what is left.
    let mut body = mem::take(&mut x.rfile);
    let body_failed = AtomicBool::new(false);
    let stdin: Box<dyn InputStream> = match framing {
        // Boxes of nothing cost nothing.
        Framing::None | Framing::Length(0) => Box::new(io::empty()),
        _ => Box::new(Input { body: &mut body, failed: &body_failed }),
    };
    let mut gateway = ExchangeHandler {
        get_environ: None,
        stdin: Some(stdin),
        stderr: &stderr,
        options: options(x.server()),
        x: &mut *x,
        body_failed: &body_failed,
        own_length: None,
        client_error: None,
    };
    // In two places, because to bring a run to one place is to copy it.
    let (outcome, rest) = match turn {
        Turn::First(application, get_environ) => {
            gateway.get_environ = Some(get_environ);
            let mut run = gateway.begin(application);
            gateway.go_on(&mut run)
        }
        Turn::Next(run) => {
            let mut run = gateway.resume(*run);
            gateway.go_on(&mut run)
        }
    };
    let client_error = gateway.client_error.take();
    drop(gateway);
    x.rfile = body;
    match (outcome, client_error) {
        // The exchange knows how to answer it, and that it is not ours to report.
        (_, Some(error)) => Err(error),
        (Ok(Outcome::Complete), None) => {
            if let Some(mut rest) = rest {
                let stderr = stderr.into_shared();
                // For what the body says should it be closed before its end.
                rest.environ.lend_errors(Box::new(stderr.clone()));
                x.continue_with(move |x| respond(x, Stderr::Shared(stderr), Turn::Next(rest)));
            }
            Ok(())
        }
        (Ok(Outcome::ClientGone), None) => Err(io::ErrorKind::BrokenPipe.into()),
        // The error is in the log already; what was sent stays visibly incomplete.
        (Ok(_), None) => {
            x.cut();
            Ok(())
        }
        (Err(error), None) => Err(io::Error::other(error)),
    }
}

/// A gateway whose response goes through an [`Exchange`], which frames it: what CPython's `ServerHandler` is over a
/// bare socket.
struct ExchangeHandler<'h, 'x, 'e> {
    x: &'h mut Exchange<'x>,
    get_environ: Option<GetEnviron<'h, 'x>>,
    stdin: Option<Box<dyn InputStream + 'e>>,
    stderr: &'h Stderr<'h>,
    options: &'static HandlerOptions,
    body_failed: &'h AtomicBool,
    /// The Content-Length, if the application has not sent one.
    own_length: Option<u64>,
    /// Why the request body could not be read, if the application gave up because of that.
    client_error: Option<io::Error>,
}

/// The class attributes: CPython's, but for what the server says of itself.
fn options(server: &ServerInfo) -> &'static HandlerOptions {
    static OPTIONS: LazyLock<[HandlerOptions; 4]> = LazyLock::new(|| {
        [(false, false), (false, true), (true, false), (true, true)].map(
            |(wsgi_multithread, wsgi_multiprocess)| HandlerOptions {
                wsgi_multithread,
                wsgi_multiprocess,
                ..Default::default()
            },
        )
    });
    // There are four, in the order of binary numbers.
    &OPTIONS[2 * usize::from(server.multithread) + usize::from(server.multiprocess)]
}

impl<'x: 'e, 'e> ExchangeHandler<'_, 'x, 'e> {
    /// Sends the response as far as the client has room, and gives what is left of it then.
    fn go_on(
        &mut self,
        run: &mut RunState<'e>,
    ) -> (Result<Outcome, AppError>, Option<Box<RunState<'static>>>) {
        loop {
            match self.step(run) {
                Ok(Some(outcome)) => return (Ok(outcome), None),
                Ok(None) if self.x.has_room() => {}
                Ok(None) => {
                    if let Some(rest) = run.detach() {
                        return (Ok(Outcome::Complete), Some(Box::new(rest)));
                    }
                }
                Err(error) => return (Err(error), None),
            }
        }
    }
}

impl<'x: 'e, 'e> BaseHandler<'e> for ExchangeHandler<'_, 'x, 'e> {
    fn options(&self) -> &HandlerOptions {
        self.options
    }

    fn _write(&mut self, data: &[u8]) -> io::Result<()> {
        self.x.wfile.write_all(data)
    }

    fn _flush(&mut self) -> io::Result<()> {
        self.x.wfile.flush()
    }

    fn get_stdin(&mut self) -> Box<dyn InputStream + 'e> {
        self.stdin.take().unwrap_or_else(|| Box::new(io::empty()))
    }

    fn get_stderr(&mut self) -> Box<dyn ErrorStream + 'e> {
        self.stderr.stream()
    }

    fn add_cgi_vars(&mut self, environ: &mut Environ<'e>) {
        if let Some(get_environ) = self.get_environ {
            *environ = get_environ(self.x);
        }
        environ.set_input_terminated(true);
    }

    /// The exchange has refused a client that is not.
    fn client_is_modern(&self, _: &Environ<'e>) -> bool {
        true
    }

    /// As the default, but for 1xx, which CPython sends as it is: whoever gets one waits for the final response, and
    /// after a 101 takes all that follows for another protocol (RFC 9110 §15.2).
    fn start_response(
        &mut self,
        response: &mut Response,
        status: &str,
        headers: Headers,
        exc_info: Option<AppError>,
    ) -> Result<(), AppError> {
        if status.starts_with('1') {
            return Err(format!("Status must be a final one, from 200 up (got {status:?})").into());
        }
        Base.start_response(self, response, status, headers, exc_info)
    }

    /// As the default, but for where it is kept: `write_head` sends it.
    fn set_content_length(&mut self, response: &mut Response) -> Result<(), AppError> {
        if response.result_len() == Some(1) {
            let length = response.bytes_sent();
            response.declare_length(length);
            self.own_length = Some(length);
        }
        Ok(())
    }

    /// In CPython's order: status, `Date`, `Server`, the application's headers. The exchange adds the framing.
    fn write_head(&mut self, response: &mut Response) -> io::Result<()> {
        let code = status_code(response);
        // A status that was accepted is three digits, a blank, and the reason.
        let reason = response.status().and_then(|status| status.get(4..)).unwrap_or_default();
        self.x.send_response_only(code.unwrap_or_default(), reason)?;
        if !response.headers.contains("Date") {
            let date = self.x.date_time_string(None);
            self.x.send_header("Date", &date)?;
        }
        if !response.headers.contains("Server") {
            let server = self.x.version_string();
            self.x.send_header("Server", &server)?;
        }
        for (name, value) in &response.headers {
            self.x.send_header(name, value)?;
        }
        if let Some(length) = self.own_length.take() {
            self.x.send_header("Content-Length", decimal(length, &mut [0; 20]))?;
        }
        self.x.end_headers()
    }

    /// Logs the request with the size of the body that was sent, then closes the result; a response that broke off gets
    /// no line, as in CPython.
    fn close(&mut self, run: &mut RunState<'e>) -> Result<(), AppError> {
        if run.response.headers_sent() {
            self.x.log_request(status_code(&run.response), Some(self.x.wfile.bytes_sent()));
        }
        run.close_result()
    }

    /// As the default, but for what is the client's fault: a request body that is malformed, cut short or too slow. If
    /// the application hands that error on, the exchange answers it.
    fn handle_error(
        &mut self,
        run: &mut RunState<'e>,
        mut error: AppError,
    ) -> Result<(), AppError> {
        if self.body_failed.load(Ordering::Relaxed) && !run.response.headers_sent() {
            match error.downcast::<io::Error>() {
                Ok(of_body) => {
                    self.client_error = Some(*of_body);
                    return Ok(());
                }
                Err(other) => error = other,
            }
        }
        Base.handle_error(self, run, error)
    }
}

/// A number as text, without an allocation.
fn decimal(mut number: u64, digits: &mut [u8; 20]) -> &str {
    let mut start = digits.len();
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
        start -= 1;
        if number == 0 {
            break;
        }
    }
    digits.get(start..).and_then(|digits| str::from_utf8(digits).ok()).unwrap_or_default()
}

/// The code of the status, which is three digits if the handler has accepted it.
fn status_code(response: &Response) -> Option<u16> {
    let code = response.status_code()?;
    Some(code.bytes().fold(0, |code, digit| 10 * code + u16::from(digit.wrapping_sub(b'0'))))
}

/// `wsgi.input`: the body of the request, and a note if reading it failed.
struct Input<'e, 'x> {
    body: &'e mut RequestBody<'x>,
    failed: &'e AtomicBool,
}

impl Read for Input<'_, '_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.body.read(buf).inspect_err(|_| self.failed.store(true, Ordering::Relaxed))
    }
}

impl BufRead for Input<'_, '_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let Self { body, failed } = self;
        body.fill_buf().inspect_err(|_| failed.store(true, Ordering::Relaxed))
    }

    fn consume(&mut self, amount: usize) {
        self.body.consume(amount);
    }
}

#[cfg(test)]
mod tests {
    use super::decimal;

    #[test]
    fn numbers_are_written_without_an_allocation() {
        for number in [0, 9, 10, 13, 1 << 20, u64::MAX] {
            assert_eq!(decimal(number, &mut [0; 20]), number.to_string());
        }
    }
}
