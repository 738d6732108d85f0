//! Fields that our directory server sends and CPython's does not.
//!
//! They stand in nearly every answer of it, and are taken out before the comparison, so that the rest of each answer is
//! still held to CPython's, byte for byte. Lines of `DIFFERENCES.md` name them: `entity-tags` and `accept-ranges`.

use std::sync::LazyLock;

use regex::Regex;

use crate::golden::{Answer, Case};

/// The answer to a case without these fields.
#[must_use]
pub fn without(case: &Case, answer: &Answer) -> Answer {
    static FIELDS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new("(?m)^(?:ETag: (?:W/)?\"[!#-~]+\"|Accept-Ranges: bytes)\r\n")
            .expect("a valid pattern")
    });
    let serves_a_directory = ["static", "extra"].iter().any(|kind| case.server.starts_with(kind));
    if !serves_a_directory {
        return answer.clone();
    }
    Answer { response: FIELDS.replace_all(&answer.response, "").into_owned(), ..answer.clone() }
}

#[cfg(test)]
mod tests {
    use super::without;
    use crate::golden::Recording;

    #[test]
    fn the_fields_of_the_directory_server_are_taken_out_and_nothing_else() {
        let recording = Recording::load();
        let taken_out = |server: &str| {
            let mut case = recording.cases[0].clone();
            case.server = server.to_owned();
            let response = "HTTP/1.0 200 OK\r\nETag: W/\"5-a\"\r\nAccept-Ranges: bytes\r\nETag: 5-a\r\nX-ETag: \"5\"\r\n\r\nETag: \"5\"\n";
            let mut answer = case.answer.clone();
            answer.response = response.to_owned();
            without(&case, &answer).response
        };
        assert_eq!(
            taken_out("static"),
            "HTTP/1.0 200 OK\r\nETag: 5-a\r\nX-ETag: \"5\"\r\n\r\nETag: \"5\"\n"
        );
        assert!(taken_out("base").contains("Accept-Ranges"));
    }
}
