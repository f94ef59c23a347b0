//! Joins resources to the registries that they belong to.

use super::attributes::{object, written};
use super::join::{Registries, Whose};
use super::{Change, Resource, endpoint, registry, task};
use crate::inventory::Language;
use crate::source::declared::{DeclaredRegistry, Node, Val};
use crate::source::terraform::azapi;

/// What resources come to.
#[derive(Debug, Default)]
pub struct Assembled {
    /// The registries, each with its tasks, pools, endpoints and role assignments.
    pub registries: Vec<DeclaredRegistry>,
    /// What belongs to a registry that is not among the resources, or to nobody knows which: sentences.
    pub left: Vec<String>,
}

/// A template that Terraform deploys may hold anything.
pub fn is_deployment(kind: &str) -> bool {
    kind.starts_with("azurerm_") && kind.ends_with("_template_deployment")
}

/// What a resource is to registries.
enum Part {
    Registry(Node, Option<String>),
    Task(Node),
    AgentPool(Node),
    Connections(Vec<(Option<Node>, Node)>),
    RoleAssignment(Node),
    /// A body that is laid over what another resource declares.
    Update(azapi::Kind),
    Opaque,
}

fn part(resource: &Resource) -> Option<Part> {
    Some(match resource.kind.as_str() {
        "azurerm_container_registry" => Part::Registry(registry::arm(resource), None),
        "azurerm_container_registry_task" => Part::Task(task::task(resource)),
        "azurerm_container_registry_agent_pool" => Part::AgentPool(task::agent_pool(resource)),
        "azurerm_private_endpoint" => Part::Connections(vec![endpoint::private_endpoint(resource)]),
        "azurerm_role_assignment" => Part::RoleAssignment(endpoint::role_assignment(resource)),
        "azapi_resource" => match azapi::Kind::of(resource) {
            (azapi::Kind::Registry, version) => Part::Registry(azapi::registry(resource), version),
            (azapi::Kind::Task, _) => Part::Task(azapi::child(resource)),
            (azapi::Kind::AgentPool, _) => Part::AgentPool(azapi::child(resource)),
            (azapi::Kind::PrivateEndpoint, _) => Part::Connections(azapi::private_endpoint(resource)),
            (azapi::Kind::RoleAssignment, _) => Part::RoleAssignment(azapi::role_assignment(resource)),
            (azapi::Kind::Opaque, _) => Part::Opaque,
            (azapi::Kind::Other, _) => return None,
        },
        "azapi_update_resource" => match azapi::Kind::of(resource).0 {
            kind @ (azapi::Kind::Registry | azapi::Kind::Task | azapi::Kind::AgentPool | azapi::Kind::Opaque) => {
                Part::Update(kind)
            }
            _ => return None,
        },
        kind if is_deployment(kind) => Part::Opaque,
        _ => return None,
    })
}

/// A registry in the making.
struct Base {
    declared: DeclaredRegistry,
    connections: Vec<Node>,
    all_connections: bool,
}

/// Joins resources to registries. The root is the folder that addresses are relative to, as a user would open it; empty
/// for the working directory.
pub fn assemble(mut resources: Vec<Resource>, root: &str) -> Assembled {
    resources.sort_by(|a, b| a.address.cmp(&b.address));
    resources.dedup_by(|a, b| a.address == b.address);
    let mut frame = Frame::default();
    let mut parts = Vec::new();
    for resource in &resources {
        match part(resource) {
            Some(Part::Registry(node, version)) => frame.add(resource, node, version, root),
            Some(part) => parts.push((resource, part)),
            None => {}
        }
    }
    let mut updates = Vec::new();
    for (resource, part) in parts {
        match part {
            Part::Task(node) => frame.task(resource, node),
            Part::AgentPool(node) => frame.agent_pool(resource, node),
            Part::Connections(connections) => frame.connections(resource, connections),
            Part::RoleAssignment(node) => frame.role_assignment(node),
            Part::Update(kind) => updates.push((resource, kind)),
            Part::Opaque => frame.doubt_all(),
            Part::Registry(..) => {}
        }
    }
    for (resource, kind) in updates {
        frame.update(resource, kind);
    }
    frame.finish()
}

#[derive(Default)]
struct Frame {
    known: Registries,
    bases: Vec<Base>,
    tasks: Children,
    pools: Children,
    left: Vec<String>,
}

/// Tasks or pools that were joined: what they are told by, and where they are: registry, position.
#[derive(Default)]
struct Children {
    known: Registries,
    at: Vec<(usize, usize)>,
}

