//! Variables without a value that can only have one of a few: what the configuration comes to with each.

use std::collections::HashMap;

use super::super::declared::{Node, NodeValue};
use super::hcl::{Block, Body, Expr, ExprKind, Operator, Step};
use super::modules::{Folder, Tree};

/// How often a configuration is evaluated for the values that its variables may have.
const MAX_COMBINATIONS: usize = 16;

/// Each combination of the values that the variables without one may have; none where there are too many, or where
/// there is no choice.
pub fn combinations(
    tree: &Tree,
    folder: &Folder,
    (known, files): (&HashMap<String, Node>, &[&Body]),
) -> Vec<HashMap<String, Node>> {
    let mut all = vec![known.clone()];
    let variable_values = |name: &str| {
        let set = |values: &Body| values.attribute(name).is_some();
        known.contains_key(name) || folder.values.iter().any(set) || files.iter().copied().any(set)
    };
    let open = folder.module.variables.iter().filter(|(name, _)| !variable_values(name));
    for (name, block) in open.filter(|(_, block)| block.body.attribute("default").is_none()) {
        let Some(values) = allowed(tree, name, block) else { continue };
        if all.len() * values.len() > MAX_COMBINATIONS {
            return Vec::new();
        }
        let with = |known: &HashMap<String, Node>| {
            let known = known.clone();
            let with = |value: &Node| {
                let mut longer = known.clone();
                longer.insert(name.clone(), value.clone());
                longer
            };
            values.iter().map(with).collect::<Vec<_>>()
        };
        all = all.iter().flat_map(with).collect();
    }
    if all.len() < 2 { Vec::new() } else { all }
}

/// What a validation, or the type, allows.
fn allowed(tree: &Tree, name: &str, block: &Block) -> Option<Vec<Node>> {
    let of_validation = |validation: &Block| values_of(tree, name, &validation.body.attribute("condition")?.value);
    let named = block.body.blocks_of("validation").find_map(of_validation);
    named.filter(|values| !values.is_empty() && values.len() <= MAX_COMBINATIONS).or_else(|| {
        let wanted = block.body.attribute("type")?;
        let flags = || [true, false].map(|flag| Node::spanned(NodeValue::Bool(flag), tree.span(block.head))).to_vec();
        // A variable that may be null has a third value.
        let never_null = block.body.attribute("nullable").map(|attribute| &attribute.value.kind);
        let never_null = matches!(never_null, Some(ExprKind::Bool(false)));
        (never_null && matches!(&wanted.value.kind, ExprKind::Name(kind) if kind == "bool")).then(flags)
    })
}

/// The values of a variable that a condition allows, where these are few: `contains([…], var.x)`, comparisons joined by
/// `||`, and patterns of words.
fn values_of(tree: &Tree, name: &str, condition: &Expr) -> Option<Vec<Node>> {
    let node = |expr: &Expr| {
        let value = match &expr.kind {
            ExprKind::Null => NodeValue::Null,
            ExprKind::String(text) => NodeValue::String(text.clone()),
            ExprKind::Number(number) => NodeValue::Number(number.clone()),
            ExprKind::Bool(flag) => NodeValue::Bool(*flag),
            _ => return None,
        };
        Some(Node::spanned(value, tree.span(expr.span)))
    };
    let words = |pattern: &Expr| {
        let ExprKind::String(pattern_text) = &pattern.kind else { return None };
        let words = words_of(pattern_text)?.into_iter();
        Some(words.map(|word| Node::spanned(NodeValue::String(word.to_owned()), tree.span(pattern.span))).collect())
    };
    match &condition.kind {
        ExprKind::Binary(Operator::Or, sides) => {
            let mut values = values_of(tree, name, &sides.0)?;
            values.extend(values_of(tree, name, &sides.1)?);
            Some(values)
        }
        ExprKind::Binary(Operator::And, sides) => {
            values_of(tree, name, &sides.0).or_else(|| values_of(tree, name, &sides.1))
        }
        ExprKind::Binary(Operator::Equal, sides) => match (is_variable(&sides.0, name), is_variable(&sides.1, name)) {
            (true, false) => Some(vec![node(&sides.1)?]),
            (false, true) => Some(vec![node(&sides.0)?]),
            _ => None,
        },
        // `length(regexall(pattern, var.x)) > 0`
        ExprKind::Binary(Operator::Greater, sides) => match (&sides.0.kind, &sides.1.kind) {
            (ExprKind::Call(length, inner, false), ExprKind::Number(zero))
                if length == "length" && zero.as_i64() == Some(0) =>
            {
                match inner.as_slice() {
                    [Expr { kind: ExprKind::Call(regexall, arguments, false), .. }] if regexall == "regexall" => {
                        let [pattern, wanted] = arguments.as_slice() else { return None };
                        is_variable(wanted, name).then(|| words(pattern))?
                    }
                    _ => None,
                }
            }
            _ => None,
        },
        ExprKind::Call(function, arguments, false) => match (function.as_str(), arguments.as_slice()) {
            ("contains", [Expr { kind: ExprKind::List(items), .. }, wanted]) if is_variable(wanted, name) => {
                items.iter().map(node).collect::<Option<Vec<Node>>>()
            }
            ("contains", [Expr { kind: ExprKind::Call(set, inner, false), .. }, wanted])
                if matches!(set.as_str(), "toset" | "tolist") && is_variable(wanted, name) =>
            {
                let [Expr { kind: ExprKind::List(items), .. }] = inner.as_slice() else { return None };
                items.iter().map(node).collect::<Option<Vec<Node>>>()
            }
            ("can", [Expr { kind: ExprKind::Call(regex, inner, false), .. }]) if regex == "regex" => {
                let [pattern, wanted] = inner.as_slice() else { return None };
                is_variable(wanted, name).then(|| words(pattern))?
            }
            _ => None,
        },
        _ => None,
    }
}

