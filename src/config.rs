//! `acrscan.toml`: what a team wants of the policies, and what it accepts. Every setting keeps its line, for whoever
//! refuses it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::Value;
use toml::Spanned;

use crate::model::{limits, text_file};

/// The file that is read where `--config` names none.
pub const FILE: &str = "acrscan.toml";

/// A configuration, in the order of the file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Config {
    /// One for each `[policy.<id>]`.
    pub policies: Vec<PolicySettings>,
    /// One for each `[[waiver]]`.
    pub waivers: Vec<WaiverTable>,
    /// One for each `[[terraform]]`.
    pub terraform: Vec<TerraformTable>,
}

/// One `[[terraform]]` table: what a Terraform configuration is told to read.
#[derive(Debug, Clone, PartialEq)]
pub struct TerraformTable {
    /// Where the table starts.
    pub place: ConfigSpan,
    /// The configuration's folder.
    pub root: PathBuf,
    /// Its variables files: the later sets what the earlier does as well.
    pub var_files: Vec<PathBuf>,
}

/// One `[[waiver]]` table: findings that somebody accepts.
#[derive(Debug, Clone, PartialEq)]
pub struct WaiverTable {
    /// Where the table starts.
    pub place: ConfigSpan,
    /// The policy's id, not yet known to be one.
    pub policy: String,
    /// Where it stands.
    pub policy_place: ConfigSpan,
    /// ARM id, address, or a pattern of them with `*` and `?`.
    pub resource: String,
    /// The finding's key, where only that one is accepted.
    pub key: Option<String>,
    /// Why: not blank.
    pub reason: String,
    /// The last day on which it holds.
    pub expires: Option<NaiveDate>,
    /// Who agreed.
    pub approved_by: Option<String>,
}

