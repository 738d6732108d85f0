//! How a script ends that does not by itself.

use crate::site::{DRIVERS, Driver, Site, connect, exchange, get, wait_until};
use std::io::{Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};
use std::{fs, thread};

/// Says who it is and what it has started, then does what it is told.
fn endless(site: &Site, then: &str) {
    let notes = site.scratch();
    site.script(
        "cgi-bin/x",
        &format!(
            "sleep 1000 &\necho $$ $! > {0}/new; mv {0}/new {0}/pids\n{then}\n",
            notes.display()
        ),
    );
}

/// The script and its child, as soon as they run.
fn pids(site: &Site) -> Vec<String> {
    let path = site.scratch().join("pids");
    wait_until(|| path.exists(), || "the script to start".to_owned());
    let text = fs::read_to_string(&path).unwrap();
    fs::remove_file(path).unwrap();
    text.split_whitespace().map(str::to_owned).collect()
}

fn expect_dead(pids: &[String]) {
    wait_until(|| pids.iter().all(|pid| is_dead(pid)), || format!("the end of {pids:?}"));
}

/// Gone, or a zombie that somebody else has to collect.
fn is_dead(pid: &str) -> bool {
    match fs::read_to_string(Path::new("/proc").join(pid).join("stat")) {
        Ok(stat) => stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with(['Z', 'X'])),
        Err(_) => true,
    }
}

const SAY: &str = "echo 'Content-Type: text/plain'; echo; echo begun";

#[test]
fn a_silent_script_is_killed_with_all_it_has_started() {
    for driver in DRIVERS {
        let mut site = Site::new();
        site.cgi.timeout = Some(Duration::from_secs(1));
        endless(&site, "sleep 1000");
        let answer = site.serve(driver, |address| exchange(address, &get("/cgi-bin/x")));
        assert_eq!(answer.status(), "504 Gateway Timeout");
        assert!(site.log().contains(&"CGI script killed: no output for 1 s".to_owned()));
        expect_dead(&pids(&site));
        // Once it has begun to answer, the answer is visibly not whole.
        endless(&site, &format!("{SAY}; sleep 1000"));
        let answer = site.serve(driver, |address| exchange(address, &get("/cgi-bin/x")));
        assert!(answer.0.contains("begun\n") && !answer.0.ends_with("0\r\n\r\n"), "{answer:?}");
        expect_dead(&pids(&site));
    }
}

#[test]
fn a_script_that_has_said_all_has_its_answer_whole_even_if_it_is_killed() {
    for driver in DRIVERS {
        let mut site = Site::new();
        site.cgi.timeout = Some(Duration::from_secs(1));
        let notes = site.scratch();
        site.script(
            "cgi-bin/x",
            &format!("echo $$ > {}/pids; {SAY}; exec >&-; sleep 1000", notes.display()),
        );
        let answer = site.serve(driver, |address| exchange(address, &get("/cgi-bin/x")));
        assert_eq!(answer.body(), "begun\n");
        assert!(site.log().contains(&"CGI script killed: no output for 1 s".to_owned()));
        expect_dead(&pids(&site));
    }
}

#[test]
fn output_that_cannot_be_sent_counts_as_none() {
    for driver in DRIVERS {
        for (method, head) in
            [("HEAD", ""), ("GET", "echo 'Content-Length: 2';"), ("GET", "echo 'Status: 204';")]
        {
            let mut site = Site::new();
            site.cgi.timeout = Some(Duration::from_secs(1));
            endless(&site, &format!("echo 'Content-Type: a/b'; {head} echo; exec yes"));
            let request = get("/cgi-bin/x").replacen("GET", method, 1);
            let answer = site.serve(driver, |address| exchange(address, &request));
            assert!(answer.0.starts_with("HTTP/1.1 20"), "{answer:?}");
            assert!(site.log().contains(&"CGI script killed: no output for 1 s".to_owned()));
            expect_dead(&pids(&site));
        }
    }
}

#[test]
fn a_script_that_says_something_now_and_then_is_not_silent() {
    let mut site = Site::of(&format!("{SAY}; for i in 1 2 3 4 5 6 7; do sleep 0.5; echo $i; done"));
    site.cgi.timeout = Some(Duration::from_millis(2500));
    assert_eq!(site.get("/cgi-bin/x").body(), "begun\n1\n2\n3\n4\n5\n6\n7\n");
}

