//! wsgi-simple-server
