//! Modules: Bicep files, templates, and what is brought from elsewhere, each as often as it is used.

use std::path::PathBuf;
use std::sync::Arc;

use super::super::super::arm::expression::{Binding, Expr, evaluate};
use super::super::super::arm::{CalledTemplate, ParameterValues};
use super::super::super::declared::{Node, NodeValue, Span, doubt_of_members, is_marker, may_hold_others};
use super::super::declare::{Declarations, ModuleDeclaration};
use super::super::files::{Unit, is_local};
use super::super::instances::instances;
use super::{Evaluation, ModuleContext, scope, text_of};
use crate::model::file_gap::FileGap;
use crate::model::open::is_within_bounds;
use crate::model::path::display_path;

/// How many modules are evaluated for one file, each as often as it is used.
const MAX_MODULES: usize = 2_000;

/// How deep modules may nest.
const MAX_DEPTH: usize = 32;

/// One use of a module.
pub(super) struct Call {
    /// Its symbol, with the index of a loop.
    pub name: String,
    pub related: Vec<(&'static str, Span)>,
    pub parameters: Node,
    /// The id of the resource group or subscription that it goes to.
    pub scope: String,
    pub uncertain: bool,
}

/// What a module is.
pub(super) enum Source {
    Bicep(Arc<Unit>),
    Template(PathBuf),
    /// A template of somebody else's: what it makes stands at the call.
    Foreign {
        template: Arc<Expr>,
        path: PathBuf,
    },
    /// It is on no disk here.
    Missing,
}

impl Evaluation<'_> {
    /// Evaluates a module, and makes its outputs known under its symbol.
    pub(super) fn module(
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
                let calls = self.calls(called, declared, context);
                let all: Vec<Node> = calls.into_iter().map(|call| self.call(&source, called, call, context)).collect();
                match (&called.body.each, all.len()) {
                    (None, 1) => all.into_iter().next().unwrap_or_default(),
                    (None, _) => Node::unknown(format!("The module {symbol} is not deployed.")),
                    (Some(_), _) => Node::new(NodeValue::List(all)),
                }
            }
        };
        declared.names.resource(symbol, Binding::Value(outputs));
    }

    /// Each use of a module that a loop and a condition make.
    fn calls(
        &mut self,
        called: &ModuleDeclaration<'_>,
        declared: &Declarations<'_>,
        context: ModuleContext<'_>,
    ) -> Vec<Call> {
        let symbol = &called.module.symbol;
        let mut calls: Vec<Call> = Vec::new();
        let scope = scope(&declared.names, self.work, context);
        instances(&called.body, &scope, self.work, &called.head, &mut |loop_instance| {
            let name = match loop_instance.index {
                None => symbol.clone(),
                Some(Some(index)) => format!("{symbol}[{index}]"),
                Some(None) => format!("{symbol}[*]"),
            };
            let uncertain = context.uncertain || loop_instance.condition.is_some() || loop_instance.index == Some(None);
            let mut related = vec![("the module is used here", called.head.clone())];
            let condition = loop_instance.condition.map(|span| ("only under this condition, which is not known", span));
            related.extend(condition);
            related.extend_from_slice(context.related);
            let body = evaluate(&called.body.object, loop_instance.scope);
            let own = body.get("scope").map(|scope| text_of(scope, "scope"));
            // Within a module, its resource group is the one that the module is deployed to.
            let own = own.filter(|own| !own.eq_ignore_ascii_case(super::super::super::arm::expression::GROUP));
            calls.push(Call {
                name,
                related,
                parameters: body.get("params").cloned().unwrap_or_default(),
                scope: own.unwrap_or_else(|| context.scope.to_owned()),
                uncertain,
            });
        });
        calls
    }

    /// A module that has nothing to do with registries is not entered; what is deployed of it is, all the same.
    fn pass_over(
        &mut self,
        unit: &Unit,
        called: &ModuleDeclaration<'_>,
        scope: &super::NameScope<'_>,
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
            return self.remote(unit, module, is_used);
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
        if self.files.concerns_registries(&path) || is_used { Ok(Source::Bicep(read)) } else { Err(not_read()) }
    }

    /// Evaluates a module once, and gives what is known of it under its symbol.
    fn call(
        &mut self,
        source: &Source,
        called: &ModuleDeclaration<'_>,
        call: Call,
        context: ModuleContext<'_>,
    ) -> Node {
        let head = &called.head;
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
        let (outputs, gaps) = work.collect_gaps(|| self.outputs(source, called, &call, context));
        // What is wrong in a module that has nothing to do with registries is none of our business.
        if self.finder.resources.len() > before || gaps.ran_out {
            work.report(&gaps);
        }
        let name = ("name".to_owned(), Node::unknown("The name of a deployment is not evaluated."));
        Node::new(NodeValue::Object(vec![name, ("outputs".to_owned(), outputs)]))
    }

    fn outputs(
        &mut self,
        source: &Source,
        called: &ModuleDeclaration<'_>,
        call: &Call,
        context: ModuleContext<'_>,
    ) -> Node {
        let head = &called.head;
        let (values, others) = given(&call.parameters);
        let mut path = context.path.to_vec();
        path.push(call.name.clone());
        let deployed = CalledTemplate {
            values: &values,
            others: others.as_ref(),
            deployments: &path,
            related: &call.related,
            scope: &call.scope,
        };
        let unit = match source {
            Source::Bicep(unit) => unit,
            Source::Template(template) => {
                self.finder.doubts += usize::from(call.uncertain);
                let outputs = self.finder.module(template, &deployed, self.work);
                self.finder.doubts -= usize::from(call.uncertain);
                return outputs.unwrap_or_else(|error| {
                    self.finder.gaps.push(FileGap::new(head.position(), error));
                    Node::unknown("The module is not read.")
                });
            }
            Source::Foreign { template, path: file } => {
                let before = self.finder.resources.len();
                let deployed = CalledTemplate { related: context.related, ..deployed };
                let outputs = self.finder.called(template, file, &deployed, self.work);
                let file = display_path(file);
                for resource in &mut self.finder.resources[before..] {
                    resource.block = head.clone();
                    resource.body = at_call(std::mem::take(&mut resource.body), &file, head);
                    resource.name_node = at_call(std::mem::take(&mut resource.name_node), &file, head);
                    resource.unexpanded |= call.name.ends_with("[*]");
                }
                return outputs;
            }
            Source::Missing => return self.missing(called, call, context),
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
        let context = ModuleContext {
            path: &path,
            related: &call.related,
            around: &around,
            uncertain: call.uncertain,
            scope: &call.scope,
        };
        self.file(unit, &values, others.as_ref(), context)
    }
}

