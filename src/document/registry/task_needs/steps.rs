//! The steps of a task: a Dockerfile, a task file written out in base64, or one that lies in a repository.

use std::collections::BTreeMap;

use serde_json::Value;

use super::names::{OwnRegistry, expand, host, render};
use super::yaml::Yaml;
use super::{MAX_CONTENT, Needs, UNKNOWN_TEXT, Use, base64, command, member, yaml};

/// How many values its YAML may unfold to.
const MAX_NODES: usize = 20_000;

type Unread = &'static str;

/// What the steps need, or why they could not be read.
pub fn read(step: &Value, own: &OwnRegistry) -> Result<Needs, Unread> {
    match member(step, "type").as_str().unwrap_or_default().to_lowercase().as_str() {
        "docker" => docker(step, own),
        "encodedtask" => encoded(step, own),
        "filetask" => Err("its steps are a file in a repository"),
        _ => Err("its steps were not shown"),
    }
}

/// Builds a Dockerfile, and pushes what it builds unless told not to.
fn docker(step: &Value, own: &OwnRegistry) -> Result<Needs, Unread> {
    let mut needs = Needs::default();
    // What the Dockerfile starts from is not shown, but where a run found it out.
    needs.pulls(base_images(member(step, "baseImageDependencies"), own));
    let pushes = match member(step, "isPushEnabled") {
        // ARM's default.
        Value::Null | Value::Bool(true) => Use::Yes,
        Value::Bool(false) => Use::No,
        _ => Use::Perhaps,
    };
    match member(step, "imageNames") {
        Value::Null => {}
        Value::Array(names) => {
            for name in names {
                let target = name.as_str().map_or(Use::Perhaps, |name| push_target(name, own, &mut needs));
                needs.pushes(target.min(pushes));
            }
        }
        _ => needs.pushes(Use::Perhaps.min(pushes)),
    }
    Ok(needs)
}

/// Whether an image is pushed to the task's own registry: where it names none, it is.
fn push_target(name: &str, own: &OwnRegistry, needs: &mut Needs) -> Use {
    let Ok(name) = render(name, &BTreeMap::new()) else { return Use::Perhaps };
    let name = expand(&name, &BTreeMap::new());
    match host(&name) {
        Some(host) => {
            needs.names(own.spoken(host));
            own.is_server(host)
        }
        None if name.starts_with(UNKNOWN_TEXT) => Use::Perhaps,
        None => {
            needs.names(own.spoken(super::names::OWN_SERVER));
            Use::Yes
        }
    }
}

fn base_images(found: &Value, own: &OwnRegistry) -> Use {
    let Some(found) = found.as_array().filter(|found| !found.is_empty()) else { return Use::Perhaps };
    let of = |image: &Value| member(image, "registry").as_str().map_or(Use::Perhaps, |host| own.is_server(host));
    found.iter().map(of).max().unwrap_or_default()
}

fn encoded(step: &Value, own: &OwnRegistry) -> Result<Needs, Unread> {
    let content = member(step, "encodedTaskContent").as_str().ok_or("its steps were not shown")?;
    let values = values(step);
    let text = render(&text_of(content)?, &values)?;
    let task = yaml::parse(&text, MAX_NODES)?;
    let aliases = aliases(&task);
    let Some(Yaml::List(steps)) = task.get("steps") else { return Err("its steps are not those of a task file") };
    let mut needs = Needs::default();
    let mut commands = command::Commands::default();
    for step in steps {
        let mut known = false;
        if let Some(build) = step.get("build") {
            known = true;
            // What the Dockerfile starts from is not shown.
            needs.pulls(Use::Perhaps);
            command::build(&words(build, &aliases), own, &mut needs);
        }
        if let Some(push) = step.get("push") {
            known = true;
            for image in words(push, &aliases) {
                let target = push_target(&image, own, &mut needs);
                needs.pushes(target);
            }
        }
        if let Some(cmd) = step.get("cmd") {
            known = true;
            commands.run(&words(cmd, &aliases), own, &mut needs);
        }
        if !known {
            return Err("a step is of no kind that is known");
        }
    }
    commands.finish(&mut needs);
    Ok(needs)
}

fn text_of(content: &str) -> Result<String, Unread> {
    let bytes = base64::decode(content, MAX_CONTENT)?;
    if bytes.len() > MAX_CONTENT {
        return Err("its steps are larger than any task's should be");
    }
    String::from_utf8(bytes).map_err(|_| "its steps are not YAML")
}

/// The values that a template may ask for: those of a file written out in base64, and over them those given one by one.
fn values(step: &Value) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    let encoded = member(step, "encodedValuesContent").as_str().and_then(|content| text_of(content).ok());
    if let Some(Yaml::Map(members)) = encoded.and_then(|text| yaml::parse(&text, MAX_NODES).ok()) {
        values.extend(members.into_iter().filter_map(|(name, value)| Some((name, value.as_text()?.to_owned()))));
    }
    for value in member(step, "values").as_array().into_iter().flatten() {
        if let Some(name) = member(value, "name").as_str() {
            let text = member(value, "value").as_str().unwrap_or(UNKNOWN_TEXT);
            values.insert(name.to_owned(), text.to_owned());
        }
    }
    values
}

/// The task's own names for texts.
fn aliases(task: &Yaml) -> BTreeMap<String, String> {
    let Some(Yaml::Map(members)) = task.get("alias").and_then(|alias| alias.get("values")) else {
        return BTreeMap::new();
    };
    let known = BTreeMap::new();
    members.iter().filter_map(|(name, value)| Some((name.clone(), expand(value.as_text()?, &known)))).collect()
}

/// A command line, or a list of texts, as words with their placeholders filled in.
fn words(value: &Yaml, aliases: &BTreeMap<String, String>) -> Vec<String> {
    let texts = match value {
        Yaml::Text(text) => vec![text.as_str()],
        Yaml::List(items) => items.iter().map(|item| item.as_text().unwrap_or(UNKNOWN_TEXT)).collect(),
        Yaml::Map(_) => vec![UNKNOWN_TEXT],
    };
    texts.into_iter().flat_map(|text| command::split(&expand(text, aliases))).collect()
}
