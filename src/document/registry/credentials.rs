//! How a task logs in to registries: all that is kept of the answer that also holds its passwords.

use serde_json::{Map, Value, json};

use super::task_needs::UNKNOWN_TEXT;

/// How a task logs in: a mode, and the names of identities. No other value of the answer gets in here, so none gets
/// into a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials(Value);

impl Credentials {
    /// Takes what `listDetails` answered of one task. `None` where that is no task.
    ///
    /// What was not set, ARM leaves out; a member of another shape than ARM's is not known, hence null.
    pub fn from_answer(answer: &Map<String, Value>) -> Option<Credentials> {
        let properties = answer.get("properties").filter(|properties| properties.is_object())?;
        let credentials = &properties["credentials"];
        let source = &credentials["sourceRegistry"];
        let custom = match &credentials["customRegistries"] {
            Value::Null if credentials.is_null() || credentials.is_object() => json!({}),
            Value::Object(custom) => custom.iter().map(|(server, entry)| (server.clone(), login(entry))).collect(),
            _ => Value::Null,
        };
        Some(Credentials(json!({
            "login_mode": login_mode(&source["loginMode"]),
            "source_identity": identity(&source["identity"]),
            "custom_registries": custom,
        })))
    }

    pub(super) fn into_value(self) -> Value {
        self.0
    }
}

/// `None` and `Default` are ARM's modes.
fn login_mode(value: &Value) -> Value {
    match value.as_str() {
        Some(mode) if mode.len() <= 20 && mode.bytes().all(|byte| byte.is_ascii_alphabetic()) => mode.into(),
        _ => Value::Null,
    }
}

/// Stands for a login that is there and makes no sense.
const UNREAD: &str = "[unread]";

/// How a task logs in to one server: the name of an identity, or null for a user name and a password, whoever reads them
/// from a vault. Source code may have several for one server.
fn login(entry: &Value) -> Value {
    match entry {
        Value::Array(entries) => entries.iter().map(login).collect(),
        Value::Object(entry) => {
            let holds = |name: &str| entry.get(name).is_some_and(|value| !value.is_null());
            let is_unknown = |name: &str| entry.get(name).is_some_and(|value| value == UNKNOWN_TEXT);
            match entry.get("identity") {
                _ if is_unknown("userName") || is_unknown("password") => UNREAD.into(),
                _ if holds("userName") || holds("password") => Value::Null,
                Some(name) if !name.is_null() => identity(name),
                _ => UNREAD.into(),
            }
        }
        _ => UNREAD.into(),
    }
}

/// An identity by name: the task's own, whoever calls, or a user-assigned one's client id. Null where there is none.
fn identity(value: &Value) -> Value {
    let is_name = |text: &str| {
        let names = ["[system]", "system", "[caller]", "[user-assigned]"];
        names.iter().any(|name| text.eq_ignore_ascii_case(name)) || is_guid(text)
    };
    match value {
        Value::Null => Value::Null,
        Value::String(text) if text.is_empty() => Value::Null,
        Value::String(text) if is_name(text) => text.as_str().into(),
        _ => UNREAD.into(),
    }
}

fn is_guid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(credentials: Value) -> Value {
        let answer = json!({"name": "t", "properties": {"status": "Enabled", "credentials": credentials}});
        Credentials::from_answer(answer.as_object().expect("an object")).expect("a task").into_value()
    }

    #[test]
    fn a_mode_and_identities_survive_and_nothing_else() {
        let client = "4233eb55-7ff9-49b7-87fd-a173fe2fbd72";
        let password = json!({"value": "hunter2", "type": "Opaque"});
        let credentials = json!({
            "sourceRegistry": {"loginMode": "None", "identity": "[System]", "new": "hunter2"},
            "customRegistries": {
                "a.azurecr.io": {"userName": password, "password": password, "identity": "[system]"},
                "b.azurecr.io": {"identity": client},
                "c.azurecr.io": {"identity": "[caller]"},
                "d.azurecr.io": {"userName": password, "password": password},
                "e.azurecr.io": null,
                "f.azurecr.io": "hunter2",
                "g.azurecr.io": {"identity": "hunter2"},
                "h.azurecr.io": {"identity": password},
            },
            "new": "hunter2",
        });
        let expected = json!({
            "login_mode": "None",
            "source_identity": "[System]",
            "custom_registries": {
                "a.azurecr.io": null, "b.azurecr.io": client, "c.azurecr.io": "[caller]", "d.azurecr.io": null,
                "e.azurecr.io": "[unread]", "f.azurecr.io": "[unread]", "g.azurecr.io": "[unread]",
                "h.azurecr.io": "[unread]",
            },
        });
        assert_eq!(kept(credentials), expected);
    }

    #[test]
    fn nothing_set_is_told_from_what_cannot_be_read() {
        let nothing = json!({"login_mode": null, "source_identity": null, "custom_registries": {}});
        assert_eq!(kept(json!(null)), nothing);
        assert_eq!(kept(json!({"sourceRegistry": null, "customRegistries": null})), nothing);
        let odd = kept(json!({"sourceRegistry": "hunter2", "customRegistries": ["hunter2"]}));
        assert_eq!(odd, json!({"login_mode": null, "source_identity": null, "custom_registries": null}));
        assert_eq!(kept(json!("hunter2")), odd);
        assert_eq!(kept(json!({"sourceRegistry": {"loginMode": "hunter 2"}})), nothing);
        assert_eq!(Credentials::from_answer(&Map::new()), None);
    }
}
