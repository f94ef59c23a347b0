//! The `service-tags` command.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};

use super::super::collect::{age, warn_if_old};
use super::super::{console, stdout};
use crate::model::cloud::Cloud;
use crate::net::service_tags::{ServiceTags, read_file, read_published};
use crate::output::report::Outcome;

/// `acrscan service-tags`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct ServiceTagsArgs {
    #[command(subcommand)]
    #[allow(missing_docs)]
    pub command: Option<ServiceTagsCommand>,
    /// The region, such as `eastus`; without it, the regions that have a tag are listed
    pub region: Option<String>,
    /// Print the IPv6 ranges, which a registry's firewall does not take
    #[arg(long)]
    pub ipv6: bool,
    /// The cloud
    #[arg(long, value_enum, default_value_t, value_name = "NAME")]
    pub cloud: Cloud,
    /// A service-tag file as Microsoft publishes it weekly, in place of the table in this binary
    #[arg(long, value_name = "FILE")]
    pub service_tags: Option<PathBuf>,
}

/// What to do with service tags.
#[derive(Debug, Subcommand)]
pub enum ServiceTagsCommand {
    /// Make the compact table, as this binary carries it, from the files Microsoft publishes, one for each cloud
    Update {
        /// Published files; the day is in their names, as in ServiceTags_Public_20251110.json
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// An older published file: what it had and the new one has not is remembered, to be recognised
        #[arg(long, value_name = "FILE")]
        older: Vec<PathBuf>,
        /// Remember what the table of this binary remembers, and what it has and the new files have not
        #[arg(long)]
        history: bool,
        /// Where to write the table; standard output if not given
        #[arg(short, long = "output", value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// `acrscan service-tags`
///
/// # Errors
/// A file cannot be read or written, or the region has no tag.
pub fn run(args: &ServiceTagsArgs) -> anyhow::Result<Outcome> {
    if let Some(ServiceTagsCommand::Update { files, older, history, output }) = &args.command {
        return update(files, older, *history, output.as_deref());
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
    stdout::print_lines(&lines)?;
    // On standard error, so that the list can be piped.
    console::info(&format!("{}{}", tags.provenance(), age(&tags)));
    warn_if_old(&tags);
    Ok(Outcome::Clean)
}

fn update(files: &[PathBuf], older: &[PathBuf], history: bool, output: Option<&Path>) -> anyhow::Result<Outcome> {
    let mut tables: Vec<ServiceTags> = Vec::new();
    for path in files {
        let table = read_published(path)?;
        if tables.iter().any(|other| other.cloud == table.cloud) {
            bail!("{}: a second file of cloud {}", path.display(), table.cloud.as_str());
        }
        tables.push(table);
    }
    for table in tables.iter_mut().filter(|_| history) {
        let embedded = ServiceTags::embedded(table.cloud)?;
        *table = table.clone().with_history()?;
        table.note_older(&embedded);
    }
    for path in older {
        let older = read_published(path)?;
        match tables.iter_mut().find(|table| table.cloud == older.cloud) {
            Some(table) => table.note_older(&older),
            None => bail!("{}: there is no newer file of cloud {}", path.display(), older.cloud.as_str()),
        }
    }
    let text = ServiceTags::to_compact(&tables, false);
    match output {
        Some(path) => fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?,
        None => stdout::print_lines(&[text.trim_end().to_owned()])?,
    }
    Ok(Outcome::Clean)
}
