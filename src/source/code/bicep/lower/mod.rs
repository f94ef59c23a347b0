//! From the expressions of a Bicep file to those that the evaluator knows.

mod calls;
mod load;
mod resources;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use serde_json::Number;

use super::super::arm::expression as shared;
use super::super::arm::expression::{Expr, ExprKind};
use super::super::declared::{Node, NodeValue, Span};
use super::files::Unit;
use super::symbols::{Symbol, Symbols};
use super::syntax::{Expression, Item, Key, Literal, Member, Object, Piece, SyntaxKind};

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
    /// Values that are not known, by the name that stands for them.
    not_known: RefCell<BTreeMap<String, Node>>,
    /// The names of the file that were used.
    asked: RefCell<BTreeSet<String>>,
}

/// The names that hold where an expression stands, besides those of the file.
#[derive(Clone, Copy, Default)]
pub struct LocalScope<'a> {
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
    pub fn new(unit: &'a Unit, names: &'a BTreeMap<String, Symbol>) -> Lower<'a> {
        Lower { unit, names, symbols: None, not_known: RefCell::default(), asked: RefCell::default() }
    }

    /// For the expressions of a file that declares resources.
    pub fn with_resources(unit: &'a Unit, symbols: &'a Symbols<'a>) -> Lower<'a> {
        Lower { symbols: Some(symbols), ..Lower::new(unit, &symbols.names) }
    }

    /// The values that are not known, as parameters of the evaluator.
    pub fn not_known(&self) -> BTreeMap<String, Node> {
        self.not_known.borrow().clone()
    }

    /// The names of variables, resources and modules that were used since this was asked last.
    pub fn take_asked(&self) -> BTreeSet<String> {
        std::mem::take(&mut self.asked.borrow_mut())
    }

    fn span(&self, range: &Range<usize>) -> Span {
        self.unit.span(range)
    }

    /// An expression that comes to a value that is not known.
    pub fn unknown(&self, why: impl Into<Arc<str>>, span: Span) -> Expr {
        let node = Node::unknown(why);
        let name = format!("{NOT_KNOWN}{}", node.provenance.note.as_deref().unwrap_or_default());
        self.standing_for(name, node, span)
    }

    fn standing_for(&self, name: String, node: Node, span: Span) -> Expr {
        self.not_known.borrow_mut().insert(name.clone(), node);
        Expr::new(ExprKind::Parameter(name), span)
    }

    /// The value of a declaration: a literal stands where all of that does.
    pub fn declared(&self, expression: &Expression, declaration: Range<usize>, local_scope: LocalScope<'_>) -> Expr {
        let mut value = self.expression(expression, local_scope);
        if self.is_written_here(&value) {
            value.span = self.span(&declaration);
        }
        value
    }

    /// Whether it is a literal of this file, not of one that is loaded.
    fn is_written_here(&self, value: &Expr) -> bool {
        matches!(value.kind, ExprKind::Literal(_)) && Arc::ptr_eq(&value.span.file, &self.unit.file)
    }

    /// An expression.
    pub fn expression(&self, of: &Expression, local_scope: LocalScope<'_>) -> Expr {
        let span = self.span(&of.range);
        let local_scope = &local_scope;
        let lower = |of: &Expression| self.expression(of, *local_scope);
        let boxed = |of: &Expression| Box::new(self.expression(of, *local_scope));
        let call = |name: &str, args: Vec<Expr>| Expr::call(name, args, span.clone());
        let kind = match &of.kind {
            SyntaxKind::Literal(literal) => ExprKind::Literal(scalar(literal)),
            SyntaxKind::Template(pieces) => ExprKind::Text(
                pieces
                    .iter()
                    .filter(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()))
                    .map(|piece| match piece {
                        Piece::Text(text) => Expr::text(text, span.clone()),
                        Piece::Hole(hole) => lower(hole),
                    })
                    .collect(),
            ),
            SyntaxKind::Object(object) => ExprKind::Object(self.members(object, *local_scope)),
            SyntaxKind::List(items) => ExprKind::Array(
                items
                    .iter()
                    .map(|item| match item {
                        Item::Value(value) => shared::Item::One(lower(value)),
                        Item::Spread(value) => shared::Item::Spread(lower(value)),
                    })
                    .collect(),
            ),
            SyntaxKind::Name(name) => return self.name(name, span, local_scope),
            SyntaxKind::Call { name, arguments, .. } if name == "nameof" && !self.names.contains_key("nameof") => {
                return match arguments.first().map(|argument| &argument.kind) {
                    Some(
                        SyntaxKind::Name(name) | SyntaxKind::Member { name, .. } | SyntaxKind::Nested { name, .. },
                    ) => Expr::text(name, span),
                    _ => self.unknown("`nameof` is given what has no name.", span),
                };
            }
            SyntaxKind::Call { on, name, arguments } => {
                let arguments = arguments.iter().map(lower).collect();
                return self.call(on.as_deref(), name, arguments, span, local_scope);
            }
            SyntaxKind::Member { of: base, name, safe } => {
                if let Some(found) = self.of_resource(of, local_scope, false) {
                    return found;
                }
                if let Some(symbol) = self.of_namespace(base, name, local_scope) {
                    return self.meant(name, symbol, span);
                }
                ExprKind::Property { base: boxed(base), name: name.clone(), safe: *safe }
            }
            SyntaxKind::Index { of: base, index, safe, from_end: true } => {
                let name = if *safe { "tryIndexFromEnd" } else { "indexFromEnd" };
                let part = self.of_resource(base, local_scope, true);
                return call(name, vec![part.unwrap_or_else(|| lower(base)), lower(index)]);
            }
            SyntaxKind::Index { of: base, index, safe, .. } => {
                let part = self.of_resource(base, local_scope, true).map(Box::new);
                ExprKind::Index { base: part.unwrap_or_else(|| boxed(base)), index: boxed(index), safe: *safe }
            }
            SyntaxKind::Nested { .. } => match self.resource(of, local_scope) {
                Some((symbol, None)) => ExprKind::Resource(symbol),
                _ => return self.unknown("It is nested in a resource of a loop.", span),
            },
            SyntaxKind::Not(inner) => return call("not", vec![lower(inner)]),
            SyntaxKind::Minus(inner) => match inner.kind {
                SyntaxKind::Literal(Literal::Number(number)) => ExprKind::Literal(scalar(&Literal::Number(-number))),
                _ => return call("minus", vec![lower(inner)]),
            },
            SyntaxKind::Binary(operator, left, right) => {
                return calls::binary(*operator, lower(left), lower(right), &span);
            }
            SyntaxKind::Choice(parts) => return call("if", parts.iter().map(lower).collect()),
            SyntaxKind::Lambda { parameters, body } => {
                let names: Vec<&str> = parameters.iter().map(String::as_str).collect();
                let local = Local { names: &names, outer: local_scope.locals };
                let body = Box::new(self.expression(body, LocalScope { locals: Some(&local), ..*local_scope }));
                ExprKind::Lambda { names: parameters.clone(), body }
            }
            SyntaxKind::For(each) => {
                let over = lower(&each.list);
                let names: Vec<&str> = std::iter::once(each.item.as_str()).chain(each.index.as_deref()).collect();
                let local = Local { names: &names, outer: local_scope.locals };
                let inner = LocalScope { locals: Some(&local), ..*local_scope };
                let (filter, body) = match &each.body.kind {
                    SyntaxKind::If(parts) => (Some(self.expression(&parts[0], inner)), &parts[1]),
                    _ => (None, &each.body),
                };
                let body = self.expression(body, inner);
                let (item, index) = (Some(each.item.clone()), each.index.clone());
                ExprKind::For(Box::new(shared::For { item, index, over, filter, body }))
            }
            // Only the body of a resource or module has one, and that is taken apart before.
            SyntaxKind::If(parts) => return lower(&parts[1]),
        };
        Expr::new(kind, span)
    }

    /// Calls with the names of a loop besides.
    pub fn in_loop<T>(&self, names: &[&str], local_scope: LocalScope<'_>, call: impl FnOnce(LocalScope<'_>) -> T) -> T {
        let local = Local { names, outer: local_scope.locals };
        call(LocalScope { locals: Some(&local), ..local_scope })
    }

    /// The members of an object that have one of these names, or all.
    pub fn members(&self, object: &Object, local_scope: LocalScope<'_>) -> Vec<shared::Member> {
        let member = |member: &Member| match member {
            Member::Spread(value) => shared::Member::Spread(self.expression(value, local_scope)),
            Member::Pair { key, value, range } => {
                let span = self.span(range);
                let mut value = self.expression(value, local_scope);
                if self.is_written_here(&value) {
                    value.span = span.clone();
                }
                let key = match key {
                    Key::Known(name) => Expr::text(name, span.clone()),
                    Key::Template(template) => self.expression(template, local_scope),
                };
                shared::Member::Pair { key, value, span }
            }
        };
        object.members.iter().map(member).collect()
    }

    fn is_local(name: &str, local_scope: &LocalScope<'_>) -> bool {
        let mut next = local_scope.locals;
        while let Some(local) = next {
            if local.names.contains(&name) {
                return true;
            }
            next = local.outer;
        }
        false
    }

    fn name(&self, name: &str, span: Span, local_scope: &LocalScope<'_>) -> Expr {
        if Self::is_local(name, local_scope) {
            return Expr::new(ExprKind::Local(name.to_owned()), span);
        }
        if local_scope.arguments.iter().any(|argument| argument == name) {
            return Expr::new(ExprKind::Parameter(name.to_owned()), span);
        }
        if let Some(nested) = self.nested_symbol(name, local_scope) {
            return Expr::new(ExprKind::Resource(nested), span);
        }
        match self.names.get(name) {
            Some(symbol) => self.meant(name, symbol, span),
            // What could not be parsed may have declared it.
            None if !self.unit.syntax.errors.is_empty() => self
                .unknown(format!("`{name}` is not declared in what could be read of {}.", self.unit.file.path), span),
            None => Expr::new(ExprKind::Local(name.to_owned()), span),
        }
    }

    fn meant(&self, name: &str, symbol: &Symbol, span: Span) -> Expr {
        self.asked.borrow_mut().insert(name.to_owned());
        let kind = match symbol {
            Symbol::Parameter => ExprKind::Parameter(name.to_owned()),
            Symbol::Variable(known) => ExprKind::Variable(known.clone()),
            Symbol::Resource | Symbol::Module => ExprKind::Resource(name.to_owned()),
            Symbol::Unreadable(why) => return self.unknown(why.as_str(), span),
            Symbol::Function(_) | Symbol::Namespace(_) => {
                return self.unknown(format!("`{name}` is not a value."), span);
            }
        };
        Expr::new(kind, span)
    }

    /// `name` of `import * as base`.
    fn of_namespace(&self, base: &Expression, name: &str, local_scope: &LocalScope<'_>) -> Option<&'a Symbol> {
        let SyntaxKind::Name(namespace) = &base.kind else { return None };
        match self.names.get(namespace)? {
            _ if Self::is_local(namespace, local_scope) => None,
            Symbol::Namespace(names) => names.get(name),
            unreadable @ Symbol::Unreadable(_) => Some(unreadable),
            _ => None,
        }
    }
}

fn scalar(literal: &Literal) -> NodeValue {
    match literal {
        Literal::Null => NodeValue::Null,
        Literal::Bool(flag) => NodeValue::Bool(*flag),
        Literal::Number(number) => NodeValue::Number(Number::from(*number)),
        Literal::Text(text) => NodeValue::String(text.clone()),
    }
}

/// A value of a type, at no place.
pub fn literal(literal: &Literal) -> Node {
    Node::new(scalar(literal))
}

/// The items of a list that are all literals.
pub fn literals(list: &Expression) -> Option<Vec<Literal>> {
    let SyntaxKind::List(items) = &list.kind else { return None };
    let literal = |item: &Item| match item {
        Item::Value(Expression { kind: SyntaxKind::Literal(literal), .. }) => Some(literal.clone()),
        _ => None,
    };
    items.iter().map(literal).collect()
}
