//! The METADATA block above `package`, in the form OPA annotations have.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::PolicyError;
use crate::model::finding::Severity;

/// Everything a policy says of itself.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Metadata {
    /// OPA's scope of the block; only those of a package make sense here, so nothing else reads it.
    #[serde(default, rename = "scope")]
    _scope: Option<PackageScope>,
    pub title: String,
    pub description: String,
    #[serde(default)]
    pub related_resources: Vec<Reference>,
    /// Whom to ask: as text, or as OPA's object of `name` and `email`.
    #[serde(default, rename = "authors")]
    _authors: Vec<Author>,
    #[serde(default, rename = "organizations")]
    _organizations: Vec<String>,
    /// For `opa check --schema`.
    #[serde(default, rename = "schemas")]
    _schemas: Vec<BTreeMap<String, Value>>,
    #[serde(default, rename = "entrypoint")]
    _entrypoint: bool,
    pub custom: Custom,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PackageScope {
    Package,
    Subpackages,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Author {
    Text(#[allow(dead_code)] String),
    Named(#[allow(dead_code)] BTreeMap<String, String>),
}

/// A page to read; in METADATA its address, or an object of `ref` and `description`.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "WrittenReference")]
pub struct Reference {
    /// Its address.
    pub url: String,
    /// What it is.
    pub description: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "a related resource is an address, or an object of `ref` and `description`")]
enum WrittenReference {
    Address(String),
    #[serde(rename_all = "snake_case")]
    Described {
        r#ref: String,
        #[serde(default)]
        description: Option<String>,
    },
}

impl From<WrittenReference> for Reference {
    fn from(written: WrittenReference) -> Reference {
        match written {
            WrittenReference::Address(url) => Reference { url, description: None },
            WrittenReference::Described { r#ref, description } => Reference { url: r#ref, description },
        }
    }
}

/// The members of `custom` that acrscan reads.
const CUSTOM: [&str; 6] = ["severity", "profile", "remediation", "reads", "controls", "parameters"];

/// What OPA leaves to the tool.
#[derive(Debug, Clone, Deserialize)]
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
    /// What the author keeps there besides, such as an owner: handed on, read by nobody here.
    #[serde(skip)]
    pub own: Map<String, Value>,
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
        let all: Value = yaml_serde::from_str(&yaml).unwrap_or_default();
        let custom = all["custom"].as_object().cloned().unwrap_or_default();
        // Before all else: what is missing may be there under a name that is nearly its own.
        if let Some((name, meant)) = custom.keys().find_map(|name| Some((name, misspelt(name, &custom)?))) {
            let begins = |line: &&str| line.trim_start_matches(['#', ' ']).starts_with(&format!("{name}:"));
            let line = lines[marker..package].iter().position(begins).unwrap_or_default();
            let message = format!("METADATA: `custom.{name}` is nothing that acrscan reads: did you mean `{meant}`?");
            return Err(at(marker + line + 1, message));
        }
        let mut metadata: Metadata = yaml_serde::from_str(&yaml).map_err(|error| {
            let (line, message) = yaml_error(&error);
            at(marker + 1 + line, message)
        })?;
        metadata.custom.own = custom.into_iter().filter(|(name, _)| !CUSTOM.contains(&name.as_str())).collect();
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

/// What a YAML error is about: its line within the block, and the message without the library's own place.
fn yaml_error(error: &yaml_serde::Error) -> (usize, String) {
    let line = error.location().map_or(0, |location| location.line());
    let message = error.to_string();
    (line, format!("METADATA: {}", message.split(" at line ").next().unwrap_or(&message)))
}

/// The member of `custom` that was meant by one that is nearly it. Any other may stand there, `remediation_url` too.
fn misspelt(name: &str, custom: &Map<String, Value>) -> Option<&'static str> {
    if CUSTOM.contains(&name) {
        return None;
    }
    let name: String = name.chars().take(64).collect::<String>().to_lowercase();
    let likeness = |known: &str| strsim::jaro_winkler(&name, known);
    let meant = CUSTOM.into_iter().max_by(|one, other| likeness(one).total_cmp(&likeness(other)))?;
    let goes_on = name.strip_prefix(meant).is_some_and(|rest| rest.starts_with(['_', '-']));
    let enough = if custom.contains_key(meant) { 0.93 } else { 0.85 };
    (likeness(meant) >= enough && !goes_on).then_some(meant)
}

/// Refuses annotations of rules that are no YAML: OPA would refuse the file.
///
/// # Errors
/// The first block of a file that is none.
pub fn check_blocks(file: &str, rego: &str) -> Result<(), PolicyError> {
    let lines: Vec<&str> = rego.lines().collect();
    let is_marker = |line: &&str| line.strip_prefix('#').is_some_and(|text| text.trim().starts_with("METADATA"));
    let mut index = 0;
    while let Some(marker) = lines[index..].iter().position(is_marker).map(|found| index + found) {
        let block = lines[marker + 1..].iter().take_while(|line| line.starts_with('#'));
        let yaml: String = block.map(|line| format!("{}\n", &line[1..])).collect();
        index = marker + 1;
        let read: Result<Value, _> = yaml_serde::from_str(&yaml);
        let (line, message) = match read {
            Ok(Value::Object(_)) => continue,
            Ok(_) => (0, "METADATA: the block names no annotation".to_owned()),
            Err(error) => yaml_error(&error),
        };
        return Err(PolicyError::At { file: file.to_owned(), line: marker + 1 + line, message });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opas_annotations_are_taken_and_members_of_ones_own_kept() {
        let rego = GOOD.replace(
            "# custom:\n",
            "# authors: [Platform <p@example.com>, {name: Ada}]\n# organizations: [Contoso]\n# schemas:\n# - input: \
             schema.input\n# entrypoint: true\n# related_resources:\n# - https://example.com/a\n# - ref: \
             https://example.com/b\n#   description: B\n# custom:\n#   owner: platform\n",
        );
        let metadata = Metadata::parse("x.rego", &rego).expect("good");
        let pages: Vec<_> = metadata.related_resources.iter().map(|page| page.url.as_str()).collect();
        assert_eq!(pages, ["https://example.com/a", "https://example.com/b"]);
        assert_eq!(metadata.custom.own["owner"], "platform");
    }

    #[test]
    fn a_block_that_is_no_yaml_is_refused_wherever_it_stands() {
        let rego = format!("{GOOD}\n# METADATA\n# title: [\ndeny contains 1\n");
        assert!(check_blocks("x.rego", &rego).expect_err("no YAML").to_string().starts_with("x.rego:1"));
        assert!(check_blocks("x.rego", &format!("{GOOD}\n# METADATA of a kind\n# title: x\n")).is_ok());
    }

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
            ("  remediation: R", "  remediation: R\n#   paramters: {}", "did you mean `parameters`?"),
            ("# title: T", "# title: T\n# scope: rule", "unknown variant `rule`"),
        ] {
            let message = error(&GOOD.replace(from, to));
            assert!(message.starts_with("x.rego:") && message.contains(expected), "{message}");
        }
    }
}
