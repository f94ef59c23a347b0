//! Functions of address ranges.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::super::value::{ExpressionError, Outcome, text, to_i64};
use super::{argument, text_argument};
use crate::source::code::declared::{Node, NodeValue};

pub fn call(name: &str, arguments: &[Node]) -> Option<Outcome> {
    Some(match name {
        "cidrsubnet" => cidrsubnet(arguments),
        "cidrsubnets" => cidrsubnets(arguments),
        "cidrhost" => cidrhost(arguments),
        "cidrnetmask" => net(arguments).and_then(|net| text(net.netmask().to_string())),
        _ => return None,
    })
}

fn net(arguments: &[Node]) -> Result<IpNet, ExpressionError> {
    let wrong = || ExpressionError::Wrong("An address range such as 10.0.0.0/8 is needed.".to_owned());
    Ok(text_argument(arguments, 0)?.parse::<IpNet>().map_err(|_| wrong())?.trunc())
}

fn outside() -> ExpressionError {
    ExpressionError::Wrong("The address range is too small for that.".to_owned())
}

/// The address that lies this far into a network of this kind.
fn moved(net: IpNet, by: u128) -> Result<IpAddr, ExpressionError> {
    Ok(match net.network() {
        IpAddr::V4(start) => {
            let by = u32::try_from(by).map_err(|_| outside())?;
            Ipv4Addr::from(u32::from(start).checked_add(by).ok_or_else(outside)?).into()
        }
        IpAddr::V6(start) => Ipv6Addr::from(u128::from(start).checked_add(by).ok_or_else(outside)?).into(),
    })
}

fn part(net: IpNet, bits: u8, number: u128) -> Result<IpNet, ExpressionError> {
    let length = net.prefix_len().checked_add(bits).filter(|length| *length <= net.max_prefix_len());
    let length = length.ok_or_else(outside)?;
    if bits < 128 && number >> bits != 0 {
        return Err(outside());
    }
    let shift = u32::from(net.max_prefix_len() - length);
    let by = number.checked_shl(shift).filter(|by| by >> shift == number).ok_or_else(outside)?;
    IpNet::new(moved(net, by)?, length).map_err(|_| outside())
}

fn small(node: &Node) -> Result<u8, ExpressionError> {
    u8::try_from(to_i64(node)?).map_err(|_| outside())
}

fn cidrsubnet(arguments: &[Node]) -> Outcome {
    let bits = small(argument(arguments, 1)?)?;
    let number = u128::try_from(to_i64(argument(arguments, 2)?)?).map_err(|_| outside())?;
    text(part(net(arguments)?, bits, number)?.to_string())
}

/// Ranges one after the other, each at the first place where it fits.
fn cidrsubnets(arguments: &[Node]) -> Outcome {
    let net = net(arguments)?;
    let mut next: u128 = 0;
    let mut parts = Vec::new();
    for argument in &arguments[1..] {
        let bits = small(argument)?;
        let length = net.prefix_len().checked_add(bits).filter(|length| *length <= net.max_prefix_len());
        let shift = u32::from(net.max_prefix_len() - length.ok_or_else(outside)?);
        let size = 1u128.checked_shl(shift).ok_or_else(outside)?;
        let number = next.div_ceil(size);
        parts.push(text(part(net, bits, number)?.to_string())?);
        next = (number + 1).checked_mul(size).ok_or_else(outside)?;
    }
    Ok(Node::new(NodeValue::List(parts)))
}

/// A host's address; a negative number counts from the end.
fn cidrhost(arguments: &[Node]) -> Outcome {
    let net = net(arguments)?;
    let number = to_i64(argument(arguments, 1)?)?;
    let bits = u32::from(net.max_prefix_len() - net.prefix_len());
    let last = if bits >= 128 { u128::MAX } else { (1u128 << bits) - 1 };
    let by = match u128::try_from(number) {
        Ok(by) => by,
        Err(_) => last.checked_sub(u128::from(number.unsigned_abs() - 1)).ok_or_else(outside)?,
    };
    match by <= last {
        true => text(moved(net, by)?.to_string()),
        false => Err(outside()),
    }
}
