//! A `start_response` that remembers what it was told, and a server that runs one application with it.

use wsgi_util::{AppError, Application, Environ, Headers, ResponseIterable, StartResponse};

/// What a server would have sent.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    /// The status of the last `start_response`.
    pub(crate) status: Option<String>,
    /// Its headers.
    pub(crate) headers: Headers,
    /// The body.
    pub(crate) sent: Vec<u8>,
}

impl StartResponse for Recorder {
    fn start_response(
        &mut self,
        status: &str,
        headers: Headers,
        exc_info: Option<AppError>,
    ) -> Result<(), AppError> {
        if let Some(error) = exc_info.filter(|_| !self.sent.is_empty()) {
            return Err(error);
        }
        self.status = Some(status.to_owned());
        self.headers = headers;
        Ok(())
    }

    fn write(&mut self, data: &[u8]) -> Result<(), AppError> {
        self.sent.extend_from_slice(data);
        Ok(())
    }
}

impl Recorder {
    /// Answers one request, as far as it gets.
    pub(crate) fn run(
        app: &dyn Application,
        environ: &mut Environ<'_>,
    ) -> (Recorder, Result<(), AppError>) {
        let mut recorder = Recorder::default();
        let result = recorder.serve(app, environ);
        (recorder, result)
    }

    fn serve(&mut self, app: &dyn Application, environ: &mut Environ<'_>) -> Result<(), AppError> {
        let mut body = app.call(environ, self)?;
        let mut sent = Ok(());
        while sent.is_ok() {
            match body.next_chunk(environ, self) {
                Ok(Some(chunk)) => sent = self.write(&chunk),
                Ok(None) => break,
                Err(error) => sent = Err(error),
            }
        }
        sent.and(body.close(environ))
    }
}
