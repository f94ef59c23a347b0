//! Expressions: literals, operators, templates, `for`, calls.

use super::super::hcl::{Expr, ExprKind, For, Operator, Part};
use super::functions;
use super::functions::unify::unified;
use super::symbolic::{finished, push};
use super::value::{
    ExpressionError, MAX_ITEMS, MAX_TEXT, Outcome, by_key, equal, first_unknown, list, number, to_bool, to_f64,
    to_text, unknown_error, unknown_like,
};
use super::{Evaluator, NameScope, value_or_unknown};
use crate::source::code::declared::{Node, NodeValue, Span, SymbolicText};

impl<'a> Evaluator<'a> {
    /// The value of an expression; wrong only where Terraform would refuse it.
    pub(super) fn eval(&mut self, expr: &Expr, scope: &NameScope<'_>) -> Outcome {
        if !self.enter(expr.span) {
            return Ok(Node::unknown("It takes too many steps to evaluate."));
        }
        let outer = std::mem::take(&mut self.saw_secret);
        let outcome = self.eval_kind(expr, scope);
        self.leave();
        let saw_secret = std::mem::replace(&mut self.saw_secret, outer);
        let mut node = match outcome {
            Ok(node) => node,
            Err(ExpressionError::Unknown(node)) => *node,
            Err(wrong) => {
                self.saw_secret |= saw_secret;
                return Err(wrong);
            }
        };
        // What a list or an object is made of was counted before.
        let is_made_of_others = matches!(expr.kind, ExprKind::List(_) | ExprKind::Object(_) | ExprKind::For(_));
        if !is_made_of_others && !self.may_hold(&node, expr.span) {
            return Ok(Node::unknown("It takes more memory or time than is allowed."));
        }
        self.pass_on_secrets(expr, &mut node, saw_secret);
        let span = self.span(expr.span);
        if node.provenance.span.is_none() {
            // What a function made stands where the function is called.
            if let NodeValue::List(items) = &mut node.value {
                items.iter_mut().for_each(|item| stand_at(item, &span));
            }
            node.provenance.span = Some(span);
        }
        Ok(node)
    }

    /// What is made of a secret is one, whatever `nonsensitive` says: a stranger may write it. What is taken as it is keeps
    /// its own mark.
    fn pass_on_secrets(&mut self, expr: &Expr, node: &mut Node, saw_secret: bool) {
        match &expr.kind {
            ExprKind::Call(name, ..) if saw_secret || name == "sensitive" || name == "core::sensitive" => {
                node.mark_sensitive();
                self.saw_secret = true;
            }
            ExprKind::Template(_) | ExprKind::Binary(..) | ExprKind::Not(_) | ExprKind::Minus(_) if saw_secret => {
                node.mark_sensitive();
                self.saw_secret = true;
            }
            ExprKind::Name(_) | ExprKind::Path(..) => self.saw_secret |= node.holds_secrets(),
            _ => self.saw_secret |= saw_secret,
        }
    }

    fn eval_kind(&mut self, expr: &Expr, scope: &NameScope<'_>) -> Outcome {
        match &expr.kind {
            ExprKind::Null => Ok(Node::new(NodeValue::Null)),
            ExprKind::Bool(flag) => Ok(Node::new(NodeValue::Bool(*flag))),
            ExprKind::Number(number) => Ok(Node::new(NodeValue::Number(number.clone()))),
            ExprKind::String(text) => Ok(Node::text(text.as_str())),
            ExprKind::Template(parts) => self.template(parts, scope),
            ExprKind::List(items) => {
                let items = items.iter().map(|item| self.eval(item, scope));
                Ok(Node::new(NodeValue::List(items.collect::<Result<_, _>>()?)))
            }
            ExprKind::Object(members) => self.object(members, scope),
            ExprKind::Name(name) => self.reference(name, &[], scope),
            ExprKind::Path(of, steps) => match &of.kind {
                ExprKind::Name(name) => self.reference(name, steps, scope),
                _ => {
                    let of = self.eval(of, scope)?;
                    self.walk(&of, steps, scope)
                }
            },
            ExprKind::Call(name, arguments, expanded) => self.call(name, arguments, *expanded, scope),
            ExprKind::Not(inner) => Ok(Node::new(NodeValue::Bool(!to_bool(&self.eval(inner, scope)?)?))),
            ExprKind::Minus(inner) => number(-to_f64(&self.eval(inner, scope)?)?),
            ExprKind::Binary(operator, sides) => {
                let left = self.eval(&sides.0, scope)?;
                let settles = match operator {
                    Operator::And => Some(false),
                    Operator::Or => Some(true),
                    _ => None,
                };
                if let Some(settles) = settles
                    && to_bool(&left).is_ok_and(|left| left == settles)
                {
                    return Ok(Node::new(NodeValue::Bool(settles)));
                }
                let right = self.eval(&sides.1, scope)?;
                binary(*operator, &left, &right)
            }
            ExprKind::Conditional(three) => self.conditional(three, scope),
            ExprKind::For(inner) => self.for_expression(inner, scope),
        }
    }

