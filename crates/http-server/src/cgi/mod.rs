//! Running scripts (CGI/1.1, RFC 3875).

mod body;
mod head;
mod options;
mod place;
mod request;
mod respond;
mod running;
mod script;
mod user;

pub use options::{CgiOptions, RunAs};
pub use place::CgiInfo;
pub use user::nobody_uid;

use crate::repr::str_repr;
use crate::simple::{ScriptFile, Scripts, is_directory, script_file};
use crate::{
    Base, BaseHttpRequestHandler, Exchange, HandlerOptions, SimpleHandlerOptions, SimpleHooks,
    SimpleHttpRequestHandler,
};
use place::ScriptPlace;
use respond::{Found, Request};
use running::Running;
use std::io;
use std::path::Path;
use std::sync::Arc;

#[doc = include_str!("cgi.md")]
#[doc(alias = "CGIHTTPRequestHandler")]
#[derive(Clone, Debug)]
pub struct CgiHttpRequestHandler {
    simple: SimpleHttpRequestHandler,
    settings: Arc<CgiOptions>,
    running: Running,
}

/// The override points of [`CgiHttpRequestHandler`], besides those of [`SimpleHooks`].
///
/// The only required method is [`cgi`](Self::cgi), which returns the part of the handler that is the base class. There is a
/// complete example.
pub trait CgiHooks: SimpleHooks {
    /// Returns the base class part.
    fn cgi(&self) -> &CgiHttpRequestHandler;

    /// Tells whether a target is for a script, and which directory it lies in. CPython returns a bool, and keeps the rest in
    /// `cgi_info`.
    ///
    /// What is refused here is looked for among the files, of which those in `cgi_directories` are never served.
    fn is_cgi(&self, target: &str) -> Option<CgiInfo> {
        self.cgi().is_cgi(target)
    }

    /// Runs a script and sends its output, or an error page.
    ///
    /// # Errors
    ///
    /// Whatever receiving the body or sending the response fails with.
    fn run_cgi(&self, x: &mut Exchange<'_>, info: &CgiInfo) -> io::Result<()> {
        self.cgi().run_cgi(self, x, info)
    }

    /// Tells whether a file may be executed.
    fn is_executable(&self, path: &Path) -> bool {
        executable(path)
    }

    /// Tells whether a file is a Python script, by its extension; see [`CgiOptions::python`].
    fn is_python(&self, path: &Path) -> bool {
        self.cgi().is_python(path)
    }
}

/// What can be done with a script.
const ALLOW: &str = "GET, HEAD, POST, OPTIONS";

impl CgiHttpRequestHandler {
    /// Returns a handler that serves a directory, and runs the scripts in its folders `cgi-bin` and `htbin`.
    #[must_use]
    pub fn new(directory: impl AsRef<Path>) -> Self {
        Self::with_options(SimpleHandlerOptions::new(directory), CgiOptions::new())
    }

    /// Returns a handler with other attributes.
    #[must_use]
    pub fn with_options(mut options: SimpleHandlerOptions, cgi: CgiOptions) -> Self {
        options.scripts = cgi
            .cgi_directories
            .iter()
            .map(|path| path.trim_matches('/'))
            .map(|path| Scripts { directory: options.directory.join(path), deep: !path.is_empty() })
            .collect();
        let simple = SimpleHttpRequestHandler::with_options(options);
        Self { simple, settings: Arc::new(cgi), running: Running::default() }
    }

    /// Returns the attributes that concern scripts.
    #[must_use]
    pub fn cgi_settings(&self) -> &CgiOptions {
        &self.settings
    }

    /// Kills all scripts that this handler and its clones run, for a program that ends right after its server. The handlers
    /// see it as the end of the script.
    pub fn kill_scripts(&self) {
        self.running.kill_all();
    }

