//! A folder of policies, read as OPA reads a bundle: its Rego files, and `data.json` and `data.yaml` as `data`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::PolicyError;
use super::data::{self, DataFile};
use super::module::Module;
use crate::model::text_file;

/// What is in a folder of policies.
#[derive(Debug, Default)]
pub struct PolicyFolder {
    /// Every Rego file, tests too; sorted by path.
    pub modules: Vec<Module>,
    /// What its data files say; sorted by path.
    pub data: Vec<DataFile>,
}

/// Folders of tools, which hold no policies.
const TOOL_FOLDERS: [&str; 2] = ["node_modules", "__pycache__"];

/// Reads a folder of policies, and the folders in it but those of tools and hidden ones. What Kubernetes makes of a
/// mounted ConfigMap (`..data`, and links into it) is read once.
///
/// # Errors
/// The folder or a file in it cannot be read.
pub fn read(root: &Path) -> Result<PolicyFolder, PolicyError> {
    let mut read = PolicyFolder::default();
    let mut seen = BTreeSet::new();
    let mut folders = vec![(root.to_owned(), Vec::new())];
    while let Some((folder, at)) = folders.pop() {
        // A link to a parent would never end, and what two links lead to is one thing.
        if !seen.insert(real(&folder)?) {
            continue;
        }
        let entries = fs::read_dir(&folder).map_err(|error| read_error(&folder, error))?;
        let mut entries: Vec<PathBuf> = entries
            .map(|entry| entry.map(|entry| entry.path()).map_err(|error| read_error(&folder, error)))
            .collect::<Result<_, _>>()?;
        entries.sort();
        for path in entries {
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            if name.starts_with('.') || TOOL_FOLDERS.contains(&name) {
                continue;
            }
            // A link that leads nowhere is no file of ours, unless its name says so.
            let Ok(metadata) = fs::metadata(&path) else {
                if is_read(name) {
                    return Err(read_error(&path, "the link leads nowhere"));
                }
                continue;
            };
            if metadata.is_dir() {
                let below = at.iter().cloned().chain([name.to_owned()]).collect();
                folders.push((path, below));
            } else if is_read(name) && seen.insert(real(&path)?) {
                read.add(&path, name, root, at.clone())?;
            }
        }
    }
    read.modules.sort_by(|a, b| a.path.cmp(&b.path));
    read.data.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(read)
}

/// Whether a file of this name is a policy's, or data.
fn is_read(name: &str) -> bool {
    name.ends_with(".rego") || data::is_data(name)
}

impl PolicyFolder {
    fn add(&mut self, path: &Path, name: &str, root: &Path, at: Vec<String>) -> Result<(), PolicyError> {
        let file = path.display().to_string();
        if data::is_data(name) {
            self.data.push(data::read(path, file, at)?);
            return Ok(());
        }
        let rego = text_file::read_text(path).map_err(|error| read_error(path, error))?;
        let folder = at.last().cloned().or_else(|| {
            let root = root.canonicalize().ok()?;
            Some(root.file_name()?.to_str()?.to_owned())
        });
        self.modules.push(Module { path: file, rego, builtin: false, folder, at_root: at.is_empty() });
        Ok(())
    }
}

fn real(path: &Path) -> Result<PathBuf, PolicyError> {
    path.canonicalize().map_err(|error| read_error(path, error))
}

fn read_error(path: &Path, error: impl ToString) -> PolicyError {
    PolicyError::Read { path: path.display().to_string(), error: error.to_string() }
}
