//! A connection on the engine: plain HTTP, or HTTP in TLS.

use super::PlainProtocol;
#[cfg(feature = "tls")]
use crate::proto::RequestError;
#[cfg(feature = "tls")]
use crate::tls::{TlsContext, TlsLayer, begins_tls};
use socketserver::HandlerError;
#[cfg(feature = "tls")]
use socketserver::engine::Layered;
use socketserver::engine::{Input, Patience, Protocol, Step, Work};
use std::fmt;
use std::time::Instant;

/// One HTTP connection on the engine.
///
/// [`HttpHandlerClass`](crate::HttpHandlerClass) makes it, for [`HttpServer::engine`](crate::HttpServer::engine) for example.
/// The head and the body of a request are received without a thread; then the handler runs, as
/// blocking code, with the same exchange and the same bytes as with [`handle`](crate::handle). With TLS, the handshake
/// has the deadline of the first byte.
pub struct HttpProtocol(Way);

enum Way {
    Plain(PlainProtocol),
    /// The client has to begin TLS, and has sent nothing. Only then is there something to remember of it.
    #[cfg(feature = "tls")]
    AwaitingTls(PlainProtocol, TlsContext),
    #[cfg(feature = "tls")]
    Tls(Box<Layered<TlsLayer, PlainProtocol>>),
    /// While one becomes another.
    #[cfg(feature = "tls")]
    Nowhere,
}

/// As many opened bytes are kept, or more if a head may be larger: no fewer than an engine keeps by default.
#[cfg(feature = "tls")]
const LEAST_ROOM: usize = 128 * 1024;

impl HttpProtocol {
    pub(crate) fn plain(protocol: PlainProtocol) -> Self {
        Self(Way::Plain(protocol))
    }

    #[cfg(feature = "tls")]
    pub(crate) fn awaiting_tls(protocol: PlainProtocol, context: TlsContext) -> Self {
        Self(Way::AwaitingTls(protocol, context))
    }

    /// Sees by the first byte what the client speaks.
    #[cfg(feature = "tls")]
    fn begin(&mut self, input: &mut Input<'_>) -> Option<Step> {
        if !matches!(self.0, Way::AwaitingTls(..)) {
            return None;
        }
        let Some(&first) = input.unused().first() else {
            return Some(if input.has_ended() { Step::Close } else { Step::Receive });
        };
        let Way::AwaitingTls(mut plain, context) = std::mem::replace(&mut self.0, Way::Nowhere)
        else {
            return None;
        };
        if !begins_tls(first) {
            let step = plain.refuse_all(RequestError::PlainHttp, input);
            self.0 = Way::Plain(plain);
            return Some(step);
        }
        match TlsLayer::new(&context) {
            Ok(layer) => {
                let room = plain.largest_head().max(LEAST_ROOM);
                self.0 = Way::Tls(Box::new(Layered::with_input_buffer(layer, plain, room)));
                None
            }
            Err(error) => {
                plain.log(&error);
                self.0 = Way::Plain(plain);
                Some(Step::Close)
            }
        }
    }
}

/// Does something with the protocol there is, whatever it is.
macro_rules! with {
    ($way:expr, $protocol:ident => $result:expr, else $nowhere:expr) => {
        match $way {
            Way::Plain($protocol) => $result,
            #[cfg(feature = "tls")]
            Way::AwaitingTls($protocol, _) => $result,
            #[cfg(feature = "tls")]
            Way::Tls($protocol) => $result,
            #[cfg(feature = "tls")]
            Way::Nowhere => $nowhere,
        }
    };
}

impl Protocol for HttpProtocol {
    fn receive(&mut self, input: &mut Input<'_>, now: Instant) -> Step {
        #[cfg(feature = "tls")]
        if let Some(step) = self.begin(input) {
            return step;
        }
        with!(&mut self.0, protocol => protocol.receive(input, now), else Step::Close)
    }

    fn run(&mut self, work: &mut Work<'_>) -> Result<Step, HandlerError> {
        let result = with!(&mut self.0, protocol => protocol.run(work), else Ok(Step::Close));
        #[cfg(feature = "tls")]
        if let Way::Tls(layered) = &mut self.0 {
            if let Some(error) = layered.take_trouble() {
                layered.inner().log(&error);
            }
        }
        result
    }

    fn deadline(&mut self, now: Instant) -> Option<Instant> {
        with!(&mut self.0, protocol => protocol.deadline(now), else None)
    }

    fn patience(&self) -> Patience {
        with!(&self.0, protocol => protocol.patience(), else Patience::default())
    }

    fn expired(&mut self, now: Instant) -> Step {
        with!(&mut self.0, protocol => protocol.expired(now), else Step::Close)
    }

    fn refuse(&mut self, input: &Input<'_>, answer: &mut Vec<u8>) {
        with!(&mut self.0, protocol => protocol.refuse(input, answer), else ());
    }

    fn is_idle(&self) -> bool {
        with!(&self.0, protocol => protocol.is_idle(), else true)
    }

    fn has_unseen(&self) -> bool {
        with!(&self.0, protocol => protocol.has_unseen(), else false)
    }

    fn was_asked(&self) -> bool {
        with!(&self.0, protocol => protocol.was_asked(), else false)
    }

    fn closing(&mut self, last: &mut Vec<u8>) {
        with!(&mut self.0, protocol => protocol.closing(last), else ());
    }

    fn is_whole(&self) -> bool {
        with!(&self.0, protocol => protocol.is_whole(), else true)
    }
}

impl fmt::Debug for HttpProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut tuple = f.debug_tuple("HttpProtocol");
        match &self.0 {
            Way::Plain(protocol) => tuple.field(protocol),
            #[cfg(feature = "tls")]
            Way::AwaitingTls(protocol, _) => tuple.field(protocol),
            #[cfg(feature = "tls")]
            Way::Tls(layered) => tuple.field(layered.inner()),
            #[cfg(feature = "tls")]
            Way::Nowhere => &mut tuple,
        };
        tuple.finish()
    }
}
