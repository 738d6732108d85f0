//! As whom scripts run.

use super::RunAs;
use std::fs;

/// The user and the group to change to; `None` to stay what the server is.
pub(super) fn ids(run_as: RunAs) -> Option<(u32, u32)> {
    match run_as {
        RunAs::Server => None,
        RunAs::User { uid, gid } => Some((uid, gid)),
        RunAs::Nobody if !rustix::process::geteuid().is_root() => None,
        RunAs::Nobody => Some(nobody()),
    }
}

/// Returns the number of the user `nobody`; without one, a number above all that there are.
///
/// As [`RunAs::Nobody`](crate::RunAs::Nobody) takes it, from `/etc/passwd`.
///
/// ```
/// assert_ne!(http_server::nobody_uid(), 0);
/// ```
#[must_use]
pub fn nobody_uid() -> u32 {
    nobody().0
}

fn nobody() -> (u32, u32) {
    nobody_in(&fs::read_to_string("/etc/passwd").unwrap_or_default())
}

fn nobody_in(passwd: &str) -> (u32, u32) {
    /// What Linux and most others use.
    const USUAL: u32 = 65_534;
    let mut highest = 0;
    for line in passwd.lines() {
        let mut parts = line.split(':');
        let name = parts.next();
        let mut number = || parts.next().and_then(|number| number.parse::<u32>().ok());
        // The password, then the two numbers.
        let (_, Some(uid), gid) = (number(), number(), number()) else { continue };
        if name == Some("nobody") {
            return (uid, gid.unwrap_or(uid));
        }
        highest = highest.max(uid);
    }
    let uid = if highest == 0 { USUAL } else { highest.saturating_add(1) };
    (uid, uid)
}

#[cfg(test)]
mod tests {
    use super::nobody_in;

    #[test]
    fn nobody_is_found_or_made_up() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\nme:x:1000:1000::/:\n";
        assert_eq!(nobody_in(passwd), (1001, 1001));
        assert_eq!(nobody_in(&format!("{passwd}nobody:*:65534:65533:::\n")), (65_534, 65_533));
        assert_eq!(nobody_in("+::::::\nbroken\n"), (65_534, 65_534));
    }
}
