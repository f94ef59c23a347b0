//! Terraform plans: what `terraform show -json` prints, and the file that `terraform plan -out` writes.

mod archive;
mod binary;
mod json;
mod msgpack;
mod places;
mod references;
mod tree;
mod wire;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use self::references::Configuration;
use super::resource::{Resource, assemble};
use crate::inventory::Taken;
use crate::source::declared::{DeclaredRegistry, Node};
use crate::text_file::{TextFile, shown};

/// What a plan came to.
#[derive(Debug, Default)]
pub struct ReadPlan {
    /// Its registries.
    pub registries: Vec<DeclaredRegistry>,
    /// What was not read: `path:line:column: what is wrong, and what to do`.
    pub gaps: Vec<String>,
    /// What was read, for the user to see.
    pub taken: Option<Taken>,
    /// What belongs to no registry of the plan, and why.
    pub left: Vec<(String, String)>,
    /// The folder whose sources were planned, where it was found.
    pub folder: Option<PathBuf>,
}

/// What a plan holds, whichever way it is written.
#[derive(Debug, Default)]
struct Planned {
    /// The resources that matter, each with the values that it will have.
    resources: Vec<Resource>,
    /// The variables of the root module.
    variables: Vec<(String, Node)>,
    /// What the root module declares: `azurerm_container_registry.main`, `module.acr`.
    root: BTreeSet<String>,
    /// The configuration, where the plan carries it.
    configuration: Option<Configuration>,
    gaps: Vec<String>,
}

/// How an archive begins.
const ARCHIVE: [u8; 4] = *b"PK\x03\x04";

/// Reads a plan. `find` finds its sources and evaluates them: it gets what the plan holds and, of a binary plan, the
/// sources within.
pub fn read_plan(path: &Path) -> ReadPlan {
    match read_file(path) {
        Ok(planned) => come_to(path, planned),
        Err(gap) => ReadPlan { gaps: vec![gap], ..ReadPlan::default() },
    }
}

fn read_file(path: &Path) -> Result<Planned, String> {
    if is_archive(path) {
        let file = Arc::new(TextFile::new(shown(path), ""));
        let archive = read_archive(path).map_err(|why| format!("{}: {why}", file.path))?;
        return binary::read(&archive.plan, &file).map_err(|why| format!("{}: {why}", file.path));
    }
    json::read(&Arc::new(TextFile::read(path)?))
}

fn come_to(path: &Path, mut planned: Planned) -> ReadPlan {
    for resource in &mut planned.resources {
        if let Some(configuration) = &planned.configuration {
            places::settle_by(configuration, resource);
        }
    }
    let folder = path.parent().map(shown).unwrap_or_default();
    let assembled = assemble(planned.resources, &folder);
    let taken = Taken { path: shown(path), what: "Terraform plan", files: 1, registries: assembled.registries.len() };
    let left = assembled.left.into_iter().map(|sentence| match sentence.split_once(": ") {
        Some((place, why)) => (place.to_owned(), why.to_owned()),
        None => (shown(path), sentence),
    });
    ReadPlan {
        left: left.collect(),
        registries: assembled.registries,
        gaps: planned.gaps,
        taken: Some(taken),
        folder: None,
    }
}

fn is_archive(path: &Path) -> bool {
    let mut start = [0; 4];
    let read = std::fs::File::open(path).and_then(|mut file| std::io::Read::read_exact(&mut file, &mut start));
    read.is_ok() && start == ARCHIVE
}

fn read_archive(path: &Path) -> Result<archive::Archive, String> {
    let metadata = path.metadata().map_err(|error| format!("cannot read it: {error}"))?;
    if metadata.len() > crate::text_file::MOST_BYTES {
        return Err(format!("it is {} MB, and no plan of Terraform's comes near", metadata.len() / 1024 / 1024));
    }
    archive::open(&std::fs::read(path).map_err(|error| format!("cannot read it: {error}"))?)
}
