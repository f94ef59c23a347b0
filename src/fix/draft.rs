//! A registry's documents while something is changed in them.

use serde_json::{Map, Value};

use crate::model::inventory::RegistryRecord;

/// A registry whose documents are being changed.
#[derive(Debug, Clone)]
pub struct Draft {
    record: RegistryRecord,
    /// The registry's own document, then those that it may come to besides.
    documents: Vec<Value>,
}

impl Draft {
    /// Parses the documents.
    ///
    /// # Errors
    /// One of them is no JSON.
    pub fn new(record: &RegistryRecord) -> Result<Draft, serde_json::Error> {
        let texts = std::iter::once(&record.document).chain(&record.alternatives);
        let documents = texts.map(|text| serde_json::from_str(text)).collect::<Result<_, _>>()?;
        Ok(Draft { record: record.clone(), documents })
    }

    /// The registry's own document.
    pub fn document(&self) -> &Value {
        &self.documents[0]
    }

    /// What stands at a JSON pointer in lower case, where it is a word.
    pub fn word(&self, pointer: &str) -> Option<String> {
        self.document().pointer(pointer).and_then(Value::as_str).map(str::to_lowercase)
    }

    /// The registry with the documents as they are now.
    pub fn record(&self) -> RegistryRecord {
        let text = |document: &Value| serde_json::to_string_pretty(document).unwrap_or_default();
        RegistryRecord {
            document: text(&self.documents[0]),
            alternatives: self.documents[1..].iter().map(text).collect(),
            ..self.record.clone()
        }
    }

    /// Sets what stands at a JSON pointer in every document, making the objects on the way that are not there.
    pub fn set(&mut self, pointer: &str, value: &Value) {
        for document in &mut self.documents {
            if let Some(place) = place(document, pointer) {
                *place = value.clone();
            }
            known_now(document, pointer);
        }
    }

    /// Sets what stands at a JSON pointer in every document that has something there, and says whether any has.
    pub fn replace(&mut self, pointer: &str, value: &Value) -> bool {
        let mut found = false;
        for document in &mut self.documents {
            if let Some(place) = document.pointer_mut(pointer) {
                *place = value.clone();
                known_now(document, pointer);
                found = true;
            }
        }
        found
    }

    /// Says that the registry was changed after whatever ran.
    pub fn outdate_runs(&mut self) {
        for document in &mut self.documents {
            if document.get("runs").is_some_and(Value::is_object) {
                document["runs"]["registry_changed"] = Value::from("9999-12-31T23:59:59Z");
            }
        }
    }

    /// Has every document changed by the same function.
    pub fn change_each(&mut self, change: impl FnMut(&mut Value)) {
        self.documents.iter_mut().for_each(change);
    }
}

/// The place of a pointer whose parents are objects or may become such.
pub fn place<'a>(document: &'a mut Value, pointer: &str) -> Option<&'a mut Value> {
    let mut place = document;
    for segment in pointer.split('/').skip(1) {
        let segment = segment.replace("~1", "/").replace("~0", "~");
        if place.is_null() {
            *place = Value::Object(Map::new());
        }
        place = match place {
            Value::Object(members) => members.entry(segment).or_insert(Value::Null),
            Value::Array(items) => items.get_mut(segment.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    Some(place)
}

/// What was set is no longer among what is not known.
fn known_now(document: &mut Value, pointer: &str) {
    if let Some(partial) = document.get_mut("partial").and_then(Value::as_array_mut) {
        let below = format!("{pointer}/");
        partial.retain(|entry| entry.as_str().is_none_or(|entry| entry != pointer && !entry.starts_with(&below)));
    }
}
