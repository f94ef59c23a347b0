//! What a Bicep file declares, as names for the evaluator and bodies for it to evaluate.

use std::collections::{BTreeMap, BTreeSet};

use super::files::Unit;
use super::lower::{Lower, Within, body_name};
use super::symbols::{Body, Imports, ResourceSymbol, Symbols};
use super::syntax::{
    Decorator, Expression, Key, Kind as Syntax, Literal, Member as Written, Module, Object, Piece, Type, What,
};
use crate::source::arm::Given;
use crate::source::arm::expression::{Binding, Expr, For, Function, Item, Kind, Member, Names};
use crate::source::declared::{Node, Place, Val};

/// A body with what is around it.
pub struct Instance {
    /// The loop: its item, its index, its list.
    pub each: Option<(String, Option<String>, Expr)>,
    /// The condition, and where it stands.
    pub condition: Option<Expr>,
    /// An object.
    pub object: Expr,
}

/// A resource to be evaluated.
pub struct Declared {
    /// `acr`, and of a nested one `acr::task`.
    pub symbol: String,
    /// The whole type.
    pub kind: String,
    /// The version; empty where none is said.
    pub version: String,
    /// The head of its block.
    pub head: Place,
    /// `location`, `sku`, `identity`, `properties`, `scope`.
    pub body: Instance,
    /// A list: the names of those that it is in, and its own.
    pub segments: Expr,
    /// The name as it is written.
    pub name_source: String,
}

/// A module to be evaluated.
pub struct Called<'a> {
    /// The declaration.
    pub module: &'a Module,
    /// The head of its block.
    pub head: Place,
    /// `params`.
    pub body: Instance,
}

/// A file as the evaluator sees it.
pub struct Declarations<'a> {
    /// Its names. Modules are not among them until they are evaluated.
    pub names: Names,
    /// The resources that are made, not those that exist already.
    pub resources: Vec<Declared>,
    /// Its modules, those before others that these depend on.
    pub modules: Vec<Called<'a>>,
    /// Its outputs.
    pub outputs: Vec<(&'a str, Expr)>,
    /// The names of modules that something else in the file uses.
    pub used: BTreeSet<String>,
}

/// The members of a resource's body that registries are read from.
const KEPT: [&str; 5] = ["location", "sku", "identity", "properties", "scope"];

