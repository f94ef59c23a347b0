//! Parameter files, and what the parameters of a file may be that has no value for them.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::super::arm::Given;
use super::super::arm::expression::{Binding, Names, Scope, Work, evaluate};
use super::super::declared::Node;
use super::declare::{has, variables_and_functions};
use super::files::{Files, Unit};
use super::lower::{Lower, Within, literal};
use super::symbols::{Imports, Symbols};
use super::syntax::{Literal, Type, What};

/// The Bicep file that a parameter file is for.
pub fn used_by(unit: &Unit) -> Option<PathBuf> {
    unit.syntax.declarations.iter().find_map(|declaration| match &declaration.what {
        What::Using(Some(path)) => Some(unit.beside(path)),
        _ => None,
    })
}

/// The values that a parameter file gives, those of the file that it extends before its own.
pub fn given(unit: &Arc<Unit>, files: &mut Files, gaps: &mut Vec<String>) -> Given {
    let mut chain = vec![Arc::clone(unit)];
    let mut seen = BTreeSet::from([unit.path.clone()]);
    while let Some(last) = chain.last().cloned() {
        let extended = last.syntax.declarations.iter().find_map(|declaration| match &declaration.what {
            What::Extends(path) => Some((last.beside(path), last.place(&declaration.range))),
            _ => None,
        });
        let Some((path, place)) = extended else { break };
        if !seen.insert(path.clone()) {
            gaps.push(format!("{}: the parameter file extends itself; break the circle", place.shown()));
            break;
        }
        match files.load(&path) {
            Ok(base) => chain.push(base),
            Err(error) => {
                gaps.push(format!("{}: the parameter file that it extends is not read: {error}", place.shown()));
                break;
            }
        }
    }
    let mut given = Given::new();
    for unit in chain.iter().rev() {
        given.extend(own(unit, files, gaps));
    }
    given
}

fn own(unit: &Unit, files: &mut Files, gaps: &mut Vec<String>) -> Given {
    let mut imports = Imports::default();
    let symbols = Symbols::of(unit, files, &mut imports);
    let mut names = Names::with_prefix("");
    for file in &imports.files {
        let lower = Lower::new(&file.unit, &file.names, "");
        variables_and_functions(&file.unit, &lower, &file.mark, &mut names, &mut |_| {});
        lower.not_known().into_iter().for_each(|(name, node)| names.parameter(&name, Binding::Value(node)));
    }
    let lower = Lower::new(unit, &symbols.names, "");
    variables_and_functions(unit, &lower, "", &mut names, &mut |_| {});
    let mut wanted = Vec::new();
    for declaration in &unit.syntax.declarations {
        if let What::Parameter { name, default: Some(value), .. } = &declaration.what {
            let value = lower.declared(value, declaration.range.clone(), Within::default());
            names.parameter(name, Binding::Expr(value.clone()));
            wanted.push((name.to_lowercase(), value));
        }
    }
    lower.not_known().into_iter().for_each(|(name, node)| names.parameter(&name, Binding::Value(node)));
    let work = Work::default();
    let scope = Scope::new(&names, &work);
    let given = wanted.into_iter().map(|(name, value)| (name, evaluate(&value, &scope))).collect();
    gaps.extend(work.into_gaps());
    given
}

/// The parameters without a value of which the file says what they may be, with those values.
pub fn choices(unit: &Unit, files: &mut Files, given: &Given) -> Vec<(String, Vec<Node>)> {
    let symbols = Symbols::of(unit, files, &mut Imports::default());
    let mut choices = Vec::new();
    for declaration in &unit.syntax.declarations {
        let What::Parameter { name, kind: Some(kind), default: None } = &declaration.what else { continue };
        let is_open = given.contains_key(&name.to_lowercase()) || matches!(kind, Type::Nullable(_));
        if is_open || has(&declaration.decorators, "secure") {
            continue;
        }
        let allowed = declaration.decorators.iter().find(|decorator| decorator.name == "allowed");
        let is_scalar =
            matches!(kind, Type::Named(path) if path.len() == 1 && ["string", "int"].contains(&path[0].as_str()));
        let values = match allowed.and_then(|allowed| allowed.arguments.first()) {
            Some(list) if is_scalar => super::lower::literals(list),
            Some(_) => None,
            None => symbols.values(kind),
        };
        let values: Vec<Node> = values.iter().flatten().filter(|one| **one != Literal::Null).map(literal).collect();
        if !values.is_empty() {
            choices.push((name.to_lowercase(), values));
        }
    }
    choices
}
