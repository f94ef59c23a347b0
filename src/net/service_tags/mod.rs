//! The `AzureContainerRegistry` service tag: which addresses ACR Tasks of each region come from.

mod compact;
mod file;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::NaiveDate;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::file::{read_file, read_published};
use super::cidr::Ipv4Set;
use crate::model::cloud::Cloud;

/// The global tag's id. It is wider than any firewall's quota and covers regions nobody asked for, so it is never
/// taken in place of a regional one.
const GLOBAL_TAG: &str = "AzureContainerRegistry";

/// The table that ships with the binary, made by `acrscan service-tags update` from the files Microsoft publishes.
const EMBEDDED: &str = include_str!("embedded.json");

/// Services whose ranges are taken for those of ACR Tasks: pipelines' agents, Microsoft's own public registry, and
/// machines that pull images. Their tags are kept, to be recognised in a firewall.
const OTHER_SERVICES: [&str; 3] = ["AzureDevOps", "AzureMachineLearning", "MicrosoftContainerRegistry"];

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
    /// The addresses of `ipv4`.
    pub addresses: Ipv4Set,
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
    /// Tags of other services, by id.
    others: BTreeMap<String, Tag>,
    /// Ranges that an older list had and this one's time no longer has.
    retired: Vec<Retired>,
}

/// A range that was a regional registry tag's, and is no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retired {
    /// Id of the tag it was in.
    pub id: String,
    /// Day of the last list that had it, of those that were looked at.
    pub last_seen: NaiveDate,
    /// The addresses.
    pub addresses: Ipv4Set,
}

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
        let mut others = BTreeMap::new();
        for value in values {
            let Some(name) = value["name"].as_str() else { return Err(shape("a value without \"name\"")) };
            let location = location_of(name);
            if location.is_none() && !OTHER_SERVICES.contains(&name) {
                continue;
            }
            let prefixes = value["properties"]["addressPrefixes"]
                .as_array()
                .ok_or_else(|| ServiceTagError::Shape(format!("tag {name} has no \"addressPrefixes\" array")))?;
            let prefixes = prefixes.iter().map(|prefix| prefix.as_str().unwrap_or_default());
            let tag = Tag::parse(name, prefixes)?;
            match location {
                Some(location) => by_location.insert(location, tag),
                None => others.insert(name.to_owned(), tag),
            };
        }
        if by_location.is_empty() {
            return Err(ServiceTagError::NoRegistryTag);
        }
        Ok(ServiceTags { cloud, change_number, source, date, by_location, others, retired: Vec::new() })
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

    /// The table that ships with the binary.
    pub fn embedded(cloud: Cloud) -> Result<ServiceTags, ServiceTagError> {
        Self::from_text(EMBEDDED, cloud, TagSource::Embedded, None)
    }

    /// The embedded table of the other cloud that has this region: names of regions are of one cloud only.
    pub fn of_other_cloud(&self, location: &str) -> Option<&'static ServiceTags> {
        static OTHERS: LazyLock<Vec<ServiceTags>> =
            LazyLock::new(|| Cloud::ALL.into_iter().filter_map(|cloud| ServiceTags::embedded(cloud).ok()).collect());
        OTHERS.iter().find(|tags| tags.cloud != self.cloud && tags.region(location).is_some())
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

    /// Tags of other services that are taken for ACR's.
    pub fn others(&self) -> impl Iterator<Item = &Tag> {
        self.others.values()
    }

    /// What older lists had.
    pub fn retired(&self) -> &[Retired] {
        &self.retired
    }

    /// Takes over what the embedded table knows of older lists.
    pub fn with_history(self) -> Result<ServiceTags, ServiceTagError> {
        let retired = ServiceTags::embedded(self.cloud)?.retired;
        Ok(ServiceTags { retired, ..self })
    }

    /// Notes what an older list of the same cloud had in its regional tags and no such tag has now.
    pub fn note_older(&mut self, older: &ServiceTags) {
        let now = Ipv4Set::union_of(self.tags().flat_map(|tag| tag.ipv4.iter().copied()));
        for tag in older.tags() {
            let addresses = tag.addresses.difference(&now);
            let known =
                self.retired.iter().any(|retired| retired.id == tag.id && Some(retired.last_seen) >= older.date);
            if let Some(last_seen) = older.date.filter(|_| !addresses.is_empty() && !known) {
                self.retired.retain(|retired| retired.id != tag.id);
                self.retired.push(Retired { id: tag.id.clone(), last_seen, addresses });
            }
        }
        self.retired.sort_by(|a, b| a.id.cmp(&b.id));
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
        let (ipv4, ipv6) = (Vec::new(), Vec::new());
        let mut tag = Tag { id: id.to_owned(), ipv4, ipv6, addresses: Ipv4Set::default() };
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
        tag.addresses = Ipv4Set::union_of(tag.ipv4.iter().copied());
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
