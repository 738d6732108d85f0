//! How an error looks in the log.

use std::error::Error;
use std::fmt::Write as _;

/// The lines for an error and its causes, at most `limit` of them.
pub(crate) fn exception_text(error: &(dyn Error + 'static), limit: Option<usize>) -> String {
    let mut text = String::new();
    push_message(&mut text, "Error: ", error);
    let mut left = limit.unwrap_or(usize::MAX);
    let mut next = error.source();
    while let (Some(cause), 1..) = (next, left) {
        push_message(&mut text, "  Caused by: ", cause);
        next = cause.source();
        left -= 1;
    }
    text
}

/// Appends a message, its further lines indented and its control characters escaped.
fn push_message(text: &mut String, prefix: &str, error: &dyn Error) {
    text.push_str(prefix);
    // Writing to a string cannot fail, and an error whose `Display` does is cut there.
    let message_start = text.len();
    let _ = write!(text, "{error}");
    let message = text.split_off(message_start);
    for c in message.trim_end().chars() {
        match c {
            '\n' => text.push_str("\n    "),
            '\t' => text.push('\t'),
            c if c.is_control() => text.extend(c.escape_default()),
            c => text.push(c),
        }
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt;

    #[derive(Debug)]
    struct Chained(&'static str, Option<Box<Chained>>);

    impl fmt::Display for Chained {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Chained {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.1.as_deref().map(|cause| cause as _)
        }
    }

    #[test]
    fn causes_follow_the_error() {
        let error = Chained(
            "top",
            Some(Box::new(Chained("middle", Some(Box::new(Chained("bottom", None)))))),
        );
        assert_eq!(
            exception_text(&error, None),
            "Error: top\n  Caused by: middle\n  Caused by: bottom\n"
        );
        assert_eq!(exception_text(&error, Some(1)), "Error: top\n  Caused by: middle\n");
        assert_eq!(exception_text(&error, Some(0)), "Error: top\n");
    }

    #[test]
    fn a_message_cannot_forge_a_line() {
        let error = Chained("one\n127.0.0.1 - - \"GET /\" 200 -\x1b[31m\r\n", None);
        assert_eq!(
            exception_text(&error, None),
            "Error: one\n    127.0.0.1 - - \"GET /\" 200 -\\u{1b}[31m\n"
        );
    }
}
