//! Service-tag files on disk.

use std::path::Path;

use anyhow::{Context, anyhow, bail};
use chrono::NaiveDate;

use super::{ServiceTags, TagSource};
use crate::model::cloud::Cloud;
use crate::model::text_file;

/// Reads a file as Microsoft publishes it, of the day that its name says.
///
/// # Errors
/// It cannot be read, is not of that shape, or its name says no day.
pub fn read_published(file: &Path) -> anyhow::Result<ServiceTags> {
    let text = read_text(file)?;
    let document = serde_json::from_str(&text).with_context(|| format!("{} is not JSON", file.display()))?;
    let Some(date) = date_in_name(file) else {
        bail!("{}: the day must stand in the name, as in ServiceTags_Public_20251110.json", file.display())
    };
    ServiceTags::from_published(&document, TagSource::File, Some(date))
        .with_context(|| format!("cannot use {}", file.display()))
}

/// Reads a service-tag file of a cloud.
///
/// # Errors
/// It cannot be read, or is of another cloud.
pub fn read_file(file: &Path, cloud: Cloud) -> anyhow::Result<ServiceTags> {
    let text = read_text(file)?;
    ServiceTags::from_text(&text, cloud, TagSource::File, date_in_name(file))
        .with_context(|| format!("cannot use {}", file.display()))
}

fn read_text(file: &Path) -> anyhow::Result<String> {
    text_file::read_named_text(file).map_err(|why| anyhow!("cannot read {}: {why}", file.display()))
}

/// The published file says nowhere but in its name of which day it is.
fn date_in_name(file: &Path) -> Option<NaiveDate> {
    let stem = file.file_stem()?.to_str()?;
    NaiveDate::parse_from_str(stem.rsplit('_').next()?, "%Y%m%d").ok()
}
