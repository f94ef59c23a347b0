//! What was not read, told once for each cause: a refusal for a whole subscription is one sentence, not one for each
//! registry.

use std::collections::BTreeMap;

use super::finding::{Level, Notification};
use super::inventory::{Gap, Part};

/// So many registries are named in one sentence.
const MAX_NAMED: usize = 3;

/// The gaps as the scanner tells them, those of one cause together.
pub fn notifications(gaps: &[Gap]) -> Vec<Notification> {
    let mut groups: Vec<Vec<&Gap>> = Vec::new();
    let mut places = BTreeMap::new();
    for gap in gaps {
        let key = (gap.scope.clone(), gap.location.clone(), cause(gap));
        let place = *places.entry(key).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(gap),
            None => groups.push(vec![gap]),
        }
    }
    groups.iter().filter_map(|group| together(group)).collect()
}

/// The reason without what differs from registry to registry.
fn cause(gap: &Gap) -> String {
    match &gap.resource {
        Some(resource) => gap.reason.to_lowercase().replace(&resource.to_lowercase(), "…"),
        None => gap.reason.to_lowercase(),
    }
}

fn together(gaps: &[&Gap]) -> Option<Notification> {
    let first = gaps.first()?;
    if gaps.len() == 1 {
        return Some(first.notification());
    }
    let mut parts: BTreeMap<Part, usize> = BTreeMap::new();
    gaps.iter().for_each(|gap| *parts.entry(gap.part).or_default() += 1);
    let scope = &first.scope;
    let count = gaps.len();
    let what = match parts.len() {
        1 if first.resource.is_some() => {
            format!("{} of {count} registries of {scope} ({})", first.part.as_str(), names(gaps))
        }
        1 => format!("{} of {scope}, {count} times", first.part.as_str()),
        _ => {
            let each: Vec<String> = parts.iter().map(|(part, count)| format!("{count} of {}", part.as_str())).collect();
            format!("{count} parts of {scope} ({})", each.join(", "))
        }
    };
    let level = gaps.iter().map(|gap| gap.notification().level).min().unwrap_or(Level::Warning);
    Some(Notification {
        resource: None,
        level,
        message: format!("{}{what}: {}", Notification::NOT_READ, first.reason),
        ..first.notification()
    })
}

fn names(gaps: &[&Gap]) -> String {
    let of = |gap: &&Gap| gap.resource.as_deref().and_then(|id| id.rsplit('/').next()).unwrap_or_default().to_owned();
    let named: Vec<String> = gaps.iter().take(MAX_NAMED).map(of).collect();
    match gaps.len().saturating_sub(MAX_NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::ScopeName;
    use super::*;

    fn gap(part: Part, name: Option<&str>, reason: &str) -> Gap {
        let resource = name.map(|name| format!("/subscriptions/s/registries/{name}"));
        let reason = reason.replace("ID", resource.as_deref().unwrap_or_default());
        Gap { scope: ScopeName::Subscription("s".to_owned()), resource, part, location: None, reason }
    }

    fn told(gaps: &[Gap]) -> Vec<String> {
        notifications(gaps).into_iter().map(|note| note.message).collect()
    }

    #[test]
    fn one_refusal_of_all_registries_is_one_sentence() {
        let gaps: Vec<Gap> =
            ["a", "b", "c", "d"].map(|name| gap(Part::Tasks, Some(name), "HTTP 403 over scope ID.")).into();
        assert_eq!(
            told(&gaps),
            ["not read: the tasks of 4 registries of subscription s (a, b, c and 1 more): HTTP 403 over scope \\
              /subscriptions/s/registries/a."
                .replace("\\\n              ", "")]
        );
    }

    #[test]
    fn what_differs_is_told_apart() {
        let gaps = [
            gap(Part::Tasks, Some("a"), "HTTP 403."),
            gap(Part::Tasks, Some("b"), "HTTP 500."),
            gap(Part::AgentPools, Some("b"), "HTTP 500."),
        ];
        assert_eq!(
            told(&gaps),
            [
                "not read: the tasks of /subscriptions/s/registries/a: HTTP 403.",
                "not read: 2 parts of subscription s (1 of the tasks, 1 of the agent pools): HTTP 500.",
            ]
        );
    }

    #[test]
    fn a_list_among_them_makes_it_an_error() {
        let gaps = [gap(Part::Registries, None, "ended."), gap(Part::Tasks, Some("a"), "ended.")];
        assert_eq!(notifications(&gaps)[0].level, Level::Error);
    }
}
