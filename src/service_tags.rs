//! The `AzureContainerRegistry` service tag: which addresses ACR Tasks of each region come from.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cloud::Cloud;

/// The global tag's id. It is wider than any firewall's quota and covers regions nobody asked for, so it is never
/// taken in place of a regional one.
const GLOBAL_TAG: &str = "AzureContainerRegistry";

/// The table that ships with the binary, made by `acrscan service-tags update` from the files Microsoft publishes.
const EMBEDDED: &str = include_str!("service_tags.json");

/// Days after which a table is called old: Microsoft publishes weekly, and ACR's ranges change about once a month.
pub const OLD_AFTER_DAYS: i64 = 60;

/// Where a table came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TagSource {
    /// ARM's service tag discovery API, in this scan or in the one that wrote the snapshot.
    Arm,
    /// The table inside the binary.
    Embedded,
    /// A file given by the user.
    File,
}

impl TagSource {
    /// The word in the input document's `service_tag.source`.
    pub fn as_str(self) -> &'static str {
        match self {
            TagSource::Arm => "arm",
            TagSource::Embedded => "embedded",
            TagSource::File => "file",
        }
    }
}

/// A service-tag document that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ServiceTagError {
    /// Not JSON, or not of the published shape.
    #[error("not a service-tag document: {0}")]
    Shape(String),
    /// A prefix that is no CIDR: using the rest would understate the tag.
    #[error("service tag {tag} holds {prefix:?}, which is not a CIDR")]
    Prefix {
        /// The tag's id.
        tag: String,
        /// The text found.
        prefix: String,
    },
    /// The document knows nothing of container registries.
    #[error("no AzureContainerRegistry tag in it")]
    NoRegistryTag,
    /// The document is of another cloud.
    #[error("it is of cloud {found}; this scan is of {wanted}")]
    Cloud {
        /// The cloud wanted.
        wanted: &'static str,
        /// The cloud the document names.
        found: String,
    },
}

/// One regional tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// Such as `AzureContainerRegistry.EastUS`.
    pub id: String,
    /// Its IPv4 ranges, sorted.
    pub ipv4: Vec<Ipv4Net>,
    /// Its IPv6 ranges, sorted.
    pub ipv6: Vec<Ipv6Net>,
}

/// The registry tags of one cloud, at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceTags {
    /// The cloud.
    pub cloud: Cloud,
    /// Microsoft's number of the whole document. The API and the file count differently.
    pub change_number: String,
    /// Where the table came from.
    pub source: TagSource,
    /// The day of the published file; ARM's answers carry none.
    pub date: Option<NaiveDate>,
    /// By ARM location: the tag's name after the dot, lower-cased. `properties.region` is no use, for it abbreviates
    /// a dozen of the regions.
    by_location: BTreeMap<String, Tag>,
}

/// One cloud in our own compact form: what the embedded table and a snapshot hold.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CompactCloud {
    change_number: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    date: Option<NaiveDate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<TagSource>,
    /// Tag id to its ranges, separated by spaces: one line a tag in the file.
    tags: BTreeMap<String, String>,
}

/// The compact form: cloud, as the published file names it, to its tags.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CompactTable {
    acrscan_service_tags: u32,
    clouds: BTreeMap<String, CompactCloud>,
}

/// The version of the compact form that this build writes and reads.
const COMPACT_VERSION: u32 = 1;

impl ServiceTags {
    /// Reads what Microsoft publishes: the weekly file, or the answer of the discovery API (`az network
    /// list-service-tags` prints it too). The two differ in the type of `changeNumber` and in which tags they know.
    pub fn from_published(
        document: &Value,
        source: TagSource,
        date: Option<NaiveDate>,
    ) -> Result<ServiceTags, ServiceTagError> {
        let shape = |what: &str| ServiceTagError::Shape(what.to_owned());
        let cloud = document["cloud"].as_str().ok_or_else(|| shape("no \"cloud\" member"))?;
        let cloud = Cloud::from_service_tag_name(cloud)
            .ok_or_else(|| ServiceTagError::Shape(format!("unknown cloud {cloud:?}")))?;
        let change_number = match &document["changeNumber"] {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return Err(shape("no \"changeNumber\" member")),
        };
        let values = document["values"].as_array().ok_or_else(|| shape("no \"values\" array"))?;
        let mut by_location = BTreeMap::new();
        for value in values {
            let Some(name) = value["name"].as_str() else { return Err(shape("a value without \"name\"")) };
            let Some(location) = location_of(name) else { continue };
            let prefixes = value["properties"]["addressPrefixes"]
                .as_array()
                .ok_or_else(|| ServiceTagError::Shape(format!("tag {name} has no \"addressPrefixes\" array")))?;
            let prefixes = prefixes.iter().map(|prefix| prefix.as_str().unwrap_or_default());
            by_location.insert(location, Tag::parse(name, prefixes)?);
        }
        if by_location.is_empty() {
            return Err(ServiceTagError::NoRegistryTag);
        }
        Ok(ServiceTags { cloud, change_number, source, date, by_location })
    }

    /// Reads either form: the published one, or our compact one, from which `cloud` is picked.
    pub fn from_text(
        text: &str,
        cloud: Cloud,
        source: TagSource,
        date: Option<NaiveDate>,
    ) -> Result<ServiceTags, ServiceTagError> {
        let text = text.trim_start_matches('\u{feff}');
        let document: Value = serde_json::from_str(text).map_err(|error| ServiceTagError::Shape(error.to_string()))?;
        if document.get("acrscan_service_tags").is_some() {
            return Self::from_compact(document, cloud, source);
        }
        let tags = Self::from_published(&document, source, date)?;
        if tags.cloud != cloud {
            let found = tags.cloud.service_tag_name().to_owned();
            return Err(ServiceTagError::Cloud { wanted: cloud.service_tag_name(), found });
        }
        Ok(tags)
    }

