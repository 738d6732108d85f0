//! The `wsgi.` keys.

use super::super::request::Request;
use super::super::scenario::{Scenario, plain, scenario};
use crate::Level::{Must, Should};
use wsgi_util::EnvironValue;

const VARIABLES: &str = "environ Variables";

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        scenario(
            "keys/all-there",
            VARIABLES,
            Must,
            "wsgi.version, url_scheme, input, errors, multithread, multiprocess and run_once are in every environ",
        )
        .app(|probe, environ, start_response| {
            for key in ["version", "url_scheme", "input", "errors", "multithread", "multiprocess", "run_once"] {
                if !environ.contains_key(&format!("wsgi.{key}")) {
                    probe.note(format!("wsgi.{key} is missing"));
                }
            }
            plain(start_response)?;
            Ok("hello".into())
        })
        .expect(|played| played.notes(&[])),
        scenario(
            "keys/types",
            VARIABLES,
            Must,
            "The version is a pair of numbers, the scheme a string, the flags are truth values, the streams objects",
        )
        .app(|_, environ, start_response| {
            plain(start_response)?;
            let kind = |value: &EnvironValue| match value {
                EnvironValue::Str(_) => "str",
                EnvironValue::Bool(_) => "bool",
                EnvironValue::Version(..) => "version",
                _ => "object",
            };
            let wsgi = environ.items().into_iter().filter(|(key, _)| {
                key.strip_prefix("wsgi.").is_some_and(|key| key != "file_wrapper" && key != "input_terminated")
            });
            let mut kinds = wsgi.map(|(key, value)| format!("{key}: {}", kind(&value))).collect::<Vec<_>>();
            kinds.sort();
            Ok(kinds.join("\n").into())
        })
        .expect(|played| {
            played.ok(
                "wsgi.errors: object\nwsgi.input: object\nwsgi.multiprocess: bool\nwsgi.multithread: bool\n\
                 wsgi.run_once: bool\nwsgi.url_scheme: str\nwsgi.version: version",
            )
        }),
        scenario("keys/version", VARIABLES, Must, "wsgi.version is (1, 0)")
            .app(|_, environ, start_response| {
                plain(start_response)?;
                Ok(format!("{:?}", environ.version()).into())
            })
            .expect(|played| played.ok("(1, 0)")),
        scenario(
            "keys/url-scheme",
            VARIABLES,
            Must,
            "wsgi.url_scheme is the scheme at which the application is invoked",
        )
        .app(|_, environ, start_response| {
            plain(start_response)?;
            Ok(environ.url_scheme().to_owned().into())
        })
        .expect(|played| played.ok("http")),
        scenario(
            "keys/file-wrapper",
            "Optional Platform-Specific File Handling",
            Should,
            "wsgi.file_wrapper is there where files may be returned",
        )
        .app(|_, environ, start_response| {
            plain(start_response)?;
            Ok(environ.contains_key("wsgi.file_wrapper").to_string().into())
        })
        .expect(|played| played.ok("true")),
        scenario(
            "keys/input-terminated",
            "Input and Error Streams",
            Should,
            "wsgi.input_terminated says that the input ends by itself",
        )
        .request(Request::post("body"))
        .app(|_, environ, start_response| {
            plain(start_response)?;
            Ok(environ.input_terminated().to_string().into())
        })
        .expect(|played| played.ok("true")),
    ]
}