/// The values that a call gives, and what stands for those that it may give besides.
fn given(parameters: &Node) -> (ParameterValues, Option<Node>) {
    match &parameters.value {
        NodeValue::Object(members) => {
            let values = members.iter().filter(|(name, _)| !is_marker(name));
            let values = values.map(|(name, value)| (name.to_lowercase(), value.clone())).collect();
            (values, doubt_of_members(members).filter(|_| may_hold_others(members)).cloned())
        }
        _ => {
            let note = parameters.provenance.note.clone();
            let note = note.unwrap_or_else(|| "The parameters of the module are not known.".into());
            (ParameterValues::new(), Some(Node::unknown(note)))
        }
    }
}

/// The value with its places in this file at the call: nobody mends a module of somebody else's.
fn at_call(mut node: Node, file: &str, head: &Span) -> Node {
    if node.provenance.span.as_ref().is_some_and(|span| span.file.path == file) {
        node.provenance.span = Some(head.clone());
    }
    node.provenance.related.retain(|(_, span)| span.file.path != file);
    node.value = match node.value {
        NodeValue::List(items) => NodeValue::List(items.into_iter().map(|item| at_call(item, file, head)).collect()),
        NodeValue::Object(members) => {
            NodeValue::Object(members.into_iter().map(|(name, member)| (name, at_call(member, file, head))).collect())
        }
        scalar => scalar,
    };
    node
}
