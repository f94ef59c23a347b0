//! `examples.yaml`: good and bad registries, beside each policy. They are run by the tests and shown in the reference.

use serde::Deserialize;
use serde_json::{Map, Value};

/// `examples.yaml`, beside each policy.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Examples {
    /// Registries that break the policy.
    pub bad: Vec<Example>,
    /// Registries that keep it.
    pub good: Vec<Example>,
    #[serde(default)]
    /// Registries of which it cannot tell.
    pub unknown: Vec<Example>,
}

/// One registry, in as few words as show the point.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// What it shows, in a line.
    pub name: String,
    /// The input document, as the policy sees it.
    pub input: Value,
    /// Laid over the policy's own defaults.
    #[serde(default)]
    pub parameters: Map<String, Value>,
}

impl Examples {
    /// Reads the file's text.
    ///
    /// # Errors
    /// It is not YAML of this shape: the line and what is wrong there.
    pub fn parse(text: &str) -> Result<Examples, (usize, String)> {
        yaml_serde::from_str(text)
            .map_err(|error| (error.location().map_or(1, |location| location.line()), error.to_string()))
    }
}
