//! The variables of the request, as the server makes them from what it received.

use super::super::request::Request;
use super::super::scenario::{Place, Scenario, plain, scenario};
use crate::Level::{self, Must, Safe, Should};
use wsgi_util::{native, request_uri};

const VARIABLES: &str = "environ Variables";
const UNICODE: &str = "Unicode Issues";

/// A request, and the variables that are to come of it; `None` for one that is to be absent.
struct Row {
    name: &'static str,
    level: Level,
    about: &'static str,
    request: Request,
    variables: &'static [(&'static str, Option<&'static str>)],
}

pub(super) fn scenarios() -> Vec<Scenario> {
    let rows = rows().into_iter().map(|row| {
        let keys = row.variables;
        scenario(row.name, VARIABLES, row.level, row.about)
            .request(row.request)
            .only(Place::Sockets)
            .app(move |probe, environ, start_response| {
                for (key, _) in keys {
                    let value = environ.get(key).map_or("nothing".to_owned(), |v| format!("{v:?}"));
                    probe.note(format!("{key} is {value}"));
                }
                plain(start_response)?;
                Ok("hello".into())
            })
            .expect(move |played| {
                let of = |(key, value): &(&str, Option<&str>)| {
                    let value = value.map_or("nothing".to_owned(), |v| format!("{v:?}"));
                    format!("{key} is {value}")
                };
                let expected = keys.iter().map(of).collect::<Vec<_>>();
                played.notes(&expected.iter().map(String::as_str).collect::<Vec<_>>())
            })
    });
    rows.chain(wholes()).collect()
}

