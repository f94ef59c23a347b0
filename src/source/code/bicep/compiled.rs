//! A template that Bicep compiled, beside its source: what it holds that the source lacks.

use super::super::arm::AssembledRegistry;
use super::super::arm::expression::Expr;
use super::super::declared::{DeclaredRegistry, Node, NodeValue, Span};
use super::syntax::{Literal, Module, SyntaxKind};
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

/// What a compiled template has that its source lacks.
#[derive(Default)]
pub struct SortedOut {
    /// The registries: those that a module makes which is not on disk, and others.
    pub registries: Vec<AssembledRegistry>,
    /// The declarations of those modules.
    pub called: Vec<Span>,
    /// How many others there are.
    pub others: usize,
}

/// The template that a compiled one holds for a module: by its symbol, by the name of its deployment, or by its position
/// among those from elsewhere.
pub fn template_of_module<'t>(compiled: &'t Expr, module: &Module, remote: &[&Module]) -> Option<&'t Expr> {
    let resources = compiled.get("resources")?;
    if let Some(resource) = resources.pairs().find_map(|(symbol, one, _)| (symbol == module.symbol).then_some(one)) {
        return resource.get("properties")?.get("template");
    }
    let deployments: Vec<&Expr> = resources
        .items()
        .filter(|resource| {
            let kind = resource.get("type").and_then(Expr::as_str).unwrap_or_default();
            kind.eq_ignore_ascii_case("Microsoft.Resources/deployments")
        })
        .collect();
    let name = written_name(module);
    let is_named = |resource: &&&Expr| {
        let own = resource.get("name");
        let own_name = own.and_then(Expr::as_str);
        let source = own.map(Expr::source).unwrap_or_default();
        name.is_some() && own_name == name.as_deref()
            // How Bicep names the deployment of a module that has no name.
            || source.contains(&format!("'{}-", module.symbol))
            || source.contains(&format!("'{}'", module.symbol))
    };
    let found = deployments.iter().find(is_named).copied().or_else(|| {
        let all = deployments.len() == remote.len();
        let at = remote.iter().position(|other| other.symbol == module.symbol)?;
        deployments.get(at).copied().filter(|_| all)
    });
    found?.get("properties")?.get("template")
}

/// The name of a module's deployment, where it is written out.
pub fn written_name(module: &Module) -> Option<String> {
    match module.body.body_object().and_then(|object| object.get("name")).map(|name| &name.kind) {
        Some(SyntaxKind::Literal(Literal::Text(name))) => Some(name.clone()),
        _ => None,
    }
}

/// Sorts out what a compiled template has that its source lacks.
pub fn sort_out(
    compiled: Vec<AssembledRegistry>,
    source: &[AssembledRegistry],
    remote_modules: &[RemoteModule],
) -> SortedOut {
    let mut sorted = SortedOut::default();
    let mut own: Vec<&AssembledRegistry> = source.iter().collect();
    for compiled in compiled {
        let same = own.iter().position(|own| is_same(own, &compiled));
        if let Some(at) = same.or_else(|| own.iter().position(|own| has_same_name(own, &compiled))) {
            own.remove(at);
        } else if let Some((registry, head)) = at_call(&compiled, remote_modules) {
            sorted.registries.push(registry);
            sorted.called.push(head);
        } else {
            sorted.others += 1;
            sorted.registries.push(compiled);
        }
    }
    sorted
}

/// Whether both are known by one name.
fn has_same_name(own: &AssembledRegistry, compiled: &AssembledRegistry) -> bool {
    let name =
        |of: &AssembledRegistry| of.registry.registry.get_folded("name").and_then(Node::as_str).map(str::to_lowercase);
    name(own).is_some() && name(own) == name(compiled)
}

/// A registry that a module makes which is not on disk, at the declaration of the module.
fn at_call(compiled: &AssembledRegistry, remote_modules: &[RemoteModule]) -> Option<(AssembledRegistry, Span)> {
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
    let registry = called_registry(compiled.registry.clone(), &path.join("."), &module.head);
    Some((AssembledRegistry { registry, ..compiled.clone() }, module.head.clone()))
}

/// A registry of a template of somebody else's, at the place that calls it.
pub fn called_registry(of: DeclaredRegistry, address: &str, head: &Span) -> DeclaredRegistry {
    let at_head = |nodes: Vec<Node>| nodes.into_iter().map(|node| moved(node, head)).collect();
    DeclaredRegistry {
        language: Language::Bicep,
        address: address.to_owned(),
        logical: None,
        block: head.clone(),
        related: Vec::new(),
        registry: moved(of.registry, head),
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
    // One that was compiled before the source changed may name another version.
    if own.path.len() != compiled.path.len() {
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

/// The value at this place, as far as it is written anywhere.
fn moved(mut node: Node, head: &Span) -> Node {
    node.provenance.span = node.provenance.span.map(|_| head.clone());
    node.provenance.related.clear();
    node.value = match node.value {
        NodeValue::List(items) => NodeValue::List(items.into_iter().map(|item| moved(item, head)).collect()),
        NodeValue::Object(members) => {
            NodeValue::Object(members.into_iter().map(|(name, member)| (name, moved(member, head))).collect())
        }
        scalar => scalar,
    };
    node
}
