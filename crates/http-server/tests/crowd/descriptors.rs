//! A process without a descriptor left.

use super::{Site, ask, processor_time_of};
use http_server::{HandlerOptions, HttpServer};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::env;
use std::io::{self, BufRead, BufReader, Read};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

const CHILD: &str = "HTTP_SERVER_WITH_FEW_DESCRIPTORS";

fn serve_with_few_descriptors() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: Some(40), maximum }).unwrap();
    let options = HandlerOptions::new().protocol_version("HTTP/1.1");
    let site = move || Site { options: options.clone(), pages: Arc::default() };
    let engine = HttpServer::bind("127.0.0.1:0", site).unwrap().engine();
    eprintln!("port {}", engine.server_address().port());
    let stop = engine.shutdown_handle();
    let parent = thread::spawn(move || {
        let _ = io::stdin().read(&mut [0]);
        stop.shutdown();
    });
    engine.serve_forever().unwrap();
    parent.join().unwrap();
    eprintln!("ended");
}

#[test]
fn without_descriptors_the_server_goes_on_without_spinning_and_recovers_at_once() {
    if env::var_os(CHILD).is_some() {
        return serve_with_few_descriptors();
    }
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "--nocapture"])
        .arg("descriptors::without_descriptors_the_server_goes_on_without_spinning_and_recovers_at_once")
        .env(CHILD, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let port: u16 = lines.find_map(|line| line.strip_prefix("port ")?.parse().ok()).unwrap();
    let connect = || TcpStream::connect(("127.0.0.1", port)).unwrap();
    let complains = |line: &String| line.contains("cannot accept a connection");

    let mut served = connect();
    ask(&mut served);
    let mut crowd: Vec<TcpStream> = (0..60).map(|_| connect()).collect();
    lines.find(complains).unwrap();
    // Who is there is served as ever.
    (0..50).for_each(|_| ask(&mut served));
    let process = child.id().to_string();
    let before = processor_time_of(&process);
    served.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    assert!(served.read(&mut [0]).is_err());
    let spent = processor_time_of(&process) - before;
    assert!(spent <= 10, "{spent} hundredths of a second of fifty");
    served.set_read_timeout(None).unwrap();

    // When the first ones go, the last ones come.
    let mut waiting = crowd.split_off(50);
    drop(crowd);
    waiting.iter_mut().for_each(ask);
    ask(&mut served);
    drop(child.stdin.take());
    lines.find(|line| line == "ended").unwrap();
    assert!(child.wait().unwrap().success());
}
