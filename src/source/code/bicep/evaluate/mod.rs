//! A Bicep file and its modules, evaluated: the resources that concern registries.

mod modules;
mod remote;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::super::arm::expression::{NameScope, Names, Work, evaluate};
use super::super::arm::{CalledTemplate, Finder, ParameterValues, Resource, WANTED};
use super::super::declared::{Node, NodeValue, Span};
use super::declare::{ResourceDeclaration, declare};
use super::files::{Files, Unit};
use super::instances::instances;
use super::symbols::{Imports, Symbols};

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
    /// The id of the resource group or subscription that it is deployed to.
    pub scope: &'a str,
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
            } else if kind == "microsoft.resources/deployments" {
                self.deployment(unit, resource, &scope, context);
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
                body.value = NodeValue::Object(
                    ["location", "sku", "identity", "properties", "tags", "scope"].map(unknown).to_vec(),
                );
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
                scope: context.scope.to_owned(),
                unexpanded: loop_instance.index == Some(None),
            });
        });
    }

    /// A deployment that is written as a resource.
    fn deployment(
        &mut self,
        unit: &Unit,
        declared: &ResourceDeclaration,
        scope: &NameScope<'_>,
        context: ModuleContext<'_>,
    ) {
        let work = self.work;
        instances(&declared.body, scope, work, &declared.head, &mut |loop_instance| {
            let name = match loop_instance.index {
                None => declared.symbol.clone(),
                Some(Some(index)) => format!("{}[{index}]", declared.symbol),
                Some(None) => format!("{}[*]", declared.symbol),
            };
            let body = evaluate(&declared.body.object, loop_instance.scope);
            let deployments: Vec<String> = context.path.iter().cloned().chain([name]).collect();
            let group = body.get_folded("resourceGroup").map(|group| text_of(group, "resourceGroup"));
            let group = group.map(|group| format!("/subscriptions/{{subscription}}/resourceGroups/{group}"));
            let mut related = vec![("deployed here", declared.head.clone())];
            related.extend_from_slice(context.related);
            let call = CalledTemplate {
                values: &ParameterValues::new(),
                others: None,
                deployments: &deployments,
                related: &related,
                scope: group.as_deref().unwrap_or(context.scope),
            };
            let is_uncertain = context.uncertain || loop_instance.condition.is_some();
            self.finder.doubts += usize::from(is_uncertain);
            let properties = body.get_folded("properties").cloned().unwrap_or_default();
            self.finder.deployed_by_bicep(&properties, &declared.head, &unit.path, &call, work);
            self.finder.doubts -= usize::from(is_uncertain);
        });
    }
}

/// The scope of a file's names.
fn scope<'a>(names: &'a Names, work: &'a Work, context: ModuleContext<'_>) -> NameScope<'a> {
    let scope = NameScope::new(names, work);
    if context.uncertain { scope.uncertain() } else { scope }
}

/// A name as text; what is not known of it stands in braces.
fn text_of(node: &Node, source: &str) -> String {
    match &node.value {
        NodeValue::String(text) => text.clone(),
        NodeValue::Symbol(symbol) => symbol.to_string(),
        _ => format!("{{{source}}}"),
    }
}
