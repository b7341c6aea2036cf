//! Which addresses messages may go to.
//!
//! Whoever makes a webhook chooses where the server connects to. So it must not reach what only the
//! server can reach: itself, its networks, the metadata of a cloud. The list is what the registries of
//! special-purpose addresses (IANA, RFC 6890) do not call globally reachable, and every way in which an
//! IPv6 address carries an IPv4 address within it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A network: an address and how many of its first bits count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

/// A text that is no network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidNetwork(String);

impl fmt::Display for InvalidNetwork {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "'{}' is no network like 10.1.0.0/16 or fd00::/8", self.0)
    }
}

impl std::error::Error for InvalidNetwork {}

impl FromStr for Network {
    type Err = InvalidNetwork;

    /// Reads `10.1.0.0/16`, or an address alone.
    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        let invalid = || InvalidNetwork(text.to_owned());
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().map_err(|_| invalid())?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| invalid())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        if bits > most { Err(invalid()) } else { Ok(Self { address, bits }) }
    }
}

impl Network {
    const fn v4(a: u8, b: u8, c: u8, d: u8, bits: u8) -> Self {
        Self { address: IpAddr::V4(Ipv4Addr::new(a, b, c, d)), bits }
    }

    const fn v6(first: u16, second: u16, third: u16, bits: u8) -> Self {
        Self { address: IpAddr::V6(Ipv6Addr::new(first, second, third, 0, 0, 0, 0, 0)), bits }
    }

    /// Whether an address is in it.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.bits)).unwrap_or(0);
                network.to_bits() & mask == address.to_bits() & mask
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.bits)).unwrap_or(0);
                network.to_bits() & mask == address.to_bits() & mask
            }
            _ => false,
        }
    }
}

/// Networks that are not for everybody, and what they are.
const SPECIAL: &[(Network, &str)] = &[
    (Network::v4(0, 0, 0, 0, 8), "of this network"),
    (Network::v4(10, 0, 0, 0, 8), "private"),
    (Network::v4(100, 64, 0, 0, 10), "shared by customers of a carrier"),
    (Network::v4(127, 0, 0, 0, 8), "loopback"),
    (Network::v4(169, 254, 0, 0, 16), "link-local"),
    (Network::v4(172, 16, 0, 0, 12), "private"),
    (Network::v4(192, 0, 0, 0, 24), "for protocols"),
    (Network::v4(192, 0, 2, 0, 24), "for documentation"),
    (Network::v4(192, 88, 99, 0, 24), "reserved"),
    (Network::v4(192, 168, 0, 0, 16), "private"),
    (Network::v4(198, 18, 0, 0, 15), "for benchmarks"),
    (Network::v4(198, 51, 100, 0, 24), "for documentation"),
    (Network::v4(203, 0, 113, 0, 24), "for documentation"),
    (Network::v4(224, 0, 0, 0, 4), "multicast"),
    (Network::v4(240, 0, 0, 0, 4), "reserved"),
    (Network::v6(0x100, 0, 0, 64), "for discarding"),
    (Network::v6(0x2001, 0, 0, 23), "for protocols"),
    (Network::v6(0x2001, 0xdb8, 0, 32), "for documentation"),
    (Network::v6(0x3fff, 0, 0, 20), "for documentation"),
    (Network::v6(0x5f00, 0, 0, 16), "for segment routing"),
    (Network::v6(0xfc00, 0, 0, 7), "private"),
    (Network::v6(0xfe80, 0, 0, 10), "link-local"),
    (Network::v6(0xfec0, 0, 0, 10), "private"),
    (Network::v6(0xff00, 0, 0, 8), "multicast"),
];

/// Why messages may not go to an address; nothing, if they may. `allowed` are networks that are let
/// through whatever they are.
#[must_use]
pub fn refusal(address: IpAddr, allowed: &[Network]) -> Option<&'static str> {
    let inner = embedded(address);
    let is_allowed = |address: IpAddr| allowed.iter().any(|network| network.contains(address));
    if is_allowed(address) || inner.is_some_and(is_allowed) {
        return None;
    }
    if let Some(inner) = inner {
        return special(inner);
    }
    special(address)
}

