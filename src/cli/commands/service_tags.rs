//! Which service tags a scan uses, and the `service-tags` command.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use chrono::Utc;

use super::super::args::{ServiceTagsArgs, ServiceTagsCommand};
use super::super::console;
use crate::model::cloud::Cloud;
use crate::net::service_tags::{OLD_AFTER_DAYS, ServiceTags, read_file, read_published};
use crate::output::report::Outcome;
use crate::source::Collected;

/// The tags for all sources of a scan, which must agree: the user's file, else what the sources brought, else the
/// embedded table.
///
/// # Errors
/// The user's file cannot be read, or is of another cloud; or two snapshots bring different tags.
pub fn choose(file: Option<&Path>, cloud: Cloud, sources: &[Collected]) -> anyhow::Result<ServiceTags> {
    let mut brought = sources.iter().filter_map(|source| source.service_tags.as_ref());
    let first = brought.next();
    let cloud = first.map_or(cloud, |tags| tags.cloud);
    match (file, first) {
        (Some(file), _) => read_file(file, cloud),
        (None, Some(first)) => {
            if brought.any(|other| other != first) {
                bail!("the sources bring different service tags: scan them one at a time, or give --service-tags FILE");
            }
            Ok(first.clone())
        }
        (None, None) => {
            for refused in sources.iter().filter_map(|source| source.service_tags_refused.as_ref()) {
                console::warn(&format!("service tags not read from Azure, so the embedded table is used: {refused}"));
            }
            Ok(ServiceTags::embedded(cloud)?)
        }
    }
}

/// `acrscan service-tags`
///
/// # Errors
/// A file cannot be read or written, or the region has no tag.
pub fn run(args: &ServiceTagsArgs) -> anyhow::Result<Outcome> {
    if let Some(ServiceTagsCommand::Update { files, older, output }) = &args.command {
        return update(files, older, output.as_deref());
    }
    let tags = match &args.service_tags {
        Some(file) => read_file(file, args.cloud)?,
        None => ServiceTags::embedded(args.cloud)?,
    };
    let lines: Vec<String> = match &args.region {
        None => tags.locations().map(str::to_owned).collect(),
        Some(region) => {
            let Some(tag) = tags.region(region) else {
                bail!(
                    "region {region:?} has no AzureContainerRegistry tag in the {}; `acrscan service-tags` lists those \
                     that have",
                    tags.provenance()
                )
            };
            match args.ipv6 {
                true => tag.ipv6.iter().map(ToString::to_string).collect(),
                false => tag.ipv4.iter().map(ToString::to_string).collect(),
            }
        }
    };
    print_lines(&lines)?;
    // On standard error, so that the list can be piped.
    console::info(&format!("{}{}", tags.provenance(), age(&tags)));
    warn_if_old(&tags);
    Ok(Outcome::Clean)
}

fn update(files: &[PathBuf], older: &[PathBuf], output: Option<&Path>) -> anyhow::Result<Outcome> {
    let mut tables: Vec<ServiceTags> = Vec::new();
    for file in files {
        let table = read_published(file)?;
        if tables.iter().any(|other| other.cloud == table.cloud) {
            bail!("{}: a second file of cloud {}", file.display(), table.cloud.as_str());
        }
        tables.push(table);
    }
    for file in older {
        let older = read_published(file)?;
        match tables.iter_mut().find(|table| table.cloud == older.cloud) {
            Some(table) => table.note_older(&older),
            None => bail!("{}: there is no newer file of cloud {}", file.display(), older.cloud.as_str()),
        }
    }
    let text = ServiceTags::to_compact(&tables, false);
    match output {
        Some(path) => fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?,
        None => print_lines(&[text.trim_end().to_owned()])?,
    }
    Ok(Outcome::Clean)
}

fn age(tags: &ServiceTags) -> String {
    tags.age_in_days(Utc::now().date_naive()).map(|days| format!(", {days} days old")).unwrap_or_default()
}

/// Warns of tags that ranges may have been added to since.
pub fn warn_if_old(tags: &ServiceTags) {
    if tags.age_in_days(Utc::now().date_naive()).is_some_and(|days| days > OLD_AFTER_DAYS) {
        console::warn(&format!(
            "the service tags are old ({}{}): ranges may have been added since; give this week's file with \
             --service-tags, from https://www.microsoft.com/download/details.aspx?id=56519",
            tags.provenance(),
            age(tags)
        ));
    }
}

fn print_lines(lines: &[String]) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    for line in lines {
        match writeln!(stdout, "{line}") {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            other => other.context("cannot write to standard output")?,
        }
    }
    Ok(())
}
