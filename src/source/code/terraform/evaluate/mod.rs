//! Evaluates a configuration: each value once, when it is asked for. What cannot be known is unknown, and says why.

mod blocks;
mod computed;
mod expand;
mod expression;
mod files;
pub(crate) mod functions;
pub(crate) mod json;
mod limits;
mod path;
mod reference;
mod resources;
mod service_tags;
pub(crate) mod symbolic;
mod template_files;
#[cfg(test)]
mod tests;
mod types;
pub(crate) mod value;

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use self::resources::{ModuleCall, UnreadModule};

use self::expand::{Expansion, Repetition};
use self::value::{ExpressionError, Outcome};
use super::super::declared::{Node, Span};
use super::hcl::{Block, Body, ByteSpan};
use super::modules::module::Module;
use super::modules::{Installed, Tree};
use super::resource::Resource;
use crate::model::file_gap::FileGap;
use crate::net::service_tags::ServiceTags;

/// A configuration at work.
pub struct Evaluator<'a> {
    tree: &'a Tree,
    installed: &'a Installed,
    tags: &'a ServiceTags,
    /// Values of the root's variables that come from elsewhere than its files.
    variable_values: &'a HashMap<String, Node>,
    /// Variables files that it is told to read, the later before the earlier.
    variable_files: &'a [&'a Body],
    /// Module instances; the first is the root.
    instances: Vec<Instance<'a>>,
    /// What symbols stand for.
    named: HashMap<Arc<str>, Referent<'a>>,
    /// What was not read, as sentences with their places.
    pub gaps: BTreeSet<FileGap>,
    /// The calls of modules, one for each instance.
    pub calls: Vec<ModuleCall>,
    /// The calls of modules that are not on disk.
    pub unread: Vec<UnreadModule>,
    /// Files that functions read, and what a pattern found.
    read: HashMap<PathBuf, files::FileRead>,
    listed: HashMap<(PathBuf, String), Node>,
    /// What modules that are not on disk do to registries that they are handed.
    handed: Vec<Resource>,
    /// How many texts got a name that nothing else has.
    unnamed: usize,
    steps: u64,
    depth: usize,
    /// Whether memory or time has run out.
    is_given_up: bool,
    /// Whether what is being evaluated came by a secret.
    saw_secret: bool,
}

/// One instance of a module.
struct Instance<'a> {
    module: &'a Module,
    folder: &'a Path,
    /// What `modules.json` calls it: `acr.network`.
    key: String,
    /// Its address: `module.acr["eu"].module.network`; the root's is empty.
    address: String,
    caller: Option<Caller<'a>>,
    /// By the place in memory of what is evaluated, and the instance key of the resource it is in. None while at work.
    memo: HashMap<(usize, String), Option<Arc<Node>>>,
    expansions: HashMap<usize, Arc<Expansion>>,
    /// The instances that a call made, in the order of its expansion; none where the module is not on disk.
    children: HashMap<usize, Option<Arc<Vec<usize>>>>,
}

/// Who called a module instance.
struct Caller<'a> {
    instance: usize,
    call: &'a Block,
    repetition: Repetition,
}

/// What a symbol stands for.
#[derive(Clone, Copy)]
enum Referent<'a> {
    /// An instance of a managed resource or of a data source: the module instance, its block, which of its expansion.
    Resource(usize, &'a Block, usize),
    /// A module instance.
    Module(usize),
}

/// What the names of an expression mean.
#[derive(Clone, Copy)]
struct NameScope<'s> {
    instance: usize,
    /// `each`, `count`, or the name that a `for` or a dynamic block gives.
    binding: Option<(&'s str, &'s Node)>,
    /// All that a template file sees, which is nothing of the module.
    names: Option<&'s [(String, Node)]>,
    outer: Option<&'s NameScope<'s>>,
}

