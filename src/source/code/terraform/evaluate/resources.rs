//! Walks the modules and gives every instance of the resources that registries are made of.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::super::hcl::{Block, Span};
use super::super::modules::module::source_of;
use super::super::resource::{Change, Resource};
use super::expand::Turn;
use super::{Caller, Evaluator, Instance, id_of};
use crate::source::code::declared::Place;

/// How many modules may call one another in a row.
const MOST_MODULES_DEEP: usize = 32;

/// How many module instances, and how many instances of resources, one configuration may have.
const MOST_INSTANCES: usize = 10_000;

/// The call of a module, for one instance of the module that calls it.
#[derive(Debug, Clone)]
pub struct ModuleCall {
    /// Address of the module that is called, with instance keys.
    pub address: String,
    /// The head of the call's block.
    pub block: Place,
    /// What the call names.
    pub source: String,
}

/// The call of a module that is not on disk.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unread {
    /// The head of the call's block.
    pub block: Place,
    /// What the call names.
    pub source: String,
    /// Whether the call speaks of container registries.
    pub of_registries: bool,
}

impl<'a> Evaluator<'a> {
    /// Every instance of the resources that registries are made of, in all modules.
    pub fn resources(&mut self) -> Vec<Resource> {
        let mut resources = Vec::new();
        let mut next = vec![0];
        while let Some(instance) = next.pop() {
            self.resources_of(instance, &mut resources);
            let module = self.instances[instance].module;
            for call in module.calls.values() {
                let children = self.children(instance, call);
                next.extend(children.iter().flat_map(|children| children.iter().rev()));
            }
        }
        self.unread.sort();
        self.unread.dedup();
        resources
    }

    /// The folders of all modules that were entered.
    pub fn folders(&self) -> BTreeSet<PathBuf> {
        self.instances.iter().map(|instance| instance.folder.to_owned()).collect()
    }

    fn resources_of(&mut self, instance: usize, resources: &mut Vec<Resource>) {
        let module = self.instances[instance].module;
        let related = self.called_at(instance);
        for block in
            module.resources.iter().filter(|block| block.labels.len() == 2 && Resource::matters(&block.labels[0]))
        {
            let expansion = self.expansion(instance, block);
            for (index, turn) in expansion.turns.iter().enumerate() {
                if resources.len() >= MOST_INSTANCES {
                    let place = self.place(block.head).shown();
                    self.gaps.insert(format!("{place}: at most {MOST_INSTANCES} instances of resources are read"));
                    return;
                }
                resources.push(Resource {
                    address: self.resource_address(instance, block, turn),
                    unexpanded: turn.unexpanded || self.is_unexpanded(instance),
                    kind: block.labels[0].clone(),
                    attributes: self.resource_node(instance, block, index),
                    block: self.place(block.head),
                    related: related.clone(),
                    change: Change::Declared,
                });
            }
        }
    }

    /// The address of an instance of a resource or data source.
    pub(super) fn resource_address(&self, instance: usize, block: &Block, turn: &Turn) -> String {
        let data = if block.kind == "data" { "data." } else { "" };
        let inner = format!("{data}{}{}", block.labels.join("."), turn.key.suffix());
        self.instances[instance].address_of(&inner)
    }

    /// Whether the module, or one that calls it, stands for any number of instances.
    fn is_unexpanded(&self, instance: usize) -> bool {
        let mut caller = self.instances[instance].caller.as_ref();
        while let Some(outer) = caller {
            if outer.turn.unexpanded {
                return true;
            }
            caller = self.instances[outer.instance].caller.as_ref();
        }
        false
    }

    /// The calls that lead to a module instance, the nearest first.
    fn called_at(&self, instance: usize) -> Vec<(&'static str, Place)> {
        let mut calls = Vec::new();
        let mut caller = self.instances[instance].caller.as_ref();
        while let Some(outer) = caller {
            calls.push(("called here", self.place(outer.call.head)));
            caller = self.instances[outer.instance].caller.as_ref();
        }
        calls
    }

    /// The module instances that a call makes; none where the module is not on disk or must not be entered.
    pub(super) fn children(&mut self, instance: usize, call: &'a Block) -> Option<Arc<Vec<usize>>> {
        let id = id_of(call);
        if let Some(known) = self.instances[instance].children.get(&id) {
            return known.clone();
        }
        let made = self.enter_module(instance, call);
        self.instances[instance].children.insert(id, made.clone());
        made
    }

    fn enter_module(&mut self, instance: usize, call: &'a Block) -> Option<Arc<Vec<usize>>> {
        let name = call.labels.first()?;
        let caller = &self.instances[instance];
        let key = if caller.key.is_empty() { name.clone() } else { format!("{}.{name}", caller.key) };
        let place = self.place(call.head);
        let source = source_of(call).unwrap_or_default().to_owned();
        let Some(folder) = self.tree.callee(self.installed, &key, caller.folder, call) else {
            self.calls.push(ModuleCall {
                address: caller.address_of(&format!("module.{name}")),
                block: place.clone(),
                source: source.clone(),
            });
            let of_registries = self.speaks_of_registries(call);
            self.unread.push(Unread { block: place, source, of_registries });
            return None;
        };
        let mut depth = 0;
        let mut outer = Some(instance);
        while let Some(ancestor) = outer {
            let ancestor = &self.instances[ancestor];
            if ancestor.folder == folder {
                let gap = format!("{}: the module includes itself; break the circle", place.shown());
                self.gaps.insert(gap);
                return None;
            }
            depth += 1;
            outer = ancestor.caller.as_ref().map(|caller| caller.instance);
        }
        if depth >= MOST_MODULES_DEEP {
            let gap = format!("{}: more than {MOST_MODULES_DEEP} modules call one another in a row", place.shown());
            self.gaps.insert(gap);
            return None;
        }
        let module = &self.tree.folders.get(folder)?.module;
        let expansion = self.expansion(instance, call);
        let mut children = Vec::with_capacity(expansion.turns.len());
        for turn in &expansion.turns {
            if self.instances.len() >= MOST_INSTANCES {
                self.gaps.insert(format!("{}: at most {MOST_INSTANCES} module instances are read", place.shown()));
                break;
            }
            let address = self.instances[instance].address_of(&format!("module.{name}{}", turn.key.suffix()));
            self.calls.push(ModuleCall { address: address.clone(), block: place.clone(), source: source.clone() });
            let caller = Caller { instance, call, turn: turn.clone() };
            self.instances.push(Instance::new(module, folder, key.clone(), address, Some(caller)));
            children.push(self.instances.len() - 1);
        }
        Some(Arc::new(children))
    }

    /// Whether the text of a call names container registries, so that what it makes may be one.
    fn speaks_of_registries(&self, call: &Block) -> bool {
        let attributes = call.body.attributes.iter().map(|attribute| attribute.span);
        let blocks = call.body.blocks.iter().map(|block| block.head);
        let end =
            attributes.chain(blocks).fold(call.head, |last: Span, span| if span.end > last.end { span } else { last });
        let file = &self.tree.files[call.head.file as usize];
        let text = file.text.get(call.head.start as usize..end.end as usize).unwrap_or(&file.text).to_lowercase();
        let words = |word: &str| word == "acr" || word.starts_with("acr") || word.ends_with("acr");
        let joined: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
        joined.contains("containerregistr") || text.split(|c: char| !c.is_alphanumeric()).any(words)
    }
}
