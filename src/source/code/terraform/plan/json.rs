//! A plan as `terraform show -json` prints it. Only what matters becomes values: the rest of 50 MB is passed over.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::resource::{Change, Resource};
use super::references::Configuration;
use super::{FAILED, INCOMPLETE, Planned, planned_values, values};
use crate::model::file_gap::{FileGap, FilePosition};
use crate::model::text_file::TextFile;
use crate::source::code::declared::{Node, NodeValue, Span};

/// Of more changes that are wrong nobody needs to hear.
const MAX_GAPS: usize = 1_000;

/// What a plan consists of, as far as it is looked at.
#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    format_version: Option<&'a RawValue>,
    #[serde(borrow)]
    errored: Option<&'a RawValue>,
    #[serde(borrow)]
    complete: Option<&'a RawValue>,
    #[serde(borrow)]
    variables: Option<&'a RawValue>,
    #[serde(borrow)]
    configuration: Option<&'a RawValue>,
    #[serde(borrow)]
    resource_changes: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    deferred_changes: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    planned_values: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Version<'a> {
    #[serde(borrow)]
    format_version: Option<&'a RawValue>,
}

/// A resource change, its values not looked at yet.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    address: Option<Cow<'a, str>>,
    #[serde(borrow)]
    mode: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "type")]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    deposed: Option<Cow<'a, str>>,
    #[serde(borrow)]
    change: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Values<'a> {
    #[serde(borrow)]
    actions: Vec<Cow<'a, str>>,
    #[serde(borrow)]
    after: Option<&'a RawValue>,
    #[serde(borrow)]
    after_unknown: Option<&'a RawValue>,
    #[serde(borrow)]
    after_sensitive: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Deferred<'a> {
    #[serde(borrow)]
    resource_change: Option<Head<'a>>,
}

/// Reads a plan.
///
/// # Errors
/// It is no plan, or breaks off.
pub fn read(file: &Arc<TextFile>) -> Result<Planned, FileGap> {
    let text = file.text.as_str();
    let document: Document<'_> = match serde_json::from_str(text) {
        Ok(document) => document,
        Err(error) => {
            if let Ok(version) = serde_json::from_str::<Version<'_>>(text) {
                check_version(file, version.format_version)?;
            }
            return Err(syntax_gap(file, &error));
        }
    };
    check_version(file, document.format_version)?;
    let mut planned = Planned::default();
    if document.errored.is_some_and(|flag| flag.get() == "true") {
        planned.gaps.push(FileGap::new(file.path.clone(), FAILED));
    } else if document.complete.is_some_and(|flag| flag.get() == "false") {
        planned.gaps.push(FileGap::new(file.path.clone(), INCOMPLETE));
    }
    let Some(changes) = document.resource_changes else {
        // Terraform leaves the list out of a plan without any resource.
        return match document.planned_values {
            // One that was cut down to what will be still says that. What it leaves out is not known.
            Some(raw) => {
                let found = planned_values::resources(file, raw.get(), Change::Declared, &mut planned.gaps);
                planned.resources.extend(found.into_iter().map(without_defaults));
                Ok(planned)
            }
            None => Err(FileGap::new(
                file.path.clone(),
                "it holds no resource_changes, so it is no plan; write one with `terraform plan -out=tfplan` and \
                 `terraform show -json tfplan`",
            )),
        };
    };
    let configuration = document.configuration.map(|raw| Configuration::read(raw.get())).unwrap_or_default();
    let mut addresses = BTreeSet::new();
    for raw in changes {
        let head: Head<'_> = match serde_json::from_str(raw.get()) {
            Ok(head) => head,
            Err(_) if planned.gaps.len() >= MAX_GAPS => {
                let what = "too many of its changes are wrong; from here on it is not read".to_owned();
                planned.gaps.push(FileGap::new(at(file, raw), what));
                break;
            }
            Err(error) => {
                let what = format!("a resource change is not as Terraform writes it: {}", plain(&error));
                planned.gaps.push(FileGap::new(at(file, raw), what));
                continue;
            }
        };
        match resource(file, raw, &head) {
            Ok(Some(resource)) => {
                addresses.insert(resource.address.clone());
                planned.resources.push(resource);
            }
            Ok(None) => {}
            Err(_) if planned.gaps.len() >= MAX_GAPS => {}
            Err(gap) => planned.gaps.push(gap),
        }
    }
    for raw in document.deferred_changes.unwrap_or_default() {
        let head = serde_json::from_str::<Deferred<'_>>(raw.get()).ok().and_then(|deferred| deferred.resource_change);
        if head.as_ref().and_then(|head| head.kind.as_deref()).is_none_or(Resource::concerns_registries) {
            let address = head.and_then(|head| head.address).unwrap_or(Cow::Borrowed("a resource"));
            let why = "it is deferred to a later plan, and not judged; apply this one and plan again";
            planned.gaps.push(FileGap::new(at(file, raw), format!("{address}: {why}")));
        }
    }
    for resource in &mut planned.resources {
        configuration.name_unknown(resource, &addresses);
    }
    if let Some(variables) = document.variables.and_then(|raw| values::parse(file, raw.get(), offset(file, raw)).ok()) {
        let value = |(name, variable): &(String, Node)| Some((name.clone(), variable.get("value")?.clone()));
        planned.variables = variables.as_object().unwrap_or_default().iter().filter_map(value).collect();
    }
    planned.root = configuration.root_names();
    planned.configuration = configuration;
    Ok(planned)
}

