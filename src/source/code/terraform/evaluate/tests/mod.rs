mod expansion;
mod hostile;
mod modules;
mod values;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};

use super::super::config::{Evaluated, evaluate};
use super::super::modules::{Installed, Source, Tree};
use crate::model::cloud::Cloud;
use crate::model::text_file::TextFile;
use crate::net::service_tags::ServiceTags;
use crate::source::code::declared::{Node, Place, Val};

/// Evaluates files: path -> text. The first one's folder is the root.
fn evaluated(files: &[(&str, &str)]) -> Evaluated {
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
    assert_eq!(evaluated.gaps, Vec::<String>::new(), "{text}");
    assert_eq!(evaluated.resources.len(), 1, "{text}");
    evaluated.resources.remove(0).attributes
}

/// A value as JSON: `?` and the note where it is not known, `@` and the name where it is named.
fn shown(node: &Node) -> Value {
    match &node.value {
        Val::Unknown => json!(format!("? {}", node.site.note.as_deref().unwrap_or_default())),
        Val::Symbol(name) => json!(format!("@{name}")),
        Val::List(items) => items.iter().map(shown).collect(),
        Val::Object(members) => members.iter().map(|(key, value)| (key.clone(), shown(value))).collect(),
        _ => node.to_json().expect("known"),
    }
}

fn at(place: &Place) -> String {
    format!("{}: {}", place.file.path, &place.file.text[place.start..place.end])
}

/// Where a value stands, and where it is used.
fn sites(node: &Node) -> Vec<String> {
    let related = node.site.related.iter().map(|(_, place)| at(place));
    node.site.place.iter().map(at).chain(related).collect()
}

fn addresses(evaluated: &Evaluated) -> Vec<&str> {
    evaluated.resources.iter().map(|resource| resource.address.as_str()).collect()
}

/// The value of `x = …` in a registry, with what else the file says.
fn value(expression: &str, rest: &str) -> Value {
    let node = registry(&format!("REGISTRY {{\n  x = {expression}\n}}\n{rest}"));
    shown(node.get("x").expect("x"))
}
