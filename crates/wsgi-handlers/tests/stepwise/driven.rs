//! How the tests run an application: step by step.

use wsgi_handlers::{BaseHandler, Outcome, ResponseState, Run};
use wsgi_util::{AppError, Application};

pub(crate) trait Drive<'e>: BaseHandler<'e> {
    fn drive<A: Application + ?Sized>(&mut self, application: &A) -> Result<Outcome, AppError> {
        let mut run = self.begin(application);
        let outcome = loop {
            if let Some(outcome) = self.step(&mut run)? {
                break outcome;
            }
            assert_ne!(run.response.state(), ResponseState::Finished, "there is more to come");
        };
        assert!(run.result.is_none(), "it is closed");
        assert_eq!(self.step(&mut run)?, Some(outcome), "nothing happens after the end");
        Ok(outcome)
    }
}

impl<'e, H: BaseHandler<'e> + ?Sized> Drive<'e> for H {}
