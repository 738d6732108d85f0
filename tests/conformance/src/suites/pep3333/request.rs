//! A request, as bytes for a server and as variables for a handler.

use percent_encoding::percent_decode_str;

use crate::bytes::from_latin1;

/// What a client sends.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) method: &'static str,
    target: &'static str,
    version: &'static str,
    fields: Vec<(&'static str, &'static str)>,
    pub(super) body: Vec<u8>,
    chunks: Option<usize>,
}

impl Request {
    pub(super) fn get(target: &'static str) -> Self {
        Self {
            method: "GET",
            target,
            version: "HTTP/1.1",
            fields: Vec::new(),
            body: Vec::new(),
            chunks: None,
        }
    }

    pub(super) fn post(body: impl Into<Vec<u8>>) -> Self {
        Self { method: "POST", body: body.into(), ..Self::get("/") }
    }

    pub(super) fn method(mut self, method: &'static str) -> Self {
        self.method = method;
        self
    }

    /// By a client of HTTP/1.0.
    pub(super) fn http_1_0(mut self) -> Self {
        self.version = "HTTP/1.0";
        self
    }

    pub(super) fn field(mut self, name: &'static str, value: &'static str) -> Self {
        self.fields.push((name, value));
        self
    }

    /// The body in chunks of that many bytes, without a Content-Length.
    pub(super) fn chunked(mut self, size: usize) -> Self {
        self.chunks = Some(size);
        self
    }

    fn has_body(&self) -> bool {
        !matches!(self.method, "GET" | "HEAD" | "OPTIONS" | "DELETE") || !self.body.is_empty()
    }

    /// The head, which names the case.
    pub(super) fn head(&self, case: &str) -> Vec<u8> {
        let mut head = format!(
            "{} {} {}\r\nHost: localhost:8000\r\nX-Case: {case}\r\n",
            self.method, self.target, self.version
        );
        for (name, value) in &self.fields {
            head += &format!("{name}: {value}\r\n");
        }
        if self.chunks.is_some() {
            head += "Transfer-Encoding: chunked\r\n";
        } else if self.has_body() {
            head += &format!("Content-Length: {}\r\n", self.body.len());
        }
        head += "\r\n";
        head.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect()
    }

    /// The body as it is sent.
    pub(super) fn framed_body(&self) -> Vec<u8> {
        let Some(size) = self.chunks else { return self.body.clone() };
        let chunk =
            |data: &[u8]| [format!("{:x}\r\n", data.len()).as_bytes(), data, b"\r\n"].concat();
        let mut framed = self.body.chunks(size).flat_map(chunk).collect::<Vec<_>>();
        framed.extend_from_slice(b"0\r\n\r\n");
        framed
    }

    /// What a gateway finds in the environment of its process (RFC 3875 §4.1).
    pub(super) fn variables(&self) -> Vec<(String, String)> {
        let (path, query) = self.target.split_once('?').unwrap_or((self.target, ""));
        let path = from_latin1(&percent_decode_str(path).collect::<Vec<_>>());
        let mut variables = vec![
            ("REQUEST_METHOD".to_owned(), self.method.to_owned()),
            ("SCRIPT_NAME".to_owned(), String::new()),
            ("PATH_INFO".to_owned(), path),
            ("QUERY_STRING".to_owned(), query.to_owned()),
            ("SERVER_NAME".to_owned(), "localhost".to_owned()),
            ("SERVER_PORT".to_owned(), "8000".to_owned()),
            ("SERVER_PROTOCOL".to_owned(), self.version.to_owned()),
            ("HTTP_HOST".to_owned(), "localhost:8000".to_owned()),
        ];
        if self.has_body() {
            variables.push(("CONTENT_LENGTH".to_owned(), self.body.len().to_string()));
        }
        for (name, value) in &self.fields {
            let key = name.to_ascii_uppercase().replace('-', "_");
            let key = if key == "CONTENT_TYPE" { key } else { format!("HTTP_{key}") };
            variables.push((key, (*value).to_owned()));
        }
        variables
    }
}
