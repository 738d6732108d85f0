//! What is reported of a request that failed.

use crate::HandlerError;
use std::fmt::Write;

/// What `handle_error` writes: CPython's four parts, with the error and its causes in the place of
/// the traceback. `client_address` is the printed address. Control characters are escaped, since what a client has sent
/// may stand in an error.
///
/// # Examples
///
/// ```
/// let error = "the disk is full".into();
/// assert_eq!(
///     socketserver::error_report("('127.0.0.1', 4711)", &error),
///     "----------------------------------------\n\
///      Exception occurred during processing of request from ('127.0.0.1', 4711)\n\
///      Error: the disk is full\n\
///      ----------------------------------------\n",
/// );
/// ```
pub fn error_report(client_address: &str, error: &HandlerError) -> String {
    let line = "-".repeat(40);
    let mut causes = String::new();
    let mut source = error.source();
    while let Some(cause) = source {
        causes.extend(["caused by: ", &harmless(&cause.to_string()), "\n"]);
        source = cause.source();
    }
    let (client_address, error) = (harmless(client_address), harmless(&error.to_string()));
    format!(
        "{line}\nException occurred during processing of request from {client_address}\n\
         Error: {error}\n{causes}{line}\n"
    )
}

/// Escapes control characters, and indents the further lines of a text: what a client has put into an error or an address
/// forges no line and reaches no terminal.
fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.trim_end().chars() {
        match c {
            '\n' => shown.push_str("\n    "),
            '\t' => shown.push('\t'),
            c if c.is_control() => {
                let _ = write!(shown, "{}", c.escape_default());
            }
            c => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot answer")]
    struct CannotAnswer(#[source] io::Error);

    #[test]
    fn an_error_cannot_forge_a_line_of_a_report() {
        let line = "-".repeat(40);
        let cause = io::Error::other(format!("no /a\n{line}\nException occurred \u{1b}[31m\r\n"));
        let error: HandlerError = CannotAnswer(cause).into();
        assert_eq!(
            error_report("/run/\n{line}", &error),
            format!(
                "{line}\nException occurred during processing of request from /run/\n    {{line}}\n\
                 Error: cannot answer\ncaused by: no /a\n    {line}\n    Exception occurred \\u{{1b}}[31m\n{line}\n"
            )
        );
    }

    #[test]
    fn an_error_report_names_the_causes() {
        let error: HandlerError = CannotAnswer(io::Error::other("the disk is full")).into();
        let line = "-".repeat(40);
        assert_eq!(
            error_report("('::1', 4711, 0, 0)", &error),
            format!(
                "{line}\nException occurred during processing of request from \
                 ('::1', 4711, 0, 0)\nError: cannot answer\ncaused by: the disk is full\n{line}\n"
            )
        );
    }
}