    /// Answers a request, whatever its method; `hooks` is the handler whose overrides are to be called.
    ///
    /// GET, HEAD and POST run a script. What is no script is for [`serve`](SimpleHooks::serve).
    ///
    /// # Errors
    ///
    /// Whatever receiving the body or sending the response fails with.
    #[doc(alias = "do_GET")]
    #[doc(alias = "do_HEAD")]
    #[doc(alias = "do_POST")]
    pub fn serve_cgi<H: CgiHooks + ?Sized>(
        &self,
        hooks: &H,
        x: &mut Exchange<'_>,
    ) -> io::Result<()> {
        let Some(info) = hooks.is_cgi(x.path()) else { return hooks.serve(x) };
        match x.command() {
            "GET" | "HEAD" | "POST" => hooks.run_cgi(x, &info),
            "OPTIONS" => {
                x.send_response(200)?;
                x.send_header("Allow", ALLOW)?;
                x.send_header("Content-Length", "0")?;
                x.end_headers()
            }
            "PUT" | "DELETE" | "PATCH" | "TRACE" | "CONNECT" => x.refuse_method(ALLOW),
            _ => Base.do_method(x),
        }
    }

    /// See [`CgiHooks::is_cgi`].
    #[must_use]
    pub fn is_cgi(&self, target: &str) -> Option<CgiInfo> {
        place::find(target, &self.settings.cgi_directories)
    }

    /// See [`CgiHooks::is_python`].
    #[must_use]
    pub fn is_python(&self, path: &Path) -> bool {
        path.extension().is_some_and(|extension| {
            extension.eq_ignore_ascii_case("py") || extension.eq_ignore_ascii_case("pyw")
        })
    }

    /// See [`CgiHooks::run_cgi`].
    ///
    /// - There is no such script: 404. It is no regular file, or not executable: 403.
    /// - It cannot be started: 500. It has no head that makes sense: 502. It says nothing for too long: 504. The log has the
    ///   reason.
    ///
    /// # Errors
    ///
    /// Whatever receiving the body or sending the response fails with.
    pub fn run_cgi<H: CgiHooks + ?Sized>(
        &self,
        hooks: &H,
        x: &mut Exchange<'_>,
        info: &CgiInfo,
    ) -> io::Result<()> {
        self.run(hooks, x, info, &Request::of(x))
    }

    fn run<H: CgiHooks + ?Sized>(
        &self,
        hooks: &H,
        x: &mut Exchange<'_>,
        info: &CgiInfo,
        request: &Request<'_>,
    ) -> io::Result<()> {
        let settings = self.simple.settings();
        let place =
            ScriptPlace::find(info, |path| is_directory(settings, &hooks.translate_path(path)));
        // One character for each byte, so that every name can stand in a status line.
        let name: String = place.script_name.iter().copied().map(char::from).collect();
        let name = str_repr(&name);
        if place.script_name.contains(&0) || place.path_info.contains(&0) {
            return x.send_error(404, format!("No such CGI script ({name})").as_str());
        }
        let path = hooks.translate_path(&place.target);
        let file = match script_file(settings, &path) {
            ScriptFile::Plain(file) => file,
            ScriptFile::Other => {
                return x
                    .send_error(403, format!("CGI script is not a plain file ({name})").as_str());
            }
            ScriptFile::Missing => {
                return x.send_error(404, format!("No such CGI script ({name})").as_str());
            }
        };
        let interpreter = self.settings.python.as_deref().filter(|_| hooks.is_python(&path));
        if interpreter.is_none() && !hooks.is_executable(&file) {
            return x.send_error(403, format!("CGI script is not executable ({name})").as_str());
        }
        // RFC 3875 §4.1.6: only where there is a PATH_INFO.
        let translated = (!place.extra.is_empty()).then(|| hooks.translate_path(&place.extra));
        let found = Found { place, translated, file, interpreter };
        self.respond(hooks, x, request, found)
    }
}

/// Tells whether this process may execute a file; `http.server.executable` in CPython.
///
/// ```
/// assert!(http_server::executable("/bin/sh".as_ref()));
/// assert!(!http_server::executable("/etc/passwd".as_ref()));
/// ```
#[must_use]
pub fn executable(path: &Path) -> bool {
    rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
}

impl SimpleHooks for CgiHttpRequestHandler {
    fn simple(&self) -> &SimpleHttpRequestHandler {
        &self.simple
    }
}

impl CgiHooks for CgiHttpRequestHandler {
    fn cgi(&self) -> &CgiHttpRequestHandler {
        self
    }
}

impl BaseHttpRequestHandler for CgiHttpRequestHandler {
    fn options(&self) -> &HandlerOptions {
        &self.simple.settings().handler
    }

    fn do_method(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        self.serve_cgi(self, x)
    }

    // As in the base class.
    fn do_options(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        self.serve_cgi(self, x)
    }
}
