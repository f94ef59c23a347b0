//! Steps through the schema of the input document.

use serde_json::Value;

use crate::document::REGISTRY_MEMBERS;

/// What a schema says of a step.
pub enum Found<'a> {
    /// It is there.
    At(&'a Value),
    /// Anything may be there.
    Open,
    /// Azure may have it; we do not list it. The names there are.
    Unlisted(Vec<&'a str>),
    /// Nothing has it: the names there are.
    Missing(Vec<&'a str>),
    /// It is a list, which has no names.
    List,
}

/// One step by name.
pub fn by_name<'a>(root: &'a Value, node: &'a Value, name: &str) -> Found<'a> {
    let own = resolve(root, node);
    let is_registry = node["$ref"] == "#/$defs/registry";
    let properties = own["properties"].as_object();
    let names = || properties.into_iter().flat_map(|members| members.keys().map(String::as_str)).collect::<Vec<_>>();
    if let Some(found) = properties.and_then(|members| members.get(name)) {
        return Found::At(found);
    }
    if is_registry {
        return match REGISTRY_MEMBERS.contains(&name) {
            true => Found::Open,
            false => Found::Missing(REGISTRY_MEMBERS.to_vec()),
        };
    }
    match &own["additionalProperties"] {
        Value::Bool(false) => return Found::Missing(names()),
        other @ Value::Object(_) => return Found::At(other),
        _ => {}
    }
    if is_list(own) && name.parse::<u64>().is_err() {
        return Found::List;
    }
    if properties.is_some_and(|members| !members.is_empty()) { Found::Unlisted(names()) } else { Found::Open }
}

/// One step to any member or entry.
pub fn any<'a>(root: &'a Value, node: &'a Value) -> Option<&'a Value> {
    let own = resolve(root, node);
    [&own["items"], &own["additionalProperties"]].into_iter().find(|inner| inner.is_object())
}

fn resolve<'a>(root: &'a Value, node: &'a Value) -> &'a Value {
    let target = node["$ref"].as_str().and_then(|path| root.pointer(path.strip_prefix('#')?));
    target.unwrap_or(node)
}

fn is_list(node: &Value) -> bool {
    let kind = &node["type"];
    let names = |word: &str| kind == word || kind.as_array().is_some_and(|all| all.iter().any(|one| one == word));
    names("array") && !names("object")
}
