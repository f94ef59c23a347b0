//! A module as its files declare it: nothing is evaluated yet.

use std::collections::{BTreeMap, HashMap};

use super::super::hcl::{Attribute, Block, Body, ByteSpan, ExprKind};

/// A module: what all `.tf` files of one folder declare.
#[derive(Debug, Default)]
pub struct Module {
    /// By name.
    pub variables: BTreeMap<String, Block>,
    /// By name.
    pub locals: HashMap<String, Attribute>,
    /// Managed resources, in the order of the source.
    pub resources: Vec<Block>,
    /// Calls of other modules, by name.
    pub calls: BTreeMap<String, Block>,
    /// By name.
    pub outputs: HashMap<String, Block>,
    /// Data sources, by type and name.
    pub data: HashMap<(String, String), Block>,
    /// Where in `resources`, by type and name.
    index: HashMap<(String, String), usize>,
    /// Whether it says where its state is or configures a provider, which a configuration does that is deployed by itself.
    pub is_configuration: bool,
    /// What is declared twice.
    pub twice: Vec<(String, ByteSpan)>,
}

impl Module {
    /// Adds what a file declares.
    pub fn add(&mut self, body: Body, overrides: bool) {
        for mut block in body.blocks {
            self.is_configuration |= is_of_a_configuration(&block);
            let labels = std::mem::take(&mut block.labels);
            block.labels.clone_from(&labels);
            let (head, mut labels) = (block.head, labels.into_iter());
            let (first, second) = (labels.next().unwrap_or_default(), labels.next().unwrap_or_default());
            let what = format!("{} {first} {second}", block.kind).trim_end().to_owned();
            let old = match block.kind.as_str() {
                "locals" => {
                    self.add_locals(block.body, overrides);
                    continue;
                }
                "resource" => match self.index.get(&(first.clone(), second.clone())) {
                    Some(&index) => self.resources.get_mut(index),
                    None => {
                        self.index.insert((first, second), self.resources.len());
                        self.resources.push(block);
                        continue;
                    }
                },
                "variable" => slot(self.variables.entry(first), &mut block),
                "module" => slot(self.calls.entry(first), &mut block),
                "output" => match self.outputs.entry(first) {
                    std::collections::hash_map::Entry::Occupied(old) => Some(old.into_mut()),
                    std::collections::hash_map::Entry::Vacant(free) => {
                        free.insert(block);
                        continue;
                    }
                },
                "data" => match self.data.entry((first, second)) {
                    std::collections::hash_map::Entry::Occupied(old) => Some(old.into_mut()),
                    std::collections::hash_map::Entry::Vacant(free) => {
                        free.insert(block);
                        continue;
                    }
                },
                _ => continue,
            };
            match old {
                Some(old) if overrides => override_block(old, block.body),
                Some(_) => self.twice.push((what, head)),
                None => {}
            }
        }
    }

    fn add_locals(&mut self, body: Body, overrides: bool) {
        for attribute in body.attributes {
            match self.locals.contains_key(&attribute.name) && !overrides {
                true => self.twice.push((format!("local.{}", attribute.name), attribute.span)),
                false => drop(self.locals.insert(attribute.name.clone(), attribute)),
            }
        }
    }

    /// A managed resource.
    pub fn resource(&self, kind: &str, name: &str) -> Option<&Block> {
        self.resources.get(*self.index.get(&(kind.to_owned(), name.to_owned()))?)
    }
}

/// Whether a block is one that belongs into a configuration of its own. In JSON, a block without labels is an attribute.
fn is_of_a_configuration(block: &Block) -> bool {
    let has = |name: &str| block.body.attribute(name).is_some() || block.body.blocks.iter().any(|it| it.kind == name);
    match block.kind.as_str() {
        "provider" => true,
        "terraform" => has("backend") || has("cloud"),
        _ => false,
    }
}

/// The block that is there already; else this one is put there.
fn slot<'m>(entry: std::collections::btree_map::Entry<'m, String, Block>, block: &mut Block) -> Option<&'m mut Block> {
    match entry {
        std::collections::btree_map::Entry::Occupied(old) => Some(old.into_mut()),
        std::collections::btree_map::Entry::Vacant(free) => {
            let empty = Block { kind: String::new(), labels: Vec::new(), head: block.head, body: Body::default() };
            free.insert(std::mem::replace(block, empty));
            None
        }
    }
}

/// What an override file says of a block takes the place of what the block says.
fn override_block(old: &mut Block, new: Body) {
    for attribute in new.attributes {
        match old.body.attributes.iter_mut().find(|known| known.name == attribute.name) {
            Some(known) => *known = attribute,
            None => old.body.attributes.push(attribute),
        }
    }
    let kind_of = |block: &Block| match block.kind.as_str() {
        "dynamic" => block.labels.first().cloned().unwrap_or_default(),
        kind => kind.to_owned(),
    };
    let kinds: Vec<String> = new.blocks.iter().map(kind_of).collect();
    old.body.blocks.retain(|block| !kinds.contains(&kind_of(block)));
    old.body.blocks.extend(new.blocks);
}

/// The source that a module's call names.
pub fn source_of(call: &Block) -> Option<&str> {
    match &call.body.attribute("source")?.value.kind {
        ExprKind::String(source) => Some(source),
        _ => None,
    }
}
