//! Whose a registry is that a step names, and what a step's placeholders stand for.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{MAX_CONTENT, UNKNOWN_TEXT, Use, member};

/// Stands for the registry's login server, as `$Registry` and `{{.Run.Registry}}` do. A character of the private use
/// area: YAML takes it, and nobody writes it.
pub const OWN_SERVER: &str = "\u{e001}";
/// Stands for the registry's name.
pub const OWN_NAME: &str = "\u{e002}";

/// How the task's own registry is called, in lower case.
pub struct OwnRegistry {
    server: Option<String>,
    name: Option<String>,
}

impl OwnRegistry {
    pub fn of(registry: &Value) -> OwnRegistry {
        let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_lowercase);
        OwnRegistry {
            server: text(member(member(registry, "properties"), "loginServer")),
            name: text(member(registry, "name")),
        }
    }

    /// Whether a host is this registry's login server.
    pub fn is_server(&self, host: &str) -> Use {
        let host = host.to_lowercase();
        let suffix = [".azurecr.io", ".azurecr.us", ".azurecr.cn"].iter().find_map(|suffix| host.strip_suffix(suffix));
        match (&self.server, &self.name, suffix) {
            _ if host == OWN_SERVER => Use::Yes,
            _ if host.contains(UNKNOWN_TEXT) || host.contains(OWN_SERVER) => Use::Perhaps,
            (_, _, Some(OWN_NAME)) => Use::Yes,
            (Some(server), ..) => yes_or_no(*server == host),
            (None, Some(name), Some(label)) => yes_or_no(name == label),
            // What the registry will be called is not known yet.
            (None, None, Some(_)) => Use::Perhaps,
            (None, _, None) => Use::No,
        }
    }

    /// Whether a registry's name, or its login server, is this one's.
    pub fn is_named(&self, name: &str) -> Use {
        match &self.name {
            _ if name == OWN_NAME => Use::Yes,
            _ if name.contains('.') || name.contains(OWN_SERVER) => self.is_server(name),
            _ if name.contains(UNKNOWN_TEXT) => Use::Perhaps,
            Some(own) => yes_or_no(own.eq_ignore_ascii_case(name)),
            None => Use::Perhaps,
        }
    }

    /// Whether a text speaks of this registry.
    pub fn is_mentioned(&self, text: &str) -> bool {
        let lower = text.to_lowercase();
        let in_label = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let spells =
            |server: &String| lower.match_indices(server.as_str()).any(|(at, _)| !lower[..at].ends_with(in_label));
        lower.contains(OWN_SERVER) || lower.contains(OWN_NAME) || self.server.as_ref().is_some_and(spells)
    }

    /// How a host is called in the fact: a plain login server, or nothing.
    pub fn spoken(&self, host: &str) -> Option<String> {
        if host == OWN_SERVER || self.is_server(host) == Use::Yes {
            return self.server.clone().or_else(|| Some(format!("{}.azurecr.io", self.name.as_ref()?)));
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:".contains(&byte);
        (host.len() <= 255 && host.bytes().all(plain)).then(|| host.to_lowercase())
    }
}

fn yes_or_no(holds: bool) -> Use {
    if holds { Use::Yes } else { Use::No }
}

/// The host of an image's name; none where it has none.
pub fn host(image: &str) -> Option<&str> {
    let (first, _) = image.split_once('/')?;
    let is_host =
        first.contains(['.', ':']) || first == "localhost" || first.contains([OWN_SERVER, UNKNOWN_TEXT].map(as_char));
    is_host.then_some(first)
}

fn as_char(placeholder: &str) -> char {
    placeholder.chars().next().unwrap_or_default()
}

/// Fills `{{.Run.…}}` and `{{.Values.…}}` in. An error where the text is a template with more in it.
pub fn render(text: &str, values: &BTreeMap<String, String>) -> Result<String, &'static str> {
    let mut rendered = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let (inside, next) = after.split_once("}}").ok_or("its steps are no template that could be read")?;
        rendered.push_str(before);
        let inside = inside.trim_matches(['-', ' ', '\t', '\n']);
        let word = inside.split_whitespace().next().unwrap_or_default();
        if ["if", "else", "end", "range", "with", "define", "template", "block"].contains(&word) {
            return Err("its steps are a template with conditions or loops");
        }
        rendered.push_str(match inside.split_once('.').map(|(head, path)| (head, path.split_once('.'))) {
            Some(("", Some(("Run", key)))) => run_value(key),
            Some(("", Some(("Values", key)))) => values.get(key).map_or(UNKNOWN_TEXT, String::as_str),
            _ => UNKNOWN_TEXT,
        });
        rest = next;
        if rendered.len() > MAX_CONTENT {
            return Err("its steps are larger than any task's should be");
        }
    }
    rendered.push_str(rest);
    Ok(rendered)
}

/// What a value of the run stands for. But for the registry, none names one.
fn run_value(key: &str) -> &'static str {
    match key {
        "Registry" => OWN_SERVER,
        "RegistryName" => OWN_NAME,
        _ => "run",
    }
}

/// Replaces `$name` by what it stands for: a value of the run, or the task's own alias.
pub fn expand(text: &str, aliases: &BTreeMap<String, String>) -> String {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        expanded.push_str(before);
        let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(after.len());
        let (name, next) = after.split_at(end);
        match name {
            "" => expanded.push('$'),
            "Registry" | "RegistryName" => expanded.push_str(run_value(name)),
            "ID" | "SharedVolume" | "OS" | "OSVersion" | "Architecture" | "Version" | "Date" | "Commit" | "Branch"
            | "TaskName" => expanded.push_str("run"),
            _ => expanded.push_str(aliases.get(name).map_or(UNKNOWN_TEXT, String::as_str)),
        }
        rest = next;
    }
    expanded.push_str(rest);
    expanded
}
