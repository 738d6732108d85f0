//! The scenarios, a file for each topic.

mod abandoned;
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
mod validator;
mod write;

use super::scenario::Scenario;
use crate::Trial;

/// Cases that fit no scenario.
pub(super) fn others() -> Vec<Trial> {
    [validator::trials(), abandoned::trials()].into_iter().flatten().collect()
}

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
