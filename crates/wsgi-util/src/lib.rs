//! wsgi-util
