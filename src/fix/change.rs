//! The changes that can be asked about.

use ipnet::{IpNet, Ipv4Net};
use serde_json::{Value, json};

use super::draft::Draft;
use crate::net::cidr::{Entry, Ipv4Set, parse_entry};

const PUBLIC: &str = "/registry/properties/publicNetworkAccess";
const DEFAULT_ACTION: &str = "/registry/properties/networkRuleSet/defaultAction";
const RULES: &str = "/registry/properties/networkRuleSet/ipRules";
const BYPASS: &str = "/registry/properties/networkRuleBypassAllowedForTasks";
const MODE: &str = "/registry/properties/roleAssignmentMode";

/// What the firewall does with whoever is on no rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum DefaultAction {
    /// Lets everybody in.
    #[value(name = "Allow", alias = "allow")]
    Allow,
    /// Lets nobody in.
    #[value(name = "Deny", alias = "deny")]
    Deny,
}

/// How roles are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum RoleMode {
    /// Repository permissions
    Abac,
    /// Permissions of the whole registry
    Legacy,
}

/// A change to a registry.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Public network access becomes Disabled.
    Close,
    /// The firewall's default action.
    DefaultAction(DefaultAction),
    /// These addresses are on no rule any more.
    RemoveRange(Ipv4Net),
    /// Whether Tasks may bypass the network rules.
    Bypass(bool),
    /// How roles are counted.
    RoleMode(RoleMode),
    /// A value at a JSON pointer into the registry's document.
    Set(String, Value),
}

/// What came of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// The documents hold it now.
    Changed,
    /// There was nothing for it to change.
    NothingThere,
    /// Azure would refuse it: why, as the end of a sentence.
    Refused(String),
}

impl Change {
    /// Makes the change in a registry's documents.
    pub fn apply(&self, draft: &mut Draft) -> Applied {
        let restricts = matches!(self, Change::Close | Change::DefaultAction(DefaultAction::Deny));
        if let Some(sku) = draft.word("/registry/sku/name").filter(|sku| restricts && without_firewall(sku)) {
            return Applied::Refused(format!(
                "a registry of the {} SKU cannot be closed; that takes Premium",
                titled(&sku)
            ));
        }
        match self {
            Change::Close => draft.set(PUBLIC, &json!("Disabled")),
            Change::DefaultAction(action) => {
                let word = if *action == DefaultAction::Deny { "Deny" } else { "Allow" };
                draft.set(DEFAULT_ACTION, &json!(word));
            }
            Change::Bypass(allowed) => draft.set(BYPASS, &json!(allowed)),
            Change::RoleMode(mode) => {
                let abac = *mode == RoleMode::Abac;
                draft.set(MODE, &json!(if abac { "AbacRepositoryPermissions" } else { "LegacyRegistryPermissions" }));
            }
            Change::RemoveRange(net) => return remove_range(draft, *net),
            Change::Set(pointer, value) => {
                return if draft.replace(pointer, value) { Applied::Changed } else { Applied::NothingThere };
            }
        }
        Applied::Changed
    }
}

fn without_firewall(sku: &str) -> bool {
    matches!(sku, "basic" | "standard")
}

fn titled(sku: &str) -> &'static str {
    if sku == "basic" { "Basic" } else { "Standard" }
}

/// A rule inside the range goes; of a wider one what is left stays.
fn remove_range(draft: &mut Draft, range: Ipv4Net) -> Applied {
    let mut found = false;
    draft.change_each(|document| {
        let Some(rules) = document.pointer_mut(RULES).and_then(Value::as_array_mut) else { return };
        let mut kept = Vec::new();
        for rule in rules.drain(..) {
            let net = match rule["value"].as_str().map(parse_entry) {
                Some(Entry::Ip { net: IpNet::V4(net), .. }) => net,
                _ => {
                    kept.push(rule);
                    continue;
                }
            };
            if range.contains(&net) {
                found = true;
            } else if net.contains(&range) {
                found = true;
                let left = Ipv4Set::union_of([net]).difference(&Ipv4Set::union_of([range]));
                kept.extend(left.to_cidrs().iter().map(|net| json!({"action": "Allow", "value": net.to_string()})));
            } else {
                kept.push(rule);
            }
        }
        *rules = kept;
    });
    if found { Applied::Changed } else { Applied::NothingThere }
}
