//! The ways to mend a finding, the best first.

use serde_json::{Map, Value, json};

use super::draft::Draft;
use super::state::State;
use super::step::{RegistryNames, Step};
use crate::evaluate::Posture;
use crate::model::finding::Finding;
use crate::model::registry_id::RegistryId;

/// What a task may be given where it has no way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Preference {
    /// An agent pool in a virtual network that leads to the registry
    Pool,
    /// The service tag's ranges in the firewall
    Ranges,
    /// The network rule bypass, with a system-assigned identity
    Bypass,
}

/// Steps, or why there are none.
pub type Way = Result<Vec<Step>, String>;

/// The ways to mend a finding on a registry as it stands.
///
/// # Errors
/// A document is broken.
pub fn strategies(
    state: &State,
    finding: &Finding,
    names: &RegistryNames,
    prefer: Option<Preference>,
    judge: &mut dyn FnMut(Draft) -> anyhow::Result<State>,
) -> anyhow::Result<Vec<Way>> {
    let link = finding.evidence["broken_link"].as_str().unwrap_or_default();
    let task = finding.key.as_deref().filter(|_| finding.policy == "task-cannot-reach-registry");
    let Some(task) = task.filter(|_| matches!(link, "way" | "pool")) else {
        return Ok(if finding.fix.is_empty() { Vec::new() } else { vec![own(finding, state, names)] });
    };
    let bypass_allowed =
        state.document.pointer("/registry/properties/networkRuleBypassAllowedForTasks") == Some(&json!(true));
    let closed = state.standing.posture == Posture::Closed;
    let mut order = match bypass_allowed || closed {
        true => vec![Preference::Pool, Preference::Bypass, Preference::Ranges],
        false => vec![Preference::Pool, Preference::Ranges, Preference::Bypass],
    };
    if let Some(prefer) = prefer {
        order.retain(|other| *other != prefer);
        order.insert(0, prefer);
    }
    let mut ways = Vec::new();
    for preference in order {
        match preference {
            Preference::Pool => ways.extend(pools(state, task).into_iter().map(Ok)),
            Preference::Ranges if link == "way" => ways.push(ranges(state)),
            Preference::Bypass if link == "way" && bypass_allowed => ways.push(own(finding, state, names)),
            Preference::Bypass if link == "way" => ways.push(bypass(state, finding, names, judge)?),
            Preference::Ranges | Preference::Bypass => {}
        }
    }
    Ok(ways)
}

/// The finding's own commands.
pub fn own(finding: &Finding, state: &State, names: &RegistryNames) -> Way {
    let mut steps = Vec::new();
    for command in &finding.fix {
        let step = Step::parse(command, names)
            .ok_or_else(|| "what its command does is not known to acrscan, so it was not tried".to_owned())?;
        check(&step, finding, state, names)?;
        steps.push(step);
    }
    if steps.is_empty() { Err("no command is safe".to_owned()) } else { Ok(steps) }
}

