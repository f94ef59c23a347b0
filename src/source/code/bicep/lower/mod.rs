//! From the expressions of a Bicep file to those that the evaluator knows.

mod calls;
mod resources;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use serde_json::Number;

use super::super::arm::expression as shared;
use super::super::arm::expression::{Expr, Kind as To};
use super::super::declared::{Node, Place, Val};
use super::files::Unit;
use super::symbols::{Symbol, Symbols};
use super::syntax::{Expression, Item, Key, Kind, Literal, Member, Object, Piece};

/// What a name of this beginning is known by to the evaluator as a parameter: a value that is not known, and why.
const NOT_KNOWN: &str = "#";

/// The body of a resource, as a variable of the evaluator.
pub fn body_name(symbol: &str) -> String {
    format!("{symbol}#body")
}

/// Translates the expressions of one file.
pub struct Lower<'a> {
    unit: &'a Unit,
    names: &'a BTreeMap<String, Symbol>,
    /// Of a file that is imported from, there are none.
    symbols: Option<&'a Symbols<'a>>,
    /// What tells symbols of this file from those of the files that use it as a module.
    prefix: &'a str,
    /// Values that are not known, by the name that stands for them.
    not_known: RefCell<BTreeMap<String, Node>>,
    /// The names of the file that were used.
    asked: RefCell<BTreeSet<String>>,
}

/// The names that hold where an expression stands, besides those of the file.
#[derive(Clone, Copy, Default)]
pub struct Within<'a> {
    /// Loops and lambdas, the inner first.
    pub(super) locals: Option<&'a Local<'a>>,
    /// The parameters of a function.
    pub arguments: &'a [String],
    /// The symbol of the resource whose body it is.
    pub resource: Option<&'a str>,
}

/// The names of a loop or lambda.
pub struct Local<'a> {
    names: &'a [&'a str],
    outer: Option<&'a Local<'a>>,
}

impl<'a> Lower<'a> {
    /// For the expressions of a file of these names.
    pub fn new(unit: &'a Unit, names: &'a BTreeMap<String, Symbol>, prefix: &'a str) -> Lower<'a> {
        Lower { unit, names, symbols: None, prefix, not_known: RefCell::default(), asked: RefCell::default() }
    }

    /// For the expressions of a file that declares resources.
    pub fn with_resources(unit: &'a Unit, symbols: &'a Symbols<'a>, prefix: &'a str) -> Lower<'a> {
        Lower { symbols: Some(symbols), ..Lower::new(unit, &symbols.names, prefix) }
    }

    /// The values that are not known, as parameters of the evaluator.
    pub fn not_known(&self) -> BTreeMap<String, Node> {
        self.not_known.borrow().clone()
    }

    /// The names of variables, resources and modules that were used since this was asked last.
    pub fn take_asked(&self) -> BTreeSet<String> {
        std::mem::take(&mut self.asked.borrow_mut())
    }

    fn place(&self, range: &Range<usize>) -> Place {
        self.unit.place(range)
    }

    /// An expression that comes to a value that is not known.
    pub fn unknown(&self, why: impl Into<Arc<str>>, place: Place) -> Expr {
        let node = Node::unknown(why);
        let name = format!("{NOT_KNOWN}{}", node.site.note.as_deref().unwrap_or_default());
        self.standing_for(name, node, place)
    }

    /// An expression that comes to what only a deployment knows, under a name.
    fn symbol(&self, name: &str, place: Place) -> Expr {
        let symbol = format!("{{{}{name}}}", self.prefix);
        let node = Node::of(Val::Symbol(symbol.as_str().into()));
        let node = node.with_note(format!("{name} is known only in a deployment."));
        self.standing_for(format!("{NOT_KNOWN}{symbol}"), node, place)
    }

    fn standing_for(&self, name: String, node: Node, place: Place) -> Expr {
        self.not_known.borrow_mut().insert(name.clone(), node);
        Expr::new(To::Parameter(name), place)
    }

