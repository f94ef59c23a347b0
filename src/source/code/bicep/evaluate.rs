//! A Bicep file and its modules, evaluated: the resources that concern registries.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::super::arm::expression::{Binding, NameScope, Names, Work, evaluate};
use super::super::arm::{Finder, ParameterValues, Resource, WANTED};
use super::super::declared::{Node, NodeValue, Span};
use super::declare::{Declarations, ModuleDeclaration, ResourceDeclaration, declare};
use super::files::{Files, Unit, is_local};
use super::instances::instances;
use super::symbols::{Imports, Symbols};
use crate::model::file_gap::FileGap;
use crate::model::inventory::SkippedFile;
use crate::model::open::is_within_bounds;

/// How many modules are evaluated for one file, each as often as it is used.
const MAX_MODULES: usize = 2_000;

/// How deep modules may nest.
const MAX_DEPTH: usize = 32;

/// The evaluation of one file with its modules.
pub struct Evaluation<'a> {
    /// The files.
    pub files: &'a mut Files,
    /// What was found so far.
    pub finder: Finder,
    /// The Bicep files that were evaluated.
    pub used: BTreeSet<PathBuf>,
    /// Those of them that are deployed for certain, with what they lead to.
    pub certain: BTreeSet<PathBuf>,
    /// How many modules were evaluated.
    pub modules: usize,
    /// How much work is left.
    pub work: &'a Work,
}

/// How a file came to be evaluated.
#[derive(Clone, Copy)]
pub struct ModuleContext<'a> {
    /// The symbols of the modules, the outermost first.
    pub path: &'a [String],
    /// Their declarations.
    pub related: &'a [(&'static str, Span)],
    /// The files around it.
    pub around: &'a [PathBuf],
    /// Whether a deployment may leave it out.
    pub uncertain: bool,
}

