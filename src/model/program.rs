//! Programs of others that are started: none that the scanned repository could have put there, and with no more of the
//! environment than they need.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::open::workspaces;
use super::path::repository_of;

/// Variables that any program may see: where it finds its files and programs, the way out, and whom to trust there.
const PLAIN: [&str; 29] = [
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "TEMP",
    "TMP",
    "USERPROFILE",
    "HOMEDRIVE",
    "HOMEPATH",
    "APPDATA",
    "LOCALAPPDATA",
    "PROGRAMDATA",
    "PROGRAMFILES",
    "SYSTEMDRIVE",
    "SYSTEMROOT",
    "WINDIR",
    "COMSPEC",
    "PATHEXT",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
];

/// A program, found where the scanned repository has no say.
#[derive(Debug, PartialEq, Eq)]
pub struct Program {
    file: PathBuf,
    /// The `PATH` that is left to it.
    search_path: OsString,
}

impl Program {
    /// Looks a program up on a `PATH`, but for relative entries and those within the folders.
    ///
    /// # Errors
    /// It is not there: a sentence that names the entries that were passed over.
    pub fn find(name: &str, search_path: Option<OsString>, untrusted: &[PathBuf]) -> Result<Program, String> {
        let untrusted: Vec<PathBuf> = untrusted.iter().filter_map(|folder| folder.canonicalize().ok()).collect();
        let is_untrusted = |path: &Path| {
            let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
            !path.is_absolute() || untrusted.iter().any(|folder| real.starts_with(folder))
        };
        let (passed_over, trusted): (Vec<PathBuf>, Vec<PathBuf>) =
            env::split_paths(&search_path.unwrap_or_default()).partition(|entry| is_untrusted(entry));
        let file = trusted.iter().map(|entry| entry.join(name)).find(|file| is_program(file) && !is_untrusted(file));
        let search_path = env::join_paths(&trusted).map_err(|error| format!("the PATH cannot be read: {error}"))?;
        match (file, passed_over.iter().find(|entry| is_program(&entry.join(name)))) {
            (Some(file), _) => Ok(Program { file, search_path }),
            (None, Some(entry)) => Err(format!(
                "`{name}` is on the PATH in {:?} alone, which the scanned repository may fill, and is not started; \
                 install it elsewhere",
                entry.display().to_string()
            )),
            (None, None) => Err(format!("`{name}` is not on the PATH")),
        }
    }

    /// A command that starts it in an empty folder, with no input and the plain environment, and of the rest what is
    /// asked for. The folder lasts as long as it is held.
    ///
    /// # Errors
    /// There is no folder to be had.
    pub fn command(&self, keeps: impl Fn(&str) -> bool) -> std::io::Result<(Command, TempDir)> {
        let folder = tempfile::Builder::new().prefix("acrscan-").tempdir()?;
        let mut command = Command::new(&self.file);
        command.current_dir(folder.path()).stdin(Stdio::null()).env_clear();
        let kept = env::vars_os().filter(|(name, _)| {
            name.to_str().is_some_and(|name| PLAIN.contains(&name.to_uppercase().as_str()) || keeps(name))
        });
        command.envs(kept).env("PATH", &self.search_path);
        Ok((command, folder))
    }
}

/// The folders whose content a pull request may write: what is scanned and the repositories around it, and where the
/// job says that the repository is.
pub fn untrusted_folders(scanned: &[PathBuf]) -> Vec<PathBuf> {
    let here = env::current_dir().ok();
    let around = |path: &PathBuf| {
        let path = path.canonicalize().ok()?;
        let folder = if path.is_dir() { path } else { path.parent()?.to_owned() };
        Some(repository_of(&folder).map(Path::to_owned).unwrap_or(folder))
    };
    let repository = here.as_deref().and_then(repository_of).map(Path::to_owned);
    scanned.iter().filter_map(around).chain(repository).chain(workspaces()).collect()
}

#[cfg(unix)]
fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(file: &Path) -> bool {
    file.is_file()
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn put(file: &Path) {
        fs::create_dir_all(file.parent().expect("a folder")).expect("made");
        fs::write(file, "#!/bin/sh\n").expect("written");
        fs::set_permissions(file, fs::Permissions::from_mode(0o755)).expect("executable");
    }

    #[test]
    fn a_program_within_what_is_scanned_is_passed_over() {
        let parent = tempfile::tempdir().expect("a folder");
        let (repo, system, linked) =
            (parent.path().join("repo"), parent.path().join("bin"), parent.path().join("link"));
        put(&repo.join("tools/az"));
        std::os::unix::fs::symlink(repo.join("tools"), &linked).expect("a link");
        let path = |entries: &[&Path]| env::join_paths(entries).ok();
        let find = |entries: &[&Path]| Program::find("az", path(entries), std::slice::from_ref(&repo));
        let tools = repo.join("tools");
        let all = [Path::new(""), Path::new("tools"), &tools, &linked, &system];
        let refused = find(&all).expect_err("the repository's");
        assert!(refused.contains("repo/tools") && refused.contains("is not started"), "{refused}");
        assert_eq!(find(&[&system]), Err("`az` is not on the PATH".to_owned()));
        put(&system.join("az"));
        let found = find(&all).expect("the system's");
        assert_eq!(found, Program { file: system.join("az"), search_path: path(&[&system]).expect("a path") });
    }
}
