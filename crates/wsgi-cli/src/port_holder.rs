//! Who listens on a port, as far as the system tells (Linux: `/proc`).

use std::fmt;
use std::net::SocketAddr;

use crate::printable::Printable;

/// Who listens on a port.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "other systems do not tell"))]
pub(crate) enum PortHolder {
    Process {
        name: String,
        pid: u32,
    },
    /// Only root may look into the processes of other users, but everybody may see
    /// whose socket it is.
    User {
        uid: u32,
    },
}

impl fmt::Display for PortHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process { name, pid } => {
                // A process may give itself any name.
                write!(f, "{} (pid {pid})", Printable(name))
            }
            Self::User { uid } => write!(f, "a process of another user (uid {uid})"),
        }
    }
}

/// Finds who listens where `address` would, if the system tells.
#[cfg(target_os = "linux")]
pub(crate) fn port_holder(address: SocketAddr) -> Option<PortHolder> {
    linux::port_holder(address)
}

/// Finds who listens where `address` would, if the system tells.
#[cfg(not(target_os = "linux"))]
pub(crate) fn port_holder(_address: SocketAddr) -> Option<PortHolder> {
    None
}

#[cfg(target_os = "linux")]
mod linux {
    use super::PortHolder;
    use std::fs;
    use std::net::{IpAddr, Ipv6Addr, SocketAddr};
    use std::path::Path;

    pub(super) fn port_holder(address: SocketAddr) -> Option<PortHolder> {
        let socket = ["/proc/net/tcp", "/proc/net/tcp6"]
            .into_iter()
            .filter_map(|table| fs::read_to_string(table).ok())
            .find_map(|table| {
                table.lines().filter_map(Socket::from_line).find(|socket| socket.covers(address))
            })?;
        Some(match process_with(socket.inode) {
            Some(pid) => PortHolder::Process { name: process_name(pid), pid },
            None => PortHolder::User { uid: socket.uid },
        })
    }

    /// A listening socket: one line of `/proc/net/tcp` or `tcp6` (see proc_net(5)).
    #[derive(Debug, PartialEq, Eq)]
    pub(super) struct Socket {
        address: SocketAddr,
        uid: u32,
        inode: u64,
    }

    impl Socket {
        /// `None` for every line that is not about a listening socket.
        pub(super) fn from_line(line: &str) -> Option<Self> {
            const LISTEN: &str = "0A";
            let mut words = line.split_ascii_whitespace();
            let address = parse_address(words.nth(1)?)?;
            if words.nth(1)? != LISTEN {
                return None;
            }
            let uid = words.nth(3)?.parse().ok()?;
            let inode = words.nth(1)?.parse().ok()?;
            Some(Self { address, uid, inode })
        }

        /// Whether this socket keeps another one from listening on `address`.
        pub(super) fn covers(&self, address: SocketAddr) -> bool {
            let (ours, theirs) = (self.address.ip(), address.ip());
            self.address.port() == address.port()
                && (ours == theirs || ours.is_unspecified() || theirs.is_unspecified())
        }
    }

    /// Reads `0100007F:1F40`: 32-bit words as the machine stores them, then the port.
    fn parse_address(text: &str) -> Option<SocketAddr> {
        let (ip, port) = text.split_once(':')?;
        let mut words = ip
            .as_bytes()
            .chunks(8)
            .map(|word| u32::from_str_radix(std::str::from_utf8(word).ok()?, 16).ok());
        let ip = match ip.len() {
            8 => IpAddr::from(words.next()??.to_ne_bytes()),
            32 => {
                let mut bytes = [0; 16];
                for (four, word) in bytes.chunks_mut(4).zip(words) {
                    four.copy_from_slice(&word?.to_ne_bytes());
                }
                Ipv6Addr::from(bytes).to_canonical()
            }
            _ => return None,
        };
        Some(SocketAddr::new(ip, u16::from_str_radix(port, 16).ok()?))
    }

    /// The process that has a socket open.
    fn process_with(inode: u64) -> Option<u32> {
        let link = format!("socket:[{inode}]");
        let holds = |pid: u32| {
            fs::read_dir(format!("/proc/{pid}/fd"))
                .into_iter()
                .flatten()
                .flatten()
                .any(|fd| fs::read_link(fd.path()).is_ok_and(|to| to == Path::new(&link)))
        };
        fs::read_dir("/proc")
            .ok()?
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .find(|&pid| holds(pid))
    }

    /// The name of a process: as its command line has it, because the kernel keeps
    /// only 15 characters, unless the process calls itself something else.
    fn process_name(pid: u32) -> String {
        let comm = fs::read(format!("/proc/{pid}/comm")).unwrap_or_default();
        let comm = String::from_utf8_lossy(&comm);
        let comm = comm.trim_end();
        let command_line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let program = command_line.split(|&byte| byte == 0).next().unwrap_or_default();
        let program = String::from_utf8_lossy(program);
        match program.rsplit('/').next() {
            Some(name) if !name.is_empty() && name.starts_with(comm) => name.to_owned(),
            _ => comm.to_owned(),
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::linux::Socket;
    use super::*;
    use std::net::TcpListener;

    #[test]
    #[cfg(target_endian = "little")]
    fn a_line_of_the_table_is_read() {
        let line = |address: &str, state: &str| {
            format!(
                "   0: {address} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000  \
                 1000        0 1060 1 000000007b2af85d 100 0 0 10 0"
            )
        };
        let covers = |address: &str, with: &str| {
            Socket::from_line(&line(address, "0A")).unwrap().covers(with.parse().unwrap())
        };
        assert!(covers("0100007F:1F40", "127.0.0.1:8000"));
        assert!(covers("00000000:1F40", "127.0.0.1:8000"));
        assert!(covers("0100007F:1F40", "0.0.0.0:8000"));
        assert!(covers("00000000000000000000000001000000:1F40", "[::1]:8000"));
        assert!(covers("0000000000000000FFFF00000100007F:1F40", "127.0.0.1:8000"));
        assert!(!covers("0100007F:1F40", "127.0.0.2:8000"));
        assert!(!covers("0100007F:1F40", "127.0.0.1:8001"));
        assert_eq!(Socket::from_line(&line("0100007F:1F40", "01")), None, "not listening");
        assert_eq!(Socket::from_line("  sl  local_address rem_address   st tx_queue"), None);
    }

    #[test]
    fn a_name_cannot_reach_the_terminal() {
        let holder = PortHolder::Process { name: "caf\u{e9} \u{1b}[31m\nroot".to_owned(), pid: 7 };
        assert_eq!(holder.to_string(), "caf\u{e9} \\u{1b}[31m\\nroot (pid 7)");
    }

    #[test]
    fn our_own_listener_is_found() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        match port_holder(listener.local_addr().unwrap()) {
            Some(PortHolder::Process { name, pid }) => {
                assert_eq!(pid, std::process::id());
                let exe = std::env::current_exe().unwrap();
                assert_eq!(name, exe.file_name().unwrap().to_str().unwrap());
            }
            other => panic!("{other:?}"),
        }
    }
}
