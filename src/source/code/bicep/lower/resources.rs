//! Resources of the file: by their symbols, and what is written or known of them.

use super::super::syntax::{Expression, Kind};
use super::{Lower, Within, body_name};
use crate::source::code::arm::expression::{Expr, Kind as To};

impl Lower<'_> {
    /// The symbol of a resource that is nested in those around, or beside them.
    pub(super) fn nested_symbol(&self, name: &str, within: &Within<'_>) -> Option<String> {
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
    pub(super) fn of_resource(&self, of: &Expression, within: &Within<'_>, is_part: bool) -> Option<Expr> {
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
