//! The client of the recorded cases: sends everything, then reads until the server ends the connection.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

/// How long the server may be silent, as in the recording.
const SILENCE: Duration = Duration::from_secs(5);

/// Plays one case; gives the response with one character per byte, and how it ended.
///
/// # Errors
///
/// If the connection cannot be made.
pub fn exchange(
    server: SocketAddr,
    request: &[u8],
    half_close: bool,
) -> io::Result<(String, &'static str)> {
    let mut socket = TcpStream::connect(server)?;
    socket.set_read_timeout(Some(SILENCE))?;
    socket.set_write_timeout(Some(SILENCE))?;
    // A server that has refused the request already may not take the rest of it; its answer is what counts.
    if socket.write_all(request).is_ok() && half_close {
        let _ = socket.shutdown(Shutdown::Write);
    }
    let mut received = Vec::new();
    let ending = match socket.read_to_end(&mut received) {
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            "timeout"
        }
        // A reset is how a close looks when the server had not read everything.
        Ok(_) | Err(_) => "eof",
    };
    Ok((received.into_iter().map(char::from).collect(), ending))
}
