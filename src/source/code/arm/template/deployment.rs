//! Deployments within a template: their template stands in them, or in a file beside.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::expression::{Expr, NameScope, Work, evaluate};
use super::super::syntax::json;
use super::super::syntax::json::Strings;
use super::super::syntax::node::of_node;
use super::heads::{declare_resources, name_of, text_of};
use super::links;
use super::names::{ParameterValues, names};
use super::resources::{DeploymentContext, Finder};
use crate::model::file_gap::FileGap;
use crate::model::inventory::SkippedFile;
use crate::model::text_file::TextFile;
use crate::source::code::declared::{Node, NodeValue, Span, doubt_of_members, is_marker, may_hold_others};

/// How many linked templates are read for one template, each time it is linked to.
const MAX_LINKED: usize = 200;

/// A template that another file deploys: with which values, and from where.
pub struct CalledTemplate<'a> {
    /// The values for its parameters.
    pub values: &'a ParameterValues,
    /// What stands for parameters that are not given and yet may have been.
    pub others: Option<&'a Node>,
    /// The deployments that it is in, the outermost first, its own the last.
    pub deployments: &'a [String],
    /// Where else to look.
    pub related: &'a [(&'static str, Span)],
    /// The id of the resource group or subscription that it is deployed to.
    pub scope: &'a str,
}

impl Finder {
    /// Finds the resources of a template that is a module of a Bicep file, and gives what it puts out.
    ///
    /// # Errors
    /// It cannot be read, or is no JSON.
    pub fn module(&mut self, path: &Path, call: &CalledTemplate<'_>, work: &Work) -> Result<Node, String> {
        let (path, template) = self.template_at(path, path)?;
        Ok(self.called(&template, &path, call, work))
    }

    /// Finds the resources of a template that another file deploys, and gives what it puts out.
    pub fn called(&mut self, template: &Expr, path: &Path, call: &CalledTemplate<'_>, work: &Work) -> Node {
        let values = with_others(template, call.values.clone(), call.others);
        let mut names = names(template, &values, &format!("{}/", call.deployments.join("/")));
        declare_resources(&mut names, template);
        let context = DeploymentContext {
            deployments: call.deployments,
            related: call.related,
            pointer: "",
            parent: None,
            symbol: None,
            path,
            scope: call.scope,
        };
        let scope = NameScope::new(&names, work);
        self.resources_of(template, &scope, context, 0);
        outputs_of(template, &scope)
    }

    /// A deployment that a Bicep file declares as a resource: its properties.
    pub fn deployed_by_bicep(
        &mut self,
        properties: &Node,
        head: &Span,
        path: &Path,
        call: &CalledTemplate<'_>,
        work: &Work,
    ) {
        let (values, others) =
            passed(properties.get_folded("parameters").cloned().unwrap_or(Node::new(NodeValue::Null)));
        let call = CalledTemplate { values: &values, others: others.as_ref(), ..*call };
        if let Some(template) = properties.get_folded("template").filter(|template| template.value != NodeValue::Null) {
            if template.as_object().is_none() {
                let why =
                    "what this deployment deploys is not known; make it a module, or load its template from a file";
                return self.gaps.push(FileGap::new(head.position(), why));
            }
            // A file that holds it is deployed by this, not by itself.
            if let Some(span) = template.provenance.span.as_ref().filter(|span| span.file.path.ends_with(".json")) {
                self.files.push(PathBuf::from(&span.file.path));
                if self.doubts == 0 {
                    self.certain_files.push(PathBuf::from(&span.file.path));
                }
            }
            let template = of_node(template, head, &mut self.gaps);
            drop(self.called(&template, path, &call, work));
            return;
        }
        let link = properties.get_folded("templateLink");
        let target = link.and_then(|link| links::target_of(&|name| link.get_folded(name).cloned()));
        let relative = link.and_then(|link| link.get_folded("relativePath")?.as_str());
        let relative = relative.map(|relative| links::relative(path, relative));
        match target.as_deref().and_then(|target| links::beside(target, &[path])).or(relative) {
            Some(file) => {
                if let Err(why) = self.linked(path, &file).map(|template| self.called(&template, &file, &call, work)) {
                    self.gaps.push(FileGap::new(head.position(), why));
                }
            }
            None => self.not_on_disk(&target.unwrap_or_default(), "", head),
        }
    }

