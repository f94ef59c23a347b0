//! From the expressions of a Bicep file to those that the evaluator knows.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use serde_json::Number;

use super::files::Unit;
use super::symbols::{Symbol, Symbols};
use super::syntax::{Expression, Item, Key, Kind, Literal, Member, Object, Operator, Piece};
use crate::source::arm::expression::{self as shared, Expr, Kind as To};
use crate::source::declared::{Node, Place, Val};

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
            Kind::Binary(operator, left, right) => return binary(*operator, lower(left), lower(right), &place),
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

    fn call(
        &self,
        on: Option<&Expression>,
        name: &str,
        mut arguments: Vec<Expr>,
        place: Place,
        within: &Within<'_>,
    ) -> Expr {
        match on {
            Some(on) if !matches!(&on.kind, Kind::Name(name) if name == "sys" || name == "az") => {
                return match self.of_namespace(on, name, within) {
                    Some(Symbol::Function(known)) => Expr::call(known, arguments, place),
                    Some(Symbol::Unreadable(why)) => self.unknown(why.as_str(), place),
                    // A function of a resource, such as listKeys or getSecret.
                    _ => self.unknown(format!("What `{name}` answers is known only in a deployment."), place),
                };
            }
            Some(_) => {}
            None => match self.names.get(name) {
                Some(Symbol::Function(known)) => return Expr::call(known, arguments, place),
                Some(Symbol::Unreadable(why)) => return self.unknown(why.as_str(), place),
                _ => {}
            },
        }
        match name {
            "any" if arguments.len() == 1 => arguments.remove(0),
            "resourceGroup" | "subscription" | "managementGroup" if !arguments.is_empty() => {
                elsewhere(name, arguments, &place)
            }
            "loadTextContent" | "loadJsonContent" => {
                self.loaded(name, &arguments).unwrap_or_else(|why| self.unknown(why, place))
            }
            "getSecret"
            | "readEnvironmentVariable"
            | "externalInput"
            | "readCliArg"
            | "loadYamlContent"
            | "loadFileAsBase64"
            | "loadDirectoryFileInfo"
            | "deployer"
            | "managementGroup" => self.unknown(format!("What `{name}` comes to is not known here."), place),
            _ if name.starts_with("list") && name.len() > 4 => {
                self.unknown(format!("What `{name}` answers is known only in a deployment."), place)
            }
            _ => Expr::call(name, arguments, place),
        }
    }

    /// The content of a file, as the text or the JSON that it is.
    fn loaded(&self, function: &str, arguments: &[Expr]) -> Result<Expr, String> {
        /// Bicep refuses what is larger as well.
        const MOST: usize = 1 << 20;
        let [path] = arguments else { return Err(format!("A part of what `{function}` loads is not looked for.")) };
        let given = path.as_str().ok_or_else(|| format!("`{function}` is given a path that is not known."))?;
        let read = crate::text_file::TextFile::read(&self.unit.beside(given))?;
        if read.text.len() > MOST {
            return Err(format!("{}: it is too large for `{function}`.", read.path));
        }
        let text = Expr::text(read.text, path.place.clone());
        Ok(if function == "loadJsonContent" { Expr::call("json", vec![text], path.place.clone()) } else { text })
    }

    /// The symbol of a resource that is nested in those around, or beside them.
    fn nested_symbol(&self, name: &str, within: &Within<'_>) -> Option<String> {
        let mut around = within.resource?;
        loop {
            let nested = format!("{around}::{name}");
            if self.symbols?.resources.contains_key(&nested) {
                return Some(nested);
            }
            around = &around[..around.rfind("::")?];
        }
    }

    /// The resource that an expression names, and its index where that is one of a loop.
    pub fn resource<'e>(&self, of: &'e Expression, within: &Within<'_>) -> Option<(String, Option<&'e Expression>)> {
        let symbols = self.symbols?;
        match &of.kind {
            Kind::Name(name) if Self::is_local(name, within) => None,
            Kind::Name(name) => {
                let symbol = self.nested_symbol(name, within).unwrap_or_else(|| name.clone());
                symbols.resources.contains_key(&symbol).then_some((symbol, None))
            }
            Kind::Nested { of, name } => {
                let (symbol, None) = self.resource(of, within)? else { return None };
                let symbol = format!("{symbol}::{name}");
                symbols.resources.contains_key(&symbol).then_some((symbol, None))
            }
            Kind::Index { of, index, .. } => {
                let (symbol, None) = self.resource(of, within)? else { return None };
                matches!(symbols.resources[&symbol].declared.body.kind, Kind::For(_)).then_some((symbol, Some(index)))
            }
            _ => None,
        }
    }

    /// `acr.properties.loginServer`: what is written there, or a name for what only a deployment knows.
    fn of_resource(&self, of: &Expression, within: &Within<'_>, is_part: bool) -> Option<Expr> {
        let mut steps = Vec::new();
        let mut base = of;
        while let Kind::Member { of, name, safe } = &base.kind {
            steps.push((name.as_str(), *safe));
            base = of;
        }
        steps.reverse();
        let (symbol, index) = self.resource(base, within)?;
        if steps.is_empty() {
            return None;
        }
        let first = symbol.split("::").next().unwrap_or_default();
        self.asked.borrow_mut().insert(first.to_owned());
        let place = self.place(&of.range);
        let indexed = |kind: To| {
            let value = Expr::new(kind, place.clone());
            match index {
                None => value,
                Some(index) => {
                    let (base, index) = (Box::new(value), Box::new(self.expression(index, *within)));
                    Expr::new(To::Index { base, index, safe: false }, place.clone())
                }
            }
        };
        let follow = |value: Expr| {
            steps.iter().fold(value, |value, (name, safe)| {
                let kind = To::Property { base: Box::new(value), name: (*name).to_owned(), safe: *safe };
                Expr::new(kind, place.clone())
            })
        };
        if matches!(steps[0].0, "id" | "name" | "type" | "apiVersion") {
            return Some(follow(indexed(To::Resource(symbol))));
        }
        if let [("identity", false), ("principalId", false)] = steps.as_slice() {
            // As compiled templates say it, so that both come to the same name.
            let base = Box::new(indexed(To::Resource(symbol)));
            let id = Expr::new(To::Property { base, name: "id".to_owned(), safe: false }, place.clone());
            return Some(follow(Expr::call("reference", vec![id], place.clone())));
        }
        let resource = &self.symbols?.resources[&symbol];
        if !resource.declared.existing && !is_part && written(&resource.declared.body, &steps) {
            return Some(follow(indexed(To::Variable(body_name(&symbol)))));
        }
        if steps.iter().any(|(_, safe)| *safe) {
            return Some(self.unknown("What a deployment makes of a resource is known only then.", place));
        }
        let path: String = steps.iter().map(|(name, _)| format!(".{name}")).collect();
        let which = index.map_or_else(String::new, |index| format!("[{}]", &self.unit.file.text[index.range.clone()]));
        // An index may be another at each turn of a loop.
        let fixed = index.is_none_or(|index| matches!(index.kind, Kind::Literal(_)));
        Some(match fixed {
            true => self.symbol(&format!("{symbol}{which}{path}"), place),
            false => self.unknown(format!("{symbol}{which}{path} is known only in a deployment."), place),
        })
    }
}

