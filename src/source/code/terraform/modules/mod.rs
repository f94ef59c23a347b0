//! The modules of a scan: which folders there are, what their files say, and which folder a call means.

pub(crate) mod module;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use self::module::{Module, source_of};
use super::super::declared::Span;
use super::hcl;
use super::hcl::{Block, Body, ByteSpan};
use crate::model::file_gap::FileGap;
use crate::model::limits;
use crate::model::open::{LEADS_OUT, is_within_bounds};
use crate::model::path::{display_path, normalize};
use crate::model::text_file::TextFile;

/// The stack of a thread that parses or evaluates: what is allowed to be nested fits in it many times over.
pub const STACK: usize = 128 << 20;

/// How many folders are read for module calls that lead out of what was named.
const MAX_FOLDERS: usize = 10_000;

/// A file of a configuration, read or yet to be.
#[derive(Debug, Clone)]
pub enum Source {
    /// On disk.
    Path(PathBuf),
    /// Read elsewhere; its path ends in the name that Terraform knows it by.
    Text(Arc<TextFile>),
}

/// Modules that `terraform init` has brought to disk: `acr.network` -> its folder.
pub type Installed = BTreeMap<String, PathBuf>;

/// Folders with what their files say.
#[derive(Debug, Default)]
pub struct Tree {
    /// Files of values that git ignores and nobody named.
    private: BTreeSet<PathBuf>,
    /// Every file that was read; spans name them by number.
    pub files: Vec<Arc<TextFile>>,
    /// Each folder with a module.
    pub folders: BTreeMap<PathBuf, Folder>,
    /// Files that could not be read, and what is declared twice.
    pub gaps: Vec<FileGap>,
    /// Files that others stand in for, and what is said of them.
    pub replaced: Vec<(String, String)>,
    /// Variables files that were read because somebody may tell Terraform to: path, as it is shown, what it sets.
    pub variables: Vec<(PathBuf, String, Body)>,
}

/// A folder with a module.
#[derive(Debug, Default)]
pub struct Folder {
    /// What it declares.
    pub module: Module,
    /// Values of variables from its `.tfvars` files, the later before the earlier.
    pub values: Vec<Body>,
    /// How many files it has.
    pub files: usize,
    /// Variables files that Terraform loads only when told to.
    pub other_values: Vec<PathBuf>,
}

/// What a file is to Terraform.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Role {
    Declares,
    Overrides,
    /// The higher, the later: `terraform.tfvars`, `terraform.tfvars.json`, then `*.auto.tfvars` by name.
    Values(u8),
}

impl Tree {
    /// As [`Tree::load`], where what these files say is not to be shown.
    pub fn load_with_private(folders: BTreeMap<PathBuf, Vec<Source>>, private: &BTreeSet<PathBuf>) -> Tree {
        Tree { private: private.iter().map(|path| normalize(path)).collect(), ..Tree::default() }.loaded(folders, true)
    }

    /// Reads these folders; and from disk, where `follow` says so, those that module calls in them mean.
    pub fn load(folders: BTreeMap<PathBuf, Vec<Source>>, follow: bool) -> Tree {
        Tree::default().loaded(folders, follow)
    }

    fn loaded(mut self, folders: BTreeMap<PathBuf, Vec<Source>>, follow: bool) -> Tree {
        let tree = &mut self;
        let mut next = folders;
        while !next.is_empty() {
            let loaded: Vec<PathBuf> = next.keys().cloned().collect();
            tree.add(next);
            let calls = loaded.iter().filter_map(|path| Some((path, tree.folders.get(path)?)));
            let called = calls.flat_map(|(caller, folder)| {
                folder
                    .module
                    .calls
                    .values()
                    .filter_map(move |call| Some((caller, call.head, local(caller, source_of(call)?)?)))
            });
            let mut found = BTreeMap::new();
            let mut gaps = BTreeSet::new();
            let mut leads_on = None;
            for (caller, call, path) in called.filter(|(_, _, path)| follow && !tree.folders.contains_key(path)) {
                match listed(&path) {
                    Some(files) if is_within_bounds(or_here(caller), or_here(&path)) => {
                        found.insert(path, files);
                        leads_on = Some(call);
                    }
                    Some(_) => drop(gaps.insert(FileGap::new(tree.span(call).position(), LEADS_OUT))),
                    None => {}
                }
            }
            next = found;
            tree.gaps.extend(gaps);
            if let Some(call) = leads_on.filter(|_| tree.folders.len() + next.len() > MAX_FOLDERS) {
                let what = format!("module calls lead to more than {MAX_FOLDERS} folders; name fewer");
                tree.gaps.push(FileGap::new(tree.span(call).position(), what));
                return self;
            }
        }
        self
    }

