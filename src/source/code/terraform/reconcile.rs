//! A plan beside the code that it was made of. A plan that lies in what is scanned is a file like any other, which a
//! pull request can write: it is read beside the code. One that is named stands for the code that it agrees with.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::super::declared::{DeclaredRegistry, Node, NodeValue};
use super::address::Address;
use super::plan::ReadPlan;
use super::roots::RootRead;
use crate::model::inventory::SkippedFile;
use crate::model::path::display_path;
use crate::model::path::normalize;

/// Decides what of a plan and of the code is judged; what is taken out of either is said elsewhere, or told here.
pub fn reconcile(path: &Path, is_named: bool, plan: &mut ReadPlan, roots: &mut Vec<RootRead>) {
    let folder = plan.folder.as_deref().map(normalize);
    let stands_for = |root: &RootRead| {
        is_named
            && folder.as_ref() == Some(&root.folder)
            && plan.configured.as_ref().is_some_and(|configured| agree(configured, &plan.registries))
    };
    if let Some(at) = roots.iter().position(stands_for) {
        let root = roots.remove(at);
        // What the plan does not hold is not the plan's to answer for.
        plan.gaps.extend(root.extraction.gaps);
        return;
    }
    let code: BTreeMap<(&str, &str), &DeclaredRegistry> = roots
        .iter()
        .flat_map(|root| &root.extraction.registries)
        .map(|registry| ((registry.root.as_str(), registry.address.as_str()), registry))
        .collect();
    let own = display_path(path);
    let (mut same, mut other) = (0, BTreeSet::new());
    let registries = std::mem::take(&mut plan.registries).into_iter().filter_map(|mut registry| {
        let Some(declared) = code.get(&(registry.root.as_str(), registry.address.as_str())) else {
            return Some(registry);
        };
        let contradicts = contradicts_registry(&registry, declared);
        if !contradicts && declared.registry.is_fully_known() {
            same += 1;
            return None;
        }
        if contradicts {
            other.insert(registry.address.clone());
        }
        // Two sources of one name are two.
        registry.root.clone_from(&own);
        Some(registry)
    });
    plan.registries = registries.collect();
    if !other.is_empty() {
        let names: Vec<&str> = other.iter().map(String::as_str).collect();
        let why = format!(
            "it contradicts the code beside it on {}; both are judged. Name the plan alone to have it stand for the code",
            names.join(", ")
        );
        plan.skipped.push(SkippedFile::new(own.clone(), why));
    }
    if same > 0 {
        plan.skipped.push(SkippedFile::new(own, format!("it says of {same} registries what the code beside it says")));
    }
}

/// Whether the plan holds what the configuration declares, and nothing else.
fn agree(configured: &[DeclaredRegistry], planned: &[DeclaredRegistry]) -> bool {
    let name = |registry: &DeclaredRegistry| {
        Address::parse(&registry.address).map_or(registry.address.clone(), |address| address.stripped())
    };
    let mut by_name: BTreeMap<String, Vec<&DeclaredRegistry>> = BTreeMap::new();
    for registry in configured {
        by_name.entry(name(registry)).or_default().push(registry);
    }
    let names: BTreeSet<String> = planned.iter().map(name).collect();
    let is_declared = |planned: &DeclaredRegistry| {
        let own = by_name.get(&name(planned)).map(Vec::as_slice).unwrap_or_default();
        let exact = own.iter().find(|registry| registry.address == planned.address);
        match exact {
            Some(registry) => !contradicts_registry(planned, registry),
            None => own.iter().any(|registry| !contradicts_registry(planned, registry)),
        }
    };
    names.len() == by_name.len() && planned.iter().all(is_declared)
}

fn contradicts_registry(one: &DeclaredRegistry, other: &DeclaredRegistry) -> bool {
    let children = [(&one.tasks, &other.tasks), (&one.agent_pools, &other.agent_pools)];
    contradicts(&one.registry, &other.registry)
        || children.into_iter().any(|(own, others)| own.iter().any(|child| differs_from_its_like(child, others)))
}

/// Whether a child contradicts the one of its name.
fn differs_from_its_like(child: &Node, others: &[Node]) -> bool {
    let name = |node: &Node| node.get_folded("name").and_then(Node::as_str).map(str::to_lowercase);
    others.iter().filter(|other| name(other).is_some() && name(other) == name(child)).any(|it| contradicts(child, it))
}

/// Whether something that both know differs. What is null and what is not there are the same, and lists may be sets.
fn contradicts(one: &Node, other: &Node) -> bool {
    let is_unknown = |node: &Node| matches!(node.value, NodeValue::Unknown | NodeValue::Symbol(_));
    match (&one.value, &other.value) {
        _ if is_unknown(one) || is_unknown(other) => false,
        (NodeValue::Object(members), NodeValue::Object(_)) => {
            let differs = |(name, member): &(String, Node)| {
                other.get_folded(name).is_some_and(|other| contradicts(member, other))
            };
            members.iter().any(differs)
        }
        (NodeValue::List(items), NodeValue::List(others)) => {
            let is_whole = items.iter().chain(others).all(Node::is_fully_known);
            is_whole && (items.len() != others.len() || sorted(items) != sorted(others))
        }
        (NodeValue::Null, NodeValue::Null) => false,
        _ => comparable(one) != comparable(other),
    }
}

fn sorted(items: &[Node]) -> Vec<String> {
    let mut texts: Vec<String> = items.iter().map(comparable).collect();
    texts.sort();
    texts
}

/// What is equal for equal values: Azure ignores the case of names, and an address alone is a range of one.
fn comparable(node: &Node) -> String {
    match &node.value {
        NodeValue::String(text) => {
            let text = text.to_lowercase();
            text.strip_suffix("/32").unwrap_or(&text).replace(' ', "")
        }
        NodeValue::Object(members) => {
            let mut texts: Vec<String> = members
                .iter()
                .filter(|(_, member)| member.value != NodeValue::Null)
                .map(|(name, member)| format!("{}={}", name.to_lowercase(), comparable(member)))
                .collect();
            texts.sort();
            texts.join(",")
        }
        NodeValue::List(items) => sorted(items).join(","),
        _ => node.to_json().map(|value| value.to_string()).unwrap_or_default(),
    }
}