/// One `[policy.<id>]` table.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicySettings {
    /// The policy's id, not yet known to be one.
    pub id: String,
    /// Where the table starts.
    pub place: ConfigSpan,
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
    pub place: ConfigSpan,
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigSpan {
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
        error: String,
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
    #[serde(default)]
    waiver: Vec<Spanned<WaiverMembers>>,
    #[serde(default)]
    terraform: Vec<Spanned<TerraformMembers>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TerraformMembers {
    root: PathBuf,
    #[serde(default)]
    var_files: Vec<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WaiverMembers {
    policy: Option<Spanned<String>>,
    resource: Option<Spanned<String>>,
    key: Option<Spanned<String>>,
    reason: Option<Spanned<String>>,
    expires: Option<Spanned<toml::Value>>,
    approved_by: Option<Spanned<String>>,
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
        let read = text_file::read_named_text(path);
        match read.and_then(|text| limits::ask_to_parse(&text).map(|()| text)) {
            Ok(text) => Config::parse(&file, &text),
            Err(why) => {
                let error = why.strip_prefix("cannot read it: ").unwrap_or(&why).to_owned();
                Err(ConfigError::Read { file, error })
            }
        }
    }

    /// Reads a configuration's text; `file` is where it stands, as a user would open it.
    ///
    /// # Errors
    /// It is no TOML of this shape.
    pub fn parse(file: &str, text: &str) -> Result<Config, ConfigError> {
        let ends: Vec<usize> = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect();
        let line_at = |offset: usize| ends.partition_point(|end| *end < offset) + 1;
        let document: Document = toml::from_str(text).map_err(|error| ConfigError::At {
            file: file.to_owned(),
            line: error.span().map_or(1, |span| line_at(span.start)),
            message: error.message().to_owned(),
        })?;
        let place = |span: std::ops::Range<usize>| ConfigSpan { file: file.to_owned(), line: line_at(span.start) };
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
        let at = |offset: usize| place(offset..offset);
        let waivers = document.waiver.into_iter().map(|table| {
            let start = table.span().start;
            table.into_inner().checked(start, at)
        });
        let folder = Path::new(file).parent().unwrap_or(Path::new(""));
        let terraform = document.terraform.into_iter().map(|table| {
            let place = place(table.span());
            let TerraformMembers { root, var_files } = table.into_inner();
            // Paths are relative to the file that names them; variables files to the configuration, else to that.
            let root = folder.join(root);
            let of_root = |file: PathBuf| if root.join(&file).is_file() { root.join(file) } else { folder.join(file) };
            TerraformTable { place, var_files: var_files.into_iter().map(of_root).collect(), root: root.clone() }
        });
        let terraform = terraform.collect();
        Ok(Config { policies, waivers: waivers.collect::<Result<_, _>>()?, terraform })
    }
}

impl ConfigSpan {
    /// The error of whoever refuses what stands here.
    pub fn refuses(&self, message: impl Into<String>) -> ConfigError {
        ConfigError::At { file: self.file.clone(), line: self.line, message: message.into() }
    }
}

impl WaiverMembers {
    /// What a waiver must say, it says. `start` is where the table starts, `place` tells the line of an offset.
    fn checked(self, start: usize, place: impl Fn(usize) -> ConfigSpan) -> Result<WaiverTable, ConfigError> {
        let text = |member: Option<Spanned<String>>, name: &str| match member {
            Some(text) if text.get_ref().trim().is_empty() => {
                Err(place(text.span().start).refuses(format!("`{name}` is blank")))
            }
            other => Ok(other),
        };
        let needs = |what: &str| place(start).refuses(format!("this waiver needs {what}"));
        let policy = text(self.policy, "policy")?.ok_or_else(|| needs("`policy`: the id of the one that it waives"))?;
        let resource = text(self.resource, "resource")?
            .ok_or_else(|| needs("`resource`: an ARM id, an address, or a pattern of them with `*` and `?`"))?;
        let reason = text(self.reason, "reason")?.ok_or_else(|| needs("`reason`: why the finding is accepted"))?;
        let plain = |text: Spanned<String>| text.into_inner().trim().to_owned();
        let expires = self.expires.map(|value| {
            let place = place(value.span().start);
            day(value.get_ref()).ok_or_else(|| place.refuses("`expires` is a day, such as 2027-03-31"))
        });
        Ok(WaiverTable {
            place: place(start),
            policy_place: place(policy.span().start),
            policy: plain(policy),
            resource: plain(resource),
            // As it is: a key is compared, not read.
            key: text(self.key, "key")?.map(Spanned::into_inner),
            reason: plain(reason),
            expires: expires.transpose()?,
            approved_by: text(self.approved_by, "approved_by")?.map(plain),
        })
    }
}

/// A day, as TOML has them or as text.
fn day(value: &toml::Value) -> Option<NaiveDate> {
    match value {
        toml::Value::String(text) if text.len() == "2027-03-31".len() => text.parse().ok(),
        toml::Value::Datetime(toml::value::Datetime { date: Some(date), time: None, offset: None }) => {
            NaiveDate::from_ymd_opt(i32::from(date.year), u32::from(date.month), u32::from(date.day))
        }
        _ => None,
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

    #[test]
    fn a_waiver_says_what_it_must() {
        let good = "[[waiver]]\npolicy = \"a\"\nresource = \"*/x\"\nreason = \" it is meant \"\n";
        let waivers = |text: &str| Config::parse("a.toml", text).map(|config| config.waivers);
        let at = |line| ConfigSpan { file: "a.toml".to_owned(), line };
        let expected = WaiverTable {
            place: at(3),
            policy: "a".to_owned(),
            policy_place: at(4),
            resource: "*/x".to_owned(),
            key: None,
            reason: "it is meant".to_owned(),
            expires: None,
            approved_by: None,
        };
        assert_eq!(waivers(&format!("\n\n{good}")).expect("good"), [expected]);
        for day in ["2027-03-31", "\"2027-03-31\""] {
            let waivers = waivers(&format!("{good}expires = {day}\n")).expect(day);
            assert_eq!(waivers[0].expires, NaiveDate::from_ymd_opt(2027, 3, 31), "{day}");
        }
        for (text, expected) in [
            ("\n[[waiver]]\nresource = \"*\"\nreason = \"x\"\n", "a.toml:2: this waiver needs `policy`: "),
            ("[[waiver]]\npolicy = \"a\"\nreason = \"x\"\n", "a.toml:1: this waiver needs `resource`: "),
            ("[[waiver]]\npolicy = \"a\"\nresource = \"x\"\n", "a.toml:1: this waiver needs `reason`: "),
            (&good.replace(" it is meant ", " "), "a.toml:4: `reason` is blank"),
            (&good.replace("*/x", ""), "a.toml:3: `resource` is blank"),
            (&format!("{good}until = 3\n"), "a.toml:5: unknown field `until`, expected one of `policy`, `resource`,"),
            (&format!("{good}expires = 2027-03-31T10:00:00Z\n"), "a.toml:5: `expires` is a day"),
            (&format!("{good}expires = \"31.3.2027\"\n"), "a.toml:5: `expires` is a day"),
            (&format!("{good}expires = 2027-02-30\n"), "a.toml:5: "),
            (&format!("{good}key = 3\n"), "a.toml:5: invalid type"),
            (&good.replace("\"a\"", "[\"a\"]"), "a.toml:2: invalid type"),
            ("[waiver]\npolicy = \"a\"\n", "a.toml:1: invalid type"),
        ] {
            let error = waivers(text).expect_err(text).to_string();
            assert!(error.starts_with(expected), "{text}: {error}");
        }
    }
}
