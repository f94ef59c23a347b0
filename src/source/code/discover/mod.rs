//! Finds source code in files and folders.

pub(crate) mod content;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::bail;
use ignore::{DirEntry, WalkBuilder};
use rayon::prelude::*;

use self::content::{Content, classify};
use crate::model::inventory::SkippedFile;
use crate::model::path::display_path;
use crate::model::path::leads_out;

/// Folders that hold other people's code, or none.
const SKIPPED: [&str; 3] = [".git", ".terraform", "node_modules"];

/// The source code in the files and folders that were named. Paths are as a user would open them; every list is sorted.
#[derive(Debug, Default, PartialEq)]
pub struct SourceFiles {
    /// Terraform configurations: folder -> its `.tf`, `.tf.json`, `.tfvars` and `.tfvars.json` files.
    pub terraform: BTreeMap<PathBuf, Vec<PathBuf>>,
    /// Terraform plans, as JSON or binary.
    pub plans: Vec<PathBuf>,
    /// ARM templates, but for those compiled from a Bicep file beside them.
    pub templates: Vec<PathBuf>,
    /// Parameter files of ARM templates.
    pub parameters: Vec<PathBuf>,
    /// What `az deployment … what-if --no-pretty-print` printed.
    pub what_if: Vec<PathBuf>,
    /// Bicep files.
    pub bicep: Vec<BicepFile>,
    /// `.bicepparam` files.
    pub bicep_parameters: Vec<PathBuf>,
    /// What looked like source code and was skipped, and why.
    pub skipped: Vec<SkippedFile>,
    /// What could not be told apart because it could not be read.
    pub gaps: Vec<String>,
}

/// The Bicep file on disk that a `.bicepparam` file is for.
pub type BicepFileFor = dyn Fn(&Path) -> Option<PathBuf>;

/// A Bicep file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BicepFile {
    /// The file.
    pub path: PathBuf,
    /// The ARM template that was compiled from it and lies beside it.
    pub compiled: Option<PathBuf>,
}

/// Finds the source code in files and folders. In a folder `.gitignore` is honoured, but for values that Terraform reads
/// all the same, and links to folders are not followed; a file that is named is taken in any case. A file of Terraform's
/// stands for its folder, and a `.bicepparam` file brings the file that it is for, which `bicep_file_for` knows.
///
/// # Errors
/// A path cannot be read, or nothing in all of them is recognised.
pub fn find(paths: &[PathBuf], bicep_file_for: &BicepFileFor) -> anyhow::Result<SourceFiles> {
    let mut found = SourceFiles::default();
    let mut files = BTreeSet::new();
    for path in paths {
        if path.is_dir() {
            walk(path, &mut files, &mut found);
        } else {
            bring(path, bicep_file_for, &mut files);
            files.insert(one_path(path));
        }
    }
    let values: Vec<PathBuf> = terraform_folders(&files).iter().flat_map(|folder| beside(folder, is_loaded)).collect();
    files.extend(values);
    let classified: Vec<(PathBuf, Result<FileKind, String>)> = files
        .into_par_iter()
        .map(|path| {
            let kind = kind(&path);
            (path, kind)
        })
        .collect();
    // A snapshot is data of its own, to be named by itself.
    let snapshots: Vec<PathBuf> = classified
        .iter()
        .filter(|(path, kind)| {
            *kind == Ok(FileKind::Json(Content::Snapshot)) && path.file_name() == Some(OsStr::new("manifest.json"))
        })
        .filter_map(|(path, _)| path.parent().map(Path::to_owned))
        .collect();
    for snapshot in &snapshots {
        found.skipped.push(SkippedFile::new(display_path(snapshot), "a snapshot: name it to scan it".to_owned()));
    }
    let mut compiled = Vec::new();
    for (path, kind) in classified {
        if snapshots.iter().any(|snapshot| path.starts_with(snapshot)) {
            continue;
        }
        match kind {
            Ok(FileKind::Json(Content::Template { from_bicep: true })) => compiled.push(path),
            Ok(kind) => found.add(kind, path),
            Err(error) => found.gaps.push(error),
        }
    }
    found.bicep.sort();
    for template in compiled {
        match found.bicep.iter_mut().find(|bicep| bicep.path.with_extension("json") == template) {
            Some(bicep) => bicep.compiled = Some(template),
            None => found.templates.push(template),
        }
    }
    found.templates.sort();
    found.skipped.sort();
    let nothing = found.terraform.is_empty()
        && found.plans.is_empty()
        && found.templates.is_empty()
        && found.what_if.is_empty()
        && found.bicep.is_empty();
    if nothing && found.gaps.is_empty() {
        let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        let skipped: String =
            found.skipped.iter().map(|file| format!("; left {}: {}", file.location, file.reason)).collect();
        if let Some(path) = found.parameters.first() {
            bail!("{}: parameters alone declare nothing: name their ARM template as well{skipped}", display_path(path));
        }
        if let Some(path) = found.bicep_parameters.first() {
            bail!(
                "{}: it uses no Bicep file on disk: correct its `using`, or name the Bicep file{skipped}",
                display_path(path)
            );
        }
        bail!(
            "{}: nothing recognised: no snapshot, Terraform plan or configuration, ARM template, what-if result or \
             Bicep file{skipped}",
            names.join(", ")
        );
    }
    Ok(found)
}

