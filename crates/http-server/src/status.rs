//! Status codes, their phrases and their descriptions (`BaseHTTPRequestHandler.responses`).
//!
//! ```
//! assert_eq!(
//!     http_server::status::responses(404),
//!     Some(("Not Found", "Nothing matches the given URI"))
//! );
//! assert_eq!(http_server::status::responses(299), None);
//! ```

use std::ops::Range;

/// Returns the phrase and the description of a status code, or `None` if CPython's table has no such code.
///
/// The phrase is what `send_response` puts on the status line, the description what `send_error` adds as the
/// explanation. For a code that is not in the table CPython uses an empty phrase on the status line and `???` on an
/// error page.
///
/// ```
/// use http_server::status::responses;
///
/// assert_eq!(responses(404), Some(("Not Found", "Nothing matches the given URI")));
/// assert_eq!(responses(299), None);
/// ```
#[must_use]
pub fn responses(code: u16) -> Option<(&'static str, &'static str)> {
    entry(code).map(|entry| entry.texts())
}

/// Returns the code and its phrase as they stand on a status line, `404 Not Found`.
pub(crate) fn code_and_phrase(code: u16) -> Option<&'static str> {
    entry(code).and_then(|entry| TABLE.get(entry.code_and_phrase()))
}

fn entry(code: u16) -> Option<&'static Entry> {
    let place = PLACES.get(usize::from(code.checked_sub(FIRST_CODE)?))?;
    ENTRIES.get(usize::from(*place))
}

/// Walks the table in the order of the codes: code, phrase, description (`responses.items()`).
///
/// ```
/// let redirects = http_server::status::items().filter(|(code, ..)| (300..400).contains(code));
/// assert_eq!(redirects.count(), 8);
/// ```
pub fn items() -> impl ExactSizeIterator<Item = (u16, &'static str, &'static str)> + Clone {
    ENTRIES.iter().map(|entry| {
        let (phrase, description) = entry.texts();
        (entry.code, phrase, description)
    })
}

/// Where an entry stands in [`TABLE`].
#[derive(Clone, Copy)]
struct Entry {
    code: u16,
    start: u16,
    bar: u16,
    end: u16,
}

impl Entry {
    fn code_and_phrase(self) -> Range<usize> {
        self.start.into()..usize::from(self.bar) - 1
    }

    fn texts(self) -> (&'static str, &'static str) {
        let Range { start, end } = self.code_and_phrase();
        let text = |range| TABLE.get(range).unwrap_or_default();
        (text(start + 4..end), text(usize::from(self.bar) + 2..self.end.into()))
    }
}

/// The entries in the order of their codes.
///
/// Places in one text: a table of texts holds an address for each, which the loader would have to write into every program
/// at its start, and which take twice as much room as the words.
static ENTRIES: [Entry; 62] = {
    let table = TABLE.as_bytes();
    let mut entries = [Entry { code: 0, start: 0, bar: 0, end: 0 }; 62];
    let (mut at, mut line) = (0, 0);
    while line < entries.len() {
        let start = at;
        let mut bar = 0;
        while at < table.len() && table[at] != b'\n' {
            if table[at] == b'|' {
                bar = at;
            }
            at += 1;
        }
        let digits = [table[start] - b'0', table[start + 1] - b'0', table[start + 2] - b'0'];
        entries[line] = Entry {
            code: digits[0] as u16 * 100 + digits[1] as u16 * 10 + digits[2] as u16,
            start: start as u16,
            bar: bar as u16,
            end: at as u16,
        };
        at += 1;
        line += 1;
    }
    assert!(at == table.len() + 1, "each line is an entry");
    entries
};

const FIRST_CODE: u16 = 100;

/// Where in [`ENTRIES`] a code is, beyond their end if nowhere: no response waits for a search.
static PLACES: [u8; 500] = {
    let mut places = [u8::MAX; 500];
    let mut at = 0;
    while at < ENTRIES.len() {
        places[(ENTRIES[at].code - FIRST_CODE) as usize] = at as u8;
        at += 1;
    }
    places
};

