//! Deployments within a template: their template stands in them, or in a file beside.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::expression::{Expr, NameScope, Work, evaluate};
use super::super::syntax::json;
use super::super::syntax::json::Strings;
use super::names::{ParameterValues, names};
use super::resources::{DeploymentContext, Finder, declare_resources, name_of, text_of};
use crate::model::file_gap::FileGap;
use crate::model::inventory::SkippedFile;
use crate::model::text_file::TextFile;
use crate::source::code::declared::{Node, NodeValue, Span};

/// How many linked templates are read for one template, each time it is linked to.
const MAX_LINKED: usize = 200;

impl Finder {
    /// Finds the resources of a template that is a module of a Bicep file.
    ///
    /// # Errors
    /// It cannot be read, or is no JSON.
    pub fn module(
        &mut self,
        path: &Path,
        values: &ParameterValues,
        work: &Work,
        deployments: &[String],
        related: &[(&'static str, Span)],
    ) -> Result<(), String> {
        let (path, template) = self.template_at(path, path)?;
        let mut names = names(&template, values, &format!("{}/", deployments.join("/")));
        declare_resources(&mut names, &template);
        let context = DeploymentContext { deployments, related, pointer: "", parent: None, symbol: None, path: &path };
        self.resources_of(&template, &NameScope::new(&names, work), context, 0);
        Ok(())
    }

    pub(super) fn deployment(
        &mut self,
        resource: &Expr,
        scope: &NameScope<'_>,
        context: DeploymentContext<'_>,
        depth: usize,
    ) {
        let Some(properties) = resource.get("properties") else { return };
        let (name_node, name_source) = name_of(resource, scope, None);
        let name = context.symbol.map_or_else(|| text_of(&name_node, &name_source), str::to_owned);
        let mut deployments = context.deployments.to_vec();
        deployments.push(name);
        let parameters = || -> ParameterValues {
            let parameters = properties.get("parameters").map(|parameters| evaluate(parameters, scope));
            passed(parameters.unwrap_or_default())
        };
        let prefix = format!("{}/", deployments.join("/"));
        if let Some(template) = properties.get("template") {
            let pointer = format!("{}/properties/template", context.pointer);
            let inner = DeploymentContext { deployments: &deployments, pointer: &pointer, parent: None, ..context };
            let scoped = properties.get("expressionEvaluationOptions").and_then(|options| options.get("scope"));
            let scoped = scoped.map(|scoped| evaluate(scoped, scope));
            match scoped.as_ref().and_then(Node::as_str) {
                Some(word) if word.eq_ignore_ascii_case("inner") => {
                    let mut names = names(template, &parameters(), &prefix);
                    declare_resources(&mut names, template);
                    self.resources_of(template, &NameScope::new(&names, scope.work()), inner, depth);
                }
                _ => self.resources_of(template, scope, inner, depth),
            }
            return;
        }
        let Some(link) = properties.get("templateLink") else { return };
        let relative = link.get("relativePath").map(|path| evaluate(path, scope));
        let Some(relative) = relative.as_ref().and_then(Node::as_str) else {
            return self.not_on_disk(resource, link, scope);
        };
        match self.linked(context.path, relative) {
            Err(error) => self.gaps.push(FileGap::new(link.span.position(), error)),
            Ok((path, template)) => {
                let mut related = vec![("deployed here", link.span.clone())];
                related.extend_from_slice(context.related);
                let mut names = names(&template, &parameters(), &prefix);
                declare_resources(&mut names, &template);
                let inner = DeploymentContext {
                    deployments: &deployments,
                    related: &related,
                    pointer: "",
                    parent: None,
                    symbol: None,
                    path: &path,
                };
                self.resources_of(&template, &NameScope::new(&names, scope.work()), inner, depth);
            }
        }
    }

    /// Reads a template beside another. One that links to itself ends at the depth limit of deployments.
    fn linked(&mut self, from: &Path, relative: &str) -> Result<(PathBuf, Expr), String> {
        if self.files.len() >= MAX_LINKED {
            return Err(format!("more than {MAX_LINKED} linked templates are not read"));
        }
        self.template_at(from, &from.parent().unwrap_or(Path::new("")).join(relative.replace('\\', "/")))
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

    fn not_on_disk(&mut self, resource: &Expr, link: &Expr, scope: &NameScope<'_>) {
        let target = ["uri", "id"].iter().find_map(|name| link.get(name)).map(|target| evaluate(target, scope));
        let target = match target.map(|node| node.value) {
            Some(NodeValue::String(text)) => text,
            Some(NodeValue::Symbol(symbol)) => symbol.to_string(),
            _ => link.source(),
        };
        // An address may carry a token after its question mark.
        let target = target.split('?').next().unwrap_or_default().to_owned();
        let span = link.span.position();
        let hint = format!("{target} {}", resource.get("name").map(Expr::source).unwrap_or_default()).to_lowercase();
        if ["registry", "registries", "acr"].iter().any(|word| hint.contains(word)) {
            let what = "the linked template is not on disk, and may hold a registry; link to it by relativePath";
            self.gaps.push(FileGap::new(span, format!("{what}: {target}")));
        } else {
            self.skipped.push(SkippedFile::new(span, format!("the linked template is not on disk: {target}")));
        }
    }
}

/// The values that a deployment passes to its template.
fn passed(parameters: Node) -> ParameterValues {
    let NodeValue::Object(members) = parameters.value else { return ParameterValues::new() };
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
    members.into_iter().map(value).collect()
}
