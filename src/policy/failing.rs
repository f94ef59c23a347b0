//! Which expression of a failing test did not hold, and what was in it: the test's body is asked once more, one
//! expression longer each time.

use regorus::Engine;
use serde_json::Value;

use super::module::Module;

/// A value that is longer is cut.
const MAX_SHOWN: usize = 200;

/// The first expression that did not hold: its line, and what it said.
pub struct Failing {
    /// From 1.
    pub line: usize,
    /// The expression and the values in it.
    pub message: String,
}

/// Asks for the first expression of a test that does not hold; nothing where the test has several bodies that fail, or
/// cannot be taken apart.
pub fn first(engine: &Engine, module: &Module, tree: &Value, test: &str) -> Option<Failing> {
    let rules = tree["rules"].as_array()?;
    let is_test = |rule: &&Value| {
        let head = rule["Spec"]["head"].as_object().and_then(|kinds| kinds.values().next());
        head.is_some_and(|head| head["refr"]["Var"]["value"] == test)
    };
    let rule = rules.iter().find(is_test)?;
    let statements = rule["Spec"]["bodies"].as_array()?.first()?["query"]["stmts"].as_array()?;
    let texts: Vec<&str> =
        statements.iter().map(|statement| slice(module, &statement["span"])).collect::<Option<_>>()?;
    let probe = |body: &[&str], head: &str| {
        let mut engine = engine.clone();
        let rego = format!("{}\n{head} if {{\n\t{}\n}}\n", preamble(module, tree)?, body.join("\n\t"));
        engine.add_policy("probe.rego".to_owned(), rego).ok()?;
        let package = super::preflight::path_of(&tree["package"]["refr"])?;
        engine.eval_rule(format!("data.{package}.acrscan_probe")).ok()
    };
    let holds =
        |count: usize| probe(&texts[..count], "acrscan_probe").is_some_and(|value| value == regorus::Value::from(true));
    let failing = (1..=texts.len()).find(|&count| !holds(count))? - 1;
    let statement = &statements[failing];
    let values = |expression: &Value| {
        let text = slice(module, span(expression)?)?;
        let end = span(expression)?["end"].as_u64()? as usize;
        let with = module.rego.get(end..statement["span"]["end"].as_u64()? as usize).unwrap_or_default();
        let with = if with.trim_start().starts_with("with") { with } else { "" };
        let asked = format!("acrscan_value := {text}{with}");
        let mut body = texts[..failing].to_vec();
        body.push(&asked);
        let value = probe(&body, "acrscan_probe contains acrscan_value")?;
        let value = value.as_set().ok()?.iter().next().map(ToString::to_string);
        Some((text.to_owned(), value.map_or_else(|| "undefined".to_owned(), |value| cut(&value))))
    };
    let literal = &statement["literal"];
    let expression = ["Expr", "NotExpr"].iter().find_map(|kind| Some(&literal.get(kind)?["expr"]));
    let shown = expression.map(|expression| {
        let sides = ["BoolExpr", "AssignExpr"].iter().find_map(|kind| expression.get(kind));
        let parts: Vec<&Value> = match sides {
            Some(inner) if expression.get("AssignExpr").is_none() => vec![&inner["lhs"], &inner["rhs"]],
            Some(inner) => vec![&inner["rhs"]],
            None => vec![expression],
        };
        let is_plain = |part: &&Value| ["String", "Number", "Bool", "Null"].iter().any(|kind| part.get(kind).is_some());
        parts.into_iter().filter(|part| !is_plain(part)).filter_map(values).collect::<Vec<_>>()
    });
    let shown: Vec<String> =
        shown.unwrap_or_default().into_iter().map(|(text, value)| format!("{} is {value}", one_line(&text))).collect();
    let line = statement["span"]["line"].as_u64()? as usize;
    let message = match shown.is_empty() {
        true => format!("`{}` does not hold", one_line(texts[failing])),
        false => format!("`{}` does not hold: {}", one_line(texts[failing]), shown.join("; ")),
    };
    Some(Failing { line, message })
}

/// The package and the imports of a module, for another of the same package.
fn preamble(module: &Module, tree: &Value) -> Option<String> {
    let mut text = format!("package {}\n", module.package());
    for import in tree["imports"].as_array().into_iter().flatten() {
        text += slice(module, &import["span"])?;
        text.push('\n');
    }
    Some(text)
}

/// The span of an expression.
fn span(expression: &Value) -> Option<&Value> {
    expression.as_object()?.values().next().map(|inner| &inner["span"])
}

fn slice<'a>(module: &'a Module, span: &Value) -> Option<&'a str> {
    module.rego.get(span["start"].as_u64()? as usize..span["end"].as_u64()? as usize)
}

fn one_line(text: &str) -> String {
    cut(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
