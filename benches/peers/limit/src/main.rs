//! The least that a server on this machine can do: `limit PORT THREADS`.
//!
//! Each thread has an epoll, and a listening socket of its own on the shared port. A request is whatever ends with an
//! empty line: nothing is validated, nothing is limited, nobody is ever told to go. So this is no HTTP server, but the
//! price of the system calls, two copies and a search, below which no server comes that reads and writes sockets.

#![forbid(unsafe_code)]

mod connection;

use connection::{Connection, Date, State};
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io;
use rustix::net::{self, AddressFamily, SocketFlags, SocketType, sockopt};
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::{AsRawFd, OwnedFd};
use std::thread;

/// Room for what one wake-up of a connection reads.
const INPUT: usize = 256 * 1024;
const LISTENER: u64 = u64::MAX;

fn main() {
    let arguments: Vec<u16> = std::env::args().skip(1).flat_map(|a| a.parse()).collect();
    let [port, threads] = arguments[..] else { panic!("usage: limit PORT THREADS") };
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| serve(port).map(drop).expect("the port is free"));
        }
    });
}

fn serve(port: u16) -> io::Result<Infallible> {
    let listener = listen(port)?;
    let epoll = epoll::create(CreateFlags::CLOEXEC)?;
    epoll::add(&epoll, &listener, EventData::new_u64(LISTENER), EventFlags::IN)?;
    // A connection is found at the number of its descriptor.
    let mut connections: Vec<Option<Connection>> = Vec::new();
    let mut input = vec![0; INPUT];
    let mut output = Vec::new();
    let mut date = Date::default();
    let mut events: Vec<Event> = Vec::with_capacity(512);
    loop {
        events.clear();
        if epoll::wait(&epoll, rustix::buffer::spare_capacity(&mut events), None).is_err() {
            continue;
        }
        date.refresh();
        for event in &events {
            if event.data.u64() == LISTENER {
                while let Ok(socket) = accept(&listener) {
                    let number = socket.as_raw_fd() as usize;
                    let mut connection = Connection::new(socket);
                    // The first request is often there, and often the only one.
                    connection.ready(&mut input, &mut output, date.text());
                    let Some(interest) = interest(connection.state) else { continue };
                    let data = EventData::new_u64(number as u64);
                    epoll::add(&epoll, connection.socket(), data, interest)?;
                    if connections.len() <= number {
                        connections.resize_with(number + 1, || None);
                    }
                    connections[number] = Some(connection);
                }
                continue;
            }
            let number = event.data.u64() as usize;
            let Some(connection) = &mut connections[number] else { continue };
            let before = connection.state;
            connection.ready(&mut input, &mut output, date.text());
            if connection.state == before {
                continue;
            }
            match interest(connection.state) {
                Some(interest) => {
                    epoll::modify(&epoll, connection.socket(), event.data, interest)?;
                }
                None => connections[number] = None,
            }
        }
    }
}

/// What is to be watched; nothing where all is over.
fn interest(state: State) -> Option<EventFlags> {
    match state {
        State::Reading => Some(EventFlags::IN),
        State::Writing => Some(EventFlags::OUT),
        State::Closed => None,
    }
}

fn listen(port: u16) -> io::Result<OwnedFd> {
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let socket = net::socket_with(AddressFamily::INET, SocketType::STREAM, flags, None)?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    sockopt::set_socket_reuseport(&socket, true)?;
    net::bind(&socket, &SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    // What it accepts inherits this.
    sockopt::set_tcp_nodelay(&socket, true)?;
    net::listen(&socket, 4096)?;
    Ok(socket)
}

fn accept(listener: &OwnedFd) -> io::Result<OwnedFd> {
    net::accept_with(listener, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC)
}
