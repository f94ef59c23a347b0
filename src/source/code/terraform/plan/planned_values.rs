//! Resources as `planned_values` of a plan, and `values` of a state, list them: module by module, with their values.

use std::borrow::Cow;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::resource::{Change, Resource};
use super::values;
use crate::model::file_gap::{FileGap, FilePosition};
use crate::model::text_file::TextFile;
use crate::source::code::declared::{Node, NodeValue, Span};

/// How deep modules may nest.
const MAX_DEPTH: usize = 64;

#[derive(Deserialize)]
struct Values<'a> {
    #[serde(borrow)]
    root_module: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Module<'a> {
    #[serde(borrow)]
    resources: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    child_modules: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    address: Option<Cow<'a, str>>,
    #[serde(borrow)]
    mode: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "type")]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    values: Option<&'a RawValue>,
    #[serde(borrow)]
    sensitive_values: Option<&'a RawValue>,
}

/// The resources that have to do with registries. What is not as Terraform writes it is told in `gaps`.
pub fn resources(file: &Arc<TextFile>, text: &str, change: Change, gaps: &mut Vec<FileGap>) -> Vec<Resource> {
    let mut found = Vec::new();
    if let Some(root) = serde_json::from_str::<Values<'_>>(text).ok().and_then(|values| values.root_module) {
        module(file, root, change, &mut found, gaps, 0);
    }
    found
}

fn module(
    file: &Arc<TextFile>,
    raw: &RawValue,
    change: Change,
    found: &mut Vec<Resource>,
    gaps: &mut Vec<FileGap>,
    depth: usize,
) {
    let Ok(own) = serde_json::from_str::<Module<'_>>(raw.get()) else {
        return gaps.push(FileGap::new(at(file, raw), "a module is not as Terraform writes it"));
    };
    for raw in own.resources.unwrap_or_default() {
        match resource(file, raw, change) {
            Ok(resource) => found.extend(resource),
            Err(gap) => gaps.push(gap),
        }
    }
    for child in own.child_modules.unwrap_or_default() {
        match depth < MAX_DEPTH {
            true => module(file, child, change, found, gaps, depth + 1),
            false => gaps.push(FileGap::new(
                at(file, child),
                format!("more than {MAX_DEPTH} modules call one another in a row"),
            )),
        }
    }
}

fn resource(file: &Arc<TextFile>, raw: &RawValue, change: Change) -> Result<Option<Resource>, FileGap> {
    let odd = |what: &str| FileGap::new(at(file, raw), format!("{what}; write it again with `terraform show -json`"));
    let head: Head<'_> =
        serde_json::from_str(raw.get()).map_err(|_| odd("a resource is not as Terraform writes it"))?;
    let Some(kind) = head.kind.as_deref().filter(|kind| Resource::concerns_registries(kind)) else { return Ok(None) };
    if head.mode.as_deref() == Some("data") {
        return Ok(None);
    }
    let address = head.address.as_deref().ok_or_else(|| odd("a resource has no address"))?;
    let read = |value: Option<&RawValue>| match value {
        Some(value) => values::parse(file, value.get(), offset(file, value)).map(Some),
        None => Ok(None),
    };
    let none = || Node::new(NodeValue::Object(Vec::new()));
    let mut attributes = read(head.values)?.filter(|values| values.as_object().is_some()).unwrap_or_else(none);
    if let Some(sensitive) = read(head.sensitive_values)? {
        values::take_sensitive(&mut attributes, &sensitive);
    }
    let start = offset(file, raw);
    let name = raw.get().find("\"address\"").unwrap_or(0);
    let line = raw.get()[name..].find(['\n', ',', '}']).unwrap_or(1);
    Ok(Some(Resource {
        address: address.to_owned(),
        unexpanded: false,
        kind: kind.to_owned(),
        attributes,
        block: Span::new(file, start + name..start + name + line),
        related: Vec::new(),
        change,
    }))
}

/// Where a raw value begins in the text that it was borrowed from.
fn offset(file: &TextFile, raw: &RawValue) -> usize {
    (raw.get().as_ptr() as usize).saturating_sub(file.text.as_ptr() as usize)
}

fn at(file: &TextFile, raw: &RawValue) -> FilePosition {
    file.file_position(offset(file, raw))
}
