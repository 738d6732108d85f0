//! CPython's own servers, of every Python 3 on the machine.

use super::running::free_port;
use super::{Peer, Running, with_application};
use crate::Profile;
use crate::suites::cpython::python::{self, Python};

/// `wsgiref` and `http.server` of each.
pub(super) fn peers() -> Vec<Peer> {
    python::all()
        .into_iter()
        .flat_map(|python| [wsgiref(python.clone()), directory(python)])
        .collect()
}

fn wsgiref(python: Python) -> Peer {
    Peer::new(format!("wsgiref-{}", python.version), Profile::Wsgi, move |place| {
        let address = free_port()?;
        let mut command = with_application(&python.path, place);
        command.args(["serve.py", "wsgiref"]).arg(address.port().to_string());
        Running::start(command, address, python.version.clone(), &place.log("wsgiref"))
    })
}

fn directory(python: Python) -> Peer {
    Peer::new(format!("http.server-{}", python.version), Profile::Static, move |place| {
        let address = free_port()?;
        let mut command = with_application(&python.path, place);
        command.args(["serve.py", "directory"]).arg(address.port().to_string()).arg(&place.tree);
        Running::start(command, address, python.version.clone(), &place.log("http.server"))
    })
}
