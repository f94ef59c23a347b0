//! Registries in the making, and what is joined to them.

use std::collections::HashMap;

use super::super::address::Address;
use super::attributes::written;
use super::instance::{Change, Resource};
use super::join::{Registries, RegistryMatch, group_name, registry_name};
use super::{azapi, task};
use crate::model::file_gap::FileGap;
use crate::model::inventory::{Language, SkippedFile};
use crate::source::code::declared::{DeclaredRegistry, Node, NodeValue, Segment, is_symbolic, segments};

/// What resources come to.
#[derive(Debug, Default)]
pub struct Assembled {
    /// The registries, each with its tasks, pools, endpoints and role assignments.
    pub registries: Vec<DeclaredRegistry>,
    /// What belongs to a registry that is not among the resources, or to nobody knows which.
    pub skipped: Vec<SkippedFile>,
    /// What was not read.
    pub gaps: Vec<FileGap>,
}

/// A registry in the making.
pub(super) struct Base {
    pub(super) declared: DeclaredRegistry,
    /// What the registry is for each value that something of it may have.
    pub(super) alternatives: Vec<Node>,
    group: Option<Node>,
    connections: Vec<Node>,
    all_connections: bool,
}

/// Registries, and what was joined to them so far.
#[derive(Default)]
pub(super) struct Frame {
    pub(super) known: Registries,
    pub(super) bases: Vec<Base>,
    pub(super) tasks: Children,
    pub(super) pools: Children,
    pub(super) skipped: Vec<SkippedFile>,
    pub(super) gaps: Vec<FileGap>,
    pub(super) deployed: Vec<DeclaredRegistry>,
    pub(super) root: String,
    /// Somebody else's registries, by what is known of their names.
    pub(super) elsewhere: HashMap<String, usize>,
}

/// Tasks or pools that were joined: what they are told by, and where they are: registry, position.
#[derive(Default)]
pub(super) struct Children {
    pub(super) known: Registries,
    pub(super) at: Vec<(usize, usize)>,
}

impl Frame {
    pub(super) fn add(
        &mut self,
        resource: &Resource,
        mut node: Node,
        mut alternatives: Vec<Node>,
        api_version: Option<String>,
    ) {
        for node in alternatives.iter_mut().chain([&mut node]) {
            node.set("id", task::own_id(resource));
            if let Some(hidden) = azapi::sensitive_body(resource) {
                azapi::overlay(node, &azapi::hidden(hidden));
            }
        }
        self.known.push(resource);
        let from = &resource.attributes;
        let group = written(from, "resource_group_name").cloned().or_else(|| {
            let id = written(from, "id").filter(|id| id.as_str().is_some()).or_else(|| written(from, "parent_id"))?;
            let id = text_of(id)?;
            let end = id.to_ascii_lowercase().find("/providers/").unwrap_or(id.len());
            group_name(&id[..end])
        });
        // What exists may have what this source does not say; of all else, what is not said is not there.
        let new = resource.change != Change::Existing;
        let mut base = self.base(resource, node, group, new);
        base.declared.api_version = api_version;
        base.alternatives = alternatives;
        self.bases.push(base);
    }

    fn base(&self, resource: &Resource, registry: Node, group: Option<Node>, new: bool) -> Base {
        Base {
            declared: DeclaredRegistry {
                logical: None,
                resource_group: group.as_ref().and_then(Node::as_str).map(str::to_owned),
                language: Language::Terraform,
                root: self.root.clone(),
                address: resource.address.clone(),
                block: resource.block.clone(),
                related: resource.related.clone(),
                registry,
                tasks: Vec::new(),
                all_tasks: new,
                agent_pools: Vec::new(),
                all_agent_pools: new,
                role_assignments: Vec::new(),
                all_role_assignments: new,
                is_elsewhere: false,
                api_version: None,
                alternatives: Vec::new(),
            },
            alternatives: Vec::new(),
            group,
            connections: Vec::new(),
            all_connections: new,
        }
    }

    /// A registry that this source does not declare: its own properties are not known.
    pub(super) fn elsewhere(&mut self, resource: &Resource, reference: Option<&Node>, name: Option<&Node>) -> usize {
        let reference = reference.and_then(text_of);
        let name = name.cloned().or_else(|| registry_name(reference.as_deref()?)).unwrap_or_default();
        let key = match &name.value {
            NodeValue::String(name) => name.to_lowercase(),
            NodeValue::Symbol(name) => name.to_string(),
            _ => reference.clone().unwrap_or_else(|| format!("?{}", resource.address)),
        };
        if let Some(&at) = self.elsewhere.get(&key) {
            return at;
        }
        let mut registry =
            Node::new(NodeValue::Object(vec![("properties".to_owned(), Node::new(NodeValue::Object(Vec::new())))]));
        if name.as_str().is_some() {
            registry.set("name", name);
        }
        let mut base = self.base(resource, registry, None, false);
        base.declared.address = address_of(reference.as_deref().unwrap_or(&key), &key);
        base.declared.is_elsewhere = true;
        self.bases.push(base);
        self.elsewhere.insert(key, self.bases.len() - 1);
        self.bases.len() - 1
    }

