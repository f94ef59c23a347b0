//! Registries in the making, and what is joined to them.

use super::attributes::written;
use super::instance::{Change, Resource};
use super::join::{Registries, RegistryMatch};
use super::{azapi, task};
use crate::model::inventory::{Language, SkippedFile};
use crate::source::code::declared::{DeclaredRegistry, Node, NodeValue};

/// What resources come to.
#[derive(Debug, Default)]
pub struct Assembled {
    /// The registries, each with its tasks, pools, endpoints and role assignments.
    pub registries: Vec<DeclaredRegistry>,
    /// What belongs to a registry that is not among the resources, or to nobody knows which.
    pub skipped: Vec<SkippedFile>,
}

/// A registry in the making.
pub(super) struct Base {
    pub(super) declared: DeclaredRegistry,
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
}

/// Tasks or pools that were joined: what they are told by, and where they are: registry, position.
#[derive(Default)]
pub(super) struct Children {
    pub(super) known: Registries,
    pub(super) at: Vec<(usize, usize)>,
}

impl Frame {
    pub(super) fn add(&mut self, resource: &Resource, mut node: Node, api_version: Option<String>, root: &str) {
        node.set("id", task::own_id(resource));
        if let Some(hidden) = azapi::sensitive_body(resource) {
            azapi::overlay(&mut node, &azapi::hidden(hidden));
        }
        self.known.push(resource);
        let new = resource.change == Change::Create;
        self.bases.push(Base {
            declared: DeclaredRegistry {
                logical: None,
                language: Language::Terraform,
                root: root.to_owned(),
                address: resource.address.clone(),
                block: resource.block.clone(),
                related: resource.related.clone(),
                registry: node,
                tasks: Vec::new(),
                all_tasks: new,
                agent_pools: Vec::new(),
                all_agent_pools: new,
                role_assignments: Vec::new(),
                api_version,
                alternatives: Vec::new(),
            },
            connections: Vec::new(),
            all_connections: new,
        });
    }

    pub(super) fn task(&mut self, resource: &Resource, node: Node) {
        let from = &resource.attributes;
        let matched = self.known.by_id(written(from, "container_registry_id").or_else(|| written(from, "parent_id")));
        for at in self.affected(resource, "task", &matched) {
            self.bases[at].declared.all_tasks = false;
        }
        if let RegistryMatch::One(at) = matched {
            let mut node = self.joined_node(resource, node, at);
            self.name_hosts(&mut node);
            let base = &mut self.bases[at].declared;
            base.all_tasks &= !resource.unexpanded;
            self.tasks.known.push(resource);
            self.tasks.at.push((at, base.tasks.len()));
            base.tasks.push(node);
        }
    }

    pub(super) fn agent_pool(&mut self, resource: &Resource, node: Node) {
        let from = &resource.attributes;
        let matched = match written(from, "container_registry_name") {
            Some(name) => self.known.by_name(Some(name)),
            None => self.known.by_id(written(from, "container_registry_id").or_else(|| written(from, "parent_id"))),
        };
        for at in self.affected(resource, "agent pool", &matched) {
            self.bases[at].declared.all_agent_pools = false;
        }
        if let RegistryMatch::One(at) = matched {
            let node = self.joined_node(resource, node, at);
            let base = &mut self.bases[at].declared;
            base.all_agent_pools &= !resource.unexpanded;
            self.pools.known.push(resource);
            self.pools.at.push((at, base.agent_pools.len()));
            base.agent_pools.push(node);
        }
    }

    pub(super) fn connections(&mut self, resource: &Resource, connections: Vec<(Option<Node>, Node)>) {
        for (id, node) in connections {
            match self.known.by_id(id.as_ref()) {
                RegistryMatch::One(at) => {
                    self.bases[at].all_connections &= !resource.unexpanded;
                    self.bases[at].connections.push(node.or_span(&resource.block));
                }
                RegistryMatch::AnyOf(some) => some.into_iter().for_each(|at| self.bases[at].all_connections = false),
                RegistryMatch::Outside => {}
            }
        }
    }

    pub(super) fn role_assignment(&mut self, node: Node) {
        let scope = node.get("properties").and_then(|properties| properties.get("scope"));
        if let RegistryMatch::One(at) = self.known.by_id(scope) {
            self.bases[at].declared.role_assignments.push(node);
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

    /// The registries of which something is not known because of this resource, and says so where it has none.
    pub(super) fn affected(&mut self, resource: &Resource, what: &str, matched: &RegistryMatch) -> Vec<usize> {
        let at = resource.block.position();
        match matched {
            RegistryMatch::One(_) => Vec::new(),
            RegistryMatch::Outside => {
                let sentence =
                    format!("the {what} {} is of a registry that is not in this configuration", resource.address);
                self.skipped.push(SkippedFile::new(at, sentence));
                Vec::new()
            }
            RegistryMatch::AnyOf(some) => {
                let sentence = format!("which registry the {what} {} is of cannot be told", resource.address);
                self.skipped.push(SkippedFile::new(at, sentence));
                some.clone()
            }
        }
    }

    /// A login server that is named by a symbol is the registry's host.
    fn name_hosts(&self, task: &mut Node) {
        let hosts = task.member_mut("properties").and_then(|properties| properties.member_mut("credentials"));
        let Some(hosts) = hosts.and_then(|credentials| credentials.member_mut("customRegistries")) else { return };
        let NodeValue::Object(members) = &mut hosts.value else { return };
        let symbol = |host: &str| host.strip_prefix("${")?.strip_suffix('}').map(str::to_owned);
        for (host, _) in members.iter_mut() {
            let Some(symbol) = symbol(host) else { continue };
            let RegistryMatch::One(at) = self.known.by_symbol(&symbol, "login_server") else { continue };
            let properties = self.bases[at].declared.registry.get("properties");
            if let Some(server) = properties.and_then(|properties| properties.get("loginServer")?.as_str()) {
                *host = server.to_owned();
            }
        }
        if members.iter().any(|(host, _)| symbol(host).is_some()) {
            *hosts = Node::unknown("The login server of a credential is not known.");
        }
    }

    pub(super) fn finish(mut self) -> Assembled {
        let finished = self.bases.into_iter().map(|base| {
            let Base { mut declared, mut connections, all_connections } = base;
            if !all_connections {
                connections.push(Node::unknown("Private endpoints may have been made elsewhere."));
            }
            let connections = Node::new(NodeValue::List(connections));
            if let Some(properties) = declared.registry.member_mut("properties") {
                properties.set("privateEndpointConnections", connections);
            }
            declared
        });
        let registries = finished.collect();
        self.skipped.sort();
        Assembled { registries, skipped: self.skipped }
    }
}
