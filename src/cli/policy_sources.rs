//! What `--policies` names, as folders: a folder itself, a bundle, or an artifact of a registry. The latter two are unpacked
//! once, to a folder of the cache that has their digest as its name.

use std::env;
use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, anyhow, bail};

use crate::model::path::display_path;
use crate::model::{digest, open};
use crate::oci::{self, Content, Reference};
use crate::policy::bundle;

/// Folders of policies, and what each was named by.
#[derive(Debug, Default)]
pub struct PolicyFolders {
    pub folders: Vec<PathBuf>,
    pub names: Vec<String>,
}

/// Makes folders of what was named.
///
/// # Errors
/// A bundle cannot be read, an artifact cannot be had, or one of them holds what no bundle may.
pub fn resolve(named: &[PathBuf]) -> anyhow::Result<PolicyFolders> {
    let mut found = PolicyFolders::default();
    for path in named {
        let text = path.to_string_lossy();
        let (folder, name) = if text.starts_with("oci://") {
            let reference: Reference = text.parse().map_err(|why: String| anyhow!(why))?;
            let folder = artifact(&reference).map_err(|why| anyhow!("{reference}: {why}"))?;
            (folder, reference.unpinned())
        } else if path.is_file() {
            let bytes = open::bytes(path).map_err(|why| anyhow!("{}: {why}", path.display()))?;
            let name = digest::sha256(&bytes);
            let folder = cached(&name, |folder| bundle::unpack(&bytes, folder));
            (folder.map_err(|why| anyhow!("{}: {why}", path.display()))?, display_path(path))
        } else if text.contains("://") {
            bail!("{text}: policies come from a folder, a .tar.gz bundle, or oci://registry/repository:tag");
        } else {
            (path.clone(), display_path(path))
        };
        found.folders.push(folder);
        found.names.push(name);
    }
    Ok(found)
}

fn artifact(reference: &Reference) -> Result<PathBuf, String> {
    // What is pinned and at hand needs nobody.
    if let Some(folder) = reference.digest().and_then(at_hand) {
        return Ok(folder);
    }
    let (digest, content) = oci::pull(reference, |digest| at_hand(digest).is_some())?;
    cached(&digest, |folder| {
        for content in content.iter().flatten() {
            match content {
                Content::Bundle(bytes) => bundle::unpack(bytes, folder)?,
                Content::File(name, bytes) => write(folder, name, bytes)?,
            }
        }
        Ok(())
    })
}

/// A file of an artifact, below the folder.
fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), String> {
    let path = Path::new(name);
    if name.is_empty() || path.components().any(|part| !matches!(part, Component::Normal(_) | Component::CurDir)) {
        return Err(format!("{name:?}: the path leaves the artifact; push it anew"));
    }
    let target = folder.join(path);
    let made = target.parent().map_or(Ok(()), fs::create_dir_all);
    made.and_then(|()| fs::write(&target, bytes)).map_err(|error| format!("{name:?}: {error}"))
}

fn at_hand(digest: &str) -> Option<PathBuf> {
    Some(cache()?.join(format!("sha256-{digest}"))).filter(|folder| folder.is_dir())
}

/// The folder of a digest. It is filled beside its place and moved there whole.
fn cached(digest: &str, fill: impl FnOnce(&Path) -> Result<(), String>) -> Result<PathBuf, String> {
    if let Some(folder) = at_hand(digest) {
        return Ok(folder);
    }
    let cannot = |error: std::io::Error| format!("cannot write to the cache: {error}; set XDG_CACHE_HOME to a folder");
    let parent = cache().unwrap_or_else(|| env::temp_dir().join("acrscan-policies"));
    fs::create_dir_all(&parent).map_err(cannot)?;
    let filled = tempfile::Builder::new().prefix(".new-").tempdir_in(&parent).map_err(cannot)?;
    fill(filled.path())?;
    let target = parent.join(format!("sha256-{digest}"));
    let filled = filled.keep();
    match fs::rename(&filled, &target) {
        Ok(()) => Ok(target),
        // Another scan was first.
        Err(_) if target.is_dir() => fs::remove_dir_all(&filled).map(|()| target).map_err(cannot),
        Err(error) => Err(cannot(error)),
    }
}

fn cache() -> Option<PathBuf> {
    let of = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let own = of("XDG_CACHE_HOME").or_else(|| of("LOCALAPPDATA")).or_else(|| Some(of("HOME")?.join(".cache")))?;
    Some(own.join("acrscan/policies"))
}

/// Writes the built-in policies as a bundle.
///
/// # Errors
/// The file cannot be written.
pub fn write_builtin(path: &Path) -> anyhow::Result<()> {
    let bytes = bundle::builtin().context("the built-in policies")?;
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
