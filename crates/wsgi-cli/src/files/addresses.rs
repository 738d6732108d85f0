//! The addresses under which clients find this machine.
//!
//! The system is asked which of its addresses it would send from, to a few places: to connect a UDP socket sends
//! nothing. That leaves out what no client of the network can use, such as bridges of containers, and
//! needs no crate that calls the system by itself (listing the interfaces is `unsafe` in every one).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

/// The address that stands for all: also IPv4 clients come to the one of IPv6.
pub(super) fn everywhere() -> IpAddr {
    let has_ipv6 = UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0)).is_ok();
    if has_ipv6 { Ipv6Addr::UNSPECIFIED.into() } else { Ipv4Addr::UNSPECIFIED.into() }
}

/// The addresses by which other machines reach a server that listens there, the likeliest first.
pub(super) fn of_others(bound: IpAddr) -> Vec<IpAddr> {
    if !bound.is_unspecified() {
        return if bound.is_loopback() { Vec::new() } else { vec![bound] };
    }
    let mut found = Vec::new();
    for place in PLACES.into_iter().filter(|place| place.is_ipv4() || bound.is_ipv6()) {
        let address = sender_to(place).filter(|address| is_of_use(*address));
        found.extend(address.filter(|address| !found.contains(address)));
    }
    found
}

/// The world, which is a documentation address (RFC 5737, RFC 3849) that is on no network of ours, then the private
/// networks (RFC 1918, RFC 4193), for machines that have a way to one of these only.
const PLACES: [IpAddr; 6] = [
    IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
    IpAddr::V4(Ipv4Addr::new(192, 168, 0, 1)),
    IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)),
    IpAddr::V4(Ipv4Addr::new(172, 16, 0, 1)),
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 1)),
];

/// The address that this machine would send from.
fn sender_to(place: IpAddr) -> Option<IpAddr> {
    let any: IpAddr = match place {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    /// The discard service; any port will do.
    const PORT: u16 = 9;
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect((place, PORT)).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

/// An address of one link only would need its interface, too, which differs from client to client.
fn is_of_use(address: IpAddr) -> bool {
    let is_link_local = match address {
        IpAddr::V4(_) => false,
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    !(address.is_loopback() || address.is_unspecified() || is_link_local)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_of_one_address_is_found_there() {
        let others = |bound: &str| of_others(bound.parse().unwrap());
        assert_eq!(others("127.0.0.1"), [] as [IpAddr; 0]);
        assert_eq!(others("::1"), [] as [IpAddr; 0]);
        assert_eq!(others("192.0.2.7"), ["192.0.2.7".parse::<IpAddr>().unwrap()]);
    }

    // Which there are is a matter of the machine.
    #[test]
    fn a_server_of_all_is_found_at_each_once() {
        for bound in ["0.0.0.0", "::"] {
            let bound: IpAddr = bound.parse().unwrap();
            let others = of_others(bound);
            for (index, address) in others.iter().enumerate() {
                assert!(is_of_use(*address) && !others[..index].contains(address), "{others:?}");
                assert!(address.is_ipv4() || bound.is_ipv6(), "{others:?}");
            }
        }
    }

    #[test]
    fn addresses_of_one_link_are_of_no_use() {
        for (address, expected) in [
            ("10.1.2.3", true),
            ("fd12::1", true),
            ("fe80::1", false),
            ("127.0.0.1", false),
            ("::", false),
        ] {
            assert_eq!(is_of_use(address.parse().unwrap()), expected, "{address}");
        }
    }
}
