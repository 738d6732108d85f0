//! `wsgiref.util.is_hop_by_hop`.

/// Tells whether a header belongs to the connection, so that an application must not set it.
///
/// The list is RFC 2616 §13.5.1's, as `wsgiref.util` has it: with `Trailers`, which is no header but what the RFC
/// said, and without `Trailer`, which goes from end to end (RFC 9110 §6.6.2).
///
/// ```
/// use wsgi_util::is_hop_by_hop;
///
/// assert!(is_hop_by_hop("Transfer-Encoding"));
/// assert!(is_hop_by_hop("TRAILERS"));
/// assert!(!is_hop_by_hop("Trailer"));
/// ```
pub fn is_hop_by_hop(header_name: &str) -> bool {
    HOP_BY_HOP.iter().any(|name| name.eq_ignore_ascii_case(header_name))
}

const HOP_BY_HOP: [&str; 8] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailers",
    "transfer-encoding",
    "upgrade",
];
