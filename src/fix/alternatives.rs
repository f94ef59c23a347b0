//! What is said of findings that no safe command mends: the price, and the command for whoever pays it.

use crate::model::finding::{Finding, Location};

/// A finding that no command mends.
#[derive(Debug, Clone)]
pub struct LeftFinding {
    /// Which.
    pub finding: Finding,
    /// Why, and what to do about it.
    pub why: String,
    /// Commands that would mend it at a price, which `why` names.
    pub commands: Vec<String>,
}

/// Why a finding is left.
pub fn why_left(finding: &Finding, refused: Option<&str>, in_source: bool) -> LeftFinding {
    let left = |why: String, commands: Vec<String>| LeftFinding { finding: finding.clone(), why, commands };
    if in_source {
        let place = match &finding.location {
            Location::File { path, region } => format!("{path}:{}", region.start_line),
            Location::Source { file, region } => format!("{}:{}", file.path, region.start_line),
            Location::Live => finding.logical.clone(),
        };
        return left(format!("change {place}, where it is declared"), Vec::new());
    }
    let price = price(&finding.policy);
    let why = match (refused, price) {
        (Some(refused), Some(price)) => format!("{refused}; {price}"),
        (Some(refused), None) => refused.to_owned(),
        (None, Some(price)) => price.to_owned(),
        (None, None) => format!("no command does it safely: `acrscan policies {}` says what does", finding.policy),
    };
    left(why, finding.fix.clone())
}

/// What mending it costs or cuts off, where that is the reason that it is left.
fn price(policy: &str) -> Option<&'static str> {
    Some(match policy {
        "public-network-access" => "closing it shuts out every client that is on no rule: list them first",
        "network-settings-need-premium" => "Premium costs more each day, and its settings then come into force",
        "agent-pool-outside-vnet" => {
            "a pool gets its subnet when it is made: `az acr agentpool create --subnet-id SUBNET` makes another, which costs \
             by the hour, and its tasks are moved to it with `az acr task update --agent-pool`"
        }
        "private-endpoint-missing" => "make a private endpoint, or approve one whose requester you know",
        "quarantine" => "while it is on, images cannot be pulled until a scanner releases them",
        "repository-permissions" | "repository-permissions-ahead" => {
            "under repository permissions AcrPull, AcrPush and AcrDelete stop counting: give repository roles first"
        }
        "stale-service-tag-ips" | "firewall-rule-too-broad" | "foreign-agent-ranges" => {
            "taking the range off shuts out whoever comes from it: ask who that is, then use \
             `az acr network-rule remove --ip-address`"
        }
        "firewall-quota" => "take off rules that nobody needs, or give tasks an agent pool or the bypass",
        "firewall-not-in-force" => "with Deny the rules come into force and shut out everybody else",
        "virtual-network-rules" => "taking the rule off shuts out its subnet: make a private endpoint first",
        "customer-managed-key" | "zone-redundancy" => "it can only be chosen when a registry is made",
        _ => return None,
    })
}
