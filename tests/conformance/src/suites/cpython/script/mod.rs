//! What a server of a case does, as data: the same words as in `cpython/oracle.py`.
//!
//! A script is part of its case, not of the request, so that the request may be anything. Bytes are text with one character
//! per byte.

mod application;
mod handler;

pub(super) use application::scripted_application;
pub(super) use handler::Scripted;

use serde::{Deserialize, Serialize};

/// What a scripted server does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Script {
    /// A handler: one call after the other, whatever the method.
    Handler(Vec<Step>),
    /// A WSGI application.
    Application(ApplicationScript),
}

/// One thing that a handler does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Step {
    /// `self.send_response(code, message)`.
    SendResponse {
        /// The status.
        code: u16,
        /// The reason, if not the usual one.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        message: Option<String>,
    },
    /// `self.send_response_only(code, message)`.
    SendResponseOnly {
        /// The status.
        code: u16,
        /// The reason, if not the usual one.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        message: Option<String>,
    },
    /// `self.send_header(name, value)`.
    SendHeader {
        /// The name of the field.
        name: String,
        /// Its value.
        value: String,
    },
    /// `self.end_headers()`.
    EndHeaders,
    /// `self.flush_headers()`.
    FlushHeaders,
    /// `self.wfile.write(data)`.
    Write {
        /// One character per byte.
        data: String,
    },
    /// `self.send_error(code, message, explain)`.
    SendError {
        /// The status.
        code: u16,
        /// The reason, if not the usual one.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        message: Option<String>,
        /// The explanation, if not the usual one.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        explain: Option<String>,
    },
    /// Reads as many bytes as Content-Length says.
    Read,
    /// Writes what was read, as Python shows bytes.
    Echo,
    /// `self.log_message("%s", text)`.
    LogMessage {
        /// The text.
        text: String,
    },
    /// `self.log_error("%s", text)`.
    LogError {
        /// The text.
        text: String,
    },
    /// `self.close_connection = value`.
    CloseConnection {
        /// The value.
        value: bool,
    },
    /// `raise ValueError(text)`.
    Fail {
        /// The text.
        text: String,
    },
}

/// A WSGI application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ApplicationScript {
    /// What it returns.
    pub returns: Returns,
    /// What it does, until the end of its body.
    pub steps: Vec<AppStep>,
}

/// What an application returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Returns {
    /// A list: all steps are done during the call.
    List,
    /// An iterator: the steps are done while the body is asked for its pieces.
    Iterator,
    /// The same, with a `close` that writes a line to `wsgi.errors`.
    Closing,
    /// The same, with a `close` that fails.
    FailingClose,
    /// `wsgi.file_wrapper` around all pieces, in blocks of 16 bytes.
    File,
}

/// One thing that an application does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum AppStep {
    /// `start_response(status, headers)`.
    Start {
        /// The status line without the version.
        status: String,
        /// Names and values.
        headers: Vec<(String, String)>,
    },
    /// The same with `exc_info`, of a ValueError.
    Restart {
        /// The status line without the version.
        status: String,
        /// Names and values.
        headers: Vec<(String, String)>,
        /// The text of the error.
        text: String,
    },
    /// Calls what `start_response` has returned.
    Write {
        /// One character per byte.
        data: String,
    },
    /// Gives a piece of the body.
    Piece {
        /// One character per byte.
        data: String,
    },
    /// Gives a line that shows a string of the environ.
    Environ {
        /// Its key.
        key: String,
    },
    /// Gives a line that shows `wsgi.input.read(size)`.
    Read {
        /// How much.
        size: usize,
    },
    /// Gives a line that shows `wsgi.input.readline()`.
    Readline,
    /// Writes a line to `wsgi.errors`.
    Errors {
        /// The line.
        text: String,
    },
    /// `raise ValueError(text)`.
    Fail {
        /// The text.
        text: String,
    },
}

/// The bytes of a text with one character per byte.
pub(super) fn latin1(text: &str) -> Vec<u8> {
    // Only a broken recording has other characters, and it shows as a difference.
    text.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect()
}
