//! `azapi_update_resource`: a body that is laid over what another resource declares.

use super::Resource;
use super::assemble::{Children, Frame};
use super::attributes::{object, written};
use super::azapi;
use super::join::Whose;
use crate::source::code::declared::{Node, Val};

impl Frame {
    /// Lays the body over what it is for; where that cannot be told, over nothing, and what it says is not known.
    pub(super) fn update(&mut self, resource: &Resource, kind: azapi::Kind) {
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
}
