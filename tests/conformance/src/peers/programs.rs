//! Servers that are programs: those that the benchmarks build, nginx, and ours.

use super::running::free_port;
use super::{Peer, Place, Running, version};
use crate::subjects::{self, NAMES};
use crate::{Problem, Profile};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// Ours on the engine and without it, the servers of `benches/peers` and nginx.
pub(super) fn peers() -> Vec<Peer> {
    let ours = NAMES.into_iter().map(ours);
    let built = ["hyper", "tiny_http"].into_iter().map(built);
    ours.chain(built).chain([nginx()]).collect()
}

/// The names of ours begin like this.
pub(super) const OURS: &str = "ours: ";

fn ours(name: &'static str) -> Peer {
    let profile = match name.split('-').next() {
        Some("handler") => Profile::Handler,
        Some("wsgi") => Profile::Wsgi,
        _ => Profile::Static,
    };
    Peer::new(format!("{OURS}{name}"), profile, move |_| {
        let served = subjects::start(name, &subjects::http11())?;
        let version = http_server::HandlerOptions::new().sys_version;
        let number = version.rsplit('/').next().unwrap_or_default();
        Ok(Running::ours(served, number.to_owned()))
    })
}

/// A program of `benches/peers`, which is built if it was not.
fn built(name: &'static str) -> Peer {
    Peer::new(name, Profile::Plain, move |place| {
        let manifest = place.repository.join("benches/peers/Cargo.toml");
        let target = place.workshop.join("programs");
        let package = format!("{name}-peer");
        let output = Command::new("cargo")
            .args(["build", "--quiet", "--release", "--locked", "--manifest-path"])
            .arg(&manifest)
            .args(["--package", &package])
            .env("CARGO_TARGET_DIR", &target)
            .output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            let first =
                said.lines().find(|line| line.starts_with("error")).unwrap_or("cargo build failed");
            return Err(Problem::new(format!("benches/peers/{name}: {first}")));
        }
        let address = free_port()?;
        let mut command = Command::new(target.join("release").join(package));
        command.arg(address.port().to_string()).arg("4");
        Running::start(command, address, locked_version(place, name), &place.log(name))
    })
}

/// The version of a crate in the lock file of the peers.
fn locked_version(place: &Place, name: &str) -> String {
    let lock =
        fs::read_to_string(place.repository.join("benches/peers/Cargo.lock")).unwrap_or_default();
    let start = format!("name = \"{name}\"\nversion = \"");
    let version = lock.split_once(&start).and_then(|(_, rest)| rest.split('"').next());
    version.unwrap_or_default().to_owned()
}

/// Nginx with the conformance tree.
fn nginx() -> Peer {
    Peer::new("nginx", Profile::Static, |place| {
        let program = ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/opt/homebrew/bin/nginx"]
            .into_iter()
            .map(PathBuf::from)
            .find(|path| path.exists())
            .ok_or_else(|| Problem::new("nginx is not installed: apt-get install nginx-light"))?;
        let version = version(Command::new(&program).arg("-v"));
        let version = version.rsplit('/').next().unwrap_or_default().to_owned();
        let folder = place.workshop.join("nginx");
        fs::create_dir_all(&folder)?;
        let address = free_port()?;
        let configuration = folder.join("nginx.conf");
        fs::write(&configuration, configuration_of(place, &folder, address.port()))?;
        let mut command = Command::new(program);
        command.arg("-e").arg("stderr").arg("-p").arg(&folder).arg("-c").arg(&configuration);
        Running::start(command, address, version, &place.log("nginx"))
    })
}

fn configuration_of(place: &Place, folder: &std::path::Path, port: u16) -> String {
    let (folder, tree) = (folder.display(), place.tree.display());
    // The worker that runs as `nobody` could not read a temporary folder of ours.
    let user = if rustix::process::geteuid().is_root() { "user root;" } else { "" };
    format!(
        "{user} daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr crit;\n\
         events {{ worker_connections 1024; }}\n\
         http {{\n\
         access_log off; default_type application/octet-stream;\n\
         types {{ text/html html; text/plain txt; }}\n\
         client_body_temp_path {folder}/body; fastcgi_temp_path {folder}/fastcgi; proxy_temp_path {folder}/proxy;\n\
         scgi_temp_path {folder}/scgi; uwsgi_temp_path {folder}/uwsgi;\n\
         server {{ listen 127.0.0.1:{port}; root {tree}; autoindex on; }}\n\
         }}\n"
    )
}