impl Evaluation<'_> {
    /// Evaluates a file, and gives its outputs.
    pub fn file(
        &mut self,
        unit: &Arc<Unit>,
        values: &ParameterValues,
        others: Option<&Node>,
        context: ModuleContext<'_>,
    ) -> Node {
        self.used.insert(unit.path.clone());
        if !context.uncertain {
            self.certain.insert(unit.path.clone());
        }
        let mut imports = Imports::default();
        let symbols = Symbols::collect(unit, self.files, &mut imports);
        self.used.extend(imports.files.iter().map(|file| file.unit.path.clone()));
        let prefix = context.path.iter().map(|module| format!("{module}.")).collect::<String>();
        let mut declared = declare(unit, &symbols, &imports, values, others, &prefix);
        for called in std::mem::take(&mut declared.modules) {
            self.module(unit, &called, &mut declared, context);
        }
        let scope = scope(&declared.names, self.work, context);
        for resource in &declared.resources {
            let kind = resource.kind.to_lowercase();
            if WANTED.contains(&kind.as_str()) {
                self.resource(resource, &kind, &scope, context);
            }
        }
        if context.path.is_empty() {
            return Node::default();
        }
        let outputs = declared.outputs.iter().map(|(name, value)| ((*name).to_owned(), evaluate(value, &scope)));
        Node::new(NodeValue::Object(outputs.collect()))
    }

    fn resource(
        &mut self,
        declared: &ResourceDeclaration,
        kind: &str,
        scope: &NameScope<'_>,
        context: ModuleContext<'_>,
    ) {
        let work = self.work;
        instances(&declared.body, scope, work, &declared.head, &mut |loop_instance| {
            let mut related = context.related.to_vec();
            let condition = loop_instance.condition.map(|span| ("only under this condition, which is not known", span));
            related.extend(condition);
            let names = evaluate(&declared.segments, loop_instance.scope);
            let names = names.as_list().unwrap_or_default();
            let source = &declared.name_source;
            let texts: Vec<String> = names.iter().map(|name| text_of(name, source)).collect();
            let name = texts.join("/");
            let mut name_node = names.last().cloned().unwrap_or_default();
            if names.len() > 1 {
                let text = name.clone();
                name_node.value =
                    if text.contains('{') { NodeValue::Symbol(text.into()) } else { NodeValue::String(text) };
            }
            let mut body = evaluate(&declared.body.object, loop_instance.scope);
            if body.as_object().is_none() {
                // Something is spread into it that is not known: of no part of it more can be said.
                let unknown = |name: &str| {
                    (name.to_owned(), Node { value: NodeValue::Unknown, provenance: body.provenance.clone() })
                };
                body.value =
                    NodeValue::Object(["location", "sku", "identity", "properties", "scope"].map(unknown).to_vec());
            }
            self.finder.resources.push(Resource {
                kind: kind.to_owned(),
                name,
                name_node,
                name_source: source.clone(),
                symbol: Some(match loop_instance.index {
                    Some(None) => format!("{}[*]", declared.symbol),
                    _ => declared.symbol.clone(),
                }),
                path: context.path.to_vec(),
                pointer: declared.symbol.clone(),
                instance: loop_instance.index.flatten(),
                block: declared.head.clone(),
                related,
                body,
                api_version: (!declared.version.is_empty()).then(|| declared.version.clone()),
                predicted: None,
            });
        });
    }

    /// Evaluates a module, and makes its outputs known under its symbol.
    fn module(
        &mut self,
        unit: &Unit,
        called: &ModuleDeclaration<'_>,
        declared: &mut Declarations<'_>,
        context: ModuleContext<'_>,
    ) {
        let symbol = &called.module.symbol;
        let outputs = match self.source(unit, called, declared.used.contains(symbol)) {
            Err(why) => {
                self.pass_over(unit, called, &scope(&declared.names, self.work, context), context);
                Node::unknown(why)
            }
            Ok(source) => {
                let mut calls: Vec<Call> = Vec::new();
                let scope = scope(&declared.names, self.work, context);
                instances(&called.body, &scope, self.work, &called.head, &mut |loop_instance| {
                    let name = match loop_instance.index {
                        None => symbol.clone(),
                        Some(Some(index)) => format!("{symbol}[{index}]"),
                        Some(None) => format!("{symbol}[*]"),
                    };
                    let uncertain =
                        context.uncertain || loop_instance.condition.is_some() || loop_instance.index == Some(None);
                    let mut related = vec![("the module is used here", called.head.clone())];
                    let condition =
                        loop_instance.condition.map(|span| ("only under this condition, which is not known", span));
                    related.extend(condition);
                    related.extend_from_slice(context.related);
                    calls.push(Call {
                        name,
                        related,
                        parameters: evaluate(&called.body.object, loop_instance.scope),
                        uncertain,
                    });
                });
                let all: Vec<Node> =
                    calls.into_iter().map(|call| self.call(&source, &called.head, call, context)).collect();
                match (&called.body.each, all.len()) {
                    (None, 1) => all.into_iter().next().unwrap_or_default(),
                    (None, _) => Node::unknown(format!("The module {symbol} is not deployed.")),
                    (Some(_), _) => Node::new(NodeValue::List(all)),
                }
            }
        };
        declared.names.resource(symbol, Binding::Value(outputs));
    }

    /// A module that has nothing to do with registries is not entered; what is deployed of it is, all the same.
    fn pass_over(
        &mut self,
        unit: &Unit,
        called: &ModuleDeclaration<'_>,
        scope: &NameScope<'_>,
        context: ModuleContext<'_>,
    ) {
        let mut is_certain = false;
        instances(&called.body, scope, self.work, &called.head, &mut |one| {
            is_certain |= !context.uncertain && one.condition.is_none() && one.index != Some(None);
        });
        if is_certain && is_local(&called.module.path) {
            self.certain.extend(self.files.reachable(unit, &unit.beside(&called.module.path)));
        }
    }

    /// Where a module is; an error says why its outputs are not known.
    fn source(&mut self, unit: &Unit, called: &ModuleDeclaration<'_>, is_used: bool) -> Result<Source, String> {
        let module = called.module;
        let not_read = || format!("The module {} is not read.", module.symbol);
        if !is_local(&module.path) {
            if hints_at_a_registry(&module.path, &module.symbol) {
                self.finder.gaps.push(FileGap::new(called.head.position(), format!("the module {} is not on disk, and may make a registry: scan what it compiles to, or its source", module.path)));
            } else {
                let what = format!("the module {} is not on disk", module.path);
                self.finder.skipped.push(SkippedFile::new(called.head.position(), what));
            }
            return Err(not_read());
        }
        let path = unit.beside(&module.path);
        if module.path.ends_with(".json") {
            if is_within_bounds(&unit.path, &path) {
                return Ok(Source::Template(path));
            }
            let why = "is not there, or not in this repository, and is not read; put it there";
            self.finder.gaps.push(FileGap::new(called.head.position(), format!("the module {} {why}", module.path)));
            return Err(not_read());
        }
        let read = self.files.load_led_to(&unit.path, &path).map_err(|error| {
            self.finder.gaps.push(FileGap::new(called.head.position(), format!("the module is not read: {error}")));
            not_read()
        })?;
        let concerns = ["containerregistry", "privateendpoints", "roleassignments"]
            .iter()
            .any(|word| self.files.mentions(&path, word));
        if concerns || is_used { Ok(Source::Bicep(read)) } else { Err(not_read()) }
    }

    /// Evaluates a module once, and gives what is known of it under its symbol.
    fn call(&mut self, source: &Source, head: &Span, call: Call, context: ModuleContext<'_>) -> Node {
        self.modules += 1;
        if self.modules > MAX_MODULES {
            if self.modules == MAX_MODULES + 1 {
                let what = format!("more than {MAX_MODULES} modules are used; those from here on are not read");
                self.finder.gaps.push(FileGap::new(head.position(), what));
            }
            return Node::unknown("The module is not read.");
        }
        let before = self.finder.resources.len();
        let work = self.work;
        let (outputs, gaps) = work.collect_gaps(|| self.outputs(source, head, &call, context));
        // What is wrong in a module that has nothing to do with registries is none of our business.
        if self.finder.resources.len() > before || gaps.ran_out {
            work.report(&gaps);
        }
        let name = ("name".to_owned(), Node::unknown("The name of a deployment is not evaluated."));
        Node::new(NodeValue::Object(vec![name, ("outputs".to_owned(), outputs)]))
    }

    fn outputs(&mut self, source: &Source, head: &Span, call: &Call, context: ModuleContext<'_>) -> Node {
        let (values, others) = match &call.parameters.value {
            NodeValue::Object(members) => {
                (members.iter().map(|(name, value)| (name.to_lowercase(), value.clone())).collect(), None)
            }
            _ => {
                let note = call.parameters.provenance.note.clone();
                let note = note.unwrap_or_else(|| "The parameters of the module are not known.".into());
                (ParameterValues::new(), Some(Node::unknown(note)))
            }
        };
        let mut path = context.path.to_vec();
        path.push(call.name.clone());
        let unit = match source {
            Source::Bicep(unit) => unit,
            Source::Template(template) => {
                if let Err(error) = self.finder.module(template, &values, self.work, &path, &call.related) {
                    self.finder.gaps.push(FileGap::new(head.position(), error));
                }
                return Node::unknown("The outputs of a module that is a template are not evaluated.");
            }
        };
        if context.around.contains(&unit.path) {
            self.finder.gaps.push(FileGap::new(head.position(), "the module includes itself; break the circle"));
            return Node::unknown("The module includes itself.");
        }
        if context.around.len() >= MAX_DEPTH {
            let what = format!("modules nest deeper than {MAX_DEPTH}; this one is not read");
            self.finder.gaps.push(FileGap::new(head.position(), what));
            return Node::unknown("The module is not read.");
        }
        let mut around = context.around.to_vec();
        around.push(unit.path.clone());
        let context = ModuleContext { path: &path, related: &call.related, around: &around, uncertain: call.uncertain };
        self.file(unit, &values, others.as_ref(), context)
    }
}

