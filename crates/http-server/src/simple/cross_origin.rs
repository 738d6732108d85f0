//! Letting pages of other sites read what is served (CORS: fetch.spec.whatwg.org, "HTTP extensions").

use super::SimpleHttpRequestHandler;
use crate::Exchange;
use std::io;

/// The fields of ours that a script may not read unless it is told so.
const EXPOSED: &str = "Accept-Ranges, Content-Encoding, Content-Range, ETag";

impl SimpleHttpRequestHandler {
    /// Has every response say who may read it, error pages too, so that a script sees which error it is.
    pub(super) fn announce_origin(&self, x: &mut Exchange<'_>) {
        if let Some(origin) = &self.settings.allow_origin {
            x.need_field("Access-Control-Allow-Origin", origin.clone());
            x.need_field("Access-Control-Expose-Headers", EXPOSED);
        }
    }

    /// Answers the question that a browser asks before a request that a plain page could not make.
    pub(super) fn send_preflight(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        if self.settings.allow_origin.is_none()
            || !x.headers().contains("Access-Control-Request-Method")
        {
            return Ok(());
        }
        x.send_header("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS")?;
        // `Authorization` is the one field that `*` does not stand for.
        x.send_header("Access-Control-Allow-Headers", "*, Authorization")?;
        x.send_header("Access-Control-Max-Age", "86400")
    }
}
