//! What a Bicep file declares, as names for the evaluator and bodies for it to evaluate.

mod modules;
mod resources;

use std::collections::{BTreeMap, BTreeSet};

use super::super::arm::expression::{Binding, Expr, ExprKind, For, Function, Item, Names};
use super::super::arm::{ParameterValues, typed};
use super::super::declared::{Node, NodeValue, Span};
use super::files::Unit;
use super::lower::{LocalScope, Lower, body_name};
use super::symbols::{Body, Imports, ResourceSymbol, Symbols};
use super::syntax::{DeclarationKind, Decorator, Expression, Literal, Module, Object, SyntaxKind, Type};

/// A body with what is around it.
pub struct InstanceBody {
    /// The loop: its item, its index, its list.
    pub each: Option<(String, Option<String>, Expr)>,
    /// The condition, and where it stands.
    pub condition: Option<Expr>,
    /// An object.
    pub object: Expr,
}

/// A resource to be evaluated.
pub struct ResourceDeclaration {
    /// `acr`, and of a nested one `acr::task`.
    pub symbol: String,
    /// The whole type.
    pub kind: String,
    /// The version; empty where none is said.
    pub version: String,
    /// The head of its block.
    pub head: Span,
    /// `location`, `sku`, `identity`, `properties`, `scope`.
    pub body: InstanceBody,
    /// A list: the names of those that it is in, and its own.
    pub segments: Expr,
    /// The name as it is written.
    pub name_source: String,
}

/// A module to be evaluated.
pub struct ModuleDeclaration<'a> {
    /// The declaration.
    pub module: &'a Module,
    /// The head of its block.
    pub head: Span,
    /// `params` and `scope`.
    pub body: InstanceBody,
}

/// A file as the evaluator sees it.
pub struct Declarations<'a> {
    /// Its names. Modules are not among them until they are evaluated.
    pub names: Names,
    /// The resources that are made, not those that exist already.
    pub resources: Vec<ResourceDeclaration>,
    /// Its modules, those before others that these depend on.
    pub modules: Vec<ModuleDeclaration<'a>>,
    /// Its outputs.
    pub outputs: Vec<(&'a str, Expr)>,
    /// The names of modules that something else in the file uses.
    pub used: BTreeSet<String>,
}

struct Declarer<'a, 'l> {
    unit: &'a Unit,
    symbols: &'a Symbols<'a>,
    lower: &'l Lower<'l>,
    /// Name -> the names that its declaration uses.
    uses: BTreeMap<String, BTreeSet<String>>,
}

/// Declares what a file does, its parameters with these values. `others` stands for those that are not given and yet
/// may have been.
pub fn declare<'a>(
    unit: &'a Unit,
    symbols: &'a Symbols<'a>,
    imports: &Imports,
    values: &ParameterValues,
    others: Option<&Node>,
    prefix: &str,
) -> Declarations<'a> {
    let mut names = Names::with_prefix(prefix);
    for file in &imports.files {
        let lower = Lower::new(&file.unit, &file.names);
        variables_and_functions(&file.unit, &lower, &file.mark, &mut names, &mut |_| {});
        for (name, node) in lower.not_known() {
            names.parameter(&name, Binding::Value(node));
        }
    }
    let lower = Lower::with_resources(unit, symbols);
    let mut declarer = Declarer { unit, symbols, lower: &lower, uses: BTreeMap::new() };
    declarer.parameters(&mut names, values, others);
    let uses = &mut declarer.uses;
    variables_and_functions(unit, &lower, "", &mut names, &mut |name| {
        uses.insert(name.to_owned(), lower.take_asked());
    });
    let resources = declarer.resources(&mut names);
    let modules = declarer.modules();
    let mut used = BTreeSet::new();
    let mut outputs = Vec::new();
    for declaration in &unit.syntax.declarations {
        if let DeclarationKind::Output { name, value } = &declaration.what {
            outputs.push((name.as_str(), lower.declared(value, declaration.range.clone(), LocalScope::default())));
            used.extend(lower.take_asked());
        }
    }
    used.extend(declarer.uses.values().flatten().cloned());
    let modules = declarer.in_order(modules);
    for (name, node) in lower.not_known() {
        names.parameter(&name, Binding::Value(node));
    }
    Declarations { names, resources, modules, outputs, used }
}

/// Declares the variables and functions of a file under its mark, and says each name once it is done.
pub fn variables_and_functions(
    unit: &Unit,
    lower: &Lower<'_>,
    mark: &str,
    names: &mut Names,
    done: &mut dyn FnMut(&str),
) {
    for declaration in &unit.syntax.declarations {
        match &declaration.what {
            DeclarationKind::Variable { name, value } => {
                let value = lower.declared(value, declaration.range.clone(), LocalScope::default());
                names.variable(&format!("{mark}{name}"), Binding::Expr(value));
                done(name);
            }
            DeclarationKind::Function { name, parameters, body } => {
                let local_scope = LocalScope { arguments: parameters, ..LocalScope::default() };
                let body = lower.expression(body, local_scope);
                names.function(&format!("{mark}{name}"), Function { parameters: parameters.clone(), body });
                done(name);
            }
            _ => {}
        }
    }
}

/// Whether a declaration has a decorator of this name.
pub fn has(decorators: &[Decorator], name: &str) -> bool {
    decorators.iter().any(|decorator| decorator.name == name)
}