/// One use of a module.
struct Call {
    /// Its symbol, with the index of a loop.
    name: String,
    related: Vec<(&'static str, Span)>,
    parameters: Node,
    uncertain: bool,
}

/// The scope of a file's names.
fn scope<'a>(names: &'a Names, work: &'a Work, context: ModuleContext<'_>) -> NameScope<'a> {
    let scope = NameScope::new(names, work);
    if context.uncertain { scope.uncertain() } else { scope }
}

/// What a module is.
enum Source {
    Bicep(Arc<Unit>),
    Template(PathBuf),
}

/// Whether a module that is not on disk looks as if it made a registry.
fn hints_at_a_registry(path: &str, symbol: &str) -> bool {
    // `br:host/path:tag`, `br/alias:path:tag`: neither the host nor the alias says what the module makes.
    let after = path.split_once(if path.starts_with("br:") || path.starts_with("ts:") { '/' } else { ':' });
    let own = after.map_or(path, |(_, rest)| rest).to_lowercase();
    let words = ["registry", "registries", "acr", "containerregistry"];
    // The public library names each module by what it makes; in others, the symbol may say more.
    let symbol = if own.starts_with("avm/") { String::new() } else { symbol.to_lowercase() };
    own.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| words.contains(&word))
        || ["registry", "acr"].iter().any(|word| symbol.ends_with(word))
}

/// A name as text; what is not known of it stands in braces.
fn text_of(node: &Node, source: &str) -> String {
    match &node.value {
        NodeValue::String(text) => text.clone(),
        NodeValue::Symbol(symbol) => symbol.to_string(),
        _ => format!("{{{source}}}"),
    }
}
