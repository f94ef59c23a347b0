//! The lines of a plan's values: from the same resources as the sources declare them.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::super::address::Address;
use super::super::resource::attributes::written;
use super::super::resource::{Change, Resource};
use super::values::AFTER_APPLY;
use crate::source::code::declared::{Node, NodeValue, Provenance, Span};

/// Attributes that azurerm computes where they are not set: a plan then has them as not known. The last two are 3.x's.
pub(super) const COMPUTED: [&str; 4] = ["network_rule_set", "encryption", "retention_policy", "trust_policy"];

/// The resources of the sources, to be found by address.
#[derive(Debug, Default)]
pub struct Sources {
    by_address: BTreeMap<String, usize>,
    by_name: BTreeMap<String, usize>,
    resources: Vec<Resource>,
    /// By address, and by address without instance keys.
    calls: BTreeMap<String, Span>,
}

/// What a planned resource's places come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockLocation {
    /// Its own block.
    Source,
    /// The call of the module that declares it.
    Call,
    /// Nothing: it stands where the plan has it.
    Nowhere,
}

impl Sources {
    /// The resources, and the calls of modules by their addresses.
    pub fn new(resources: Vec<Resource>, calls: BTreeMap<String, Span>) -> Sources {
        let mut sources = Sources::default();
        for (address, block) in calls.into_iter().filter(|(_, block)| !is_installed(block)) {
            if let Some(address) = Address::parse(&address) {
                sources.calls.entry(address.stripped()).or_insert_with(|| block.clone());
            }
            sources.calls.insert(address, block);
        }
        for (at, resource) in resources.iter().enumerate() {
            sources.by_address.insert(resource.address.clone(), at);
            if let Some(address) = Address::parse(&resource.address) {
                sources.by_name.entry(address.stripped()).or_insert(at);
            }
        }
        sources.resources = resources;
        sources
    }

    /// What the sources declare.
    pub fn resources(&self) -> &[Resource] {
        &self.resources
    }

    /// Gives a planned resource the places of its source.
    pub fn span(&self, resource: &mut Resource) -> BlockLocation {
        let address = Address::parse(&resource.address);
        let exact = self.by_address.get(&resource.address);
        let alike = || self.by_name.get(&address.as_ref()?.stripped());
        let source = exact.or_else(alike).map(|&at| &self.resources[at]);
        if let Some(source) = source {
            for name in COMPUTED {
                unset_computed(&mut resource.attributes, &source.attributes, name, resource.change);
            }
            lay(&mut resource.attributes, &source.attributes, resource.change == Change::Create);
            resource.related = source.related.clone();
            resource.block = source.block.clone();
            if !is_installed(&source.block) {
                return BlockLocation::Source;
            }
        }
        let call = address.and_then(|address| self.call(&address).cloned());
        match (call, source) {
            // What is installed is not the user's to change: the call is.
            (Some(call), _) => {
                unplace(&mut resource.attributes);
                resource.related = Vec::new();
                resource.block = call;
                if source.is_some() { BlockLocation::Source } else { BlockLocation::Call }
            }
            (None, Some(_)) => BlockLocation::Source,
            (None, None) => BlockLocation::Nowhere,
        }
    }

    /// The innermost call of a module on the way to an address that is in the sources.
    fn call(&self, address: &Address) -> Option<&Span> {
        let depths = (1..=address.modules.len()).rev();
        depths.into_iter().find_map(|depth| {
            let modules = address.modules[..depth].to_vec();
            let module = Address { modules, resource: None, rest: String::new() };
            self.calls.get(&module.to_string()).or_else(|| self.calls.get(&module.stripped()))
        })
    }
}

/// Whether a place is in a module that `terraform init` fetched.
fn is_installed(span: &Span) -> bool {
    span.file.path.split('/').any(|segment| segment == ".terraform")
}

/// Where no source is found, nothing tells what azurerm computes from what is written and not known yet: Terraform leaves
/// `dynamic` blocks, and blocks that stand for attributes, out of the configuration that a plan carries.
pub fn doubt(resource: &mut Resource) {
    for name in COMPUTED {
        let computed = resource.attributes.member_mut(name).filter(|node| node.value == NodeValue::Unknown);
        if let Some(node) = computed.filter(|node| node.provenance.note.as_deref() == Some(AFTER_APPLY)) {
            let note = format!("{name} is known only after apply, and the plan's sources were not found.");
            node.provenance.note = Some(note.into());
        }
    }
}

/// What is not known because azurerm computes it, and is not set in the sources, is not set.
pub(super) fn unset_computed(planned: &mut Node, source: &Node, name: &str, change: Change) {
    let unset = |source: &Node, name: &str| match written(source, name) {
        None => true,
        Some(node) => node.value == NodeValue::List(Vec::new()),
    };
    let Some(node) = planned.member_mut(name).filter(|_| change == Change::Create) else { return };
    match &mut node.value {
        NodeValue::Unknown if unset(source, name) => node.value = NodeValue::Null,
        NodeValue::List(blocks) => {
            let own = written(source, name).and_then(|own| own.as_list().map_or(Some(own), <[Node]>::first));
            if let (Some(block), Some(own)) = (blocks.first_mut(), own.filter(|own| own.as_object().is_some())) {
                for inner in ["ip_rule", "virtual_network"] {
                    let computed = block.get(inner).is_some_and(|rules| rules.value == NodeValue::Unknown);
                    if computed && unset(own, inner) {
                        block.set(inner, Node::new(NodeValue::Null));
                    }
                }
            }
        }
        _ => {}
    }
}

