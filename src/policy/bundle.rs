//! Policies as one file: a `.tar.gz` in the layout that OPA gives its bundles. What comes from elsewhere is unpacked to a
//! folder, and nothing that leaves that folder or is no file is taken.

use std::fs;
use std::io::{self, Read, Write as _};
use std::path::{Component, Path};

use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::json;
use tar::{Archive, Builder, EntryType, Header};

use super::load::builtin_files;

/// What a bundle may come to, unpacked.
pub const MAX_UNPACKED: u64 = 64 << 20;

/// How many files and folders it may hold.
const MAX_ENTRIES: usize = 10_000;

/// Unpacks a bundle into a folder.
///
/// # Errors
/// It is no bundle, holds what none may hold, or is too large; or the folder cannot be written.
pub fn unpack(bundle: &[u8], folder: &Path) -> Result<(), String> {
    let broken = |error: io::Error| format!("it is no .tar.gz that can be read: {error}");
    // One byte more, so that what is too large is told from what ends there.
    let unpacked = GzDecoder::new(bundle).take(MAX_UNPACKED + MAX_ENTRIES as u64 * 1024 + 1);
    let mut archive = Archive::new(unpacked);
    let (mut size, mut count) = (0, 0);
    for entry in archive.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        let path = entry.path().map_err(broken)?.into_owned();
        let shown = path.display().to_string();
        count += 1;
        size += entry.header().size().map_err(broken)?;
        if count > MAX_ENTRIES || size > MAX_UNPACKED {
            let most = MAX_UNPACKED >> 20;
            return Err(format!("it holds more than {MAX_ENTRIES} files or {most} MiB; a bundle of policies is text"));
        }
        let leaves = path
            .components()
            .any(|part| !matches!(part, Component::Normal(_) | Component::CurDir | Component::RootDir));
        // OPA writes its paths from the root, which is the bundle's own.
        let inside: std::path::PathBuf =
            path.components().filter(|part| matches!(part, Component::Normal(_))).collect();
        if leaves {
            return Err(format!("{shown}: the path leaves the bundle; make the bundle anew"));
        }
        let target = folder.join(inside);
        match entry.header().entry_type() {
            EntryType::Directory => fs::create_dir_all(&target).map_err(|error| error.to_string())?,
            EntryType::Regular | EntryType::Continuous => {
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes).map_err(broken)?;
                write(&target, &bytes).map_err(|error| format!("{shown}: {error}"))?;
            }
            // What they say of the files that follow is read by the library.
            EntryType::XGlobalHeader => {}
            other => {
                let what = match other {
                    EntryType::Symlink | EntryType::Link => "a link",
                    EntryType::Char | EntryType::Block | EntryType::Fifo => "a device",
                    _ => "neither a file nor a folder",
                };
                return Err(format!("{shown} is {what}; a bundle holds files and folders"));
            }
        }
    }
    match count {
        0 => Err("it holds nothing".to_owned()),
        _ => Ok(()),
    }
}

fn write(target: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(parent) = target.parent() {
        fs::create_dir_all(parent)?;
    }
    // A second entry of one name is not a second try.
    fs::File::create_new(target)?.write_all(bytes)
}

/// The policies that ship with the binary as a bundle: the same bytes each time.
///
/// # Errors
/// None that is known: it is written to memory.
pub fn builtin() -> io::Result<Vec<u8>> {
    let mut files: Vec<(String, String)> = builtin_files()
        .map(|(path, text)| (path.trim_start_matches("policies/").to_owned(), text.to_owned()))
        .collect();
    let manifest = json!({ "revision": env!("CARGO_PKG_VERSION"), "roots": ["acr", "lib"], "rego_version": 1 });
    files.push((".manifest".to_owned(), format!("{manifest:#}\n")));
    files.sort();
    let mut builder = Builder::new(GzEncoder::new(Vec::new(), flate2::Compression::default()));
    for (path, text) in files {
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::Regular);
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(0);
        builder.append_data(&mut header, path, text.as_bytes())?;
    }
    builder.into_inner()?.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle(entries: &[(&str, EntryType, &[u8])]) -> Vec<u8> {
        let mut builder = Builder::new(GzEncoder::new(Vec::new(), flate2::Compression::default()));
        for (path, kind, bytes) in entries {
            let mut header = Header::new_ustar();
            header.set_entry_type(*kind);
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            // The library would refuse such paths itself.
            header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
            if matches!(kind, EntryType::Symlink | EntryType::Link) {
                header.set_link_name("/etc/passwd").expect("a name");
            }
            header.set_cksum();
            builder.append(&header, *bytes).expect("an entry");
        }
        builder.into_inner().expect("a bundle").finish().expect("a bundle")
    }

    #[test]
    fn what_is_no_file_of_its_own_is_refused_in_words() {
        let file = EntryType::Regular;
        let long = vec![b' '; (MAX_UNPACKED + 1) as usize];
        let cases: [(Vec<u8>, &str); 9] = [
            (bundle(&[("../x.rego", file, b"x")]), "leaves the bundle"),
            (bundle(&[("acr/../../x.rego", file, b"x")]), "leaves the bundle"),
            (bundle(&[("x.rego", EntryType::Symlink, b"")]), "is a link"),
            (bundle(&[("x.rego", EntryType::Link, b"")]), "is a link"),
            (bundle(&[("x", EntryType::Char, b"")]), "is a device"),
            (bundle(&[("x", EntryType::Fifo, b"")]), "is a device"),
            (bundle(&[("x.rego", file, &long)]), "more than 10000 files or 64 MiB"),
            (b"<html>".to_vec(), "no .tar.gz"),
            (bundle(&[]), "holds nothing"),
        ];
        for (bytes, words) in cases {
            let parent = tempfile::tempdir().expect("a folder");
            let folder = parent.path().join("bundle");
            fs::create_dir(&folder).expect("made");
            let why = unpack(&bytes, &folder).expect_err(words);
            assert!(why.contains(words), "{why}");
            assert!(!parent.path().join("x.rego").exists());
        }
        let half = bundle(&[("x.rego", file, &[b'x'; 5000])]);
        let folder = tempfile::tempdir().expect("a folder");
        assert!(unpack(&half[..half.len() / 2], folder.path()).is_err());
    }

    #[test]
    fn opas_own_paths_are_taken_from_the_root() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = EntryType::Regular;
        let bytes = bundle(&[("/data.json", file, b"{}"), ("/acr/a/a.rego", file, b"package acr.a")]);
        unpack(&bytes, folder.path()).expect("unpacked");
        assert_eq!(fs::read_to_string(folder.path().join("acr/a/a.rego")).expect("a file"), "package acr.a");
    }

    #[test]
    fn the_built_in_ones_are_the_same_bytes_each_time_and_unpack() {
        let bytes = builtin().expect("a bundle");
        assert_eq!(bytes, builtin().expect("a bundle"));
        let folder = tempfile::tempdir().expect("a folder");
        unpack(&bytes, folder.path()).expect("unpacked");
        assert!(folder.path().join("acr/admin_user/admin_user.rego").is_file());
        assert!(folder.path().join("lib").is_dir() && folder.path().join(".manifest").is_file());
    }
}