/// The words of a pattern that allows nothing else: `^(a|b)$`.
fn words_of(pattern: &str) -> Option<Vec<&str>> {
    let whole = pattern.strip_prefix('^')?.strip_suffix('$')?;
    let inner = whole.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let inner = inner.map(|inner| inner.strip_prefix("?:").unwrap_or(inner));
    let words: Vec<&str> = match inner {
        Some(inner) => inner.split('|').collect(),
        // Without brackets each mark belongs to one word only.
        None if whole.contains('|') => return None,
        None => vec![whole],
    };
    let is_word = |word: &&str| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    words.iter().all(is_word).then_some(words)
}

fn is_variable(expr: &Expr, name: &str) -> bool {
    match &expr.kind {
        ExprKind::Path(of, steps) => {
            matches!((&of.kind, steps.as_slice()), (ExprKind::Name(root), [Step::Attribute(own)]) if root == "var" && own == name)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::PathBuf;
    use std::sync::Arc;

    use super::*;
    use crate::model::text_file::TextFile;
    use crate::source::code::terraform::modules::Source;

    fn count(text: &str) -> usize {
        let file = Source::Text(Arc::new(TextFile::new("main.tf", text)));
        let tree = Tree::load(BTreeMap::from([(PathBuf::new(), vec![file])]), false);
        combinations(&tree, &tree.folders[&PathBuf::new()], (&HashMap::new(), &[])).len()
    }

    #[test]
    fn only_a_few_known_values_are_tried() {
        let sku =
            "variable \"sku\" {\n validation {\n condition = contains([\"Basic\", \"Premium\"], var.sku)\n }\n}\n";
        let flag = "variable \"flag\" {\n type = bool\n nullable = false\n}\n";
        assert_eq!(count(sku), 2);
        assert_eq!(count(&format!("{sku}{flag}")), 4);
        let or =
            "variable \"s\" {\n validation {\n condition = var.s == \"a\" || \"b\" == var.s || var.s == null\n }\n}\n";
        assert_eq!(count(or), 3);
        for (condition, expected) in [
            ("can(regex(\"^(?:a|b)$\", var.s))", 2),
            ("length(regexall(\"^(a|b|c)$\", var.s)) > 0", 3),
            ("contains(toset([\"a\", \"b\"]), var.s) && length(var.s) > 0", 2),
            ("can(regex(\"^a|b$\", var.s))", 0),
            ("can(regex(\"^(a|b.*)$\", var.s))", 0),
            ("var.s == \"a\" || length(var.s) > 3", 0),
        ] {
            let text = format!("variable \"s\" {{\n validation {{\n condition = {condition}\n }}\n}}\n");
            assert_eq!(count(&text), expected, "{condition}");
        }
        assert_eq!(count("variable \"a\" {}"), 0);
        assert_eq!(count("variable \"a\" { type = bool }"), 0, "it may be null");
        assert_eq!(count(&sku.replace("{\n validation", "{\n default = \"Basic\"\n validation")), 0);
        assert_eq!(count(&sku.replace("\"Premium\"", "local.x")), 0);
        let many: String = ('a'..'f').map(|c| flag.replace("flag", &c.to_string())).collect();
        assert_eq!(count(&many), 0, "32 are too many");
    }
}
