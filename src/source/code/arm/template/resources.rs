//! The resources of a template that concern registries, found through copies, conditions, children and nested
//! deployments.

use std::path::{Path, PathBuf};

use super::super::expression::{Binding, Expr, ExprKind, Member, NameScope, Names, Work, copy_local, evaluate};
use super::names::{ParameterValues, names};
use crate::model::file_gap::FileGap;
use crate::model::inventory::SkippedFile;
use crate::source::code::declared::{Node, NodeValue, Span};

/// How many instances of a resource are followed: what ARM itself allows is 800.
const MAX_INSTANCES: usize = 10_000;

/// How deep deployments may nest.
const MAX_DEPLOYMENTS: usize = 16;

/// The types that are read, lower case.
pub const WANTED: [&str; 7] = [
    REGISTRY,
    TASK,
    AGENT_POOL,
    "microsoft.network/privateendpoints",
    ZONE_GROUP,
    "microsoft.authorization/roleassignments",
    "microsoft.containerregistry/registries/providers/roleassignments",
];
/// The type of the DNS zone group of a private endpoint, lower case.
pub const ZONE_GROUP: &str = "microsoft.network/privateendpoints/privatednszonegroups";
/// The type of a registry, lower case.
pub const REGISTRY: &str = "microsoft.containerregistry/registries";
/// The type of a task, lower case.
pub const TASK: &str = "microsoft.containerregistry/registries/tasks";
/// The type of an agent pool, lower case.
pub const AGENT_POOL: &str = "microsoft.containerregistry/registries/agentpools";

/// A resource.
#[derive(Debug, Clone)]
pub struct Resource {
    /// Its type, lower case.
    pub kind: String,
    /// Its name, those of its parents before it with slashes between; what is not known of it stands in braces.
    pub name: String,
    /// The name as a value.
    pub name_node: Node,
    /// The source text of the name's expression.
    pub name_source: String,
    /// Its symbolic name, where resources have some.
    pub symbol: Option<String>,
    /// The deployments that it is in, the outermost first.
    pub path: Vec<String>,
    /// JSON pointer within its file.
    pub pointer: String,
    /// Which instance of a copy loop it is.
    pub instance: Option<usize>,
    /// The head: `"type": "…"`.
    pub block: Span,
    /// Where else to look.
    pub related: Vec<(&'static str, Span)>,
    /// `location`, `sku`, `identity`, `properties`, `scope`.
    pub body: Node,
    /// The api-version.
    pub api_version: Option<String>,
    /// What-if: what it says of the resource besides.
    pub predicted: Option<PredictedResource>,
}

/// What what-if says of a resource besides what it will be.
#[derive(Debug, Clone)]
pub struct PredictedResource {
    /// Its ARM id.
    pub id: String,
    /// Whether it does not exist yet.
    pub is_new: bool,
}

/// What was found, and what was not followed.
#[derive(Debug, Default)]
pub struct Finder {
    /// The resources.
    pub resources: Vec<Resource>,
    /// What was skipped, and why.
    pub skipped: Vec<SkippedFile>,
    /// What was not read.
    pub gaps: Vec<FileGap>,
    /// The files that linked templates are in.
    pub files: Vec<PathBuf>,
    /// Those of them that are deployed for certain.
    pub certain_files: Vec<PathBuf>,
    /// In how many deployments it is that may be left out.
    pub(super) doubts: usize,
}

/// Where a template stands.
#[derive(Clone, Copy)]
pub(super) struct DeploymentContext<'a> {
    pub(super) deployments: &'a [String],
    pub(super) related: &'a [(&'static str, Span)],
    pub(super) pointer: &'a str,
    /// The type and name of the parent resource, and whether anything is known of it.
    pub(super) parent: Option<(&'a str, &'a Node)>,
    pub(super) symbol: Option<&'a str>,
    pub(super) path: &'a Path,
}

impl Finder {
    /// Finds the resources of a main template.
    pub fn template(&mut self, template: &Expr, path: &Path, values: &ParameterValues, work: &Work) {
        let mut names = names(template, values, "");
        declare_resources(&mut names, template);
        let context =
            DeploymentContext { deployments: &[], related: &[], pointer: "", parent: None, symbol: None, path };
        self.resources_of(template, &NameScope::new(&names, work), context, 0);
    }

