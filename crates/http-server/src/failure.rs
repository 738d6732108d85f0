//! What becomes of a request whose handler failed.

use crate::exchange::{BodyCutShort, Trouble};
use crate::proto::RequestError;
use crate::{Exchange, HandlerError};
use socketserver::HandlerPanic;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How a handler failed.
pub(crate) enum Failure {
    Error(io::Error),
    Panic(HandlerPanic),
}

/// Runs code of the handler. A panic in it ends this exchange and nothing else.
pub(crate) fn run(
    x: &mut Exchange<'_>,
    work: impl FnOnce(&mut Exchange<'_>) -> io::Result<()>,
) -> Result<(), Failure> {
    // What a panic leaves half-done is this exchange, which is only ended after it, and the handler's own state, which its
    // author protects where it is shared.
    match catch_unwind(AssertUnwindSafe(|| work(x))) {
        Ok(result) => result.map_err(Failure::Error),
        Err(payload) => Err(Failure::Panic(HandlerPanic::from_payload(&*payload))),
    }
}

/// Tells the client of a failure, as far as nothing was sent, and closes the connection: whatever was sent stays visibly
/// cut, without a last chunk.
///
/// # Errors
///
/// The failure, if it is the handler's own. The client's is one line in the log.
pub(crate) fn settle(x: &mut Exchange<'_>, failure: Failure) -> Result<(), HandlerError> {
    x.forget_rest();
    x.wfile.discard();
    x.close_connection = true;
    let error = match failure {
        Failure::Error(error) => error,
        Failure::Panic(panic) => {
            answer(x, 500, None);
            return Err(panic.into());
        }
    };
    // CPython knows none of this: a client that went away is a traceback there (gh-78728).
    match x.trouble() {
        Some(Trouble::Gone) => {
            x.log_error(format_args!("Client went away: {error}"));
            return Ok(());
        }
        Some(Trouble::TooSlow) => {
            x.log_error(format_args!("Request timed out: {error}"));
            answer(x, 408, None);
            return Ok(());
        }
        Some(Trouble::Unattended) => {
            x.log_error(format_args!("Too many clients are being waited for: {error}"));
            x.invite_retry();
            answer(x, 503, None);
            return Ok(());
        }
        None => {}
    }
    let cause = error.get_ref();
    if let Some(refusal) = cause.and_then(|cause| cause.downcast_ref::<RequestError>()) {
        report(x, &error);
        answer(x, refusal.status(), Some((&refusal.message(), &refusal.explain())));
        return Ok(());
    }
    if cause.is_some_and(|cause| cause.is::<BodyCutShort>()) {
        report(x, &error);
        answer(x, 400, Some(("Request body cut short", &error.to_string())));
        return Ok(());
    }
    answer(x, 500, None);
    Err(error.into())
}

/// Logs what the client did wrong, if no error page will say it.
fn report(x: &Exchange<'_>, error: &io::Error) {
    if x.headers_sent() {
        x.log_error(format_args!("Response cut short: {error}"));
    }
}

/// Sends an error page if nothing was sent. If that fails too, the connection just closes.
fn answer(x: &mut Exchange<'_>, code: u16, words: Option<(&str, &str)>) {
    if x.headers_sent() {
        return;
    }
    let (message, explain) = words.unzip();
    let _ = run(x, |x| {
        x.send_error_explained(code, message, explain)?;
        x.finish()
    });
}
