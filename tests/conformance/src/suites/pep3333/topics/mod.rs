//! The scenarios, a file for each topic.

mod body;
mod call;
mod close;
mod environ;
mod errors;
mod failure;
mod file;
mod headers;
mod http;
mod input;
mod keys;
mod length;
mod pacing;
mod start;
mod status;
pub(super) mod validator;
mod write;

use super::scenario::Scenario;

/// All of them.
pub(super) fn all() -> Vec<Scenario> {
    [
        call::scenarios(),
        environ::scenarios(),
        keys::scenarios(),
        input::scenarios(),
        errors::scenarios(),
        start::scenarios(),
        status::scenarios(),
        headers::scenarios(),
        write::scenarios(),
        body::scenarios(),
        length::scenarios(),
        close::scenarios(),
        file::scenarios(),
        failure::scenarios(),
        pacing::scenarios(),
        http::scenarios(),
    ]
    .concat()
}
