//! The conformance application by WSGI.

use super::{Fails, Reads, Reply, Request, reply};
use wsgi_util::EnvironValue;
use wsgi_util::{AppResult, Body, Environ, StartResponse};
use wsgiref_tests::ascii::ascii;

/// Answers by path, see [`reply`]; `/environ` shows the environ.
///
/// # Errors
///
/// Where the path asks for one, or the request body cannot be read.
pub fn application(environ: &mut Environ<'_>, start_response: &mut dyn StartResponse) -> AppResult {
    if environ.get("PATH_INFO").as_deref() == Some("/environ") {
        let shown = shown(environ);
        start_response.start("200 OK", [("Content-Type", "text/plain")])?;
        return Ok(shown.into());
    }
    let mut reply = described(environ);
    match reply.reads {
        Reads::Nothing => {}
        Reads::Some(count) => reply.pieces = vec![environ.input().read_n(count)?],
        Reads::All => {
            let mut body = Vec::new();
            environ.input().read_to_end(&mut body)?;
            reply.pieces = vec![body];
        }
    }
    if reply.fails == Fails::Early {
        return Err("as the path asks for".into());
    }
    let length = reply.content_length();
    let Reply { status, mut fields, pieces, fails, .. } = reply;
    fields.extend(length.map(|length| ("Content-Length".to_owned(), length.to_string())));
    start_response.start(&status, fields)?;
    if fails == Fails::Late {
        let pieces = pieces.into_iter().map(Ok).chain([Err("as the path asks for")]);
        return Ok(Body::try_iter(pieces));
    }
    Ok(Body::iter(pieces))
}

fn described(environ: &Environ<'_>) -> Reply {
    let get = |key: &str| environ.get(key).unwrap_or_default().into_owned();
    let (method, target, host) = (get("REQUEST_METHOD"), get("RAW_URI"), get("HTTP_HOST"));
    let (path, query) = Request::split_target(&target);
    let request = Request { method: &method, path, query, host: &host };
    reply(request, |name| {
        let variable = name.to_ascii_uppercase().replace('-', "_");
        let key = match variable.as_str() {
            "CONTENT_TYPE" | "CONTENT_LENGTH" => variable,
            _ => format!("HTTP_{variable}"),
        };
        environ.get(&key).map(std::borrow::Cow::into_owned)
    })
}

/// The sorted environ; objects appear by their role only.
fn shown(environ: &Environ<'_>) -> String {
    let mut items = environ.items();
    items.sort_by(|(a, _), (b, _)| a.cmp(b));
    let line = |(key, value): (String, EnvironValue)| match value {
        EnvironValue::Str(text) => format!("{key} = {}\n", ascii(&text)),
        EnvironValue::Object(_) => format!("{key} = <object>\n"),
        simple => format!("{key} = {simple}\n"),
    };
    items.into_iter().map(line).collect()
}
