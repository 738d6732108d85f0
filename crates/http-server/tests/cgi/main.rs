//! Scripts, run over sockets by a server with a thread for each connection and by the engine.
#![cfg(all(unix, feature = "cgi"))]

mod ends;
mod hostile;
mod requests;
mod responses;
mod site;
