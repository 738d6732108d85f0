//! The same tests with each response sent step by step, and those of a run that is put aside between two steps.

#[path = "../it/cgi.rs"]
mod cgi;
#[path = "../it/closing.rs"]
mod closing;
mod detached;
mod driven;
#[path = "../it/overriding.rs"]
mod overriding;
#[path = "../it/played.rs"]
mod played;
#[path = "../it/recorded.rs"]
mod recorded;
#[path = "../it/start_response.rs"]
mod start_response;
#[path = "../it/wsgiref_subjects.rs"]
mod wsgiref_subjects;
