//! What a server calls for each request.
use crate::{ServerInfo, Transport};

/// Why a handler failed; goes to `handle_error`.
pub type HandlerError = Box<dyn std::error::Error + Send + Sync>;

/// The counterpart of `RequestHandlerClass`: called once for each request, it does all the work.
///
/// `Fn() -> H` factories are one, where `H` is a `StreamRequestHandler` on stream
/// transports or a `DatagramRequestHandler` on datagram transports.
pub trait RequestHandlerClass<T: Transport>: Send + Sync + 'static {
    /// Handles one request from start to end.
    fn call(
        &self,
        request: &mut T::Request,
        client_address: &T::Address,
        server: &ServerInfo,
    ) -> Result<(), HandlerError>;
}
