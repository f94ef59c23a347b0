//! Resources of the file: by their symbols, and what is written or known of them.

use super::super::syntax::{Expression, SyntaxKind};
use super::{LocalScope, Lower, body_name};
use crate::source::code::arm::expression::{Expr, ExprKind};

impl Lower<'_> {
    /// The symbol of a resource that is nested in those around, or beside them.
    pub(super) fn nested_symbol(&self, name: &str, local_scope: &LocalScope<'_>) -> Option<String> {
        let mut around = local_scope.resource?;
        loop {
            let nested = format!("{around}::{name}");
            if self.symbols?.resources.contains_key(&nested) {
                return Some(nested);
            }
            around = &around[..around.rfind("::")?];
        }
    }

    /// The resource that an expression names, and its index where that is one of a loop.
    pub fn resource<'e>(
        &self,
        of: &'e Expression,
        local_scope: &LocalScope<'_>,
    ) -> Option<(String, Option<&'e Expression>)> {
        let symbols = self.symbols?;
        match &of.kind {
            SyntaxKind::Name(name) if Self::is_local(name, local_scope) => None,
            SyntaxKind::Name(name) => {
                let symbol = self.nested_symbol(name, local_scope).unwrap_or_else(|| name.clone());
                symbols.resources.contains_key(&symbol).then_some((symbol, None))
            }
            SyntaxKind::Nested { of, name } => {
                let (symbol, None) = self.resource(of, local_scope)? else { return None };
                let symbol = format!("{symbol}::{name}");
                symbols.resources.contains_key(&symbol).then_some((symbol, None))
            }
            SyntaxKind::Index { of, index, from_end: false, .. } => {
                let (symbol, None) = self.resource(of, local_scope)? else { return None };
                matches!(symbols.resources[&symbol].declared.body.kind, SyntaxKind::For(_))
                    .then_some((symbol, Some(index)))
            }
            _ => None,
        }
    }

    /// `acr.properties.loginServer`: what is written there, or a name for what only a deployment knows.
    pub(super) fn of_resource(&self, of: &Expression, local_scope: &LocalScope<'_>, is_part: bool) -> Option<Expr> {
        let mut steps = Vec::new();
        let mut base = of;
        while let SyntaxKind::Member { of, name, safe } = &base.kind {
            steps.push((name.as_str(), *safe));
            base = of;
        }
        steps.reverse();
        let (symbol, index) = self.resource(base, local_scope)?;
        if steps.is_empty() {
            return None;
        }
        let first = symbol.split("::").next().unwrap_or_default();
        self.asked.borrow_mut().insert(first.to_owned());
        let span = self.span(&of.range);
        let indexed = |kind: ExprKind| {
            let value = Expr::new(kind, span.clone());
            match index {
                None => value,
                Some(index) => {
                    let (base, index) = (Box::new(value), Box::new(self.expression(index, *local_scope)));
                    Expr::new(ExprKind::Index { base, index, safe: false }, span.clone())
                }
            }
        };
        let follow = |value: Expr| {
            steps.iter().fold(value, |value, (name, safe)| {
                let kind = ExprKind::Property { base: Box::new(value), name: (*name).to_owned(), safe: *safe };
                Expr::new(kind, span.clone())
            })
        };
        if matches!(steps[0].0, "id" | "name" | "type" | "apiVersion") {
            return Some(follow(indexed(ExprKind::Resource(symbol))));
        }
        let resource = &self.symbols?.resources[&symbol];
        if !resource.declared.existing && !is_part && written(&resource.declared.body, &steps) {
            return Some(follow(indexed(ExprKind::Variable(body_name(&symbol)))));
        }
        if steps.iter().any(|(_, safe)| *safe) {
            return Some(self.unknown("What a deployment makes of a resource is known only then.", span));
        }
        // As compiled templates say it, so that both come to the same name.
        let base = Box::new(indexed(ExprKind::Resource(symbol)));
        let id = Expr::new(ExprKind::Property { base, name: "id".to_owned(), safe: false }, span.clone());
        let text = |text: &str| Expr::text(text, span.clone());
        Some(follow(Expr::call("reference", vec![id, text(""), text("Full")], span.clone())))
    }
}

/// Whether a resource's body has a member of this path written out.
fn written(body: &Expression, steps: &[(&str, bool)]) -> bool {
    let Some(mut object) = body.body_object() else { return false };
    for (position, (name, _)) in steps.iter().enumerate() {
        let Some(value) = object.get(name) else { return false };
        if position + 1 == steps.len() {
            // Of an object, and of those in a list, a deployment may know more than what is written.
            return !matches!(value.kind, SyntaxKind::Object(_) | SyntaxKind::List(_) | SyntaxKind::For(_));
        }
        match &value.kind {
            SyntaxKind::Object(inner) => object = inner,
            _ => return false,
        }
    }
    false
}
