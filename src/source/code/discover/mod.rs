//! Finds source code in files and folders.

pub(crate) mod content;
mod git_index;
mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::bail;
use rayon::prelude::*;

use self::content::{Content, classify};
pub use self::walk::is_runners_own;
use self::walk::{Walked, one_path};
use crate::model::file_gap::FileGap;
use crate::model::inventory::SkippedFile;
use crate::model::open::{LEADS_OUT, argument_leads_out, is_within_bounds};
use crate::model::path::display_path;

/// The source code in the files and folders that were named. Paths are as a user would open them; every list is sorted.
#[derive(Debug, Default, PartialEq)]
pub struct SourceFiles {
    /// Terraform configurations: folder -> its `.tf`, `.tofu` and `.tfvars` files, JSON or not.
    pub terraform: BTreeMap<PathBuf, Vec<PathBuf>>,
    /// Variables files in folders without a configuration: some configuration may be told to read them.
    pub variables: Vec<PathBuf>,
    /// What is said of Terraform's variables elsewhere than in files that it reads by itself.
    pub variable_values: VariableValues,
    /// Terraform plans, as JSON or binary.
    pub plans: Vec<PathBuf>,
    /// Terraform states.
    pub states: Vec<PathBuf>,
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
    pub gaps: Vec<FileGap>,
    /// The files that were named one by one.
    pub named: BTreeSet<PathBuf>,
    /// Files of values that git ignores: what they say is judged and never shown.
    pub private: BTreeSet<PathBuf>,
}

/// Values of Terraform's variables that a user gives.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct VariableValues {
    /// Variables files for every configuration that declares what they set; the later before the earlier.
    pub files: Vec<PathBuf>,
    /// Name and value, before all files.
    pub values: Vec<(String, String)>,
    /// Configurations, each with variables files of its own.
    pub roots: Vec<(PathBuf, Vec<PathBuf>)>,
    /// Values from the environment, after all files.
    pub environment: Vec<(String, String)>,
}

/// The Bicep file on disk that a `.bicepparam` file is for.
pub type BicepFileFor = dyn Fn(&Path) -> Option<PathBuf>;

/// A Bicep file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BicepFile {
    /// The file.
    pub path: PathBuf,
    /// The ARM templates that were compiled from it and lie beside it.
    pub compiled: Vec<PathBuf>,
}

/// Finds the source code in files and folders. What git ignores and does not track is left in a folder, but for values
/// that Terraform reads all the same, and a link to a folder leads no further than the repository; a file that is named
/// is taken in any case. A file of Terraform's stands for its folder, and a `.bicepparam` file brings the file that it is
/// for.
///
/// # Errors
/// Nothing in all of them is recognised.
pub fn find(paths: &[PathBuf], bicep_file_for: &BicepFileFor) -> anyhow::Result<SourceFiles> {
    let mut found = search(paths, bicep_file_for);
    if let Some(path) = found.variables.first().filter(|_| found.is_empty()) {
        let why = "variables files alone declare nothing; name the Terraform configuration as well";
        found.gaps.push(FileGap::new(display_path(path), why));
    }
    if !found.is_empty() || !found.gaps.is_empty() {
        return Ok(found);
    }
    let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    let skipped: String =
        found.skipped.iter().map(|file| format!("; left {}: {}", file.location, file.reason)).collect();
    if let Some(path) = found.parameters.first() {
        bail!("{}: parameters alone declare nothing: name their ARM template as well{skipped}", display_path(path));
    }
    bail!(
        "{}: nothing recognised: no snapshot, Terraform plan or configuration, ARM template, what-if result or Bicep \
         file{skipped}",
        names.join(", ")
    )
}

/// As [`find`], but nothing may be there.
pub fn search(paths: &[PathBuf], bicep_file_for: &BicepFileFor) -> SourceFiles {
    let mut found = SourceFiles::default();
    let mut walked = Walked::default();
    for path in paths {
        if argument_leads_out(path) {
            found.gaps.push(FileGap::new(display_path(path), LEADS_OUT));
        } else if path.is_dir() {
            walked.walk(path);
        } else {
            bring(path, bicep_file_for, &mut walked.files);
            walked.files.insert(one_path(path));
            found.named.insert(one_path(path));
        }
    }
    walked.follow_links();
    let Walked { mut files, ignored_values, .. } = walked;
    found.skipped = walked.skipped;
    found.gaps.extend(walked.gaps);
    for values in terraform_folders(&files).iter().flat_map(|folder| beside(folder, is_loaded)) {
        files.insert(values);
    }
    found.private = ignored_values.intersection(&files).filter(|file| !found.named.contains(*file)).cloned().collect();
    let classified: Vec<(PathBuf, Result<FileKind, FileGap>)> = files
        .into_par_iter()
        .map(|path| {
            let kind = kind(&path);
            (path, kind)
        })
        .collect();
    let mut compiled = Vec::new();
    for (path, kind) in classified {
        match kind {
            Ok(FileKind::Json(Content::Template { from_bicep: true })) => compiled.push(path),
            Ok(kind) => found.add(kind, path),
            Err(error) => found.gaps.push(error),
        }
    }
    let declares = |path: &PathBuf| !is_values(&lower_name(path));
    let (folders, values): (BTreeMap<_, _>, BTreeMap<_, _>) =
        std::mem::take(&mut found.terraform).into_iter().partition(|(_, files)| files.iter().any(declares));
    found.terraform = folders;
    found.variables = values.into_values().flatten().collect();
    found.bicep.sort();
    for template in compiled {
        match source_of(&template, &found.bicep) {
            Some(at) => found.bicep[at].compiled.push(template),
            None => found.templates.push(template),
        }
    }
    found.templates.sort();
    found.skipped.sort();
    found
}

