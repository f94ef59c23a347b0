//! Paths: as source code writes them, as a user would open them, and which of them belong to a repository.

use std::path::{Component, Path, PathBuf};

/// The path as a user would open it: relative to the working directory where it lies below, with `/` throughout.
pub fn display_path(path: &Path) -> String {
    let relative = std::env::current_dir().ok().and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    let path = relative.as_deref().unwrap_or(path);
    let normal: PathBuf = path.components().filter(|component| *component != Component::CurDir).collect();
    normal.to_string_lossy().replace('\\', "/")
}

/// The path without `.`, and with `..` only at its start.
pub fn normalize(path: &Path) -> PathBuf {
    let mut normalized = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(normalized.components().next_back(), Some(Component::Normal(_))) => {
                normalized.pop();
            }
            other => normalized.push(other),
        }
    }
    normalized
}

/// The git repository that a folder is in: the nearest folder above it, or itself, with a `.git`.
pub fn repository_of(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|ancestor| ancestor.join(".git").exists())
}

/// Whether a file that source code leads to is of the same repository; without one, below the working directory or the
/// folder of whoever leads there. What is read may end in a report, and a pull request must not bring the runner's
/// environment or a token of `.git` there.
pub fn is_of_the_repository(of: &Path, file: &Path) -> bool {
    let folder = if of.is_dir() { of } else { of.parent().unwrap_or(of) };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let (Ok(folder), Ok(file)) = (folder.canonicalize(), file.canonicalize()) else { return false };
    let roots = match repository_of(&folder) {
        Some(root) => vec![root.to_owned()],
        None => std::env::current_dir().and_then(|here| here.canonicalize()).into_iter().chain([folder]).collect(),
    };
    let is_below = |root: &PathBuf| {
        file.strip_prefix(root).is_ok_and(|below| !below.components().any(|part| part.as_os_str() == ".git"))
    };
    roots.iter().any(is_below)
}

/// Whether a file is a link that leads out of its repository: what to say of it.
pub fn leads_out(file: &Path) -> Option<&'static str> {
    let of = file.parent().unwrap_or(file);
    let is_out = file.is_symlink() && !is_of_the_repository(of, file);
    is_out.then_some("a link that leads out of the repository is not followed; put the file itself there")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_repository_ends_at_its_root_and_before_its_git_folder() {
        let parent = tempfile::tempdir().expect("a folder");
        let at = |path: &str| parent.path().join(path);
        for path in ["repo/.git/config", "repo/infra/main.bicep", "repo/shared/ips.json", "secret.json"] {
            fs::create_dir_all(at(path).parent().expect("a folder")).expect("made");
            fs::write(at(path), "").expect("written");
        }
        let from = at("repo/infra/main.bicep");
        assert!(is_of_the_repository(&from, &at("repo/shared/ips.json")));
        assert!(is_of_the_repository(&from, &at("repo/infra/../shared/ips.json")));
        for outside in ["secret.json", "repo/infra/../../secret.json", "repo/.git/config", "repo/nothing.json"] {
            assert!(!is_of_the_repository(&from, &at(outside)), "{outside}");
        }
        fs::remove_dir_all(at("repo/.git")).expect("gone");
        assert!(!is_of_the_repository(&from, &at("repo/shared/ips.json")));
        assert!(is_of_the_repository(&from, &at("repo/infra/main.bicep")));
    }
}
