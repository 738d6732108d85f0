//! What a handler may know of its server.

use crate::Attendance;

/// What a handler may know of its server.
///
/// # Examples
///
/// ```
/// let info = socketserver::ServerInfo::default();
/// assert!(!info.multithread && !info.multiprocess);
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct ServerInfo<'a> {
    /// Another thread of this process may run the same handler class at the same time.
    pub multithread: bool,
    /// Another process may.
    pub multiprocess: bool,
    pub(crate) attendance: Option<&'a Attendance<'a>>,
}

impl<'a> ServerInfo<'a> {
    /// What ties the request to its server, for a handler that waits for more from its client. None in a child process,
    /// which keeps nobody waiting, and without a server.
    #[must_use]
    pub fn attendance(&self) -> Option<&'a Attendance<'a>> {
        self.attendance
    }
}
