//! YAML with a bound on what it unfolds to. Aliases of aliases make a document of a few lines as large as one likes, so
//! what is counted is what comes out.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// As much of YAML as a task has.
#[derive(Debug, Clone, PartialEq)]
pub enum Yaml {
    /// A scalar, as text; null is an empty one.
    Text(String),
    /// A list.
    List(Vec<Yaml>),
    /// A mapping, in its order.
    Map(Vec<(String, Yaml)>),
}

impl Yaml {
    /// A member of a mapping.
    pub fn get(&self, name: &str) -> Option<&Yaml> {
        match self {
            Yaml::Map(members) => members.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text of a scalar.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Yaml::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Reads one document of at most `nodes` values.
pub fn parse(text: &str, nodes: usize) -> Result<Yaml, &'static str> {
    let left = Cell::new(nodes);
    let parsed = Bounded(&left).deserialize(yaml_serde::Deserializer::from_str(text));
    match parsed {
        Ok(yaml) => Ok(yaml),
        Err(_) if left.get() == 0 => Err("its steps unfold to more than any task's should"),
        Err(_) => Err("its steps are not YAML"),
    }
}

#[derive(Clone, Copy)]
struct Bounded<'a>(&'a Cell<usize>);

impl Bounded<'_> {
    fn count<E: Error>(self) -> Result<(), E> {
        match self.0.get() {
            0 => Err(E::custom("too many values")),
            left => {
                self.0.set(left - 1);
                Ok(())
            }
        }
    }

    fn scalar<E: Error>(self, text: impl Into<String>) -> Result<Yaml, E> {
        self.count()?;
        Ok(Yaml::Text(text.into()))
    }
}

impl<'de> DeserializeSeed<'de> for Bounded<'_> {
    type Value = Yaml;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Yaml, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Bounded<'_> {
    type Value = Yaml;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Yaml, E> {
        self.scalar(value.to_string())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Yaml, E> {
        self.scalar(value.to_string())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Yaml, E> {
        self.scalar(value.to_string())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Yaml, E> {
        self.scalar(value.to_string())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Yaml, E> {
        self.scalar(value)
    }

    fn visit_unit<E: Error>(self) -> Result<Yaml, E> {
        self.scalar("")
    }

    fn visit_none<E: Error>(self) -> Result<Yaml, E> {
        self.scalar("")
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Yaml, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Yaml, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Yaml, A::Error> {
        self.count()?;
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(self)? {
            items.push(item);
        }
        Ok(Yaml::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Yaml, A::Error> {
        self.count()?;
        let mut members = Vec::new();
        while let Some(key) = access.next_key_seed(self)? {
            let value = access.next_value_seed(self)?;
            if let Yaml::Text(key) = key {
                members.push((key, value));
            }
        }
        Ok(Yaml::Map(members))
    }
}