/// Takes the places from the source: the value stays the plan's. What only the source names, it names.
fn lay(planned: &mut Node, source: &Node, new: bool) {
    let note = planned.provenance.note.take();
    planned.provenance = Provenance { note, ..source.provenance.clone() };
    if planned.value == NodeValue::Unknown
        && let NodeValue::Symbol(_) = source.value
    {
        planned.value = source.value.clone();
    }
    match &mut planned.value {
        NodeValue::Object(members) => {
            for (name, member) in members {
                match source.get(name) {
                    Some(own) => lay(member, own, new),
                    None => {
                        unplace(member);
                        let said =
                            matches!(member.value, NodeValue::Bool(_) | NodeValue::Number(_) | NodeValue::String(_));
                        if new && said && source.as_object().is_some() {
                            member.provenance.note =
                                Some(format!("{name} is not set, and this is the provider's default.").into());
                        }
                    }
                }
            }
        }
        NodeValue::List(items) => match source.as_list() {
            Some(own) => lay_items(items, own, new),
            // One block of a kind is as good as a list of one.
            None if source.as_object().is_some() && items.len() == 1 => lay(&mut items[0], source, new),
            None => items.iter_mut().for_each(unplace),
        },
        _ => {}
    }
}

/// Plans sort sets: an item's source is the one that says the same, else one whose value is not known.
fn lay_items(items: &mut [Node], sources: &[Node], new: bool) {
    if let ([item], [source]) = (&mut *items, sources)
        && item.as_object().is_some()
    {
        return lay(item, source, new);
    }
    let mut known: HashMap<String, VecDeque<usize>> = HashMap::new();
    let mut others = VecDeque::new();
    for (at, source) in sources.iter().enumerate() {
        match comparable(source) {
            Some(text) => known.entry(text).or_default().push_back(at),
            None => others.push_back(at),
        }
    }
    let mut left = Vec::new();
    for (at, item) in items.iter_mut().enumerate() {
        let same = comparable(item).and_then(|text| known.get_mut(&text)?.pop_front());
        match same {
            Some(own) => lay(item, &sources[own], new),
            None => left.push(at),
        }
    }
    // Blocks whose defaults the plan fills in differ from their sources in what those leave out.
    let mut unused: Vec<usize> = known.into_values().flatten().collect();
    unused.sort_unstable();
    for at in left {
        let own = match unused.iter().position(|&own| holds(&items[at], &sources[own])) {
            Some(position) => Some(unused.remove(position)),
            None => others.iter().position(|&own| holds(&items[at], &sources[own])).and_then(|own| others.remove(own)),
        };
        match own {
            Some(own) => lay(&mut items[at], &sources[own], new),
            None => unplace(&mut items[at]),
        }
    }
}

/// Whether an item may be what its source says: nothing that both know differs.
fn holds(item: &Node, source: &Node) -> bool {
    match (&item.value, &source.value) {
        (NodeValue::Unknown | NodeValue::Symbol(_), _)
        | (_, NodeValue::Unknown | NodeValue::Symbol(_) | NodeValue::Null) => true,
        (NodeValue::Object(_), NodeValue::Object(members)) => {
            members.iter().all(|(name, own)| item.get(name).is_none_or(|member| holds(member, own)))
        }
        // They may be sets, in whatever order.
        (NodeValue::List(items), NodeValue::List(own)) => items.len() == own.len() || own.iter().any(Node::is_unknown),
        (NodeValue::List(items), NodeValue::Object(_)) => items.len() == 1 && holds(&items[0], source),
        (NodeValue::String(item), NodeValue::String(own)) => address_text(item) == address_text(own),
        (NodeValue::String(text), other) | (other, NodeValue::String(text)) => {
            matches!(other, NodeValue::Number(number) if number.to_string() == *text)
                || matches!(other, NodeValue::Bool(flag) if flag.to_string() == *text)
        }
        _ => item.to_json() == source.to_json(),
    }
}

/// What is equal for equal items; `None` where something in it is not known.
fn comparable(node: &Node) -> Option<String> {
    let mut value = node.to_json()?;
    match &mut value {
        serde_json::Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.sort_keys();
            for member in members.values_mut() {
                if let serde_json::Value::String(text) = member {
                    *text = address_text(text).to_owned();
                }
            }
        }
        serde_json::Value::String(text) => *text = address_text(text).to_owned(),
        _ => {}
    }
    Some(value.to_string())
}

/// A single address is stored with or without its `/32`.
fn address_text(text: &str) -> &str {
    text.strip_suffix("/32").unwrap_or(text)
}

/// A value that the sources do not write stands nowhere in them.
fn unplace(node: &mut Node) {
    node.provenance.span = None;
    node.provenance.related.clear();
    match &mut node.value {
        NodeValue::List(items) => items.iter_mut().for_each(unplace),
        NodeValue::Object(members) => members.iter_mut().for_each(|(_, member)| unplace(member)),
        _ => {}
    }
}
