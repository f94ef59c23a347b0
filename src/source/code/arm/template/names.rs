//! A template: its parameters, variables and functions as names for its expressions.

use std::collections::BTreeMap;

use super::super::expression::{Binding, Expr, ExprKind, Function, Member, NameScope, Names, evaluate};
use super::placeholders::typed;
use crate::source::code::declared::{Node, NodeValue};

/// The most values that the parameters of a template without a value are tried with, all combinations of them.
pub const MAX_COMBINATIONS: usize = 32;

/// Values given to parameters from without, by lower-case name.
pub type ParameterValues = BTreeMap<String, Node>;

/// The names that a template declares, with these values for its parameters. Symbols of theirs begin with the prefix.
pub fn names(template: &Expr, parameter_values: &ParameterValues, prefix: &str) -> Names {
    let mut names = Names::default();
    prefix.clone_into(&mut names.prefix);
    for (name, declared, _) in template.get("parameters").into_iter().flat_map(Expr::pairs) {
        let declared = &defined(template, declared);
        let binding = parameter(&names, name, declared, parameter_values);
        match declared.get("type").and_then(Expr::as_str) {
            Some(kind) if kind.to_ascii_lowercase().starts_with("secure") => names.secure_parameter(name, binding),
            _ => names.parameter(name, binding),
        }
    }
    for (name, value, _) in template.get("variables").into_iter().flat_map(Expr::pairs) {
        names.variable(name, Binding::Expr(value.clone()));
    }
    for namespace in template.get("functions").into_iter().flat_map(Expr::items) {
        let prefix = namespace.get("namespace").and_then(Expr::as_str).unwrap_or_default();
        for (name, declared, _) in namespace.get("members").into_iter().flat_map(Expr::pairs) {
            let Some(body) = declared.get("output").and_then(|output| output.get("value")) else { continue };
            let parameters = declared.get("parameters").into_iter().flat_map(Expr::items);
            let parameters = parameters.filter_map(|one| Some(one.get("name")?.as_str()?.to_owned())).collect();
            names.function(&format!("{prefix}.{name}"), Function { parameters, body: body.clone() });
        }
    }
    names
}

/// A parameter with what the definition says that it refers to: `{"$ref": "#/definitions/network"}`.
fn defined(template: &Expr, declared: &Expr) -> Expr {
    let mut declared = declared.clone();
    // A circle of definitions is refused by Azure; here it ends.
    for _ in 0..16 {
        let name = declared.get("$ref").and_then(Expr::as_str).and_then(|path| path.strip_prefix("#/definitions/"));
        let definition = name.and_then(|name| template.get("definitions")?.get(&name.replace("~1", "/")));
        let (Some(definition), ExprKind::Object(own)) = (definition, &mut declared.kind) else { return declared };
        own.retain(|member| !matches!(member, Member::Pair { key, .. } if key.as_str() == Some("$ref")));
        let known: Vec<String> = own
            .iter()
            .filter_map(|member| match member {
                Member::Pair { key, .. } => key.as_str().map(str::to_lowercase),
                Member::Spread(_) => None,
            })
            .collect();
        if let ExprKind::Object(members) = &definition.kind {
            own.extend(
                members
                    .iter()
                    .filter(|member| match member {
                        Member::Pair { key, .. } => {
                            key.as_str().is_some_and(|key| !known.iter().any(|known| known.eq_ignore_ascii_case(key)))
                        }
                        Member::Spread(_) => false,
                    })
                    .cloned(),
            );
        }
    }
    declared
}

fn parameter(names: &Names, name: &str, declared: &Expr, parameter_values: &ParameterValues) -> Binding {
    let default = declared.get("defaultValue");
    // Null is as good as no value where there is a default.
    if let Some(value) =
        parameter_values.get(&name.to_lowercase()).filter(|value| value.value != NodeValue::Null || default.is_none())
    {
        return Binding::Value(typed(value.clone(), declared.get("type").and_then(Expr::as_str).unwrap_or_default()));
    }
    match default {
        Some(default) => Binding::Expr(default.clone()),
        None if is_nullable(declared) => Binding::Value(Node::new(NodeValue::Null)),
        None => Binding::Value(names.no_value(name)),
    }
}

fn is_nullable(declared: &Expr) -> bool {
    declared.get("nullable").is_some_and(|nullable| matches!(nullable.kind, ExprKind::Literal(NodeValue::Bool(true))))
}

/// The parameters without a value of which a template says what they may be, with those values.
fn variants(template: &Expr, parameter_values: &ParameterValues) -> Vec<(String, Vec<Node>)> {
    let (names, work) = (Names::default(), super::super::expression::Work::default());
    let scope = NameScope::new(&names, &work);
    let mut variants = Vec::new();
    for (name, declared, _) in template.get("parameters").into_iter().flat_map(Expr::pairs) {
        let declared = &defined(template, declared);
        let given = parameter_values.get(&name.to_lowercase());
        let has_value = given.map_or(declared.get("defaultValue").is_some(), |given| !given.is_unknown());
        let kind = declared.get("type").and_then(Expr::as_str).unwrap_or_default();
        let kind = kind.to_ascii_lowercase();
        if has_value || is_nullable(declared) || !["string", "int", "bool"].contains(&kind.as_str()) {
            continue;
        }
        let allowed = declared.get("allowedValues").map(|allowed| evaluate(allowed, &scope));
        let values = match allowed.as_ref().and_then(Node::as_list) {
            Some(values) => values.to_vec(),
            None if kind == "bool" => [true, false].map(|flag| Node::new(NodeValue::Bool(flag))).to_vec(),
            None => continue,
        };
        if !values.is_empty() && values.iter().all(Node::is_fully_known) {
            variants.push((name.to_lowercase(), values));
        }
    }
    variants
}

/// What the parameters without a value may come to, where there are few enough combinations.
pub fn combinations(template: &Expr, parameter_values: &ParameterValues) -> Vec<ParameterValues> {
    combined(variants(template, parameter_values), parameter_values)
}

/// Every combination of these values of parameters, where there are few enough.
pub fn combined(variants: Vec<(String, Vec<Node>)>, parameter_values: &ParameterValues) -> Vec<ParameterValues> {
    let product = variants.iter().try_fold(1usize, |product, (_, values)| product.checked_mul(values.len()));
    if variants.is_empty() || product.is_none_or(|product| product > MAX_COMBINATIONS) {
        return Vec::new();
    }
    variants.into_iter().fold(vec![parameter_values.clone()], |combined, (name, values)| {
        let with = |parameter_values: &ParameterValues, value: &Node| {
            let mut parameter_values = parameter_values.clone();
            parameter_values.insert(name.clone(), value.clone());
            parameter_values
        };
        combined
            .iter()
            .flat_map(|parameter_values| values.iter().map(move |value| with(parameter_values, value)))
            .collect()
    })
}
