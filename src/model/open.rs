//! Opens files. Whatever another file, a plan or an argument leads to is opened here: within its bounds once each link
//! on the way is followed, a regular file, and of no more bytes than are allowed.

use std::env;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::limits;
use super::path::{normalize, repository_of};

/// Where continuous integration says that the repository is checked out.
const WORKSPACES: [&str; 3] = ["GITHUB_WORKSPACE", "BUILD_SOURCESDIRECTORY", "CI_PROJECT_DIR"];

/// What is said of a path that a link takes out of its bounds.
pub const LEADS_OUT: &str = "a link that leads out of the repository is not followed; put the file itself there";

/// Reads a file that was found or named.
///
/// # Errors
/// It cannot be read, is no regular file, or is too large: why, without its name.
pub fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    let too_large = |bytes: u64| {
        let most = limits::file_size();
        (bytes > most).then(|| {
            format!("it is larger than the {} MB that are read; raise --max-file-size", most.div_ceil(1024 * 1024))
        })
    };
    let file = regular(path)?;
    let length = file.metadata().map_err(cannot_read)?.len();
    if let Some(why) = too_large(length) {
        return Err(why);
    }
    limits::ask(usize::try_from(length).unwrap_or(usize::MAX))?;
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    // What the system says of a file's length is not always so.
    file.take(limits::file_size() + 1).read_to_end(&mut bytes).map_err(cannot_read)?;
    match too_large(bytes.len() as u64) {
        Some(why) => Err(why),
        None => Ok(bytes),
    }
}

/// Reads what the user named: a file, or a pipe such as `<(…)`.
///
/// # Errors
/// It cannot be read, is a folder, or is too large: why, without its name.
pub fn named_bytes(path: &Path) -> Result<Vec<u8>, String> {
    if fs::metadata(path).is_ok_and(|metadata| metadata.is_file()) {
        return bytes(path);
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(cannot_read)?;
    file.take(limits::file_size() + 1).read_to_end(&mut bytes).map_err(cannot_read)?;
    if bytes.len() as u64 > limits::file_size() {
        return Err("it has no end, or is larger than the megabytes that are read; raise --max-file-size".to_owned());
    }
    Ok(bytes)
}

/// Reads a file that another one leads to.
///
/// # Errors
/// As for [`bytes`], and where it lies outside the bounds of the other; what is there is not told from what is not.
pub fn bytes_led_to(by: &Path, path: &Path) -> Result<Vec<u8>, String> {
    if is_within_bounds(by, path) {
        return bytes(path);
    }
    Err("it is not there, or not in this repository, and is not read; put it there".to_owned())
}

/// Reads the beginning of a file.
///
/// # Errors
/// It cannot be read, or is no regular file.
pub fn head(path: &Path, most: usize) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    regular(path)?.take(most as u64).read_to_end(&mut bytes).map_err(cannot_read)?;
    Ok(bytes)
}

fn regular(path: &Path) -> Result<File, String> {
    // Before it is opened: to open a pipe is to wait for whoever writes into it.
    if !fs::metadata(path).map_err(cannot_read)?.is_file() {
        return Err("it is no file that can be read to its end: a folder, a pipe or a device".to_owned());
    }
    File::open(path).map_err(cannot_read)
}

fn cannot_read(error: std::io::Error) -> String {
    format!("cannot read it: {error}")
}

/// Whether a file that another one leads to lies within the same bounds: the repository, or where there is none, the
/// folder that the job says is one, the working directory, or the folder of whoever leads there. What is read may end in
/// a report, and a pull request must not bring the runner's environment or a token of `.git` there.
pub fn is_within_bounds(of: &Path, file: &Path) -> bool {
    let folder = if of.is_dir() { of } else { of.parent().unwrap_or(of) };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let (Ok(folder), Ok(file)) = (folder.canonicalize(), file.canonicalize()) else { return false };
    let is_below = |root: &PathBuf| {
        file.strip_prefix(root).is_ok_and(|below| !below.components().any(|part| part.as_os_str() == ".git"))
    };
    bounds(&folder).iter().any(is_below)
}

/// The folders within which what a file of this folder leads to may lie; without links.
fn bounds(folder: &Path) -> Vec<PathBuf> {
    let own = repository_of(folder).map(Path::to_owned);
    match own.or_else(|| workspaces().into_iter().find(|workspace| folder.starts_with(workspace))) {
        Some(root) => vec![root],
        None => here().filter(|here| folder.starts_with(here)).into_iter().chain([folder.to_owned()]).collect(),
    }
}

/// The checked-out repositories that the job knows of.
pub fn workspaces() -> Vec<PathBuf> {
    let named = WORKSPACES.iter().filter_map(env::var_os).map(PathBuf::from);
    named.filter(|path| path.is_absolute()).filter_map(|path| path.canonicalize().ok()).collect()
}

fn here() -> Option<PathBuf> {
    env::current_dir().ok()?.canonicalize().ok()
}

/// Whether a path that was named on the command line is, by a link of the repository or of the working directory, one
/// of somewhere else. A path that is named as somewhere else is the user's own choice.
pub fn argument_leads_out(path: &Path) -> bool {
    let Some(here) = here() else { return true };
    let named = normalize(&here.join(path));
    let own = repository_of(&here).map(Path::to_owned);
    let root = own.or_else(|| workspaces().into_iter().find(|root| here.starts_with(root))).unwrap_or(here);
    // What is not there is told by whoever opens it.
    named.starts_with(&root) && path.canonicalize().is_ok_and(|real| !real.starts_with(&root))
}

/// Whether what is written to a path that was named would, by a link of the repository or of the working directory,
/// end up elsewhere, or in git's own folder.
pub fn output_leads_out(path: &Path) -> bool {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = parent.ancestors().find(|folder| folder.exists() || folder.is_symlink()).unwrap_or(Path::new("."));
    let is_named_in_git = path.components().any(|part| part.as_os_str() == ".git");
    let is_in_git = |real: PathBuf| real.components().any(|part| part.as_os_str() == ".git");
    argument_leads_out(folder)
        || (path.is_symlink() && argument_leads_out(path))
        || (!is_named_in_git && folder.canonicalize().is_ok_and(is_in_git))
}

/// What is said of such a path.
pub const OUTPUT_LEADS_OUT: &str =
    "a link leads elsewhere, and nothing is written there; name a path without links of the repository";

#[cfg(test)]
mod tests {
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
        assert!(is_within_bounds(&from, &at("repo/shared/ips.json")));
        assert!(is_within_bounds(&from, &at("repo/infra/../shared/ips.json")));
        for outside in ["secret.json", "repo/infra/../../secret.json", "repo/.git/config", "repo/nothing.json"] {
            assert!(!is_within_bounds(&from, &at(outside)), "{outside}");
        }
        fs::remove_dir_all(at("repo/.git")).expect("gone");
        assert!(!is_within_bounds(&from, &at("repo/shared/ips.json")));
        assert!(is_within_bounds(&from, &at("repo/infra/main.bicep")));
    }

    #[cfg(unix)]
    #[test]
    fn what_has_no_end_is_not_read() {
        for endless in ["/dev/zero", "/dev/stdin", "/"] {
            assert!(bytes(Path::new(endless)).is_err_and(|why| why.contains("no file")), "{endless}");
        }
    }
}
