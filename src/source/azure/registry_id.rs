//! The id of a registry, as ARM lists it, and the addresses made from it.

use reqwest::Url;

/// The parts of a registry's id that are not fixed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryId {
    subscription: String,
    resource_group: String,
    name: String,
}

impl RegistryId {
    /// Reads the id of a registry in the given subscription. What ARM lists is not trusted: it becomes an address
    /// that gets our token and, in a snapshot, the name of a file.
    pub fn parse(id: &str, subscription: &str) -> Option<RegistryId> {
        let segments: Vec<&str> = id.split('/').collect();
        let ["", subscriptions, listed, groups, resource_group, providers, namespace, kind, name] = segments[..] else {
            return None;
        };
        let literals = [
            (subscriptions, "subscriptions"),
            (listed, subscription),
            (groups, "resourceGroups"),
            (providers, "providers"),
            (namespace, "Microsoft.ContainerRegistry"),
            (kind, "registries"),
        ];
        let fits = literals.iter().all(|(found, wanted)| found.eq_ignore_ascii_case(wanted));
        let own = |text: &str| text.to_owned();
        (fits && is_name(resource_group) && is_name(name)).then(|| RegistryId {
            subscription: own(listed),
            resource_group: own(resource_group),
            name: own(name),
        })
    }

    /// The address of a list within the registry, each segment percent-encoded.
    pub fn list_url(&self, endpoint: &Url, list: &str, api_version: &str) -> Option<Url> {
        let own = ["subscriptions", &self.subscription, "resourceGroups", &self.resource_group];
        let registry = ["providers", "Microsoft.ContainerRegistry", "registries", &self.name, list];
        url(endpoint, own.into_iter().chain(registry), api_version)
    }
}

/// An address of ARM, each segment percent-encoded. `None` for an endpoint that cannot have a path.
pub fn url<'a>(endpoint: &Url, segments: impl Iterator<Item = &'a str>, api_version: &str) -> Option<Url> {
    let mut url = endpoint.clone();
    url.path_segments_mut().ok()?.clear().extend(segments);
    url.query_pairs_mut().clear().append_pair("api-version", api_version);
    Some(url)
}

/// Whether a segment names something: no segment that a path or a URL would take for a step, nothing invisible.
fn is_name(segment: &str) -> bool {
    let is_step = matches!(segment, "" | "." | "..");
    !is_step && segment.len() <= 260 && !segment.contains(|character: char| character.is_control() || character == '\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUBSCRIPTION: &str = "0a1b2c3d-0000-0000-0000-000000000001";

    fn parse(tail: &str) -> Option<RegistryId> {
        RegistryId::parse(&format!("/subscriptions/{SUBSCRIPTION}{tail}"), SUBSCRIPTION)
    }

    #[test]
    fn ids_in_any_casing() {
        let id = format!(
            "/SUBSCRIPTIONS/{}/resourcegroups/My.RG_(1)/providers/microsoft.containerregistry/Registries/Acr1",
            SUBSCRIPTION.to_uppercase()
        );
        let id = RegistryId::parse(&id, SUBSCRIPTION).expect("a registry's id");
        let endpoint = Url::parse("http://127.0.0.1:8080").expect("a URL");
        assert_eq!(
            id.list_url(&endpoint, "tasks", "2025-03-01-preview").map(String::from).as_deref(),
            Some(
                "http://127.0.0.1:8080/subscriptions/0A1B2C3D-0000-0000-0000-000000000001/resourceGroups/My.RG_(1)/\
                 providers/Microsoft.ContainerRegistry/registries/Acr1/tasks?api-version=2025-03-01-preview"
            )
        );
    }

    #[test]
    fn hostile_names_stay_within_their_segment() {
        let id =
            parse("/resourceGroups/a?b#c%2F../providers/Microsoft.ContainerRegistry/registries/ü @:x").expect("an id");
        let url = id.list_url(&Url::parse("https://host").expect("a URL"), "agentPools", "1").expect("a URL");
        assert_eq!(url.host_str(), Some("host"));
        assert_eq!(
            url.path(),
            format!(
                "/subscriptions/{SUBSCRIPTION}/resourceGroups/a%3Fb%23c%252F../providers/Microsoft.ContainerRegistry/\
                 registries/%C3%BC%20@:x/agentPools"
            )
        );
    }

    #[test]
    fn what_is_no_registry_of_the_subscription_is_refused() {
        for bad in [
            "",
            "/resourceGroups/rg/providers/Microsoft.ContainerRegistry/registries",
            "/resourceGroups/rg/providers/Microsoft.ContainerRegistry/registries/",
            "/resourceGroups/rg/providers/Microsoft.ContainerRegistry/registries/a/tasks/t",
            "/resourceGroups/rg/providers/Microsoft.Storage/registries/a",
            "/resourceGroups/../providers/Microsoft.ContainerRegistry/registries/a",
            "/resourceGroups/rg/providers/Microsoft.ContainerRegistry/registries/..",
            "/resourceGroups/rg/providers/Microsoft.ContainerRegistry/registries/a\n",
            "/resourceGroups/rg/providers/Microsoft.ContainerRegistry/registries/..\\a",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
        let id = format!(
            "/subscriptions/{SUBSCRIPTION}/resourceGroups/r/providers/Microsoft.ContainerRegistry/registries/a"
        );
        assert!(RegistryId::parse(&id, SUBSCRIPTION).is_some());
        assert!(RegistryId::parse(&id, "0a1b2c3d-0000-0000-0000-000000000002").is_none());
        assert!(RegistryId::parse(&id[1..], SUBSCRIPTION).is_none());
        assert!(RegistryId::parse(&format!("https://evil.example{id}"), SUBSCRIPTION).is_none());
    }
}
