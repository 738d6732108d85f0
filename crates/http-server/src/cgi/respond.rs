//! From the output of a script to a response (RFC 3875 §6.2).

use super::body::ScriptInput;
use super::head::{Flaw, ScriptHead, head_length};
use super::place::ScriptPlace;
use super::request::{Asked, arguments, environment};
use super::script::{GivenUp, Program, Script};
use super::{CgiHooks, CgiHttpRequestHandler};
use crate::Exchange;
use crate::proto::Framing;
use socketserver::is_exhaustion;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// What is asked of a script.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request<'r> {
    method: &'r str,
    has_body: bool,
    /// How many scripts have passed it on.
    redirects: u32,
}

/// A script that may be run.
pub(super) struct Found<'s> {
    pub(super) place: ScriptPlace,
    /// Where its `PATH_INFO` leads, if it has one.
    pub(super) translated: Option<PathBuf>,
    /// Without any links in it.
    pub(super) file: PathBuf,
    pub(super) interpreter: Option<&'s Path>,
}

/// More local redirects than this are a loop.
const MOST_REDIRECTS: u32 = 10;
/// How much of the output is in memory at once.
const BLOCK: usize = 16 * 1024;

impl<'r> Request<'r> {
    /// The client's own.
    pub(super) fn of(x: &Exchange<'r>) -> Self {
        let has_body = x.head().is_some_and(|head| head.framing() != Framing::None);
        Self { method: x.command(), has_body, redirects: 0 }
    }

    /// What a local redirect makes of it: the document is fetched, so there is no body any more.
    fn redirected(self) -> Self {
        let method = if self.method == "HEAD" { "HEAD" } else { "GET" };
        Self { method, has_body: false, redirects: self.redirects + 1 }
    }
}

/// Why there is no response of the script's own.
enum NoResponse {
    Flaw(Flaw),
    GivenUp(GivenUp),
}

/// What the script has begun to say.
struct Begun {
    head: ScriptHead,
    /// What has come behind the head.
    body: Vec<u8>,
    /// Whether that is all.
    ended: bool,
}

impl CgiHttpRequestHandler {
    pub(super) fn respond<H: CgiHooks + ?Sized>(
        &self,
        hooks: &H,
        x: &mut Exchange<'_>,
        request: &Request<'_>,
        found: Found<'_>,
    ) -> io::Result<()> {
        let Found { place, translated, file, interpreter } = found;
        let input = if request.has_body {
            ScriptInput::receive(x)?
        } else {
            ScriptInput::Small(Vec::new())
        };
        let asked = Asked {
            method: request.method,
            content_length: request.has_body.then(|| input.len()),
            query: &place.query,
        };
        let mut environment =
            environment(x, &asked, &place, translated.map(PathBuf::into_os_string));
        environment.extend(self.settings.environment.iter().cloned());
        let program =
            Program { file: &file, arguments: arguments(&asked), environment, interpreter };
        let mut script = match Script::start(program, input, &self.settings, &self.running) {
            Ok(script) => script,
            Err(error) => return not_started(x, &error),
        };
        let begun = match begin(x, &mut script) {
            Ok(begun) => begun,
            Err(NoResponse::Flaw(flaw)) => {
                x.log_error(format_args!("CGI script has no valid response: {flaw}"));
                // It may have died of something that it has told on its standard error.
                if let Err(why) = script.finish_soon(x) {
                    return give_up(x, &why);
                }
                return x.send_error(502, None);
            }
            Err(NoResponse::GivenUp(why)) => return give_up(x, &why),
        };
        match begun.head.local_location() {
            None => send(x, begun, script),
            Some(_) if request.redirects == MOST_REDIRECTS => {
                x.log_error(format_args!("CGI script redirects to itself"));
                x.send_error(500, None)
            }
            Some(location) => {
                if let Err(why) = script.finish(x) {
                    return give_up(x, &why);
                }
                self.redirect(hooks, x, &request.redirected(), location)
            }
        }
    }

    /// Answers as if the client had asked for that.
    fn redirect<H: CgiHooks + ?Sized>(
        &self,
        hooks: &H,
        x: &mut Exchange<'_>,
        request: &Request<'_>,
        location: String,
    ) -> io::Result<()> {
        x.set_path(location);
        if let Some(info) = hooks.is_cgi(x.path()) {
            return self.run(hooks, x, &info, request);
        }
        match hooks.send_head(x)? {
            Some(file) if request.method != "HEAD" => hooks.copyfile(file, x),
            _ => Ok(()),
        }
    }
}

