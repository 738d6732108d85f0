//! Which content codings a client takes (`Accept-Encoding`, RFC 9110 §12.5.3).

use crate::proto::RequestHeaders;

/// A content coding that files come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Brotli,
    Zstandard,
    Gzip,
}

/// The best first, among those that the client likes as much as each other.
const ALL: [Coding; 3] = [Coding::Brotli, Coding::Zstandard, Coding::Gzip];

impl Coding {
    /// The name in `Content-Encoding`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Zstandard => "zstd",
            Self::Gzip => "gzip",
        }
    }

    /// What a file in this coding has behind its name.
    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Brotli => ".br",
            Self::Zstandard => ".zst",
            Self::Gzip => ".gz",
        }
    }

    fn has_name(self, name: &[u8]) -> bool {
        // RFC 9110 §8.4.1.3: `x-gzip` is the same.
        name.eq_ignore_ascii_case(self.name().as_bytes())
            || (self == Self::Gzip && name.eq_ignore_ascii_case(b"x-gzip"))
    }
}

/// The codings that the client takes at least as gladly as none, the best first.
pub(super) fn accepted(headers: &RequestHeaders<'_>) -> Vec<Coding> {
    let mut weights = Weights::default();
    headers.get_all_bytes("Accept-Encoding").for_each(|list| weights.read(list));
    let mut accepted: Vec<(Coding, u16)> =
        ALL.into_iter().map(|coding| (coding, weights.of(coding))).collect();
    accepted.retain(|&(_, weight)| weight > 0 && weight >= weights.identity.unwrap_or(0));
    accepted.sort_by_key(|&(_, weight)| std::cmp::Reverse(weight));
    accepted.into_iter().map(|(coding, _)| coding).collect()
}

/// What the client says, in thousandths.
#[derive(Default)]
struct Weights {
    named: [Option<u16>; ALL.len()],
    identity: Option<u16>,
    others: Option<u16>,
}

impl Weights {
    fn read(&mut self, list: &[u8]) {
        for element in list.split(|&byte| byte == b',') {
            let mut parts = element.split(|&byte| byte == b';').map(<[u8]>::trim_ascii);
            let name = parts.next().unwrap_or_default();
            // What is no weight makes the element say nothing.
            let Some(weight) = parts.next().map_or(Some(1_000), parse_weight) else { continue };
            if name == b"*" {
                self.others = Some(weight);
            } else if name.eq_ignore_ascii_case(b"identity") {
                self.identity = Some(weight);
            } else if let Some(at) = ALL.iter().position(|coding| coding.has_name(name)) {
                self.named.iter_mut().skip(at).take(1).for_each(|known| *known = Some(weight));
            }
        }
    }

    fn of(&self, coding: Coding) -> u16 {
        let named = ALL.iter().zip(self.named).find(|(known, _)| **known == coding);
        named.and_then(|(_, weight)| weight).or(self.others).unwrap_or(0)
    }
}

/// `q=0.5` as thousandths (RFC 9110 §12.4.2).
pub(super) fn parse_weight(parameter: &[u8]) -> Option<u16> {
    let (b"q=" | b"Q=", value) = parameter.split_at_checked(2)? else { return None };
    let (whole, fraction) = match value {
        [whole] => (whole, &[][..]),
        [whole, b'.', fraction @ ..] if fraction.len() <= 3 => (whole, fraction),
        _ => return None,
    };
    let mut weight = match whole {
        b'0' => 0,
        b'1' => 1_000,
        _ => return None,
    };
    for (digit, unit) in fraction.iter().zip([100, 10, 1]) {
        weight += u16::from(digit.checked_sub(b'0').filter(|digit| *digit <= 9)?) * unit;
    }
    (weight <= 1_000).then_some(weight)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::{HeadParser, Limits};

    fn names(lines: &[&str]) -> String {
        let fields: String =
            lines.iter().map(|line| format!("Accept-Encoding: {line}\r\n")).collect();
        let head = format!("GET / HTTP/1.0\r\n{fields}\r\n");
        let mut parser = HeadParser::new(Limits::default());
        parser.parse(head.as_bytes()).expect("a valid head").expect("a whole head");
        let accepted = accepted(&parser.head(head.as_bytes()).headers());
        accepted.into_iter().map(Coding::name).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_client_s_wishes_come_first_and_then_ours() {
        assert_eq!(names(&[]), "");
        assert_eq!(names(&[""]), "");
        assert_eq!(names(&["gzip, deflate, br, zstd"]), "br zstd gzip");
        assert_eq!(names(&["gzip", "br"]), "br gzip");
        assert_eq!(names(&["gzip;q=1.0, br;q=0.5"]), "gzip br");
        assert_eq!(names(&["X-GZIP ; Q=0.8"]), "gzip");
        assert_eq!(names(&["*"]), "br zstd gzip");
        assert_eq!(names(&["*;q=0.5, gzip"]), "gzip br zstd");
        assert_eq!(names(&["br;q=0, *"]), "zstd gzip");
        assert_eq!(names(&["identity, gzip;q=0.5"]), "");
        assert_eq!(names(&["identity;q=0.5, gzip;q=0.5"]), "gzip");
        assert_eq!(names(&["gzip;q=0"]), "");
        assert_eq!(names(&["deflate, compress, gzipped"]), "");
    }

    #[test]
    fn weights() {
        for (text, weight) in [
            ("q=0", Some(0)),
            ("q=1", Some(1_000)),
            ("q=0.5", Some(500)),
            ("q=0.001", Some(1)),
            ("q=1.000", Some(1_000)),
            ("q=0.", Some(0)),
            ("q=1.001", None),
            ("q=0.0001", None),
            ("q=2", None),
            ("q=", None),
            ("q=.5", None),
            ("q=-1", None),
            ("q=0,5", None),
            ("level=1", None),
            ("", None),
        ] {
            assert_eq!(parse_weight(text.as_bytes()), weight, "{text}");
        }
    }
}
