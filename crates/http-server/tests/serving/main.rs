//! The blocking driver, its handlers and servers: bytes in, bytes out.

mod base_http_request_handler;
mod base_http_server;
mod bodies;
mod connections;
mod deadlines;
mod expect;
mod failures;
mod log_lines;
mod overriding;
mod responses;
mod sockets;
mod support;
mod turns;
