//! The configuration that a plan carries: what an attribute refers to whose value the plan does not know.
//!
//! It tells the references of an expression, not the expression. So only attributes are named that take nothing but one
//! whole reference: `container_registry_id` takes `….id`.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::super::address::{Address, Step};
use super::super::resource::Resource;
use crate::source::code::declared::{Node, NodeValue};

/// Attributes that take a reference, and what that reference ends with.
const TAKES: [(&str, &str); 13] = [
    ("identity", "client_id"),
    ("container_registry_id", "id"),
    ("container_registry_name", "name"),
    ("parent_id", "id"),
    ("resource_id", "id"),
    ("scope", "id"),
    ("private_connection_resource_id", "id"),
    ("virtual_network_subnet_id", "id"),
    ("subnet_id", "id"),
    ("agent_pool_name", "name"),
    ("login_server", "login_server"),
    ("principal_id", "principal_id"),
    ("identity_ids", "id"),
];

/// How deep modules nest, and how many steps a reference takes, before it counts as unknown.
const MAX_STEPS: usize = 64;

/// The modules of a configuration.
#[derive(Debug, Default)]
pub struct Configuration {
    root: Module,
}

#[derive(Debug, Default)]
struct Module {
    resources: BTreeMap<String, Block>,
    calls: BTreeMap<String, Call>,
    outputs: BTreeMap<String, Vec<String>>,
    names: BTreeSet<String>,
}

#[derive(Debug, Default)]
struct Block {
    expressions: Value,
    for_each: Vec<String>,
}

#[derive(Debug, Default)]
struct Call {
    expressions: Value,
    for_each: Vec<String>,
    module: Module,
}

#[derive(Deserialize)]
struct RawConfiguration<'a> {
    #[serde(borrow)]
    root_module: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct RawModule<'a> {
    #[serde(borrow)]
    resources: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    module_calls: Option<BTreeMap<Cow<'a, str>, &'a RawValue>>,
    #[serde(borrow)]
    outputs: Option<BTreeMap<Cow<'a, str>, &'a RawValue>>,
}

#[derive(Deserialize)]
struct RawBlock<'a> {
    #[serde(borrow)]
    address: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "type")]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    expressions: Option<&'a RawValue>,
    #[serde(borrow)]
    for_each_expression: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct RawCall<'a> {
    #[serde(borrow)]
    expressions: Option<&'a RawValue>,
    #[serde(borrow)]
    for_each_expression: Option<&'a RawValue>,
    #[serde(borrow)]
    module: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct RawOutput<'a> {
    #[serde(borrow)]
    expression: Option<&'a RawValue>,
}

impl Configuration {
    /// Reads the `configuration` of a plan. What is not as Terraform writes it is left out: nothing but names is lost.
    pub fn read(text: &str) -> Configuration {
        let raw: Option<RawConfiguration<'_>> = serde_json::from_str(text).ok();
        let root = raw.and_then(|raw| raw.root_module).map(|raw| module(raw.get(), 0)).unwrap_or_default();
        Configuration { root }
    }

    /// The resources and module calls of the root module, as addresses.
    pub fn root_names(&self) -> BTreeSet<String> {
        self.root.names.clone()
    }

    /// What is not known because azurerm computes it, and is not set in the configuration, is not set: it will have the
    /// provider's default.
    pub fn settle(&self, resource: &mut Resource) {
        let Some(address) = Address::parse(&resource.address) else { return };
        let Some(module) = self.module(&address.modules) else { return };
        let Some(block) = address.resource.as_ref().and_then(|step| module.resources.get(&step.name)) else { return };
        let Value::Object(members) = &block.expressions else { return };
        let own = |(name, value): (&String, &Value)| {
            let value = match value {
                Value::Array(blocks) => Node::new(NodeValue::List(blocks.iter().map(as_block).collect())),
                _ => Node::default(),
            };
            (name.clone(), value)
        };
        let source = Node::new(NodeValue::Object(members.iter().map(own).collect()));
        for name in super::locate::COMPUTED {
            super::locate::unset_computed(&mut resource.attributes, &source, name, resource.change);
        }
    }

