//! References of a syntax tree: `input.registry.tags`, `data.regions["approved"]`.

use serde_json::Value;

/// One step of a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step<'a> {
    /// A name that is written, and its line.
    Name(&'a str, usize),
    /// Anything: a variable, a number.
    Any,
}

/// A variable and the steps after it.
pub struct Reference<'a> {
    pub root: &'a str,
    pub line: usize,
    pub steps: Vec<Step<'a>>,
}

/// The kind of an expression, such as `RefDot`, and its members.
pub fn kind(expr: &Value) -> Option<(&str, &Value)> {
    expr.as_object()?.iter().next().map(|(kind, inner)| (kind.as_str(), inner))
}

/// The line of a span.
pub fn line_of(span: &Value) -> usize {
    span["line"].as_u64().unwrap_or(1) as usize
}

/// The text of a string that is written out.
pub fn text_of(expr: &Value) -> Option<&str> {
    match kind(expr)? {
        ("String" | "RawString", inner) => inner["value"].as_str(),
        _ => None,
    }
}

/// A chain of steps that begins at a variable.
pub fn reference(expr: &Value) -> Option<Reference<'_>> {
    let mut steps = Vec::new();
    let mut expr = expr;
    loop {
        let (kind, inner) = kind(expr)?;
        match kind {
            "Var" => {
                steps.reverse();
                return Some(Reference { root: inner["value"].as_str()?, line: line_of(&inner["span"]), steps });
            }
            "RefDot" => {
                let field = inner["field"].as_array()?;
                steps.push(Step::Name(field.get(1)?.as_str()?, line_of(field.first()?)));
                expr = &inner["refr"];
            }
            "RefBrack" => {
                let index = &inner["index"];
                steps.push(match text_of(index) {
                    Some(name) => Step::Name(name, line_of(&inner["span"])),
                    None => Step::Any,
                });
                expr = &inner["refr"];
            }
            _ => return None,
        }
    }
}

/// The name of the function that a call is of, and its arguments.
pub fn call(expr: &Value) -> Option<(String, &Vec<Value>, usize)> {
    let call = expr.get("Call")?;
    let name = reference(&call["fcn"])?;
    let mut path = name.root.to_owned();
    for step in &name.steps {
        let Step::Name(step, _) = step else { return None };
        path = format!("{path}.{step}");
    }
    Some((path, call["params"].as_array()?, line_of(&call["span"])))
}

/// The steps that an argument names, as `object.get` has them: one name, or an array of them.
pub fn steps_of(path: &Value) -> Option<Vec<Step<'_>>> {
    if let Some(name) = text_of(path) {
        return Some(vec![Step::Name(name, line_of(&kind(path)?.1["span"]))]);
    }
    let items = path.get("Array")?["items"].as_array()?;
    let step = |item| match text_of(item) {
        Some(name) => Step::Name(name, kind(item).map_or(1, |(_, inner)| line_of(&inner["span"]))),
        None => Step::Any,
    };
    Some(items.iter().map(step).collect())
}

/// Visits every node of a tree that is an expression or a statement; the visitor tells whether to go on below.
pub fn walk<'a>(node: &'a Value, visit: &mut impl FnMut(&'a Value) -> bool) {
    match node {
        Value::Object(members) if visit(node) => members.values().for_each(|member| walk(member, visit)),
        Value::Array(items) => items.iter().for_each(|item| walk(item, visit)),
        _ => {}
    }
}