    fn object(&mut self, members: &[(Expr, Expr)], scope: &NameScope<'_>) -> Outcome {
        let mut object: Vec<(String, Node)> = Vec::with_capacity(members.len());
        let mut known = std::collections::HashMap::new();
        let mut unknown = None;
        for (key, value) in members {
            let key = self.eval(key, scope)?;
            let value = self.eval(value, scope)?;
            match to_text(&key) {
                Ok(key) => match known.get(&key) {
                    Some(&index) => object[index] = (key, value),
                    None => {
                        known.insert(key.clone(), object.len());
                        object.push((key, value));
                    }
                },
                Err(ExpressionError::Unknown(node)) => unknown = Some(node),
                Err(wrong) => return Err(wrong),
            }
        }
        match unknown {
            Some(node) => Err(ExpressionError::Unknown(node)),
            None => Ok(Node::new(NodeValue::Object(object))),
        }
    }

    /// The arm that counts, in the type that both arms have.
    fn arm(&mut self, taken: &Expr, other: &Expr, scope: &NameScope<'_>) -> Outcome {
        let taken = self.eval(taken, scope)?;
        // A text stays one beside whatever the other is.
        if !matches!(taken.value, NodeValue::Bool(_) | NodeValue::Number(_) | NodeValue::List(_) | NodeValue::Object(_))
        {
            return Ok(taken);
        }
        match self.eval(other, scope) {
            Ok(other) => Ok(unified(vec![taken, other]).swap_remove(0)),
            Err(_) => Ok(taken),
        }
    }

    /// Both values the same: then the condition does not matter.
    fn conditional(&mut self, three: &(Expr, Expr, Expr), scope: &NameScope<'_>) -> Outcome {
        let condition = self.eval(&three.0, scope)?;
        match to_bool(&condition) {
            Ok(true) => self.arm(&three.1, &three.2, scope),
            Ok(false) => self.arm(&three.2, &three.1, scope),
            Err(ExpressionError::Unknown(_)) => {
                let (yes, no) =
                    (value_or_unknown(self.eval(&three.1, scope)), value_or_unknown(self.eval(&three.2, scope)));
                match equal(&yes, &no) {
                    Some(true) => Ok(yes),
                    _ => Err(unknown_error(&condition)),
                }
            }
            Err(wrong) => Err(wrong),
        }
    }

    fn call(&mut self, name: &str, arguments: &[Expr], expanded: bool, scope: &NameScope<'_>) -> Outcome {
        match (name, arguments) {
            ("try", arguments) => {
                for argument in arguments {
                    match self.eval(argument, scope) {
                        Err(_) => {}
                        outcome => return outcome,
                    }
                }
                return Err(ExpressionError::Wrong("All that is tried fails.".to_owned()));
            }
            ("can", [argument]) => {
                return match self.eval(argument, scope) {
                    Ok(node) if matches!(node.value, NodeValue::Unknown) => Err(unknown_error(&node)),
                    outcome => Ok(Node::new(NodeValue::Bool(outcome.is_ok()))),
                };
            }
            _ => {}
        }
        let mut values = arguments.iter().map(|argument| self.eval(argument, scope)).collect::<Result<Vec<_>, _>>()?;
        if let Some(last) = values.pop_if(|_| expanded) {
            match last.value {
                NodeValue::List(items) => values.extend(items),
                _ => values.push(Node { value: NodeValue::Unknown, provenance: last.provenance }),
            }
        }
        self.charge(values.iter().map(|value| value.as_list().map_or(1, <[Node]>::len)).sum());
        let plain = name.strip_prefix("core::").unwrap_or(name);
        self.file_function(plain, &values, scope).unwrap_or_else(|| functions::call(plain, &values))
    }

    fn for_expression(&mut self, inner: &For, scope: &NameScope<'_>) -> Outcome {
        let over = self.eval(&inner.over, scope)?;
        let mut items = Vec::new();
        let mut members: Vec<(String, Node)> = Vec::new();
        let mut known = std::collections::HashMap::new();
        let set = inner.key.is_some() && self.is_set(&inner.over, scope.instance, 0);
        for (key, value) in repetitions(&over)? {
            let key = if set { value.clone() } else { key };
            if matches!(value.value, NodeValue::Unknown) {
                // It may be any number of items.
                match inner.name {
                    Some(_) => return Err(unknown_error(value)),
                    None => items.push(value.clone()),
                }
                continue;
            }
            let scope = scope.with(&inner.value, value);
            let scope = match &inner.key {
                Some(name) => scope.with(name, &key),
                None => scope,
            };
            if let Some(condition) = &inner.condition {
                let condition = self.eval(condition, &scope)?;
                match to_bool(&condition) {
                    Ok(true) => {}
                    Ok(false) => continue,
                    Err(ExpressionError::Unknown(_)) if inner.name.is_none() => {
                        let span = value.provenance.span.clone();
                        let mut unknown = unknown_like(&condition);
                        unknown.provenance.span = span;
                        items.push(unknown);
                        continue;
                    }
                    Err(error) => return Err(error),
                }
            }
            let result = match &inner.name {
                None => {
                    items.push(self.eval(&inner.result, &scope)?);
                    continue;
                }
                Some(name) => (to_text(&self.eval(name, &scope)?)?, self.eval(&inner.result, &scope)?),
            };
            match (known.get(&result.0), inner.grouped) {
                (None, grouped) => {
                    known.insert(result.0.clone(), members.len());
                    let value = if grouped { Node::new(NodeValue::List(vec![result.1])) } else { result.1 };
                    members.push((result.0, value));
                }
                (Some(&index), true) => {
                    let member: &mut (String, Node) = &mut members[index];
                    if let NodeValue::List(group) = &mut member.1.value {
                        group.push(result.1);
                    }
                }
                (Some(_), false) => return Err(ExpressionError::Wrong("A `for` gives the same key twice.".to_owned())),
            }
        }
        match inner.name {
            None => list(items),
            Some(_) if members.len() > MAX_ITEMS => Err(ExpressionError::Unknown(Box::new(Node::unknown(format!(
                "The map has more than {MAX_ITEMS} members."
            ))))),
            Some(_) => Ok(Node::new(NodeValue::Object(members))),
        }
    }

