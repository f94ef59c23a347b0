//! The resources of a template that concern registries, found through copies, conditions, children and nested
//! deployments.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::expression::{Binding, Expr, Kind, Names, Scope, Work, copy_local, evaluate};
use super::json::{self, Strings};
use super::template::{Given, names};
use crate::source::declared::{Node, Place, Val};
use crate::text_file::TextFile;

/// How many instances of a resource are followed: what ARM itself allows is 800.
const MOST_INSTANCES: usize = 10_000;

/// How deep deployments may nest.
const MOST_DEPLOYMENTS: usize = 16;

/// How many linked templates are read for one template, each time it is linked to.
const MOST_LINKED: usize = 200;

/// The types that are read, lower case.
pub const WANTED: [&str; 6] = [
    REGISTRY,
    TASK,
    AGENT_POOL,
    "microsoft.network/privateendpoints",
    "microsoft.authorization/roleassignments",
    "microsoft.containerregistry/registries/providers/roleassignments",
];
/// The type of a registry, lower case.
pub const REGISTRY: &str = "microsoft.containerregistry/registries";
/// The type of a task, lower case.
pub const TASK: &str = "microsoft.containerregistry/registries/tasks";
/// The type of an agent pool, lower case.
pub const AGENT_POOL: &str = "microsoft.containerregistry/registries/agentpools";

/// A resource.
#[derive(Debug, Clone)]
pub struct Resource {
    /// Its type, lower case.
    pub kind: String,
    /// Its name, those of its parents before it with slashes between; what is not known of it stands in braces.
    pub name: String,
    /// The name as a value.
    pub name_node: Node,
    /// The source text of the name's expression.
    pub name_source: String,
    /// Its symbolic name, where resources have some.
    pub symbol: Option<String>,
    /// The deployments that it is in, the outermost first.
    pub path: Vec<String>,
    /// JSON pointer within its file.
    pub pointer: String,
    /// Which instance of a copy loop it is.
    pub instance: Option<usize>,
    /// The head: `"type": "…"`.
    pub block: Place,
    /// Where else to look.
    pub related: Vec<(&'static str, Place)>,
    /// `location`, `sku`, `identity`, `properties`, `scope`.
    pub body: Node,
    /// The api-version.
    pub api_version: Option<String>,
    /// What-if: what it says of the resource besides.
    pub predicted: Option<Predicted>,
}

/// What what-if says of a resource besides what it will be.
#[derive(Debug, Clone)]
pub struct Predicted {
    /// Its ARM id.
    pub id: String,
    /// Whether it does not exist yet.
    pub is_new: bool,
}

/// What was found, and what was not followed.
#[derive(Debug, Default)]
pub struct Finder {
    /// The resources.
    pub resources: Vec<Resource>,
    /// What was left, and why.
    pub left: Vec<(String, String)>,
    /// What was not read.
    pub gaps: Vec<String>,
    /// The files that linked templates are in.
    pub files: Vec<PathBuf>,
}

/// Where a template stands.
#[derive(Clone, Copy)]
struct Within<'a> {
    deployments: &'a [String],
    related: &'a [(&'static str, Place)],
    pointer: &'a str,
    /// The type and name of the parent resource, and whether anything is known of it.
    parent: Option<(&'a str, &'a Node)>,
    symbol: Option<&'a str>,
    path: &'a Path,
}

impl Finder {
    /// Finds the resources of a main template.
    pub fn template(&mut self, template: &Expr, path: &Path, given: &Given, work: &Work) {
        let mut names = names(template, given, "");
        declare_resources(&mut names, template, work);
        let within = Within { deployments: &[], related: &[], pointer: "", parent: None, symbol: None, path };
        self.resources_of(template, &Scope::new(&names, work), within, 0);
    }

