//! Variables without a value that can only have one of a few: what the configuration comes to with each.

use std::collections::HashMap;

use super::super::declared::{Node, NodeValue};
use super::hcl::{Block, Expr, ExprKind, Step};
use super::modules::{Folder, Tree};

/// How often a configuration is evaluated for the values that its variables may have.
const MAX_VARIANTS: usize = 16;

/// Each combination of the values that the variables without one may have; none where there are too many, or where
/// there is no choice.
pub fn combinations(tree: &Tree, folder: &Folder) -> Vec<HashMap<String, Node>> {
    let mut all = vec![HashMap::new()];
    let variable_values = |name: &str| folder.values.iter().any(|values| values.attribute(name).is_some());
    let open = folder.module.variables.iter().filter(|(name, _)| !variable_values(name));
    for (name, block) in open.filter(|(_, block)| block.body.attribute("default").is_none()) {
        let Some(values) = allowed(tree, name, block) else { continue };
        if all.len() * values.len() > MAX_VARIANTS {
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

/// What `contains([…], var.name)` in a validation, or the type, allows.
fn allowed(tree: &Tree, name: &str, block: &Block) -> Option<Vec<Node>> {
    let node = |expr: &Expr| {
        let value = match &expr.kind {
            ExprKind::String(text) => NodeValue::String(text.clone()),
            ExprKind::Number(number) => NodeValue::Number(number.clone()),
            ExprKind::Bool(flag) => NodeValue::Bool(*flag),
            _ => return None,
        };
        Some(Node::spanned(value, tree.span(expr.span)))
    };
    let of_validation = |validation: &Block| {
        let ExprKind::Call(function, arguments, false) = &validation.body.attribute("condition")?.value.kind else {
            return None;
        };
        match (function.as_str(), arguments.as_slice()) {
            ("contains", [Expr { kind: ExprKind::List(items), .. }, wanted]) if is_variable(wanted, name) => {
                items.iter().map(node).collect::<Option<Vec<Node>>>()
            }
            _ => None,
        }
    };
    let named = block.body.blocks_of("validation").find_map(of_validation);
    named.filter(|values| !values.is_empty()).or_else(|| {
        let wanted = block.body.attribute("type")?;
        let flags = || [true, false].map(|flag| Node::spanned(NodeValue::Bool(flag), tree.span(block.head))).to_vec();
        // A variable that may be null has a third value.
        let never_null = block.body.attribute("nullable").map(|attribute| &attribute.value.kind);
        let never_null = matches!(never_null, Some(ExprKind::Bool(false)));
        (never_null && matches!(&wanted.value.kind, ExprKind::Name(kind) if kind == "bool")).then(flags)
    })
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
        combinations(&tree, &tree.folders[&PathBuf::new()]).len()
    }

    #[test]
    fn only_a_few_known_values_are_tried() {
        let sku =
            "variable \"sku\" {\n validation {\n condition = contains([\"Basic\", \"Premium\"], var.sku)\n }\n}\n";
        let flag = "variable \"flag\" {\n type = bool\n nullable = false\n}\n";
        assert_eq!(count(sku), 2);
        assert_eq!(count(&format!("{sku}{flag}")), 4);
        assert_eq!(count("variable \"a\" {}"), 0);
        assert_eq!(count("variable \"a\" { type = bool }"), 0, "it may be null");
        assert_eq!(count(&sku.replace("{\n validation", "{\n default = \"Basic\"\n validation")), 0);
        assert_eq!(count(&sku.replace("\"Premium\"", "local.x")), 0);
        let many: String = ('a'..'f').map(|c| flag.replace("flag", &c.to_string())).collect();
        assert_eq!(count(&many), 0, "32 are too many");
    }
}
