//! Inheriting from another handler.

/// Passes the six methods that [`BaseHandler`](crate::BaseHandler) asks for to the handler in a field.
///
/// This is what naming a base class is in Python: `class Framed(SimpleHandler)`. The macro stands in the `impl` block;
/// it is handed the lifetime of the implemented trait and the name (or number) of the field. What it does not pass on
/// is inherited from the trait itself, or overridden beside it.
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
#[macro_export]
macro_rules! inherit_handler {
    ($e:lifetime, $field:tt) => {
        fn options(&self) -> &$crate::HandlerOptions {
            $crate::BaseHandler::options(&self.$field)
        }
        fn _write(&mut self, data: &[u8]) -> ::std::io::Result<()> {
            $crate::BaseHandler::_write(&mut self.$field, data)
        }
        fn _flush(&mut self) -> ::std::io::Result<()> {
            $crate::BaseHandler::_flush(&mut self.$field)
        }
        fn get_stdin(&mut self) -> ::std::boxed::Box<dyn $crate::wsgi_util::InputStream + $e> {
            $crate::BaseHandler::get_stdin(&mut self.$field)
        }
        fn get_stderr(&mut self) -> ::std::boxed::Box<dyn $crate::wsgi_util::ErrorStream + $e> {
            $crate::BaseHandler::get_stderr(&mut self.$field)
        }
        fn add_cgi_vars(&mut self, environ: &mut $crate::wsgi_util::Environ<$e>) {
            $crate::BaseHandler::add_cgi_vars(&mut self.$field, environ);
        }
    };
}
