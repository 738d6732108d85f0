//! Inputs shared by the benchmarks.
#![forbid(unsafe_code)]

/// The smallest request of HTTP/1.1 that load generators send.
pub const SMALL_GET: &[u8] = b"GET / HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n\r\n";

/// What Chromium sends when it opens a page.
pub const BROWSER_GET: &[u8] = b"GET /index.html?page=2 HTTP/1.1\r\n\
Host: localhost:8000\r\n\
Connection: keep-alive\r\n\
Cache-Control: max-age=0\r\n\
sec-ch-ua: \"Chromium\";v=\"140\", \"Not=A?Brand\";v=\"24\"\r\n\
sec-ch-ua-mobile: ?0\r\n\
sec-ch-ua-platform: \"Linux\"\r\n\
Upgrade-Insecure-Requests: 1\r\n\
User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\n\
Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n\
Sec-Fetch-Site: none\r\n\
Sec-Fetch-Mode: navigate\r\n\
Sec-Fetch-User: ?1\r\n\
Sec-Fetch-Dest: document\r\n\
Accept-Encoding: gzip, deflate, br, zstd\r\n\
Accept-Language: en-GB,en;q=0.9,de;q=0.8\r\n\
Cookie: session=0123456789abcdef0123456789abcdef; theme=dark\r\n\
\r\n";

/// A request with as many fields as the default limit allows.
pub fn hundred_fields() -> Vec<u8> {
    let mut head = b"GET / HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n".to_vec();
    for number in 1..100 {
        head.extend_from_slice(format!("X-Field-{number}: value of field {number}\r\n").as_bytes());
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// Sixteen small requests, sent without waiting for answers.
pub fn pipelined_batch() -> Vec<u8> {
    SMALL_GET.repeat(16)
}

/// A body of 64 KiB in chunks of this size.
pub fn chunked_body(chunk: usize) -> Vec<u8> {
    let mut body = Vec::new();
    for piece in vec![b'x'; 64 * 1024].chunks(chunk) {
        body.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        body.extend_from_slice(piece);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"0\r\n\r\n");
    body
}
