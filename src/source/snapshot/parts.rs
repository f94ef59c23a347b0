//! What a snapshot lacks: a part that nobody saved, or that could not be read then, is no answer today.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::model::inventory::{Gap, Inventory, Needs, Part};

/// The parts of a registry document, told by whether they are there.
#[derive(Deserialize)]
struct Parts {
    tasks: Option<IgnoredAny>,
    agent_pools: Option<IgnoredAny>,
    /// These two are absent where no policy could want them, and null where they were refused.
    #[serde(default, deserialize_with = "is_null")]
    role_assignments: bool,
    #[serde(default, deserialize_with = "is_null")]
    usages: bool,
    origin: Option<RecordedOrigin>,
}

#[derive(Deserialize)]
struct RecordedOrigin {
    /// What was left out by choice.
    #[serde(default)]
    without: Vec<String>,
}

fn is_null<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Option::<IgnoredAny>::deserialize(deserializer).map(|value| value.is_none())
}

/// A gap for each part that is needed, that a registry of the snapshot does not have, and of which its manifest says
/// nothing. `without` are the parts that the user does without.
pub fn missing(inventory: &Inventory, needs: Needs, without: &[&str]) -> Vec<Gap> {
    let known: BTreeSet<(String, Part)> =
        inventory.gaps.iter().filter_map(|gap| Some((gap.resource.as_ref()?.to_lowercase(), gap.part))).collect();
    let mut gaps = Vec::new();
    for record in &inventory.registries {
        let Ok(parts) = serde_json::from_str::<Parts>(&record.document) else { continue };
        let left_out = parts.origin.map(|origin| origin.without).unwrap_or_default();
        let parts = [
            (Part::Tasks, "tasks", needs.tasks && parts.tasks.is_none()),
            (Part::AgentPools, "agent-pools", needs.agent_pools && parts.agent_pools.is_none()),
            (Part::RoleAssignments, "role-assignments", needs.role_assignments && parts.role_assignments),
            (Part::Usages, "usages", needs.usages && parts.usages),
        ];
        for (part, word, is_missing) in parts {
            let is_told = known.contains(&(record.id.to_lowercase(), part));
            let by_choice = without.contains(&word) || left_out.iter().any(|left_out| left_out == word);
            if is_missing && !is_told && !by_choice {
                gaps.push(Gap {
                    scope: record.scope.clone(),
                    resource: Some(record.id.clone()),
                    part,
                    location: None,
                    reason: "the snapshot does not hold them; take a new one with `acrscan pull`".to_owned(),
                });
            }
        }
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::finding::ScopeName;
    use crate::model::inventory::{Origin, RegistryRecord};

    fn missing_of(document: &str, gaps: Vec<Gap>, without: &[&str]) -> Vec<Part> {
        let record = RegistryRecord {
            scope: ScopeName::Subscription("s".to_owned()),
            id: "/Subscriptions/s".to_owned(),
            document: document.to_owned(),
            origin: Origin::Azure,
            alternatives: Vec::new(),
            secrets: Vec::new(),
        };
        let inventory = Inventory { registries: vec![record], gaps, ..Inventory::default() };
        missing(&inventory, Needs::ALL_PLAIN, without).into_iter().map(|gap| gap.part).collect()
    }

    #[test]
    fn what_is_null_is_missing_once_and_not_by_choice() {
        let nulls = r#"{"tasks": null, "agent_pools": null, "role_assignments": null, "usages": null}"#;
        let all = [Part::Tasks, Part::AgentPools, Part::RoleAssignments, Part::Usages];
        assert_eq!(missing_of(nulls, Vec::new(), &[]), all);
        assert_eq!(missing_of("{}", Vec::new(), &[]), all[..2]);
        assert_eq!(missing_of(r#"{"tasks": [], "agent_pools": [], "usages": []}"#, Vec::new(), &[]), []);
        assert_eq!(missing_of(nulls, Vec::new(), &["tasks", "usages"]), all[1..3]);
        let chosen = r#"{"tasks": null, "agent_pools": [], "origin": {"kind": "azure", "without": ["tasks"]}}"#;
        assert_eq!(missing_of(chosen, Vec::new(), &[]), []);
        let told = Gap {
            scope: ScopeName::Subscription("s".to_owned()),
            resource: Some("/subscriptions/S".to_owned()),
            part: Part::Tasks,
            location: None,
            reason: "HTTP 403".to_owned(),
        };
        assert_eq!(missing_of(nulls, vec![told], &[]), all[1..]);
    }
}
