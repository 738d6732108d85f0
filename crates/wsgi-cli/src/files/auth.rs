//! Who may have the files: HTTP Basic authentication (RFC 7617).

use std::fs;

use http_server::proto::RequestHeaders;
use ring::hmac::{self, Key, Tag};
use ring::rand::SystemRandom;

use super::directory::shown;
use crate::args::{AuthArgs, credentials};
use crate::start_error::words_of;

/// What is sent to who has not said who they are.
pub(super) const CHALLENGE: &str = "Basic realm=\"files\", charset=\"UTF-8\"";

/// The names and passwords that are let in.
///
/// They are compared by their authentication codes under a key that nobody knows, so how long it takes tells nothing.
pub(super) struct Auth {
    key: Key,
    tags: Vec<Tag>,
}

impl Auth {
    /// Reads what the options name; nothing if everybody is let in.
    ///
    /// # Errors
    ///
    /// What is wrong with the file, and the way out.
    pub(super) fn load(args: &AuthArgs) -> Result<Option<Self>, String> {
        let mut known = args.auth.clone();
        if let Some(file) = &args.auth_file {
            let name = shown(file);
            let text = fs::read_to_string(file).map_err(|error| {
                format!("cannot read the passwords in {name}: {}", words_of(&error))
            })?;
            let before = known.len();
            for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty()) {
                // The line itself is nobody's business.
                let line = credentials(line)
                    .map_err(|rule| format!("line {} of {name}: {rule}", index + 1))?;
                known.push(line);
            }
            if known.len() == before {
                return Err(format!("{name} has no line USER:PASSWORD, so nobody could come in"));
            }
        }
        (!known.is_empty()).then(|| Self::of(&known)).transpose()
    }

    fn of(known: &[String]) -> Result<Self, String> {
        let key = Key::generate(hmac::HMAC_SHA256, &SystemRandom::new())
            .map_err(|_| "the system has no random numbers to give".to_owned())?;
        let tags = known.iter().map(|known| hmac::sign(&key, base64(known).as_bytes())).collect();
        Ok(Self { key, tags })
    }

    /// Whether a request says that it is of somebody who is let in.
    pub(super) fn lets_in(&self, headers: &RequestHeaders<'_>) -> bool {
        let mut said = headers.get_all_bytes("Authorization");
        let (Some(said), None) = (said.next(), said.next()) else { return false };
        let Some((scheme, said)) = said.split_at_checked("Basic ".len()) else { return false };
        // All of them are looked at, so that it cannot be told how many there are, or which was it.
        let verified = |tag: &Tag| hmac::verify(&self.key, said.trim_ascii(), tag.as_ref()).is_ok();
        let is_known = self.tags.iter().fold(false, |found, tag| found | verified(tag));
        scheme.eq_ignore_ascii_case(b"Basic ") && is_known
    }
}

/// Base64 with padding (RFC 4648 §4): in the one way there is to write it, what a client says can be compared as it is.
fn base64(text: &str) -> String {
    const DIGITS: [char; 64] = digits();
    let mut encoded = String::new();
    for three in text.as_bytes().chunks(3) {
        let byte = |index| u32::from(three.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for (index, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            let digit = DIGITS.get((bits >> shift & 63) as usize).copied();
            encoded.extend(if index <= three.len() { digit } else { Some('=') });
        }
    }
    encoded
}

const fn digits() -> [char; 64] {
    let text = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut digits = ['\0'; 64];
    let mut index = 0;
    while index < 64 {
        digits[index] = text[index] as char;
        index += 1;
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_server::proto::{HeadParser, Limits};

    fn lets_in(known: &[&str], fields: &str) -> bool {
        let known: Vec<String> = known.iter().map(|known| (*known).to_owned()).collect();
        let head = format!("GET / HTTP/1.1\r\nHost: h\r\n{fields}\r\n");
        let mut parser = HeadParser::new(Limits::default());
        parser.parse(head.as_bytes()).unwrap().unwrap();
        Auth::of(&known).unwrap().lets_in(&parser.head(head.as_bytes()).headers())
    }

    // The words of RFC 4648 §10, and the users of RFC 7617 §2 and §2.1.
    #[test]
    fn base64_is_that_of_the_rfcs() {
        for (text, expected) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
            ("Aladdin:open sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
            ("test:123\u{a3}", "dGVzdDoxMjPCow=="),
        ] {
            assert_eq!(base64(text), expected);
        }
    }

    #[test]
    fn only_who_knows_a_password_is_let_in() {
        let known = ["test:123\u{a3}", "Aladdin:open sesame"];
        for (fields, expected) in [
            ("Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n", true),
            ("authorization: BASIC  dGVzdDoxMjPCow==\r\n", true),
            ("", false),
            ("Authorization: Basic\r\n", false),
            ("Authorization: Basic \r\n", false),
            ("Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ\r\n", false),
            ("Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZR==\r\n", false),
            ("Authorization: Bearer QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n", false),
            ("Authorization: QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n", false),
            ("Authorization: Basic dGVzdDpvcGVuIHNlc2FtZQ==\r\n", false),
            (
                "Authorization: Basic dGVzdDoxMjPCow==\r\nAuthorization: Basic dGVzdDoxMjPCow==\r\n",
                false,
            ),
        ] {
            assert_eq!(lets_in(&known, fields), expected, "{fields}");
        }
    }
}
