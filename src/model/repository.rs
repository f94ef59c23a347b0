//! The repository that source code belongs to: what is called by a path is called the same wherever a scan starts.

use std::path::{Path, PathBuf};

use super::open::workspaces;
use super::path::{normalize, superproject_of};

/// The root of the repository that a path belongs to: the folder with a `.git`, whatever submodule it is in, or what the job says is one.
pub fn root_of(path: &Path) -> Option<PathBuf> {
    let own = superproject_of(path).map(Path::to_owned);
    own.or_else(|| workspaces().into_iter().find(|workspace| path.starts_with(workspace)))
}

/// A path as it is within its repository, whatever the working directory; unchanged where it is in none.
pub fn repository_path(shown: &str) -> String {
    let Ok(here) = std::env::current_dir() else { return shown.to_owned() };
    let absolute = normalize(&here.join(shown));
    let below = |path: &Path| {
        let rest = path.strip_prefix(root_of(path)?).ok()?;
        let segments: Vec<_> = rest.components().map(|segment| segment.as_os_str().to_string_lossy()).collect();
        Some(segments.join("/"))
    };
    // A folder may be known by two names, one of which is a link.
    below(&absolute).or_else(|| below(&absolute.canonicalize().ok()?)).unwrap_or_else(|| shown.to_owned())
}
