//! The conformance application as a handler of `http-server`.

use super::{Fails, Reads, Reply, Request, reply};
use http_server::proto::TargetForm;
use http_server::{Base, BaseHttpRequestHandler, Exchange, HandlerOptions};
use std::fmt;
use std::io::{self, Read, Write};

/// Answers the methods CPython's documentation names, so that others are 501, as with every handler of methods.
#[derive(Clone, Debug)]
pub struct ConformanceHandler {
    options: HandlerOptions,
}

impl ConformanceHandler {
    /// A handler with these options.
    #[must_use]
    pub fn new(options: HandlerOptions) -> Self {
        Self { options }
    }
}

impl BaseHttpRequestHandler for ConformanceHandler {
    fn options(&self) -> &HandlerOptions {
        &self.options
    }

    fn do_get(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        answer(x)
    }

    fn do_head(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        answer(x)
    }

    fn do_post(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        answer(x)
    }

    fn do_put(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        answer(x)
    }

    fn do_delete(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        answer(x)
    }

    fn do_patch(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        answer(x)
    }

    fn do_options(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        if x.path() == "*" { Base.do_options(x) } else { answer(x) }
    }

    fn log_message(&self, _: &Exchange<'_>, _: fmt::Arguments<'_>) {}
}

fn answer(x: &mut Exchange<'_>) -> io::Result<()> {
    let mut reply = described(x);
    match reply.reads {
        Reads::Nothing => {}
        Reads::Some(count) => reply.pieces = vec![read(x, count as u64)?],
        Reads::All => reply.pieces = vec![read(x, u64::MAX)?],
    }
    if reply.fails == Fails::Early {
        return Err(io::Error::other("as the path asks for"));
    }
    let (code, reason) = reply.status.split_once(' ').unwrap_or((&reply.status, ""));
    let code = code.parse().map_err(|_| io::Error::other("the status is no number"))?;
    x.send_response_with(code, reason)?;
    for (name, value) in &reply.fields {
        x.send_header(name, value)?;
    }
    if let Some(length) = reply.content_length() {
        x.send_header("Content-Length", &length.to_string())?;
    }
    x.end_headers()?;
    for piece in &reply.pieces {
        x.wfile.write_all(piece)?;
    }
    if reply.fails == Fails::Late {
        return Err(io::Error::other("as the path asks for"));
    }
    Ok(())
}

fn described(x: &Exchange<'_>) -> Reply {
    let target = x.path().to_owned();
    let (path, query) = Request::split_target(&target);
    let host = match x.head().map(|head| (head.target_form(), head.host())) {
        Some((TargetForm::Absolute { authority, .. }, _)) => authority.to_owned(),
        Some((_, host)) => host.unwrap_or_default().to_owned(),
        None => String::new(),
    };
    let request = Request { method: x.command(), path, query, host: &host };
    reply(request, |name| {
        let values: Vec<_> = x
            .headers()
            .iter()
            .filter(|(field, _)| field.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.into_owned())
            .collect();
        (!values.is_empty()).then(|| values.join(", "))
    })
}

fn read(x: &mut Exchange<'_>, count: u64) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    Read::take(&mut x.rfile, count).read_to_end(&mut body)?;
    Ok(body)
}
