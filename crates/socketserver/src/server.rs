//! The state and the default behaviour of a server.
use crate::{RequestHandlerClass, ServerOptions, Transport};
use std::io;

/// A socket with a handler class: the state of `BaseServer` and `TCPServer`.
pub struct Server<T: Transport, C> {
    _x: std::marker::PhantomData<(T, C)>,
}

/// What a handler may know of its server.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ServerInfo {
    /// Another thread of this process may run the same handler class at the same time.
    pub multithread: bool,
    /// Another process may.
    pub multiprocess: bool,
}

/// Ends a serving loop from anywhere; cheap to clone.
#[derive(Clone, Debug)]
pub struct ShutdownHandle {}

impl<T: Transport, C: RequestHandlerClass<T>> Server<T, C> {
    /// Creates the socket only (`bind_and_activate=False`).
    pub fn new(_address: T::Address, _class: C, _options: ServerOptions) -> io::Result<Self> {
        todo!()
    }
    /// The address as given, after binding as the system reports it.
    pub fn server_address(&self) -> T::Address {
        todo!()
    }
    /// The options this server was made with.
    pub fn options(&self) -> &ServerOptions {
        todo!()
    }
    /// The handler class.
    pub fn request_handler_class(&self) -> &C {
        todo!()
    }
    // plus the non-composite defaults: server_bind, server_activate, server_close, get_request, finish_request,
    // shutdown_request, close_request, handle_error, fileno/socket, which `super()` would reach
}
impl<C: RequestHandlerClass<crate::Tcp>> Server<crate::Tcp, C> {
    /// Binds and activates with the default options.
    pub fn bind(_address: impl std::net::ToSocketAddrs, _class: C) -> io::Result<Self> {
        todo!()
    }
    /// The same with options.
    pub fn bind_with(_address: impl std::net::ToSocketAddrs, _class: C, _options: ServerOptions) -> io::Result<Self> {
        todo!()
    }
}
