//! A WSGI application as a CGI program.
//!
//! Build it, and put the program where your web server looks for CGI programs:
//!
//! ```text
//! cargo build --release --example cgi_hello
//! cp target/release/examples/cgi_hello /usr/lib/cgi-bin/
//! ```
//!
//! Or play the web server yourself:
//!
//! ```text
//! REQUEST_METHOD=GET PATH_INFO=/ann cargo run --example cgi_hello
//! ```

use wsgi_handlers::wsgi_util::{AppError, AppResult, Environ, StartResponse};
use wsgi_handlers::{CgiHandler, Run};

/// Greets whom the path names, and says what was posted. It does not know that it runs as a CGI program.
fn hello_app(environ: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
    let path = environ.get_utf8("PATH_INFO")?.unwrap_or_default();
    let name = match path.trim_matches('/') {
        "" => "world",
        name => name,
    };
    let mut page = format!("Hello {name}!\n");

    let mut body = String::new();
    environ.input().read_to_string(&mut body)?;
    if !body.is_empty() {
        page += &format!("You submitted {body}\n");
    }

    start_response.start("200 OK", [("Content-Type", "text/plain; charset=utf-8")])?;
    Ok(page.into())
}

fn main() -> Result<(), AppError> {
    CgiHandler::new().run(&hello_app)?;
    Ok(())
}
