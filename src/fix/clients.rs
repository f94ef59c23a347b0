//! Whom a registry's public endpoint lets in, range by range.

use std::collections::BTreeSet;

use ipnet::Ipv4Net;
use serde_json::Value;

use crate::evaluate::{Answer, Posture, Standing};
use crate::net::cidr::Ipv4Set;

/// Every address there is.
const EVERYBODY: &str = "0.0.0.0/0";

/// The ranges that a registry speaks of: those of its rules, and everybody where it is open.
pub fn ranges(document: &Value, standing: &Standing) -> BTreeSet<Ipv4Net> {
    let rules = document.pointer("/firewall/rules").and_then(Value::as_array);
    let is_empty = |rule: &Value| standing.nobody.iter().any(|cidr| rule["cidr"] == cidr.as_str());
    let valid = |rule: &&Value| rule["family"] == "ipv4" && !is_inert(rule) && !is_empty(rule);
    let net = |rule: &Value| rule["cidr"].as_str().and_then(|cidr| cidr.parse::<Ipv4Net>().ok());
    let mut ranges: BTreeSet<Ipv4Net> = rules.into_iter().flatten().filter(valid).filter_map(net).collect();
    if standing.posture == Posture::Open {
        ranges.extend(EVERYBODY.parse::<Ipv4Net>());
    }
    ranges
}

/// A rule with an action that is not Allow lets nobody in.
fn is_inert(rule: &Value) -> bool {
    rule["reason"].as_str().is_some_and(|reason| reason.contains("action"))
}

/// Which clients get in.
#[derive(Debug, Clone)]
pub struct ClientRange {
    posture: Posture,
    admitted: Ipv4Set,
    may_hold_more: bool,
}

impl ClientRange {
    /// As the document of the policies and its standing say.
    pub fn new(document: &Value, standing: &Standing) -> ClientRange {
        let union = document.pointer("/firewall/union_ipv4").and_then(Value::as_array);
        let nets = union.into_iter().flatten().filter_map(Value::as_str).filter_map(|net| net.parse().ok());
        ClientRange {
            posture: standing.posture,
            admitted: Ipv4Set::union_of(nets),
            may_hold_more: standing.rules_may_hold_more,
        }
    }

    /// Whether every address of a range gets in.
    pub fn lets_in(&self, net: Ipv4Net) -> Answer {
        match self.posture {
            Posture::Open => Answer::Yes,
            Posture::Closed => Answer::No,
            Posture::Selected if self.admitted.covers(net) => Answer::Yes,
            Posture::Selected if !self.may_hold_more => Answer::No,
            Posture::Selected | Posture::Unknown => Answer::Unknown,
        }
    }
}
