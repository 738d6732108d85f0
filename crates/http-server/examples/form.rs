//! A form: GET shows it, POST answers `You submitted ...`.
//!
//! What browsers send is decoded with the crate `percent-encoding`.
//!
//! ```text
//! cargo run -p http-server --example form [ADDRESS:PORT]
//! ```

use http_server::{BaseHttpRequestHandler, Exchange, Serve, ThreadingHttpServer, html};
use std::io::{self, Read, Write};

const FORM: &str = r#"<!DOCTYPE html>
<title>A form</title>
<form method="post">
    <label>Say something: <input name="text" autofocus></label>
    <button>Submit</button>
</form>
"#;

struct FormHandler;

impl FormHandler {
    fn send_page(&self, x: &mut Exchange<'_>, page: &str) -> io::Result<()> {
        x.send_response(200)?;
        x.send_header("Content-Type", "text/html; charset=utf-8")?;
        x.send_header("Content-Length", &page.len().to_string())?;
        x.end_headers()?;
        x.wfile.write_all(page.as_bytes())
    }
}

impl BaseHttpRequestHandler for FormHandler {
    fn do_get(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        self.send_page(x, FORM)
    }

    fn do_post(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        // The body ends by itself: no Content-Length to look at, and chunked bodies work too.
        let mut body = Vec::new();
        x.rfile.by_ref().take(10_000).read_to_end(&mut body)?;
        let Some(text) = form_value(&body, "text") else {
            return x.send_error_explained(400, "No text", "The form has a field named text.");
        };
        // What a visitor typed is never part of a page as it is.
        let page = format!("<!DOCTYPE html>\n<p>You submitted {}</p>\n", html::escape(&text));
        self.send_page(x, &page)
    }
}

/// The first value of a name in a form as browsers encode it: `name=value&other=a+b%21`.
fn form_value(body: &[u8], name: &str) -> Option<String> {
    body.split(|&byte| byte == b'&').find_map(|pair| {
        let value = pair.strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
        Some(unquote_plus(value))
    })
}

/// Reads `+` as a blank and `%21` as `!`, as Python's `urllib.parse.unquote_plus`.
fn unquote_plus(text: &[u8]) -> String {
    let blanks: Vec<u8> = text.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
    percent_encoding::percent_decode(&blanks).decode_utf8_lossy().into_owned()
}

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8000".to_owned());
    let httpd = ThreadingHttpServer::bind(address.as_str(), || FormHandler)?;
    println!("Serving a form on http://{}/ ...", httpd.server_address());
    httpd.serve_forever()
}
