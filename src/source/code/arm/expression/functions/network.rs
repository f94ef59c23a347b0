//! Functions of CIDR ranges.

use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::json;

use super::args::{Args, ExpressionError, Outcome, string};
use crate::source::code::declared::Node;

pub fn call(args: &Args<'_>) -> Option<Outcome> {
    Some(match args.name {
        "parsecidr" => net(args).map(describe),
        "cidrsubnet" => subnet(args),
        "cidrhost" => host(args),
        _ => return None,
    })
}

fn net(args: &Args<'_>) -> Result<IpNet, ExpressionError> {
    match args.text(0)?.parse::<IpNet>() {
        Ok(net) => Ok(net.trunc()),
        Err(_) => args.wrong("wants a CIDR range"),
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    }
}

/// An address of the family that the number is of.
fn address(like: IpNet, number: u128) -> Option<IpAddr> {
    match like {
        IpNet::V4(_) => Some(IpAddr::V4(u32::try_from(number).ok()?.into())),
        IpNet::V6(_) => Some(IpAddr::V6(number.into())),
    }
}

fn describe(net: IpNet) -> Node {
    let mut range = json!({
        "network": net.network().to_string(),
        "netmask": net.netmask().to_string(),
        "firstUsable": net.hosts().next().map(|host| host.to_string()),
        "lastUsable": net.broadcast().to_string(),
        "cidr": net.prefix_len(),
    });
    if let IpNet::V4(net) = net {
        range["broadcast"] = json!(net.broadcast().to_string());
        let last = u32::from(net.broadcast()).saturating_sub(u32::from(net.prefix_len() < 31));
        range["lastUsable"] = json!(std::net::Ipv4Addr::from(last).to_string());
    }
    Node::from_json(range)
}

fn subnet(args: &Args<'_>) -> Outcome {
    let (net, prefix, index) = (net(args)?, args.int(1)?, args.int(2)?);
    let made = || {
        let prefix = u8::try_from(prefix).ok().filter(|p| *p >= net.prefix_len() && *p <= net.max_prefix_len())?;
        let index = u128::try_from(index).ok()?;
        let new_bits = u32::from(prefix - net.prefix_len());
        if new_bits < 128 && index >> new_bits != 0 {
            return None;
        }
        let shift = u32::from(net.max_prefix_len() - prefix);
        let offset = if shift >= 128 { 0 } else { index.checked_mul(1u128.checked_shl(shift)?)? };
        IpNet::new(address(net, number(net.network()).checked_add(offset)?)?, prefix).ok()
    };
    match made() {
        Some(subnet) => string(subnet.to_string()),
        None => args.wrong("asks for a subnet that the range does not have"),
    }
}

fn host(args: &Args<'_>) -> Outcome {
    let (net, index) = (net(args)?, args.int(1)?);
    let made = || {
        // The first usable host of an IPv4 range that has a network address is the one after it.
        let skip = u128::from(matches!(net, IpNet::V4(_)) && net.prefix_len() < 31);
        let number = number(net.network()).checked_add(u128::try_from(index).ok()?)?.checked_add(skip)?;
        address(net, number).filter(|address| net.contains(address))
    };
    match made() {
        Some(host) => string(host.to_string()),
        None => args.wrong("asks for a host that the range does not have"),
    }
}
