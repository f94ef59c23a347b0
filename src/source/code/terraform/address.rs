//! A Terraform address, taken apart: keys of `for_each` may hold dots, quotes and brackets.

use std::fmt;

/// The key of an instance.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// Of `count`.
    Index(u64),
    /// Of `for_each`.
    Text(String),
}

/// A name and, where the thing is one of several instances, its key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Step {
    /// The name; with the type before it where it names a resource: `azurerm_container_registry.main`.
    pub name: String,
    /// The instance.
    pub key: Option<Key>,
}

/// `module.acr["eu"].azurerm_container_registry.main[0]`, and what follows it where it is a reference: `.id`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// The modules, outermost first.
    pub modules: Vec<Step>,
    /// The resource, with `data.` before it where it is a data source; `None` where the text ends after the modules.
    pub resource: Option<Step>,
    /// What follows: the attributes of a reference, as written without the first dot.
    pub rest: String,
}

impl Address {
    /// Takes a text apart; `None` where it is no address.
    pub fn parse(text: &str) -> Option<Address> {
        let mut address = Address { modules: Vec::new(), resource: None, rest: String::new() };
        let mut left = text;
        while let Some(after) = left.strip_prefix("module.") {
            let (name, after) = identifier(after)?;
            let (key, after) = key(after)?;
            address.modules.push(Step { name: name.to_owned(), key });
            match after.strip_prefix('.') {
                Some(after) => left = after,
                None if after.is_empty() => return Some(address),
                None => return None,
            }
        }
        let (prefix, typed) = match left.strip_prefix("data.") {
            Some(typed) => ("data.", typed),
            None => ("", left),
        };
        let (kind, after) = identifier(typed)?;
        let resource = after.strip_prefix('.').and_then(identifier);
        let Some((name, after)) = resource else {
            // An output of the module.
            address.rest = left.to_owned();
            return (!address.modules.is_empty()).then_some(address);
        };
        let (key, after) = key(after)?;
        address.resource = Some(Step { name: format!("{prefix}{kind}.{name}"), key });
        address.rest = match after.strip_prefix('.') {
            Some(rest) => rest.to_owned(),
            None if after.is_empty() => String::new(),
            None => return None,
        };
        Some(address)
    }

    /// The names, outermost first.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.modules.iter().chain(&self.resource)
    }

    /// Without any instance key and without what follows the resource.
    pub fn stripped(&self) -> String {
        let bare = |step: &Step| Step { name: step.name.clone(), key: None };
        let modules = self.modules.iter().map(bare).collect();
        Address { modules, resource: self.resource.as_ref().map(bare), rest: String::new() }.to_string()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut dot = "";
        for module in &self.modules {
            write!(f, "{dot}module.{module}")?;
            dot = ".";
        }
        if let Some(resource) = &self.resource {
            write!(f, "{dot}{resource}")?;
            dot = ".";
        }
        if !self.rest.is_empty() {
            write!(f, "{dot}{}", self.rest)?;
        }
        Ok(())
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            None => f.write_str(&self.name),
            Some(Key::Index(index)) => write!(f, "{}[{index}]", self.name),
            Some(Key::Text(text)) => {
                let mut escaped = String::with_capacity(text.len());
                let mut characters = text.chars().peekable();
                while let Some(character) = characters.next() {
                    match character {
                        '"' => escaped.push_str("\\\""),
                        '\\' => escaped.push_str("\\\\"),
                        '\n' => escaped.push_str("\\n"),
                        '\r' => escaped.push_str("\\r"),
                        '\t' => escaped.push_str("\\t"),
                        '$' | '%' if characters.peek() == Some(&'{') => escaped.extend([character, character]),
                        _ => escaped.push(character),
                    }
                }
                write!(f, "{}[\"{escaped}\"]", self.name)
            }
        }
    }
}

/// The identifier that a text begins with, and the rest.
fn identifier(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|character: char| !(character.is_alphanumeric() || "_-".contains(character)));
    let (name, rest) = text.split_at(end.unwrap_or(text.len()));
    (!name.is_empty()).then_some((name, rest))
}

/// The key that a text begins with, if any, and the rest. `None` where brackets do not close.
fn key(text: &str) -> Option<(Option<Key>, &str)> {
    let Some(inside) = text.strip_prefix('[') else { return Some((None, text)) };
    let Some(quoted) = inside.strip_prefix('"') else {
        let (digits, rest) = inside.split_once(']')?;
        return Some((Some(Key::Index(digits.parse().ok()?)), rest));
    };
    let mut key = String::new();
    let mut characters = quoted.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((Some(Key::Text(key)), quoted[at + 1..].strip_prefix(']')?)),
            '\\' => match characters.next()?.1 {
                'n' => key.push('\n'),
                'r' => key.push('\r'),
                't' => key.push('\t'),
                wide @ ('u' | 'U') => {
                    let digits = if wide == 'u' { 4 } else { 8 };
                    let hex: String = characters.by_ref().take(digits).map(|(_, digit)| digit).collect();
                    key.push(char::from_u32(u32::from_str_radix(&hex, 16).ok()?)?);
                }
                other => key.push(other),
            },
            // `$${` is how a template says `${`.
            '$' | '%' if quoted[at + 1..].starts_with(&format!("{character}{{")) => {
                characters.next();
                key.push(character);
            }
            _ => key.push(character),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_hold_anything() {
        let text = r#"module.m["x.y"].module.n.azurerm_container_registry.main["a\"].b[0]"].identity[0].principal_id"#;
        let address = Address::parse(text).expect("an address");
        assert_eq!(address.to_string(), text);
        assert_eq!(address.stripped(), "module.m.module.n.azurerm_container_registry.main");
        assert_eq!(address.rest, "identity[0].principal_id");
        let key = address.resource.expect("a resource").key;
        assert_eq!(key, Some(Key::Text("a\"].b[0]".to_owned())));
    }

    #[test]
    fn what_is_an_address_and_what_is_not() {
        let counted = Address::parse("azurerm_container_registry.main[12]").expect("an address");
        assert_eq!(counted.resource.expect("a resource").key, Some(Key::Index(12)));
        let data = Address::parse("data.azurerm_container_registry.x.id").expect("a data source");
        assert_eq!(data.stripped(), "data.azurerm_container_registry.x");
        let output = Address::parse("module.a[0].registry_id").expect("an output");
        assert_eq!((output.resource, output.rest.as_str()), (None, "registry_id"));
        for bad in
            ["", "x", "a.b[", "a.b[\"", "a.b[\"c\"", "a.b[x]", "module.", "module.a.", "a.b]", "a..b", "\u{1f600}"]
        {
            assert_eq!(Address::parse(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_key_comes_back(key in ".*", index in any::<u64>()) {
            let step = |key| Step { name: "t.n".to_owned(), key: Some(key) };
            let module = Step { name: "m".to_owned(), key: Some(Key::Text(key)) };
            let address = Address { modules: vec![module], resource: Some(step(Key::Index(index))), rest: "id".to_owned() };
            prop_assert_eq!(Address::parse(&address.to_string()), Some(address));
        }

        #[test]
        fn no_text_is_too_odd(text in "[a-z.\\[\\]\"\\\\${0-9é]*") {
            if let Some(address) = Address::parse(&text) {
                prop_assert_eq!(Address::parse(&address.to_string()), Some(address));
            }
        }
    }
}
