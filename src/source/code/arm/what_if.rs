//! What what-if says that a deployment would do: `az deployment … what-if --no-pretty-print`.

use std::path::Path;
use std::sync::Arc;

use super::super::declared::{DeclaredRegistry, Node, NodeValue};
use super::assemble;
use super::defaults;
use super::expression::{Expr, NameScope, Names, Work, evaluate};
use super::syntax::json;
use super::syntax::json::Strings;
use super::template::resources::{PredictedResource, REGISTRY, Resource, ZONE_GROUP};
use crate::model::file_gap::FileGap;
use crate::model::path::display_path;
use crate::model::text_file::TextFile;

/// How many members an object may have that is compared with another.
const MAX_MEMBERS: usize = 4_000;

/// The registries that exist after the deployment; what was not read is told in `gaps`.
///
/// # Errors
/// The file cannot be read, or is no JSON.
pub fn read(path: &Path, gaps: &mut Vec<FileGap>) -> Result<Vec<DeclaredRegistry>, FileGap> {
    let file = Arc::new(TextFile::read(path)?);
    let root = json::read(&file, Strings::Plain, gaps)?;
    let (names, work) = (Names::default(), Work::default());
    let scope = NameScope::new(&names, &work);
    failed(&root, gaps);
    let body = root.get("properties").filter(|properties| properties.get("changes").is_some()).unwrap_or(&root);
    let mut resources = Vec::new();
    let mut any = false;
    for list in ["changes", "potentialChanges"] {
        let Some(changes) = body.get(list) else { continue };
        any = true;
        for (index, change) in changes.items().enumerate() {
            let pointer = match std::ptr::eq(body, &root) {
                true => format!("/{list}/{index}"),
                false => format!("/properties/{list}/{index}"),
            };
            resources.extend(changed(change, pointer, &scope, gaps));
        }
    }
    if !any {
        gaps.push(FileGap::new(file.file_position(0), "this is no what-if result: it has no `changes`"));
    }
    gaps.extend(work.into_gaps());
    let registries = assemble::registries(&resources, &display_path(path));
    Ok(registries.into_iter().map(|assembled| assembled.registry).collect())
}

/// A prediction that was not made to its end.
fn failed(root: &Expr, gaps: &mut Vec<FileGap>) {
    for span in [Some(root), root.get("properties")].into_iter().flatten() {
        if let Some((status, span)) = span.pair("status")
            && let Some(word) = status.as_str()
            && !word.eq_ignore_ascii_case("Succeeded")
        {
            gaps.push(FileGap::new(span.position(), format!("what-if ended as {word:?}; run it again")));
        }
        if let Some((error, span)) = span.pair("error")
            && !matches!(error.kind, super::expression::ExprKind::Literal(NodeValue::Null))
        {
            let code = error.get("code").and_then(Expr::as_str).unwrap_or("no code");
            gaps.push(FileGap::new(
                span.position(),
                format!("what-if ended with an error ({code}); correct it and run it again"),
            ));
        }
    }
}

/// Type and name of a resource, each with slashes: what its id says after the last `/providers/`.
fn type_and_name(id: &str) -> Option<(String, String)> {
    let at = id.to_lowercase().rfind("/providers/")?;
    let mut segments = id[at + "/providers/".len()..].split('/');
    let mut kind = vec![segments.next()?.to_lowercase()];
    let mut name = Vec::new();
    while let (Some(segment), Some(own)) = (segments.next(), segments.next()) {
        kind.push(segment.to_lowercase());
        name.push(own);
    }
    (!name.is_empty()).then(|| (kind.join("/"), name.join("/")))
}

fn changed(change: &Expr, pointer: String, scope: &NameScope<'_>, gaps: &mut Vec<FileGap>) -> Option<Resource> {
    let word = |name: &str| change.get(name).and_then(Expr::as_str);
    let (id, block) = match change.pair("resourceId") {
        Some((id, span)) => (id.as_str().unwrap_or_default().to_owned(), span.clone()),
        None => (String::new(), change.span.clone()),
    };
    let action = word("changeType").unwrap_or_default().to_ascii_lowercase();
    let parts = type_and_name(&id);
    let kind = parts.as_ref().map_or("", |(kind, _)| kind.as_str());
    if action == "unsupported" {
        // What it could not look into may hold a registry.
        if parts.is_none() || kind.starts_with(REGISTRY) || kind == "microsoft.resources/deployments" {
            let why = word("unsupportedReason").unwrap_or("what-if gives no reason");
            gaps.push(FileGap::new(block.position(), format!("what-if does not support {}: {why}", quoted(&id))));
        }
        return None;
    }
    if id.is_empty() && change.get("extension").is_none() && change.get("identifiers").is_none() {
        // What an extension makes is named otherwise, and is nothing of Azure's own.
        gaps.push(FileGap::new(block.position(), "a change without a resourceId; run what-if again"));
    }
    let (kind, name) = parts?;
    let wanted = kind.starts_with("microsoft.containerregistry/")
        || ["microsoft.network/privateendpoints", ZONE_GROUP, "microsoft.authorization/roleassignments"]
            .contains(&kind.as_str());
    if !wanted || action == "delete" {
        return None;
    }
    let read = |name: &str| {
        let value = change.get(name).map(|value| resolved(evaluate(value, scope)));
        value.filter(|value| value.as_object().is_some())
    };
    let is_new = action == "create";
    let (before, after) = (read("before"), read("after"));
    let mut body = match (action.as_str(), before, after) {
        ("ignore", Some(before), _) | ("nochange", Some(before), None) => before,
        ("nochange", Some(before), Some(after)) => merged(&after, &before),
        ("modify", Some(before), Some(mut after)) if kind == REGISTRY => {
            dropped(&before, &mut after);
            after
        }
        (_, _, Some(after)) => after,
        (_, before, None) => unshown(before),
    };
    body.provenance.span = Some(block.clone());
    if kind == "microsoft.authorization/roleassignments" {
        let at = id.to_lowercase().rfind("/providers/").unwrap_or(id.len());
        body.set("scope", Node::text(&id[..at]));
    }
    let name_node = Node::spanned(NodeValue::String(name.clone()), block.clone());
    let version = body.get_folded("apiVersion").and_then(Node::as_str).map(str::to_owned);
    let scope = id.to_lowercase();
    let scope = scope.find("/providers/").map_or(scope.as_str(), |at| &scope[..at]).to_owned();
    Some(Resource {
        kind,
        name_source: name.clone(),
        name,
        name_node,
        symbol: None,
        path: Vec::new(),
        pointer,
        instance: None,
        block,
        related: Vec::new(),
        body: known_members(body),
        api_version: version,
        predicted: Some(PredictedResource { id, is_new }),
        scope,
        unexpanded: false,
    })
}

