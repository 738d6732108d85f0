//! The handlers of CGI programs.

use crate::base::BaseHandler;
use crate::inherit_handler;
use crate::options::HandlerOptions;
use crate::read_environ::read_environ;
use crate::simple::{SimpleHandler, content_length};
use std::io::{self, BufReader, Stdout, Write};
use wsgi_util::{Environ, ErrorStream, InputStream};

/// Runs an application behind a gateway like CGI, over streams and an environ that it is given.
///
/// The response begins with a `Status:` line (RFC 3875 §6.3.3) and leaves `Date` and `Server` to the web server.
/// `wsgi.input` ends after Content-Length bytes, and is empty if there is no such variable (RFC 3875 §4.2).
///
/// # Examples
///
/// ```
/// use std::io;
/// use wsgi_handlers::{BaseCgiHandler, Run};
/// use wsgi_util::{AppResult, Environ, StartResponse};
///
/// fn app(_: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
///     start_response.start("404 Not Found", [("Content-Type", "text/plain")])?;
///     Ok("no such page\n".into())
/// }
///
/// let mut out = Vec::new();
/// BaseCgiHandler::new(io::empty(), &mut out, io::stderr(), [("REQUEST_METHOD", "GET")]).run(&app)?;
/// assert_eq!(
///     String::from_utf8_lossy(&out),
///     "Status: 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nno such page\n",
/// );
/// # Ok::<(), wsgi_util::AppError>(())
/// ```
#[doc(alias = "BaseCGIHandler")]
#[derive(Debug)]
pub struct BaseCgiHandler<'e, Out> {
    simple: SimpleHandler<'e, Out>,
}

impl<'e, Out: Write> BaseCgiHandler<'e, Out> {
    /// Makes a handler for one request; the arguments are those of [`SimpleHandler::new`].
    pub fn new(
        stdin: impl InputStream + 'e,
        stdout: Out,
        stderr: impl ErrorStream + 'e,
        environ: impl Into<Environ<'e>>,
    ) -> Self {
        let mut environ = environ.into();
        // Where there is a length, `SimpleHandler` ends the input.
        let stdin: Box<dyn InputStream + 'e> = match content_length(&environ) {
            Some(_) => Box::new(stdin),
            None => Box::new(io::empty()),
        };
        environ.set_input_terminated(true);
        let mut simple = SimpleHandler::new(stdin, stdout, stderr, environ);
        simple.options_mut().origin_server = false;
        Self { simple }
    }

    /// The class attributes, to be changed for this handler.
    pub fn options_mut(&mut self) -> &mut HandlerOptions {
        self.simple.options_mut()
    }
}

impl<'e, Out: Write> BaseHandler<'e> for BaseCgiHandler<'e, Out> {
    inherit_handler!('e, simple);
}

/// Runs an application as a CGI program: the process's own streams and environment, one request, then exit.
///
/// # Examples
///
/// A whole program; the same application runs unchanged under every other handler and server.
///
/// ```no_run
/// use wsgi_handlers::{CgiHandler, Run};
/// use wsgi_util::{AppError, AppResult, Environ, StartResponse};
///
/// fn app(_: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
///     start_response.start("200 OK", [("Content-Type", "text/plain")])?;
///     Ok("Hello world!\n".into())
/// }
///
/// fn main() -> Result<(), AppError> {
///     CgiHandler::new().run(&app)?;
///     Ok(())
/// }
/// ```
#[doc(alias = "CGIHandler")]
#[derive(Debug)]
pub struct CgiHandler {
    base: BaseCgiHandler<'static, Stdout>,
}

impl CgiHandler {
    /// Makes a handler for the request in the environment of this process.
    #[expect(
        clippy::new_without_default,
        reason = "reading the environment is more than a default value"
    )]
    pub fn new() -> Self {
        Self { base: process_handler(read_environ()) }
    }

    /// The class attributes, to be changed for this handler.
    pub fn options_mut(&mut self) -> &mut HandlerOptions {
        self.base.options_mut()
    }
}

