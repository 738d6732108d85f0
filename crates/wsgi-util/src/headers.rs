//! `wsgiref.headers`.
/// An ordered, case-insensitive multi-map of response headers (`wsgiref.headers.Headers`).
#[derive(Clone, Default)]
pub struct Headers {}
impl Headers {
    /// The pairs in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        std::iter::empty()
    }
    // get, get_all, set, add_header, setdefault, remove, keys, values, items, len, contains, Display, to_bytes; control characters refused
}
