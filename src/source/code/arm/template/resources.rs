//! The resources of a template that concern registries, found through copies, conditions, children and nested
//! deployments.

use std::path::{Path, PathBuf};

use super::super::expression::{Expr, ExprKind, GROUP, Member, NameScope, Work, copy_local, evaluate};
use super::heads::{declare_resources, kind_of, name_of, text_of};
use super::names::{ParameterValues, names};
use super::order::in_order;
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
/// What stands for the subscription that is deployed to.
pub const SUBSCRIPTION: &str = "/subscriptions/{subscription}";
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
    /// The id of the resource group or subscription that it is deployed to.
    pub scope: String,
    /// Whether it stands for any number of resources.
    pub unexpanded: bool,
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
    /// The names, in lower case, of registries that something is handed that was not read.
    pub handed: Vec<String>,
    /// In how many deployments it is that may be left out.
    pub doubts: usize,
    /// The main template.
    pub(super) main: PathBuf,
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
    /// The id of the resource group or subscription that it is deployed to.
    pub(super) scope: &'a str,
}

impl Finder {
    /// Finds the resources of a main template.
    pub fn template(&mut self, template: &Expr, path: &Path, values: &ParameterValues, work: &Work) {
        let mut names = names(template, values, "");
        declare_resources(&mut names, template);
        path.clone_into(&mut self.main);
        let scope = scope_of(template);
        let context =
            DeploymentContext { deployments: &[], related: &[], pointer: "", parent: None, symbol: None, path, scope };
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
        let listed = resources.items().enumerate().map(|(index, resource)| (None, index.to_string(), resource));
        let named = resources.pairs();
        let named = named.map(|(symbol, one, _)| (Some(symbol), symbol.replace('~', "~0").replace('/', "~1"), one));
        let all: Vec<(Option<&str>, String, &Expr)> = listed.chain(named).collect();
        let order = in_order(&all.iter().map(|(symbol, _, resource)| (*symbol, *resource)).collect::<Vec<_>>());
        let first = self.resources.len();
        // How many each of them comes to, in the order of the template.
        let mut counts = vec![0; all.len()];
        for at in &order {
            let (symbol, step, resource) = &all[*at];
            let (before, pointer) = (self.resources.len(), format!("{pointer}/{step}"));
            self.resource(resource, scope, DeploymentContext { pointer: &pointer, symbol: *symbol, ..context }, depth);
            counts[*at] = self.resources.len() - before;
        }
        if order.is_sorted() {
            return;
        }
        let mut found: Vec<(usize, Resource)> = Vec::new();
        let mut rest = self.resources.split_off(first).into_iter();
        for at in order {
            found.extend(rest.by_ref().take(counts[at]).map(|resource| (at, resource)));
        }
        found.sort_by_key(|(at, _)| *at);
        self.resources.extend(found.into_iter().map(|(_, resource)| resource));
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
                let ((), gaps) = scope.work().collect_gaps(|| {
                    finder.deployment(resource, scope, (context, instance), depth + 1);
                });
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
        let keep = ["location", "sku", "identity", "properties", "tags", "scope"];
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
            name: name.clone(),
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
            scope: context.scope.to_owned(),
            unexpanded: instance.is_none() && resource.get("copy").is_some(),
        });
        // Children of one whose name is not known are called by what makes it.
        let own = match name_node.value {
            NodeValue::Unknown => Node::new(NodeValue::Symbol(name.as_str().into())),
            _ => name_node,
        };
        let parent = Some((kind, &own));
        self.resources_of(resource, scope, DeploymentContext { parent, ..context }, depth);
    }
}

/// What a template is deployed to, as its schema says: a resource group, a subscription, or what is above.
fn scope_of(template: &Expr) -> &'static str {
    let schema = template.get("$schema").and_then(Expr::as_str).unwrap_or_default().to_lowercase();
    match () {
        () if schema.contains("/subscriptiondeploymenttemplate.json") => SUBSCRIPTION,
        () if schema.contains("/managementgroupdeploymenttemplate.json") => "",
        () if schema.contains("/tenantdeploymenttemplate.json") => "",
        () => GROUP,
    }
}
