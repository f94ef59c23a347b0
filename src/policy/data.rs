//! `data.json` and `data.yaml` of a folder of policies, merged into `data` as OPA does it.

use std::path::Path;

use serde_json::{Map, Value};

use super::PolicyError;
use crate::model::json_text::JsonText;
use crate::model::text_file;

/// A `data.json` or `data.yaml`.
#[derive(Debug, Clone)]
pub struct DataFile {
    /// As a user would open it.
    pub path: String,
    /// The folders between the root and the file: where in `data` it goes.
    pub at: Vec<String>,
    /// Its text, for the lines in it.
    pub text: String,
    /// What it says.
    pub value: Value,
}

/// Megabytes that one data file may have: every thread that evaluates shares it, and it is in memory as values.
const MAX_MEGABYTES: u64 = 16;

/// Whether a file of this name is data. OPA takes `data.json` and `data.yaml`; a `data.yml` is refused by name.
pub fn is_data(name: &str) -> bool {
    matches!(name, "data.json" | "data.yaml" | "data.yml")
}

/// Reads one file.
///
/// # Errors
/// It cannot be read, is too large, is no JSON or YAML, or no object.
pub fn read(path: &Path, file: String, at: Vec<String>) -> Result<DataFile, PolicyError> {
    let refused = |line: usize, message: String| PolicyError::At { file: file.clone(), line, message };
    if file.ends_with(".yml") {
        return Err(refused(1, "OPA reads data.json and data.yaml, and not this: name it data.yaml".to_owned()));
    }
    let length = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    if length > MAX_MEGABYTES * 1024 * 1024 {
        let message = format!(
            "it has {} MB, and a data file may have {MAX_MEGABYTES}: keep what the policies need",
            length.div_ceil(1024 * 1024)
        );
        return Err(refused(1, message));
    }
    let text = text_file::read_text(path).map_err(|error| PolicyError::Read { path: file.clone(), error })?;
    let value: Value = match file.ends_with(".json") {
        true => serde_json::from_str(&text).map_err(|error| refused(error.line().max(1), plain(&error.to_string())))?,
        false => yaml_serde::from_str(&text).map_err(|error| {
            refused(error.location().map_or(1, |location| location.line()), plain(&error.to_string()))
        })?,
    };
    if !value.is_object() {
        return Err(refused(1, "the top of a data file is an object: name what it holds".to_owned()));
    }
    Ok(DataFile { path: file, at, text, value })
}

/// A parser's message without its own place.
fn plain(message: &str) -> String {
    message.split(" at line ").next().unwrap_or(message).to_owned()
}

/// All data files as one object.
///
/// # Errors
/// Two say different things of one member, or one says what is acrscan's to say.
pub fn merge(files: &[DataFile]) -> Result<Value, PolicyError> {
    let mut whole = Map::new();
    // Where each member that is no object was set.
    let mut set: Vec<(String, &DataFile)> = Vec::new();
    for file in files {
        let value = file
            .at
            .iter()
            .rev()
            .fold(file.value.clone(), |value, name| Value::Object(Map::from_iter([(name.clone(), value)])));
        let Value::Object(members) = value else { continue };
        for (name, why) in [
            ("parameters", "parameters are set in acrscan.toml, and their defaults in METADATA"),
            ("acrscan_aggregate", "acrscan keeps this name for itself"),
        ] {
            if members.contains_key(name) {
                return Err(file.refuses(&format!("/{name}"), format!("`data.{name}` cannot be set here: {why}")));
            }
        }
        add(&mut whole, members, "", file, &mut set)?;
    }
    Ok(Value::Object(whole))
}

fn add<'a>(
    whole: &mut Map<String, Value>,
    members: Map<String, Value>,
    path: &str,
    file: &'a DataFile,
    set: &mut Vec<(String, &'a DataFile)>,
) -> Result<(), PolicyError> {
    for (name, value) in members {
        let path = format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"));
        match (whole.get_mut(&name), value) {
            (Some(Value::Object(own)), Value::Object(other)) => add(own, other, &path, file, set)?,
            (Some(_), _) => {
                let first = set.iter().find(|(other, _)| *other == path || other.starts_with(&format!("{path}/")));
                let first = first.map_or("another file", |(_, file)| file.path.as_str());
                let member = path[1..].replace('/', ".");
                return Err(file.refuses(&path, format!("`data.{member}` is set in {first} as well: keep one")));
            }
            (None, value) => {
                remember(&value, &path, file, set);
                whole.insert(name, value);
            }
        }
    }
    Ok(())
}

fn remember<'a>(value: &Value, path: &str, file: &'a DataFile, set: &mut Vec<(String, &'a DataFile)>) {
    // Enough to name the file: what is below belongs to it until another adds to it.
    set.push((path.to_owned(), file));
    if let Value::Object(members) = value {
        for (name, value) in members.iter().take(1000) {
            remember(value, &format!("{path}/{}", name.replace('~', "~0").replace('/', "~1")), file, set);
        }
    }
}

impl DataFile {
    /// The error of whoever refuses the member at a JSON pointer into `data`.
    pub fn refuses(&self, pointer: &str, message: String) -> PolicyError {
        let below: Vec<&str> = pointer.split('/').skip(1 + self.at.len()).collect();
        let line = match self.path.ends_with(".json") {
            true => {
                let own: String = below.iter().map(|name| format!("/{name}")).collect();
                JsonText::parse(&self.text).region(&own).start_line as usize
            }
            false => {
                let names = |line: &str, name: &str| line.trim_start().trim_matches('"').starts_with(name);
                let last = below.last().copied().unwrap_or_default();
                self.text.lines().position(|line| names(line, last)).map_or(1, |index| index + 1)
            }
        };
        PolicyError::At { file: self.path.clone(), line, message }
    }
}
