//! The files of a folder that are read. What git tracks is read whatever a `.gitignore` says, for a pull request writes
//! both; what is ignored and not tracked is left, and told where it looks like source code.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ffi::OsStr;
use std::fs::{DirEntry, FileType};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::git_index::Tracked;
use super::{is_bicep, is_loaded, is_terraform};
use crate::model::file_gap::FileGap;
use crate::model::inventory::SkippedFile;
use crate::model::limits;
use crate::model::open::{self, LEADS_OUT, is_within_bounds};
use crate::model::path::{display_path, repository_of};
use crate::model::text_file::decode;

/// Folders that hold other people's code, or none, unless git tracks what is in them.
const SKIPPED: [&str; 3] = [".git", ".terraform", "node_modules"];

/// So much of what is ignored is looked through for names of source code.
const MAX_IGNORED: usize = 20_000;

/// Rules are compiled, each of them to more than its length.
const MAX_GITIGNORE: usize = 1024 * 1024;

/// What was found in folders.
#[derive(Debug, Default)]
pub struct Walked {
    /// The files to be told apart.
    pub files: BTreeSet<PathBuf>,
    /// What looked like source code and was left, and why.
    pub skipped: Vec<SkippedFile>,
    /// What could not be read.
    pub gaps: Vec<FileGap>,
    /// Files of values that git ignores, and Terraform reads.
    pub ignored_values: BTreeSet<PathBuf>,
    ignored: usize,
    /// The folders that were read, without links.
    seen: HashSet<PathBuf>,
    /// Links to folders of the same repository: as they are shown, and without links.
    links: Vec<(PathBuf, PathBuf)>,
}

/// A folder yet to be read.
struct Folder {
    /// As it is shown.
    path: PathBuf,
    /// Without links.
    real: PathBuf,
    repository: Option<Rc<Repository>>,
    /// The rules of this folder's parents, the outermost first.
    rules: Vec<Rc<Gitignore>>,
    is_ignored: bool,
}

/// A repository, and what it tracks.
struct Repository {
    root: PathBuf,
    tracked: Tracked,
}

impl Walked {
    /// Adds the files of a folder. A link to a folder of the same repository is followed by [`Walked::follow_links`].
    pub fn walk(&mut self, path: &Path) {
        let real = match path.canonicalize() {
            Ok(real) => real,
            Err(error) => return self.gaps.push(FileGap::new(display_path(path), format!("cannot be read: {error}"))),
        };
        let repository = repository_of(&real).and_then(|root| self.repository(root));
        let mut rules = Vec::new();
        if let Some(repository) = &repository {
            let mut parents: Vec<&Path> = real.ancestors().skip(1).collect();
            parents.retain(|parent| parent.starts_with(&repository.root));
            rules.extend(parents.iter().rev().filter_map(|parent| self.rules(parent)));
            self.add_tracked(path, &real, repository);
        }
        let is_ignored = false;
        let mut next = vec![Folder { path: path.to_owned(), real, repository, rules, is_ignored }];
        while let Some(folder) = next.pop() {
            if let Err(why) = self.folder(folder, &mut next) {
                return self.gaps.push(FileGap::new(display_path(path), format!("not all of it is read: {why}")));
            }
        }
        if self.ignored >= MAX_IGNORED {
            let why = format!("git ignores more than {MAX_IGNORED} files, and only those were looked through");
            self.skipped.push(SkippedFile::new(display_path(path), why));
        }
    }

    /// Adds the folders of the repository that only a link leads to; each once.
    pub fn follow_links(&mut self) {
        while let Some((path, real)) = self.links.pop() {
            match self.seen.contains(&real) {
                true => self.skipped.push(SkippedFile::new(
                    display_path(&path),
                    "a link to a folder that is read by its own name".to_owned(),
                )),
                false => self.walk(&path),
            }
        }
    }

    /// What git tracks in folders that are passed over.
    fn add_tracked(&mut self, path: &Path, real: &Path, repository: &Repository) {
        let Ok(below) = real.strip_prefix(&repository.root) else { return };
        for file in repository.tracked.below(below) {
            let Ok(relative) = file.strip_prefix(below) else { continue };
            let is_passed_over = relative.parent().is_some_and(|parent| parent.iter().any(is_skipped));
            let file = path.join(relative);
            if is_passed_over && !file.is_symlink() && file.is_file() {
                self.files.insert(one_path(&file));
            }
        }
    }

