//! The answers about a file: 200, 206, 304, 412 and 416.

use super::coding::Coding;
use super::multipart::Multipart;
use super::{FileObject, SimpleHttpRequestHandler};
use crate::conditional::{Ranges, Validators, Verdict, evaluate, requested_ranges};
use crate::{Exchange, error_page, status};
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::time::SystemTime;

/// What is known of the file that is sent.
pub(super) struct Found<'t> {
    pub(super) size: u64,
    pub(super) content_type: &'t str,
    pub(super) validators: Validators,
    /// The coding that it is in, if it stands for another one.
    pub(super) coding: Option<Coding>,
    /// By which fields of the request another client may get another file, or another coding of it.
    pub(super) vary: Option<&'static str>,
}

impl Found<'_> {
    /// Sends the head that the request asks for; returns the body.
    pub(super) fn answer(
        &self,
        mut file: File,
        simple: &SimpleHttpRequestHandler,
        x: &mut Exchange<'_>,
        now: SystemTime,
    ) -> io::Result<Option<FileObject>> {
        if self.is_settled(simple, x)? {
            return Ok(None);
        }
        match requested_ranges(x.command(), &x.headers(), &self.validators, self.size, now) {
            Ranges::Whole => {
                x.send_response(200)?;
                x.send_header("Content-type", self.content_type)?;
                self.end_head(simple, x, Some(self.size))?;
                Ok(Some(FileObject::from_file(file, self.size)))
            }
            Ranges::One(range) => {
                file.seek(SeekFrom::Start(range.first()))?;
                x.send_response(206)?;
                x.send_header("Content-type", self.content_type)?;
                x.send_header("Content-Range", &range.content_range(self.size))?;
                self.end_head(simple, x, Some(range.len()))?;
                Ok(Some(FileObject::from_file(file, range.len())))
            }
            Ranges::Several(ranges) => {
                let parts = Multipart::new(file, self.size, self.content_type, ranges)?;
                x.send_response(206)?;
                x.send_header("Content-type", &parts.content_type())?;
                self.end_head(simple, x, Some(parts.length()))?;
                Ok(Some(FileObject::from_parts(parts)))
            }
            Ranges::Unsatisfiable => {
                x.send_response(416)?;
                x.send_header("Content-Range", &format!("bytes */{}", self.size))?;
                let why =
                    format!("RFC 9110 §14.2: no byte of the range is among the {}", self.size);
                end_with_page(x, 416, &why)?;
                Ok(None)
            }
        }
    }

    /// The same for what is made while it is sent, so that nobody knows how long it will be.
    #[cfg(feature = "gzip")]
    pub(super) fn answer_with(
        &self,
        body: FileObject,
        simple: &SimpleHttpRequestHandler,
        x: &mut Exchange<'_>,
    ) -> io::Result<Option<FileObject>> {
        if self.is_settled(simple, x)? {
            return Ok(None);
        }
        x.send_response(200)?;
        x.send_header("Content-type", self.content_type)?;
        self.end_head(simple, x, None)?;
        Ok(Some(body))
    }

    fn is_settled(
        &self,
        simple: &SimpleHttpRequestHandler,
        x: &mut Exchange<'_>,
    ) -> io::Result<bool> {
        settled_by_preconditions(&self.validators, self.vary, simple, x)
    }

    /// The fields that 200 and 206 have in common, behind the type.
    fn end_head(
        &self,
        simple: &SimpleHttpRequestHandler,
        x: &mut Exchange<'_>,
        length: Option<u64>,
    ) -> io::Result<()> {
        if let Some(length) = length {
            x.send_header("Content-Length", &length.to_string())?;
        }
        send_last_modified(&self.validators, x)?;
        send_etag(&self.validators, x)?;
        match self.coding {
            // Ranges are of what the file has without a coding.
            None => x.send_header("Accept-Ranges", "bytes")?,
            Some(coding) => x.send_header("Content-Encoding", coding.name())?,
        }
        send_vary(self.vary, x)?;
        simple.send_caching_headers(x)?;
        simple.send_extra_response_headers(x)?;
        x.end_headers()
    }
}

/// Asks the preconditions of a request; whether they have been answered, with 304 or 412.
pub(super) fn settled_by_preconditions(
    current: &Validators,
    vary: Option<&'static str>,
    simple: &SimpleHttpRequestHandler,
    x: &mut Exchange<'_>,
) -> io::Result<bool> {
    match evaluate(x.command(), &x.headers(), current) {
        Verdict::Perform => return Ok(false),
        // RFC 9110 §15.4.5: with the fields that the 200 would have had and that a cache goes by.
        Verdict::NotModified => {
            x.send_response(304)?;
            send_etag(current, x)?;
            send_vary(vary, x)?;
            simple.send_caching_headers(x)?;
            simple.send_extra_caching_headers(x)?;
            x.end_headers()?;
        }
        // The validators tell the client which state it should have meant.
        Verdict::Failed => {
            x.send_response(412)?;
            send_last_modified(current, x)?;
            send_etag(current, x)?;
            end_with_page(
                x,
                412,
                "RFC 9110 §13.1: the request asks for another state than there is",
            )?;
        }
    }
    Ok(true)
}

/// Ends a response with a page that explains it (RFC 9110 §15.5). Unlike `send_error`, it does not end the connection.
fn end_with_page(x: &mut Exchange<'_>, code: u16, explain: &str) -> io::Result<()> {
    let options = x.options();
    let (message, _) = status::responses(code).unwrap_or_default();
    let page = error_page(options.error_message_format, code, message, explain);
    x.send_header("Content-Type", options.error_content_type)?;
    x.send_header("Content-Length", &page.len().to_string())?;
    x.end_headers()?;
    x.wfile.write_all(page.as_bytes())
}

/// RFC 9110 §12.5.5: what the choice among files was made by, also when the choice was the plain one.
fn send_vary(vary: Option<&str>, x: &mut Exchange<'_>) -> io::Result<()> {
    vary.map_or(Ok(()), |fields| x.send_header("Vary", fields))
}

fn send_last_modified(current: &Validators, x: &mut Exchange<'_>) -> io::Result<()> {
    let Some(modified) = current.last_modified else { return Ok(()) };
    let modified = x.date_time_string(Some(modified));
    x.send_header("Last-Modified", &modified)
}

fn send_etag(current: &Validators, x: &mut Exchange<'_>) -> io::Result<()> {
    match &current.etag {
        Some(etag) => x.send_header("ETag", &etag.to_string()),
        None => Ok(()),
    }
}
