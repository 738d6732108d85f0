//! The tests of this crate, from outside: applications in, bytes out.

mod cgi;
mod closing;
mod driven;
mod overriding;
mod played;
mod recorded;
mod start_response;
mod wsgiref_subjects;