    fn folder(&mut self, mut folder: Folder, next: &mut Vec<Folder>) -> Result<(), String> {
        let is_nested = |repository: &Rc<Repository>| repository.root != folder.real;
        if folder.repository.as_ref().is_none_or(is_nested) && folder.real.join(".git").exists() {
            folder.repository = self.repository(&folder.real);
            folder.rules.clear();
            folder.is_ignored = false;
        }
        // Without what git tracks, nothing says that what is ignored is not what is deployed.
        if folder.repository.is_some() {
            folder.rules.extend(self.rules(&folder.real));
        }
        if !self.seen.insert(folder.real.clone()) {
            return Ok(());
        }
        let entries = match std::fs::read_dir(&folder.path) {
            Ok(entries) => entries,
            Err(error) => {
                self.gaps.push(FileGap::new(display_path(&folder.path), format!("cannot be read: {error}")));
                return Ok(());
            }
        };
        for entry in entries {
            limits::ask(0)?;
            match entry.and_then(|entry| entry.file_type().map(|kind| (entry, kind))) {
                Ok((entry, kind)) => next.extend(self.entry(&folder, &entry, kind)),
                Err(error) => {
                    self.gaps.push(FileGap::new(display_path(&folder.path), format!("cannot be read: {error}")))
                }
            }
        }
        Ok(())
    }

    /// Takes a file, or gives the folder that is to be read.
    fn entry(&mut self, folder: &Folder, entry: &DirEntry, kind: FileType) -> Option<Folder> {
        let (path, real) = (entry.path(), folder.real.join(entry.file_name()));
        let is_ignored = folder.is_ignored || is_ignored(&folder.rules, &real, kind.is_dir());
        if kind.is_dir() {
            let is_read = !is_skipped(&entry.file_name()) && (!is_ignored || self.ignored < MAX_IGNORED);
            return is_read.then(|| Folder {
                path,
                real,
                repository: folder.repository.clone(),
                rules: folder.rules.clone(),
                is_ignored,
            });
        }
        let is_tracked = |repository: &Rc<Repository>| {
            real.strip_prefix(&repository.root).is_ok_and(|file| repository.tracked.has(file))
        };
        let is_left = is_ignored && !folder.repository.as_ref().is_some_and(is_tracked);
        let looks_like_code = looks_like_code(&entry.file_name());
        if is_left {
            self.ignored += 1;
            if is_loaded(&entry.file_name().to_string_lossy().to_lowercase()) {
                self.ignored_values.insert(one_path(&path));
            } else if looks_like_code {
                let why = "git ignores it, and does not track it; name it to scan it".to_owned();
                self.skipped.push(SkippedFile::new(display_path(&path), why));
            }
        } else if kind.is_file() {
            self.files.insert(one_path(&path));
        } else if kind.is_symlink() {
            self.link(&path, looks_like_code);
        } else if looks_like_code {
            self.gaps.push(FileGap::new(display_path(&path), "a pipe or a device, and no file; put a file there"));
        }
        None
    }

    fn link(&mut self, path: &Path, looks_like_code: bool) {
        let of = path.parent().unwrap_or(path);
        match path.metadata() {
            Ok(target) if target.is_dir() => match path.canonicalize() {
                Ok(real) if is_within_bounds(of, path) => self.links.push((path.to_owned(), real)),
                _ => self.gaps.push(FileGap::new(display_path(path), LEADS_OUT)),
            },
            Ok(target) if target.is_file() && is_within_bounds(of, path) => drop(self.files.insert(one_path(path))),
            Ok(_) if looks_like_code => self.gaps.push(FileGap::new(display_path(path), LEADS_OUT)),
            Ok(target) if target.is_file() => {
                self.skipped.push(SkippedFile::new(display_path(path), LEADS_OUT.to_owned()))
            }
            // A link to nothing, or to what is no file, is nothing of ours by any other name.
            Ok(_) | Err(_) => {}
        }
    }

