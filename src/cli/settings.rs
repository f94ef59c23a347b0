//! `acrscan.toml` beside the scanned code: it is not used, for whoever may change the code may change it, and that is told.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::console;
use crate::config::FILE;
use crate::model::inventory::FileRead;
use crate::model::path::{display_path, repository_of};

/// Tells which configurations beside the scanned code, or above it in its repository, are not in use.
pub fn report_unused(paths: &[PathBuf], used: Option<&Path>, files_read: &[FileRead]) {
    let used = used.unwrap_or(Path::new(FILE));
    let used = used.canonicalize().ok();
    let mut told = BTreeSet::new();
    let read = files_read.iter().map(|file| Path::new(&file.path));
    for path in paths.iter().map(PathBuf::as_path).chain(read) {
        for folder in folders(path) {
            let file = folder.join(FILE);
            let Ok(real) = file.canonicalize() else { continue };
            if Some(&real) != used.as_ref() && real.is_file() && told.insert(real) {
                let file = display_path(&file);
                console::warn(&format!(
                    "{file} is not used: it lies beside the scanned code; `--config {file}` uses it"
                ));
            }
        }
    }
}

/// The folder of a path, and those above it that belong to the same repository.
fn folders(path: &Path) -> Vec<PathBuf> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let folder = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let Ok(real) = folder.canonicalize() else { return Vec::new() };
    let mut folders = vec![folder.to_owned()];
    if let Some(root) = repository_of(&real) {
        folders.extend(real.ancestors().skip(1).take_while(|above| above.starts_with(root)).map(Path::to_owned));
    }
    folders
}
