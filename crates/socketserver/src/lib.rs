//! socketserver