    /// The registry that a task or pool is of: one of these, or one that is told by no more than this.
    fn owner(
        &mut self,
        resource: &Resource,
        what: &str,
        matched: RegistryMatch,
        reference: Option<&Node>,
    ) -> Option<usize> {
        let at = resource.block.position();
        match matched {
            RegistryMatch::One(at) => Some(at),
            RegistryMatch::AnyOf(some) if !some.is_empty() => {
                let why = format!("which registry the {what} {} is of cannot be told", resource.address);
                self.skipped.push(SkippedFile::new(at, why));
                for at in some {
                    let declared = &mut self.bases[at].declared;
                    match what {
                        "task" => declared.all_tasks = false,
                        _ => declared.all_agent_pools = false,
                    }
                }
                None
            }
            other => {
                let name = match other {
                    RegistryMatch::Outside(name) if name.as_str().is_some() => Some(name),
                    _ => None,
                };
                let why = format!("the {what} {} is of a registry that is not in this configuration", resource.address);
                self.skipped.push(SkippedFile::new(at, why));
                Some(self.elsewhere(resource, reference, name.as_ref()))
            }
        }
    }

    pub(super) fn task(&mut self, resource: &Resource, node: Node) {
        let from = &resource.attributes;
        let id = written(from, "container_registry_id").or_else(|| written(from, "parent_id"));
        let matched = self.known.by_id(id);
        let Some(at) = self.owner(resource, "task", matched, id) else { return };
        let mut node = self.joined_node(resource, node, at);
        self.name_hosts(&mut node, at);
        self.name_images(&mut node, at);
        let base = &mut self.bases[at].declared;
        base.all_tasks &= !resource.unexpanded;
        self.tasks.known.push(resource);
        self.tasks.at.push((at, base.tasks.len()));
        base.tasks.push(node);
    }

    pub(super) fn agent_pool(&mut self, resource: &Resource, node: Node) {
        let from = &resource.attributes;
        let name = written(from, "container_registry_name");
        let id = written(from, "container_registry_id").or_else(|| written(from, "parent_id"));
        let matched = match name {
            Some(name) => self.known.by_name(Some(name)),
            None => self.known.by_id(id),
        };
        let Some(at) = self.owner(resource, "agent pool", matched, name.or(id)) else { return };
        let node = self.joined_node(resource, node, at);
        let base = &mut self.bases[at].declared;
        base.all_agent_pools &= !resource.unexpanded;
        self.pools.known.push(resource);
        self.pools.at.push((at, base.agent_pools.len()));
        base.agent_pools.push(node);
    }

    pub(super) fn connections(&mut self, resource: &Resource, connections: Vec<(Option<Node>, Node)>) {
        for (id, node) in connections {
            match self.known.by_id(id.as_ref()) {
                RegistryMatch::One(at) => {
                    self.bases[at].all_connections &= !resource.unexpanded;
                    self.bases[at].connections.push(node.or_span(&resource.block));
                }
                RegistryMatch::AnyOf(some) => some.into_iter().for_each(|at| self.bases[at].all_connections = false),
                RegistryMatch::Outside(_) | RegistryMatch::Other => {}
            }
        }
    }

    /// A role holds at its scope and at all within it.
    pub(super) fn role_assignment(&mut self, resource: &Resource, node: Node) {
        let scope = node.get("properties").and_then(|properties| properties.get("scope")).cloned();
        let principal = node.get("properties").and_then(|properties| properties.get("principalId"));
        // Whose it is may be anybody, a task among them.
        let whole = !resource.unexpanded && principal.is_some_and(|principal| principal.value != NodeValue::Unknown);
        match self.known.by_id(scope.as_ref()) {
            RegistryMatch::One(at) => {
                let base = &mut self.bases[at].declared;
                base.all_role_assignments &= whole;
                base.role_assignments.push(node);
            }
            RegistryMatch::Outside(name) => {
                let reference = scope.as_ref().and_then(text_of).unwrap_or_default();
                let key = name.as_str().map_or_else(|| reference, str::to_lowercase);
                if let Some(&at) = self.elsewhere.get(&key) {
                    self.bases[at].declared.role_assignments.push(node);
                }
            }
            matched @ (RegistryMatch::AnyOf(_) | RegistryMatch::Other) => {
                let Some(scope) = scope.as_ref().and_then(text_of) else {
                    self.bases.iter_mut().for_each(|base| base.declared.all_role_assignments = false);
                    return;
                };
                let all = is_subscription(&scope);
                let group = group_name(&scope);
                for base in self.bases.iter_mut().filter(|base| !base.declared.is_elsewhere) {
                    if all || group.as_ref().is_some_and(|group| same_group(base.group.as_ref(), group)) {
                        base.declared.role_assignments.push(node.clone());
                        base.declared.all_role_assignments &= whole;
                    }
                }
                // An output of a module that was not read, say, may be the id of any of these.
                if let RegistryMatch::AnyOf(some) = matched
                    && !all
                    && group.is_none()
                {
                    some.into_iter().for_each(|at| self.bases[at].declared.all_role_assignments = false);
                }
            }
        }
    }

