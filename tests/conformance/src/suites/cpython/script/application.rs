//! A WSGI application that does what a script says (`Run` and `application` of `cpython/oracle.py`).

use super::{AppStep, ApplicationScript, Returns, latin1};
use http_server::repr::bytes_repr;
use std::io::Cursor;
use wsgi_util::{
    AppError, AppResult, Application, Body, Chunk, Environ, FileWrapper, ResponseIterable,
    StartResponse,
};
use wsgiref_tests::ascii::ascii;

/// The application of a script.
pub(crate) fn scripted_application(script: ApplicationScript) -> impl Application + 'static {
    move |environ: &mut Environ<'_>, start_response: &mut dyn StartResponse| -> AppResult {
        let mut run = Run { steps: script.steps.clone().into_iter(), returns: script.returns };
        match script.returns {
            Returns::List => Ok(run.all(environ, start_response)?.into()),
            Returns::File => {
                let content = run.all(environ, start_response)?.concat();
                Ok(FileWrapper::with_blksize(Cursor::new(content), 16).into())
            }
            Returns::Iterator | Returns::Closing | Returns::FailingClose => Ok(Body::iterable(run)),
        }
    }
}

/// One call of the application.
struct Run {
    steps: std::vec::IntoIter<AppStep>,
    returns: Returns,
}

impl Run {
    fn all(
        &mut self,
        environ: &mut Environ<'_>,
        start_response: &mut dyn StartResponse,
    ) -> Result<Vec<Vec<u8>>, AppError> {
        let mut pieces = Vec::new();
        while let Some(piece) = self.next(environ, start_response)? {
            pieces.push(piece);
        }
        Ok(pieces)
    }

    /// Does steps until one gives a piece of the body.
    fn next(
        &mut self,
        environ: &mut Environ<'_>,
        start_response: &mut dyn StartResponse,
    ) -> Result<Option<Vec<u8>>, AppError> {
        for step in self.steps.by_ref() {
            if let Some(piece) = perform(step, environ, start_response)? {
                return Ok(Some(piece));
            }
        }
        Ok(None)
    }
}

impl ResponseIterable for Run {
    fn next_chunk(
        &mut self,
        environ: &mut Environ<'_>,
        start_response: &mut dyn StartResponse,
    ) -> Result<Option<Chunk>, AppError> {
        Ok(self.next(environ, start_response)?.map(Chunk::Owned))
    }

    fn close(&mut self, environ: &mut Environ<'_>) -> Result<(), AppError> {
        match self.returns {
            Returns::Closing => Ok(writeln!(environ.errors(), "close called")?),
            Returns::FailingClose => Err("from close".into()),
            Returns::List | Returns::Iterator | Returns::File => Ok(()),
        }
    }
}

fn perform(
    step: AppStep,
    environ: &mut Environ<'_>,
    start_response: &mut dyn StartResponse,
) -> Result<Option<Vec<u8>>, AppError> {
    match step {
        AppStep::Start { status, headers } => {
            start_response.start(&status, headers)?;
        }
        AppStep::Restart { status, headers, text } => {
            start_response.restart(&status, headers, text)?;
        }
        AppStep::Write { data } => start_response.write(&latin1(&data))?,
        AppStep::Piece { data } => return Ok(Some(latin1(&data))),
        AppStep::Environ { key } => {
            let value = environ.get(&key).map_or("None".to_owned(), |value| ascii(&value));
            return Ok(Some(format!("{key} = {value}\n").into_bytes()));
        }
        AppStep::Read { size } => {
            let data = environ.input().read_n(size)?;
            return Ok(Some(format!("{}\n", bytes_repr(&data)).into_bytes()));
        }
        AppStep::Readline => {
            let data = environ.input().readline(None)?;
            return Ok(Some(format!("{}\n", bytes_repr(&data)).into_bytes()));
        }
        AppStep::Errors { text } => writeln!(environ.errors(), "{text}")?,
        AppStep::Fail { text } => return Err(text.into()),
    }
    Ok(None)
}
