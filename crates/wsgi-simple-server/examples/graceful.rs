//! A server that ends well: Ctrl-C lets running requests end, a second one does not.
//!
//! ```text
//! cargo run --example graceful [ADDRESS:PORT]
//! curl http://127.0.0.1:8000/5000      # takes so many milliseconds; press Ctrl-C meanwhile
//! ```

use std::error::Error;
use std::thread;
use std::time::Duration;
use wsgi_simple_server::socketserver::engine::EngineOptions;
use wsgi_simple_server::{AppResult, Environ, StartResponse, WsgiServer};

/// Takes as many milliseconds as the path says.
fn slow_app(environ: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
    let path = environ.get("PATH_INFO").unwrap_or_default().into_owned();
    let millis = path.trim_start_matches('/').parse().unwrap_or(1000);
    writeln!(environ.errors(), "working for {millis} ms")?;
    thread::sleep(Duration::from_millis(millis));
    start_response.start("200 OK", [("Content-Type", "text/plain")])?;
    Ok("Done.\n".into())
}

fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8000".to_owned());
    let httpd = WsgiServer::bind(address.as_str())?;
    httpd.set_app(slow_app);
    // Those who run have 10 s to end.
    let httpd = httpd.engine_with(EngineOptions::default().graceful(Duration::from_secs(10)));
    println!("Serving on http://{}/ ...", httpd.server_address());

    // Each Ctrl-C and each SIGTERM asks once more: the first one gracefully, the second one for the end now.
    let stop = httpd.shutdown_handle();
    ctrlc::set_handler(move || stop.request_shutdown())?;
    httpd.serve_forever()?;
    println!("Served.");
    Ok(())
}