    pub(super) fn resources_of(
        &mut self,
        template: &Expr,
        scope: &NameScope<'_>,
        context: DeploymentContext<'_>,
        depth: usize,
    ) {
        let Some(resources) = template.get("resources") else { return };
        let pointer = format!("{}/resources", context.pointer);
        for (index, resource) in resources.items().enumerate() {
            let pointer = format!("{pointer}/{index}");
            self.resource(resource, scope, DeploymentContext { pointer: &pointer, symbol: None, ..context }, depth);
        }
        for (symbol, resource, _) in resources.pairs() {
            let pointer = format!("{pointer}/{}", symbol.replace('~', "~0").replace('/', "~1"));
            self.resource(
                resource,
                scope,
                DeploymentContext { pointer: &pointer, symbol: Some(symbol), ..context },
                depth,
            );
        }
    }

    fn resource(&mut self, resource: &Expr, scope: &NameScope<'_>, context: DeploymentContext<'_>, depth: usize) {
        let exists = resource.get("existing").map(|existing| evaluate(existing, scope));
        if exists.is_some_and(|node| node.as_bool() == Some(true)) {
            return;
        }
        let Some((kind, block)) = kind_of(resource, scope, context.parent) else {
            let what = "the type of this resource is not known; write it as a text";
            return self.gaps.push(FileGap::new(resource.span.position(), what));
        };
        let is_wanted = WANTED.contains(&kind.as_str());
        if !is_wanted && kind != "microsoft.resources/deployments" {
            return;
        }
        // Instances of a loop may differ in whether they are there.
        self.instances(resource, scope, &mut |finder, scope, instance| {
            let mut related = context.related.to_vec();
            if let Some((condition, span)) = resource.pair("condition") {
                match evaluate(condition, scope).as_bool() {
                    Some(false) => return,
                    Some(true) => {}
                    None => related.push(("only under this condition, which is not known", span.clone())),
                }
            }
            let uncertain = scope.uncertain();
            let is_conditional = related.len() > context.related.len();
            let scope = if is_conditional { &uncertain } else { scope };
            let context = DeploymentContext { related: &related, ..context };
            if is_wanted {
                finder.wanted(resource, &kind, &block, instance, scope, context, depth);
            } else if depth < MAX_DEPLOYMENTS {
                let before = finder.resources.len();
                let is_perhaps = is_conditional || (resource.get("copy").is_some() && instance.is_none());
                finder.doubts += usize::from(is_perhaps);
                let ((), gaps) = scope.work().collect_gaps(|| finder.deployment(resource, scope, context, depth + 1));
                finder.doubts -= usize::from(is_perhaps);
                // What is wrong in a deployment without registries is none of our business.
                if finder.resources.len() > before {
                    scope.work().report(&gaps);
                }
            } else {
                finder.gaps.push(FileGap::new(block.position(), "deployments nest too deep; this one is not read"));
            }
        });
    }