/// What such a plan does not show of a registry is not known: no default stands in for it.
fn without_defaults(mut resource: Resource) -> Resource {
    if resource.kind == "azurerm_container_registry" {
        for name in super::locate::COMPUTED {
            if resource.attributes.get(name).is_none() {
                resource.attributes.set(name, Node::unknown(format!("{name} is not in the plan's planned values.")));
            }
        }
    }
    resource
}

/// One resource with the values that it will have; `None` where it has nothing to do with registries or will be gone.
fn resource(file: &Arc<TextFile>, raw: &RawValue, head: &Head<'_>) -> Result<Option<Resource>, FileGap> {
    let Some(kind) = head.kind.as_deref().filter(|kind| Resource::concerns_registries(kind)) else { return Ok(None) };
    if head.mode.as_deref() == Some("data") || head.deposed.is_some() {
        return Ok(None);
    }
    let odd =
        |what: &str| FileGap::new(at(file, raw), format!("{what}; write the plan again with `terraform show -json`"));
    let address = head.address.as_deref().ok_or_else(|| odd("a resource change has no address"))?;
    let values = head.change.ok_or_else(|| odd("a resource change has no change"))?;
    let values: Values<'_> = serde_json::from_str(values.get()).map_err(|error| odd(&plain(&error)))?;
    let actions: Vec<&str> = values.actions.iter().map(AsRef::as_ref).collect();
    let Some(change) = change(&actions) else { return Ok(None) };
    let read = |value: Option<&RawValue>| match value {
        Some(value) => values::parse(file, value.get(), offset(file, value)).map(Some),
        None => Ok(None),
    };
    let mut attributes = read(values.after)?
        .filter(|after| after.as_object().is_some())
        .unwrap_or(Node::new(NodeValue::Object(Vec::new())));
    if let Some(unknown) = read(values.after_unknown)? {
        values::take_unknown(&mut attributes, &unknown);
    }
    if let Some(sensitive) = read(values.after_sensitive)? {
        values::take_sensitive(&mut attributes, &sensitive);
    }
    if attributes.as_object().is_none() {
        attributes = Node::new(NodeValue::Object(Vec::new()));
    }
    Ok(Some(Resource {
        address: address.to_owned(),
        unexpanded: false,
        kind: kind.to_owned(),
        attributes,
        block: head_place(file, raw),
        related: Vec::new(),
        change,
    }))
}

/// What a plan's actions come to; `None` where the resource will be gone, or is no longer Terraform's.
pub fn change(actions: &[&str]) -> Option<Change> {
    match actions {
        ["create"] => Some(Change::Create),
        // What is replaced is made anew, and what was within it is gone with it.
        ["delete", "create"] | ["create", "delete"] | ["create", "forget"] => Some(Change::Create),
        ["no-op"] | ["read"] | ["update"] => Some(Change::Existing),
        _ => None,
    }
}

fn check_version(file: &TextFile, version: Option<&RawValue>) -> Result<(), FileGap> {
    let Some(raw) = version else {
        let what = "it has no format_version, so it is no plan of `terraform show -json`";
        return Err(FileGap::new(file.path.clone(), what));
    };
    let version: Option<String> = serde_json::from_str(raw.get()).ok();
    if version.as_deref().is_some_and(|version| version.split('.').next() == Some("1")) {
        return Ok(());
    }
    let version = version.as_deref().map_or("not a text", |version| version.get(..20).unwrap_or(version));
    let what = format!(
        "format_version is {version}, and only 1.x is known; write the plan with a Terraform of 1.x, or scan the .tf \
         files instead"
    );
    Err(FileGap::new(at(file, raw), what))
}

/// The line that names the address.
fn head_place(file: &Arc<TextFile>, raw: &RawValue) -> Span {
    let start = offset(file, raw);
    let at = raw.get().find("\"address\"").unwrap_or(0);
    let line = raw.get()[at..].find(['\n', ',', '}']).unwrap_or(1);
    Span::new(file, start + at..start + at + line)
}

/// Where a raw value begins in the text that it was borrowed from.
fn offset(file: &TextFile, raw: &RawValue) -> usize {
    (raw.get().as_ptr() as usize).saturating_sub(file.text.as_ptr() as usize)
}

fn at(file: &TextFile, raw: &RawValue) -> FilePosition {
    file.file_position(offset(file, raw))
}

fn syntax_gap(file: &TextFile, error: &serde_json::Error) -> FileGap {
    let what = match error.classify() {
        serde_json::error::Category::Eof => {
            "the plan breaks off here; write it again with `terraform show -json tfplan > plan.json`".to_owned()
        }
        _ => format!("{}; write the plan again with `terraform show -json`", plain(error)),
    };
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).max(1);
    FileGap::new(FilePosition::new(file.path.clone(), number(error.line()), number(error.column())), what)
}

/// The error without its own line and column, which are relative to a part.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(what, _)| what.to_owned())
}