/// Whether a resource's body has a member of this path written out.
fn written(body: &Expression, steps: &[(&str, bool)]) -> bool {
    let Some(mut object) = body.body_object() else { return false };
    for (position, (name, _)) in steps.iter().enumerate() {
        let Some(value) = object.get(name) else { return false };
        if position + 1 == steps.len() {
            // Of an object, and of those in a list, a deployment may know more than what is written.
            return !matches!(value.kind, Kind::Object(_) | Kind::List(_) | Kind::For(_));
        }
        match &value.kind {
            Kind::Object(inner) => object = inner,
            _ => return false,
        }
    }
    false
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

fn binary(operator: Operator, left: Expr, right: Expr, place: &Place) -> Expr {
    let call = |name: &str, args: Vec<Expr>| Expr::call(name, args, place.clone());
    let folded = |left: Expr, right: Expr| {
        let lower = |of: Expr| Expr::call("toLower", vec![of], place.clone());
        Expr::call("equals", vec![lower(left), lower(right)], place.clone())
    };
    let name = match operator {
        Operator::NotEqual => return call("not", vec![call("equals", vec![left, right])]),
        Operator::EqualFolded => return folded(left, right),
        Operator::NotEqualFolded => return call("not", vec![folded(left, right)]),
        Operator::Coalesce => "coalesce",
        Operator::Or => "or",
        Operator::And => "and",
        Operator::Equal => "equals",
        Operator::Less => "less",
        Operator::LessOrEqual => "lessOrEquals",
        Operator::Greater => "greater",
        Operator::GreaterOrEqual => "greaterOrEquals",
        Operator::Add => "add",
        Operator::Subtract => "sub",
        Operator::Multiply => "mul",
        Operator::Divide => "div",
        Operator::Modulo => "mod",
    };
    call(name, vec![left, right])
}

/// A resource group or subscription by its name, not the one that is deployed to.
fn elsewhere(function: &str, mut arguments: Vec<Expr>, place: &Place) -> Expr {
    let text = |text: &str| Expr::text(text, place.clone());
    let pair = |name: &str, value: Expr| shared::Member::Pair {
        key: Expr::text(name, place.clone()),
        value,
        place: place.clone(),
    };
    let last = arguments.pop().unwrap_or_else(|| text(""));
    let mut id = match function {
        "managementGroup" => vec![text("/providers/Microsoft.Management/managementGroups/")],
        _ => vec![text("/subscriptions/")],
    };
    if function == "resourceGroup" {
        let subscription = arguments.pop().unwrap_or_else(|| {
            let base = Box::new(Expr::call("subscription", Vec::new(), place.clone()));
            let name = "subscriptionId".to_owned();
            Expr::new(To::Property { base, name, safe: false }, place.clone())
        });
        id.extend([subscription, text("/resourceGroups/")]);
    }
    id.push(last.clone());
    let id = Expr::new(To::Text(id), place.clone());
    let name = if function == "subscription" { "subscriptionId" } else { "name" };
    let known = vec![pair("id", id), pair(name, last)];
    Expr::new(To::Object(known), place.clone())
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
