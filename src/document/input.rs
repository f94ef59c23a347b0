//! The policy input document: the registry document, plus what set arithmetic says of its firewall.

use ipnet::{IpNet, Ipv4Net};
use serde_json::{Value, json};

use crate::model::inventory::{Origin, RegistryRecord};
use crate::net::cidr::{Entry, Ipv4Set, parse_entry};
use crate::net::service_tags::{ServiceTags, Tag};

/// The pointer under which ARM keeps a registry's IP rules.
const IP_RULES: &str = "/registry/properties/networkRuleSet/ipRules";

/// Builds the document that policies see of one registry.
///
/// # Errors
/// The registry document is no JSON object.
pub fn build(record: &RegistryRecord, tags: &ServiceTags) -> Result<Value, serde_json::Error> {
    build_from(&record.document, &record.origin, tags)
}

/// The same for each of the registry's alternatives.
///
/// # Errors
/// As for [`build`].
pub fn alternatives(record: &RegistryRecord, tags: &ServiceTags) -> Result<Vec<Value>, serde_json::Error> {
    record.alternatives.iter().map(|text| build_from(text, &record.origin, tags)).collect()
}

fn build_from(text: &str, origin: &Origin, tags: &ServiceTags) -> Result<Value, serde_json::Error> {
    let members: serde_json::Map<String, Value> = serde_json::from_str(text)?;
    let mut document = Value::Object(members);
    let rules = document.pointer(IP_RULES).and_then(Value::as_array).map(|rules| read_rules(rules));
    let location = document.pointer("/registry/location").and_then(Value::as_str);
    let tag = location.and_then(|location| match (tags.region(location), origin) {
        (Some(tag), _) => Some((tag, tags)),
        // Source code says by its region which cloud it is for.
        (None, Origin::Source(_)) => {
            let other = tags.of_other_cloud(location)?;
            other.region(location).map(|tag| (tag, other))
        }
        _ => None,
    });
    let service_tag = tag.map(|(tag, tags)| describe_tag(tag, tags, rules.as_deref()));
    document["firewall"] = rules.map_or(Value::Null, |rules| describe_firewall(&rules));
    document["service_tag"] = service_tag.unwrap_or(Value::Null);
    if !document["origin"].is_object() {
        document["origin"] = json!({});
    }
    document["origin"]["kind"] = json!(origin.kind());
    Ok(document)
}

/// The property of the registry document from which a computed one stems: what a finding on the latter points at.
pub fn written_field(field: &str) -> &str {
    match field.split('/').nth(1) {
        Some("service_tag") => "/registry/location",
        Some("firewall") => IP_RULES,
        _ => field,
    }
}

/// One IP rule, read.
struct Rule {
    /// As written; JSON text where it is not a string.
    value: String,
    entry: Entry,
    /// Why the rule admits nobody although it names a network.
    inert: Option<&'static str>,
}

fn read_rules(rules: &[Value]) -> Vec<Rule> {
    let read = |rule: &Value| {
        let value = match &rule["value"] {
            Value::String(text) => text.clone(),
            other => {
                return Rule { value: other.to_string(), entry: Entry::Invalid("it is not a string"), inert: None };
            }
        };
        // ARM documents `Allow` as the only action; a rule with any other is not taken to admit anybody.
        let allows = match &rule["action"] {
            Value::Null => true,
            action => action.as_str().is_some_and(|action| action.eq_ignore_ascii_case("allow")),
        };
        Rule { entry: parse_entry(&value), value, inert: (!allows).then_some("its action is not Allow") }
    };
    rules.iter().map(read).collect()
}

/// The IPv4 addresses that the rules admit, all together.
fn allowed_addresses(rules: &[Rule]) -> Ipv4Set {
    Ipv4Set::union_of(rules.iter().filter_map(|rule| match rule.entry {
        Entry::Ip { net: IpNet::V4(net), .. } if rule.inert.is_none() => Some(net),
        _ => None,
    }))
}

