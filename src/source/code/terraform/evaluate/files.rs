//! Functions that read files of the repository. A path is relative to the root's folder, in which Terraform runs;
//! `path.module` leads from there to the module's.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use globset::GlobBuilder;

use super::functions::{clean, encoding};
use super::value::{ExpressionError, Outcome, set_of, text, to_text};
use super::{Evaluator, NameScope};
use crate::model::file_gap::FileGap;
use crate::model::open::is_within_bounds;
use crate::model::path::{display_path, normalize};
use crate::model::text_file::TextFile;
use crate::source::code::declared::{Node, NodeValue, Span};
use crate::source::code::discover::is_runners_own;

/// How many entries of folders a pattern of `fileset` is held against.
const MAX_ENTRIES: usize = 20_000;

/// How deep folders are walked.
const MAX_DEPTH: usize = 32;

/// How many files functions may read for one configuration.
const MAX_FILES: usize = 2_000;

/// What reading a file came to: a file, or why it is not known or not there.
pub(super) type FileRead = Result<Arc<TextFile>, Unreadable>;

/// Why a file was not read.
#[derive(Debug, Clone)]
pub(super) enum Unreadable {
    /// There is none, as Terraform would say as well.
    Absent,
    /// It is not known what is in it.
    Unknown(Arc<str>),
}

