//! Which registry a resource belongs to, told by what it refers to.

use super::super::address::{Address, Step};
use super::attributes::written;
use super::instance::Resource;
use crate::source::code::declared::{Node, NodeValue, Segment, is_symbolic, segments};

/// The registry that something belongs to.
#[derive(Debug, Clone, PartialEq)]
pub enum RegistryMatch {
    /// The one at this position.
    One(usize),
    /// A registry that is not among these: what is known of its name, and what refers to it.
    Outside(Node),
    /// Nothing of a registry.
    Other,
    /// It cannot be told: any of these, or another one.
    AnyOf(Vec<usize>),
}

/// What registries, or other resources that are referred to, are told by.
#[derive(Debug, Default)]
pub struct Registries(Vec<KnownRegistry>);

#[derive(Debug)]
struct KnownRegistry {
    address: Option<Address>,
    id: Option<String>,
    name: Node,
    unexpanded: bool,
}

impl Registries {
    /// Adds one, at the next position.
    pub fn push(&mut self, resource: &Resource) {
        let attribute = |name| written(&resource.attributes, name);
        self.0.push(KnownRegistry {
            address: Address::parse(&resource.address),
            id: attribute("id").and_then(Node::as_str).map(str::to_owned),
            name: attribute("name").cloned().unwrap_or_default(),
            unexpanded: resource.unexpanded,
        });
    }

    /// The one whose id this is.
    pub fn by_id(&self, id: Option<&Node>) -> RegistryMatch {
        match id.map(|id| &id.value) {
            Some(NodeValue::Symbol(symbol)) if is_symbolic(symbol) => self.by_path(symbol),
            Some(NodeValue::Symbol(symbol)) => self.by_symbol(symbol, "id"),
            Some(NodeValue::String(text)) => {
                let same = |known: &KnownRegistry| known.id.as_deref().is_some_and(|id| id.eq_ignore_ascii_case(text));
                match self.0.iter().position(same) {
                    Some(at) => RegistryMatch::One(at),
                    // The id of what does not exist yet can be written by hand.
                    None => self.by_path(text),
                }
            }
            _ => self.any(),
        }
    }

    /// The one whose id ends in a name, whatever the rest of it is.
    fn by_path(&self, id: &str) -> RegistryMatch {
        match registry_name(id) {
            Some(name) => self.by_name(Some(&name)),
            None if is_symbolic(id) && !id.to_lowercase().contains("/providers/") => self.any(),
            None => RegistryMatch::Other,
        }
    }

    /// The one whose name this is: registries' names are unique in all of Azure.
    pub fn by_name(&self, name: Option<&Node>) -> RegistryMatch {
        match name.map(|name| &name.value) {
            Some(NodeValue::Symbol(symbol)) => {
                let same = |known: &KnownRegistry| matches!(&known.name.value, NodeValue::Symbol(own) if own == symbol);
                let mut same = (0..self.0.len()).filter(|&at| same(&self.0[at]));
                match (same.next(), same.next()) {
                    (Some(at), None) => RegistryMatch::One(at),
                    _ if is_symbolic(symbol) => self.any(),
                    _ => self.by_symbol(symbol, "name"),
                }
            }
            Some(NodeValue::String(text)) => self.by_text(text),
            _ => self.any(),
        }
    }

    /// The one that a symbol names by one of its attributes.
    pub fn by_symbol(&self, symbol: &str, attribute: &str) -> RegistryMatch {
        let Some(address) = Address::parse(symbol).filter(|address| address.rest == attribute) else {
            return self.any();
        };
        let Some(resource) = address.resource.as_ref() else { return self.any() };
        let bare = Address { rest: String::new(), ..address.clone() };
        if let Some(at) = self.0.iter().position(|known| known.address.as_ref() == Some(&bare)) {
            return RegistryMatch::One(at);
        }
        let like: Vec<usize> = (0..self.0.len()).filter(|&at| self.0[at].may_be(&bare)).collect();
        let is = |kinds: &[&str]| kinds.iter().any(|kind| resource.name.starts_with(kind));
        match like[..] {
            [at] => RegistryMatch::One(at),
            // Another registry, not among these. Anything else may pass on the id of one of these.
            [] if is(&["azurerm_container_registry.", "data.azurerm_container_registry."]) => {
                RegistryMatch::Outside(Node::new(NodeValue::Symbol(symbol.into())))
            }
            [] if is(&["azapi_resource."]) => RegistryMatch::Other,
            // What certainly is something else.
            [] if !resource.name.contains("azapi")
                && resource.name.trim_start_matches("data.").starts_with("azurerm_") =>
            {
                RegistryMatch::Other
            }
            [] => self.any(),
            _ => RegistryMatch::AnyOf(like),
        }
    }

    fn by_text(&self, name: &str) -> RegistryMatch {
        let called = |known: &KnownRegistry| known.name.as_str().is_some_and(|own| own.eq_ignore_ascii_case(name));
        if let Some(at) = self.0.iter().position(called) {
            return RegistryMatch::One(at);
        }
        let unnamed: Vec<usize> = (0..self.0.len()).filter(|&at| self.0[at].name.as_str().is_none()).collect();
        if unnamed.is_empty() { RegistryMatch::Outside(Node::text(name)) } else { RegistryMatch::AnyOf(unnamed) }
    }

    fn any(&self) -> RegistryMatch {
        RegistryMatch::AnyOf((0..self.0.len()).collect())
    }
}

/// The name of the registry that an id is of, known or not; none where it is no registry's id.
pub fn registry_name(id: &str) -> Option<Node> {
    let name = last_of(id, "/registries/")?;
    let lower = id.to_lowercase();
    lower.contains("/microsoft.containerregistry/").then_some(name)
}

/// The resource group that an id leads to, and no further.
pub fn group_name(id: &str) -> Option<Node> {
    last_of(id, "/resourcegroups/")
}

/// What follows a segment of an id, where it is the last.
fn last_of(id: &str, segment: &str) -> Option<Node> {
    // Lower case may be longer in bytes than what it is of.
    let at = id.to_ascii_lowercase().rfind(segment)?;
    let name = id.get(at + segment.len()..)?.trim_end_matches('/');
    match segments(name)[..] {
        [Segment::Plain(name)] if !name.contains('/') => Some(Node::text(name)),
        [Segment::Symbol(only)] => Some(Node::new(NodeValue::Symbol(only.into()))),
        [] => None,
        ref parts => {
            let has_slash = parts.iter().any(|part| matches!(part, Segment::Plain(text) if text.contains('/')));
            (!has_slash).then(|| Node::new(NodeValue::Symbol(name.into())))
        }
    }
}

impl KnownRegistry {
    /// Whether an address may mean this one: keys that are there agree.
    fn may_be(&self, address: &Address) -> bool {
        let Some(own) = &self.address else { return false };
        let agree = |(own, other): (&Step, &Step)| {
            own.name == other.name
                && match (&own.key, &other.key) {
                    (Some(own), Some(other)) => own == other,
                    (None, Some(_)) => self.unexpanded,
                    (_, None) => true,
                }
        };
        own.modules.len() == address.modules.len() && own.steps().zip(address.steps()).all(agree)
    }
}