/// Answers for a script that cannot be started, be it for now only.
fn not_started(x: &mut Exchange<'_>, error: &io::Error) -> io::Result<()> {
    let too_many = error.kind() == ErrorKind::ResourceBusy;
    if too_many {
        x.log_error(format_args!("CGI script not started: too many run already"));
    } else {
        x.log_error(format_args!("CGI script cannot be started: {error}"));
    }
    // The system may have no room for another process, too.
    if too_many || is_exhaustion(error) || error.kind() == ErrorKind::WouldBlock {
        x.invite_retry();
        return x.send_error(503, None);
    }
    x.send_error(500, None)
}

/// Reads the head, and as much of the body as tells whether there is one.
fn begin(x: &Exchange<'_>, script: &mut Script) -> Result<Begun, NoResponse> {
    let mut output = Vec::new();
    let mut block = vec![0; BLOCK];
    let mut more = |output: &mut Vec<u8>| {
        let count = script.read(x, &mut block).map_err(NoResponse::GivenUp)?;
        script.heard();
        output.extend(block.iter().take(count));
        Ok(count > 0)
    };
    let length = loop {
        if let Some(length) = head_length(&output).map_err(NoResponse::Flaw)? {
            break length;
        }
        if !more(&mut output)? {
            return Err(NoResponse::Flaw(Flaw::Unfinished));
        }
    };
    let (head, body) = output.split_at_checked(length).unwrap_or((&output, &[]));
    let head = ScriptHead::parse(head).map_err(NoResponse::Flaw)?;
    let mut body = body.to_vec();
    let mut ended = false;
    // A redirect for the client can do without a body; so can a status.
    if !head.has_content_type && head.location.is_none() {
        if body.is_empty() {
            ended = !more(&mut body)?;
        }
        if !body.is_empty() {
            return Err(NoResponse::Flaw(Flaw::NoContentType));
        }
    }
    Ok(Begun { head, body, ended })
}

/// Sends the response to the client.
fn send(x: &mut Exchange<'_>, begun: Begun, script: Script) -> io::Result<()> {
    let Begun { head, body, ended } = begun;
    match (&head.status, &head.location) {
        (Some((code, phrase)), _) if phrase.is_empty() => x.send_response(*code)?,
        (Some((code, phrase)), _) => x.send_response_with(*code, phrase)?,
        // RFC 3875 §6.2.3, §6.2.4.
        (None, Some(_)) => x.send_response(302)?,
        (None, None) => x.send_response_with(200, "Script output follows")?,
    }
    if let Some(location) = &head.location {
        x.send_header("Location", location)?;
    }
    // Without a type there is nothing to send: whoever reads it would have to guess what it is.
    let has_body = head.has_content_type && !ended;
    for (name, value) in &head.fields {
        if has_body || !name.eq_ignore_ascii_case("Content-Length") {
            x.send_header(name, value)?;
        }
    }
    if !has_body {
        x.send_header("Content-Length", "0")?;
    }
    x.end_headers()?;
    if has_body && !body.is_empty() {
        x.wfile.write_all(&body)?;
    } else {
        // The script may take its time with the rest, or for ever, as one does that sends events.
        x.wfile.flush()?;
    }
    pass_on(x, script, has_body)
}

/// Sends what the script writes, as it comes. While the client takes its time, the script waits, and no thread does where
/// that can be helped.
fn pass_on(x: &mut Exchange<'_>, mut script: Script, has_body: bool) -> io::Result<()> {
    let mut block = vec![0; BLOCK];
    while x.has_room() {
        match script.read(x, &mut block) {
            Ok(0) => {
                // All that it had to say has been said, however it ends.
                if let Err(why) = script.finish(x) {
                    x.log_error(format_args!("CGI script killed: {why}"));
                }
                return Ok(());
            }
            Ok(count) => {
                let sent = x.wfile.bytes_sent();
                if has_body {
                    x.wfile.write_all(block.get(..count).unwrap_or_default())?;
                }
                // What the response has no place for, because it answers HEAD or is longer than it was to be, is of no use:
                // it would not even tell that the client is gone.
                if x.wfile.bytes_sent() > sent {
                    script.heard();
                }
            }
            Err(why) => return give_up(x, &why),
        }
    }
    x.continue_with(move |x| pass_on(x, script, has_body));
    Ok(())
}

/// Tells the client, and the log, that a script is not waited for any longer. The script is killed by then, or about to be.
fn give_up(x: &mut Exchange<'_>, why: &GivenUp) -> io::Result<()> {
    let code = match why {
        GivenUp::ClientGone => {
            x.give_up();
            return Err(io::Error::new(ErrorKind::BrokenPipe, "nobody waits for the CGI script"));
        }
        GivenUp::Silent(_) => 504,
        GivenUp::ServerStops => 503,
        GivenUp::Failed(_) => 500,
    };
    x.log_error(format_args!("CGI script killed: {why}"));
    if x.headers_ended() {
        x.cut();
        return Ok(());
    }
    x.send_error(code, None)
}