/// What is known of any resource only in a deployment, where it is not written.
const RUNTIME: [&str; 9] = ["location", "sku", "identity", "properties", "tags", "kind", "zones", "plan", "managedBy"];

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
    given: &Given,
    others: Option<&Node>,
    prefix: &str,
) -> Declarations<'a> {
    let mut names = Names::with_prefix(prefix);
    for file in &imports.files {
        let lower = Lower::new(&file.unit, &file.names, prefix);
        variables_and_functions(&file.unit, &lower, &file.mark, &mut names, &mut |_| {});
        for (name, node) in lower.not_known() {
            names.parameter(&name, Binding::Value(node));
        }
    }
    let lower = Lower::with_resources(unit, symbols, prefix);
    let mut declarer = Declarer { unit, symbols, lower: &lower, uses: BTreeMap::new() };
    declarer.parameters(&mut names, given, others);
    let uses = &mut declarer.uses;
    variables_and_functions(unit, &lower, "", &mut names, &mut |name| {
        uses.insert(name.to_owned(), lower.take_asked());
    });
    let resources = declarer.resources(&mut names);
    let modules = declarer.modules();
    let mut used = BTreeSet::new();
    let mut outputs = Vec::new();
    for declaration in &unit.syntax.declarations {
        if let What::Output { name, value } = &declaration.what {
            outputs.push((name.as_str(), lower.declared(value, declaration.range.clone(), Within::default())));
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
            What::Variable { name, value } => {
                let value = lower.declared(value, declaration.range.clone(), Within::default());
                names.variable(&format!("{mark}{name}"), Binding::Expr(value));
                done(name);
            }
            What::Function { name, parameters, body } => {
                let within = Within { arguments: parameters, ..Within::default() };
                let body = lower.expression(body, within);
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
    fn parameters(&mut self, names: &mut Names, given: &Given, others: Option<&Node>) {
        for declaration in &self.unit.syntax.declarations {
            let What::Parameter { name, kind, default } = &declaration.what else { continue };
            let default = default.as_ref().map(|default| {
                let value = self.lower.declared(default, declaration.range.clone(), Within::default());
                self.uses.insert(name.clone(), self.lower.take_asked());
                value
            });
            let binding = match (given.get(&name.to_lowercase()), default) {
                _ if has(&declaration.decorators, "secure") => {
                    Binding::Value(Node::unknown(format!("Parameter `{name}` is secure and is not read.")))
                }
                // Null for a parameter that has a default stands for the default.
                (Some(value), Some(default)) if value.value == Val::Null => Binding::Expr(default),
                (Some(value), _) => Binding::Value(value.clone()),
                (None, _) if others.is_some() => Binding::Value(others.cloned().unwrap_or_default()),
                (None, Some(default)) => Binding::Expr(default),
                (None, None) if matches!(kind, Some(Type::Nullable(_))) => Binding::Value(Node::of(Val::Null)),
                (None, None) => Binding::Value(names.no_value(name)),
            };
            names.parameter(name, binding);
        }
    }

    fn resources(&mut self, names: &mut Names) -> Vec<Declared> {
        let mut made = Vec::new();
        for symbol in &self.symbols.order {
            let resource = &self.symbols.resources[symbol];
            let whole = self.instance(resource, &mut |declarer, object, within| {
                Expr::new(Kind::Object(declarer.lower.members(object, within)), declarer.head(resource))
            });
            names.variable(&body_name(symbol), Binding::Expr(listed(whole)));
            let known =
                self.instance(resource, &mut |declarer, object, within| declarer.known(resource, object, within));
            names.resource(symbol, Binding::Expr(listed(known)));
            if !resource.declared.existing {
                let body =
                    self.instance(resource, &mut |declarer, object, within| declarer.kept(resource, object, within));
                let segments = self.instance(resource, &mut |declarer, object, within| {
                    let names = declarer.segments(resource, object, within);
                    let items = names.into_iter().map(Item::One).collect();
                    Expr::new(Kind::Array(items), declarer.head(resource))
                });
                let name = resource.declared.body.body_object().and_then(|object| object.get("name"));
                made.push(Declared {
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
            Syntax::Literal(Literal::Text(text)) => text.clone(),
            _ => self.unit.file.text[of.range.clone()].split_whitespace().collect(),
        }
    }

    fn head(&self, resource: &ResourceSymbol<'_>) -> Place {
        self.unit.place(&resource.declared.head)
    }

    /// Takes a resource's body apart, and makes an object of its braces.
    fn instance(
        &self,
        resource: &ResourceSymbol<'_>,
        object: &mut dyn FnMut(&Self, &Object, Within<'_>) -> Expr,
    ) -> Instance {
        let within = Within { resource: Some(&resource.symbol), ..Within::default() };
        self.taken_apart(&resource.declared.body, within, object)
    }

    fn taken_apart(
        &self,
        body: &Expression,
        within: Within<'_>,
        object: &mut dyn FnMut(&Self, &Object, Within<'_>) -> Expr,
    ) -> Instance {
        let body = Body::of(body);
        let mut inner = |within: Within<'_>| {
            let condition = body.condition.map(|condition| self.lower.expression(condition, within));
            let object = match &body.object.kind {
                Syntax::Object(braces) => object(self, braces, within),
                _ => self.lower.expression(body.object, within),
            };
            (condition, object)
        };
        match body.each {
            None => {
                let (condition, object) = inner(within);
                Instance { each: None, condition, object }
            }
            Some((item, index, list)) => {
                let list = self.lower.expression(list, within);
                let names: Vec<&str> = std::iter::once(item).chain(index).collect();
                let (condition, object) = self.lower.in_loop(&names, within, inner);
                Instance { each: Some((item.to_owned(), index.map(str::to_owned), list)), condition, object }
            }
        }
    }

    /// What others may ask of a resource: its id, its name, and so on.
    fn known(&self, resource: &ResourceSymbol<'_>, object: &Object, within: Within<'_>) -> Expr {
        let place = self.head(resource);
        let pair = |name: &str, value: Expr| Member::Pair {
            key: Expr::text(name, place.clone()),
            value,
            place: place.clone(),
        };
        let segments = self.segments(resource, object, within);
        let own = object.get("name").map(|name| self.lower.expression(name, within));
        let own = own.unwrap_or_else(|| self.lower.unknown("It has no name.", place.clone()));
        let mut members = vec![
            pair("id", self.id(resource, object, &segments, within)),
            pair("name", own),
            pair("type", Expr::text(&resource.kind, place.clone())),
            pair("apiVersion", Expr::text(&resource.version, place.clone())),
        ];
        members.extend(segments.into_iter().enumerate().map(|(index, name)| pair(&format!("#{index}"), name)));
        members.extend(RUNTIME.map(|name| {
            let why = format!("`{name}` of {} is known only in a deployment.", resource.symbol);
            pair(name, self.lower.unknown(why, place.clone()))
        }));
        Expr::new(Kind::Object(members), place)
    }

    /// The names of a resource and of those that it is in, one for each segment of its type.
    fn segments(&self, resource: &ResourceSymbol<'_>, object: &Object, within: Within<'_>) -> Vec<Expr> {
        let place = self.head(resource);
        let wanted = resource.kind.matches('/').count().max(1);
        let name = object.get("name");
        let own = |name: Option<&Expression>| match name {
            Some(name) => self.lower.declared(name, name.range.clone(), within),
            None => self.lower.unknown("It has no name.", place.clone()),
        };
        let parent = object.get("parent").map(|parent| self.lower.expression(parent, within));
        let parent = parent.or_else(|| {
            let symbol = resource.within.clone()?;
            // Within a resource of a loop, nothing can be nested.
            Some(Expr::new(Kind::Resource(symbol), place.clone()))
        });
        if let Some(parent) = parent {
            let of_parent = (0..wanted.saturating_sub(1)).map(|index| {
                let kind = Kind::Property { base: Box::new(parent.clone()), name: format!("#{index}"), safe: false };
                Expr::new(kind, place.clone())
            });
            return of_parent.chain(std::iter::once(own(name))).collect();
        }
        if wanted == 1 {
            return vec![own(name)];
        }
        let parts = name.map(|name| self.split(name, within)).unwrap_or_default();
        if parts.len() == wanted {
            return parts;
        }
        // `'a/b'` that is put together elsewhere.
        let whole = own(name);
        (0..wanted)
            .map(|index| {
                let slash = Expr::text("/", place.clone());
                let base = Box::new(Expr::call("split", vec![whole.clone(), slash], place.clone()));
                let index = Box::new(Expr::new(Kind::Literal(Val::Number(index.into())), place.clone()));
                Expr::new(Kind::Index { base, index, safe: false }, place.clone())
            })
            .collect()
    }

    /// `'${acr.name}/task'`, split at its slashes.
    fn split(&self, name: &Expression, within: Within<'_>) -> Vec<Expr> {
        let place = self.unit.place(&name.range);
        let Syntax::Template(pieces) = &name.kind else { return Vec::new() };
        let mut parts = vec![Vec::new()];
        for piece in pieces {
            match piece {
                Piece::Hole(hole) => parts.last_mut().into_iter().for_each(|part| {
                    part.push(self.lower.expression(hole, within));
                }),
                Piece::Text(text) => {
                    for (index, text) in text.split('/').enumerate() {
                        if index > 0 {
                            parts.push(Vec::new());
                        }
                        if !text.is_empty() {
                            parts.last_mut().into_iter().for_each(|part| part.push(Expr::text(text, place.clone())));
                        }
                    }
                }
            }
        }
        parts.into_iter().map(|part| Expr::new(Kind::Text(part), place.clone())).collect()
    }

    fn id(&self, resource: &ResourceSymbol<'_>, object: &Object, segments: &[Expr], within: Within<'_>) -> Expr {
        let place = self.head(resource);
        let kind = std::iter::once(Expr::text(&resource.kind, place.clone()));
        let named = kind.chain(segments.iter().cloned());
        match self.scope_of(resource, object, within) {
            None => Expr::call("resourceId", named.collect(), place),
            Some(scope) => Expr::call("extensionResourceId", std::iter::once(scope).chain(named).collect(), place),
        }
    }

    /// The id of the scope that a resource, or one that it is in, names.
    fn scope_of(&self, resource: &ResourceSymbol<'_>, object: &Object, within: Within<'_>) -> Option<Expr> {
        if let Some(scope) = object.get("scope") {
            return Some(self.scope(scope, within));
        }
        let mut resource = resource;
        let mut object = object;
        // A circle of parents is refused by Bicep; here it ends.
        for _ in 0..8 {
            let within = Within { resource: Some(&resource.symbol), ..Within::default() };
            let parent = object.get("parent").and_then(|parent| self.lower.resource(parent, &within));
            let symbol = parent.map(|(symbol, _)| symbol).or_else(|| resource.within.clone())?;
            resource = self.symbols.resources.get(&symbol)?;
            let Syntax::Object(braces) = &Body::of(&resource.declared.body).object.kind else { return None };
            object = braces;
            if let Some(scope) = object.get("scope") {
                // What a loop calls its items is not known outside.
                let is_single = Body::of(&resource.declared.body).each.is_none();
                let within = Within { resource: Some(&resource.symbol), ..Within::default() };
                return is_single.then(|| self.scope(scope, within));
            }
        }
        None
    }

    /// The id of a scope: of a resource, a resource group, a subscription.
    fn scope(&self, scope: &Expression, within: Within<'_>) -> Expr {
        let place = self.unit.place(&scope.range);
        if matches!(&scope.kind, Syntax::Call { name, arguments, .. } if name == "tenant" && arguments.is_empty()) {
            return Expr::text("", place);
        }
        let base = Box::new(self.lower.expression(scope, within));
        Expr::new(Kind::Property { base, name: "id".to_owned(), safe: false }, place)
    }

    /// The members of a body that registries are read from.
    fn kept(&self, resource: &ResourceSymbol<'_>, object: &Object, within: Within<'_>) -> Expr {
        let place = self.head(resource);
        let mut members = Vec::new();
        for (written, member) in object.members.iter().zip(self.lower.members(object, within)) {
            match written {
                Written::Pair { key: Key::Known(key), value, .. } if key.eq_ignore_ascii_case("scope") => {
                    if let Member::Pair { key, place, .. } = member {
                        members.push(Member::Pair { key, value: self.scope(value, within), place });
                    }
                }
                Written::Pair { key: Key::Known(key), .. } if !KEPT.contains(&key.as_str()) => {}
                _ => members.push(member),
            }
        }
        Expr::new(Kind::Object(members), place)
    }

    fn modules(&mut self) -> Vec<Called<'a>> {
        let mut modules = Vec::new();
        for declaration in &self.unit.syntax.declarations {
            let What::Module(module) = &declaration.what else { continue };
            let head = self.unit.place(&module.head);
            let body = self.taken_apart(&module.body, Within::default(), &mut |declarer, object, within| {
                let none = || Expr::new(Kind::Object(Vec::new()), head.clone());
                object.get("params").map_or_else(none, |params| declarer.lower.expression(params, within))
            });
            self.uses.insert(module.symbol.clone(), self.lower.take_asked());
            modules.push(Called { module, head, body });
        }
        modules
    }

    /// The modules, each after those that it depends on; of a circle, in the order of the file.
    fn in_order(&self, modules: Vec<Called<'a>>) -> Vec<Called<'a>> {
        let symbols: BTreeSet<&str> = modules.iter().map(|called| called.module.symbol.as_str()).collect();
        let mut waits: Vec<(Called<'a>, BTreeSet<String>)> = Vec::new();
        for called in modules {
            let mut reached = BTreeSet::new();
            let mut next: Vec<&String> = self.uses.get(&called.module.symbol).into_iter().flatten().collect();
            while let Some(name) = next.pop() {
                if reached.insert(name.clone()) {
                    next.extend(self.uses.get(name).into_iter().flatten());
                }
            }
            reached.retain(|name| symbols.contains(name.as_str()) && *name != called.module.symbol);
            waits.push((called, reached));
        }
        let mut ordered: Vec<Called<'a>> = Vec::new();
        while !waits.is_empty() {
            let ready = waits.iter().position(|(_, waits_for)| waits_for.is_empty()).unwrap_or(0);
            let (called, _) = waits.remove(ready);
            for (_, waits_for) in &mut waits {
                waits_for.remove(&called.module.symbol);
            }
            ordered.push(called);
        }
        ordered
    }
}

/// One object, or the list that a loop makes of it.
fn listed(instance: Instance) -> Expr {
    let Instance { each, object, .. } = instance;
    match each {
        None => object,
        Some((item, index, over)) => {
            let place = object.place.clone();
            // Without its condition: the index of a resource is that of its turn.
            let each = For { item: Some(item), index, over, filter: None, body: object };
            Expr::new(Kind::For(Box::new(each)), place)
        }
    }
}
