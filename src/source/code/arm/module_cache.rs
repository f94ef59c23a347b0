//! Bicep's cache of modules from elsewhere: what `bicep restore` has brought to disk.
//! <https://learn.microsoft.com/azure/azure-resource-manager/bicep/modules#bicep-restore>

use std::env;
use std::path::{Path, PathBuf};

/// A module from elsewhere, without aliases.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum RemoteReference {
    /// `br:host/repository:tag`, `br:host/repository@sha256:…`.
    Registry { host: String, repository: String, version: String },
    /// `ts:subscription/group/name:version`.
    TemplateSpec { subscription: String, group: String, name: String, version: String },
}

/// The folder of the cache; none where there is no home.
pub fn root() -> Option<PathBuf> {
    let named = env::var_os("BICEP_CACHE_DIRECTORY").filter(|path| !path.is_empty()).map(PathBuf::from);
    named.or_else(|| {
        let home = env::var_os("HOME").or_else(|| env::var_os("USERPROFILE")).filter(|home| !home.is_empty())?;
        Some(PathBuf::from(home).join(".bicep"))
    })
}

/// The template of a module in the cache of this folder, if it is there.
pub fn template(root: &Path, reference: &RemoteReference) -> Option<PathBuf> {
    let folder = match reference {
        RemoteReference::Registry { host, repository, version } => {
            let version = match version.split_once(':') {
                // A digest.
                Some((kind, digest)) => format!("{kind}#{digest}"),
                None => encoded_tag(version),
            };
            let host = host.replace(':', "$").to_lowercase();
            ["br", &host, &repository.replace('/', "$"), &version].iter().collect::<PathBuf>()
        }
        RemoteReference::TemplateSpec { subscription, group, name, version } => {
            ["ts", subscription, group, name, version].iter().map(|part| part.to_lowercase()).collect()
        }
    };
    let is_plain = folder.iter().count() >= 4 && folder.iter().all(|part| is_segment(&part.to_string_lossy()));
    let file = root.join(folder).join("main.json");
    let (file, root) = (file.canonicalize().ok().filter(|_| is_plain)?, root.canonicalize().ok()?);
    // What a link in the cache leads to is not of the cache.
    (file.starts_with(root) && file.is_file()).then_some(file)
}

fn is_segment(part: &str) -> bool {
    !part.is_empty() && part != "." && part != ".." && !part.contains(['/', '\\'])
}

/// As Bicep writes a tag: which of its letters are capitals stands at its end, for file systems that do not tell.
fn encoded_tag(tag: &str) -> String {
    let mut bits: Vec<u8> = Vec::new();
    for (at, letter) in tag.chars().enumerate() {
        if letter.is_ascii_uppercase() {
            let digit = at / 4;
            bits.resize(bits.len().max(digit + 1), 0);
            bits[digit] |= 1 << (at % 4);
        }
    }
    let marks: String = bits.iter().rev().map(|bits| format!("{bits:x}")).collect();
    format!("{tag}${marks}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_found_by_its_reference_and_nothing_outside_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("cache");
        let at = root.join("br/mcr.microsoft.com/bicep$avm$res$container-registry$registry/0.13.0$");
        std::fs::create_dir_all(&at).expect("folders");
        std::fs::write(at.join("main.json"), "{}").expect("a file");
        let reference = |repository: &str, version: &str| RemoteReference::Registry {
            host: "MCR.microsoft.com".to_owned(),
            repository: repository.to_owned(),
            version: version.to_owned(),
        };
        assert!(template(&root, &reference("bicep/avm/res/container-registry/registry", "0.13.0")).is_some());
        assert!(template(&root, &reference("bicep/avm/res/container-registry/registry", "0.13.1")).is_none());
        std::fs::create_dir_all(folder.path().join("other")).expect("a folder");
        std::fs::write(folder.path().join("other/main.json"), "{}").expect("a file");
        assert!(template(&root, &reference("..", "x")).is_none());
        let spec = |name: &str| RemoteReference::TemplateSpec {
            subscription: "..".to_owned(),
            group: "..".to_owned(),
            name: name.to_owned(),
            version: "other".to_owned(),
        };
        assert!(template(&root.join("ts"), &spec("..")).is_none());
    }
}