impl BaseHandler<'static> for CgiHandler {
    inherit_handler!('static, base);
}

/// Runs an application as a CGI program of Microsoft IIS, which repeats SCRIPT_NAME at the front of PATH_INFO.
///
/// It is a [`CgiHandler`] that takes the repetition away; use it unless IIS is configured with `allowPathInfo`.
/// There is no way to tell from inside, hence the separate type.
///
/// # Examples
///
/// A whole program. As `app.exe` it shows `/page` to who asks for `/app.exe/page`, where IIS hands over the whole path.
///
/// ```
/// use wsgi_handlers::{IisCgiHandler, Run};
/// use wsgi_util::{AppError, AppResult, Environ, StartResponse};
///
/// fn app(environ: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
///     let page = environ.get("PATH_INFO").unwrap_or_default().into_owned();
///     start_response.start("200 OK", [("Content-Type", "text/plain; charset=latin-1")])?;
///     Ok(format!("This is {page}\n").into())
/// }
///
/// fn main() -> Result<(), AppError> {
///     IisCgiHandler::new().run(&app)?;
///     Ok(())
/// }
/// ```
#[doc(alias = "IISCGIHandler")]
#[derive(Debug)]
pub struct IisCgiHandler {
    base: BaseCgiHandler<'static, Stdout>,
}

impl IisCgiHandler {
    /// Makes a handler for the request in the environment of this process.
    #[expect(
        clippy::new_without_default,
        reason = "reading the environment is more than a default value"
    )]
    pub fn new() -> Self {
        let mut environ = read_environ();
        drop_repeated_script_name(&mut environ);
        Self { base: process_handler(environ) }
    }

    /// The class attributes, to be changed for this handler.
    pub fn options_mut(&mut self) -> &mut HandlerOptions {
        self.base.options_mut()
    }
}

impl BaseHandler<'static> for IisCgiHandler {
    inherit_handler!('static, base);
}

/// A handler over the streams of this process.
fn process_handler(environ: Environ<'static>) -> BaseCgiHandler<'static, Stdout> {
    let mut handler =
        BaseCgiHandler::new(BufReader::new(io::stdin()), io::stdout(), io::stderr(), environ);
    let options = handler.options_mut();
    options.wsgi_run_once = true;
    options.wsgi_multithread = false;
    options.wsgi_multiprocess = true;
    handler
}

/// Removes SCRIPT_NAME from the front of PATH_INFO, where whole segments agree.
fn drop_repeated_script_name(environ: &mut Environ<'_>) {
    let script = environ.get("SCRIPT_NAME").unwrap_or_default();
    let path = environ.get("PATH_INFO").unwrap_or_default();
    if let Some(rest) =
        path.strip_prefix(&*script).filter(|rest| rest.is_empty() || rest.starts_with('/'))
    {
        let rest = rest.to_owned();
        environ.insert("PATH_INFO", rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cgi_program_runs_once_beside_others() {
        for options in [CgiHandler::new().options(), IisCgiHandler::new().options()] {
            assert!(options.wsgi_run_once && options.wsgi_multiprocess);
            assert!(!options.wsgi_multithread && !options.origin_server);
        }
    }

    #[test]
    fn iis_paths_lose_the_script_name() {
        let table = [
            ("/app.exe", "/app.exe/page", "/page"),
            ("/app.exe", "/app.exe", ""),
            ("/app.exe", "/app.exe/", "/"),
            ("/app.exe", "/app.exefile", "/app.exefile"),
            ("/app.exe", "/other", "/other"),
            ("", "/page", "/page"),
        ];
        for (script, path, expected) in table {
            let mut environ = Environ::from([("SCRIPT_NAME", script), ("PATH_INFO", path)]);
            drop_repeated_script_name(&mut environ);
            assert_eq!(environ.get("PATH_INFO").as_deref(), Some(expected), "{script} {path}");
        }
    }
}