    /// The value of a declaration: a literal stands where all of that does.
    pub fn declared(&self, expression: &Expression, declaration: Range<usize>, within: Within<'_>) -> Expr {
        let mut value = self.expression(expression, within);
        if matches!(value.kind, To::Literal(_)) {
            value.place = self.place(&declaration);
        }
        value
    }

    /// An expression.
    pub fn expression(&self, of: &Expression, within: Within<'_>) -> Expr {
        let place = self.place(&of.range);
        let within = &within;
        let lower = |of: &Expression| self.expression(of, *within);
        let boxed = |of: &Expression| Box::new(self.expression(of, *within));
        let call = |name: &str, args: Vec<Expr>| Expr::call(name, args, place.clone());
        let kind = match &of.kind {
            Kind::Literal(literal) => To::Literal(scalar(literal)),
            Kind::Template(pieces) => To::Text(
                pieces
                    .iter()
                    .filter(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()))
                    .map(|piece| match piece {
                        Piece::Text(text) => Expr::text(text, place.clone()),
                        Piece::Hole(hole) => lower(hole),
                    })
                    .collect(),
            ),
            Kind::Object(object) => To::Object(self.members(object, *within)),
            Kind::List(items) => To::Array(
                items
                    .iter()
                    .map(|item| match item {
                        Item::Value(value) => shared::Item::One(lower(value)),
                        Item::Spread(value) => shared::Item::Spread(lower(value)),
                    })
                    .collect(),
            ),
            Kind::Name(name) => return self.name(name, place, within),
            Kind::Call { on, name, arguments } => {
                let arguments = arguments.iter().map(lower).collect();
                return self.call(on.as_deref(), name, arguments, place, within);
            }
            Kind::Member { of: base, name, safe } => {
                if let Some(found) = self.of_resource(of, within, false) {
                    return found;
                }
                if let Some(symbol) = self.of_namespace(base, name, within) {
                    return self.meant(name, symbol, place);
                }
                To::Property { base: boxed(base), name: name.clone(), safe: *safe }
            }
            Kind::Index { of: base, index, safe } => {
                let part = self.of_resource(base, within, true).map(Box::new);
                To::Index { base: part.unwrap_or_else(|| boxed(base)), index: boxed(index), safe: *safe }
            }
            Kind::Nested { .. } => match self.resource(of, within) {
                Some((symbol, None)) => To::Resource(symbol),
                _ => return self.unknown("It is nested in a resource of a loop.", place),
            },
            Kind::Not(inner) => return call("not", vec![lower(inner)]),
            Kind::Minus(inner) => match inner.kind {
                Kind::Literal(Literal::Number(number)) => To::Literal(scalar(&Literal::Number(-number))),
                _ => return call("minus", vec![lower(inner)]),
            },
            Kind::Binary(operator, left, right) => return calls::binary(*operator, lower(left), lower(right), &place),
            Kind::Choice(parts) => return call("if", parts.iter().map(lower).collect()),
            Kind::Lambda { parameters, body } => {
                let names: Vec<&str> = parameters.iter().map(String::as_str).collect();
                let local = Local { names: &names, outer: within.locals };
                let body = Box::new(self.expression(body, Within { locals: Some(&local), ..*within }));
                To::Lambda { names: parameters.clone(), body }
            }
            Kind::For(each) => {
                let over = lower(&each.list);
                let names: Vec<&str> = std::iter::once(each.item.as_str()).chain(each.index.as_deref()).collect();
                let local = Local { names: &names, outer: within.locals };
                let inner = Within { locals: Some(&local), ..*within };
                let (filter, body) = match &each.body.kind {
                    Kind::If(parts) => (Some(self.expression(&parts[0], inner)), &parts[1]),
                    _ => (None, &each.body),
                };
                let body = self.expression(body, inner);
                let (item, index) = (Some(each.item.clone()), each.index.clone());
                To::For(Box::new(shared::For { item, index, over, filter, body }))
            }
            // Only the body of a resource or module has one, and that is taken apart before.
            Kind::If(parts) => return lower(&parts[1]),
        };
        Expr::new(kind, place)
    }

    /// Calls with the names of a loop besides.
    pub fn in_loop<T>(&self, names: &[&str], within: Within<'_>, call: impl FnOnce(Within<'_>) -> T) -> T {
        let local = Local { names, outer: within.locals };
        call(Within { locals: Some(&local), ..within })
    }

    /// The members of an object that have one of these names, or all.
    pub fn members(&self, object: &Object, within: Within<'_>) -> Vec<shared::Member> {
        let member = |member: &Member| match member {
            Member::Spread(value) => shared::Member::Spread(self.expression(value, within)),
            Member::Pair { key, value, range } => {
                let place = self.place(range);
                let mut value = self.expression(value, within);
                if matches!(value.kind, To::Literal(_)) {
                    value.place = place.clone();
                }
                let key = match key {
                    Key::Known(name) => Expr::text(name, place.clone()),
                    Key::Template(template) => self.expression(template, within),
                };
                shared::Member::Pair { key, value, place }
            }
        };
        object.members.iter().map(member).collect()
    }

    fn is_local(name: &str, within: &Within<'_>) -> bool {
        let mut next = within.locals;
        while let Some(local) = next {
            if local.names.contains(&name) {
                return true;
            }
            next = local.outer;
        }
        false
    }

    fn name(&self, name: &str, place: Place, within: &Within<'_>) -> Expr {
        if Self::is_local(name, within) {
            return Expr::new(To::Local(name.to_owned()), place);
        }
        if within.arguments.iter().any(|argument| argument == name) {
            return Expr::new(To::Parameter(name.to_owned()), place);
        }
        if let Some(nested) = self.nested_symbol(name, within) {
            return Expr::new(To::Resource(nested), place);
        }
        match self.names.get(name) {
            Some(symbol) => self.meant(name, symbol, place),
            // What could not be parsed may have declared it.
            None if !self.unit.syntax.errors.is_empty() => self
                .unknown(format!("`{name}` is not declared in what could be read of {}.", self.unit.file.path), place),
            None => Expr::new(To::Local(name.to_owned()), place),
        }
    }

    fn meant(&self, name: &str, symbol: &Symbol, place: Place) -> Expr {
        self.asked.borrow_mut().insert(name.to_owned());
        let kind = match symbol {
            Symbol::Parameter => To::Parameter(name.to_owned()),
            Symbol::Variable(known) => To::Variable(known.clone()),
            Symbol::Resource | Symbol::Module => To::Resource(name.to_owned()),
            Symbol::Unreadable(why) => return self.unknown(why.as_str(), place),
            Symbol::Function(_) | Symbol::Namespace(_) => {
                return self.unknown(format!("`{name}` is not a value."), place);
            }
        };
        Expr::new(kind, place)
    }

    /// `name` of `import * as base`.
    fn of_namespace(&self, base: &Expression, name: &str, within: &Within<'_>) -> Option<&'a Symbol> {
        let Kind::Name(namespace) = &base.kind else { return None };
        match self.names.get(namespace)? {
            _ if Self::is_local(namespace, within) => None,
            Symbol::Namespace(names) => names.get(name),
            unreadable @ Symbol::Unreadable(_) => Some(unreadable),
            _ => None,
        }
    }
}

fn scalar(literal: &Literal) -> Val {
    match literal {
        Literal::Null => Val::Null,
        Literal::Bool(flag) => Val::Bool(*flag),
        Literal::Number(number) => Val::Number(Number::from(*number)),
        Literal::Text(text) => Val::String(text.clone()),
    }
}

/// A value of a type, at no place.
pub fn literal(literal: &Literal) -> Node {
    Node::of(scalar(literal))
}

/// The items of a list that are all literals.
pub fn literals(list: &Expression) -> Option<Vec<Literal>> {
    let Kind::List(items) = &list.kind else { return None };
    let literal = |item: &Item| match item {
        Item::Value(Expression { kind: Kind::Literal(literal), .. }) => Some(literal.clone()),
        _ => None,
    };
    items.iter().map(literal).collect()
}