/// The Bicep file that a template was compiled from: the one of its name, else where the template has a name that they
/// commonly have, `main.bicep` or the only Bicep file beside it.
fn source_of(template: &Path, bicep: &[BicepFile]) -> Option<usize> {
    const NAMES: [&str; 4] = ["azuredeploy.json", "maintemplate.json", "template.json", "main.json"];
    let own = bicep.iter().position(|bicep| bicep.path.with_extension("json") == template);
    own.or_else(|| {
        let beside: Vec<usize> = (0..bicep.len()).filter(|at| bicep[*at].path.parent() == template.parent()).collect();
        let is_main = |at: &&usize| lower_name(&bicep[**at].path) == "main.bicep";
        match beside.as_slice() {
            _ if !NAMES.contains(&lower_name(template).as_str()) => None,
            [only] => Some(*only),
            several => several.iter().find(is_main).copied(),
        }
    })
}

/// What a file is, by its name where that says enough, else by its content.
#[derive(Debug, PartialEq)]
enum FileKind {
    Terraform,
    Bicep,
    BicepParameters,
    /// Of a tool that is not read: why it is left.
    Left(&'static str),
    Json(Content),
}

/// Files of tools around Terraform that are not read, by the ends of their names, and what is said of them.
const LEFT: [(&str, &str); 5] = [
    ("terragrunt.hcl", "what Terragrunt sets is not read; scan a plan that `terragrunt plan -out` made"),
    ("terragrunt.stack.hcl", "a stack of Terragrunt's is not read; scan plans of its units"),
    (".tfcomponent.hcl", "a Terraform stack is not read; scan the modules of its components"),
    (".tfstack.hcl", "a Terraform stack is not read; scan the modules of its components"),
    (".tfdeploy.hcl", "the deployments of a Terraform stack are not read; scan the modules of its components"),
];

fn kind(path: &Path) -> Result<FileKind, FileGap> {
    let name = lower_name(path);
    if let Some((_, why)) = LEFT.iter().find(|(end, _)| name.ends_with(end)) {
        return Ok(FileKind::Left(why));
    }
    Ok(match () {
        () if is_terraform(&name) => FileKind::Terraform,
        () if name.ends_with(".bicepparam") => FileKind::BicepParameters,
        () if is_bicep(&name) => FileKind::Bicep,
        () => FileKind::Json(classify(path)?),
    })
}

/// A name need not be UTF-8, and what matters of it is ASCII.
fn lower_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().to_lowercase()
}

impl SourceFiles {
    /// Whether nothing of source code was found, and nothing that could not be read.
    pub fn is_nothing(&self) -> bool {
        self.is_empty() && self.gaps.is_empty() && self.parameters.is_empty()
    }

    /// Whether nothing was found that may declare a registry.
    pub fn is_empty(&self) -> bool {
        self.terraform.is_empty()
            && self.plans.is_empty()
            && self.states.is_empty()
            && self.templates.is_empty()
            && self.what_if.is_empty()
            && self.bicep.is_empty()
            && self.bicep_parameters.is_empty()
    }

    fn add(&mut self, kind: FileKind, path: PathBuf) {
        match kind {
            FileKind::Terraform => {
                self.terraform.entry(folder_of(&path)).or_default().push(path);
            }
            FileKind::Left(why) => self.skipped.push(SkippedFile::new(display_path(&path), why.to_owned())),
            FileKind::Bicep => self.bicep.push(BicepFile { path, compiled: Vec::new() }),
            FileKind::BicepParameters => self.bicep_parameters.push(path),
            FileKind::Json(Content::Plan) => self.plans.push(path),
            FileKind::Json(Content::State) => self.states.push(path),
            FileKind::Json(Content::Template { .. }) => self.templates.push(path),
            FileKind::Json(Content::Parameters) => self.parameters.push(path),
            FileKind::Json(Content::WhatIf) => self.what_if.push(path),
            FileKind::Json(Content::Other(why)) => self.skipped.push(SkippedFile::new(display_path(&path), why)),
            // It is data of its own, and keeps nothing beside it from being read.
            FileKind::Json(Content::Snapshot) => {
                self.skipped
                    .push(SkippedFile::new(display_path(&path), "a snapshot: name its folder to scan it".to_owned()));
            }
            FileKind::Json(Content::Unrelated) => {}
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
    let named = entries.map(|entry| entry.path()).filter(|path| wanted(&lower_name(path)));
    let files = named.filter(|path| path.is_file() && (!path.is_symlink() || is_within_bounds(folder, path)));
    files.map(|path| one_path(&path)).collect()
}

/// The folders with a configuration of Terraform's.
fn terraform_folders(files: &BTreeSet<PathBuf>) -> BTreeSet<PathBuf> {
    let declares = |path: &&PathBuf| {
        let name = lower_name(path);
        is_terraform(&name) && !is_values(&name)
    };
    files.iter().filter(declares).map(|path| folder_of(path)).collect()
}

fn folder_of(file: &Path) -> PathBuf {
    file.parent().map(Path::to_owned).unwrap_or_default()
}

fn is_terraform(name: &str) -> bool {
    [".tf", ".tf.json", ".tofu", ".tofu.json"].iter().any(|end| name.ends_with(end)) || is_values(name)
}

fn is_bicep(name: &str) -> bool {
    name.ends_with(".bicep") || name.ends_with(".bicepparam")
}

fn is_values(name: &str) -> bool {
    name.ends_with(".tfvars") || name.ends_with(".tfvars.json")
}

/// Whether Terraform reads this file of values untold.
fn is_loaded(name: &str) -> bool {
    let stem = name.strip_suffix(".json").unwrap_or(name).strip_suffix(".tfvars");
    stem.is_some_and(|stem| stem == "terraform" || stem.ends_with(".auto"))
}
