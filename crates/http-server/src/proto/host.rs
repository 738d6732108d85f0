//! The host and port of a request (RFC 9112 §3.2, RFC 3986 §3.2.2).

use super::cursor::Cursor;
use super::octets;
use core::net::Ipv6Addr;

/// Whether the value of a Host field is valid: a host with an optional port, or nothing at all.
///
/// An empty value is what a client sends whose URI has no host (RFC 9112 §3.2).
pub(super) fn is_valid_host_field(value: &[u8]) -> bool {
    value.is_empty() || is_valid_authority(value)
}

/// Whether the bytes are `uri-host [ ":" port ]` with a host that is not empty; `host:` has an empty port.
pub(super) fn is_valid_authority(bytes: &[u8]) -> bool {
    match after_host(bytes) {
        Some([b':', port @ ..]) => port.is_empty() || is_port(port),
        Some(rest) => rest.is_empty(),
        None => false,
    }
}

/// Whether the bytes are `uri-host ":" port` with neither of them empty, as CONNECT needs it (RFC 9110 §9.3.6).
pub(super) fn is_host_and_port(bytes: &[u8]) -> bool {
    matches!(after_host(bytes), Some([b':', port @ ..]) if is_port(port))
}

/// What follows the host at the start of the bytes; `None` if there is no host.
#[inline]
fn after_host(bytes: &[u8]) -> Option<&[u8]> {
    let mut cursor = Cursor::new(bytes);
    cursor.skip_while(octets::is_reg_name_byte);
    match cursor.rest() {
        // Nearly all hosts are plain names or IPv4 addresses.
        rest @ ([] | [b':', ..]) if rest.len() < bytes.len() => Some(rest),
        _ => after_unusual_host(bytes),
    }
}

#[cold]
fn after_unusual_host(bytes: &[u8]) -> Option<&[u8]> {
    match bytes {
        [b'[', rest @ ..] => after_ip_literal(rest),
        _ => after_reg_name(bytes),
    }
}

/// What follows the closing bracket of a valid IP literal.
fn after_ip_literal(rest: &[u8]) -> Option<&[u8]> {
    let end = rest.iter().position(|&byte| byte == b']')?;
    is_ip_literal(&rest[..end]).then_some(&rest[end + 1..])
}

/// What follows a `reg-name`, of which IPv4 addresses are a case; it may not be empty (RFC 9110 §4.2.1).
fn after_reg_name(bytes: &[u8]) -> Option<&[u8]> {
    let mut rest = bytes;
    loop {
        rest = match rest {
            [byte, tail @ ..] if octets::is_reg_name_byte(*byte) => tail,
            [b'%', high, low, tail @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                tail
            }
            _ => return (rest.len() < bytes.len()).then_some(rest),
        };
    }
}

/// `IPv6address / IPvFuture`. Zone identifiers mean something on the client's machine only and are refused.
fn is_ip_literal(literal: &[u8]) -> bool {
    match literal {
        [b'v' | b'V', future @ ..] => {
            let Some(dot) = future.iter().position(|&byte| byte == b'.') else { return false };
            let (version, address) = (&future[..dot], &future[dot + 1..]);
            !version.is_empty()
                && version.iter().all(u8::is_ascii_hexdigit)
                && !address.is_empty()
                && address.iter().all(|&byte| byte == b':' || octets::is_reg_name_byte(byte))
        }
        _ => octets::ascii(literal).is_some_and(|text| text.parse::<Ipv6Addr>().is_ok()),
    }
}

fn is_port(port: &[u8]) -> bool {
    if let 1..=4 = port.len() {
        // No port of four digits is too large.
        return port.iter().all(u8::is_ascii_digit);
    }
    let mut number: u32 = 0;
    for &byte in port {
        if !byte.is_ascii_digit() {
            return false;
        }
        number = number * 10 + u32::from(byte - b'0');
        if number > 65_535 {
            return false;
        }
    }
    !port.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_with_and_without_port() {
        for good in [
            "h",
            "h:",
            "h:80",
            "h:0",
            "h:65535",
            "h:00080",
            "127.0.0.1:8000",
            "[::1]",
            "[::1]:80",
            "[::ffff:1.2.3.4]",
            "[v1.a:b]",
            "a_b.example",
            "a%20b",
            "a,b",
            "xn--bcher-kva.example.",
            "!$&'()*+;=",
        ] {
            assert!(is_valid_host_field(good.as_bytes()), "{good}");
        }
        for bad in [
            ":",
            ":80",
            "h:65536",
            "h:-1",
            "h:+1",
            "h:8 0",
            "h:80:80",
            "h:x",
            "a b",
            "a/b",
            "u@h",
            "a, b",
            "a?b",
            "a#b",
            "a\\b",
            "<h>",
            "[::1",
            "::1",
            "[::1]x",
            "[::1]x:80",
            "[]",
            "[1.2.3.4]",
            "[fe80::1%25eth0]",
            "[v.a]",
            "[v1.]",
            "[vg.a]",
            "%",
            "%2",
            "%2g",
            "\u{e9}",
            "a\tb",
            "99999999999999999999:1:1",
        ] {
            assert!(!is_valid_host_field(bad.as_bytes()), "{bad}");
        }
        assert!(is_valid_host_field(b"") && !is_valid_authority(b""));
    }

    #[test]
    fn connect_needs_both() {
        assert!(is_host_and_port(b"h:443") && is_host_and_port(b"[::1]:443"));
        for bad in ["h", "h:", ":443", "h:65536", "http://h:443", "/"] {
            assert!(!is_host_and_port(bad.as_bytes()), "{bad}");
        }
    }
}