impl<'a> Declarer<'a, '_> {
    fn parameters(&mut self, names: &mut Names, values: &ParameterValues, others: Option<&Node>) {
        for declaration in &self.unit.syntax.declarations {
            let DeclarationKind::Parameter { name, kind, default } = &declaration.what else { continue };
            let default = default.as_ref().map(|default| {
                let value = self.lower.declared(default, declaration.range.clone(), LocalScope::default());
                self.uses.insert(name.clone(), self.lower.take_asked());
                value
            });
            let binding = match (values.get(&name.to_lowercase()), default) {
                // Null for a parameter that has a default stands for the default.
                (Some(value), Some(default)) if value.value == NodeValue::Null => Binding::Expr(default),
                (Some(value), _) => Binding::Value(match kind {
                    Some(Type::Named(path)) => typed(value.clone(), path.last().map_or("", String::as_str)),
                    _ => value.clone(),
                }),
                (None, _) if others.is_some() => Binding::Value(others.cloned().unwrap_or_default()),
                (None, Some(default)) => Binding::Expr(default),
                (None, None) if kind.as_ref().is_some_and(|kind| self.symbols.is_nullable(kind)) => {
                    Binding::Value(Node::new(NodeValue::Null))
                }
                (None, None) => Binding::Value(names.no_value(name)),
            };
            match has(&declaration.decorators, "secure") {
                true => names.secure_parameter(name, binding),
                false => names.parameter(name, binding),
            }
        }
    }

    fn resources(&mut self, names: &mut Names) -> Vec<ResourceDeclaration> {
        let mut made = Vec::new();
        for symbol in &self.symbols.order {
            let resource = &self.symbols.resources[symbol];
            let whole = self.instance(resource, &mut |declarer, object, local_scope| {
                Expr::new(ExprKind::Object(declarer.lower.members(object, local_scope)), declarer.head(resource))
            });
            names.variable(&body_name(symbol), Binding::Expr(listed(whole)));
            let known = self
                .instance(resource, &mut |declarer, object, local_scope| declarer.known(resource, object, local_scope));
            names.resource(symbol, Binding::Expr(listed(known)));
            if !resource.declared.existing {
                let body = self.instance(resource, &mut |declarer, object, local_scope| {
                    declarer.kept(resource, object, local_scope)
                });
                let segments = self.instance(resource, &mut |declarer, object, local_scope| {
                    let names = declarer.segments(resource, object, local_scope);
                    let items = names.into_iter().map(Item::One).collect();
                    Expr::new(ExprKind::Array(items), declarer.head(resource))
                });
                let name = resource.declared.body.body_object().and_then(|object| object.get("name"));
                made.push(ResourceDeclaration {
                    segments: segments.object,
                    name_source: name.map(|name| self.source(name)).unwrap_or_default(),
                    symbol: symbol.clone(),
                    kind: resource.kind.clone(),
                    version: resource.version.clone(),
                    head: self.head(resource),
                    body,
                });
            }
            let first = symbol.split("::").next().unwrap_or_default().to_owned();
            self.uses.entry(first).or_default().extend(self.lower.take_asked());
        }
        made
    }

    /// A text as it is, any other expression without blanks.
    fn source(&self, of: &Expression) -> String {
        match &of.kind {
            SyntaxKind::Literal(Literal::Text(text)) => text.clone(),
            _ => self.unit.file.text[of.range.clone()].split_whitespace().collect(),
        }
    }

    fn head(&self, resource: &ResourceSymbol<'_>) -> Span {
        self.unit.span(&resource.declared.head)
    }

    /// Takes a resource's body apart, and makes an object of its braces.
    fn instance(
        &self,
        resource: &ResourceSymbol<'_>,
        object: &mut dyn FnMut(&Self, &Object, LocalScope<'_>) -> Expr,
    ) -> InstanceBody {
        let local_scope = LocalScope { resource: Some(&resource.symbol), ..LocalScope::default() };
        self.taken_apart(&resource.declared.body, local_scope, object)
    }

    fn taken_apart(
        &self,
        body: &Expression,
        local_scope: LocalScope<'_>,
        object: &mut dyn FnMut(&Self, &Object, LocalScope<'_>) -> Expr,
    ) -> InstanceBody {
        let body = Body::new(body);
        let mut inner = |local_scope: LocalScope<'_>| {
            let condition = body.condition.map(|condition| self.lower.expression(condition, local_scope));
            let object = match &body.object.kind {
                SyntaxKind::Object(braces) => object(self, braces, local_scope),
                _ => self.lower.expression(body.object, local_scope),
            };
            (condition, object)
        };
        match body.each {
            None => {
                let (condition, object) = inner(local_scope);
                InstanceBody { each: None, condition, object }
            }
            Some((item, index, list)) => {
                let list = self.lower.expression(list, local_scope);
                let names: Vec<&str> = std::iter::once(item).chain(index).collect();
                let (condition, object) = self.lower.in_loop(&names, local_scope, inner);
                InstanceBody { each: Some((item.to_owned(), index.map(str::to_owned), list)), condition, object }
            }
        }
    }
}

/// One object, or the list that a loop makes of it.
fn listed(instance: InstanceBody) -> Expr {
    let InstanceBody { each, object, .. } = instance;
    match each {
        None => object,
        Some((item, index, over)) => {
            let span = object.span.clone();
            // Without its condition: the index of a resource is that of its turn.
            let each = For { item: Some(item), index, over, filter: None, body: object };
            Expr::new(ExprKind::For(Box::new(each)), span)
        }
    }
}