/// What a file is, by its name where that says enough, else by its content.
#[derive(Debug, PartialEq)]
enum FileKind {
    Terraform,
    Bicep,
    BicepParameters,
    Json(Content),
}

fn kind(path: &Path) -> Result<FileKind, String> {
    let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default().to_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    Ok(match () {
        () if is_terraform(&name) => FileKind::Terraform,
        () if ends(&[".bicepparam"]) => FileKind::BicepParameters,
        () if ends(&[".bicep"]) => FileKind::Bicep,
        () => FileKind::Json(classify(path)?),
    })
}

impl SourceFiles {
    fn add(&mut self, kind: FileKind, path: PathBuf) {
        match kind {
            FileKind::Terraform => {
                self.terraform.entry(folder_of(&path)).or_default().push(path);
            }
            FileKind::Bicep => self.bicep.push(BicepFile { path, compiled: None }),
            FileKind::BicepParameters => self.bicep_parameters.push(path),
            FileKind::Json(Content::Plan) => self.plans.push(path),
            FileKind::Json(Content::Template { .. }) => self.templates.push(path),
            FileKind::Json(Content::Parameters) => self.parameters.push(path),
            FileKind::Json(Content::WhatIf) => self.what_if.push(path),
            FileKind::Json(Content::Other(why)) => {
                self.skipped.push(SkippedFile::new(display_path(&path), why.to_owned()))
            }
            FileKind::Json(Content::Snapshot | Content::Unrelated) => {}
        }
    }
}

/// What a file that is named brings with it.
fn bring(path: &Path, bicep_file_for: &BicepFileFor, files: &mut BTreeSet<PathBuf>) {
    match kind(path) {
        Ok(FileKind::Terraform) => files.extend(beside(&folder_of(path), is_terraform)),
        Ok(FileKind::BicepParameters) => files.extend(bicep_file_for(path).map(|bicep| one_path(&bicep))),
        _ => {}
    }
}

/// The files of a folder whose names, in lower case, are as asked.
fn beside(folder: &Path, wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let path = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let entries = path.read_dir().into_iter().flatten().filter_map(Result::ok);
    let named = entries.filter(|entry| entry.file_name().to_str().is_some_and(|name| wanted(&name.to_lowercase())));
    let files = named.map(|entry| entry.path()).filter(|path| path.is_file() && leads_out(path).is_none());
    files.map(|path| one_path(&path)).collect()
}

/// The folders with a configuration of Terraform's.
fn terraform_folders(files: &BTreeSet<PathBuf>) -> BTreeSet<PathBuf> {
    let declares = |path: &&PathBuf| {
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default().to_lowercase();
        is_terraform(&name) && !is_values(&name)
    };
    files.iter().filter(declares).map(|path| folder_of(path)).collect()
}

fn folder_of(file: &Path) -> PathBuf {
    file.parent().map(Path::to_owned).unwrap_or_default()
}

fn is_terraform(name: &str) -> bool {
    name.ends_with(".tf") || name.ends_with(".tf.json") || is_values(name)
}

fn is_values(name: &str) -> bool {
    name.ends_with(".tfvars") || name.ends_with(".tfvars.json")
}

/// Whether Terraform reads this file of values untold.
fn is_loaded(name: &str) -> bool {
    let stem = name.strip_suffix(".json").unwrap_or(name).strip_suffix(".tfvars");
    stem.is_some_and(|stem| stem == "terraform" || stem.ends_with(".auto"))
}

fn walk(folder: &Path, files: &mut BTreeSet<PathBuf>, found: &mut SourceFiles) {
    let mut walk = WalkBuilder::new(folder);
    // What one user's git ignores on one machine must not decide what is scanned.
    walk.hidden(false).git_global(false).git_exclude(false).require_git(false).ignore(false).follow_links(false);
    walk.filter_entry(|entry| entry.depth() == 0 || !is_skipped(entry));
    for entry in walk.build() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                found.gaps.push(format!("{}: cannot be read: {error}", display_path(folder)));
                continue;
            }
        };
        let path = entry.path();
        match entry.file_type() {
            Some(kind) if kind.is_file() => drop(files.insert(one_path(path))),
            Some(kind) if kind.is_symlink() && path.is_file() => {
                let name = entry.file_name().to_string_lossy().to_lowercase();
                let is_code = is_terraform(&name) || name.ends_with(".bicep") || name.ends_with(".bicepparam");
                match leads_out(path) {
                    None => drop(files.insert(one_path(path))),
                    Some(why) if is_code => found.gaps.push(format!("{}: {why}", display_path(path))),
                    Some(why) => found.skipped.push(SkippedFile::new(display_path(path), why.to_owned())),
                }
            }
            Some(kind) if kind.is_symlink() && path.is_dir() => {
                found.skipped.push(SkippedFile::new(display_path(path), "a link to a folder".to_owned()));
            }
            _ => {}
        }
    }
}

fn is_skipped(entry: &DirEntry) -> bool {
    entry.file_type().is_some_and(|kind| kind.is_dir())
        && entry.file_name().to_str().is_some_and(|name| SKIPPED.contains(&name))
}

/// Without `.` segments, so that a file is known by one path.
fn one_path(path: &Path) -> PathBuf {
    PathBuf::from(display_path(path))
}
