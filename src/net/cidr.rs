//! Set arithmetic on IPv4 ranges, and the reading of one firewall entry.
//!
//! Coverage is decided on the union of the rules, never rule by rule: two /25 cover a /24, and a tag's range may be
//! half covered. Sets are sorted, disjoint, non-adjacent intervals of addresses; every operation is one sweep.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net, Ipv4Subnets};

/// A set of IPv4 addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ipv4Set {
    /// Inclusive ends; sorted, and neither overlapping nor touching.
    intervals: Vec<(u32, u32)>,
}

impl Ipv4Set {
    /// The union of some networks, in any order and overlapping as they like.
    pub fn union_of(nets: impl IntoIterator<Item = Ipv4Net>) -> Ipv4Set {
        let mut intervals: Vec<(u32, u32)> =
            nets.into_iter().map(|net| (u32::from(net.network()), u32::from(net.broadcast()))).collect();
        intervals.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::with_capacity(intervals.len());
        for (first, last) in intervals {
            match merged.last_mut() {
                Some(previous) if first <= previous.1.saturating_add(1) => previous.1 = previous.1.max(last),
                _ => merged.push((first, last)),
            }
        }
        Ipv4Set { intervals: merged }
    }

    /// The addresses of this set that are in `other` too.
    pub fn intersection(&self, other: &Ipv4Set) -> Ipv4Set {
        let (mut here, mut there) = (0, 0);
        let mut intervals = Vec::new();
        while let (Some(a), Some(b)) = (self.intervals.get(here), other.intervals.get(there)) {
            let (first, last) = (a.0.max(b.0), a.1.min(b.1));
            if first <= last {
                intervals.push((first, last));
            }
            if a.1 < b.1 { here += 1 } else { there += 1 }
        }
        Ipv4Set { intervals }
    }

    /// The addresses of this set that are not in `other`.
    pub fn difference(&self, other: &Ipv4Set) -> Ipv4Set {
        let mut intervals = Vec::new();
        let mut there = 0;
        for &(first, last) in &self.intervals {
            while other.intervals.get(there).is_some_and(|interval| interval.1 < first) {
                there += 1;
            }
            // The next address of this interval that no interval of `other` has taken; none once the last is taken.
            let mut next = Some(first);
            for &(taken_first, taken_last) in &other.intervals[there..] {
                let Some(start) = next.filter(|_| taken_first <= last) else { break };
                if start < taken_first {
                    intervals.push((start, taken_first - 1));
                }
                next = taken_last.checked_add(1).filter(|&after| after <= last);
            }
            if let Some(start) = next {
                intervals.push((start, last));
            }
        }
        Ipv4Set { intervals }
    }

    /// Whether no address is in the set.
    pub fn is_empty(&self) -> bool {
        self.intervals.is_empty()
    }

    /// Whether the address is in the set.
    pub fn contains(&self, address: Ipv4Addr) -> bool {
        let address = u32::from(address);
        let after = self.intervals.partition_point(|interval| interval.0 <= address);
        after > 0 && self.intervals[after - 1].1 >= address
    }

    /// Whether every address of the network is in the set.
    pub fn covers(&self, net: Ipv4Net) -> bool {
        let (first, last) = (u32::from(net.network()), u32::from(net.broadcast()));
        let after = self.intervals.partition_point(|interval| interval.0 <= first);
        after > 0 && self.intervals[after - 1].1 >= last
    }

    /// How many addresses are in the set.
    pub fn len(&self) -> u64 {
        self.intervals.iter().map(|&(first, last)| u64::from(last - first) + 1).sum()
    }

    /// The fewest CIDRs that make up exactly this set, in ascending order.
    pub fn to_cidrs(&self) -> Vec<Ipv4Net> {
        let subnets = |&(first, last): &(u32, u32)| Ipv4Subnets::new(Ipv4Addr::from(first), Ipv4Addr::from(last), 0);
        self.intervals.iter().flat_map(subnets).collect()
    }
}

/// One entry of a registry's firewall, read strictly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// An address (a /32) or a CIDR.
    Ip {
        /// The network, host bits cleared.
        net: IpNet,
        /// Whether the entry had host bits set.
        host_bits: bool,
    },
    /// Neither, and why.
    Invalid(&'static str),
}

/// Reads an entry as Azure writes it: a bare address or a CIDR.
///
/// The address is read by the standard library's parser, since more lenient ones take `010.0.0.1` for a decimal
/// while others take it for an octal number.
pub fn parse_entry(text: &str) -> Entry {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    let Ok(address) = address.parse::<IpAddr>() else { return Entry::Invalid(why_no_address(address)) };
    let widest = if address.is_ipv4() { 32 } else { 128 };
    let length = match prefix {
        None => Some(widest),
        Some(digits) if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) => None,
        Some(digits) if digits.len() > 1 && digits.starts_with('0') => None,
        Some(digits) => digits.parse::<u8>().ok(),
    };
    let Some(net) = length.and_then(|length| IpNet::new(address, length).ok()) else {
        return Entry::Invalid("the prefix length is not a number its family allows");
    };
    Entry::Ip { net: net.trunc(), host_bits: net.trunc() != net }
}

