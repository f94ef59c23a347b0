//! What git tracks, from its index: read here and not by git, for a repository's own settings name programs that git
//! runs. <https://git-scm.com/docs/index-format>

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::model::open;

/// How long the hashes of a repository are.
const SHA_1: usize = 20;
const SHA_256: usize = 32;

/// The bytes of an entry before its hash: times, device, inode, mode, owner and size.
const STAT: usize = 40;

/// Whether an entry is a folder whose files are not in the index.
const FOLDER_MODE: u32 = 0o040_000;

/// The files that a repository tracks, as paths relative to it.
#[derive(Debug, PartialEq, Eq)]
pub struct Tracked(HashSet<PathBuf>);

impl Tracked {
    /// Reads the index of the repository with this root; `None` where it cannot be told what is tracked.
    pub fn of(root: &Path) -> Option<Tracked> {
        let index = git_folder(root)?.join("index");
        if !index.exists() {
            // A repository in which nothing was added yet.
            return Some(Tracked(HashSet::new()));
        }
        let bytes = open::bytes(&index).ok()?;
        paths(&bytes, hash_length(&bytes)).map(Tracked)
    }

    /// Whether a file of the repository is tracked.
    pub fn has(&self, file: &Path) -> bool {
        self.0.contains(file)
    }

    /// The files below a folder of the repository.
    pub fn below(&self, folder: &Path) -> impl Iterator<Item = &PathBuf> {
        self.0.iter().filter(move |file| file.starts_with(folder))
    }
}

/// The folder with the index: `.git`, or where the file `.git` of a work tree or submodule says that it is.
fn git_folder(root: &Path) -> Option<PathBuf> {
    let own = root.join(".git");
    if own.is_dir() {
        return Some(own);
    }
    let text = String::from_utf8(open::bytes(&own).ok()?).ok()?;
    Some(root.join(text.strip_prefix("gitdir:")?.trim()))
}

/// Which hashes an index has: it ends with that of its own content.
fn hash_length(bytes: &[u8]) -> usize {
    let ends = bytes.split_at_checked(bytes.len().saturating_sub(SHA_256));
    let is_sha_256 = ends.is_some_and(|(content, hash)| Sha256::digest(content).as_slice() == hash);
    if is_sha_256 { SHA_256 } else { SHA_1 }
}

/// The paths of an index; `None` where it is no index of this kind, or does not hold all paths.
fn paths(bytes: &[u8], hash_length: usize) -> Option<HashSet<PathBuf>> {
    let (content, _) = bytes.split_at_checked(bytes.len().checked_sub(hash_length)?)?;
    let mut reader = Reader { left: content };
    if reader.take(4)? != b"DIRC" {
        return None;
    }
    let (version, count) = (reader.number()?, reader.number()?);
    if !(2..=4).contains(&version) {
        return None;
    }
    let mut paths = HashSet::new();
    let mut path: Vec<u8> = Vec::new();
    for _ in 0..count {
        let before = reader.left.len();
        let stat = reader.take(STAT)?;
        if u32::from_be_bytes(stat[24..28].try_into().ok()?) & 0o170_000 == FOLDER_MODE {
            return None;
        }
        reader.take(hash_length)?;
        let flags = u16::from_be_bytes(reader.take(2)?.try_into().ok()?);
        if version >= 3 && flags & 0x4000 != 0 {
            reader.take(2)?;
        }
        if version == 4 {
            let kept = path.len().checked_sub(reader.offset()?)?;
            path.truncate(kept);
            path.extend(reader.text()?);
        } else {
            path = reader.text()?.to_vec();
            // Entries are filled up to a multiple of eight bytes, the NUL after the path among them.
            let used = before - reader.left.len();
            reader.take((8 - used % 8) % 8)?;
        }
        paths.insert(path_of(&path)?);
    }
    while !reader.left.is_empty() {
        let name = reader.take(4)?;
        // The paths, or some of them, stand elsewhere. An extension in capitals may be passed over.
        if !name[0].is_ascii_uppercase() {
            return None;
        }
        let length = usize::try_from(reader.number()?).ok()?;
        reader.take(length)?;
    }
    Some(paths)
}

#[cfg(unix)]
fn path_of(bytes: &[u8]) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStrExt as _;
    Some(PathBuf::from(std::ffi::OsStr::from_bytes(bytes)))
}

#[cfg(not(unix))]
fn path_of(bytes: &[u8]) -> Option<PathBuf> {
    Some(PathBuf::from(std::str::from_utf8(bytes).ok()?))
}

struct Reader<'a> {
    left: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, left) = self.left.split_at_checked(length)?;
        self.left = left;
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    /// Up to a NUL, and the NUL.
    fn text(&mut self) -> Option<&'a [u8]> {
        let end = self.left.iter().position(|&byte| byte == 0)?;
        let text = self.take(end)?;
        self.take(1)?;
        Some(text)
    }

    /// A number as version 4 writes how much of the path before is dropped.
    fn offset(&mut self) -> Option<usize> {
        let mut byte = self.take(1)?[0];
        let mut number = usize::from(byte & 0x7F);
        while byte & 0x80 != 0 {
            byte = self.take(1)?[0];
            number = number.checked_add(1)?.checked_mul(128)?.checked_add(usize::from(byte & 0x7F))?;
        }
        Some(number)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    fn git(folder: &Path, arguments: &[&str]) -> bool {
        let mut command = Command::new("git");
        command.current_dir(folder).args(arguments).env("GIT_CONFIG_NOSYSTEM", "1").env("HOME", folder);
        command.output().is_ok_and(|output| output.status.success())
    }

    #[test]
    fn every_version_is_read_and_a_part_of_an_index_is_not() {
        for (version, format) in [("2", "sha1"), ("3", "sha1"), ("4", "sha1"), ("2", "sha256"), ("4", "sha256")] {
            let folder = tempfile::tempdir().expect("a folder");
            let root = folder.path();
            if !git(root, &["init", "-q", "--object-format", format]) {
                return;
            }
            let names = ["main.tf", "infra/main.tf", "infra/modules/acr/main.tf", "infra/x y.tf", "a"];
            for name in names {
                fs::create_dir_all(root.join(name).parent().expect("a parent")).expect("made");
                fs::write(root.join(name), name).expect("written");
            }
            assert_eq!(Tracked::of(root), Some(Tracked(HashSet::new())), "nothing was added");
            assert!(git(root, &["add", "."]) && git(root, &["update-index", "--index-version", version]));
            fs::write(root.join("intended"), "").expect("written");
            if version == "3" {
                assert!(git(root, &["add", "-N", "intended"]));
            }
            let mut expected: HashSet<PathBuf> = names.iter().map(PathBuf::from).collect();
            expected.extend((version == "3").then(|| PathBuf::from("intended")));
            assert_eq!(Tracked::of(root), Some(Tracked(expected)), "{version} {format}");
            let bytes = fs::read(root.join(".git/index")).expect("an index");
            // The other hashes are told by the last of them.
            let ends = if format == "sha1" { 0..bytes.len() } else { 0..0 };
            for end in ends {
                fs::write(root.join(".git/index"), &bytes[..end]).expect("written");
                let read = Tracked::of(root);
                assert!(read.is_none_or(|tracked| tracked.has(Path::new("main.tf"))), "cut at {end}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300), version in 0u8..5) {
            let header = [b"DIRC\0\0\0", &[version][..], b"\0\0\0\x03"].concat();
            for length in [SHA_1, SHA_256] {
                paths(&[header.as_slice(), &bytes].concat(), length);
            }
        }
    }
}
