//! The handlers of the recorded cases (`Base` and `Base11` of `golden/record_golden.py`).

use std::io::{self, Read, Write};

use http_server::repr::bytes_repr;
use http_server::{Base, BaseHttpRequestHandler, Exchange, HandlerOptions};

use crate::ascii::ascii;
use crate::corrected::HOST;

/// Replies with what it parsed; a few extra methods show single features.
#[derive(Debug)]
pub struct Recorded {
    options: HandlerOptions,
    hides_host: bool,
}

impl Recorded {
    /// A handler that speaks the given version of HTTP.
    ///
    /// With `hides_host`, the Host field of a [corrected request](crate::corrected) is not shown.
    #[must_use]
    pub fn new(protocol_version: &'static str, hides_host: bool) -> Self {
        Self { options: HandlerOptions::new().protocol_version(protocol_version), hides_host }
    }
}

impl BaseHttpRequestHandler for Recorded {
    fn options(&self) -> &HandlerOptions {
        &self.options
    }

    fn do_get(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        if x.path() == "/missing" {
            return x.send_error(404, "No <such> thing");
        }
        let mut text = format!("{} {} {}\n", x.command(), ascii(x.path()), x.request_version());
        for (name, value) in x.headers().iter() {
            if !(self.hides_host && name == "Host" && value == HOST) {
                text += &format!("{}: {}\n", ascii(name), ascii(&value));
            }
        }
        text += if x.close_connection { "close=True\n" } else { "close=False\n" };
        reply(x, &text)
    }

    fn do_head(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        self.do_get(x)
    }

    fn do_post(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        let length =
            x.headers().get("Content-Length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let mut data = Vec::new();
        Read::take(&mut x.rfile, length).read_to_end(&mut data)?;
        reply(x, &format!("read {}\n", bytes_repr(&data)))
    }

    fn do_method(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        match x.command() {
            "IGNORE" => reply(x, "body not read\n"),
            "TEST" => {
                x.send_response(204)?;
                x.send_header("Connection", "close")?;
                x.end_headers()
            }
            "KEEP" => {
                x.send_response(200)?;
                x.send_header("Content-Length", "0")?;
                x.send_header("Connection", "keep-alive")?;
                x.end_headers()
            }
            "STATUS" => {
                let code = x.path()[1..].parse().expect("the recorded paths are numbers");
                x.send_error(code, None)
            }
            "EXPLAIN" => x.send_error_explained(418, "short & <bold>", "long\n\"text\" & 'more'"),
            "ODD" => {
                x.send_response(299)?;
                x.send_response_only(298, None)?;
                x.send_header("X-Odd", "caf\u{e9}")?;
                x.end_headers()
            }
            "RAISE" => Err(io::Error::other("from the handler")),
            _ => Base.do_method(x),
        }
    }

    fn handle_expect_100(&self, x: &mut Exchange<'_>) -> io::Result<bool> {
        if x.path() == "/reject" {
            x.send_error(417, None)?;
            return Ok(false);
        }
        Base.handle_expect_100(x)
    }
}

fn reply(x: &mut Exchange<'_>, text: &str) -> io::Result<()> {
    x.send_response(200)?;
    x.send_header("Content-Type", "text/plain")?;
    x.send_header("Content-Length", &text.len().to_string())?;
    x.end_headers()?;
    if x.command() != "HEAD" {
        x.wfile.write_all(text.as_bytes())?;
    }
    Ok(())
}
