//! The handler of a connection.

use std::cell::Cell;
use std::fmt;
use std::io;
use std::sync::Arc;

use http_server::{
    Base, BaseHttpRequestHandler, ClientAddress, Exchange, HandlerOptions, SimpleHooks,
    SimpleHttpRequestHandler,
};

use super::auth::{Auth, CHALLENGE};
use super::log_line::LogLine;
use crate::serve::Connections;

/// What the handlers of all connections have in common.
pub(super) struct Shared {
    pub(super) simple: SimpleHttpRequestHandler,
    pub(super) auth: Option<Arc<Auth>>,
    pub(super) quiet: bool,
    pub(super) close: bool,
    pub(super) connection: Connections,
}

impl Shared {
    /// A handler for a connection.
    pub(super) fn handler(&self) -> Handler {
        Handler {
            simple: self.simple.clone(),
            auth: self.auth.clone(),
            asks: Cell::new(false),
            quiet: self.quiet,
            close: self.close,
            line: LogLine::default(),
            _connection: self.connection.clone(),
        }
    }
}

/// Serves files, and logs each request when it is over.
pub(super) struct Handler {
    simple: SimpleHttpRequestHandler,
    auth: Option<Arc<Auth>>,
    /// The response at hand is to ask who the client is.
    asks: Cell<bool>,
    quiet: bool,
    close: bool,
    line: LogLine,
    _connection: Connections,
}

impl SimpleHooks for Handler {
    fn simple(&self) -> &SimpleHttpRequestHandler {
        &self.simple
    }
}

impl BaseHttpRequestHandler for Handler {
    fn options(&self) -> &HandlerOptions {
        self.simple.options()
    }

    fn dispatch(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        self.line.begin();
        match &self.auth {
            Some(auth) if !auth.lets_in(&x.headers()) => {
                self.asks.set(true);
                x.send_error(401, None)
            }
            _ => Base.dispatch(x),
        }
    }

    fn do_method(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        self.serve(x)
    }

    fn do_options(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        self.serve(x)
    }

    fn end_headers(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        x.close_connection |= self.close;
        if self.asks.take() {
            // RFC 9110 §15.5.2.
            x.send_header("WWW-Authenticate", CHALLENGE)?;
        }
        Base.end_headers(x)
    }

    /// The line is written when its size is known; for a request that was refused before there was a handler, at once.
    fn log_request(&self, x: &Exchange<'_>, code: Option<u16>, size: Option<u64>) {
        if !self.line.note(code) {
            Base.log_request(x, code, size);
        }
    }

    fn end_exchange(&self, x: &Exchange<'_>) {
        if let Some(line) = self.line.end(x) {
            x.log_message(format_args!("{line}"));
        }
    }

    fn log_message(&self, x: &Exchange<'_>, message: fmt::Arguments<'_>) {
        if !self.quiet {
            Base.log_message(x, message);
        }
    }

    /// Where IPv6 and IPv4 clients come to one address, the latter keep theirs.
    fn address_string(&self, x: &Exchange<'_>) -> String {
        match x.client_address() {
            ClientAddress::Inet(address) => address.ip().to_canonical().to_string(),
            _ => Base.address_string(x),
        }
    }
}