    /// Gives a symbol to what is not known of a resource and is a reference to another resource's attribute. The
    /// addresses are those of the plan.
    pub fn name_unknown(&self, resource: &mut Resource, addresses: &BTreeSet<String>) {
        let Some(address) = Address::parse(&resource.address) else { return };
        let Some(module) = self.module(&address.modules) else { return };
        let Some(block) = address.resource.as_ref().and_then(|step| module.resources.get(&step.name)) else { return };
        let scope =
            ModuleScope { configuration: self, addresses, modules: &address.modules, own: address.resource.as_ref() };
        scope.name(&mut resource.attributes, &block.expressions, &block.for_each);
    }

    fn module(&self, path: &[Step]) -> Option<&Module> {
        path.iter().try_fold(&self.root, |module, step| Some(&module.calls.get(&step.name)?.module))
    }
}

/// A block of a configuration: which attributes it sets.
fn as_block(block: &Value) -> Node {
    let members = block.as_object().into_iter().flatten();
    Node::new(NodeValue::Object(members.map(|(name, _)| (name.clone(), Node::default())).collect()))
}

fn module(text: &str, depth: usize) -> Module {
    let mut module = Module::default();
    let Ok(raw) = serde_json::from_str::<RawModule<'_>>(text) else { return module };
    for text in raw.resources.unwrap_or_default() {
        let Ok(raw) = serde_json::from_str::<RawBlock<'_>>(text.get()) else { continue };
        let Some(address) = raw.address else { continue };
        if depth == 0 {
            module.names.insert(address.to_string());
        }
        if raw.kind.as_deref().is_some_and(Resource::concerns_registries) {
            let block =
                Block { expressions: value(raw.expressions), for_each: references(&value(raw.for_each_expression)) };
            module.resources.insert(address.into_owned(), block);
        }
    }
    for (name, text) in raw.outputs.unwrap_or_default() {
        let raw = serde_json::from_str::<RawOutput<'_>>(text.get()).ok();
        let expression = value(raw.and_then(|raw| raw.expression));
        module.outputs.insert(name.into_owned(), references(&expression));
    }
    for (name, text) in raw.module_calls.unwrap_or_default() {
        let Ok(raw) = serde_json::from_str::<RawCall<'_>>(text.get()) else { continue };
        if depth == 0 {
            module.names.insert(format!("module.{name}"));
        }
        let called = raw.module.filter(|_| depth < MAX_STEPS).map(|raw| self::module(raw.get(), depth + 1));
        let call = Call {
            expressions: value(raw.expressions),
            for_each: references(&value(raw.for_each_expression)),
            module: called.unwrap_or_default(),
        };
        module.calls.insert(name.into_owned(), call);
    }
    module
}

/// Deeper than the parser goes, nothing is looked up.
fn value(raw: Option<&RawValue>) -> Value {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
}

fn references(expression: &Value) -> Vec<String> {
    let list = expression.get("references").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

/// Whether a reference is no part of a longer one.
fn is_whole(one: &str, all: &[String]) -> bool {
    !all.iter().any(|other| other.strip_prefix(one).is_some_and(|rest| rest.starts_with(['.', '['])))
}

/// Where a reference is written: in which module, and in which instance of a resource or module call.
#[derive(Clone, Copy)]
struct ModuleScope<'a> {
    configuration: &'a Configuration,
    addresses: &'a BTreeSet<String>,
    modules: &'a [Step],
    own: Option<&'a Step>,
}

