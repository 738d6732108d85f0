//! How the tests run an application: all at once. `tests/stepwise` has them do it step by step.

use wsgi_handlers::{BaseHandler, Outcome, Run};
use wsgi_util::{AppError, Application};

pub(crate) trait Drive<'e>: BaseHandler<'e> {
    fn drive<A: Application + ?Sized>(&mut self, application: &A) -> Result<Outcome, AppError> {
        self.run(application)
    }
}

impl<'e, H: BaseHandler<'e> + ?Sized> Drive<'e> for H {}
