//! A handler that does what a script says (`Scripted` and `Scripted11` of `cpython/oracle.py`).

use super::{Step, latin1};
use http_server::repr::bytes_repr;
use http_server::{BaseHttpRequestHandler, Exchange, HandlerOptions};
use std::io::{self, Read, Write};

/// Does its steps, whatever the method.
#[derive(Clone, Debug)]
pub(crate) struct Scripted {
    options: HandlerOptions,
    steps: Vec<Step>,
}

impl Scripted {
    pub(crate) fn new(protocol_version: &'static str, steps: Vec<Step>) -> Self {
        Self { options: HandlerOptions::new().protocol_version(protocol_version), steps }
    }
}

impl BaseHttpRequestHandler for Scripted {
    fn options(&self) -> &HandlerOptions {
        &self.options
    }

    fn dispatch(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        let mut body = Vec::new();
        self.steps.iter().try_for_each(|step| perform(step, x, &mut body))
    }
}

fn perform(step: &Step, x: &mut Exchange<'_>, body: &mut Vec<u8>) -> io::Result<()> {
    match step {
        Step::SendResponse { code, message: None } => x.send_response(*code),
        Step::SendResponse { code, message: Some(message) } => x.send_response_with(*code, message),
        Step::SendResponseOnly { code, message } => x.send_response_only(*code, message.as_deref()),
        Step::SendHeader { name, value } => x.send_header(name, value),
        Step::EndHeaders => x.end_headers(),
        Step::FlushHeaders => x.flush_headers(),
        Step::Write { data } => x.wfile.write_all(&latin1(data)),
        Step::SendError { code, message, explain } => {
            x.send_error_explained(*code, message.as_deref(), explain.as_deref())
        }
        Step::Read => {
            let length = x.headers().get("Content-Length").and_then(|value| value.parse().ok());
            Read::take(&mut x.rfile, length.unwrap_or(0)).read_to_end(body).map(|_| ())
        }
        Step::Echo => writeln!(x.wfile, "{}", bytes_repr(body)),
        Step::LogMessage { text } => {
            x.log_message(format_args!("{text}"));
            Ok(())
        }
        Step::LogError { text } => {
            x.log_error(format_args!("{text}"));
            Ok(())
        }
        Step::CloseConnection { value } => {
            x.close_connection = *value;
            Ok(())
        }
        Step::Fail { text } => Err(io::Error::other(text.clone())),
    }
}
