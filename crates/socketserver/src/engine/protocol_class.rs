//! What makes the protocols of connections.

use super::Protocol;
use crate::Transport;
use std::time::Instant;

/// Makes the [`Protocol`] of each connection: what a [`RequestHandlerClass`](crate::RequestHandlerClass) is to a
/// plain server.
///
/// Every `Fn(&Address, Instant) -> P` is one. Others are for protocols that want to know the connection, or for a type
/// that has to have a name; [`Engine::with_class`](super::Engine::with_class) takes them.
///
/// # Examples
///
/// ```
/// use socketserver::engine::{Engine, EngineOptions, Input, NoHandler, Protocol, ProtocolClass, Step, Work};
/// use socketserver::{HandlerError, Tcp, TcpServer};
/// use std::io::{self, Read, Write};
/// use std::net::{SocketAddr, TcpStream};
/// use std::time::Instant;
///
/// /// Tells clients which address they have connected to.
/// struct Where(String);
///
/// impl Protocol for Where {
///     fn receive(&mut self, input: &mut Input<'_>, _now: Instant) -> Step {
///         if input.unused().is_empty() { Step::Receive } else { Step::Run }
///     }
///
///     fn run(&mut self, work: &mut Work<'_>) -> Result<Step, HandlerError> {
///         work.output.write_all(self.0.as_bytes())?;
///         Ok(Step::Close)
///     }
/// }
///
/// struct Class;
///
/// impl ProtocolClass<Tcp> for Class {
///     type Protocol = Where;
///
///     fn protocol(&self, request: &TcpStream, _client: &SocketAddr, _now: Instant) -> Where {
///         Where(request.local_addr().map_or_else(|error| error.to_string(), |address| address.to_string()))
///     }
/// }
///
/// let server = TcpServer::bind("127.0.0.1:0", NoHandler)?;
/// let engine = Engine::with_class(server, Class, EngineOptions::default());
/// std::thread::scope(|scope| {
///     scope.spawn(|| engine.serve_forever());
///     let mut client = TcpStream::connect(engine.server_address())?;
///     client.write_all(b"?")?;
///     let mut answer = String::new();
///     client.read_to_string(&mut answer)?;
///     engine.shutdown();
///     assert_eq!(answer, engine.server_address().to_string());
///     io::Result::Ok(())
/// })?;
/// # io::Result::Ok(())
/// ```
pub trait ProtocolClass<T: Transport>: Send + Sync + 'static {
    /// What it makes.
    type Protocol: Protocol;

    /// Makes the protocol of a connection that has just been accepted, at this time.
    ///
    /// The thread that polls calls it, so it should not block.
    fn protocol(
        &self,
        request: &T::Request,
        client_address: &T::Address,
        now: Instant,
    ) -> Self::Protocol;
}

impl<T, F, P> ProtocolClass<T> for F
where
    T: Transport,
    F: Fn(&T::Address, Instant) -> P + Send + Sync + 'static,
    P: Protocol,
{
    type Protocol = P;

    fn protocol(&self, _request: &T::Request, client_address: &T::Address, now: Instant) -> P {
        self(client_address, now)
    }
}
