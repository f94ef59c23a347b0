//! Walks the modules and gives every instance of the resources that registries are made of.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::super::hcl::{Block, ByteSpan};
use super::super::modules::module::source_of;
use super::super::resource::{Change, Resource, UNREAD_MODULE};
use super::expand::Repetition;
use super::{Caller, Evaluator, Instance, NameScope, id_of};
use crate::model::file_gap::FileGap;
use crate::source::code::declared::{Node, NodeValue, Span};

/// How many modules may call one another in a row.
const MAX_MODULE_DEPTH: usize = 32;

/// How many module instances, and how many instances of resources, one configuration may have.
const MAX_INSTANCES: usize = 10_000;

/// The call of a module, for one instance of the module that calls it.
#[derive(Debug, Clone)]
pub struct ModuleCall {
    /// Address of the module that is called, with instance keys.
    pub address: String,
    /// The head of the call's block.
    pub block: Span,
    /// What the call names.
    pub source: String,
}

/// The call of a module that is not on disk.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnreadModule {
    /// The head of the call's block.
    pub block: Span,
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
        resources.append(&mut self.handed);
        self.unread.sort();
        self.unread.dedup();
        resources
    }

    /// The folders of all modules that were entered.
    pub fn folders(&self) -> BTreeSet<PathBuf> {
        self.instances.iter().map(|instance| instance.folder.to_owned()).collect()
    }

    /// The folders of the modules of which there is an instance for certain.
    pub fn instantiated(&self) -> BTreeSet<PathBuf> {
        let is_certain = |index: &usize| {
            let caller = self.instances[*index].caller.as_ref();
            caller.is_none_or(|caller| !caller.repetition.unexpanded) && !self.is_unexpanded(*index)
        };
        let certain = (0..self.instances.len()).filter(is_certain);
        certain.map(|index| self.instances[index].folder.to_owned()).collect()
    }

    fn resources_of(&mut self, instance: usize, resources: &mut Vec<Resource>) {
        let module = self.instances[instance].module;
        let related = self.called_at(instance);
        for block in module
            .resources
            .iter()
            .filter(|block| block.labels.len() == 2 && Resource::concerns_registries(&block.labels[0]))
        {
            let expansion = self.expansion(instance, block);
            for (index, repetition) in expansion.repetitions.iter().enumerate() {
                if resources.len() >= MAX_INSTANCES {
                    let span = self.span(block.head).position();
                    self.gaps
                        .insert(FileGap::new(span, format!("at most {MAX_INSTANCES} instances of resources are read")));
                    return;
                }
                resources.push(Resource {
                    address: self.resource_address(instance, block, repetition),
                    unexpanded: repetition.unexpanded || self.is_unexpanded(instance),
                    kind: block.labels[0].clone(),
                    attributes: self.resource_node(instance, block, index),
                    block: self.span(block.head),
                    related: related.clone(),
                    change: Change::Declared,
                });
            }
        }
    }

    /// The address of an instance of a resource or data source.
    pub(super) fn resource_address(&self, instance: usize, block: &Block, repetition: &Repetition) -> String {
        let data = if block.kind == "data" { "data." } else { "" };
        let inner = format!("{data}{}{}", block.labels.join("."), repetition.key.suffix());
        self.instances[instance].address_of(&inner)
    }

    /// Whether the module, or one that calls it, stands for any number of instances.
    fn is_unexpanded(&self, instance: usize) -> bool {
        let mut caller = self.instances[instance].caller.as_ref();
        while let Some(outer) = caller {
            if outer.repetition.unexpanded {
                return true;
            }
            caller = self.instances[outer.instance].caller.as_ref();
        }
        false
    }

    /// The calls that lead to a module instance, the nearest first.
    fn called_at(&self, instance: usize) -> Vec<(&'static str, Span)> {
        let mut calls = Vec::new();
        let mut caller = self.instances[instance].caller.as_ref();
        while let Some(outer) = caller {
            calls.push(("called here", self.span(outer.call.head)));
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
        let span = self.span(call.head);
        let source = source_of(call).unwrap_or_default().to_owned();
        let Some(folder) = self.tree.callee(self.installed, &key, caller.folder, call) else {
            self.calls.push(ModuleCall {
                address: caller.address_of(&format!("module.{name}")),
                block: span.clone(),
                source: source.clone(),
            });
            let expansion = self.expansion(instance, call);
            if expansion.repetitions.is_empty() {
                return None;
            }
            let handed = self.handed_registries(instance, call);
            let of_registries = handed.is_empty() && self.speaks_of_registries(call);
            self.hand_over(instance, call, &source, handed);
            self.unread.push(UnreadModule { block: span, source, of_registries });
            return None;
        };
        let mut depth = 0;
        let mut outer = Some(instance);
        while let Some(ancestor) = outer {
            let ancestor = &self.instances[ancestor];
            if ancestor.folder == folder {
                let gap = FileGap::new(span.position(), "the module includes itself; break the circle");
                self.gaps.insert(gap);
                return None;
            }
            depth += 1;
            outer = ancestor.caller.as_ref().map(|caller| caller.instance);
        }
        if depth >= MAX_MODULE_DEPTH {
            let gap = FileGap::new(
                span.position(),
                format!("more than {MAX_MODULE_DEPTH} modules call one another in a row"),
            );
            self.gaps.insert(gap);
            return None;
        }
        let module = &self.tree.folders.get(folder)?.module;
        let expansion = self.expansion(instance, call);
        let mut children = Vec::with_capacity(expansion.repetitions.len());
        for repetition in &expansion.repetitions {
            if self.instances.len() >= MAX_INSTANCES {
                self.gaps.insert(FileGap::new(
                    span.position(),
                    format!("at most {MAX_INSTANCES} module instances are read"),
                ));
                break;
            }
            let address = self.instances[instance].address_of(&format!("module.{name}{}", repetition.key.suffix()));
            self.calls.push(ModuleCall { address: address.clone(), block: span.clone(), source: source.clone() });
            let caller = Caller { instance, call, repetition: repetition.clone() };
            self.instances.push(Instance::new(module, folder, key.clone(), address, Some(caller)));
            children.push(self.instances.len() - 1);
        }
        Some(Arc::new(children))
    }

    /// The registries that a call is handed: what it makes works on them, and is none.
    fn handed_registries(&mut self, instance: usize, call: &'a Block) -> Vec<Node> {
        let expansion = self.expansion(instance, call);
        let Some(repetition) = expansion.repetitions.first() else { return Vec::new() };
        let scope = NameScope::for_repetition(instance, repetition);
        let mut handed = Vec::new();
        for attribute in &call.body.attributes {
            let value = self.eval(&attribute.value, &scope).unwrap_or_default();
            find_registries(&value, &mut handed);
        }
        handed
    }

    /// A module that is not on disk may make endpoints and more of a registry that it is handed; the public one of
    /// private endpoints makes just that.
    fn hand_over(&mut self, instance: usize, call: &'a Block, source: &str, handed: Vec<Node>) {
        let is_endpoint = source.to_lowercase().contains("avm-res-network-privateendpoint");
        let related = self.called_at(instance);
        for (index, registry) in handed.into_iter().enumerate() {
            let object = |members: Vec<(&str, Node)>| {
                Node::new(NodeValue::Object(members.into_iter().map(|(name, node)| (name.to_owned(), node)).collect()))
            };
            let connection = || {
                let manual = Node::new(NodeValue::Bool(false));
                object(vec![("private_connection_resource_id", registry.clone()), ("is_manual_connection", manual)])
            };
            let (kind, attributes) = match is_endpoint {
                true => {
                    let connection = Node::new(NodeValue::List(vec![connection()]));
                    ("azurerm_private_endpoint", object(vec![("private_service_connection", connection)]))
                }
                false => (UNREAD_MODULE, object(vec![("registry", registry)])),
            };
            let name = call.labels.first().cloned().unwrap_or_default();
            self.handed.push(Resource {
                address: self.instances[instance].address_of(&format!("module.{name}.{kind}.handed[{index}]")),
                unexpanded: false,
                kind: kind.to_owned(),
                attributes,
                block: self.span(call.head),
                related: related.clone(),
                change: Change::Declared,
            });
        }
    }

    /// Whether the text of a call names container registries, so that what it makes may be one.
    fn speaks_of_registries(&self, call: &Block) -> bool {
        let attributes = call.body.attributes.iter().map(|attribute| attribute.span);
        let blocks = call.body.blocks.iter().map(|block| block.head);
        let end = attributes
            .chain(blocks)
            .fold(call.head, |last: ByteSpan, span| if span.end > last.end { span } else { last });
        let file = &self.tree.files[call.head.file as usize];
        let text = file.text.get(call.head.start as usize..end.end as usize).unwrap_or(&file.text).to_lowercase();
        let words = |word: &str| word == "acr" || word.starts_with("acr") || word.ends_with("acr");
        let joined: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
        joined.contains("containerregistr") || text.split(|c: char| !c.is_alphanumeric()).any(words)
    }
}

/// What of a value names a registry that is declared or read.
fn find_registries(node: &Node, found: &mut Vec<Node>) {
    let is_id = |text: &str| text.to_lowercase().contains("/microsoft.containerregistry/registries/");
    match &node.value {
        NodeValue::Symbol(name) if name.contains("azurerm_container_registry.") || is_id(name) => {
            found.push(node.clone())
        }
        NodeValue::String(text) if is_id(text) => found.push(node.clone()),
        NodeValue::List(items) => items.iter().for_each(|item| find_registries(item, found)),
        NodeValue::Object(members) => members.iter().for_each(|(_, member)| find_registries(member, found)),
        _ => {}
    }
}