    /// Finds the resources of a template that is a module of a Bicep file.
    ///
    /// # Errors
    /// It cannot be read, or is no JSON.
    pub fn module(
        &mut self,
        path: &Path,
        given: &Given,
        work: &Work,
        deployments: &[String],
        related: &[(&'static str, Place)],
    ) -> Result<(), String> {
        let file = Arc::new(TextFile::read(path)?);
        let template = json::read(&file, Strings::Expressions, &mut self.gaps)?;
        self.files.push(path.to_owned());
        let mut names = names(&template, given, &format!("{}/", deployments.join("/")));
        declare_resources(&mut names, &template, work);
        let within = Within { deployments, related, pointer: "", parent: None, symbol: None, path };
        self.resources_of(&template, &Scope::new(&names, work), within, 0);
        Ok(())
    }

    fn resources_of(&mut self, template: &Expr, scope: &Scope<'_>, within: Within<'_>, depth: usize) {
        let Some(resources) = template.get("resources") else { return };
        let pointer = format!("{}/resources", within.pointer);
        for (index, resource) in resources.items().enumerate() {
            let pointer = format!("{pointer}/{index}");
            self.resource(resource, scope, Within { pointer: &pointer, symbol: None, ..within }, depth);
        }
        for (symbol, resource, _) in resources.pairs() {
            let pointer = format!("{pointer}/{}", symbol.replace('~', "~0").replace('/', "~1"));
            self.resource(resource, scope, Within { pointer: &pointer, symbol: Some(symbol), ..within }, depth);
        }
    }

    fn resource(&mut self, resource: &Expr, scope: &Scope<'_>, within: Within<'_>, depth: usize) {
        let exists = resource.get("existing").map(|existing| evaluate(existing, scope));
        if exists.is_some_and(|node| node.as_bool() == Some(true)) {
            return;
        }
        let Some((kind, block)) = kind_of(resource, scope, within.parent) else { return };
        let is_wanted = WANTED.contains(&kind.as_str());
        if !is_wanted && kind != "microsoft.resources/deployments" {
            return;
        }
        // Instances of a loop may differ in whether they are there.
        self.instances(resource, scope, &mut |finder, scope, instance| {
            let mut related = within.related.to_vec();
            if let Some((condition, place)) = resource.pair("condition") {
                match evaluate(condition, scope).as_bool() {
                    Some(false) => return,
                    Some(true) => {}
                    None => related.push(("only under this condition, which is not known", place.clone())),
                }
            }
            let within = Within { related: &related, ..within };
            if is_wanted {
                finder.wanted(resource, &kind, &block, instance, scope, within, depth);
            } else if depth < MOST_DEPLOYMENTS {
                finder.deployment(resource, scope, within, depth + 1);
            } else {
                finder.gaps.push(format!("{}: deployments nest too deep; this one is not read", block.shown()));
            }
        });
    }

    /// Calls for each instance of a resource's copy loop.
    fn instances(
        &mut self,
        resource: &Expr,
        scope: &Scope<'_>,
        call: &mut dyn FnMut(&mut Finder, &Scope<'_>, Option<usize>),
    ) {
        let Some((copy, place)) = resource.pair("copy") else { return call(self, scope, None) };
        let name = copy.get("name").and_then(Expr::as_str).unwrap_or_default();
        let count = copy.get("count").map(|count| evaluate(count, scope)).unwrap_or_default();
        let number = match &count.value {
            Val::Number(number) => number.as_u64().and_then(|number| usize::try_from(number).ok()),
            _ => None,
        };
        let mut with = |finder: &mut Finder, index: &Node, instance| {
            scope.with(&copy_local(""), index, |scope| {
                scope.with(&copy_local(name), index, |scope| call(finder, scope, instance));
            });
        };
        match number {
            Some(number) if number <= MOST_INSTANCES => {
                for index in 0..number {
                    with(self, &Node::of(Val::Number(index.into())), Some(index));
                }
            }
            _ => {
                if !count.is_unknown() {
                    let what = format!("`count` is not from 0 to {MOST_INSTANCES}; one instance stands for all");
                    self.gaps.push(format!("{}: {what}", place.shown()));
                }
                with(self, &Node::unknown("How often the copy loop runs is not known."), None);
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a resource and all that it stands in")]
    fn wanted(
        &mut self,
        resource: &Expr,
        kind: &str,
        block: &Place,
        instance: Option<usize>,
        scope: &Scope<'_>,
        within: Within<'_>,
        depth: usize,
    ) {
        let (name_node, name_source) = name_of(resource, scope, within.parent.map(|(_, name)| name));
        let name = text_of(&name_node, &name_source);
        let keep = ["location", "sku", "identity", "properties", "scope"];
        let members = match &resource.kind {
            Kind::Object(members) => members.iter().filter(|member| match member {
                super::expression::Member::Pair { key, .. } => {
                    key.as_str().is_none_or(|key| keep.iter().any(|known| known.eq_ignore_ascii_case(key)))
                }
                super::expression::Member::Spread(_) => true,
            }),
            _ => return,
        };
        let body = Expr::new(Kind::Object(members.cloned().collect()), block.clone());
        let version = resource.get("apiVersion").map(|version| evaluate(version, scope));
        let body = evaluate(&body, scope);
        self.resources.push(Resource {
            kind: kind.to_owned(),
            name,
            name_source,
            symbol: within.symbol.map(str::to_owned),
            path: within.deployments.to_vec(),
            pointer: within.pointer.to_owned(),
            instance,
            block: block.clone(),
            related: within.related.to_vec(),
            body,
            api_version: version.as_ref().and_then(Node::as_str).map(str::to_owned),
            name_node: name_node.clone(),
            predicted: None,
        });
        let parent = Some((kind, &name_node));
        self.resources_of(resource, scope, Within { parent, ..within }, depth);
    }

    fn deployment(&mut self, resource: &Expr, scope: &Scope<'_>, within: Within<'_>, depth: usize) {
        let Some(properties) = resource.get("properties") else { return };
        let (name_node, name_source) = name_of(resource, scope, None);
        let name = within.symbol.map_or_else(|| text_of(&name_node, &name_source), str::to_owned);
        let mut deployments = within.deployments.to_vec();
        deployments.push(name);
        let parameters = || -> Given {
            let parameters = properties.get("parameters").map(|parameters| evaluate(parameters, scope));
            passed(parameters.unwrap_or_default())
        };
        let prefix = format!("{}/", deployments.join("/"));
        if let Some(template) = properties.get("template") {
            let pointer = format!("{}/properties/template", within.pointer);
            let inner = Within { deployments: &deployments, pointer: &pointer, parent: None, ..within };
            let scoped = properties.get("expressionEvaluationOptions").and_then(|options| options.get("scope"));
            let scoped = scoped.map(|scoped| evaluate(scoped, scope));
            match scoped.as_ref().and_then(Node::as_str) {
                Some(word) if word.eq_ignore_ascii_case("inner") => {
                    let mut names = names(template, &parameters(), &prefix);
                    declare_resources(&mut names, template, scope.work());
                    self.resources_of(template, &Scope::new(&names, scope.work()), inner, depth);
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
        match self.linked(within.path, relative) {
            Err(error) => self.gaps.push(format!("{}: {error}", link.place.shown())),
            Ok((path, template)) => {
                let mut related = vec![("deployed here", link.place.clone())];
                related.extend_from_slice(within.related);
                let mut names = names(&template, &parameters(), &prefix);
                declare_resources(&mut names, &template, scope.work());
                let inner = Within {
                    deployments: &deployments,
                    related: &related,
                    pointer: "",
                    parent: None,
                    symbol: None,
                    path: &path,
                };
                self.resources_of(&template, &Scope::new(&names, scope.work()), inner, depth);
            }
        }
    }

    /// Reads a template beside another. One that links to itself ends at the depth limit of deployments.
    fn linked(&mut self, from: &Path, relative: &str) -> Result<(PathBuf, Expr), String> {
        if self.files.len() >= MOST_LINKED {
            return Err(format!("more than {MOST_LINKED} linked templates are not read"));
        }
        let path = from.parent().unwrap_or(Path::new("")).join(relative.replace('\\', "/"));
        let file =
            Arc::new(TextFile::read(&path).map_err(|error| format!("the linked template is not read: {error}"))?);
        let template = json::read(&file, Strings::Expressions, &mut self.gaps)?;
        self.files.push(path.clone());
        Ok((path, template))
    }

    fn not_on_disk(&mut self, resource: &Expr, link: &Expr, scope: &Scope<'_>) {
        let target = ["uri", "id"].iter().find_map(|name| link.get(name)).map(|target| evaluate(target, scope));
        let target = match target.map(|node| node.value) {
            Some(Val::String(text)) => text,
            Some(Val::Symbol(symbol)) => symbol.to_string(),
            _ => link.source(),
        };
        // An address may carry a token after its question mark.
        let target = target.split('?').next().unwrap_or_default().to_owned();
        let place = link.place.shown();
        let hint = format!("{target} {}", resource.get("name").map(Expr::source).unwrap_or_default()).to_lowercase();
        if ["registry", "registries", "acr"].iter().any(|word| hint.contains(word)) {
            let what = "the linked template is not on disk, and may hold a registry; link to it by relativePath";
            self.gaps.push(format!("{place}: {what}: {target}"));
        } else {
            self.left.push((place, format!("the linked template is not on disk: {target}")));
        }
    }
}

/// The values that a deployment passes to its template.
fn passed(parameters: Node) -> Given {
    let Val::Object(members) = parameters.value else { return Given::new() };
    let value = |(name, member): (String, Node)| {
        let value = match member.get_folded("value") {
            Some(value) => value.clone(),
            None if member.get_folded("reference").is_some() => {
                Node::unknown(format!("Parameter `{name}` is a secret of a key vault."))
            }
            None => Node { value: Val::Unknown, ..member },
        };
        (name.to_lowercase(), value)
    };
    members.into_iter().map(value).collect()
}

/// The full type of a resource, lower case, and the head of its block.
fn kind_of(resource: &Expr, scope: &Scope<'_>, parent: Option<(&str, &Node)>) -> Option<(String, Place)> {
    let (kind, place) = resource.pair("type")?;
    let kind = evaluate(kind, scope);
    // Symbolic resources of extensions: `Microsoft.A/b@version`.
    let kind = kind.as_str()?.to_lowercase();
    let kind = kind.split('@').next().unwrap_or_default().to_owned();
    Some(match parent {
        Some((parent, _)) if !kind.starts_with("microsoft.") => (format!("{parent}/{kind}"), place.clone()),
        _ => (kind, place.clone()),
    })
}

/// The name of a resource, its parent's before it, and the source of its expression.
fn name_of(resource: &Expr, scope: &Scope<'_>, parent: Option<&Node>) -> (Node, String) {
    let Some(name) = resource.get("name") else { return (Node::default(), String::new()) };
    let mut node = evaluate(name, scope);
    let source = match name.as_str() {
        Some(text) => text.to_owned(),
        None => name.source(),
    };
    if node.site.place.is_none() {
        node.site.place = Some(name.place.clone());
    }
    let Some(parent) = parent else { return (node, source) };
    if node.as_str().is_some_and(|name| name.contains('/')) {
        return (node, source);
    }
    let texts = [text_of(parent, ""), text_of(&node, &source)];
    let text = texts.join("/");
    node.value = if text.contains('{') { Val::Symbol(text.into()) } else { Val::String(text) };
    (node, source)
}

/// A name as text; what is not known of it stands in braces.
fn text_of(node: &Node, source: &str) -> String {
    match &node.value {
        Val::String(text) => text.clone(),
        Val::Symbol(symbol) => symbol.to_string(),
        _ => format!("{{{source}}}"),
    }
}

/// Declares the resources that have symbolic names.
fn declare_resources(names: &mut Names, template: &Expr, work: &Work) {
    let Some(resources) = template.get("resources") else { return };
    let mut declared = Vec::new();
    for (symbol, resource, _) in resources.pairs() {
        let scope = Scope::new(names, work);
        if resource.get("copy").is_some() {
            continue;
        }
        let Some(kind) = resource.get("type").map(|kind| evaluate(kind, &scope)) else { continue };
        let kind = kind.as_str().unwrap_or_default().split('@').next().unwrap_or_default().to_owned();
        let (node, source) = name_of(resource, &scope, None);
        let id = id_of(&kind, &text_of(&node, &source));
        let members = vec![
            ("id".to_owned(), Node::of(Val::Symbol(id.into()))),
            ("name".to_owned(), node),
            ("type".to_owned(), Node::text(kind)),
        ];
        declared.push((symbol.to_owned(), Node::of(Val::Object(members))));
    }
    for (symbol, node) in declared {
        names.resource(&symbol, Binding::Value(node));
    }
}

/// The id of a resource in the resource group that is deployed to.
pub fn id_of(kind: &str, name: &str) -> String {
    let mut segments = kind.split('/');
    let namespace = segments.next().unwrap_or_default();
    let mut id = format!("/subscriptions/{{subscription}}/resourceGroups/{{resourceGroup}}/providers/{namespace}");
    for (segment, name) in segments.zip(split_name(name)) {
        id.push_str(&format!("/{segment}/{name}"));
    }
    id
}

/// The segments of a name, where slashes in braces are none.
pub fn split_name(name: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0usize);
    for (at, c) in name.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            '/' if depth == 0 => {
                parts.push(&name[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&name[start..]);
    parts
}