fn rows() -> Vec<Row> {
    let row =
        |name, level, about, request, variables| Row { name, level, about, request, variables };
    vec![
        row(
            "environ/method",
            Must,
            "REQUEST_METHOD is the method of the request",
            Request::get("/").method("DELETE"),
            &[("REQUEST_METHOD", Some("DELETE"))],
        ),
        row(
            "environ/protocol-1.1",
            Must,
            "SERVER_PROTOCOL is the version that the client used",
            Request::get("/"),
            &[("SERVER_PROTOCOL", Some("HTTP/1.1"))],
        ),
        row(
            "environ/protocol-1.0",
            Must,
            "SERVER_PROTOCOL is the version that the client used, be it an old one",
            Request::get("/").http_1_0(),
            &[("SERVER_PROTOCOL", Some("HTTP/1.0"))],
        ),
        row(
            "environ/path-of-the-root",
            Must,
            "An application at the root has an empty SCRIPT_NAME, and at least / in PATH_INFO",
            Request::get("/"),
            &[("SCRIPT_NAME", Some("")), ("PATH_INFO", Some("/"))],
        ),
        row(
            "environ/path-decoded",
            Must,
            "PATH_INFO is decoded",
            Request::get("/a%20b/%41%2fc;d"),
            &[("PATH_INFO", Some("/a b/A/c;d"))],
        ),
        row(
            "environ/path-decoded-once",
            Must,
            "PATH_INFO is decoded once only",
            Request::get("/%2541"),
            &[("PATH_INFO", Some("/%41"))],
        ),
        row(
            "environ/path-native-string",
            Must,
            "Bytes of the path that are no ASCII are one character each in PATH_INFO",
            Request::get("/%E2%82%AC%FF"),
            &[("PATH_INFO", Some("/\u{e2}\u{82}\u{ac}\u{ff}"))],
        ),
        row(
            "environ/path-of-an-absolute-target",
            Must,
            "The path and the host of an absolute target are found where those of others are",
            Request::get("http://example.org:81/x?y"),
            &[
                ("PATH_INFO", Some("/x")),
                ("QUERY_STRING", Some("y")),
                ("HTTP_HOST", Some("example.org:81")),
            ],
        ),
        row(
            "environ/query-as-it-came",
            Must,
            "QUERY_STRING is what follows the first question mark, not decoded",
            Request::get("/?a=%20b+c&d=?e/f"),
            &[("QUERY_STRING", Some("a=%20b+c&d=?e/f"))],
        ),
        row(
            "environ/query-empty",
            Should,
            "QUERY_STRING is there without a query, and empty",
            Request::get("/"),
            &[("QUERY_STRING", Some(""))],
        ),
        row(
            "environ/content-type",
            Must,
            "CONTENT_TYPE is that field of the request, and HTTP_CONTENT_TYPE is not there",
            Request::post("{}").field("Content-Type", "application/json; a=b"),
            &[("CONTENT_TYPE", Some("application/json; a=b")), ("HTTP_CONTENT_TYPE", None)],
        ),
        row(
            "environ/content-type-not-invented",
            Must,
            "A request without Content-Type has an empty CONTENT_TYPE or none",
            Request::post("{}"),
            &[("CONTENT_TYPE", None)],
        ),
        row(
            "environ/content-length",
            Must,
            "CONTENT_LENGTH is that field of the request, and HTTP_CONTENT_LENGTH is not there",
            Request::post("twelve bytes"),
            &[("CONTENT_LENGTH", Some("12")), ("HTTP_CONTENT_LENGTH", None)],
        ),
        row(
            "environ/content-length-of-chunks",
            Must,
            "A chunked body has no CONTENT_LENGTH, not even an empty one that would deny it",
            Request::post("twelve bytes").chunked(5),
            &[("CONTENT_LENGTH", None)],
        ),
        row(
            "environ/fields",
            Must,
            "Each field of the request is a variable: HTTP_, capitals, underscores for dashes",
            Request::get("/").field("X-Some-Field", "a: b  c").field("accept", "*/*"),
            &[("HTTP_X_SOME_FIELD", Some("a: b  c")), ("HTTP_ACCEPT", Some("*/*"))],
        ),
        row(
            "environ/fields-trimmed",
            Must,
            "The value of a field has no white space around it",
            Request::get("/").field("X-A", " \t a b \t "),
            &[("HTTP_X_A", Some("a b"))],
        ),
        row(
            "environ/fields-repeated",
            Must,
            "Fields of the same name are joined by commas, in their order",
            Request::get("/").field("X-A", "1").field("X-B", "b").field("x-a", "2"),
            &[("HTTP_X_A", Some("1,2"))],
        ),
        row(
            "environ/cookies-joined",
            Must,
            "Several Cookie fields are joined by semicolons, as a comma may be part of one",
            Request::get("/").field("Cookie", "a=1").field("Cookie", "b=2"),
            &[("HTTP_COOKIE", Some("a=1; b=2"))],
        ),
        row(
            "environ/fields-native-string",
            Must,
            "Bytes of a field that are no ASCII are one character each",
            Request::get("/").field("X-A", "caf\u{e9} \u{ff}"),
            &[("HTTP_X_A", Some("caf\u{e9} \u{ff}"))],
        ),
        row(
            "environ/host",
            Must,
            "HTTP_HOST is the Host field",
            Request::get("/"),
            &[("HTTP_HOST", Some("localhost:8000"))],
        ),
        row(
            "environ/client-address",
            Should,
            "REMOTE_ADDR is the address of the client",
            Request::get("/"),
            &[("REMOTE_ADDR", Some("127.0.0.1"))],
        ),
        row(
            "environ/underscores-cannot-pose",
            Safe,
            "A field with an underscore cannot pose as the one with a dash",
            Request::get("/").field("X_Forwarded_User", "root").field("X-Forwarded-User", "me"),
            &[("HTTP_X_FORWARDED_USER", Some("me"))],
        ),
        row(
            "environ/proxy-cannot-pose",
            Safe,
            "The field Proxy cannot pose as the variable HTTP_PROXY, which libraries obey (httpoxy)",
            Request::get("/").field("Proxy", "http://evil"),
            &[("HTTP_PROXY", None)],
        ),
        row(
            "environ/user-cannot-be-claimed",
            Safe,
            "REMOTE_USER and AUTH_TYPE are what a server has found out: no field of the request is taken for them",
            Request::get("/")
                .field("Remote-User", "root")
                .field("Auth-Type", "Basic")
                .field("Authorization", "Basic cm9vdDo="),
            &[
                ("REMOTE_USER", None),
                ("AUTH_TYPE", None),
                ("HTTP_REMOTE_USER", Some("root")),
                ("HTTP_AUTHORIZATION", Some("Basic cm9vdDo=")),
            ],
        ),
        row(
            "environ/server-cannot-be-claimed",
            Safe,
            "Fields with the names of variables of the server are not taken for them",
            Request::get("/")
                .field("Server-Port", "1")
                .field("Path-Info", "/evil")
                .field("Script-Name", "/evil"),
            &[
                ("PATH_INFO", Some("/")),
                ("SCRIPT_NAME", Some("")),
                ("HTTP_PATH_INFO", None),
                ("HTTP_SCRIPT_NAME", None),
                ("HTTP_SERVER_PORT", None),
            ],
        ),
        row(
            "environ/path-of-slashes",
            Safe,
            "A path that begins with several slashes is one of this server: `//host/x` is the path `/host/x`",
            Request::get("//example.org/x"),
            &[("PATH_INFO", Some("/example.org/x"))],
        ),
        row(
            "environ/scheme-cannot-be-claimed",
            Safe,
            "A field of the request is no variable of the server: the client does not choose the scheme",
            Request::get("/").field("Https", "on").field("wsgi.url_scheme", "https"),
            &[("HTTPS", None), ("wsgi.url_scheme", Some("http"))],
        ),
    ]
}

