//! The environ of a request: walking through it and asking for a key agree, and nothing is there that must not be.
#![no_main]

use http_server::{ClientAddress, Pair, ServerInfo, handle};
use libfuzzer_sys::fuzz_target;
use std::collections::BTreeMap;
use wsgi_simple_server::{
    AppResult, BaseEnviron, BoundHandler, Environ, ServerState, StartResponse,
};
use wsgiref_fuzz::Silent;

fuzz_target!(|data: &[u8]| {
    let state = ServerState::default();
    let base = [("SERVER_NAME", "localhost"), ("SERVER_PORT", "80"), ("SCRIPT_NAME", "")];
    state.set_base_environ(BaseEnviron::from(
        base.map(|(key, value)| (key.to_owned(), value.to_owned())),
    ));
    state.set_app(app);
    let handler = BoundHandler::new(Silent::default(), state);
    let mut connection = Pair { reader: data, writer: Vec::new() };
    handle(
        &mut connection,
        &ClientAddress::Unnamed,
        &ServerInfo::new("10.0.0.1", Some(1)),
        &handler,
    )
    .expect("the application does not fail");
});

fn app(environ: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
    let pairs: Vec<(String, String)> =
        environ.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
    let map: BTreeMap<_, _> = pairs.iter().cloned().collect();
    assert_eq!(map.len(), pairs.len(), "a key twice");
    for (key, value) in &map {
        assert_eq!(environ.get(key).as_deref(), Some(value.as_str()), "{key}");
        assert!(value.chars().all(|c| c <= '\u{ff}'), "{key} is no native string");
        assert!(
            key == "wsgi.url_scheme"
                || !key.contains(['-', ' ']) && !key.chars().any(|c| c.is_ascii_lowercase()),
            "{key}"
        );
    }
    assert_eq!(
        (&*map["SERVER_NAME"], &*map["SERVER_PORT"], &*map["SCRIPT_NAME"]),
        ("localhost", "80", "")
    );
    assert!(map["PATH_INFO"].starts_with('/') && !map.contains_key("HTTP_PROXY"));
    assert!(!map.contains_key("HTTP_CONTENT_LENGTH") && !map.contains_key("HTTP_CONTENT_TYPE"));
    // Of what a client sends, only decoded paths hold control characters.
    assert!(
        map.iter().all(|(key, value)| key == "PATH_INFO" || !value.contains(['\r', '\n', '\0']))
    );
    start_response.start("200 OK", [("Content-Type", "text/plain")])?;
    Ok("".into())
}
