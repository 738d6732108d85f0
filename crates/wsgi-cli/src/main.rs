//! The command `wsgi-simple-server`.
fn main() {}