    /// The repository with this root, where it can be told what it tracks.
    fn repository(&mut self, root: &Path) -> Option<Rc<Repository>> {
        let tracked = Tracked::of(root);
        if tracked.is_none() {
            let why = "what git tracks cannot be told, so no .gitignore is heeded".to_owned();
            self.skipped.push(SkippedFile::new(display_path(&root.join(".git/index")), why));
        }
        tracked.map(|tracked| Rc::new(Repository { root: root.to_owned(), tracked }))
    }

    /// The rules of the `.gitignore` of a folder.
    fn rules(&mut self, folder: &Path) -> Option<Rc<Gitignore>> {
        let path = folder.join(".gitignore");
        // Git does not follow a link either.
        if !path.symlink_metadata().is_ok_and(|metadata| !metadata.is_symlink()) {
            return None;
        }
        let text = open::bytes(&path).and_then(|bytes| match bytes.len() > MAX_GITIGNORE {
            true => Err(format!("it is larger than {} MB", MAX_GITIGNORE / 1024 / 1024)),
            false => decode(bytes),
        });
        let text = match text {
            Ok(text) => text,
            Err(why) => {
                self.skipped.push(SkippedFile::new(display_path(&path), format!("it is not heeded: {why}")));
                return None;
            }
        };
        let mut builder = GitignoreBuilder::new(folder);
        for line in text.lines() {
            // A rule that is none ignores nothing.
            let _ = builder.add_line(None, line);
        }
        builder.build().ok().map(Rc::new)
    }
}

/// Whether git ignores a file and does not track it: the runner has made it, be it a file of secrets. Where it cannot be
/// told what is tracked, nothing is.
pub fn is_runners_own(file: &Path) -> bool {
    static KNOWN: Mutex<BTreeMap<PathBuf, Option<Arc<Tracked>>>> = Mutex::new(BTreeMap::new());
    let Ok(real) = file.canonicalize() else { return false };
    let Some(root) = real.parent().and_then(repository_of).map(Path::to_owned) else { return false };
    let tracked = KNOWN
        .lock()
        .ok()
        .and_then(|mut known| known.entry(root.clone()).or_insert_with(|| Tracked::of(&root).map(Arc::new)).clone());
    let Some(tracked) = tracked else { return false };
    if real.strip_prefix(&root).is_ok_and(|inside| tracked.has(inside)) {
        return false;
    }
    let mut walked = Walked::default();
    let mut rules = Vec::new();
    let mut above: Vec<&Path> = real.ancestors().skip(1).take_while(|folder| folder.starts_with(&root)).collect();
    above.reverse();
    let within = above.iter().skip(1).copied().chain([real.as_path()]);
    for (folder, next) in above.iter().zip(within) {
        rules.extend(walked.rules(folder));
        if is_ignored(&rules, next, next != real) {
            return true;
        }
    }
    false
}

/// The innermost rule decides.
fn is_ignored(rules: &[Rc<Gitignore>], real: &Path, is_dir: bool) -> bool {
    let matched = rules.iter().rev().map(|rules| rules.matched(real, is_dir)).find(|matched| !matched.is_none());
    matches!(matched, Some(Match::Ignore(_)))
}

fn is_skipped(name: &OsStr) -> bool {
    SKIPPED.iter().any(|skipped| name == *skipped)
}

/// Whether a name says that a file is source code, or may well be.
fn looks_like_code(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_lowercase();
    let is_template = |name: &str| ["azuredeploy", "maintemplate", "plan", "tfplan"].iter().any(|it| name.contains(it));
    is_terraform(&name)
        || is_bicep(&name)
        || name.ends_with(".tfplan")
        || (is_template(&name) && (name.ends_with(".json") || !name.contains('.')))
}

/// Relative to the working directory where it lies below, and without `.` segments, so that a file is known by one path.
/// It stays the system's own: its name may hold anything.
pub fn one_path(path: &Path) -> PathBuf {
    let here = std::env::current_dir().ok();
    let relative = here.as_deref().and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path);
    relative.components().filter(|component| *component != std::path::Component::CurDir).collect()
}
