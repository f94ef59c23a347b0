//! `acrscan.toml`: what a team wants of the policies. Every setting keeps its line, for whoever refuses it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use toml::Spanned;

/// The file that is read where `--config` names none.
pub const FILE: &str = "acrscan.toml";

/// A configuration, in the order of the file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Config {
    /// One for each `[policy.<id>]`.
    pub policies: Vec<PolicySettings>,
}

/// One `[policy.<id>]` table.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicySettings {
    /// The policy's id, not yet known to be one.
    pub id: String,
    /// Where the table starts.
    pub place: Place,
    /// `enabled`, `severity` and parameters.
    pub settings: Vec<Setting>,
}

/// One line of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// Its name.
    pub name: String,
    /// Its value, as JSON.
    pub value: Value,
    /// Where it stands.
    pub place: Place,
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, as a user would open it.
    pub file: String,
    /// From 1.
    pub line: usize,
}

/// A configuration that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file itself.
    #[error("{file}: cannot read the configuration: {error}")]
    Read {
        /// The file.
        file: String,
        /// Why.
        error: std::io::Error,
    },
    /// What it says.
    #[error("{file}:{line}: {message}")]
    At {
        /// The file.
        file: String,
        /// From 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    policy: BTreeMap<Spanned<String>, BTreeMap<Spanned<String>, Value>>,
}

impl Config {
    /// Reads the file that was named, or `acrscan.toml` of the working directory if there is one.
    ///
    /// # Errors
    /// The file named is not there, or is no TOML of this shape.
    pub fn load(named: Option<&Path>) -> Result<Config, ConfigError> {
        let path = named.unwrap_or(Path::new(FILE));
        if named.is_none() && !path.exists() {
            return Ok(Config::default());
        }
        let file = path.display().to_string();
        match fs::read_to_string(path) {
            Ok(text) => Config::parse(&file, &text),
            Err(error) => Err(ConfigError::Read { file, error }),
        }
    }

    fn parse(file: &str, text: &str) -> Result<Config, ConfigError> {
        let line_at = |offset: usize| text.as_bytes()[..offset].iter().filter(|&&byte| byte == b'\n').count() + 1;
        let document: Document = toml::from_str(text).map_err(|error| ConfigError::At {
            file: file.to_owned(),
            line: error.span().map_or(1, |span| line_at(span.start)),
            message: error.message().to_owned(),
        })?;
        let place = |span: std::ops::Range<usize>| Place { file: file.to_owned(), line: line_at(span.start) };
        let mut policies: Vec<PolicySettings> = Vec::new();
        for (id, table) in document.policy {
            let settings = table.into_iter().map(|(name, value)| {
                let place = place(name.span());
                Setting { name: name.into_inner(), value, place }
            });
            let settings = settings.collect();
            let place = place(id.span());
            policies.push(PolicySettings { id: id.into_inner(), place, settings });
        }
        policies.sort_by_key(|policy| policy.place.line);
        Ok(Config { policies })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn settings_keep_their_lines() {
        let text = "[policy.b]\n\nquick = true\n\n[policy.a]\nseverity = \"low\"\nranges = [\"1.2.3.4\"]\nmax = 8\n";
        let config = Config::parse("a.toml", text).expect("good");
        let seen: Vec<_> = config
            .policies
            .iter()
            .flat_map(|policy| {
                policy.settings.iter().map(|s| (policy.id.as_str(), s.name.as_str(), s.value.clone(), s.place.line))
            })
            .collect();
        let mut expected = vec![
            ("b", "quick", json!(true), 3),
            ("a", "max", json!(8), 8),
            ("a", "ranges", json!(["1.2.3.4"]), 7),
            ("a", "severity", json!("low"), 6),
        ];
        expected.sort_by(|x, y| x.1.cmp(y.1));
        let mut seen = seen;
        seen.sort_by(|x, y| x.1.cmp(y.1));
        assert_eq!(seen, expected);
        assert_eq!(config.policies.iter().map(|policy| policy.place.line).collect::<Vec<_>>(), [1, 5]);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, expected) in [
            ("[polices.a]\n", "a.toml:1: unknown field `polices`"),
            ("\n[policy.a]\nx = \n", "a.toml:3: "),
            ("[policy]\na = 1\n", "a.toml:2: invalid type"),
        ] {
            let error = Config::parse("a.toml", text).expect_err(text).to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