impl Frame {
    fn add(&mut self, resource: &Resource, mut node: Node, api_version: Option<String>, root: &str) {
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

    fn task(&mut self, resource: &Resource, node: Node) {
        let from = &resource.attributes;
        let whose = self.known.by_id(written(from, "container_registry_id").or_else(|| written(from, "parent_id")));
        for at in self.affected(resource, "task", &whose) {
            self.bases[at].declared.all_tasks = false;
        }
        if let Whose::One(at) = whose {
            let mut node = self.placed(resource, node, at);
            self.name_hosts(&mut node);
            let base = &mut self.bases[at].declared;
            base.all_tasks &= !resource.unexpanded;
            self.tasks.known.push(resource);
            self.tasks.at.push((at, base.tasks.len()));
            base.tasks.push(node);
        }
    }

    fn agent_pool(&mut self, resource: &Resource, node: Node) {
        let from = &resource.attributes;
        let whose = match written(from, "container_registry_name") {
            Some(name) => self.known.by_name(Some(name)),
            None => self.known.by_id(written(from, "container_registry_id").or_else(|| written(from, "parent_id"))),
        };
        for at in self.affected(resource, "agent pool", &whose) {
            self.bases[at].declared.all_agent_pools = false;
        }
        if let Whose::One(at) = whose {
            let node = self.placed(resource, node, at);
            let base = &mut self.bases[at].declared;
            base.all_agent_pools &= !resource.unexpanded;
            self.pools.known.push(resource);
            self.pools.at.push((at, base.agent_pools.len()));
            base.agent_pools.push(node);
        }
    }

    fn connections(&mut self, resource: &Resource, connections: Vec<(Option<Node>, Node)>) {
        for (id, node) in connections {
            match self.known.by_id(id.as_ref()) {
                Whose::One(at) => {
                    self.bases[at].all_connections &= !resource.unexpanded;
                    self.bases[at].connections.push(node.or_at(&resource.block));
                }
                Whose::AnyOf(some) => some.into_iter().for_each(|at| self.bases[at].all_connections = false),
                Whose::Outside => {}
            }
        }
    }

    fn role_assignment(&mut self, node: Node) {
        let scope = node.get("properties").and_then(|properties| properties.get("scope"));
        if let Whose::One(at) = self.known.by_id(scope) {
            self.bases[at].declared.role_assignments.push(node);
        }
    }

    /// Something may declare anything.
    fn doubt_all(&mut self) {
        for base in &mut self.bases {
            base.all_connections = false;
            base.declared.all_tasks = false;
            base.declared.all_agent_pools = false;
        }
    }

    /// A resource that is joined to the registry at `at`: at its block, and at its module's call where that differs.
    fn placed(&self, resource: &Resource, node: Node, at: usize) -> Node {
        let mut node = node.or_at(&resource.block);
        if self.bases[at].declared.related != resource.related {
            node.site.related.extend(resource.related.iter().cloned());
        }
        node
    }

    /// The registries of which something is not known because of this resource, and says so where it has none.
    fn affected(&mut self, resource: &Resource, what: &str, whose: &Whose) -> Vec<usize> {
        let at = resource.block.shown();
        match whose {
            Whose::One(_) => Vec::new(),
            Whose::Outside => {
                let sentence =
                    format!("{at}: the {what} {} is of a registry that is not in this configuration", resource.address);
                self.left.push(sentence);
                Vec::new()
            }
            Whose::AnyOf(some) => {
                let sentence = format!("{at}: which registry the {what} {} is of cannot be told", resource.address);
                self.left.push(sentence);
                some.clone()
            }
        }
    }

    /// A login server that is named by a symbol is the registry's host.
    fn name_hosts(&self, task: &mut Node) {
        let hosts = task.member_mut("properties").and_then(|properties| properties.member_mut("credentials"));
        let Some(hosts) = hosts.and_then(|credentials| credentials.member_mut("customRegistries")) else { return };
        let Val::Object(members) = &mut hosts.value else { return };
        let symbol = |host: &str| host.strip_prefix("${")?.strip_suffix('}').map(str::to_owned);
        for (host, _) in members.iter_mut() {
            let Some(symbol) = symbol(host) else { continue };
            let Whose::One(at) = self.known.by_symbol(&symbol, "login_server") else { continue };
            let properties = self.bases[at].declared.registry.get("properties");
            if let Some(server) = properties.and_then(|properties| properties.get("loginServer")?.as_str()) {
                *host = server.to_owned();
            }
        }
        if members.iter().any(|(host, _)| symbol(host).is_some()) {
            *hosts = Node::unknown("The login server of a credential is not known.");
        }
    }

    fn update(&mut self, resource: &Resource, kind: azapi::Kind) {
        let from = &resource.attributes;
        let mut body = azapi::body(resource);
        if body.is_unknown() {
            let all = Node { value: Val::Unknown, site: body.site.clone() };
            body = object([("properties", Some(all.with_note("The body of azapi_update_resource is not known.")))]);
        }
        if let Some(hidden) = azapi::sensitive_body(resource) {
            azapi::overlay(&mut body, &azapi::hidden(hidden));
        }
        let id = written(from, "resource_id");
        match kind {
            azapi::Kind::Registry => {
                let whose = match id {
                    Some(id) => self.known.by_id(Some(id)),
                    None => self.known.by_name(written(from, "name")),
                };
                self.lay_over(resource, &body, &whose, |frame, at| Some(&mut frame.bases[at].declared.registry));
            }
            azapi::Kind::Task => {
                let whose = self.child_of(&self.tasks, resource);
                self.lay_over(resource, &body, &whose, |frame, at| {
                    let (registry, task) = *frame.tasks.at.get(at)?;
                    frame.bases[registry].declared.tasks.get_mut(task)
                });
            }
            azapi::Kind::AgentPool => {
                let whose = self.child_of(&self.pools, resource);
                self.lay_over(resource, &body, &whose, |frame, at| {
                    let (registry, pool) = *frame.pools.at.get(at)?;
                    frame.bases[registry].declared.agent_pools.get_mut(pool)
                });
            }
            // Nothing is known of what it changes.
            _ => {
                let why = format!("{} may change it, for its type is not known.", resource.address);
                for base in &mut self.bases {
                    let nothing = object([("properties", Some(Node::default()))]);
                    azapi::doubt(&mut base.declared.registry, &nothing, &why);
                    base.declared.tasks.iter_mut().for_each(|task| azapi::doubt(task, &nothing, &why));
                }
            }
        }
    }

    /// The task or pool that an update means: by its id, or by its registry and its name.
    fn child_of(&self, children: &Children, resource: &Resource) -> Whose {
        let from = &resource.attributes;
        if let Some(id) = written(from, "resource_id") {
            if let Val::Symbol(_) = id.value {
                return children.known.by_id(Some(id));
            }
            let Some((registry, name)) = id.as_str().and_then(|id| {
                let (rest, name) = id.rsplit_once('/')?;
                Some((rest.rsplit_once('/')?.0, name))
            }) else {
                return Whose::AnyOf((0..children.at.len()).collect());
            };
            return self.named(children, &Node::text(registry), &Node::text(name));
        }
        let unknown = Node::default();
        let parent = written(from, "parent_id").unwrap_or(&unknown);
        self.named(children, parent, written(from, "name").unwrap_or(&unknown))
    }

    fn named(&self, children: &Children, registry: &Node, name: &Node) -> Whose {
        let registries = match self.known.by_id(Some(registry)) {
            Whose::Outside => return Whose::Outside,
            Whose::One(at) => vec![at],
            Whose::AnyOf(some) => some,
        };
        let mut likely = Vec::new();
        for at in (0..children.at.len()).filter(|&at| registries.contains(&children.at[at].0)) {
            match children.known.by_name(Some(name)) {
                Whose::One(same) if same == at => return Whose::One(at),
                Whose::AnyOf(some) if some.contains(&at) => likely.push(at),
                _ => {}
            }
        }
        if likely.is_empty() { Whose::Outside } else { Whose::AnyOf(likely) }
    }

    fn lay_over(
        &mut self,
        resource: &Resource,
        body: &Node,
        whose: &Whose,
        node: impl for<'f> Fn(&'f mut Frame, usize) -> Option<&'f mut Node>,
    ) {
        let why = format!("{} may change it.", resource.address);
        match whose {
            Whose::One(at) => match node(self, *at) {
                // It may come to no instance at all.
                Some(node) if resource.unexpanded => azapi::doubt(node, body, &why),
                Some(node) => azapi::overlay(node, body),
                None => {}
            },
            Whose::AnyOf(some) => {
                for &at in some {
                    if let Some(node) = node(self, at) {
                        azapi::doubt(node, body, &why);
                    }
                }
            }
            Whose::Outside => {
                let at = resource.block.shown();
                self.left.push(format!("{at}: what {} changes is not in this configuration", resource.address));
            }
        }
    }

    fn finish(mut self) -> Assembled {
        let finished = self.bases.into_iter().map(|base| {
            let Base { mut declared, mut connections, all_connections } = base;
            if !all_connections {
                connections.push(Node::unknown("Private endpoints may have been made elsewhere."));
            }
            let connections = Node::of(Val::List(connections));
            if let Some(properties) = declared.registry.member_mut("properties") {
                properties.set("privateEndpointConnections", connections);
            }
            declared
        });
        let registries = finished.collect();
        self.left.sort();
        Assembled { registries, left: self.left }
    }
}