    fn from_compact(document: Value, cloud: Cloud, source: TagSource) -> Result<ServiceTags, ServiceTagError> {
        let table: CompactTable =
            serde_json::from_value(document).map_err(|error| ServiceTagError::Shape(error.to_string()))?;
        if table.acrscan_service_tags != COMPACT_VERSION {
            let found = table.acrscan_service_tags;
            return Err(ServiceTagError::Shape(format!("version {found}; this build reads {COMPACT_VERSION}")));
        }
        let found = table.clouds.keys().cloned().collect::<Vec<_>>().join(", ");
        let compact = table
            .clouds
            .into_iter()
            .find_map(|(name, compact)| (Cloud::from_service_tag_name(&name) == Some(cloud)).then_some(compact))
            .ok_or(ServiceTagError::Cloud { wanted: cloud.service_tag_name(), found })?;
        let mut by_location = BTreeMap::new();
        for (name, prefixes) in &compact.tags {
            let location = location_of(name)
                .ok_or_else(|| ServiceTagError::Shape(format!("{name} is not a regional registry tag")))?;
            by_location.insert(location, Tag::parse(name, prefixes.split_whitespace())?);
        }
        Ok(ServiceTags {
            cloud,
            change_number: compact.change_number,
            source: compact.source.unwrap_or(source),
            date: compact.date,
            by_location,
        })
    }

    /// The table that ships with the binary.
    pub fn embedded(cloud: Cloud) -> Result<ServiceTags, ServiceTagError> {
        Self::from_text(EMBEDDED, cloud, TagSource::Embedded, None)
    }

    /// Writes tables in the compact form, one tag a line. With `record_source`, as a snapshot does, each says where
    /// it came from; without, whoever reads it knows.
    pub fn to_compact<'a>(tables: impl IntoIterator<Item = &'a ServiceTags>, record_source: bool) -> String {
        let clouds = tables.into_iter().map(|table| {
            let compact = CompactCloud {
                change_number: table.change_number.clone(),
                date: table.date,
                source: record_source.then_some(table.source),
                tags: table.by_location.values().map(|tag| (tag.id.clone(), tag.prefixes().join(" "))).collect(),
            };
            (table.cloud.service_tag_name().to_owned(), compact)
        });
        let table = CompactTable { acrscan_service_tags: COMPACT_VERSION, clouds: clouds.collect() };
        let mut text = serde_json::to_string_pretty(&table).expect("strings and maps serialise");
        text.push('\n');
        text
    }

    /// The tag of an ARM location such as `eastus` or `East US`. A region without a tag has none, and the global tag
    /// does not stand in for it.
    pub fn region(&self, location: &str) -> Option<&Tag> {
        self.by_location.get(&normalise_location(location))
    }

    /// The ARM locations that have a tag, sorted.
    pub fn locations(&self) -> impl Iterator<Item = &str> {
        self.by_location.keys().map(String::as_str)
    }

    /// All tags, by ARM location.
    pub fn tags(&self) -> impl Iterator<Item = &Tag> {
        self.by_location.values()
    }

    /// How many days old the table is on `today`; `None` where it carries no date.
    pub fn age_in_days(&self, today: NaiveDate) -> Option<i64> {
        self.date.map(|date| (today - date).num_days())
    }

    /// Where the table came from and how new it is, for messages: `embedded table of 2025-11-10, change 376`.
    pub fn provenance(&self) -> String {
        let source = match self.source {
            TagSource::Arm => "Azure Resource Manager",
            TagSource::Embedded => "embedded table",
            TagSource::File => "service-tag file",
        };
        match self.date {
            Some(date) => format!("{source} of {date}, change {}", self.change_number),
            None => format!("{source}, change {}", self.change_number),
        }
    }
}

impl Tag {
    fn parse<'a>(id: &str, prefixes: impl Iterator<Item = &'a str>) -> Result<Tag, ServiceTagError> {
        let mut tag = Tag { id: id.to_owned(), ipv4: Vec::new(), ipv6: Vec::new() };
        for prefix in prefixes {
            match prefix.parse::<IpNet>() {
                Ok(IpNet::V4(net)) => tag.ipv4.push(net.trunc()),
                Ok(IpNet::V6(net)) => tag.ipv6.push(net.trunc()),
                Err(_) => return Err(ServiceTagError::Prefix { tag: id.to_owned(), prefix: prefix.to_owned() }),
            }
        }
        tag.ipv4.sort();
        tag.ipv4.dedup();
        tag.ipv6.sort();
        tag.ipv6.dedup();
        Ok(tag)
    }

    fn prefixes(&self) -> Vec<String> {
        self.ipv4.iter().map(ToString::to_string).chain(self.ipv6.iter().map(ToString::to_string)).collect()
    }
}

/// The ARM location of a regional registry tag's id; `None` for the global tag and for other services' tags.
fn location_of(tag_id: &str) -> Option<String> {
    let (service, region) = tag_id.split_once('.')?;
    (service.eq_ignore_ascii_case(GLOBAL_TAG) && !region.is_empty()).then(|| normalise_location(region))
}

/// ARM writes `eastus`; people and some APIs write `East US`.
fn normalise_location(location: &str) -> String {
    location.chars().filter(|character| !character.is_whitespace()).collect::<String>().to_lowercase()
}
