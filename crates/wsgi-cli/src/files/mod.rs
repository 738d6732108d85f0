//! Serving the files of a directory.
//!
//! - `directory`: whether there is one
//! - `addresses`: where clients find it
//! - `announcement`, `code`: what is said at the start
//! - `auth`: who may have the files
//! - `handler`: the handler of a connection; `log_line`: what it logs

mod addresses;
mod announcement;
mod auth;
mod code;
mod directory;
mod handler;
mod log_line;

use std::net::SocketAddr;
use std::sync::Arc;

use http_server::{HttpServer, SimpleHttpRequestHandler};

use crate::args::{FilesArgs, Place};
use crate::bind::Host;
use crate::serve::{Connections, Listening};
use crate::start_error::StartError;
use crate::tls;
use announcement::{Announcement, Audience};
use auth::Auth;
use handler::Shared;

/// Serves a directory until Ctrl-C or `SIGTERM`.
pub(crate) fn serve(args: &FilesArgs, place: &Place) -> Result<(), StartError> {
    let directory = directory::open(&place.directory).map_err(StartError::Directory)?;
    directory::check_page(&directory, args.fallback()).map_err(StartError::Directory)?;
    let auth = Auth::load(&args.auth).map_err(StartError::Auth)?;
    let asks = auth.is_some();
    let host = place.host.clone().unwrap_or_else(|| Host::Address(addresses::everywhere()));
    let address = host.resolve(place.port).map_err(StartError::Resolve)?;
    let others = addresses::of_others(address.ip());
    let tls = tls::load(&args.tls, &host, address, &others).map_err(StartError::Tls)?;

    let connections = Connections::default();
    let shared = Shared {
        simple: SimpleHttpRequestHandler::with_options(args.handler_options(&directory)),
        auth: auth.map(Arc::new),
        quiet: args.quiet,
        close: args.tuning.deadlines.closes_after_each_response(),
        connection: connections.clone(),
    };
    let server =
        HttpServer::bind_with(address, move || shared.handler(), args.tuning.server_options());
    let server = server.map_err(|error| StartError::Listen {
        address,
        port_option: place.port_option,
        error,
    })?;
    if let Some(tls) = &tls {
        server.set_tls(&tls.context).map_err(|error| StartError::Tls(error.to_string()))?;
    }
    let server = server.engine_with(args.tuning.engine_options());

    let announcement = Announcement {
        address: SocketAddr::new(address.ip(), server.server_port()),
        tls: tls.as_ref(),
        directory: &directory,
        others: &others,
        audience: match (asks, place.host.is_none()) {
            (true, _) => Audience::Known,
            (false, true) => Audience::Everybody,
            (false, false) => Audience::AsWanted,
        },
        code: args.qr,
    };
    let announcement = announcement.to_string();
    let stop = server.shutdown_handle();
    let serve_forever = || server.serve_forever();
    Listening { announcement, connections, stop, serve_forever }.until_stopped(&args.tuning)
}
