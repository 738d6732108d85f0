//! Applications over HTTP, as their clients see them.

mod connections;
mod examples;
mod fixture;
mod handlers;
mod paced;
mod requests;
mod responses;
mod wsgiref;