#[test]
fn output_comes_as_it_is_written() {
    for driver in DRIVERS {
        let site = Site::new();
        let notes = site.scratch();
        let wait = |note| format!("until test -e {}/{note}; do sleep 0.05; done", notes.display());
        site.script(
            "cgi-bin/x",
            &format!(
                "echo 'Content-Type: text/plain'; echo; {}; echo begun; {}; echo ended",
                wait("head"),
                wait("begun")
            ),
        );
        site.serve(driver, |address| {
            let mut client = connect(address);
            client.write_all(get("/cgi-bin/x").as_bytes()).unwrap();
            let mut text = String::new();
            // The head does not wait for the body either.
            for (come, to_come, note) in
                [("\r\n\r\n", "begun", "head"), ("begun\n", "ended", "begun")]
            {
                let mut block = [0; 1024];
                while !text.contains(come) {
                    let count = client.read(&mut block).unwrap();
                    assert!(count > 0, "{text}");
                    text.push_str(std::str::from_utf8(&block[..count]).unwrap());
                }
                assert!(!text.contains(to_come), "{text}");
                fs::write(notes.join(note), "").unwrap();
            }
            client.read_to_string(&mut text).unwrap();
            assert!(text.contains("ended"), "{text}");
        });
    }
}

#[test]
fn a_client_that_is_gone_takes_its_script_along() {
    for driver in DRIVERS {
        for (method, then, reset) in [
            ("GET", "sleep 1000", true),
            ("GET", "sleep 1000", false),
            ("GET", &*format!("{SAY}; sleep 1000"), true),
            ("GET", "echo 'Content-Type: a/b'; echo; yes", false),
            // There is nothing to send by which the client could be missed.
            ("HEAD", "echo 'Content-Type: a/b'; echo; yes", false),
            ("GET", "echo 'Content-Type: a/b'; echo 'Content-Length: 2'; echo; yes", false),
        ] {
            let mut site = Site::new();
            site.cgi.half_closed = Some(Duration::from_millis(100));
            endless(&site, then);
            site.serve(driver, |address| {
                let mut client = connect(address);
                let request = get("/cgi-bin/x").replacen("GET", method, 1);
                client.write_all(request.as_bytes()).unwrap();
                let pids = pids(&site);
                if reset {
                    let socket = http_server::socketserver::socket2::SockRef::from(&client);
                    socket.set_linger(Some(Duration::ZERO)).unwrap();
                }
                drop(client);
                expect_dead(&pids);
                // A response that waits for its client in the engine ends without a word.
                if then == "sleep 1000" {
                    site.expect_log("Client went away");
                }
            });
        }
    }
}

#[test]
fn a_client_that_only_ends_its_side_gets_its_answer() {
    for driver in DRIVERS {
        let site = Site::of("sleep 0.5; echo 'Content-Type: text/plain'; echo; echo late");
        site.serve(driver, |address| {
            let mut client = connect(address);
            client.write_all(get("/cgi-bin/x").as_bytes()).unwrap();
            client.shutdown(std::net::Shutdown::Write).unwrap();
            let mut text = String::new();
            client.read_to_string(&mut text).unwrap();
            assert!(text.contains("late\n"), "{text}");
        });
    }
}

#[test]
fn a_server_that_stops_takes_its_scripts_along() {
    for driver in DRIVERS {
        let mut site = Site::new();
        site.cgi.graceful = Duration::from_millis(200);
        site.engine.graceful = Duration::from_millis(200);
        endless(&site, "sleep 1000");
        let (pids, _client) = site.serve(driver, |address| {
            let mut client = connect(address);
            client.write_all(get("/cgi-bin/x").as_bytes()).unwrap();
            (pids(&site), client)
        });
        expect_dead(&pids);
        site.expect_log("CGI script killed: the server stops");
    }
}

