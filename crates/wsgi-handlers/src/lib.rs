//! wsgi-handlers