fn special(address: IpAddr) -> Option<&'static str> {
    if let IpAddr::V6(address) = address {
        if address.is_loopback() {
            return Some("loopback");
        }
        // Everything before 0100::/8 but what carries an IPv4 address.
        if address.segments()[0] == 0 {
            return Some("reserved");
        }
    }
    SPECIAL.iter().find(|(network, _)| network.contains(address)).map(|(_, what)| *what)
}

/// The IPv4 address that an IPv6 address stands for: mapped, compatible, translated (NAT64), 6to4.
fn embedded(address: IpAddr) -> Option<IpAddr> {
    let IpAddr::V6(address) = address else { return None };
    let segments = address.segments();
    let of = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Some(IpAddr::V4(Ipv4Addr::new(a, b, c, d)))
    };
    match segments {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0, 0, 0, 0, 0, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x64, 0xff9b, 1, _, _, _, high, low]
        | [0x2002, high, low, _, _, _, _, _] => of(high, low),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(address: &str, allowed: &[&str]) -> Option<&'static str> {
        let allowed: Vec<Network> = allowed.iter().map(|text| text.parse().unwrap()).collect();
        refusal(address.parse().unwrap(), &allowed)
    }

    #[test]
    fn what_only_the_server_can_reach_is_refused() {
        let check = |address, expected| assert_eq!(refused(address, &[]), expected, "{address}");
        check("127.0.0.1", Some("loopback"));
        check("127.255.255.254", Some("loopback"));
        check("0.0.0.0", Some("of this network"));
        check("10.255.0.1", Some("private"));
        check("172.16.0.1", Some("private"));
        check("172.31.255.255", Some("private"));
        check("172.32.0.0", None);
        check("192.168.1.1", Some("private"));
        check("100.64.0.1", Some("shared by customers of a carrier"));
        check("100.128.0.1", None);
        // The metadata of clouds.
        check("169.254.169.254", Some("link-local"));
        check("100.100.100.200", Some("shared by customers of a carrier"));
        check("192.0.0.192", Some("for protocols"));
        check("fd00:ec2::254", Some("private"));
        check("224.0.0.1", Some("multicast"));
        check("255.255.255.255", Some("reserved"));
        check("::1", Some("loopback"));
        check("::", Some("reserved"));
        check("fe80::1", Some("link-local"));
        check("fc00::1", Some("private"));
        check("ff02::1", Some("multicast"));
        check("2001:db8::1", Some("for documentation"));
        check("93.184.216.34", None);
        check("2606:2800:220:1::1", None);
    }

    #[test]
    fn an_address_within_an_address_is_looked_at() {
        let check = |address, expected| assert_eq!(refused(address, &[]), expected, "{address}");
        check("::ffff:127.0.0.1", Some("loopback"));
        check("::ffff:169.254.169.254", Some("link-local"));
        check("::ffff:0:10.0.0.1", Some("private"));
        check("::10.0.0.1", Some("private"));
        check("64:ff9b::10.0.0.1", Some("private"));
        check("64:ff9b:1::192.168.0.1", Some("private"));
        check("2002:7f00:1::", Some("loopback"));
        check("::ffff:93.184.216.34", None);
        check("64:ff9b::93.184.216.34", None);
    }

    #[test]
    fn networks_can_be_allowed() {
        assert_eq!(refused("10.1.2.3", &["10.1.0.0/16"]), None);
        assert_eq!(refused("10.2.2.3", &["10.1.0.0/16"]), Some("private"));
        assert_eq!(refused("::ffff:10.1.2.3", &["10.1.0.0/16"]), None);
        assert_eq!(refused("127.0.0.1", &["127.0.0.1"]), None);
        assert_eq!(refused("127.0.0.2", &["127.0.0.1"]), Some("loopback"));
        assert_eq!(refused("fd12::1", &["fd00::/8"]), None);
        assert_eq!(refused("169.254.169.254", &["0.0.0.0/0"]), None);
        assert_eq!(refused("fe80::1", &["0.0.0.0/0"]), Some("link-local"));
        assert_eq!(refused("fe80::1", &["::/0"]), None);
    }

    #[test]
    fn what_is_no_network_is_told() {
        for text in ["", "10.0.0.0/33", "fd00::/129", "10.0.0/8", "10.0.0.0/", "x/8", "10.0.0.0/-1"]
        {
            let error = text.parse::<Network>().unwrap_err();
            assert!(error.to_string().contains(&format!("'{text}'")), "{error}");
        }
    }
}
