//! The demo snapshot's files, held to the form that the writer gives them.

use std::collections::BTreeSet;

use acrscan::model::cloud::Cloud;
use acrscan::net::service_tags::{ServiceTags, TagSource};
use serde_json::Value;

use crate::harness::{CONTOSO, contoso_folder, files, text};

#[test]
fn every_file_is_pretty_json_with_sorted_keys() {
    // The service tags keep the order that reads best, and have a test of their own.
    for (name, content) in files(&contoso_folder()).into_iter().filter(|(name, _)| name != "service-tags.json") {
        let content = String::from_utf8(content).unwrap();
        let value: Value = serde_json::from_str(&content).unwrap();
        let mut canonical = serde_json::to_string_pretty(&value).unwrap();
        canonical.push('\n');
        assert_eq!(content, canonical, "{name}");
    }
}

#[test]
fn the_manifest_names_every_document_by_its_registry() {
    let folder = contoso_folder();
    let manifest: Value = serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    let named: Vec<String> = manifest["scopes"][0]["registries"].as_array().unwrap().iter().map(text).collect();
    let there: Vec<String> =
        files(&folder).into_iter().map(|(name, _)| name).filter(|name| name.starts_with("subscriptions/")).collect();
    assert_eq!(named, there);
    for name in named {
        let document: Value = serde_json::from_slice(&std::fs::read(folder.join(&name)).unwrap()).unwrap();
        let id = text(&document["registry"]["id"]);
        assert_eq!(format!("{}.json", id.to_lowercase()), format!("/{}", name.to_lowercase()));
        assert!(id.starts_with(&format!("/subscriptions/{CONTOSO}/")), "{id}");
    }
}

#[test]
fn the_service_tags_are_in_the_writers_form_and_of_all_regions_used_but_one() {
    let content = std::fs::read_to_string(contoso_folder().join("service-tags.json")).unwrap();
    let tags = ServiceTags::from_text(&content, Cloud::Public, TagSource::File, None).unwrap();
    assert_eq!(ServiceTags::to_compact([&tags], true), content);
    let regions: BTreeSet<String> = files(&contoso_folder())
        .into_iter()
        .filter(|(name, _)| name.starts_with("subscriptions/"))
        .map(|(_, content)| text(&serde_json::from_slice::<Value>(&content).unwrap()["registry"]["location"]))
        .collect();
    let untagged: Vec<String> = regions.iter().filter(|region| tags.region(region).is_none()).cloned().collect();
    assert_eq!((regions.len(), untagged), (12, vec!["denmarkeast".to_owned()]));
}