    fn template(&mut self, parts: &[Part], scope: &NameScope<'_>) -> Outcome {
        if let [Part::Value(only)] = parts {
            return self.eval(only, scope);
        }
        let mut written = SymbolicText::default();
        self.write_parts(parts, scope, &mut written)?;
        finished(written)
    }

    fn write_parts(
        &mut self,
        parts: &[Part],
        scope: &NameScope<'_>,
        written: &mut SymbolicText,
    ) -> Result<(), ExpressionError> {
        for part in parts {
            if written.len() > MAX_TEXT {
                return Ok(());
            }
            match part {
                Part::Text(text) => written.push_text(text),
                Part::Value(expr) => {
                    let value = self.eval(expr, scope)?;
                    push(written, &self.named_text(value, expr, scope))?;
                }
                Part::If(condition, yes, no) => {
                    let parts = if to_bool(&self.eval(condition, scope)?)? { yes } else { no };
                    self.write_parts(parts, scope, written)?;
                }
                Part::For(key_name, value_name, over, each) => {
                    let over = self.eval(over, scope)?;
                    for (key, value) in repetitions(&over)? {
                        if matches!(value.value, NodeValue::Unknown) {
                            return Err(unknown_error(value));
                        }
                        let scope = scope.with(value_name, value);
                        let scope = match key_name {
                            Some(name) => scope.with(name, &key),
                            None => scope,
                        };
                        self.charge(1);
                        self.write_parts(each, &scope, written)?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// What is walked, with its keys or indexes.
pub(super) fn repetitions(over: &Node) -> Result<Vec<(Node, &Node)>, ExpressionError> {
    match &over.value {
        NodeValue::List(items) => {
            Ok(items.iter().enumerate().map(|(index, item)| (Node::from_json(index.into()), item)).collect())
        }
        NodeValue::Object(members) => {
            Ok(by_key(members).into_iter().map(|(key, member)| (Node::text(key), member)).collect())
        }
        NodeValue::Unknown | NodeValue::Symbol(_) => Err(unknown_error(over)),
        _ => Err(ExpressionError::Wrong("Only lists and maps can be walked.".to_owned())),
    }
}

fn stand_at(node: &mut Node, span: &Span) {
    node.provenance.span.get_or_insert_with(|| span.clone());
}

fn binary(operator: Operator, left: &Node, right: &Node) -> Outcome {
    let flag = |value: bool| Ok(Node::new(NodeValue::Bool(value)));
    let doubt = || {
        let cause = first_unknown(left).or_else(|| first_unknown(right)).unwrap_or(left);
        Err(unknown_error(cause))
    };
    match operator {
        Operator::Equal => equal(left, right).map_or_else(doubt, flag),
        Operator::NotEqual => equal(left, right).map_or_else(doubt, |same| flag(!same)),
        // The right side alone may settle it.
        Operator::And | Operator::Or => {
            let settles = operator == Operator::Or;
            match (to_bool(left), to_bool(right)) {
                (Err(ExpressionError::Wrong(why)), _) | (_, Err(ExpressionError::Wrong(why))) => {
                    Err(ExpressionError::Wrong(why))
                }
                (_, Ok(right)) if right == settles => flag(settles),
                (Err(error), _) | (_, Err(error)) => Err(error),
                (Ok(left), Ok(right)) => flag(if settles { left || right } else { left && right }),
            }
        }
        _ => {
            let (left, right) = (to_f64(left)?, to_f64(right)?);
            match operator {
                Operator::Less => flag(left < right),
                Operator::LessEqual => flag(left <= right),
                Operator::Greater => flag(left > right),
                Operator::GreaterEqual => flag(left >= right),
                Operator::Add => number(left + right),
                Operator::Subtract => number(left - right),
                Operator::Multiply => number(left * right),
                Operator::Divide => number(left / right),
                _ => number(left % right),
            }
        }
    }
}
