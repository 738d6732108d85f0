//! What the drivers have in common: one request, from its head to the end of its response.

use crate::engine::BytesWire;
use crate::exchange::{BodyState, Draft, Exchange, Link, Parts, Request, Wire};
use crate::failure::{run, settle};
use crate::proto::{Framing, RequestHead, Version};
use crate::{
    BaseHttpRequestHandler, ClientAddress, HandlerError, HandlerOptions, RequestBody, ResponseBody,
    ServerInfo,
};
use std::io;

/// Our side of a conversation, the same for all requests of a connection.
#[derive(Clone, Copy)]
pub(crate) struct Side<'c> {
    pub(crate) handler: &'c dyn BaseHttpRequestHandler,
    pub(crate) options: &'c HandlerOptions,
    pub(crate) client_address: &'c ClientAddress,
    pub(crate) server: &'c ServerInfo,
    pub(crate) protocol: Version,
}

/// The words of a refusal: the short one, and the explanation.
pub(crate) type Words<'w> = Option<(&'w str, &'w str)>;

impl<'c> Side<'c> {
    pub(crate) fn new(
        handler: &'c dyn BaseHttpRequestHandler,
        client_address: &'c ClientAddress,
        server: &'c ServerInfo,
    ) -> Self {
        let options = handler.options();
        let version = options.protocol_version.as_bytes();
        let protocol = Version::parse(version).unwrap_or(Version::HTTP_10);
        Self { handler, options, client_address, server, protocol }
    }

    /// Whether this side has to answer the client's `Expect: 100-continue`.
    pub(crate) fn expects_continue(&self, head: RequestHead<'_>) -> bool {
        self.protocol >= Version::HTTP_11 && head.expects_continue()
    }

    /// Has the handler answer a request.
    pub(crate) fn answer(
        &self,
        x: &mut Exchange<'_>,
        expects_continue: bool,
    ) -> Result<(), HandlerError> {
        let outcome = run(x, |x| {
            // CPython: the end of parse_request, then the method.
            if !expects_continue || x.handler().handle_expect_100(x)? {
                x.handler().dispatch(x)?;
            }
            x.go_on()
        });
        let result = outcome.or_else(|failure| settle(x, failure));
        ended(x, result)
    }

    /// Has the handler go on with a response that has waited for its client.
    pub(crate) fn go_on(&self, x: &mut Exchange<'_>) -> Result<(), HandlerError> {
        let result = run(x, |x| x.go_on()).or_else(|failure| settle(x, failure));
        ended(x, result)
    }

    /// Ends a response that has waited for its client in vain.
    pub(crate) fn give_up(&self, x: &mut Exchange<'_>) {
        x.forget_rest();
        x.cut();
        // There is nobody left to be told of a panic.
        let _ = ended(x, Ok(()));
    }

    /// The parts of an exchange on this connection.
    pub(crate) fn parts<'a>(
        &self,
        request: Request<'a>,
        rfile: RequestBody<'a>,
        wfile: ResponseBody<'a>,
    ) -> Parts<'a>
    where
        'c: 'a,
    {
        Parts {
            handler: self.handler,
            request,
            client_address: self.client_address,
            server: self.server,
            protocol: self.protocol,
            rfile,
            wfile,
        }
    }

    /// Answers with an error page a request that no handler sees.
    pub(crate) fn refuse(
        &self,
        wire: &mut dyn Wire,
        request: Request<'_>,
        draft: &mut Draft,
        refusal: &Refusal<'_>,
    ) -> Result<(), HandlerError> {
        let wfile = ResponseBody::new(Link::Own(wire), draft, self.options.wbufsize);
        let mut x = Exchange::new(self.parts(request, RequestBody::default(), wfile));
        if refusal.retry {
            x.invite_retry();
        }
        let (message, explain) = refusal.words.unzip();
        let outcome = run(&mut x, |x| {
            if let Some(line) = &refusal.log {
                x.log_error(format_args!("{line}"));
            }
            x.send_error_explained(refusal.code, message, explain)?;
            x.finish()
        });
        outcome.or_else(|failure| settle(&mut x, failure))
    }
}

/// Tells the handler that its exchange is over, unless something is left for later.
fn ended(x: &mut Exchange<'_>, result: Result<(), HandlerError>) -> Result<(), HandlerError> {
    if x.is_left() {
        return result;
    }
    let told = run(x, |x| {
        x.handler().end_exchange(x);
        Ok(())
    });
    result.and_then(|()| told.or_else(|failure| settle(x, failure)))
}

impl Side<'_> {
    /// Logs why the bytes of a client make no sense to the connection.
    pub(crate) fn log_trouble(&self, error: &io::Error) {
        let (mut nowhere, mut draft) = (Vec::new(), Draft::default());
        let mut wire = BytesWire(&mut nowhere);
        let wfile = ResponseBody::new(Link::Own(&mut wire), &mut draft, 0);
        let request = Request::Refused { requestline: "", command: "" };
        let mut x = Exchange::new(self.parts(request, RequestBody::default(), wfile));
        // Whoever logs may panic, which nobody can be told then.
        let _ = run(&mut x, |x| {
            x.log_error(format_args!("TLS failed: {error}"));
            Ok(())
        });
    }
}

/// Why no handler sees a request.
pub(crate) struct Refusal<'w> {
    pub(crate) code: u16,
    pub(crate) words: Words<'w>,
    /// The client may try again.
    pub(crate) retry: bool,
    /// What the log is told besides.
    pub(crate) log: Option<String>,
}

/// What there is of a body at the start of an exchange that streams it.
pub(crate) fn body_state(framing: Framing) -> BodyState {
    match framing {
        Framing::None | Framing::Length(0) => BodyState::Complete,
        Framing::Length(_) | Framing::Chunked => BodyState::Open,
    }
}
