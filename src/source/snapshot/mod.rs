//! A snapshot: a folder with a manifest, the service tags, and one JSON document per registry.
//!
//! What [`write`] writes, [`read`] reads, with equal findings.

mod parts;
mod read;
mod write;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::parts::missing as missing_parts;
pub use self::read::{SnapshotError, document_path, is_snapshot, read};
pub use self::write::{check_target, write};

use crate::model::inventory::Gap;
use crate::net::service_tags::TagSource;

/// Version of the folder's layout that this build writes and reads.
const VERSION: u32 = 1;
/// The file that makes a folder a snapshot.
pub const MANIFEST: &str = "manifest.json";
const SERVICE_TAGS: &str = "service-tags.json";
const SUBSCRIPTIONS: &str = "subscriptions";

/// What the folder holds, and what it does not.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    acrscan_snapshot: u32,
    /// What was read at which api-version.
    api_versions: BTreeMap<String, String>,
    /// As `--cloud` spells it.
    cloud: String,
    /// What could not be read when the snapshot was taken.
    gaps: Vec<Gap>,
    scopes: Vec<ManifestScope>,
    service_tags: ManifestTags,
    /// When it was taken, RFC 3339, UTC.
    time: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ManifestScope {
    complete: bool,
    /// What the subscription was narrowed to: ids of resource groups and registries, lower case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    only: Vec<String>,
    /// Paths within the folder, so that a file that went missing is missed.
    registries: Vec<String>,
    subscription: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ManifestTags {
    change_number: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    date: Option<chrono::NaiveDate>,
    source: TagSource,
}
