//! Parameter files, and what the parameters of a file may be that has no value for them.

use crate::model::file_gap::FileGap;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::super::arm::expression::{Binding, NameScope, Names, Work, evaluate};
use super::super::arm::{ParameterValues, resolve_placeholders};
use super::super::declared::{Node, NodeValue, Span};
use super::declare::{has, variables_and_functions};
use super::files::{Files, Unit, is_local};
use super::lower::{LocalScope, Lower, literal};
use super::symbols::{Imports, Symbol, Symbols};
use super::syntax::{Declaration, DeclarationKind, Literal, Type};

/// What a parameter file is for.
pub enum Using {
    /// A Bicep file, or a template.
    File(PathBuf),
    /// A module from elsewhere, and where that is said.
    Remote(String, Span),
    /// `using none`.
    Nothing,
    NotSaid,
}

/// What a parameter file is for.
pub fn using(unit: &Unit) -> Using {
    let using = unit.syntax.declarations.iter().find_map(|declaration| match &declaration.what {
        DeclarationKind::Using(Some(path)) if is_local(path) => Some(Using::File(unit.beside(path))),
        DeclarationKind::Using(Some(path)) => Some(Using::Remote(path.clone(), unit.span(&declaration.range))),
        DeclarationKind::Using(None) => Some(Using::Nothing),
        _ => None,
    });
    using.unwrap_or(Using::NotSaid)
}

/// The values that a parameter file gives, those of the file that it extends before its own.
pub fn values(unit: &Arc<Unit>, files: &mut Files, gaps: &mut Vec<FileGap>) -> ParameterValues {
    let mut chain = vec![Arc::clone(unit)];
    let mut seen = BTreeSet::from([unit.path.clone()]);
    while let Some(last) = chain.last().cloned() {
        let extended = last.syntax.declarations.iter().find_map(|declaration| match &declaration.what {
            DeclarationKind::Extends(path) => Some((last.beside(path), last.span(&declaration.range))),
            _ => None,
        });
        let Some((path, span)) = extended else { break };
        if !seen.insert(path.clone()) {
            gaps.push(FileGap::new(span.position(), "the parameter file extends itself; break the circle"));
            break;
        }
        match files.load_led_to(&last.path, &path) {
            Ok(base) => chain.push(base),
            Err(error) => {
                gaps.push(FileGap::new(
                    span.position(),
                    format!("the parameter file that it extends is not read: {error}"),
                ));
                break;
            }
        }
    }
    let mut values = ParameterValues::new();
    for unit in chain.iter().rev() {
        let own = own(unit, &values, files, gaps);
        values.extend(own);
    }
    values
}

/// The values of one file; `base` is what it extends.
fn own(unit: &Unit, base: &ParameterValues, files: &mut Files, gaps: &mut Vec<FileGap>) -> ParameterValues {
    let mut imports = Imports::default();
    let mut symbols = Symbols::collect(unit, files, &mut imports);
    let mut names = Names::with_prefix("");
    let is_extended = |declaration: &Declaration| matches!(declaration.what, DeclarationKind::Extends(_));
    if unit.syntax.declarations.iter().any(is_extended) {
        symbols.names.insert("base".to_owned(), Symbol::Variable("base".to_owned()));
        let members = base.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        names.variable("base", Binding::Value(Node::new(NodeValue::Object(members))));
    }
    for file in &imports.files {
        let lower = Lower::new(&file.unit, &file.names);
        variables_and_functions(&file.unit, &lower, &file.mark, &mut names, &mut |_| {});
        lower.not_known().into_iter().for_each(|(name, node)| names.parameter(&name, Binding::Value(node)));
    }
    let lower = Lower::new(unit, &symbols.names);
    variables_and_functions(unit, &lower, "", &mut names, &mut |_| {});
    let mut wanted = Vec::new();
    for declaration in &unit.syntax.declarations {
        if let DeclarationKind::Parameter { name, default: Some(value), .. } = &declaration.what {
            let value = lower.declared(value, declaration.range.clone(), LocalScope::default());
            names.parameter(name, Binding::Expr(value.clone()));
            wanted.push((name.to_lowercase(), value));
        }
    }
    lower.not_known().into_iter().for_each(|(name, node)| names.parameter(&name, Binding::Value(node)));
    let work = Work::default();
    let scope = NameScope::new(&names, &work);
    let values =
        wanted.into_iter().map(|(name, value)| (name, resolve_placeholders(evaluate(&value, &scope)))).collect();
    gaps.extend(work.into_gaps());
    values
}

/// The parameters without a value of which the file says what they may be, with those values.
pub fn variants(unit: &Unit, files: &mut Files, values: &ParameterValues) -> Vec<(String, Vec<Node>)> {
    let symbols = Symbols::collect(unit, files, &mut Imports::default());
    let mut variants = Vec::new();
    for declaration in &unit.syntax.declarations {
        let DeclarationKind::Parameter { name, kind: Some(kind), default } = &declaration.what else { continue };
        // What is filled in later is no default.
        if default.is_some() && !values.contains_key(&name.to_lowercase()) {
            continue;
        }
        let given = values.get(&name.to_lowercase());
        let is_closed = given.is_some_and(|given| !given.is_unknown()) || symbols.is_nullable(kind);
        if is_closed || has(&declaration.decorators, "secure") {
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
            variants.push((name.to_lowercase(), values));
        }
    }
    variants
}
