//! Reading a snapshot: every document on its own, so that a broken one costs its own registry and no other.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use chrono::DateTime;
use rayon::prelude::*;
use serde_json::Value;

use super::super::Collected;
use super::{MANIFEST, Manifest, ManifestScope, SERVICE_TAGS, SUBSCRIPTIONS, VERSION};
use crate::document::SCHEMA_VERSION;
use crate::model::cloud::Cloud;
use crate::model::finding::ScopeName;
use crate::model::inventory::{Gap, Inventory, Origin, Part, RegistryRecord, ScanScope, SnapshotRead};
use crate::model::limits;
use crate::model::open;
use crate::model::path::display_path;
use crate::model::registry_id::RegistryId;
use crate::net::service_tags::{ServiceTagError, ServiceTags, TagSource};

/// A snapshot that cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// A file of it that the rest needs.
    #[error("{path}: {message}")]
    File {
        /// The file, with the line where there is one.
        path: String,
        /// What is wrong with it.
        message: String,
    },
    /// The service tags it brought.
    #[error("{path}: {error}")]
    Tags {
        /// The file.
        path: String,
        /// What is wrong with it.
        error: ServiceTagError,
    },
}

/// Whether a folder says of itself that it is a snapshot, or has all that one is made of.
pub fn is_snapshot(folder: &Path) -> bool {
    let manifest = folder.join(MANIFEST);
    if !manifest.is_file() {
        return false;
    }
    let says_so = || {
        let value: Option<Value> = serde_json::from_slice(&open::bytes(&manifest).ok()?).ok();
        Some(value?.get("acrscan_snapshot").is_some())
    };
    // One that is broken is told by whoever reads it.
    says_so().unwrap_or_default() || (folder.join(SERVICE_TAGS).is_file() && folder.join(SUBSCRIPTIONS).is_dir())
}

/// The path, as a user would open it, of a registry's document in a snapshot.
pub fn document_path(folder: &Path, id: &RegistryId) -> String {
    display_path(&folder.join(format!("{}.json", id.path())))
}

/// Reads a snapshot's folder.
///
/// # Errors
/// The manifest or the service tags cannot be read. A registry's document that cannot is a gap.
pub fn read(folder: &Path) -> Result<Collected, SnapshotError> {
    let manifest = read_manifest(folder)?;
    let cloud = Cloud::parse(&manifest.cloud).ok_or_else(|| SnapshotError::File {
        path: display_path(&folder.join(MANIFEST)),
        message: format!("unknown cloud {:?}", manifest.cloud),
    })?;
    let service_tags = read_tags(folder, cloud)?;
    if manifest.scopes.is_empty() {
        return Err(SnapshotError::File {
            path: display_path(&folder.join(MANIFEST)),
            message: "it names no subscription, so nothing was read; take a new snapshot with `acrscan pull`"
                .to_owned(),
        });
    }
    let time = DateTime::parse_from_rfc3339(&manifest.time).map_err(|_| SnapshotError::File {
        path: display_path(&folder.join(MANIFEST)),
        message: format!("its \"time\" is no time, as in 2026-11-20T06:00:00Z: {:?}", manifest.time),
    })?;
    let snapshots = vec![SnapshotRead { path: display_path(folder), time: time.to_utc() }];
    let mut inventory = Inventory { gaps: manifest.gaps, snapshots, ..Inventory::default() };
    for scope in &manifest.scopes {
        let mut read = read_scope(folder, scope);
        inventory.registries.append(&mut read.registries);
        inventory.scopes.append(&mut read.scopes);
        inventory.gaps.append(&mut read.gaps);
    }
    find_unlisted(folder, &manifest.scopes, &mut inventory);
    inventory.sort();
    Ok(Collected { inventory, service_tags: Some(service_tags), ..Collected::default() })
}

fn read_manifest(folder: &Path) -> Result<Manifest, SnapshotError> {
    let path = folder.join(MANIFEST);
    let error = |message| SnapshotError::File { path: display_path(&path), message };
    let text = read_text(folder, &path).map_err(error)?;
    let version = serde_json::from_str::<Value>(&text).map_err(|e| error(json_error(&e)))?["acrscan_snapshot"].clone();
    if version != VERSION {
        return Err(error(format!(
            "not a snapshot this build reads: \"acrscan_snapshot\" is {version}, not {VERSION}; take a new one with \
             `acrscan pull`"
        )));
    }
    serde_json::from_str(&text).map_err(|e| error(json_error(&e)))
}

fn read_tags(folder: &Path, cloud: Cloud) -> Result<ServiceTags, SnapshotError> {
    let path = folder.join(SERVICE_TAGS);
    let text =
        read_text(folder, &path).map_err(|message| SnapshotError::File { path: display_path(&path), message })?;
    ServiceTags::from_text(&text, cloud, TagSource::File, None)
        .map_err(|error| SnapshotError::Tags { path: display_path(&path), error })
}

