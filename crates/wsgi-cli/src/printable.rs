//! Names that others have chosen, on a terminal.

use std::fmt::{self, Write as _};

/// A text whose line ends and terminal commands are shown, and not obeyed.
pub(crate) struct Printable<T>(pub(crate) T);

impl<T: AsRef<str>> fmt::Display for Printable<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.as_ref().chars() {
            match c.is_control() {
                true => write!(f, "{}", c.escape_default())?,
                false => f.write_char(c)?,
            }
        }
        Ok(())
    }
}