impl<'s> NameScope<'s> {
    fn new(instance: usize) -> NameScope<'static> {
        NameScope { instance, binding: None, names: None, outer: None }
    }

    fn with(&'s self, name: &'s str, value: &'s Node) -> NameScope<'s> {
        NameScope { instance: self.instance, binding: Some((name, value)), names: self.names, outer: Some(self) }
    }

    fn for_repetition(instance: usize, repetition: &'s Repetition) -> NameScope<'s> {
        let binding = repetition.binding.as_ref().map(|(name, value)| (*name, value));
        NameScope { instance, binding, names: None, outer: None }
    }

    fn of_template(instance: usize, names: &'s [(String, Node)]) -> NameScope<'s> {
        NameScope { instance, binding: None, names: Some(names), outer: None }
    }

    fn lookup(&self, name: &str) -> Option<&'s Node> {
        let mut scope = Some(self);
        while let Some(inner) = scope {
            match inner.binding {
                Some((bound, value)) if bound == name => return Some(value),
                _ => scope = inner.outer,
            }
        }
        self.names?.iter().find(|(own, _)| own == name).map(|(_, value)| value)
    }
}

/// What tells a part of the tree from all others.
fn id_of<T>(part: &T) -> usize {
    std::ptr::from_ref(part) as usize
}

impl<'a> Evaluator<'a> {
    /// Sets the root up; nothing is evaluated yet. None where there is no such folder.
    pub fn new(
        tree: &'a Tree,
        root: &Path,
        installed: &'a Installed,
        variable_values: &'a HashMap<String, Node>,
        variable_files: &'a [&'a Body],
        tags: &'a ServiceTags,
    ) -> Option<Evaluator<'a>> {
        let (folder, read) = tree.folders.get_key_value(root)?;
        let root = Instance::new(&read.module, folder, String::new(), String::new(), None);
        Some(Evaluator {
            tree,
            installed,
            tags,
            variable_values,
            variable_files,
            instances: vec![root],
            named: HashMap::new(),
            gaps: BTreeSet::new(),
            calls: Vec::new(),
            unread: Vec::new(),
            read: HashMap::new(),
            listed: HashMap::new(),
            handed: Vec::new(),
            unnamed: 0,
            steps: 0,
            depth: 0,
            is_given_up: false,
            saw_secret: false,
        })
    }

    fn span(&self, span: ByteSpan) -> Span {
        self.tree.span(span)
    }

    /// A value that is evaluated once for each instance of a module, and for each instance of the resource it is in.
    fn once(
        &mut self,
        instance: usize,
        id: usize,
        key: &str,
        what: (&str, ByteSpan),
        compute: impl FnOnce(&mut Self) -> Node,
    ) -> Arc<Node> {
        let slot = (id, key.to_owned());
        match self.instances[instance].memo.get(&slot) {
            Some(Some(known)) => return Arc::clone(known),
            Some(None) => {
                let (name, span) = what;
                let span = self.span(span).position();
                self.gaps.insert(FileGap::new(span, format!("`{name}` refers to itself; break the circle")));
                return Arc::new(Node::unknown(format!("`{name}` refers to itself.")));
            }
            None => {}
        }
        self.instances[instance].memo.insert(slot.clone(), None);
        let value = Arc::new(compute(self));
        self.instances[instance].memo.insert(slot, Some(Arc::clone(&value)));
        value
    }
}

impl<'a> Instance<'a> {
    fn new(
        module: &'a Module,
        folder: &'a Path,
        key: String,
        address: String,
        caller: Option<Caller<'a>>,
    ) -> Instance<'a> {
        let (memo, expansions, children) = (HashMap::new(), HashMap::new(), HashMap::new());
        Instance { module, folder, key, address, caller, memo, expansions, children }
    }

    /// The address of something in this module.
    fn address_of(&self, inner: &str) -> String {
        match self.address.as_str() {
            "" => inner.to_owned(),
            own => format!("{own}.{inner}"),
        }
    }
}

/// A value, where there is one or it is not known; unknown, and why, where Terraform would refuse it.
fn value_or_unknown(outcome: Outcome) -> Node {
    match outcome {
        Ok(node) => node,
        Err(ExpressionError::Unknown(node)) => *node,
        Err(ExpressionError::Wrong(why)) => Node::unknown(why),
    }
}