    fn add(&mut self, folders: BTreeMap<PathBuf, Vec<Source>>) {
        let first = self.files.len();
        let mut jobs = Vec::new();
        for (folder, sources) in folders {
            let into = self.folders.entry(folder.clone()).or_default();
            for source in sources {
                let name = match &source {
                    Source::Path(path) => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
                    Source::Text(file) => file.path.rsplit('/').next().unwrap_or_default().to_owned(),
                };
                match role(&name) {
                    Some(role) => jobs.push((folder.clone(), role, name, source)),
                    None if name.ends_with(".tfvars") || name.ends_with(".tfvars.json") => {
                        if let Source::Path(path) = source {
                            into.other_values.push(path);
                        }
                    }
                    None => {}
                }
            }
        }
        self.leave_replaced(&mut jobs);
        jobs.sort_by(|one, other| (&one.0, one.1, &one.2).cmp(&(&other.0, other.1, &other.2)));
        let parsed = in_parallel(&jobs, |index, (_, role, name, source)| {
            let is_private = matches!(source, Source::Path(path) if self.private.contains(&normalize(path)));
            parse(source, *role, name, u32::try_from(first + index).unwrap_or(u32::MAX), is_private)
        });
        for ((folder, role, _, _), (file, parsed)) in jobs.iter().zip(parsed) {
            self.files.push(file);
            let into = self.folders.entry(folder.clone()).or_default();
            into.files += 1;
            match (parsed, role) {
                (Err(gap), _) => self.gaps.push(gap),
                (Ok(body), Role::Declares) => into.module.add(body, false),
                (Ok(body), Role::Overrides) => into.module.add(body, true),
                (Ok(body), Role::Values(_)) => into.values.insert(0, body),
            }
        }
        let twice = self.folders.values_mut().flat_map(|folder| std::mem::take(&mut folder.module.twice));
        let twice: Vec<(String, ByteSpan)> = twice.collect();
        for (what, span) in twice {
            let gap = FileGap::new(
                self.span(span).position(),
                format!("`{what}` is declared twice; the first is read, keep one"),
            );
            self.gaps.push(gap);
        }
    }

    /// OpenTofu reads a `.tofu` file in place of the `.tf` file of its name.
    fn leave_replaced(&mut self, jobs: &mut Vec<(PathBuf, Role, String, Source)>) {
        let tofu: std::collections::HashSet<(PathBuf, String)> = jobs
            .iter()
            .filter(|(_, _, name, _)| name.contains(".tofu"))
            .map(|(folder, _, name, _)| (folder.clone(), name.clone()))
            .collect();
        if tofu.is_empty() {
            return;
        }
        jobs.retain(|(folder, _, name, source)| {
            let own = name.strip_suffix(".tf").map(|stem| format!("{stem}.tofu"));
            let own = own.or_else(|| name.strip_suffix(".tf.json").map(|stem| format!("{stem}.tofu.json")));
            let other = own.filter(|own| tofu.contains(&(folder.clone(), own.clone())));
            if let Some(other) = &other {
                let path = match source {
                    Source::Path(path) => display_path(path),
                    Source::Text(file) => file.path.clone(),
                };
                let why = format!(
                    "OpenTofu reads {other} in its place, and so does this scan; Terraform would read this one"
                );
                self.replaced.push((path, why));
            }
            other.is_none()
        });
    }

    /// Reads a variables file that no configuration reads by itself.
    pub fn read_variables(&mut self, path: &Path) {
        if self.variables.iter().any(|(known, ..)| known == path) {
            return;
        }
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let number = u32::try_from(self.files.len()).unwrap_or(u32::MAX);
        let is_private = self.private.contains(&normalize(path));
        let (file, parsed) = parse(&Source::Path(path.to_owned()), Role::Values(2), &name, number, is_private);
        let shown = file.path.clone();
        self.files.push(file);
        match parsed {
            Ok(body) => self.variables.push((path.to_owned(), shown, body)),
            Err(gap) => self.gaps.push(gap),
        }
    }

    /// A span as a place.
    pub fn span(&self, span: ByteSpan) -> Span {
        Span::new(&self.files[span.file as usize], span.start as usize..span.end as usize)
    }

    /// The folder that a call means. The key is that of the module the call makes: `acr.network`.
    pub fn callee(&self, installed: &Installed, key: &str, caller: &Path, call: &Block) -> Option<&PathBuf> {
        let known = |path: &PathBuf| self.folders.get_key_value(path).map(|(path, _)| path);
        let beside = source_of(call).and_then(|source| local(caller, source));
        beside.as_ref().and_then(known).or_else(|| installed.get(key).and_then(known))
    }
}

/// The path of a folder, which is empty where it is the working directory.
pub fn or_here(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() { Path::new(".") } else { folder }
}

