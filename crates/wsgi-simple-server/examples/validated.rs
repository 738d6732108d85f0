//! An application watched by the validator, from the documentation of `wsgiref.validate`.
//!
//! ```text
//! cargo run --example validated [ADDRESS:PORT]
//! ```

use std::io;
use wsgi_simple_server::wsgi_util::validate::validator;
use wsgi_simple_server::{AppResult, Environ, StartResponse, make_server};

/// Our callable object, which is intentionally not compliant to the standard below `/broken`, so the validator is
/// going to break it.
fn simple_app(environ: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
    let status = "200 OK";
    if environ.get("PATH_INFO").as_deref() == Some("/broken") {
        start_response.start::<&str, &str>(status, [])?; // A response with a body needs a Content-Type
    } else {
        start_response.start(status, [("Content-type", "text/plain")])?;
    }
    Ok("Hello World".into())
}

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8000".to_owned());
    let (host, port) = address.rsplit_once(':').unwrap_or((&address, "8000"));
    let port = port.parse().map_err(io::Error::other)?;

    // This is the application wrapped in a validator
    let validator_app = validator(simple_app);

    let httpd = make_server(host, port, validator_app)?;
    println!("Serving on http://{}/ ...", httpd.server_address());
    httpd.serve_forever()
}
