//! Paths: as source code writes them, as a user would open them, and which of them belong to a repository.

use std::path::{Component, Path, PathBuf};

/// The path as a user would open it: relative to the working directory where it lies below, with `/` throughout.
pub fn display_path(path: &Path) -> String {
    let relative = std::env::current_dir().ok().and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    let path = relative.as_deref().unwrap_or(path);
    let normal: PathBuf = path.components().filter(|component| *component != Component::CurDir).collect();
    let text = normal.to_string_lossy();
    // Elsewhere a backslash is a letter like any other.
    if cfg!(windows) { text.replace('\\', "/") } else { text.into_owned() }
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

/// A word of a shell's command line, in quotes where it needs them.
pub fn shell_word(word: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "_-./:,@%+=".contains(character);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// The git repository that a folder is in: the nearest folder above it, or itself, with a `.git`.
pub fn repository_of(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|ancestor| ancestor.join(".git").exists())
}

/// The git repository that a folder is in, whatever submodules lie between: to whoever checks that out, their files are
/// its own.
pub fn superproject_of(folder: &Path) -> Option<&Path> {
    let own = repository_of(folder)?;
    let link = std::fs::read_to_string(own.join(".git")).unwrap_or_default();
    let is_submodule = link.strip_prefix("gitdir:").is_some_and(|path| path.replace('\\', "/").contains("/modules/"));
    let above = if is_submodule { own.parent().and_then(superproject_of) } else { None };
    above.or(Some(own))
}
