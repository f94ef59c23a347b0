//! Terraform states: what `terraform show -json` prints of one, and the file that Terraform itself keeps, version 4.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::modules::Tree;
use super::plan::ReadPlan;
use super::plan::{planned_resources, sources_beside};
use super::resource::{Change, Resource, assemble};
use crate::model::file_gap::FileGap;
use crate::model::inventory::FileRead;
use crate::model::path::display_path;
use crate::model::text_file::TextFile;
use crate::net::service_tags::ServiceTags;
use crate::source::code::declared::{Node, NodeValue, Span, json_of};

/// The version of the file that is read.
const VERSION: u64 = 4;

/// Reads a state: its registries are there as it says. Their lines are those of the configuration beside it.
pub fn read_state(path: &Path, tree: &Tree, tags: &ServiceTags) -> ReadPlan {
    let mut gaps = Vec::new();
    let resources = match resources(path, &mut gaps) {
        Ok(resources) => resources,
        Err(gap) => return ReadPlan { gaps: vec![gap], ..ReadPlan::default() },
    };
    let mut resources = resources;
    let folder = sources_beside(path, &mut resources, tree, tags);
    let root = folder.as_deref().or(path.parent()).map(display_path).unwrap_or_default();
    let assembled = assemble(resources, &root);
    gaps.extend(assembled.gaps);
    let registries = assembled.registries;
    let files_read =
        FileRead { path: display_path(path), what: "Terraform state", files: 1, registries: registries.len() };
    ReadPlan { registries, gaps, files_read: Some(files_read), skipped: assembled.skipped, folder, configured: None }
}

fn resources(path: &Path, gaps: &mut Vec<FileGap>) -> Result<Vec<Resource>, FileGap> {
    let file = Arc::new(TextFile::read(path)?);
    let odd = |what: &str| FileGap::new(file.path.clone(), what);
    let node =
        json_of(&file.text, Some(&file)).ok_or_else(|| odd("it is no JSON, so it is no state of Terraform's"))?;
    if node.get("values").is_some() {
        return Ok(planned_resources(&file, "values", gaps));
    }
    if node.get("encrypted_data").is_some() {
        return Err(odd("the state is encrypted; scan what `tofu show -json` prints of it"));
    }
    let version = node.get("version").and_then(Node::to_json).and_then(|version| version.as_u64());
    if version != Some(VERSION) {
        return Err(odd("only version 4 of Terraform's state is read; scan what `terraform show -json` prints of it"));
    }
    let mut found = Vec::new();
    for resource in node.get("resources").and_then(Node::as_list).unwrap_or_default() {
        instances(resource, &file, &mut found);
    }
    Ok(found)
}

/// The instances of a resource of the file.
fn instances(resource: &Node, file: &Arc<TextFile>, found: &mut Vec<Resource>) {
    let text = |name: &str| resource.get(name).and_then(Node::as_str).unwrap_or_default();
    let kind = text("type");
    if text("mode") != "managed" || !Resource::concerns_registries(kind) {
        return;
    }
    let module = text("module");
    let before = if module.is_empty() { String::new() } else { format!("{module}.") };
    for instance in resource.get("instances").and_then(Node::as_list).unwrap_or_default() {
        if instance.get("deposed").is_some() {
            continue;
        }
        let key = match instance.get("index_key").and_then(Node::to_json) {
            Some(Value::String(key)) => format!("[{}]", Value::from(key)),
            Some(Value::Number(number)) => format!("[{number}]"),
            _ => String::new(),
        };
        let mut attributes = instance.get("attributes").cloned().unwrap_or_default();
        if attributes.as_object().is_none() {
            attributes = Node::new(NodeValue::Object(Vec::new()));
        }
        for path in instance.get("sensitive_attributes").and_then(Node::as_list).unwrap_or_default() {
            hide(&mut attributes, path.as_list().unwrap_or_default());
        }
        let head = resource.get("name").and_then(|name| name.provenance.span.clone());
        found.push(Resource {
            address: format!("{before}{kind}.{}{key}", text("name")),
            unexpanded: false,
            kind: kind.to_owned(),
            attributes,
            block: head.unwrap_or_else(|| Span::new(file, 0..0)),
            related: Vec::new(),
            change: Change::Existing,
        });
    }
}

/// Takes out what a path of steps leads to, or as near to it as the path can be followed.
fn hide(node: &mut Node, path: &[Node]) {
    let step = path.first().and_then(|step| step.get("value")).and_then(Node::to_json);
    let inner = match (&mut node.value, step) {
        (NodeValue::Object(members), Some(Value::String(name))) => {
            members.iter_mut().find(|(own, _)| *own == name).map(|(_, member)| member)
        }
        (NodeValue::List(items), Some(Value::Number(number))) => {
            number.as_u64().and_then(|at| items.get_mut(usize::try_from(at).ok()?))
        }
        _ => None,
    };
    match inner {
        Some(inner) if path.len() > 1 => hide(inner, &path[1..]),
        Some(inner) => *inner = hidden(),
        None => *node = hidden(),
    }
}

fn hidden() -> Node {
    Node::unknown("It is marked as sensitive, so it is neither shown nor judged.")
}

#[cfg(test)]
mod tests;
