//! Where the streams for `wsgi.errors` come from.

use wsgi_handlers::SharedErrors;
use wsgi_util::ErrorStream;

/// What gives a stream to the log.
pub(crate) enum Stderr<'h> {
    /// [`WsgiRequestHandler::get_stderr`](crate::WsgiRequestHandler::get_stderr).
    Handler(&'h dyn Fn() -> Box<dyn ErrorStream>),
    /// What that has given, for a response that has left its handler behind.
    Shared(SharedErrors<'static>),
}

impl Stderr<'_> {
    pub(crate) fn stream(&self) -> Box<dyn ErrorStream> {
        match self {
            Self::Handler(get_stderr) => get_stderr(),
            Self::Shared(stream) => Box::new(stream.clone()),
        }
    }

    pub(crate) fn into_shared(self) -> SharedErrors<'static> {
        match self {
            Self::Handler(get_stderr) => SharedErrors::new(get_stderr()),
            Self::Shared(stream) => stream,
        }
    }
}
