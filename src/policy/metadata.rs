//! The METADATA block above `package`, in the form OPA annotations have.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::PolicyError;
use crate::model::finding::Severity;

/// Everything a policy says of itself.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Metadata {
    /// OPA's scope of the block; only `package` makes sense here, so nothing else reads it.
    #[serde(default, rename = "scope")]
    _scope: Option<PackageScope>,
    pub title: String,
    pub description: String,
    #[serde(default)]
    pub related_resources: Vec<Reference>,
    pub custom: Custom,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PackageScope {
    Package,
}

/// A page to read.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// Its address.
    #[serde(rename = "ref")]
    pub url: String,
    /// What it is.
    #[serde(default)]
    pub description: Option<String>,
}

/// What OPA leaves to the tool.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Custom {
    /// How bad a finding is.
    #[serde(deserialize_with = "severity")]
    pub severity: Severity,
    /// Which profile runs it.
    pub profile: Profile,
    /// How to fix it, in prose.
    pub remediation: String,
    /// What it needs beyond the registry itself.
    #[serde(default)]
    pub reads: BTreeSet<Reads>,
    /// Framework to control ids.
    #[serde(default)]
    pub controls: BTreeMap<String, Vec<String>>,
    /// Name to default, type and meaning.
    #[serde(default)]
    pub parameters: BTreeMap<String, Parameter>,
}

/// A set of policies that are run together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// Who can reach the registry over the network, and whether its tasks can.
    Network,
    /// Everything else about a registry's posture.
    Hardening,
}

impl Profile {
    /// The word used in METADATA and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Profile::Network => "network",
            Profile::Hardening => "hardening",
        }
    }
}

/// A part of the input document that costs a read of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Reads {
    Tasks,
    AgentPools,
    ServiceTag,
    RoleAssignments,
    Usages,
    TaskCredentials,
    Preview,
    RoleDefinitions,
    SubnetRules,
    Runs,
    Network,
}

/// Something a user can set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// The value where the user sets none.
    pub default: Value,
    /// The JSON type: `boolean`, `number`, `string` or `array`.
    #[serde(rename = "type")]
    pub kind: ParameterKind,
    /// What it does.
    pub description: String,
}

/// JSON type of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum ParameterKind {
    Boolean,
    Number,
    String,
    Array,
}

impl ParameterKind {
    /// The word used in METADATA.
    pub fn as_str(self) -> &'static str {
        match self {
            ParameterKind::Boolean => "boolean",
            ParameterKind::Number => "number",
            ParameterKind::String => "string",
            ParameterKind::Array => "array",
        }
    }

    /// Whether a value is of this type.
    pub fn admits(self, value: &Value) -> bool {
        match self {
            ParameterKind::Boolean => value.is_boolean(),
            ParameterKind::Number => value.is_number(),
            ParameterKind::String => value.is_string(),
            ParameterKind::Array => value.is_array(),
        }
    }
}

fn severity<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Severity, D::Error> {
    let word = String::deserialize(deserializer)?;
    let known = || Severity::WORST_FIRST.map(Severity::as_str).join(", ");
    Severity::parse(&word)
        .ok_or_else(|| serde::de::Error::custom(format!("severity {word:?} is not one of {}", known())))
}

impl Metadata {
    /// Reads the block of a policy's file.
    ///
    /// # Errors
    /// There is none above `package`, it is not YAML, or a field is missing, unknown or of the wrong kind.
    pub fn parse(file: &str, rego: &str) -> Result<Metadata, PolicyError> {
        let at = |line: usize, message: String| PolicyError::At { file: file.to_owned(), line, message };
        let lines: Vec<&str> = rego.lines().collect();
        let package = lines.iter().position(|line| line.starts_with("package ")).unwrap_or(0);
        let comments = lines[..package].iter().rposition(|line| !line.starts_with('#')).map_or(0, |last| last + 1);
        let Some(marker) = (comments..package).find(|&line| lines[line][1..].trim().starts_with("METADATA")) else {
            let message = "no METADATA block above `package`: a policy's title, severity and help stand there";
            return Err(at(package + 1, message.to_owned()));
        };
        let yaml: String = lines[marker + 1..package].iter().map(|line| format!("{}\n", &line[1..])).collect();
        let metadata: Metadata = yaml_serde::from_str(&yaml).map_err(|error| {
            let line = error.location().map_or(marker + 1, |location| marker + 1 + location.line());
            // The library's own place is within the block.
            let message = error.to_string();
            at(line, format!("METADATA: {}", message.split(" at line ").next().unwrap_or(&message)))
        })?;
        metadata.check().map_err(|(name, message)| {
            let begins = |line: &&str| line.trim_start_matches(['#', ' ']).starts_with(&format!("{name}:"));
            let line = lines[marker..package].iter().position(begins).unwrap_or_default();
            at(marker + line + 1, format!("METADATA: {message}"))
        })?;
        Ok(metadata)
    }

    /// What the types cannot hold: the member, and what is wrong with it.
    fn check(&self) -> Result<(), (&str, String)> {
        let texts =
            [("title", &self.title), ("description", &self.description), ("remediation", &self.custom.remediation)];
        for (name, text) in texts {
            if text.trim().is_empty() {
                return Err((name, format!("`{name}` is empty")));
            }
        }
        for (name, parameter) in &self.custom.parameters {
            if !parameter.kind.admits(&parameter.default) {
                let kind = parameter.kind.as_str();
                return Err((
                    name,
                    format!("the default of parameter `{name}` is not a {kind}: {}", parameter.default),
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "# Licence text.\n\n# METADATA\n# title: T\n# description: D\n# custom:\n#   severity: low\n\
                        #   profile: network\n#   remediation: R\npackage acr.x\n";

    #[test]
    fn the_block_above_the_package_is_read() {
        let metadata = Metadata::parse("x.rego", GOOD).expect("good");
        assert_eq!((metadata.title.as_str(), metadata.custom.severity), ("T", Severity::Low));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let error = |rego: &str| Metadata::parse("x.rego", rego).expect_err("bad").to_string();
        assert!(error("package acr.x\n").starts_with("x.rego:1: no METADATA block above `package`"));
        for (from, to, expected) in [
            ("# title: T\n", "", "missing field `title`"),
            ("severity: low", "severity: awful", "severity \"awful\" is not one of critical, high, medium, low, note"),
            ("# title: T", "# titel: T", "unknown field `titel`"),
            ("profile: network", "profile: web", "unknown variant `web`"),
            ("# title: T", "# title: ' '", "`title` is empty"),
        ] {
            let message = error(&GOOD.replace(from, to));
            assert!(message.starts_with("x.rego:") && message.contains(expected), "{message}");
        }
    }
}
