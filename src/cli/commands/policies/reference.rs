//! Policies explained: for the terminal, as a reference page, and as JSON. All of it stands in METADATA and in the
//! examples.

use anyhow::anyhow;
use serde_json::{Value, json};

use crate::model::visible::visible_json;
use crate::policy::{Example, Examples, Policy, examples};

/// Columns of running text on the terminal.
const WIDTH: usize = 100;

/// One line a policy.
pub fn list(policies: &[Policy]) -> String {
    let width = policies.iter().map(|policy| policy.id.len()).max().unwrap_or_default();
    let line = |policy: &Policy| {
        let custom = &policy.metadata.custom;
        let (severity, profile) = (custom.severity.as_str(), custom.profile.as_str());
        format!("{:<width$}  {severity:<8}  {profile:<9}  {}\n", policy.id, policy.metadata.title)
    };
    policies.iter().map(line).collect()
}

/// A policy for the terminal.
pub fn explain(policy: &Policy) -> String {
    let metadata = &policy.metadata;
    let custom = &metadata.custom;
    let mut text = format!(
        "{} ({}, profile {})\n{}\n\n{}\n{}",
        policy.id,
        custom.severity.as_str(),
        custom.profile.as_str(),
        metadata.title,
        wrapped(&metadata.description),
        wrapped(&format!("How to fix it: {}", custom.remediation)),
    );
    for (name, parameter) in &custom.parameters {
        let (kind, default) = (parameter.kind.as_str(), &parameter.default);
        let meaning = format!("Parameter {name} ({kind}, default {default}): {}", parameter.description);
        text += &format!("\n{}", wrapped(&meaning));
    }
    if !custom.controls.is_empty() {
        text += "\nControls:\n";
    }
    for (framework, ids) in &custom.controls {
        text += &format!("  {framework}: {}\n", ids.join(", "));
    }
    if !metadata.related_resources.is_empty() {
        text += "\nSee:\n";
    }
    for reference in &metadata.related_resources {
        text += &format!("  {}\n", reference.url);
    }
    text
}

/// Text for the terminal: its paragraphs, with no line longer than it must be.
fn wrapped(text: &str) -> String {
    text.trim().lines().map(|paragraph| textwrap::fill(paragraph, options()) + "\n").collect()
}

/// An address or a command is not broken.
fn options() -> textwrap::Options<'static> {
    let options = textwrap::Options::new(WIDTH).break_words(false);
    options.word_splitter(textwrap::WordSplitter::NoHyphenation)
}

/// Everything METADATA says, as a JSON array.
pub fn as_json(policies: &[Policy]) -> String {
    let one = |policy: &Policy| {
        let metadata = &policy.metadata;
        let custom = &metadata.custom;
        let references = metadata.related_resources.iter().map(|r| json!({"ref": r.url, "description": r.description}));
        let parameters = custom.parameters.iter().map(|(name, p)| {
            let described = json!({"default": p.default, "type": p.kind.as_str(), "description": p.description});
            (name.clone(), described)
        });
        json!({
            "id": policy.id,
            "title": metadata.title,
            "description": metadata.description.trim(),
            "severity": custom.severity.as_str(),
            "profile": custom.profile.as_str(),
            "remediation": custom.remediation.trim(),
            "controls": custom.controls,
            "parameters": parameters.collect::<serde_json::Map<String, Value>>(),
            "related_resources": references.collect::<Vec<_>>(),
        })
    };
    let policies: Vec<Value> = policies.iter().map(one).collect();
    format!("{}\n", visible_json(&format!("{:#}", Value::Array(policies))))
}

/// All policies on one page: a table, then each under the same headings.
///
/// # Errors
/// A policy's examples cannot be read.
pub fn markdown(policies: &[Policy]) -> anyhow::Result<String> {
    let mut page = String::from(
        "# Policies\n\nWritten by `acrscan policies --format markdown`.\n\n\
         | policy | severity | profile | denies |\n|---|---|---|---|\n",
    );
    for policy in policies {
        let custom = &policy.metadata.custom;
        page += &format!(
            "| [{0}](#{0}) | {1} | {2} | {3} |\n",
            policy.id,
            custom.severity.as_str(),
            custom.profile.as_str(),
            cell(&policy.metadata.title)
        );
    }
    for policy in policies {
        page += &format!("\n{}", section(policy, "##")?);
    }
    Ok(page)
}

/// One policy's own page.
///
/// # Errors
/// Its examples cannot be read.
pub fn page(policy: &Policy) -> anyhow::Result<String> {
    section(policy, "#")
}

/// A policy below a heading of this level.
fn section(policy: &Policy, level: &str) -> anyhow::Result<String> {
    let metadata = &policy.metadata;
    let custom = &metadata.custom;
    let (file, text) = examples(policy);
    let text = text.map_err(|why| anyhow!("{file}: {why}"))?;
    let examples = Examples::parse(&text).map_err(|(line, message)| anyhow!("{file}:{line}: {message}"))?;
    let (finds, matters) = what_and_why(metadata.description.trim());
    let mut text = format!(
        "{level} {}\n\n{}.\n\n{level}# What it finds\n\n{finds}\n\n{level}# Why it matters\n\n{matters}\n",
        policy.id, metadata.title
    );
    for (heading, group) in [("Bad", &examples.bad), ("Good", &examples.good)] {
        text += &format!("\n{level}# {heading}\n");
        text += &group.iter().map(example).collect::<anyhow::Result<String>>()?;
    }
    text += &format!("\n{level}# How to fix it\n\n{}\n", custom.remediation.trim());
    for (name, parameter) in &custom.parameters {
        let meaning = parameter.description.trim();
        let allowed = Some(parameter.allowed()).filter(|words| !words.is_empty());
        let allowed = allowed.map(|words| format!(", {words}")).unwrap_or_default();
        text += &format!(
            "\nParameter `{name}` ({}{allowed}, default `{}`): {meaning}\n",
            parameter.kind.as_str(),
            parameter.default
        );
    }
    text += &format!("\n{level}# Controls\n\n");
    match custom.controls.is_empty() {
        true => text += "No benchmark's control for this setting is known.\n",
        false => {
            for (framework, ids) in &custom.controls {
                text += &format!("- {framework}: {}\n", ids.join(", "));
            }
        }
    }
    text += &format!("\n{level}# References\n\n");
    for reference in &metadata.related_resources {
        text += &format!("- [{}]({})\n", reference.description.as_deref().unwrap_or(&reference.url), reference.url);
    }
    Ok(text)
}

fn example(Example { name, input, parameters }: &Example) -> anyhow::Result<String> {
    let mut shown = format!("\n{name}:\n\n```yaml\n{}", yaml_serde::to_string(input)?);
    if !parameters.is_empty() {
        shown += &format!("# with parameters {}\n", Value::Object(parameters.clone()));
    }
    Ok(shown + "```\n")
}

/// A description's first sentence says what the policy finds, the others why it matters.
fn what_and_why(description: &str) -> (&str, &str) {
    match description.split_once(". ") {
        Some((finds, matters)) => (&description[..=finds.len()], matters),
        None => (description, "Its description does not say."),
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
