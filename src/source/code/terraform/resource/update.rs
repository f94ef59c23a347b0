//! `azapi_update_resource`, and actions that change: a body that is laid over what another resource declares.

use super::attributes::{object, written};
use super::azapi;
use super::frame::{Children, Frame};
use super::instance::Resource;
use super::join::RegistryMatch;
use crate::model::inventory::SkippedFile;
use crate::source::code::declared::{Node, NodeValue};

impl Frame {
    /// Lays the body over what it is for; where that cannot be told, over nothing, and what it says is not known.
    pub(super) fn update(&mut self, resource: &Resource, kind: azapi::AzapiType) {
        let from = &resource.attributes;
        let mut body = azapi::body(resource);
        if body.is_unknown() {
            let all = Node { value: NodeValue::Unknown, provenance: body.provenance.clone() };
            body = object([("properties", Some(all.with_note("The body of azapi_update_resource is not known.")))]);
        }
        if let Some(hidden) = azapi::sensitive_body(resource) {
            azapi::overlay(&mut body, &azapi::hidden(hidden));
        }
        let id = written(from, "resource_id");
        match kind {
            azapi::AzapiType::Registry => {
                let matched = match id {
                    Some(id) => self.known.by_id(Some(id)),
                    None => self.known.by_name(written(from, "name")),
                };
                let matched = match matched {
                    RegistryMatch::Outside(name) => {
                        let name = Some(&name).filter(|name| name.as_str().is_some());
                        RegistryMatch::One(self.elsewhere(resource, id, name))
                    }
                    matched => matched,
                };
                let most = self.bases.iter().map(|base| base.alternatives.len()).max().unwrap_or_default();
                for other in 0..most {
                    self.lay_over(resource, &body, &matched, |frame, at| frame.bases[at].alternatives.get_mut(other));
                }
                self.lay_over(resource, &body, &matched, |frame, at| Some(&mut frame.bases[at].declared.registry));
            }
            azapi::AzapiType::Task => {
                let matched = self.child_of(&self.tasks, resource);
                self.lay_over(resource, &body, &matched, |frame, at| {
                    let (registry, task) = *frame.tasks.at.get(at)?;
                    frame.bases[registry].declared.tasks.get_mut(task)
                });
            }
            azapi::AzapiType::AgentPool => {
                let matched = self.child_of(&self.pools, resource);
                self.lay_over(resource, &body, &matched, |frame, at| {
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
    fn child_of(&self, children: &Children, resource: &Resource) -> RegistryMatch {
        let from = &resource.attributes;
        if let Some(id) = written(from, "resource_id") {
            if let NodeValue::Symbol(_) = id.value {
                return children.known.by_id(Some(id));
            }
            let Some((registry, name)) = id.as_str().and_then(|id| {
                let (rest, name) = id.rsplit_once('/')?;
                Some((rest.rsplit_once('/')?.0, name))
            }) else {
                return RegistryMatch::AnyOf((0..children.at.len()).collect());
            };
            return self.named(children, &Node::text(registry), &Node::text(name));
        }
        let unknown = Node::default();
        let parent = written(from, "parent_id").unwrap_or(&unknown);
        self.named(children, parent, written(from, "name").unwrap_or(&unknown))
    }

    fn named(&self, children: &Children, registry: &Node, name: &Node) -> RegistryMatch {
        let registries = match self.known.by_id(Some(registry)) {
            outside @ (RegistryMatch::Outside(_) | RegistryMatch::Other) => return outside,
            RegistryMatch::One(at) => vec![at],
            RegistryMatch::AnyOf(some) => some,
        };
        let mut likely = Vec::new();
        for at in (0..children.at.len()).filter(|&at| registries.contains(&children.at[at].0)) {
            match children.known.by_name(Some(name)) {
                RegistryMatch::One(same) if same == at => return RegistryMatch::One(at),
                RegistryMatch::AnyOf(some) if some.contains(&at) => likely.push(at),
                _ => {}
            }
        }
        if likely.is_empty() { RegistryMatch::Other } else { RegistryMatch::AnyOf(likely) }
    }

    fn lay_over(
        &mut self,
        resource: &Resource,
        body: &Node,
        matched: &RegistryMatch,
        node: impl for<'f> Fn(&'f mut Frame, usize) -> Option<&'f mut Node>,
    ) {
        let why = format!("{} may change it.", resource.address);
        match matched {
            RegistryMatch::One(at) => match node(self, *at) {
                // It may come to no instance at all.
                Some(node) if resource.unexpanded => azapi::doubt(node, body, &why),
                Some(node) => azapi::overlay(node, body),
                None => {}
            },
            RegistryMatch::AnyOf(some) => {
                for &at in some {
                    if let Some(node) = node(self, at) {
                        azapi::doubt(node, body, &why);
                    }
                }
            }
            RegistryMatch::Outside(_) | RegistryMatch::Other => {
                let at = resource.block.position();
                let what = format!("what {} changes is not in this configuration", resource.address);
                self.skipped.push(SkippedFile::new(at, what));
            }
        }
    }
}
