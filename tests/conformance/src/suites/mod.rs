//! All suites, in the order of the table.

pub mod names;
mod rfc;

use crate::Suite;

/// All suites, in the order of the table.
#[must_use]
pub fn all() -> Vec<Box<dyn Suite>> {
    vec![Box::new(rfc::Rfc::MESSAGES), Box::new(rfc::Rfc::SEMANTICS), Box::new(names::AllNames)]
}