    /// Something may add endpoints and roles to a registry.
    pub(super) fn doubt(&mut self, registry: &Node) {
        // Any attribute of it names it.
        let id = match &registry.value {
            NodeValue::Symbol(symbol) if !is_symbolic(symbol) => {
                let of = Address::parse(symbol).map(|address| Address { rest: String::new(), ..address });
                of.map_or_else(|| registry.clone(), |of| Node::new(NodeValue::Symbol(format!("{of}.id").into())))
            }
            _ => registry.clone(),
        };
        if let RegistryMatch::One(at) = self.known.by_id(Some(&id)) {
            self.bases[at].all_connections = false;
            self.bases[at].declared.all_role_assignments = false;
        }
    }

    /// Something may declare anything.
    pub(super) fn doubt_all(&mut self) {
        for base in &mut self.bases {
            base.all_connections = false;
            base.declared.all_tasks = false;
            base.declared.all_agent_pools = false;
        }
    }

    /// A resource that is joined to the registry at `at`: at its block, and at its module's call where that differs.
    fn joined_node(&self, resource: &Resource, node: Node, at: usize) -> Node {
        let mut node = node.or_span(&resource.block);
        if self.bases[at].declared.related != resource.related {
            node.provenance.related.extend(resource.related.iter().cloned());
        }
        node
    }

    pub(super) fn finish(mut self) -> Assembled {
        let finished = self.bases.into_iter().map(|base| {
            let Base { mut declared, alternatives, mut connections, all_connections, .. } = base;
            if !all_connections {
                connections.push(Node::unknown("Private endpoints may have been made elsewhere."));
            }
            let connections = Node::new(NodeValue::List(connections));
            join_pools(&mut declared);
            let complete = |mut registry: Node| {
                if let Some(properties) = registry.member_mut("properties") {
                    properties.set("privateEndpointConnections", connections.clone());
                }
                registry
            };
            declared.registry = complete(declared.registry);
            let others = alternatives
                .into_iter()
                .map(|registry| DeclaredRegistry { registry: complete(registry), ..declared.clone() });
            declared.alternatives = others.collect();
            declared
        });
        let mut registries: Vec<DeclaredRegistry> = finished.collect();
        registries.extend(self.deployed);
        self.skipped.sort();
        Assembled { registries, skipped: self.skipped, gaps: self.gaps }
    }
}

/// A pool whose name is not known is called by what names it where a task asks for it.
fn join_pools(declared: &mut DeclaredRegistry) {
    let DeclaredRegistry { tasks, agent_pools, .. } = declared;
    for task in tasks {
        let Some(wanted) = task.member_mut("properties").and_then(|properties| properties.member_mut("agentPoolName"))
        else {
            continue;
        };
        let NodeValue::Symbol(symbol) = wanted.value.clone() else { continue };
        let is_it = |pool: &&mut Node| match pool.get("name").map(|name| &name.value) {
            Some(NodeValue::Symbol(name)) => *name == symbol,
            Some(NodeValue::String(name)) => **name == *symbol,
            _ => false,
        };
        if let Some(pool) = agent_pools.iter_mut().find(is_it) {
            pool.set("name", Node::text(&*symbol));
            wanted.value = NodeValue::String(symbol.to_string());
        }
    }
}

/// The text of a value, parts of it known or not; a symbol as a text of that one part.
fn text_of(node: &Node) -> Option<String> {
    match &node.value {
        NodeValue::String(text) => Some(text.clone()),
        NodeValue::Symbol(symbol) if is_symbolic(symbol) => Some(symbol.to_string()),
        NodeValue::Symbol(symbol) => Some(format!("${{{symbol}}}")),
        _ => None,
    }
}

/// What a registry is called that has no block: the data source that reads it, else its name.
fn address_of(reference: &str, key: &str) -> String {
    let source = segments(reference).into_iter().find_map(|segment| match segment {
        Segment::Symbol(symbol) if symbol.contains("data.azurerm_container_registry.") => {
            Some(symbol.trim_end_matches(".subscription_id").trim_end_matches(".id").to_owned())
        }
        _ => None,
    });
    source.unwrap_or_else(|| key.trim_start_matches("${").trim_end_matches('}').to_owned())
}

/// Whether a scope is the subscription that is deployed to.
fn is_subscription(scope: &str) -> bool {
    match segments(scope)[..] {
        [Segment::Symbol(symbol)] => symbol.contains("data.azurerm_subscription.") && symbol.ends_with(".id"),
        [Segment::Plain(plain), Segment::Symbol(symbol)] => {
            plain.eq_ignore_ascii_case("/subscriptions/")
                && symbol.ends_with(".subscription_id")
                && symbol.contains("data.")
        }
        _ => false,
    }
}

fn same_group(own: Option<&Node>, other: &Node) -> bool {
    match (own.map(|own| &own.value), &other.value) {
        (Some(NodeValue::String(own)), NodeValue::String(other)) => own.eq_ignore_ascii_case(other),
        (Some(NodeValue::Symbol(own)), NodeValue::Symbol(other)) => own == other,
        _ => false,
    }
}
