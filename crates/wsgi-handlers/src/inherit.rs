//! Inheriting from another handler.

/// Passes the six methods that [`BaseHandler`](crate::BaseHandler) asks for to the handler in a field.
///
/// This is what naming a base class is in Python: `class Framed(SimpleHandler)`. The macro stands in the `impl` block;
/// it is handed the lifetime of the implemented trait and the name (or number) of the field. What it does not pass on
/// is inherited from the trait itself, or overridden beside it.
///
/// Behind a colon, single methods can be named: those that are passed on, where one of the six is overridden; and
/// `close`, where the field has one of its own, as a [`ServerHandler`](crate::ServerHandler) has for its log line.
///
/// # Examples
///
/// ```
/// use std::io;
/// use wsgi_handlers::{Base, BaseHandler, Response, Run, SimpleHandler, inherit_handler};
/// use wsgi_util::{AppError, AppResult, Environ, StartResponse};
///
/// struct Framed<'e>(SimpleHandler<'e, &'e mut Vec<u8>>);
///
/// impl<'e> BaseHandler<'e> for Framed<'e> {
///     inherit_handler!('e, 0);
///
///     fn cleanup_headers(&mut self, response: &mut Response) -> Result<(), AppError> {
///         response.headers.set("X-Frame-Options", "DENY")?;
///         Base.cleanup_headers(self, response)
///     }
/// }
///
/// fn app(_: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
///     start_response.start("200 OK", [("Date", "today")])?;
///     Ok("hello\n".into())
/// }
///
/// let mut out = Vec::new();
/// Framed(SimpleHandler::new(io::empty(), &mut out, io::sink(), [("REQUEST_METHOD", "GET")])).run(&app)?;
/// assert_eq!(
///     String::from_utf8_lossy(&out),
///     "HTTP/1.0 200 OK\r\nDate: today\r\nX-Frame-Options: DENY\r\nContent-Length: 6\r\n\r\nhello\n",
/// );
/// # Ok::<(), AppError>(())
/// ```
///
/// A handler with one more variable, which keeps the log of the `ServerHandler` in it:
///
/// ```
/// # use std::io;
/// use wsgi_handlers::{BaseHandler, RequestLog, Run, ServerHandler, inherit_handler};
/// use wsgi_util::Environ;
///
/// struct Behind<'e, Log>(ServerHandler<'e, io::Stdout, Log>);
///
/// impl<'e, Log: RequestLog> BaseHandler<'e> for Behind<'e, Log> {
///     inherit_handler!('e, 0: options, _write, _flush, get_stdin, get_stderr, close);
///
///     fn add_cgi_vars(&mut self, environ: &mut Environ<'e>) {
///         self.0.add_cgi_vars(environ);
///         environ.insert("HTTPS", "on");
///     }
/// }
/// ```
#[macro_export]
macro_rules! inherit_handler {
    ($e:lifetime, $field:tt) => {
        $crate::inherit_handler!(
            $e, $field: options, _write, _flush, get_stdin, get_stderr, add_cgi_vars
        );
    };
    ($e:lifetime, $field:tt: $($method:ident),+ $(,)?) => {
        $($crate::inherit_handler!(@ $method, $e, $field);)+
    };
    (@ options, $e:lifetime, $field:tt) => {
        fn options(&self) -> &$crate::HandlerOptions {
            $crate::BaseHandler::options(&self.$field)
        }
    };
    (@ _write, $e:lifetime, $field:tt) => {
        fn _write(&mut self, data: &[u8]) -> ::std::io::Result<()> {
            $crate::BaseHandler::_write(&mut self.$field, data)
        }
    };
    (@ _flush, $e:lifetime, $field:tt) => {
        fn _flush(&mut self) -> ::std::io::Result<()> {
            $crate::BaseHandler::_flush(&mut self.$field)
        }
    };
    (@ get_stdin, $e:lifetime, $field:tt) => {
        fn get_stdin(&mut self) -> ::std::boxed::Box<dyn $crate::wsgi_util::InputStream + $e> {
            $crate::BaseHandler::get_stdin(&mut self.$field)
        }
    };
    (@ get_stderr, $e:lifetime, $field:tt) => {
        fn get_stderr(&mut self) -> ::std::boxed::Box<dyn $crate::wsgi_util::ErrorStream + $e> {
            $crate::BaseHandler::get_stderr(&mut self.$field)
        }
    };
    (@ add_cgi_vars, $e:lifetime, $field:tt) => {
        fn add_cgi_vars(&mut self, environ: &mut $crate::wsgi_util::Environ<$e>) {
            $crate::BaseHandler::add_cgi_vars(&mut self.$field, environ);
        }
    };
    (@ close, $e:lifetime, $field:tt) => {
        fn close(
            &mut self,
            run: &mut $crate::RunState<$e>,
        ) -> ::std::result::Result<(), $crate::wsgi_util::AppError> {
            $crate::BaseHandler::close(&mut self.$field, run)
        }
    };
}
