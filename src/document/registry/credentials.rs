//! How a task logs in to registries: all that is kept of the answer that also holds its passwords.

use serde_json::{Map, Value, json};

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
            Value::Object(custom) => {
                custom.iter().map(|(server, entry)| (server.clone(), identity(&entry["identity"]))).collect()
            }
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

/// An identity by name: the task's own, whoever calls, or a user-assigned one's client id.
fn identity(value: &Value) -> Value {
    let is_name = |text: &str| {
        ["[system]", "system", "[caller]"].iter().any(|name| text.eq_ignore_ascii_case(name)) || is_guid(text)
    };
    value.as_str().filter(|text| is_name(text)).map_or(Value::Null, Value::from)
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
                "a.azurecr.io": "[system]", "b.azurecr.io": client, "c.azurecr.io": "[caller]", "d.azurecr.io": null,
                "e.azurecr.io": null, "f.azurecr.io": null, "g.azurecr.io": null, "h.azurecr.io": null,
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