    /// Calls for each instance of a resource's copy loop.
    fn instances(
        &mut self,
        resource: &Expr,
        scope: &NameScope<'_>,
        call: &mut dyn FnMut(&mut Finder, &NameScope<'_>, Option<usize>),
    ) {
        let Some((copy, span)) = resource.pair("copy") else { return call(self, scope, None) };
        let name = copy.get("name").and_then(Expr::as_str).unwrap_or_default();
        let count = copy.get("count").map(|count| evaluate(count, scope)).unwrap_or_default();
        let number = match &count.value {
            NodeValue::Number(number) => number.as_u64().and_then(|number| usize::try_from(number).ok()),
            _ => None,
        };
        let mut with = |finder: &mut Finder, index: &Node, instance| {
            scope.with(&copy_local(""), index, |scope| {
                scope.with(&copy_local(name), index, |scope| call(finder, scope, instance));
            });
        };
        match number {
            Some(number) if number <= MAX_INSTANCES => {
                for index in 0..number {
                    if !scope.work().take(1) || self.resources.len() >= MAX_INSTANCES {
                        self.gaps
                            .push(FileGap::new(span.position(), "the copies are too many; the others are not read"));
                        return;
                    }
                    with(self, &Node::new(NodeValue::Number(index.into())), Some(index));
                }
            }
            _ => {
                if !count.is_unknown() {
                    let what = format!("`count` is not from 0 to {MAX_INSTANCES}; one instance stands for all");
                    self.gaps.push(FileGap::new(span.position(), what));
                }
                with(self, &Node::unknown("How often the copy loop runs is not known."), None);
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a resource and all that it stands in")]
    fn wanted(
        &mut self,
        resource: &Expr,
        kind: &str,
        block: &Span,
        instance: Option<usize>,
        scope: &NameScope<'_>,
        context: DeploymentContext<'_>,
        depth: usize,
    ) {
        if self.resources.len() >= MAX_INSTANCES {
            let what = format!("more than {MAX_INSTANCES} resources are not read; split the template");
            return self.gaps.push(FileGap::new(block.position(), what));
        }
        let (name_node, name_source) = name_of(resource, scope, context.parent.map(|(_, name)| name));
        let name = text_of(&name_node, &name_source);
        let keep = ["location", "sku", "identity", "properties", "scope"];
        let members = match &resource.kind {
            ExprKind::Object(members) => members.iter().filter(|member| match member {
                Member::Pair { key, .. } => {
                    key.as_str().is_none_or(|key| keep.iter().any(|known| known.eq_ignore_ascii_case(key)))
                }
                Member::Spread(_) => true,
            }),
            _ => return,
        };
        let body = Expr::new(ExprKind::Object(members.cloned().collect()), block.clone());
        let version = resource.get("apiVersion").map(|version| evaluate(version, scope));
        let body = evaluate(&body, scope);
        self.resources.push(Resource {
            kind: kind.to_owned(),
            name,
            name_source,
            symbol: context.symbol.map(str::to_owned),
            path: context.deployments.to_vec(),
            pointer: context.pointer.to_owned(),
            instance,
            block: block.clone(),
            related: context.related.to_vec(),
            body,
            api_version: version.as_ref().and_then(Node::as_str).map(str::to_owned),
            name_node: name_node.clone(),
            predicted: None,
        });
        let parent = Some((kind, &name_node));
        self.resources_of(resource, scope, DeploymentContext { parent, ..context }, depth);
    }
}

/// The full type of a resource, lower case, and the head of its block.
fn kind_of(resource: &Expr, scope: &NameScope<'_>, parent: Option<(&str, &Node)>) -> Option<(String, Span)> {
    let (kind, span) = resource.pair("type")?;
    let kind = evaluate(kind, scope);
    // Symbolic resources of extensions: `Microsoft.A/b@version`.
    let kind = kind.as_str()?.to_lowercase();
    let kind = kind.split('@').next().unwrap_or_default().to_owned();
    Some(match parent {
        Some((parent, _)) if !kind.starts_with("microsoft.") => (format!("{parent}/{kind}"), span.clone()),
        _ => (kind, span.clone()),
    })
}

/// The name of a resource, its parent's before it, and the source of its expression.
pub(super) fn name_of(resource: &Expr, scope: &NameScope<'_>, parent: Option<&Node>) -> (Node, String) {
    let Some(name) = resource.get("name") else { return (Node::default(), String::new()) };
    let mut node = evaluate(name, scope);
    let source = match name.as_str() {
        Some(text) => text.to_owned(),
        None => name.source(),
    };
    if node.provenance.span.is_none() {
        node.provenance.span = Some(name.span.clone());
    }
    let Some(parent) = parent else { return (node, source) };
    if node.as_str().is_some_and(|name| name.contains('/')) {
        return (node, source);
    }
    let texts = [text_of(parent, ""), text_of(&node, &source)];
    let text = texts.join("/");
    node.value = if text.contains('{') { NodeValue::Symbol(text.into()) } else { NodeValue::String(text) };
    (node, source)
}

/// A name as text; what is not known of it stands in braces.
pub(super) fn text_of(node: &Node, source: &str) -> String {
    match &node.value {
        NodeValue::String(text) => text.clone(),
        NodeValue::Symbol(symbol) => symbol.to_string(),
        _ => format!("{{{source}}}"),
    }
}

/// Declares the resources that have symbolic names.
pub(super) fn declare_resources(names: &mut Names, template: &Expr) {
    for (symbol, resource, span) in template.get("resources").into_iter().flat_map(Expr::pairs) {
        let kind = resource.get("type").and_then(Expr::as_str);
        let (Some(kind), Some(name), None) = (kind, resource.get("name"), resource.get("copy")) else { continue };
        let kind = Expr::text(kind.split('@').next().unwrap_or_default(), span.clone());
        let id = Expr::call("#id", vec![kind.clone(), name.clone()], span.clone());
        let pair = |key: &str, value: Expr| {
            let key = Expr::text(key, span.clone());
            Member::Pair { key, value, span: span.clone() }
        };
        let members = vec![pair("id", id), pair("name", name.clone()), pair("type", kind)];
        names.resource(symbol, Binding::Expr(Expr::new(ExprKind::Object(members), span.clone())));
    }
}
