//! The plan within a binary plan: Terraform's own format, version 3. Terraform promises nothing about it, so what does not
//! read as expected is an error that names the way around: `terraform show -json`.

use std::collections::BTreeSet;
use std::sync::Arc;

use prost::Message as _;
use prost::bytes::Bytes;

use super::super::address::Address;
use super::super::resource::{Change, Resource};
use super::planfile::{DynamicValue, Path, ResourceInstanceChange, Selector};
use super::{FAILED, INCOMPLETE, Planned, msgpack, planfile, values};
use crate::model::file_gap::FileGap;
use crate::model::text_file::TextFile;
use crate::source::code::declared::{Node, NodeValue, Span};

/// The version of the format.
const VERSION: u64 = 3;

/// Reads a plan. The file stands for the archive, which has no lines.
///
/// # Errors
/// What is wrong, without the path.
pub fn read(plan: &[u8], file: &Arc<TextFile>) -> Result<Planned, String> {
    let plan = planfile::Plan::decode(Bytes::copy_from_slice(plan))
        .map_err(|_| unreadable_plan("it is cut off or damaged"))?;
    if plan.version != VERSION {
        let what = format!("its format is version {}, and only {VERSION} is known", plan.version);
        return Err(unreadable_plan(&what));
    }
    let mut planned = Planned::default();
    let variables = plan.variables.into_iter();
    planned.variables.extend(variables.filter_map(|(name, value)| Some((name, decode(&value)?))));
    let mut kinds = BTreeSet::new();
    for change in plan.resource_changes {
        let (address, resource) = resource(change, file)?;
        if address.modules.is_empty() {
            kinds.extend(address.resource.as_ref().map(|step| step.name.clone()));
        }
        kinds.extend(address.modules.first().map(|step| format!("module.{}", step.name)));
        planned.resources.extend(resource);
    }
    planned.root = kinds;
    if plan.errored {
        planned.gaps.push(FileGap::new(file.path.clone(), FAILED));
    } else if !plan.deferred_changes.is_empty() || (!plan.complete && says_complete(&plan.terraform_version)) {
        planned.gaps.push(FileGap::new(file.path.clone(), INCOMPLETE));
    }
    Ok(planned)
}

fn unreadable_plan(what: &str) -> String {
    format!("{what}; write the plan as JSON with `terraform show -json`, and scan that")
}

/// Terraform says of a plan whether it is complete from 1.8 on.
fn says_complete(version: &str) -> bool {
    let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or_default());
    (parts.next(), parts.next()) >= (Some(1), Some(8))
}

fn decode(value: &DynamicValue) -> Option<Node> {
    msgpack::decode(value.msgpack.as_deref()?)
}

fn resource(message: ResourceInstanceChange, file: &Arc<TextFile>) -> Result<(Address, Option<Resource>), String> {
    let text = message.address;
    if text.is_empty() {
        return Err(unreadable_plan("a resource change has no address"));
    }
    let address =
        Address::parse(&text).ok_or_else(|| unreadable_plan("the address of a resource change is not one"))?;
    let Some(kind) = address.resource.as_ref().and_then(|step| step.name.split('.').next()).map(str::to_owned) else {
        return Ok((address, None));
    };
    if !message.deposed_key.is_empty() || !Resource::concerns_registries(&kind) {
        return Ok((address, None));
    }
    let mut planned = message.change.ok_or_else(|| unreadable_plan("a resource change has no change"))?;
    let change = match planned.action {
        1 => Change::Create,
        0 | 2 | 3 | 6 | 7 | 9 => Change::Existing,
        5 | 8 => return Ok((address, None)),
        other => return Err(unreadable_plan(&format!("{text} has the action {other}, which is not known"))),
    };
    // The last is the value that will be.
    let value = planned.values.pop().ok_or_else(|| unreadable_plan(&format!("{text} has no value")))?;
    let mut attributes =
        decode(&value).ok_or_else(|| unreadable_plan(&format!("the value of {text} cannot be read")))?;
    if attributes.as_object().is_none() {
        attributes = Node::new(NodeValue::Object(Vec::new()));
    }
    for path in planned.after_sensitive_paths {
        hide(&mut attributes, path).ok_or_else(|| unreadable_plan("a sensitive path cannot be followed"))?;
    }
    let resource = Resource {
        address: text,
        unexpanded: false,
        kind,
        attributes,
        block: Span::new(file, 0..0),
        related: Vec::new(),
        change,
    };
    Ok((address, Some(resource)))
}

/// Takes out what a path leads to, or as near to it as the path can be followed.
fn hide(attributes: &mut Node, path: Path) -> Option<()> {
    let mut node = attributes;
    for step in path.steps {
        let key = match step.selector {
            Some(Selector::AttributeName(name)) => NodeValue::String(name),
            Some(Selector::ElementKey(key)) => decode(&key)?.value,
            None => break,
        };
        let found = match (&key, &node.value) {
            (NodeValue::String(name), NodeValue::Object(members)) => members.iter().position(|(own, _)| own == name),
            (NodeValue::Number(number), NodeValue::List(items)) => {
                number.as_u64().and_then(|at| usize::try_from(at).ok()).filter(|&at| at < items.len())
            }
            _ => None,
        };
        let Some(at) = found else { break };
        node = match &mut node.value {
            NodeValue::Object(members) => &mut members[at].1,
            NodeValue::List(items) => &mut items[at],
            _ => return None,
        };
    }
    values::take_sensitive(node, &Node::new(NodeValue::Bool(true)));
    Some(())
}
