//! The addresses that ARM is asked at.

use reqwest::Url;

use super::error::AzureError;
use super::secret::quote;
use crate::model::registry_id::{RegistryId, is_name};

/// The address of a registry or of something below it, each segment percent-encoded.
pub fn registry_url(id: &RegistryId, endpoint: &Url, below: &[&str], api_version: &str) -> Result<Url, AzureError> {
    let own = ["subscriptions", &id.subscription, "resourceGroups", &id.resource_group];
    let registry = ["providers", "Microsoft.ContainerRegistry", "registries", &id.name];
    arm_url(endpoint, own.into_iter().chain(registry).chain(below.iter().copied()), api_version)
}

/// The address of a resource that an answer of ARM names, or of something below it. `kind` is the id it must have, with
/// `*` for names: an id becomes an address that gets our token.
pub fn resource_url(id: &str, kind: &[&str], endpoint: &Url, below: &[&str], version: &str) -> Result<Url, AzureError> {
    let segments: Vec<&str> = id.strip_prefix('/').unwrap_or_default().split('/').collect();
    let fits = |(segment, expected): (&&str, &&str)| match *expected {
        "*" => is_name(segment),
        expected => segment.eq_ignore_ascii_case(expected),
    };
    match segments.len() == kind.len() && segments.iter().zip(kind).all(fits) {
        true => arm_url(endpoint, segments.into_iter().chain(below.iter().copied()), version),
        false => Err(AzureError::Other(format!("its id is malformed: \"{}\"", quote(id, &[])))),
    }
}

/// An address of ARM, each segment percent-encoded.
pub fn arm_url<'a>(
    endpoint: &Url,
    segments: impl Iterator<Item = &'a str>,
    api_version: &str,
) -> Result<Url, AzureError> {
    let mut url = endpoint.clone();
    url.path_segments_mut()
        .map_err(|()| AzureError::Other("the ARM endpoint cannot have a path".to_owned()))?
        .clear()
        .extend(segments);
    url.query_pairs_mut().clear().append_pair("api-version", api_version);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUBSCRIPTION: &str = "0a1b2c3d-0000-0000-0000-000000000001";

    fn parse(tail: &str) -> Option<RegistryId> {
        RegistryId::parse(&format!("/subscriptions/{SUBSCRIPTION}{tail}"))
    }

    #[test]
    fn ids_in_any_casing() {
        let id = format!(
            "/SUBSCRIPTIONS/{}/resourcegroups/My.RG_(1)/providers/microsoft.containerregistry/Registries/Acr1",
            SUBSCRIPTION.to_uppercase()
        );
        let id = RegistryId::parse(&id).expect("a registry's id");
        let endpoint = Url::parse("http://127.0.0.1:8080").expect("a URL");
        assert_eq!(
            registry_url(&id, &endpoint, &["tasks"], "2025-03-01-preview").map(String::from),
            Ok("http://127.0.0.1:8080/subscriptions/0a1b2c3d-0000-0000-0000-000000000001/resourceGroups/My.RG_(1)/\
                providers/Microsoft.ContainerRegistry/registries/Acr1/tasks?api-version=2025-03-01-preview"
                .to_owned())
        );
    }

    #[test]
    fn hostile_names_stay_within_their_segment() {
        let id =
            parse("/resourceGroups/a?b#c%2F../providers/Microsoft.ContainerRegistry/registries/ü @:x").expect("an id");
        let endpoint = Url::parse("https://host").expect("a URL");
        let url = registry_url(&id, &endpoint, &["tasks", "a/../b?c", "listDetails"], "1").expect("a URL");
        assert_eq!(url.host_str(), Some("host"));
        assert_eq!(
            url.path(),
            format!(
                "/subscriptions/{SUBSCRIPTION}/resourceGroups/a%3Fb%23c%252F../providers/Microsoft.ContainerRegistry/\
                 registries/%C3%BC%20@:x/tasks/a%2F..%2Fb%3Fc/listDetails"
            )
        );
    }

    #[test]
    fn an_id_of_another_kind_is_no_address() {
        let endpoint = Url::parse("https://host").expect("a URL");
        let kind = ["subscriptions", "*", "things", "*"];
        let url = |id: &str| resource_url(id, &kind, &endpoint, &["below"], "1").map(String::from).ok();
        assert_eq!(
            url("/Subscriptions/s/things/a b"),
            Some("https://host/Subscriptions/s/things/a%20b/below?api-version=1".to_owned())
        );
        for bad in ["", "/", "subscriptions/s/things/a", "/subscriptions/s/things/..", "/subscriptions/s/other/a"] {
            assert_eq!(url(bad), None, "{bad}");
        }
        for bad in ["/subscriptions/s/things/a/b", "//evil.example/s/things", "/subscriptions//things/a"] {
            assert_eq!(url(bad), None, "{bad}");
        }
    }
}