/// What a call's source means, where it is a path.
pub fn local(caller: &Path, source: &str) -> Option<PathBuf> {
    let relative = source.starts_with("./") || source.starts_with("../") || source == "." || source == "..";
    relative.then(|| normalize(&caller.join(source)))
}

/// The configuration files of a folder on disk; none where there is no such folder, or none in it.
pub fn listed(folder: &Path) -> Option<Vec<Source>> {
    let entries = std::fs::read_dir(or_here(folder)).ok()?.filter_map(Result::ok);
    let mut names: Vec<PathBuf> = entries
        .filter(|entry| role(&entry.file_name().to_string_lossy()).is_some())
        .filter(|entry| entry.path().is_file())
        .map(|entry| folder.join(entry.file_name()))
        .collect();
    names.sort();
    (!names.is_empty()).then(|| names.into_iter().map(Source::Path).collect())
}

/// Reads `modules.json`, whose folders are relative to `root`.
pub fn installed(text: &str, root: &Path) -> Installed {
    let Some(document) = limits::ask_to_parse_json(text).ok().and_then(|()| serde_json::from_str(text).ok()) else {
        return Installed::new();
    };
    let document: serde_json::Value = document;
    let modules = document["Modules"].as_array().map(Vec::as_slice).unwrap_or_default();
    let entry = |module: &serde_json::Value| {
        let key = module["Key"].as_str().filter(|key| !key.is_empty())?;
        Some((key.to_owned(), normalize(&root.join(module["Dir"].as_str()?.replace('\\', "/")))))
    };
    modules.iter().filter_map(entry).collect()
}

fn role(name: &str) -> Option<Role> {
    let stem = [".tf", ".tf.json", ".tofu", ".tofu.json"].iter().find_map(|end| name.strip_suffix(end));
    match name {
        // Editors' and Terraform's own rule.
        _ if name.starts_with('.') || name.ends_with('~') => None,
        "terraform.tfvars" => Some(Role::Values(0)),
        "terraform.tfvars.json" => Some(Role::Values(1)),
        _ if name.ends_with(".auto.tfvars") || name.ends_with(".auto.tfvars.json") => Some(Role::Values(2)),
        _ => match stem? {
            "override" => Some(Role::Overrides),
            stem if stem.ends_with("_override") => Some(Role::Overrides),
            _ => Some(Role::Declares),
        },
    }
}

fn readable(path: &Path) -> Result<(), FileGap> {
    let is_within = !path.is_symlink() || is_within_bounds(path.parent().unwrap_or(path), path);
    if is_within { Ok(()) } else { Err(FileGap::new(display_path(path), LEADS_OUT)) }
}

/// Whether a file is one that `terraform init` has brought to disk.
fn is_downloaded(path: &Path) -> bool {
    path.iter().any(|part| part == ".terraform")
}

fn parse(
    source: &Source,
    role: Role,
    name: &str,
    file: u32,
    is_private: bool,
) -> (Arc<TextFile>, Result<Body, FileGap>) {
    let text = match source {
        Source::Text(text) => Arc::clone(text),
        Source::Path(path) => match readable(path).and_then(|()| TextFile::read(path)) {
            Ok(mut text) => {
                text.is_private = is_private;
                text.is_foreign = is_downloaded(path);
                Arc::new(text)
            }
            Err(gap) => return (Arc::new(TextFile::new(display_path(path), "")), Err(gap)),
        },
    };
    let parsed = match (name.ends_with(".json"), role) {
        (true, Role::Values(_)) => hcl::parse_json_values(&text.text, file),
        (true, _) => hcl::parse_json(&text.text, file),
        (false, _) => hcl::parse(&text.text, file),
    };
    let parsed = parsed.map_err(|error| {
        // A message may quote the file.
        let message = if is_private { "it cannot be parsed" } else { error.message.as_str() };
        FileGap::new(text.file_position(error.offset), message)
    });
    (text, parsed)
}

/// Runs a job for each item, in threads whose stacks hold what may be nested.
fn in_parallel<T: Sync, R: Send>(items: &[T], job: impl Fn(usize, &T) -> R + Sync) -> Vec<R> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(items.len().div_ceil(8)).max(1);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { return done };
            done.push((index, job(index, item)));
        }
    };
    let mut all: Vec<(usize, R)> = std::thread::scope(|scope| {
        let builder = || std::thread::Builder::new().stack_size(STACK);
        let running: Vec<_> = (0..threads).filter_map(|_| builder().spawn_scoped(scope, work).ok()).collect();
        if running.is_empty() {
            return work();
        }
        running.into_iter().flat_map(|thread| thread.join().unwrap_or_else(|p| std::panic::resume_unwind(p))).collect()
    });
    all.sort_by_key(|(index, _)| *index);
    all.into_iter().map(|(_, result)| result).collect()
}