fn why_no_address(text: &str) -> &'static str {
    let leading_zero = |part: &str| part.len() > 1 && part.starts_with('0');
    let numbers = text.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    if text.is_empty() {
        "it is empty"
    } else if text.trim() != text {
        "it has white space around it"
    } else if numbers && text.split('.').any(leading_zero) {
        "it has a leading zero"
    } else {
        "it is not an address or a CIDR"
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Networks inside 10.0.0.0/24, so that a model can hold every address.
    fn small_net() -> impl Strategy<Value = Ipv4Net> {
        (0u8..=255, 24u8..=32)
            .prop_map(|(host, length)| Ipv4Net::new(Ipv4Addr::new(10, 0, 0, host), length).expect("length").trunc())
    }

    fn small_nets() -> impl Strategy<Value = Vec<Ipv4Net>> {
        prop::collection::vec(small_net(), 0..12)
    }

    /// The naive model: ask every network about every address.
    fn naive(nets: &[Ipv4Net]) -> [bool; 256] {
        std::array::from_fn(|host| nets.iter().any(|net| net.contains(&Ipv4Addr::new(10, 0, 0, host as u8))))
    }

    fn swept(set: &Ipv4Set) -> [bool; 256] {
        std::array::from_fn(|host| set.contains(Ipv4Addr::new(10, 0, 0, host as u8)))
    }

    proptest! {
        #[test]
        fn the_sweep_agrees_with_the_naive_model(a in small_nets(), b in small_nets()) {
            let (set_a, set_b) = (Ipv4Set::union_of(a.clone()), Ipv4Set::union_of(b.clone()));
            let (in_a, in_b) = (naive(&a), naive(&b));
            prop_assert_eq!(swept(&set_a), in_a);
            let both: [bool; 256] = std::array::from_fn(|i| in_a[i] && in_b[i]);
            prop_assert_eq!(swept(&set_a.intersection(&set_b)), both);
            let only_a: [bool; 256] = std::array::from_fn(|i| in_a[i] && !in_b[i]);
            let difference = set_a.difference(&set_b);
            prop_assert_eq!(swept(&difference), only_a);
            prop_assert_eq!(difference.len(), only_a.iter().filter(|&&there| there).count() as u64);
            prop_assert_eq!(difference.is_empty(), only_a.iter().all(|there| !there));
        }

        #[test]
        fn a_network_is_covered_when_nothing_of_it_is_missing(a in small_nets(), net in small_net()) {
            let set = Ipv4Set::union_of(a);
            prop_assert_eq!(set.covers(net), Ipv4Set::union_of([net]).difference(&set).is_empty());
        }

        #[test]
        fn cidrs_are_exact_and_minimal(a in small_nets(), b in small_nets()) {
            let set = Ipv4Set::union_of(a).difference(&Ipv4Set::union_of(b));
            let cidrs = set.to_cidrs();
            prop_assert_eq!(Ipv4Set::union_of(cidrs.clone()), set);
            prop_assert_eq!(Ipv4Net::aggregate(&cidrs).len(), cidrs.len());
        }

        #[test]
        fn what_is_covered_and_what_is_missing_make_up_the_whole(a in any::<[(u32, u8); 6]>(), b in any::<[(u32, u8); 6]>()) {
            let nets = |raw: [(u32, u8); 6]| raw.map(|(address, length)| {
                Ipv4Net::new(Ipv4Addr::from(address), length % 33).expect("length").trunc()
            });
            let (tag, rules) = (Ipv4Set::union_of(nets(a)), Ipv4Set::union_of(nets(b)));
            let (covered, missing) = (tag.intersection(&rules), tag.difference(&rules));
            prop_assert_eq!(covered.len() + missing.len(), tag.len());
            prop_assert!(covered.intersection(&missing).is_empty());
        }

        #[test]
        fn reading_an_entry_never_panics(text in ".{0,40}") {
            parse_entry(&text);
        }
    }

    fn nets(texts: &[&str]) -> Vec<Ipv4Net> {
        texts.iter().map(|text| text.parse().expect("a network")).collect()
    }

    #[test]
    fn the_ends_of_the_address_space_hold() {
        let everything = Ipv4Set::union_of(nets(&["0.0.0.0/1", "128.0.0.0/1"]));
        assert_eq!(everything.to_cidrs(), nets(&["0.0.0.0/0"]));
        assert_eq!(everything.len(), 1 << 32);
        let but_the_last = everything.difference(&Ipv4Set::union_of(nets(&["255.255.255.255/32"])));
        assert_eq!(but_the_last.len(), (1 << 32) - 1);
        assert!(everything.difference(&everything).is_empty());
    }

    #[test]
    fn entries_are_read_strictly() {
        let ip = |text: &str, host_bits| Entry::Ip { net: text.parse().expect("a network"), host_bits };
        for (text, expected) in [
            ("20.42.66.0/24", ip("20.42.66.0/24", false)),
            ("20.42.66.7", ip("20.42.66.7/32", false)),
            ("20.42.66.7/24", ip("20.42.66.0/24", true)),
            ("2603:1030::/64", ip("2603:1030::/64", false)),
            ("::ffff:10.1.2.3", ip("::ffff:10.1.2.3/128", false)),
            ("010.0.0.0/8", Entry::Invalid("it has a leading zero")),
            (" 1.2.3.4", Entry::Invalid("it has white space around it")),
            ("", Entry::Invalid("it is empty")),
            ("AzureContainerRegistry.EastUS", Entry::Invalid("it is not an address or a CIDR")),
            ("10.0.0.0/33", Entry::Invalid("the prefix length is not a number its family allows")),
            ("10.0.0.0/+8", Entry::Invalid("the prefix length is not a number its family allows")),
            ("10.0.0.0/08", Entry::Invalid("the prefix length is not a number its family allows")),
            ("10.0.0.0/", Entry::Invalid("the prefix length is not a number its family allows")),
        ] {
            assert_eq!(parse_entry(text), expected, "{text:?}");
        }
    }
}