/// What only a person may decide.
fn check(step: &Step, finding: &Finding, state: &State, names: &RegistryNames) -> Result<(), String> {
    match step {
        Step::Sku(sku) => Err(format!("it takes the {sku} SKU, which costs more each day")),
        Step::ApproveEndpoint { name } => {
            let list =
                state.document.pointer("/registry/properties/privateEndpointConnections").and_then(Value::as_array);
            let connection = list.into_iter().flatten().find(|item| item["name"] == json!(name));
            let requester =
                connection.and_then(|item| item.pointer("/properties/privateEndpoint/id")).and_then(Value::as_str);
            let Some(requester) = requester else {
                return Err(format!("who asks for the private endpoint {name} was not read"));
            };
            let subscription = requester.split('/').nth(2).unwrap_or_default();
            match subscription.eq_ignore_ascii_case(&names.subscription) {
                true => Ok(()),
                false => Err(format!(
                    "the private endpoint {requester} is of another subscription: approve it if you know whose it is"
                )),
            }
        }
        // An assignment above the registry may be what the task's other registries rest on.
        Step::DeleteRole { id } => {
            let needs = finding.key.as_deref().map(|task| &state.document["task_needs"][task]["registries"]);
            let own = state.document.pointer("/registry/properties/loginServer").and_then(Value::as_str);
            let others = needs.and_then(Value::as_array).is_some_and(|servers| {
                servers
                    .iter()
                    .filter_map(Value::as_str)
                    .any(|server| !own.is_some_and(|own| own.eq_ignore_ascii_case(server)))
            });
            let of = id.split("/providers/Microsoft.Authorization/").next().unwrap_or_default();
            match others && RegistryId::parse(of).is_none() {
                true => {
                    Err("the role is held above the registry, and the task uses other registries as well".to_owned())
                }
                false => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

/// Each pool in a virtual network that has machines and fits the task.
fn pools(state: &State, task: &str) -> Vec<Vec<Step>> {
    let os = |item: &Value, pointer: &str| item.pointer(pointer).and_then(Value::as_str).map(str::to_lowercase);
    let tasks = state.document["tasks"].as_array();
    let own = tasks.and_then(|tasks| tasks.iter().find(|item| item["name"] == task));
    let wanted = own.and_then(|item| os(item, "/properties/platform/os"));
    let fits = |pool: &&Value| {
        let properties = &pool["properties"];
        properties["virtualNetworkSubnetResourceId"].is_string()
            && properties["count"].as_u64().is_some_and(|count| count > 0)
            && (wanted.is_none() || os(pool, "/properties/os").is_none() || os(pool, "/properties/os") == wanted)
    };
    let pools = state.document["agent_pools"].as_array().into_iter().flatten().filter(fits);
    let names = pools.filter_map(|pool| pool["name"].as_str());
    names.map(|pool| vec![Step::Pool { task: task.to_owned(), pool: pool.to_owned() }]).collect()
}

/// The ranges first, and the door after them.
fn ranges(state: &State) -> Way {
    let tag = state.document.pointer("/service_tag/ipv4").and_then(Value::as_array);
    let Some(tag) = tag.filter(|tag| !tag.is_empty()) else {
        return Err("the ranges that its region's tasks come from are not known".to_owned());
    };
    let rules: Vec<Value> = tag.iter().map(|range| json!({ "action": "Allow", "value": range })).collect();
    let mut steps = vec![Step::Properties(Map::from_iter([(
        "networkRuleSet".to_owned(),
        json!({ "defaultAction": "Deny", "ipRules": rules }),
    )]))];
    if state.standing.posture != Posture::Selected {
        let wide = state.document.pointer("/firewall/union_ipv4").and_then(Value::as_array).into_iter().flatten();
        let prefix = |range: &str| range.split('/').nth(1).and_then(|prefix| prefix.parse::<u8>().ok());
        if let Some(range) =
            wide.filter_map(Value::as_str).find(|range| prefix(range).is_some_and(|prefix| prefix < 16))
        {
            return Err(format!("opening it to its list of ranges would let in {range}"));
        }
        steps.push(property("publicNetworkAccess", json!("Enabled")));
    }
    Ok(steps)
}

/// What the task lacks once the registry lets Tasks pass.
fn bypass(
    state: &State,
    finding: &Finding,
    names: &RegistryNames,
    judge: &mut dyn FnMut(Draft) -> anyhow::Result<State>,
) -> anyhow::Result<Way> {
    let allow = property("networkRuleBypassAllowedForTasks", json!(true));
    let mut draft = state.draft.clone();
    if !allow.apply(&mut draft) {
        return Ok(Err("the bypass cannot be tried".to_owned()));
    }
    let after = judge(draft)?;
    let left = after.findings.iter().find(|other| other.fingerprint == finding.fingerprint);
    Ok(match left {
        None => Ok(vec![allow]),
        Some(left) => own(left, &after, names).map(|mut steps| {
            steps.push(allow);
            steps
        }),
    })
}

fn property(name: &str, value: Value) -> Step {
    Step::Properties(Map::from_iter([(name.to_owned(), value)]))
}
