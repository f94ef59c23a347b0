//! Our own compact form of service tags: what the binary carries and a snapshot keeps, one tag a line.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Retired, ServiceTagError, ServiceTags, Tag, TagSource, location_of};
use crate::model::cloud::Cloud;

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
    /// The same, of other services.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    others: BTreeMap<String, String>,
    /// Tag id to what it no longer has.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    retired: BTreeMap<String, CompactRetired>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CompactRetired {
    last_seen: NaiveDate,
    ranges: String,
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
    pub(super) fn from_compact(
        document: Value,
        cloud: Cloud,
        source: TagSource,
    ) -> Result<ServiceTags, ServiceTagError> {
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
        let parse = |(id, prefixes): (&String, &String)| {
            Tag::parse(id, prefixes.split_whitespace()).map(|tag| (id.clone(), tag))
        };
        let others = compact.others.iter().map(parse).collect::<Result<_, _>>()?;
        let parse = |(id, retired): (&String, &CompactRetired)| {
            let addresses = Tag::parse(id, retired.ranges.split_whitespace())?.addresses;
            Ok(Retired { id: id.clone(), last_seen: retired.last_seen, addresses })
        };
        let retired = compact.retired.iter().map(parse).collect::<Result<_, ServiceTagError>>()?;
        Ok(ServiceTags {
            cloud,
            change_number: compact.change_number,
            source: compact.source.unwrap_or(source),
            date: compact.date,
            by_location,
            others,
            retired,
        })
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
                others: table.others.values().map(|tag| (tag.id.clone(), tag.prefixes().join(" "))).collect(),
                // What is over does not change: a snapshot need not repeat it.
                retired: table.retired.iter().filter(|_| !record_source).map(Retired::to_compact).collect(),
            };
            (table.cloud.service_tag_name().to_owned(), compact)
        });
        let table = CompactTable { acrscan_service_tags: COMPACT_VERSION, clouds: clouds.collect() };
        let mut text = serde_json::to_string_pretty(&table).expect("strings and maps serialise");
        text.push('\n');
        text
    }
}

impl Retired {
    fn to_compact(&self) -> (String, CompactRetired) {
        let ranges: Vec<String> = self.addresses.to_cidrs().iter().map(ToString::to_string).collect();
        (self.id.clone(), CompactRetired { last_seen: self.last_seen, ranges: ranges.join(" ") })
    }
}
