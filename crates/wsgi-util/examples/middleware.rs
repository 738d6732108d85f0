//! Calls an application by hand, as a server does, and once more through middleware.
//!
//! The middleware lets the application see a path without its first segment, adds a header to the response, turns
//! the text into capitals and hands `close` on.

use wsgi_util::{
    AppError, AppResult, Application, Body, Chunk, Environ, Headers, ResponseIterable,
    StartResponse, setup_testing_defaults, shift_path_info,
};

fn main() -> Result<(), AppError> {
    print!("{}", transcript()?);
    Ok(())
}

/// What the two requests give.
pub(crate) fn transcript() -> Result<String, AppError> {
    let plain = answer(&greet, "/shop/shelf")?;
    let loud = answer(&Loud { app: greet }, "/shop/shelf")?;
    Ok(format!("{plain}\n{loud}"))
}

/// The application.
fn greet(environ: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
    start_response.start("200 OK", [("Content-Type", "text/plain")])?;
    let path = environ.get_utf8("PATH_INFO")?.unwrap_or_default().into_owned();
    Ok(vec!["hello from ".to_owned(), path, "\n".to_owned()].into())
}

/// The middleware.
struct Loud<A> {
    app: A,
}

impl<A: Application> Application for Loud<A> {
    fn call(&self, environ: &mut Environ<'_>, start_response: &mut dyn StartResponse) -> AppResult {
        shift_path_info(environ);
        let body = self.app.call(environ, &mut AddHeader { start_response })?;
        Ok(Body::iterable(LoudBody { body }))
    }
}

/// Adds a header to whatever response goes through it.
struct AddHeader<'s> {
    start_response: &'s mut dyn StartResponse,
}

impl StartResponse for AddHeader<'_> {
    fn start_response(
        &mut self,
        status: &str,
        mut headers: Headers,
        exc_info: Option<AppError>,
    ) -> Result<(), AppError> {
        headers.add_header("X-Loud", "yes", &[("letters", Some("all"))])?;
        self.start_response.start_response(status, headers, exc_info)
    }

    fn write(&mut self, data: &[u8]) -> Result<(), AppError> {
        self.start_response.write(&data.to_ascii_uppercase())
    }
}

/// The body of the response, in capitals.
struct LoudBody {
    body: Body,
}

impl ResponseIterable for LoudBody {
    fn next_chunk(
        &mut self,
        environ: &mut Environ<'_>,
        start_response: &mut dyn StartResponse,
    ) -> Result<Option<Chunk>, AppError> {
        let chunk = self.body.next_chunk(environ, &mut AddHeader { start_response })?;
        Ok(chunk.map(|chunk| chunk.to_ascii_uppercase().into()))
    }

    fn size_hint(&self) -> Option<usize> {
        self.body.size_hint()
    }

    fn close(&mut self, environ: &mut Environ<'_>) -> Result<(), AppError> {
        self.body.close(environ)
    }
}

/// What a server does, without a client: it calls the application, writes what it gives, and closes it.
fn answer(app: &dyn Application, path: &str) -> Result<String, AppError> {
    let mut environ = Environ::new();
    environ.insert_utf8("PATH_INFO", path);
    setup_testing_defaults(&mut environ);

    let mut response = Response::default();
    let mut body = app.call(&mut environ, &mut response)?;
    let sent = send(&mut body, &mut environ, &mut response);
    // However it went, the body is closed, and once.
    body.close(&mut environ)?;
    sent?;
    Ok(format!(
        "{}\n{}{}",
        response.status,
        response.headers,
        String::from_utf8_lossy(&response.body)
    ))
}

/// Writes a body, piece by piece.
fn send(
    body: &mut Body,
    environ: &mut Environ<'_>,
    response: &mut Response,
) -> Result<(), AppError> {
    while let Some(chunk) = body.next_chunk(environ, response)? {
        response.write(&chunk)?;
    }
    Ok(())
}

/// A response in memory.
#[derive(Default)]
struct Response {
    status: String,
    headers: Headers,
    body: Vec<u8>,
}

impl StartResponse for Response {
    fn start_response(
        &mut self,
        status: &str,
        headers: Headers,
        exc_info: Option<AppError>,
    ) -> Result<(), AppError> {
        match exc_info {
            Some(error) if !self.body.is_empty() => return Err(error),
            _ => {}
        }
        self.status = status.to_owned();
        self.headers = headers;
        Ok(())
    }

    fn write(&mut self, data: &[u8]) -> Result<(), AppError> {
        self.body.extend_from_slice(data);
        Ok(())
    }
}
