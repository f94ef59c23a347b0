//! The order in which resources are evaluated: deployments before what reads what they put out.

use super::super::expression::{Expr, ExprKind, Item, Member};

/// More than these are taken as they stand.
const MAX_RESOURCES: usize = 500;

/// The resources by their positions: deployments first, each after those that it names.
pub fn in_order(resources: &[(Option<&str>, &Expr)]) -> Vec<usize> {
    let is_deployment = |resource: &Expr| {
        let kind = resource.get("type").and_then(Expr::as_str).unwrap_or_default();
        kind.split('@').next().is_some_and(|kind| kind.eq_ignore_ascii_case("Microsoft.Resources/deployments"))
    };
    let (deployments, others): (Vec<usize>, Vec<usize>) =
        (0..resources.len()).partition(|at| is_deployment(resources[*at].1));
    if deployments.is_empty() || resources.len() > MAX_RESOURCES {
        return (0..resources.len()).collect();
    }
    let named = |at: usize| {
        let (symbol, resource) = resources[at];
        let name = resource.get("name").map(|name| name.as_str().map_or_else(|| name.source(), str::to_owned));
        (symbol.map(str::to_owned), name.unwrap_or_default())
    };
    let names: Vec<(Option<String>, String)> = deployments.iter().map(|at| named(*at)).collect();
    // Which of them each waits for.
    let mut waits: Vec<(usize, Vec<usize>)> = Vec::new();
    for at in &deployments {
        let mut mentioned = Vec::new();
        mentions(resources[*at].1, false, 0, &mut mentioned);
        let is_mentioned = |(symbol, name): &(Option<String>, String)| {
            mentioned.iter().any(|text| text == name || symbol.as_ref() == Some(text))
        };
        let others = deployments.iter().zip(&names).filter(|(other, name)| *other != at && is_mentioned(name));
        waits.push((*at, others.map(|(other, _)| *other).collect()));
    }
    let mut ordered = Vec::new();
    while !waits.is_empty() {
        let ready = |(_, others): &(usize, Vec<usize>)| others.iter().all(|other| ordered.contains(other));
        // Of a circle, the first.
        let next = waits.iter().position(ready).unwrap_or_default();
        ordered.push(waits.remove(next).0);
    }
    ordered.extend(others);
    ordered
}

/// The texts and expressions that `reference` and `dependsOn` name.
fn mentions(of: &Expr, is_named: bool, depth: usize, found: &mut Vec<String>) {
    if depth > 200 {
        return;
    }
    if is_named {
        found.push(of.as_str().map_or_else(|| of.source(), str::to_owned));
    }
    let mut within = |inner: &Expr, is_named: bool| mentions(inner, is_named, depth + 1, found);
    match &of.kind {
        ExprKind::Object(members) => {
            for member in members {
                match member {
                    Member::Pair { key, value, .. } => {
                        let depends = key.as_str().is_some_and(|key| key.eq_ignore_ascii_case("dependsOn"));
                        within(value, is_named || depends);
                    }
                    Member::Spread(inner) => within(inner, is_named),
                }
            }
        }
        ExprKind::Array(items) => items.iter().for_each(|item| match item {
            Item::One(inner) | Item::Spread(inner) => within(inner, is_named),
        }),
        ExprKind::Call { name, args } => {
            let names = is_named || name.eq_ignore_ascii_case("reference");
            args.iter().for_each(|arg| within(arg, names));
        }
        ExprKind::Text(parts) => parts.iter().for_each(|part| within(part, is_named)),
        ExprKind::Property { base, .. } => within(base, is_named),
        ExprKind::Index { base, index, .. } => {
            within(base, is_named);
            within(index, is_named);
        }
        ExprKind::For(each) => {
            within(&each.over, is_named);
            within(&each.body, is_named);
        }
        ExprKind::Lambda { body, .. } => within(body, is_named),
        _ => {}
    }
}