impl Evaluator<'_> {
    /// Calls a function that reads files; none where it is no such function.
    pub(super) fn file_function(&mut self, name: &str, arguments: &[Node], scope: &NameScope<'_>) -> Option<Outcome> {
        let path = |this: &Self| match arguments.first() {
            Some(node) => Ok(this.on_disk(&to_text(node)?)),
            None => Err(ExpressionError::Wrong("A function lacks an argument.".to_owned())),
        };
        let own = arguments.first().and_then(|node| to_text(node).ok()).map(|path| self.on_disk(&path));
        let hash = name.strip_prefix("file").map(|name| name.strip_prefix("base64sha").map_or(name, |_| name));
        let outcome = match name {
            "file" => path(self).and_then(|path| {
                let file = self.read_file(&path)?;
                Ok(Node::spanned(NodeValue::String(file.text.clone()), Span::new(&file, 0..file.text.len())))
            }),
            "templatefile" => path(self).and_then(|path| {
                let file = self.read_file(&path)?;
                self.render(&file.text, arguments.get(1), scope)
            }),
            "templatestring" => match arguments {
                [template, variables] => {
                    to_text(template).and_then(|template| self.render(&template, Some(variables), scope))
                }
                _ => Err(ExpressionError::Wrong("`templatestring` takes a text and an object.".to_owned())),
            },
            "filebase64" => path(self).and_then(|path| {
                let file = self.read_file(&path)?;
                text(encoding::base64(file.text.as_bytes()))
            }),
            "fileexists" => path(self).and_then(|path| match self.is_ours(&path) {
                true => Ok(Node::new(NodeValue::Bool(path.is_file()))),
                false => Err(ExpressionError::Unknown(Box::new(Node::unknown(
                    "What is outside of the repository is not read.",
                )))),
            }),
            "fileset" => path(self).and_then(|path| match arguments.get(1) {
                Some(pattern) => self.file_set(&path, &to_text(pattern)?),
                None => Err(ExpressionError::Wrong("`fileset` takes a folder and a pattern.".to_owned())),
            }),
            "abspath" => path(self).and_then(|path| {
                let absolute = std::path::absolute(path);
                let absolute = absolute.map_err(|_| ExpressionError::Unknown(Box::default()))?;
                text(clean(&absolute.to_string_lossy()))
            }),
            _ => {
                let hash = hash.and_then(encoding::hash)?;
                path(self).and_then(|path| {
                    let file = self.read_file(&path)?;
                    text(hash(file.text.as_bytes()))
                })
            }
        };
        let read = own.and_then(|path| self.read.get(&path)?.as_ref().ok().cloned());
        // What the runner keeps there is a secret, and so is what is made of it.
        self.saw_secret |= read.is_some_and(|file| file.is_private);
        Some(outcome)
    }

    /// `path.module`, `path.root` and `path.cwd`.
    pub(super) fn path(&mut self, name: &str, instance: usize) -> Outcome {
        match name {
            "root" => text(".".to_owned()),
            "cwd" => {
                let absolute = std::path::absolute(self.on_disk("."));
                text(clean(&absolute.map_err(|_| ExpressionError::Unknown(Box::default()))?.to_string_lossy()))
            }
            "module" => match relative(self.instances[0].folder, self.instances[instance].folder) {
                Some(path) => text(path),
                None => Err(ExpressionError::Unknown(Box::new(Node::unknown(
                    "`path.module` depends on where Terraform runs.",
                )))),
            },
            _ => Err(ExpressionError::Wrong(format!("`path` has no `{name}`."))),
        }
    }

    fn on_disk(&self, path: &str) -> PathBuf {
        let joined = normalize(&self.instances[0].folder.join(path));
        if joined.as_os_str().is_empty() { PathBuf::from(".") } else { joined }
    }

    fn is_ours(&self, path: &Path) -> bool {
        let root = self.instances[0].folder;
        // What is not there is as much ours as the folder that it would be in.
        let nearest = path.ancestors().map(|path| if path.as_os_str().is_empty() { Path::new(".") } else { path });
        let nearest = nearest.into_iter().find(|path| path.exists());
        let root = if root.as_os_str().is_empty() { Path::new(".") } else { root };
        nearest.is_some_and(|path| is_within_bounds(root, path))
    }

    pub(super) fn read_file(&mut self, path: &Path) -> Result<Arc<TextFile>, ExpressionError> {
        let read = match self.read.get(path) {
            Some(read) => read.clone(),
            None => {
                let read = self.read_new_file(path);
                self.read.insert(path.to_owned(), read.clone());
                read
            }
        };
        let shown = display_path(path);
        read.map_err(|why| match why {
            Unreadable::Absent => ExpressionError::Wrong(format!("The file {shown} does not exist.")),
            Unreadable::Unknown(why) => ExpressionError::Unknown(Box::new(Node::unknown(why))),
        })
    }

    fn read_new_file(&mut self, path: &Path) -> FileRead {
        let shown = display_path(path);
        let unknown = |why: &str| Unreadable::Unknown(format!("{shown}: {why}.").into());
        if self.read.len() >= MAX_FILES {
            let root = display_path(self.instances[0].folder);
            self.gaps.insert(FileGap::new(
                root,
                format!("functions read more than {MAX_FILES} files; the rest is not read"),
            ));
            return Err(unknown("too many files are read"));
        }
        if !self.is_ours(path) {
            self.gaps
                .insert(FileGap::new(shown.clone(), "a file outside of the repository is not read; put it into it"));
            return Err(unknown("a file outside of the repository is not read"));
        }
        if !path.exists() {
            return Err(Unreadable::Absent);
        }
        let read = TextFile::read_led_to(self.instances[0].folder, path).map(|mut file| {
            file.is_private = is_runners_own(path);
            Arc::new(file)
        });
        read.map_err(|why| {
            let unknown = Unreadable::Unknown(format!("{why}.").into());
            self.gaps.insert(why);
            unknown
        })
    }

    /// The files below a folder whose paths from there are as the pattern says.
    fn file_set(&mut self, folder: &Path, pattern: &str) -> Outcome {
        let slot = (folder.to_owned(), pattern.to_owned());
        if let Some(known) = self.listed.get(&slot) {
            return Ok(known.clone());
        }
        let unknown = |why: &str| ExpressionError::Unknown(Box::new(Node::unknown(why)));
        if !self.is_ours(folder) {
            return Err(unknown("What is outside of the repository is not read."));
        }
        let built = GlobBuilder::new(pattern).literal_separator(true).backslash_escape(true).build();
        let matcher = built.map_err(|_| unknown("The pattern of `fileset` is not read."))?.compile_matcher();
        let depth = if pattern.contains("**") { MAX_DEPTH } else { pattern.split('/').count() };
        let (mut found, mut seen) = (Vec::new(), 0);
        let mut next = vec![(folder.to_owned(), String::new(), 1)];
        while let Some((folder, before, level)) = next.pop() {
            for entry in folder.read_dir().into_iter().flatten().filter_map(Result::ok) {
                seen += 1;
                if seen > MAX_ENTRIES {
                    return Err(unknown("`fileset` has too many files to go through."));
                }
                let Ok(kind) = entry.file_type() else { continue };
                let Some(name) = entry.file_name().to_str().map(|name| format!("{before}{name}")) else { continue };
                if kind.is_dir() && level < depth && entry.file_name() != ".git" {
                    next.push((entry.path(), format!("{name}/"), level + 1));
                } else if matcher.is_match(&name) && (kind.is_file() || entry.path().is_file()) {
                    found.push(Node::text(name));
                }
            }
        }
        self.charge(seen);
        let set = Node::new(NodeValue::List(set_of(&found)));
        self.listed.insert(slot, set.clone());
        Ok(set)
    }
}

/// The way from one folder to another, as Terraform writes it: `.`, `modules/x`, `../x`.
fn relative(from: &Path, to: &Path) -> Option<String> {
    let (from, to): (Vec<_>, Vec<_>) = (from.components().collect(), to.components().collect());
    let shared = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    let up = &from[shared..];
    // The name of a folder above is not known.
    if up.contains(&std::path::Component::ParentDir) {
        return None;
    }
    let parts: Vec<String> = std::iter::repeat_n("..".to_owned(), up.len())
        .chain(to[shared..].iter().map(|part| part.as_os_str().to_string_lossy().into_owned()))
        .collect();
    Some(if parts.is_empty() { ".".to_owned() } else { parts.join("/") })
}