/// Rules about all variables at once.
fn wholes() -> Vec<Scenario> {
    vec![
        scenario(
            "environ/native-strings",
            UNICODE,
            Must,
            "Every variable of the request is a native string: characters up to U+00FF, one for each byte",
        )
        .request(Request::get("/%F0%9F%98%80?%ff").field("X-A", "\u{80}\u{ff}"))
        .app(|probe, environ, start_response| {
            for (key, value) in environ.iter() {
                if native::first_non_native(&value).is_some() {
                    probe.note(format!("{key} is {value:?}"));
                }
            }
            plain(start_response)?;
            Ok("hello".into())
        })
        .expect(|played| played.notes(&[])),
        scenario(
            "environ/server-name-and-port",
            VARIABLES,
            Must,
            "SERVER_NAME and SERVER_PORT are there and never empty, and the port is a number",
        )
        .app(|_, environ, start_response| {
            plain(start_response)?;
            let of = |key| environ.get(key).unwrap_or_default();
            let (name, port) = (of("SERVER_NAME"), of("SERVER_PORT"));
            Ok(format!("{} {}", !name.is_empty(), port.parse::<u16>().is_ok()).into())
        })
        .expect(|played| played.ok("true true")),
        scenario(
            "environ/server-software",
            VARIABLES,
            Should,
            "SERVER_SOFTWARE names the server",
        )
        .only(Place::Sockets)
        .app(|_, environ, start_response| {
            plain(start_response)?;
            Ok(environ.get("SERVER_SOFTWARE").unwrap_or_default().into_owned().into())
        })
        .expect(|played| played.ok("WSGIServer")),
        scenario(
            "environ/no-process-environment",
            VARIABLES,
            Safe,
            "The environment of the process is none of the application's: a stale HTTPS or HTTP_ variable would pose as the request's",
        )
        .only(Place::Sockets)
        .app(|probe, environ, start_response| {
            // Values that happen to be the same, such as an empty one, prove nothing.
            for (key, _) in std::env::vars().filter(|(key, _)| !key.starts_with("SERVER_")) {
                if environ.contains_key(&key) {
                    probe.note(key);
                }
            }
            plain(start_response)?;
            Ok("hello".into())
        })
        .expect(|played| played.notes(&[])),
        scenario(
            "environ/url-can-be-reconstructed",
            "URL Reconstruction",
            Must,
            "The URL of the request can be put together again from the variables",
        )
        .request(Request::get("/a%20b/c?d=%20e"))
        .app(|_, environ, start_response| {
            plain(start_response)?;
            Ok(request_uri(environ, true)?.into())
        })
        .expect(|played| played.ok("http://localhost:8000/a%20b/c?d=%20e")),
    ]
}
