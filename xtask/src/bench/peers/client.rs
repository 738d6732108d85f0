//! One request at a time: is the server ready, does it answer right, how promptly does it answer a newcomer?

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    /// The head, in lower case.
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

/// Connects, without waiting long for a server that does not accept.
pub(super) fn connect(port: u16, patience: Duration) -> io::Result<TcpStream> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let stream = TcpStream::connect_timeout(&address, patience)?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Asks for a path over a new connection.
pub(super) fn get(port: u16, path: &str, patience: Duration) -> io::Result<Answer> {
    let mut stream = connect(port, patience)?;
    stream.write_all(request("GET", port, path, "", &[]).as_slice())?;
    read(&mut stream)
}

/// The bytes of a request; `fields` are whole lines.
pub(super) fn request(method: &str, port: u16, path: &str, fields: &str, body: &[u8]) -> Vec<u8> {
    let length = match body.len() {
        0 => String::new(),
        length => format!("Content-Length: {length}\r\n"),
    };
    let head =
        format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{fields}{length}\r\n");
    [head.as_bytes(), body].concat()
}

/// Reads an answer whose length is told.
pub(super) fn read(stream: &mut TcpStream) -> io::Result<Answer> {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 16_384]);
    let mut more = |bytes: &mut Vec<u8>| match stream.read(&mut chunk)? {
        0 => Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
        count => {
            bytes.extend_from_slice(&chunk[..count]);
            Ok(())
        }
    };
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        more(&mut bytes)?;
    };
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    let strange = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| strange("no status line"))?;
    let length = field(&head, "content-length").and_then(|length| length.parse().ok());
    let length: usize = length.ok_or_else(|| strange("no Content-Length"))?;
    let mut body = bytes.split_off(end);
    while body.len() < length {
        more(&mut body)?;
    }
    Ok(Answer { status, head, body })
}

/// The value of a field in a head of lower case.
pub(super) fn field<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let value = |line: &'h str| line.split_once(':').filter(|(field, _)| *field == name);
    head.lines().find_map(value).map(|(_, value)| value.trim())
}

#[cfg(test)]
mod tests {
    use super::{field, request};

    #[test]
    fn a_request_has_a_length_only_with_a_body() {
        let get = request("GET", 80, "/", "Connection: close\r\n", &[]);
        assert_eq!(get, b"GET / HTTP/1.1\r\nHost: 127.0.0.1:80\r\nConnection: close\r\n\r\n");
        let post = request("POST", 80, "/echo", "", b"xx");
        assert!(post.ends_with(b"\r\nContent-Length: 2\r\n\r\nxx"));
    }

    #[test]
    fn a_field_is_found_by_its_name() {
        let head = "http/1.1 200 ok\r\ndate: mon\r\ncontent-length:  13\r\n\r\n";
        assert_eq!(field(head, "content-length"), Some("13"));
        assert_eq!(field(head, "server"), None);
    }
}