fn quoted(id: &str) -> String {
    if id.is_empty() { "a resource without id".to_owned() } else { format!("`{id}`") }
}

/// The members that a registry document takes.
fn known_members(mut body: Node) -> Node {
    let keep = ["location", "sku", "identity", "properties", "tags", "scope"];
    if let NodeValue::Object(members) = &mut body.value {
        members.retain(|(name, _)| keep.iter().any(|known| known.eq_ignore_ascii_case(name)));
    }
    body
}

/// Expressions that what-if could not resolve stay as they are in the template.
fn resolved(mut node: Node) -> Node {
    match &mut node.value {
        NodeValue::String(text) if text.starts_with('[') && text.ends_with(']') => {
            let is_identity = ["[system]", "[caller]"].iter().any(|name| text.eq_ignore_ascii_case(name));
            if !is_identity {
                node.value = NodeValue::Unknown;
                node.provenance.note = Some("what-if could not resolve the expression.".into());
            }
        }
        NodeValue::List(items) => items.iter_mut().for_each(|item| *item = resolved(std::mem::take(item))),
        NodeValue::Object(members) => {
            members.iter_mut().for_each(|(_, member)| *member = resolved(std::mem::take(member)))
        }
        _ => {}
    }
    node
}

/// A resource of which what-if says nothing but that it will be there.
fn unshown(before: Option<Node>) -> Node {
    let mut members = vec![("properties".to_owned(), Node::unknown("what-if does not say what it will be."))];
    // What cannot change stays what it was.
    if let Some(location) = before.as_ref().and_then(|before| before.get_folded("location")) {
        members.push(("location".to_owned(), location.clone()));
    }
    Node::new(NodeValue::Object(members))
}

/// What is there before and not mentioned after, where nothing changes.
fn merged(after: &Node, before: &Node) -> Node {
    match (&after.value, &before.value) {
        (NodeValue::Object(members), NodeValue::Object(others)) if members.len().max(others.len()) <= MAX_MEMBERS => {
            let mut made: Vec<(String, Node)> = members
                .iter()
                .map(|(name, member)| {
                    let other = before.get_folded(name);
                    (name.clone(), other.map_or_else(|| member.clone(), |other| merged(member, other)))
                })
                .collect();
            let missing = others.iter().filter(|(name, _)| after.get_folded(name).is_none());
            made.extend(missing.cloned());
            Node { value: NodeValue::Object(made), provenance: after.provenance.clone() }
        }
        _ => after.clone(),
    }
}

/// What a registry has now and the template does not set: it stays, or goes back to the default. Known only where that
/// is the same.
fn dropped(before: &Node, after: &mut Node) {
    let mut default = Node::new(NodeValue::Object(Vec::new()));
    if let Some(sku) = after.get_folded("sku") {
        default.set("sku", sku.clone());
    }
    defaults::fill(&mut default, "the template");
    for name in ["sku", "location", "identity"] {
        if let (None, Some(value)) = (after.get_folded(name), before.get_folded(name)) {
            after.set(name, value.clone());
        }
    }
    let (Some(before), Some(default)) = (before.get_folded("properties"), default.get_folded("properties")) else {
        return;
    };
    let NodeValue::Object(members) = &mut after.value else { return };
    if let Some((_, after)) = members.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case("properties")) {
        keep_or_doubt(before, default, after);
    }
}

fn keep_or_doubt(before: &Node, default: &Node, after: &mut Node) {
    let count = |node: &Node| node.as_object().map_or(0, <[_]>::len);
    if count(before).max(count(after)) > MAX_MEMBERS {
        *after = Node { value: NodeValue::Unknown, provenance: after.provenance.clone() }
            .with_note("It is too large to be followed.");
        return;
    }
    for (name, value) in before.as_object().unwrap_or_default() {
        let default = default.get_folded(name);
        if let NodeValue::Object(members) = &mut after.value
            && let Some((_, member)) = members.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name))
        {
            if let Some(default) = default {
                keep_or_doubt(value, default, member);
            }
            continue;
        }
        let stays = match (default, value.to_json()) {
            (Some(default), Some(now)) => default.to_json() == Some(now),
            // It is none of the template's business: `loginServer`.
            (None, _) => true,
            _ => false,
        };
        let note = format!("{name} is set in Azure and not in the template: what becomes of it is not known.");
        let node =
            if stays { value.clone() } else { Node { value: NodeValue::Unknown, ..value.clone() }.with_note(note) };
        after.set(name, node);
    }
}
