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
    /// Of a number, the least.
    #[serde(default)]
    pub minimum: Option<f64>,
    /// Of a number, the greatest.
    #[serde(default)]
    pub maximum: Option<f64>,
    /// Of a string, a regular expression that matches it.
    #[serde(default)]
    pub pattern: Option<String>,
    /// The values that it may have.
    #[serde(default, rename = "enum")]
    pub one_of: Option<Vec<Value>>,
    /// Of an array, what each of its entries is.
    #[serde(default)]
    pub items: Option<Items>,
}

/// What each entry of an array is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Items {
    #[serde(rename = "type")]
    pub kind: ParameterKind,
    #[serde(default)]
    pub minimum: Option<f64>,
    #[serde(default)]
    pub maximum: Option<f64>,
    #[serde(default)]
    pub pattern: Option<String>,
    #[serde(default, rename = "enum")]
    pub one_of: Option<Vec<Value>>,
}

impl Parameter {
    /// What is wrong with a value for it: `is not a number`, `must be 0 or more`.
    pub fn refuses(&self, value: &Value) -> Option<String> {
        let own = Bounds {
            kind: self.kind,
            minimum: self.minimum,
            maximum: self.maximum,
            pattern: self.pattern.as_deref(),
            one_of: self.one_of.as_deref(),
        };
        if let Some(why) = own.refuses(value) {
            return Some(why);
        }
        let items = self.items.as_ref()?;
        let each = Bounds {
            kind: items.kind,
            minimum: items.minimum,
            maximum: items.maximum,
            pattern: items.pattern.as_deref(),
            one_of: items.one_of.as_deref(),
        };
        let entry = value.as_array()?.iter().find_map(|entry| Some((entry, each.refuses(entry)?)));
        entry.map(|(entry, why)| format!("holds {entry}, which {why}"))
    }

    /// What a value may be, in a few words: `0 to 32`; empty where any of its type may.
    pub fn allowed(&self) -> String {
        let items = self.items.as_ref().map(|items| {
            let words = words(items.minimum, items.maximum, items.pattern.as_deref(), items.one_of.as_deref());
            format!("each a {}{}", items.kind.as_str(), if words.is_empty() { words } else { format!(", {words}") })
        });
        let own = words(self.minimum, self.maximum, self.pattern.as_deref(), self.one_of.as_deref());
        [own, items.unwrap_or_default()].into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join(", ")
    }

    /// A bound that does not hold together: of another type, or no regular expression.
    fn fault(&self) -> Option<String> {
        let item = self.items.as_ref();
        let kinds = [(self.kind, self.minimum.or(self.maximum).is_some(), self.pattern.as_deref())];
        let items = item.map(|item| (item.kind, item.minimum.or(item.maximum).is_some(), item.pattern.as_deref()));
        for (kind, is_bounded, pattern) in kinds.into_iter().chain(items) {
            if is_bounded && kind != ParameterKind::Number {
                return Some(format!("`minimum` and `maximum` are for numbers, and it is a {}", kind.as_str()));
            }
            if pattern.is_some() && kind != ParameterKind::String {
                return Some(format!("`pattern` is for strings, and it is a {}", kind.as_str()));
            }
            if let Some(Err(error)) = pattern.map(regex::Regex::new) {
                let error = error.to_string();
                return Some(format!("`pattern` is no regular expression: {}", error.lines().last().unwrap_or(&error)));
            }
        }
        let is_array = self.kind == ParameterKind::Array;
        (item.is_some() && !is_array).then(|| format!("`items` is for arrays, and it is a {}", self.kind.as_str()))
    }
}

/// What a value is held to.
struct Bounds<'a> {
    kind: ParameterKind,
    minimum: Option<f64>,
    maximum: Option<f64>,
    pattern: Option<&'a str>,
    one_of: Option<&'a [Value]>,
}

impl Bounds<'_> {
    fn refuses(&self, value: &Value) -> Option<String> {
        if !self.kind.admits(value) {
            return Some(format!("is not a {}", self.kind.as_str()));
        }
        let number = value.as_f64().unwrap_or_default();
        let outside =
            self.minimum.is_some_and(|least| number < least) || self.maximum.is_some_and(|most| number > most);
        // One that does not compile was refused with METADATA.
        let matches = |pattern: &str| {
            let text = value.as_str().unwrap_or_default();
            regex::Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(text))
        };
        let is_wrong = (value.is_number() && outside)
            || self.pattern.is_some_and(|pattern| !matches(pattern))
            || self.one_of.is_some_and(|all| !all.contains(value));
        is_wrong.then(|| format!("is not {}", words(self.minimum, self.maximum, self.pattern, self.one_of)))
    }
}

fn words(minimum: Option<f64>, maximum: Option<f64>, pattern: Option<&str>, one_of: Option<&[Value]>) -> String {
    let range = match (minimum, maximum) {
        (Some(least), Some(most)) => format!("{least} to {most}"),
        (Some(least), None) => format!("{least} or more"),
        (None, Some(most)) => format!("{most} or less"),
        (None, None) => String::new(),
    };
    let pattern = pattern.map(|pattern| format!("matched by {pattern}")).unwrap_or_default();
    let one_of = one_of.map(|all| {
        let all: Vec<String> =
            all.iter().map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned)).collect();
        format!("one of {}", all.join(", "))
    });
    [range, pattern, one_of.unwrap_or_default()]
        .into_iter()
        .filter(|words| !words.is_empty())
        .collect::<Vec<_>>()
        .join(", ")
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
            if let Some(why) = parameter.fault() {
                return Err((name, format!("parameter `{name}`: {why}")));
            }
            if let Some(why) = parameter.refuses(&parameter.default) {
                return Err((name, format!("the default of parameter `{name}` {why}: {}", parameter.default)));
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
            (
                "  remediation: R",
                "  remediation: R\n#   parameters: {p: {default: -3, type: number, description: D, minimum: 0, maximum: 32}}",
                "the default of parameter `p` is not 0 to 32: -3",
            ),
            (
                "  remediation: R",
                "  remediation: R\n#   parameters: {p: {default: [x], type: array, description: D, items: {type: string, pattern: '^a'}}}",
                "holds \"x\", which is not matched by ^a",
            ),
            (
                "  remediation: R",
                "  remediation: R\n#   parameters: {p: {default: 1, type: number, description: D, pattern: '^a'}}",
                "`pattern` is for strings",
            ),
        ] {
            let message = error(&GOOD.replace(from, to));
            assert!(message.starts_with("x.rego:") && message.contains(expected), "{message}");
        }
    }
}
