//! All suites, in the order of the table.

mod corpus;
pub mod cpython;
pub mod names;
pub(crate) mod pep3333;
mod rfc;
mod timeouts;
mod torture;

use crate::Suite;

/// All suites, in the order of the table.
#[must_use]
pub fn all() -> Vec<Box<dyn Suite>> {
    vec![
        Box::new(cpython::Cpython),
        Box::new(rfc::Rfc::MESSAGES),
        Box::new(rfc::Rfc::SEMANTICS),
        Box::new(corpus::Corpus),
        Box::new(pep3333::Pep3333),
        Box::new(timeouts::Timeouts),
        Box::new(torture::Torture),
        Box::new(names::AllNames),
    ]
}