fn read_scope(folder: &Path, scope: &ManifestScope) -> Inventory {
    let subscription = scope.subscription.to_lowercase();
    let results: Vec<Result<RegistryRecord, Gap>> = scope
        .registries
        .par_iter()
        .map(|path| {
            read_registry(folder, path, &subscription).map_err(|reason| Gap {
                scope: ScopeName::Subscription(subscription.clone()),
                resource: Some(format!("/{}", path.trim_end_matches(".json"))),
                part: Part::Registry,
                location: None,
                reason,
            })
        })
        .collect();
    let mut inventory = Inventory::default();
    let mut complete = scope.complete;
    for result in results {
        match result {
            Ok(record) => inventory.registries.push(record),
            Err(gap) => {
                complete = false;
                inventory.gaps.push(gap);
            }
        }
    }
    inventory.scopes.push(ScanScope {
        name: ScopeName::Subscription(subscription),
        complete,
        only: scope.only.clone(),
    });
    inventory
}

fn read_registry(folder: &Path, path: &str, subscription: &str) -> Result<RegistryRecord, String> {
    let inside = Path::new(path).components().all(|component| matches!(component, Component::Normal(_)));
    if !inside {
        return Err(format!("{MANIFEST} names {path:?}, which is not inside the snapshot"));
    }
    let file = folder.join(path);
    let shown = display_path(&file);
    let at = |message: String| format!("{shown}: {message}");
    let document = read_text(folder, &file).map_err(at)?;
    let parsed: Value = serde_json::from_str(&document).map_err(|error| at(json_error(&error)))?;
    if parsed["schema_version"] != SCHEMA_VERSION {
        let found = &parsed["schema_version"];
        return Err(at(format!("\"schema_version\" is {found}; this build reads {SCHEMA_VERSION}")));
    }
    let id =
        parsed.pointer("/registry/id").and_then(Value::as_str).ok_or_else(|| at("no \"registry\".\"id\"".into()))?;
    match RegistryId::parse(id) {
        Some(parsed) if parsed.subscription == subscription => {}
        Some(_) => return Err(at(format!("registry {id:?} is not of subscription {subscription}"))),
        None => return Err(at(format!("{id:?} is no registry's id"))),
    }
    let id = id.to_owned();
    Ok(RegistryRecord {
        scope: ScopeName::Subscription(subscription.to_owned()),
        id,
        document,
        origin: Origin::Snapshot { path: shown },
        alternatives: Vec::new(),
        secrets: Vec::new(),
    })
}

/// A document that the manifest does not name is no part of the snapshot; whoever put it there should hear of it.
fn find_unlisted(folder: &Path, scopes: &[ManifestScope], inventory: &mut Inventory) {
    let listed: BTreeSet<PathBuf> =
        scopes.iter().flat_map(|scope| &scope.registries).map(|path| folder.join(path)).collect();
    let mut folders = vec![folder.join(SUBSCRIPTIONS)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(path),
                Ok(_) if path.extension().is_some_and(|extension| extension == "json") && !listed.contains(&path) => {
                    inventory.gaps.push(Gap {
                        scope: ScopeName::Subscription(
                            scopes.first().map(|scope| scope.subscription.clone()).unwrap_or_default(),
                        ),
                        resource: None,
                        part: Part::Registry,
                        location: None,
                        reason: format!(
                            "{}: {MANIFEST} does not name it; delete it or take a new snapshot",
                            display_path(&path)
                        ),
                    });
                }
                _ => {}
            }
        }
    }
}

/// A file of the snapshot: none that a link leads to elsewhere.
fn read_text(folder: &Path, path: &Path) -> Result<String, String> {
    if !path.exists() {
        return Err("there is no such file; take a new snapshot with `acrscan pull`".to_owned());
    }
    let real = |path: &Path| path.canonicalize().map_err(|error| format!("cannot read it: {error}"));
    if !real(path)?.starts_with(real(folder)?) {
        return Err("a link that leads out of the snapshot is not followed; take a new snapshot".to_owned());
    }
    let text = String::from_utf8(open::bytes(path)?).map_err(|error| {
        format!("not UTF-8 text, from byte {} on; take a new snapshot", error.utf8_error().valid_up_to() + 1)
    })?;
    limits::ask_to_parse_json(&text)?;
    // Editors put one there; JSON has none.
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// serde_json's message, with the place first.
fn json_error(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let message = text.split(" at line ").next().unwrap_or(&text);
    format!("line {}, column {}: {message}", error.line(), error.column())
}