#[test]
fn all_scripts_can_be_killed_at_once() {
    let site = Site::new();
    endless(&site, "sleep 1000");
    let handler = site.handler();
    let factory = handler.clone();
    let server =
        http_server::HttpServer::bind("127.0.0.1:0", move || factory.clone()).unwrap().engine();
    thread::scope(|scope| {
        scope.spawn(|| server.serve_forever().unwrap());
        let mut client = connect(server.server_address());
        client.write_all(get("/cgi-bin/x").as_bytes()).unwrap();
        let pids = pids(&site);
        handler.cgi.kill_scripts();
        let mut text = String::new();
        client.read_to_string(&mut text).unwrap();
        assert!(text.starts_with("HTTP/1.1 502 "), "{text}");
        expect_dead(&pids);
        server.shutdown();
    });
}

#[test]
fn what_a_script_leaves_running_holds_nobody() {
    for driver in DRIVERS {
        for left in ["sleep 30", "while echo moan >&2; do :; done >/dev/null"] {
            let site = Site::of(&format!("{SAY}; {left} &\nexit 0\n"));
            let start = Instant::now();
            let answer = site.serve(driver, |address| exchange(address, &get("/cgi-bin/x")));
            assert_eq!(answer.body(), "begun\n");
            assert!(start.elapsed() < Duration::from_secs(15));
        }
    }
}

#[test]
fn a_slow_script_holds_up_nobody_else() {
    let mut site = Site::new();
    site.engine.threads = 4;
    let notes = site.scratch();
    site.script(
        "cgi-bin/slow",
        &format!("until test -e {}/go; do sleep 0.05; done; {SAY}\n", notes.display()),
    );
    site.script("cgi-bin/x", SAY);
    site.file("page.txt", "page", 0o644);
    site.serve(Driver::Engine, |address| {
        let mut waiting: Vec<_> = (0..2).map(|_| connect(address)).collect();
        for client in &mut waiting {
            client.write_all(get("/cgi-bin/slow").as_bytes()).unwrap();
        }
        assert_eq!(exchange(address, &get("/page.txt")).body(), "page");
        assert_eq!(exchange(address, &get("/cgi-bin/x")).body(), "begun\n");
        fs::write(notes.join("go"), "").unwrap();
        for mut client in waiting {
            let mut text = String::new();
            client.read_to_string(&mut text).unwrap();
            assert!(text.contains("begun\n"), "{text}");
        }
    });
}

#[test]
fn no_more_scripts_run_than_may() {
    for driver in DRIVERS {
        let mut site = Site::new();
        site.cgi.processes = 2;
        let notes = site.scratch();
        site.script(
            "cgi-bin/slow",
            &format!(
                "{SAY}; until test -e {}/go; do sleep 0.05; done; echo ended\n",
                notes.display()
            ),
        );
        site.script("cgi-bin/x", SAY);
        site.serve(driver, |address| {
            let mut waiting: Vec<_> = (0..2).map(|_| connect(address)).collect();
            for client in &mut waiting {
                client.write_all(get("/cgi-bin/slow").as_bytes()).unwrap();
                client.read_exact(&mut [0; 10]).unwrap();
            }
            let refused = exchange(address, &get("/cgi-bin/x"));
            assert_eq!(refused.status(), "503 Service Unavailable");
            assert_eq!(refused.header("Retry-After"), Some("1"));
            fs::write(notes.join("go"), "").unwrap();
            for mut client in waiting {
                let mut text = String::new();
                client.read_to_string(&mut text).unwrap();
                assert!(text.contains("ended\n"), "{text}");
            }
            assert_eq!(exchange(address, &get("/cgi-bin/x")).body(), "begun\n");
        });
    }
}

#[test]
fn clients_that_take_their_time_hold_no_thread() {
    let mut site = Site::of("echo 'Content-Type: text/plain'; echo; head -c 20000000 /dev/zero");
    site.engine.threads = 2;
    site.file("page.txt", "page", 0o644);
    site.serve(Driver::Engine, |address| {
        let mut slow: Vec<_> = (0..8).map(|_| connect(address)).collect();
        for client in &mut slow {
            client.write_all(get("/cgi-bin/x").as_bytes()).unwrap();
            // The answer has begun, and most of it is still to come.
            client.read_exact(&mut [0; 100]).unwrap();
        }
        assert_eq!(exchange(address, &get("/page.txt")).body(), "page");
        let mut rest = Vec::new();
        slow.pop().unwrap().read_to_end(&mut rest).unwrap();
        assert!(rest.len() > 20_000_000);
    });
}
