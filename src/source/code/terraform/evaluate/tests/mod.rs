mod expansion;
mod expressions;
mod hostile;
mod modules;
mod values;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};

use super::super::config::{EvaluatedConfiguration, evaluate};
use super::super::modules::{Installed, Source, Tree};
use crate::model::cloud::Cloud;
use crate::model::text_file::TextFile;
use crate::net::service_tags::ServiceTags;
use crate::source::code::declared::{Node, NodeValue, Span};

/// Evaluates files: path -> text. The first one's folder is the root.
fn evaluated(files: &[(&str, &str)]) -> EvaluatedConfiguration {
    let mut folders: BTreeMap<PathBuf, Vec<Source>> = BTreeMap::new();
    for (path, text) in files {
        let folder = Path::new(path).parent().expect("a folder").to_owned();
        folders.entry(folder).or_default().push(Source::Text(Arc::new(TextFile::new(*path, *text))));
    }
    let tree = Tree::load(folders, false);
    static TAGS: LazyLock<ServiceTags> = LazyLock::new(|| ServiceTags::embedded(Cloud::Public).expect("the table"));
    let root = Path::new(files[0].0).parent().expect("a folder");
    let mut evaluated = evaluate(&tree, root, &Installed::new(), &HashMap::new(), &TAGS);
    evaluated.gaps.extend(tree.gaps);
    evaluated
}

/// The attributes of the only registry of one file.
fn registry(text: &str) -> Node {
    let text = text.replace("REGISTRY", "resource \"azurerm_container_registry\" \"main\"");
    let mut evaluated = evaluated(&[("main.tf", &text)]);
    assert_eq!(evaluated.gaps, [""; 0], "{text}");
    assert_eq!(evaluated.resources.len(), 1, "{text}");
    evaluated.resources.remove(0).attributes
}

/// A value as JSON: `?` and the note where it is not known, `@` and the name where it is named.
fn display_path(node: &Node) -> Value {
    match &node.value {
        NodeValue::Unknown => json!(format!("? {}", node.provenance.note.as_deref().unwrap_or_default())),
        NodeValue::Symbol(name) => json!(format!("@{name}")),
        NodeValue::List(items) => items.iter().map(display_path).collect(),
        NodeValue::Object(members) => members.iter().map(|(key, value)| (key.clone(), display_path(value))).collect(),
        _ => node.to_json().expect("known"),
    }
}

fn at(span: &Span) -> String {
    format!("{}: {}", span.file.path, &span.file.text[span.start..span.end])
}

/// Where a value stands, and where it is used.
fn provenances(node: &Node) -> Vec<String> {
    let related = node.provenance.related.iter().map(|(_, span)| at(span));
    node.provenance.span.iter().map(at).chain(related).collect()
}

fn addresses(evaluated: &EvaluatedConfiguration) -> Vec<&str> {
    evaluated.resources.iter().map(|resource| resource.address.as_str()).collect()
}

/// The value of `x = …` in a registry, with what else the file says.
fn value(expression: &str, rest: &str) -> Value {
    let node = registry(&format!("REGISTRY {{\n  x = {expression}\n}}\n{rest}"));
    display_path(node.get("x").expect("x"))
}