    pub(super) fn deployment(
        &mut self,
        resource: &Expr,
        scope: &NameScope<'_>,
        (context, instance): (DeploymentContext<'_>, Option<usize>),
        depth: usize,
    ) {
        let Some(properties) = resource.get("properties") else { return };
        let (name_node, name_source) = name_of(resource, scope, None);
        let own = text_of(&name_node, &name_source);
        let name = context.symbol.map_or_else(|| own.clone(), str::to_owned);
        let mut deployments = context.deployments.to_vec();
        deployments.push(name);
        let target = target_scope(resource, scope, context.scope);
        let context = DeploymentContext { scope: &target, ..context };
        let passed = || {
            let parameters = properties.get("parameters").map(|parameters| evaluate(parameters, scope));
            passed(parameters.unwrap_or(Node::new(NodeValue::Null)))
        };
        let prefix = format!("{}/", deployments.join("/"));
        let outputs = if let Some(template) = properties.get("template") {
            let pointer = format!("{}/properties/template", context.pointer);
            let inner = DeploymentContext { deployments: &deployments, pointer: &pointer, parent: None, ..context };
            let scoped = properties.get("expressionEvaluationOptions").and_then(|options| options.get("scope"));
            let scoped = scoped.map(|scoped| evaluate(scoped, scope));
            match scoped.as_ref().and_then(Node::as_str) {
                Some(word) if word.eq_ignore_ascii_case("inner") => {
                    let (values, others) = passed();
                    let mut names = names(template, &with_others(template, values, others.as_ref()), &prefix);
                    declare_resources(&mut names, template);
                    let scope = NameScope::new(&names, scope.work());
                    self.resources_of(template, &scope, inner, depth);
                    outputs_of(template, &scope)
                }
                _ => {
                    self.resources_of(template, scope, inner, depth);
                    outputs_of(template, scope)
                }
            }
        } else {
            let Some(link) = properties.get("templateLink") else { return };
            let target = links::target_of(&|name| link.get(name).map(|target| evaluate(target, scope)));
            let target = target.unwrap_or_else(|| link.source());
            let main = self.main.clone();
            let relative = link.get("relativePath").map(|path| evaluate(path, scope));
            let relative = relative.as_ref().and_then(Node::as_str).map(|path| links::relative(context.path, path));
            let Some(file) = links::beside(&target, &[context.path, &main]).or(relative) else {
                let name = resource.get("name").map(Expr::source).unwrap_or_default();
                return self.not_on_disk(&target, &name, &link.span);
            };
            match self.linked(context.path, &file) {
                Err(error) => return self.gaps.push(FileGap::new(link.span.position(), error)),
                Ok(template) => {
                    let mut related = vec![("deployed here", link.span.clone())];
                    related.extend_from_slice(context.related);
                    let (values, others) = passed();
                    let mut names = names(&template, &with_others(&template, values, others.as_ref()), &prefix);
                    declare_resources(&mut names, &template);
                    let inner = DeploymentContext {
                        deployments: &deployments,
                        related: &related,
                        pointer: "",
                        parent: None,
                        symbol: None,
                        path: &file,
                        ..context
                    };
                    let scope = NameScope::new(&names, scope.work());
                    self.resources_of(&template, &scope, inner, depth);
                    outputs_of(&template, &scope)
                }
            }
        };
        scope.put_outputs(&own, &outputs);
        match (context.symbol, instance) {
            (Some(symbol), Some(index)) => scope.put_outputs(&format!("{symbol}[{index}]"), &outputs),
            (Some(symbol), None) => scope.put_outputs(symbol, &outputs),
            (None, _) => {}
        }
    }

    /// Reads a template beside another. One that links to itself ends at the depth limit of deployments.
    fn linked(&mut self, from: &Path, file: &Path) -> Result<Expr, String> {
        if self.files.len() >= MAX_LINKED {
            return Err(format!("more than {MAX_LINKED} linked templates are not read"));
        }
        self.template_at(from, file).map(|(_, template)| template)
    }

    fn template_at(&mut self, from: &Path, path: &Path) -> Result<(PathBuf, Expr), String> {
        let file = TextFile::read_led_to(from, path);
        let file = Arc::new(file.map_err(|error| format!("the linked template is not read: {error}"))?);
        let template = json::read(&file, Strings::Expressions, &mut self.gaps).map_err(|gap| gap.to_string())?;
        self.files.push(path.to_owned());
        if self.doubts == 0 {
            self.certain_files.push(path.to_owned());
        }
        Ok((path.to_owned(), template))
    }

    fn not_on_disk(&mut self, target: &str, name: &str, span: &Span) {
        // An address may carry a token after its question mark.
        let target = target.split('?').next().unwrap_or_default().to_owned();
        let hint = format!("{target} {name}").to_lowercase();
        if ["registry", "registries", "acr"].iter().any(|word| hint.contains(word)) {
            let what = "the linked template is not on disk, and may hold a registry; link to it by relativePath";
            self.gaps.push(FileGap::new(span.position(), format!("{what}: {target}")));
        } else {
            let why = format!("the linked template is not on disk: {target}");
            self.skipped.push(SkippedFile::new(span.position(), why));
        }
    }
}

/// What a template puts out. What is wrong in it is told where it is used.
fn outputs_of(template: &Expr, scope: &NameScope<'_>) -> Node {
    let scope = scope.uncertain();
    let outputs = template.get("outputs").into_iter().flat_map(Expr::pairs);
    let value = |output: &Expr| match (output.get("value"), output.get("copy")) {
        (Some(value), None) => evaluate(value, &scope),
        _ => Node::unknown("It is an output of a loop, which is not evaluated."),
    };
    Node::new(NodeValue::Object(outputs.map(|(name, output, _)| (name.to_owned(), value(output))).collect()))
}

/// The resource group or subscription that a deployment goes to: the one around it, where it names none.
fn target_scope(resource: &Expr, scope: &NameScope<'_>, around: &str) -> String {
    let text = |name: &str| {
        let node = evaluate(resource.get(name)?, scope);
        Some(text_of(&node, &resource.get(name)?.source()))
    };
    let subscription = text("subscriptionId").map(|id| format!("/subscriptions/{id}"));
    match (text("resourceGroup"), subscription) {
        (Some(group), subscription) => {
            let subscription = subscription.unwrap_or_else(|| super::resources::SUBSCRIPTION.to_owned());
            format!("{subscription}/resourceGroups/{group}")
        }
        (None, Some(subscription)) => subscription,
        (None, None) => around.to_owned(),
    }
}

/// The values that a deployment passes to its template, and what stands for those that it may pass besides.
fn passed(parameters: Node) -> (ParameterValues, Option<Node>) {
    let members = match parameters.value {
        NodeValue::Object(members) => members,
        NodeValue::Null => return (ParameterValues::new(), None),
        _ => {
            let note = parameters.provenance.note.unwrap_or_else(|| "The parameters are not known.".into());
            return (ParameterValues::new(), Some(Node::unknown(note)));
        }
    };
    let others = doubt_of_members(&members).filter(|_| may_hold_others(&members)).cloned();
    let value = |(name, member): (String, Node)| {
        let value = match member.get_folded("value") {
            Some(value) => value.clone(),
            None if member.get_folded("reference").is_some() => {
                Node::unknown(format!("Parameter `{name}` is a secret of a key vault."))
            }
            None => Node { value: NodeValue::Unknown, ..member },
        };
        (name.to_lowercase(), value)
    };
    (members.into_iter().filter(|(name, _)| !is_marker(name)).map(value).collect(), others)
}

/// With a value that is not known for each parameter that may have been given.
fn with_others(template: &Expr, mut values: ParameterValues, others: Option<&Node>) -> ParameterValues {
    if let Some(others) = others {
        for (name, ..) in template.get("parameters").into_iter().flat_map(Expr::pairs) {
            values.entry(name.to_lowercase()).or_insert_with(|| others.clone());
        }
    }
    values
}
