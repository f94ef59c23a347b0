//! The plan within a binary plan: Terraform's own format, version 3. Terraform promises nothing about it, so what does not
//! read as expected is an error that names the way around: `terraform show -json`.
//! <https://github.com/hashicorp/terraform/blob/main/internal/plans/planproto/planfile.proto>

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::address::Address;
use super::super::resource::{Change, Resource};
use super::protobuf::{Field, fields};
use super::{FAILED, INCOMPLETE, Planned, msgpack, values};
use crate::model::text_file::TextFile;
use crate::source::code::declared::{Node, NodeValue, Span};

/// The version of the format.
const VERSION: u64 = 3;

/// Reads a plan. The file stands for the archive, which has no lines.
///
/// # Errors
/// What is wrong, without the path.
pub fn read(plan: &[u8], file: &Arc<TextFile>) -> Result<Planned, String> {
    let (mut version, mut errored, mut complete, mut deferred) = (0, false, false, false);
    let mut terraform = String::new();
    let mut planned = Planned::default();
    let mut changes = Vec::new();
    for field in fields(plan) {
        match field.map_err(|_| unreadable_plan("it ends within a field"))? {
            (1, Field::Number(number)) => version = number,
            (2, Field::Bytes(variable)) => planned.variables.extend(variable_of(variable)),
            (3, Field::Bytes(change)) => changes.push(change),
            (14, Field::Bytes(text)) => terraform = String::from_utf8_lossy(text).into_owned(),
            (20, Field::Number(flag)) => errored = flag != 0,
            (26, Field::Number(flag)) => complete = flag != 0,
            (27, Field::Bytes(_)) => deferred = true,
            _ => {}
        }
    }
    if version != VERSION {
        let what = format!("its format is version {version}, and only {VERSION} is known");
        return Err(unreadable_plan(&what));
    }
    let mut kinds = BTreeSet::new();
    for change in changes {
        let (address, resource) = resource(change, file)?;
        if address.modules.is_empty() {
            kinds.extend(address.resource.as_ref().map(|step| step.name.clone()));
        }
        kinds.extend(address.modules.first().map(|step| format!("module.{}", step.name)));
        planned.resources.extend(resource);
    }
    planned.root = kinds;
    if errored {
        planned.gaps.push(format!("{}: {FAILED}", file.path));
    } else if deferred || (!complete && says_complete(&terraform)) {
        planned.gaps.push(format!("{}: {INCOMPLETE}", file.path));
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

/// A variable's name and its value.
fn variable_of(entry: &[u8]) -> Option<(String, Node)> {
    let (mut name, mut value) = (None, None);
    for field in fields(entry) {
        match field.ok()? {
            (1, Field::Bytes(text)) => name = String::from_utf8(text.to_vec()).ok(),
            (2, Field::Bytes(dynamic)) => value = dynamic_value(dynamic),
            _ => {}
        }
    }
    Some((name?, value?))
}

/// The value in a message that may hold one in several encodings.
fn dynamic_value(message: &[u8]) -> Option<Node> {
    fields(message).find_map(|field| match field {
        Ok((1, Field::Bytes(bytes))) => Some(msgpack::decode(bytes)),
        _ => None,
    })?
}

fn resource(message: &[u8], file: &Arc<TextFile>) -> Result<(Address, Option<Resource>), String> {
    let broken = || unreadable_plan("a resource change ends within a field");
    let (mut address, mut change, mut deposed) = (None, None, false);
    for field in fields(message) {
        match field.map_err(|_| broken())? {
            (13, Field::Bytes(text)) => address = std::str::from_utf8(text).ok(),
            (9, Field::Bytes(bytes)) => change = Some(bytes),
            (7, Field::Bytes(key)) => deposed = !key.is_empty(),
            _ => {}
        }
    }
    let text = address.ok_or_else(|| unreadable_plan("a resource change has no address"))?;
    let address = Address::parse(text).ok_or_else(|| unreadable_plan("the address of a resource change is not one"))?;
    let Some(kind) = address.resource.as_ref().and_then(|step| step.name.split('.').next()).map(str::to_owned) else {
        return Ok((address, None));
    };
    if deposed || !Resource::concerns_registries(&kind) {
        return Ok((address, None));
    }
    let change = change.ok_or_else(|| unreadable_plan("a resource change has no change"))?;
    let (mut action, mut values, mut sensitive) = (0, Vec::new(), Vec::new());
    for field in fields(change) {
        match field.map_err(|_| broken())? {
            (1, Field::Number(number)) => action = number,
            (2, Field::Bytes(value)) => values.push(value),
            (4, Field::Bytes(path)) => sensitive.push(path),
            _ => {}
        }
    }
    let change = match action {
        1 => Change::Create,
        0 | 2 | 3 | 6 | 7 | 9 => Change::Existing,
        5 | 8 => return Ok((address, None)),
        other => return Err(unreadable_plan(&format!("{text} has the action {other}, which is not known"))),
    };
    // The last is the value that will be.
    let value = values.pop().ok_or_else(|| unreadable_plan(&format!("{text} has no value")))?;
    let mut attributes =
        dynamic_value(value).ok_or_else(|| unreadable_plan(&format!("the value of {text} cannot be read")))?;
    if attributes.as_object().is_none() {
        attributes = Node::new(NodeValue::Object(Vec::new()));
    }
    for path in sensitive {
        hide(&mut attributes, path).ok_or_else(broken)?;
    }
    let resource = Resource {
        address: text.to_owned(),
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
fn hide(attributes: &mut Node, path: &[u8]) -> Option<()> {
    let mut node = attributes;
    for field in fields(path) {
        let (1, Field::Bytes(step)) = field.ok()? else { continue };
        let Some(Ok((selector, Field::Bytes(bytes)))) = fields(step).next() else { break };
        let key = match selector {
            1 => NodeValue::String(String::from_utf8(bytes.to_vec()).ok()?),
            _ => dynamic_value(bytes)?.value,
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