fn describe_firewall(rules: &[Rule]) -> Value {
    let described = rules.iter().enumerate().map(|(index, rule)| {
        let (family, cidr, reason) = match &rule.entry {
            Entry::Ip { net, host_bits } => {
                let family = if matches!(net, IpNet::V4(_)) { "ipv4" } else { "ipv6" };
                (family, Some(*net), rule.inert.or(host_bits.then_some("it has host bits set")))
            }
            Entry::Invalid(reason) => ("invalid", None, Some(*reason)),
        };
        let ipv4 = match cidr {
            Some(IpNet::V4(net)) => Some(net),
            _ => None,
        };
        json!({
            "value": rule.value,
            "family": family,
            "cidr": cidr.map(|net| net.to_string()),
            "addresses": cidr.and_then(address_count),
            "prefix": cidr.map(|net| net.prefix_len()),
            "first": ipv4.map(|net| u32::from(net.network())),
            "last": ipv4.map(|net| u32::from(net.broadcast())),
            "reason": reason,
            "field": format!("{IP_RULES}/{index}/value"),
        })
    });
    json!({ "rules": described.collect::<Vec<_>>(), "union_ipv4": to_strings(&allowed_addresses(rules).to_cidrs()) })
}

/// How many addresses a network has; `None` where a JSON number could not hold it exactly.
fn address_count(net: IpNet) -> Option<u64> {
    let host_bits = net.max_prefix_len() - net.prefix_len();
    (host_bits <= 52).then(|| 1 << host_bits)
}

fn describe_tag(tag: &Tag, tags: &ServiceTags, rules: Option<&[Rule]>) -> Value {
    let mut described = json!({
        "id": tag.id,
        "cloud": tags.cloud.service_tag_name(),
        "change_number": tags.change_number,
        "source": tags.source.as_str(),
        "date": tags.date.map(|date| date.to_string()),
        "ipv4": to_strings(&tag.ipv4),
        "ipv6": tag.ipv6.iter().map(ToString::to_string).collect::<Vec<_>>(),
    });
    if let Some(rules) = rules {
        let allowed = allowed_addresses(rules);
        described["missing_ipv4"] = json!(to_strings(&tag.addresses.difference(&allowed).to_cidrs()));
        described["covered_ipv4"] = json!(to_strings(&tag.addresses.intersection(&allowed).to_cidrs()));
        described["stale_rules"] = recognised_rules(rules, "tag", |net| stale_tag(net, tag, tags));
        described["foreign_rules"] = recognised_rules(rules, "owner", |net| {
            let owner = tags.others().find(|other| other.addresses.covers(net));
            owner.map(|owner| owner.id.clone())
        });
    }
    described
}

/// The rules whose ranges belong to somebody, and to whom.
fn recognised_rules(rules: &[Rule], owner_member: &str, owner: impl Fn(Ipv4Net) -> Option<String>) -> Value {
    let recognise = |(index, rule): (usize, &Rule)| match rule.entry {
        Entry::Ip { net: IpNet::V4(net), .. } => {
            let field = format!("{IP_RULES}/{index}/value");
            owner(net).map(|owner| json!({ "value": rule.value, "field": field, owner_member: owner }))
        }
        _ => None,
    };
    rules.iter().enumerate().filter_map(recognise).collect()
}

/// The tag a range is of, where it is not this region's: another region's, or an older list's.
fn stale_tag(net: Ipv4Net, own: &Tag, tags: &ServiceTags) -> Option<String> {
    if own.addresses.covers(net) {
        return None;
    }
    let other = tags.tags().find(|tag| tag.addresses.covers(net)).map(|tag| tag.id.clone());
    other.or_else(|| {
        let retired = tags.retired().iter().find(|retired| retired.addresses.covers(net))?;
        Some(format!("{} (older list of {})", retired.id, retired.last_seen))
    })
}

fn to_strings(nets: &[Ipv4Net]) -> Vec<String> {
    nets.iter().map(ToString::to_string).collect()
}
