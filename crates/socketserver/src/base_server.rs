//! The hooks of a server, and the loops that call them.
use crate::{HandlerError, RequestHandlerClass, Server, Transport};
use std::io;

type RequestOf<S> = <<S as BaseServer>::Transport as Transport>::Request;
type AddressOf<S> = <<S as BaseServer>::Transport as Transport>::Address;

/// The override points of `socketserver.BaseServer`, in CPython's names and order.
pub trait BaseServer: Send + Sync {
    /// The kind of socket.
    type Transport: Transport;
    /// The handler class.
    type Class: RequestHandlerClass<Self::Transport>;

    /// The server this one is built on: what `super()` would reach.
    fn base(&self) -> &Server<Self::Transport, Self::Class>;

    /// Binds the socket.
    fn server_bind(&self) -> io::Result<()> {
        todo!()
    }
    /// Listens.
    fn server_activate(&self) -> io::Result<()> {
        todo!()
    }
    /// Closes the socket.
    fn server_close(&self) {
        todo!()
    }
    /// Takes the next request.
    fn get_request(&self) -> io::Result<(RequestOf<Self>, AddressOf<Self>)> {
        todo!()
    }
    /// Decides whether a request is handled.
    fn verify_request(&self, _request: &RequestOf<Self>, _client_address: &AddressOf<Self>) -> bool {
        true
    }
    /// Handles one request and always ends it: finish_request, handle_error if that failed, shutdown_request.
    fn process_request(&self, _request: RequestOf<Self>, _client_address: AddressOf<Self>) {
        todo!()
    }
    /// Calls the handler class.
    fn finish_request(&self, _request: &mut RequestOf<Self>, _client_address: &AddressOf<Self>) -> Result<(), HandlerError> {
        todo!()
    }
    /// Ends a request politely, then `close_request`.
    fn shutdown_request(&self, _request: RequestOf<Self>) {
        todo!()
    }
    /// Closes a request.
    fn close_request(&self, _request: RequestOf<Self>) {
        todo!()
    }
    /// Reports a failed request.
    fn handle_error(&self, _request: &RequestOf<Self>, _client_address: &AddressOf<Self>, _error: &HandlerError) {
        todo!()
    }
    /// Called by `handle_request` when `timeout` has passed.
    fn handle_timeout(&self) {}
    /// Called once per turn of `serve_forever`.
    fn service_actions(&self) {}
}

/// The loops of a server, which nobody overrides.
pub trait Serve: BaseServer {
    /// Serves until `shutdown`.
    fn serve_forever(&self) -> io::Result<()>;
    /// Serves one request, or waits until `timeout`.
    fn handle_request(&self) -> io::Result<()>;
    /// Ends `serve_forever` and waits until it has ended.
    fn shutdown(&self);
    /// A handle that can do that from anywhere.
    fn shutdown_handle(&self) -> crate::ShutdownHandle;
}
