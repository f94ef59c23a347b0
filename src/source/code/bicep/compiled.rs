//! A template that Bicep compiled, beside its source: values are the template's, places the source's.

use super::super::arm::AssembledRegistry;
use super::super::declared::{DeclaredRegistry, Node, NodeValue, Span};
use crate::model::inventory::Language;

/// A module that is not on disk: what it makes stands in the compiled template alone.
pub struct RemoteModule {
    /// Its symbol.
    pub symbol: String,
    /// The name of its deployment, where that is written out.
    pub name: Option<String>,
    /// The head of its declaration.
    pub head: Span,
}

/// The registries of a compiled template, at their places in the source; `None` where it was compiled from another.
pub fn placed(
    compiled: Vec<AssembledRegistry>,
    mut source: Vec<AssembledRegistry>,
    remote_modules: &[RemoteModule],
) -> Option<Vec<AssembledRegistry>> {
    let mut made = Vec::new();
    for compiled in compiled {
        let Some(at) = source.iter().position(|own| is_same(own, &compiled)) else {
            made.push(at_call(compiled, remote_modules)?);
            continue;
        };
        let own = source.remove(at);
        let registry = placed_registry(compiled.registry, own.registry);
        made.push(AssembledRegistry { registry, ..own });
    }
    source.is_empty().then_some(made)
}

/// A registry that a module makes which is not on disk, at the declaration of the module.
fn at_call(compiled: AssembledRegistry, remote_modules: &[RemoteModule]) -> Option<AssembledRegistry> {
    let (deployment, inner) = compiled.path.split_first()?;
    let is_called = |module: &&RemoteModule| {
        deployment == &module.symbol
            || module.name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(deployment))
            // How Bicep names the deployment of a module that has no name.
            || deployment.contains('{')
                && (deployment.starts_with(&format!("{}-", module.symbol))
                    || deployment.contains(&format!("'{}'", module.symbol)))
    };
    let module = remote_modules.iter().find(is_called)?;
    let own = compiled.symbol.clone().unwrap_or_else(|| compiled.name_source.clone());
    let own = compiled.instance.map_or(own.clone(), |index| format!("{own}[{index}]"));
    let path: Vec<&str> =
        std::iter::once(&module.symbol).chain(inner).chain(std::iter::once(&own)).map(String::as_str).collect();
    let registry = called_registry(compiled.registry, &path.join("."), &module.head);
    Some(AssembledRegistry { registry, ..compiled })
}

fn called_registry(of: DeclaredRegistry, address: &str, head: &Span) -> DeclaredRegistry {
    let at_head = |nodes: Vec<Node>| nodes.into_iter().map(|node| moved(node, None, Some(head))).collect();
    DeclaredRegistry {
        language: Language::Bicep,
        address: address.to_owned(),
        logical: None,
        block: head.clone(),
        related: Vec::new(),
        registry: moved(of.registry, None, Some(head)),
        tasks: at_head(of.tasks),
        agent_pools: at_head(of.agent_pools),
        role_assignments: at_head(of.role_assignments),
        alternatives: of.alternatives.into_iter().map(|other| called_registry(other, address, head)).collect(),
        ..of
    }
}

/// Whether a registry of the source is this one of the template. Without symbolic names, a template's resources stand
/// in the order of the source.
fn is_same(own: &AssembledRegistry, compiled: &AssembledRegistry) -> bool {
    if own.path.len() != compiled.path.len() || own.registry.api_version != compiled.registry.api_version {
        return false;
    }
    let name =
        |of: &AssembledRegistry| of.registry.registry.get_folded("name").and_then(Node::as_str).map(str::to_lowercase);
    match (&compiled.symbol, name(own), name(compiled)) {
        (Some(_), ..) => own.symbol == compiled.symbol && own.instance == compiled.instance,
        (None, Some(own), Some(compiled)) => own == compiled,
        (None, None, None) => own.instance == compiled.instance,
        (None, ..) => false,
    }
}

fn placed_registry(compiled: DeclaredRegistry, source: DeclaredRegistry) -> DeclaredRegistry {
    let alternatives = compiled.alternatives.into_iter().map(|other| placed_registry(other, source.clone())).collect();
    DeclaredRegistry {
        registry: moved(compiled.registry, Some(&source.registry), None),
        tasks: children(compiled.tasks, &source.tasks, &source.block),
        agent_pools: children(compiled.agent_pools, &source.agent_pools, &source.block),
        role_assignments: children(compiled.role_assignments, &source.role_assignments, &source.block),
        alternatives,
        ..source
    }
}

fn children(compiled: Vec<Node>, source: &[Node], block: &Span) -> Vec<Node> {
    let name = |of: &Node| of.get_folded("name").and_then(Node::as_str).map(str::to_owned);
    let moved_one = |(index, node): (usize, Node)| {
        let named = source.iter().find(|own| name(own).is_some() && name(own) == name(&node));
        moved(node, named.or_else(|| source.get(index)), Some(block))
    };
    compiled.into_iter().enumerate().map(moved_one).collect()
}

/// The value with the place of its counterpart, or else of the nearest that it is part of.
fn moved(mut node: Node, own: Option<&Node>, around: Option<&Span>) -> Node {
    let span = own.and_then(|own| own.provenance.span.as_ref());
    // What has no counterpart and was written in the template stands where what it is part of does.
    let inherited = around.filter(|_| node.provenance.span.is_some());
    node.provenance.span = span.or(inherited).cloned();
    node.provenance.related = own.map(|own| own.provenance.related.clone()).unwrap_or_default();
    let around = span.or(around);
    node.value = match node.value {
        NodeValue::List(items) => {
            let of = |index: usize| own.and_then(Node::as_list).and_then(|list| list.get(index));
            NodeValue::List(items.into_iter().enumerate().map(|(index, item)| moved(item, of(index), around)).collect())
        }
        NodeValue::Object(members) => {
            let member = |(name, member): (String, Node)| {
                let own = own.and_then(|own| own.get_folded(&name));
                (name, moved(member, own, around))
            };
            NodeValue::Object(members.into_iter().map(member).collect())
        }
        scalar => scalar,
    };
    node
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::text_file::TextFile;
    use std::sync::Arc;

    #[test]
    fn values_are_theirs_and_places_ours() {
        let file = |name: &str| Arc::new(TextFile::new(name, "0123456789"));
        let (bicep, json) = (file("main.bicep"), file("main.json"));
        let at = |value: NodeValue, file: &Arc<TextFile>, start: usize| {
            Node::spanned(value, Span::new(file, start..start + 1))
        };
        let object = |members: Vec<(&str, Node)>| {
            NodeValue::Object(members.into_iter().map(|(name, node)| (name.to_owned(), node)).collect())
        };
        let source = at(object(vec![("a", at(NodeValue::Unknown, &bicep, 2)), ("c", Node::default())]), &bicep, 1);
        let default = Node::text("Enabled").with_note("It is the default.");
        let compiled = object(vec![
            ("a", at(NodeValue::Bool(true), &json, 7)),
            ("b", at(NodeValue::Null, &json, 8)),
            ("d", default),
        ]);
        let moved = moved(at(compiled, &json, 6), Some(&source), None);
        let expected = vec![
            ("a", at(NodeValue::Bool(true), &bicep, 2)),
            ("b", at(NodeValue::Null, &bicep, 1)),
            ("d", Node::text("Enabled").with_note("It is the default.")),
        ];
        assert_eq!(moved, at(object(expected), &bicep, 1));
    }
}