impl ModuleScope<'_> {
    fn name(self, node: &mut Node, expressions: &Value, for_each: &[String]) {
        let NodeValue::Object(members) = &mut node.value else { return };
        for (name, member) in members {
            let Some(expression) = expressions.get(name.as_str()) else { continue };
            let takes = TAKES.iter().find(|(attribute, _)| attribute == name);
            match (&mut member.value, takes) {
                (NodeValue::Unknown, Some((_, ends))) => {
                    if let Some(symbol) = self.resolve(&references(expression), ends, for_each, (0, false)) {
                        let symbol =
                            Node { value: NodeValue::Symbol(symbol.into()), provenance: member.provenance.clone() };
                        *member = match name.as_str() {
                            "identity_ids" => {
                                Node { value: NodeValue::List(vec![symbol]), provenance: member.provenance.clone() }
                            }
                            _ => symbol,
                        };
                    }
                }
                (NodeValue::List(items), _) => {
                    if name == "identity_ids" && items.len() == 1 && items[0].is_unknown() {
                        if let Some(symbol) = self.resolve(&references(expression), "id", for_each, (0, false)) {
                            items[0].value = NodeValue::Symbol(symbol.into());
                        }
                        continue;
                    }
                    let Some(blocks) = expression.as_array().filter(|blocks| blocks.len() == items.len()) else {
                        continue;
                    };
                    for (item, block) in items.iter_mut().zip(blocks) {
                        self.name(item, block, for_each);
                    }
                }
                (NodeValue::Object(_), _) => self.name(member, expression, for_each),
                _ => {}
            }
        }
    }

    /// The one attribute that references come to; `None` where there are several, or it cannot be told.
    fn resolve(
        self,
        references: &[String],
        ends: &str,
        for_each: &[String],
        (steps, of_object): (usize, bool),
    ) -> Option<String> {
        if steps > MAX_STEPS {
            return None;
        }
        // Of an object of several references, the one that ends so is meant.
        let ending: Vec<&String> = references.iter().filter(|one| one.rsplit('.').next() == Some(ends)).collect();
        let several = references.iter().filter(|one| is_whole(one, references)).count() > 1;
        let only = [ending.first().map(|one| (*one).clone()).unwrap_or_default()];
        let references = if of_object && several && ending.len() == 1 { &only[..] } else { references };
        let (first, others) = references.split_first()?;
        // A reference is listed with all that it begins with.
        let begins = |part: &String| first.strip_prefix(part.as_str()).is_some_and(|rest| rest.starts_with(['.', '[']));
        let key = self.own.and_then(|own| own.key.clone());
        match others.iter().filter(|part| !begins(part)).map(String::as_str).collect::<Vec<_>>()[..] {
            [] => {}
            // `main[each.key].id` is listed as `main` and `each.key`: it is the instance with this one's key.
            ["each.key" | "count.index"] => {
                let mut address = Address::parse(first).filter(|address| address.rest.is_empty())?;
                address.resource.as_mut()?.key = Some(key?);
                let address = self.full(address);
                return self.addresses.contains(&address).then(|| format!("{address}.{ends}"));
            }
            _ => return None,
        }
        if let Some(rest) = first.strip_prefix("each.value") {
            // `for_each` over instances of a resource.
            let mut address = Address::parse(for_each.first()?).filter(|address| address.rest.is_empty())?;
            if for_each.len() != 1 || rest.strip_prefix('.') != Some(ends) {
                return None;
            }
            address.resource.as_mut()?.key = Some(key?);
            let address = self.full(address);
            return self.addresses.contains(&address).then(|| format!("{address}.{ends}"));
        }
        if let Some(path) = first.strip_prefix("var.") {
            // The whole of a registry may be handed on, and its id be taken there.
            let (variable, rest) = path.split_at(path.find(['.', '[']).unwrap_or(path.len()));
            if !rest.is_empty() && rest.rsplit('.').next() != Some(ends) {
                return None;
            }
            let (call, outside) = self.modules.split_last()?;
            let caller = self.configuration.module(outside)?.calls.get(&call.name)?;
            let scope = ModuleScope { modules: outside, own: Some(call), ..self };
            let variable_values = self::references(caller.expressions.get(variable)?);
            return scope.resolve(&variable_values, ends, &caller.for_each, (steps + 1, !rest.is_empty()));
        }
        let address = Address::parse(first)?;
        if address.resource.is_none() {
            let modules: Vec<Step> = self.modules.iter().chain(&address.modules).cloned().collect();
            let output = self.configuration.module(&modules)?.outputs.get(&address.rest)?;
            return ModuleScope { modules: &modules, own: None, ..self }.resolve(
                output,
                ends,
                &[],
                (steps + 1, of_object),
            );
        }
        if first.starts_with("local.") {
            return None;
        }
        // A whole resource that is handed on: what is taken of it is said where it is taken.
        if address.rest.is_empty() && steps > 0 {
            return Some(format!("{}.{ends}", self.full(address)));
        }
        // `one(x.identity[*].principal_id)` is listed as `x.identity`.
        if ends == "principal_id" && address.rest == "identity" {
            return Some(format!("{}[0].principal_id", self.full(address)));
        }
        let last = address.rest.rsplit('.').next()?;
        (last == ends).then(|| self.full(address))
    }

    /// An address of this module as one of the root module.
    fn full(self, mut address: Address) -> String {
        address.modules = self.modules.iter().cloned().chain(address.modules).collect();
        address.to_string()
    }
}
