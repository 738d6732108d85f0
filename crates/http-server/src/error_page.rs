//! The body of error replies (`error_message_format`).

use crate::html::escape_text;

/// CPython's template of error pages, the default of `error_message_format`.
///
/// See [`error_page`] for its placeholders.
pub const DEFAULT_ERROR_MESSAGE: &str = r#"<!DOCTYPE HTML>
<html lang="en">
    <head>
        <meta charset="utf-8">
        <style type="text/css">
            :root {
                color-scheme: light dark;
            }
        </style>
        <title>Error response</title>
    </head>
    <body>
        <h1>Error response</h1>
        <p>Error code: %(code)d</p>
        <p>Message: %(message)s.</p>
        <p>Error code explanation: %(code)s - %(explain)s.</p>
    </body>
</html>
"#;

/// The content type of error pages, the default of `error_content_type`.
pub const DEFAULT_ERROR_CONTENT_TYPE: &str = "text/html;charset=utf-8";

/// Fills a template: `%(code)d`, `%(message)s` and `%(explain)s`, and `%%` for a percent sign.
///
/// Message and explanation are escaped for HTML with quotes untouched. Whatever else follows a percent sign stays as
/// it is; CPython raises there, which would lose the error reply for a slip in the template.
///
/// ```
/// use http_server::error_page;
///
/// assert_eq!(error_page("%(code)d %(message)s: %(explain)s", 404, "No <b>", "\"x\""), "404 No &lt;b&gt;: \"x\"");
/// assert_eq!(error_page("100%% of 50% %(other)s", 404, "", ""), "100% of 50% %(other)s");
/// ```
#[must_use]
pub fn error_page(template: &str, code: u16, message: &str, explain: &str) -> String {
    let code = code.to_string();
    let values = [
        ("%%", "%".into()),
        ("%(code)d", code.as_str().into()),
        ("%(code)s", code.as_str().into()),
        ("%(message)s", escape_text(message)),
        ("%(explain)s", escape_text(explain)),
    ];
    let mut page = String::with_capacity(template.len() + message.len() + explain.len());
    let mut rest = template;
    while let Some(at) = rest.find('%') {
        let (before, from) = rest.split_at(at);
        page.push_str(before);
        let found = values
            .iter()
            .find_map(|(name, value)| Some((value.as_ref(), from.strip_prefix(name)?)));
        // A percent sign that begins none of the placeholders stands for itself.
        let (text, after) = found.unwrap_or(("%", &from[1..]));
        page.push_str(text);
        rest = after;
    }
    page.push_str(rest);
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_the_sizes_that_cpython_sends() {
        let size = |code, message, explain| {
            error_page(DEFAULT_ERROR_MESSAGE, code, message, explain).len()
        };
        assert_eq!(size(404, "File not found", "Nothing matches the given URI"), 460);
        assert_eq!(size(404, "No <such> thing", "Nothing matches the given URI"), 467);
        assert_eq!(size(418, "short & <bold>", "long\n\"text\" & 'more'"), 465);
        assert_eq!(size(999, "???", "???"), 423);
        assert_eq!(
            size(501, "Unsupported method ('FOO')", "Server does not support this operation"),
            481
        );
    }

    #[test]
    fn does_not_fill_what_came_in_by_a_value() {
        assert_eq!(error_page("%(message)s", 400, "%(code)d %%", ""), "%(code)d %%");
    }

    #[test]
    fn takes_any_template() {
        assert_eq!(error_page("", 400, "m", "e"), "");
        assert_eq!(error_page("%", 400, "m", "e"), "%");
        assert_eq!(error_page("%(code", 400, "m", "e"), "%(code");
        assert_eq!(error_page("%\u{e9}%%(code)d", 400, "m", "e"), "%\u{e9}%(code)d");
    }
}
