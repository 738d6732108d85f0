//! Servers that write no log: a run makes thousands of requests that are refused, and says itself what went wrong.

use http_server::{BaseHttpRequestHandler, Exchange, HandlerOptions, SimpleHttpRequestHandler};
use socketserver::{AddressOf, BaseServer, HandlerError, RequestOf};
use std::{fmt, io};
use wsgi_simple_server::WsgiRequestHandler;
use wsgi_util::ErrorStream;

/// A server that does not report the errors of its handlers.
pub(super) struct Quiet<S>(pub(super) S);

impl<S: BaseServer> BaseServer for Quiet<S> {
    socketserver::delegate_hooks!(0: S;
        timeout, server_bind, server_activate, server_close, get_request, get_request_failed, verify_request,
        process_request, finish_request, shutdown_request, close_request, handle_timeout, service_actions);

    fn handle_error(&self, _: &RequestOf<Self>, _: &AddressOf<Self>, _: &HandlerError) {}
}

/// A WSGI handler without a log.
pub(super) struct QuietGateway {
    options: HandlerOptions,
}

impl QuietGateway {
    pub(super) fn new(options: HandlerOptions) -> Self {
        Self { options }
    }
}

impl WsgiRequestHandler for QuietGateway {
    fn options(&self) -> &HandlerOptions {
        &self.options
    }

    fn get_stderr(&self) -> Box<dyn ErrorStream> {
        Box::new(io::sink())
    }

    fn log_message(&self, _: &Exchange<'_>, _: fmt::Arguments<'_>) {}
}

/// A directory without a log.
#[derive(Clone)]
pub(super) struct QuietDirectory(pub(super) SimpleHttpRequestHandler);

impl BaseHttpRequestHandler for QuietDirectory {
    fn options(&self) -> &HandlerOptions {
        self.0.options()
    }

    fn do_get(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        self.0.do_get(x)
    }

    fn do_head(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        self.0.do_head(x)
    }

    fn do_post(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        self.0.do_post(x)
    }

    fn do_put(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        self.0.do_put(x)
    }

    fn do_delete(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        self.0.do_delete(x)
    }

    fn do_patch(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        self.0.do_patch(x)
    }

    fn do_options(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        self.0.do_options(x)
    }

    fn do_trace(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        self.0.do_trace(x)
    }

    fn do_connect(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        self.0.do_connect(x)
    }

    fn do_method(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        self.0.do_method(x)
    }

    fn log_message(&self, _: &Exchange<'_>, _: fmt::Arguments<'_>) {}
}