/// The table of CPython 3.15, sorted by code.
const TABLE: &str = r#"100 Continue | Request received, please continue
101 Switching Protocols | Switching to new protocol; obey Upgrade header
102 Processing | Server is processing the request
103 Early Hints | Headers sent to prepare for the response
200 OK | Request fulfilled, document follows
201 Created | Document created, URL follows
202 Accepted | Request accepted, processing continues off-line
203 Non-Authoritative Information | Request fulfilled from cache
204 No Content | Request fulfilled, nothing follows
205 Reset Content | Clear input form for further input
206 Partial Content | Partial content follows
207 Multi-Status | Response contains multiple statuses in the body
208 Already Reported | Operation has already been reported
226 IM Used | Request completed using instance manipulations
300 Multiple Choices | Object has several resources -- see URI list
301 Moved Permanently | Object moved permanently -- see URI list
302 Found | Object moved temporarily -- see URI list
303 See Other | Object moved -- see Method and URL list
304 Not Modified | Document has not changed since given time
305 Use Proxy | You must use proxy specified in Location to access this resource
307 Temporary Redirect | Object moved temporarily -- see URI list
308 Permanent Redirect | Object moved permanently -- see URI list
400 Bad Request | Bad request syntax or unsupported method
401 Unauthorized | No permission -- see authorization schemes
402 Payment Required | No payment -- see charging schemes
403 Forbidden | Request forbidden -- authorization will not help
404 Not Found | Nothing matches the given URI
405 Method Not Allowed | Specified method is invalid for this resource
406 Not Acceptable | URI not available in preferred format
407 Proxy Authentication Required | You must authenticate with this proxy before proceeding
408 Request Timeout | Request timed out; try again later
409 Conflict | Request conflict
410 Gone | URI no longer exists and has been permanently removed
411 Length Required | Client must specify Content-Length
412 Precondition Failed | Precondition in headers is false
413 Content Too Large | Content is too large
414 URI Too Long | URI is too long
415 Unsupported Media Type | Entity body in unsupported format
416 Range Not Satisfiable | Cannot satisfy request range
417 Expectation Failed | Expect condition could not be satisfied
418 I'm a Teapot | Server refuses to brew coffee because it is a teapot
421 Misdirected Request | Server is not able to produce a response
422 Unprocessable Content | Server is not able to process the contained instructions
423 Locked | Resource of a method is locked
424 Failed Dependency | Dependent action of the request failed
425 Too Early | Server refuses to process a request that might be replayed
426 Upgrade Required | Server refuses to perform the request using the current protocol
428 Precondition Required | The origin server requires the request to be conditional
429 Too Many Requests | The user has sent too many requests in a given amount of time ("rate limiting")
431 Request Header Fields Too Large | The server is unwilling to process the request because its header fields are too large
451 Unavailable For Legal Reasons | The server is denying access to the resource as a consequence of a legal demand
500 Internal Server Error | Server got itself in trouble
501 Not Implemented | Server does not support this operation
502 Bad Gateway | Invalid responses from another server/proxy
503 Service Unavailable | The server cannot process the request due to a high load
504 Gateway Timeout | The gateway server did not receive a timely response
505 HTTP Version Not Supported | Cannot fulfill request
506 Variant Also Negotiates | Server has an internal configuration error
507 Insufficient Storage | Server is not able to store the representation
508 Loop Detected | Server encountered an infinite loop while processing a request
510 Not Extended | Request does not meet the resource access policy
511 Network Authentication Required | The client needs to authenticate to gain network access"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_sorted_and_complete() {
        assert!(ENTRIES.windows(2).all(|pair| pair[0].code < pair[1].code));
        assert_eq!(items().len(), 62);
        for (code, phrase, description) in items() {
            assert_eq!(responses(code), Some((phrase, description)));
            assert_eq!(code_and_phrase(code), Some(&*format!("{code} {phrase}")));
            assert!(!phrase.is_empty() && !description.is_empty());
        }
    }

    #[test]
    fn knows_no_code_that_cpython_does_not_know() {
        for code in [0, 99, 104, 209, 299, 306, 309, 419, 420, 427, 430, 509, 512, 999, u16::MAX] {
            assert_eq!(responses(code), None, "{code}");
        }
    }

    #[test]
    fn keeps_the_newer_words() {
        assert_eq!(responses(413), Some(("Content Too Large", "Content is too large")));
        assert_eq!(responses(414).map(|entry| entry.0), Some("URI Too Long"));
        assert_eq!(responses(418).map(|entry| entry.0), Some("I'm a Teapot"));
    }
}
