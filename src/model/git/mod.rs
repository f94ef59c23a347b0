//! What git has of a commit. Objects alone are asked for, by plumbing that runs nothing: a repository's own settings name
//! programs, and no checkout, filter, hook or fetch is wanted.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use tempfile::TempDir;

use super::limits;
use super::path::{normalize, repository_of};
use super::program::{Program, untrusted_folders};

/// What an argument begins with that names a commit: `git:origin/main`.
pub const PREFIX: &str = "git:";

#[cfg(windows)]
const PROGRAM: &str = "git.exe";
#[cfg(not(windows))]
const PROGRAM: &str = "git";

#[cfg(windows)]
const NOTHING: &str = "NUL";
#[cfg(not(windows))]
const NOTHING: &str = "/dev/null";

/// Above what the repository says for itself: nothing is run, and what another user checked out may be read, for the
/// same reason.
const SETTINGS: [&str; 6] =
    ["--no-replace-objects", "--literal-pathspecs", "-c", "core.fsmonitor=false", "-c", "safe.directory=*"];

/// Nothing is fetched, be it by a program that the repository names, and nobody is asked.
const ENVIRONMENT: [(&str, &str); 7] = [
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_ALLOW_PROTOCOL", ""),
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_CONFIG_GLOBAL", NOTHING),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("LC_ALL", "C"),
];

/// A commit of the repository that the working directory is in.
#[derive(Debug)]
pub struct Commit {
    repository: Repository,
    /// The hash, in full.
    id: String,
}

#[derive(Debug)]
struct Repository {
    program: Program,
    /// Without links.
    root: PathBuf,
    /// Without links.
    here: PathBuf,
}

/// A file of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitFile {
    /// From the repository's root, with `/` throughout.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl Commit {
    /// The commit that a branch, a tag, a hash or the like names, as in `origin/main` or `HEAD~1`.
    ///
    /// # Errors
    /// There is no repository, no git, or no such commit: why, and what to do.
    pub fn open(revision: &str) -> Result<Commit, String> {
        let here = std::env::current_dir().and_then(|here| here.canonicalize()).map_err(|error| error.to_string())?;
        Commit::open_in(&here, revision)
    }

    fn open_in(here: &Path, revision: &str) -> Result<Commit, String> {
        // `:` leads to files and to the index, `{/` searches messages, which anybody may write.
        let is_name = !revision.is_empty()
            && !revision.starts_with('-')
            && !revision.contains([':', ' '])
            && !revision.contains("{/")
            && !revision.contains(char::is_control);
        if !is_name {
            return Err(format!(
                "{revision:?} names no commit; write a branch, a tag or a hash, as in `git:origin/main`"
            ));
        }
        let root = repository_of(here).ok_or("the working directory is in no git repository; change to one")?;
        let program = Program::find(PROGRAM, std::env::var_os("PATH"), &untrusted_folders(&[here.to_owned()]))?;
        let repository = Repository { program, root: root.to_owned(), here: here.to_owned() };
        let found = repository.objects("--batch-check")?.header(&format!("{revision}^{{commit}}"))?;
        let Some(Object { id, .. }) = found else {
            return Err(format!(
                "git has no commit {revision:?} here; fetch it first, as with `fetch-depth: 0` in actions/checkout"
            ));
        };
        Ok(Commit { repository, id })
    }

    /// The hash, in full.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether a path from the working directory is one of the repository, whether it is there or not.
    pub fn may_have(&self, path: &Path) -> bool {
        self.repository.inside(path).is_ok()
    }

    /// The path from the repository's root of one from the working directory; `None` outside of it.
    pub fn path_of(&self, path: &Path) -> Option<String> {
        self.repository.inside(path).ok()
    }

    /// A file, by its path from the working directory; `None` where the commit has none.
    ///
    /// # Errors
    /// The path leads out of the repository, or to no plain file, or the file is too large.
    pub fn file(&self, path: &Path) -> Result<Option<Vec<u8>>, String> {
        let path = self.repository.inside(path)?;
        Ok(self.read(&path, false)?.into_iter().find(|file| file.path == path).map(|file| file.bytes))
    }

    /// The files below a folder whose names end so, by its path from the working directory; sorted. None where the
    /// commit has no such folder.
    ///
    /// # Errors
    /// As for [`Commit::file`].
    pub fn folder(&self, path: &Path, end: &str) -> Result<Vec<CommitFile>, String> {
        let path = self.repository.inside(path)?;
        let files = self.read(&path, true)?;
        Ok(files.into_iter().filter(|file| file.path.ends_with(end)).collect())
    }

    /// The plain files of the whole commit whose paths are wanted; sorted. Links and submodules are left out.
    ///
    /// # Errors
    /// One is too large, or git does not tell.
    pub fn files(&self, wanted: impl Fn(&str) -> bool) -> Result<Vec<CommitFile>, String> {
        let tree = self.repository.tree(&self.id, "", true)?;
        self.contents(tree.into_iter().filter(|entry| entry.is_plain && wanted(&entry.path)).collect())
    }

    fn read(&self, path: &str, is_folder: bool) -> Result<Vec<CommitFile>, String> {
        self.contents(self.repository.tree(&self.id, path, is_folder)?)
    }

    fn contents(&self, tree: Vec<TreeEntry>) -> Result<Vec<CommitFile>, String> {
        if tree.is_empty() {
            return Ok(Vec::new());
        }
        let mut sizes = self.repository.objects("--batch-check")?;
        let mut contents = self.repository.objects("--batch")?;
        let mut files = Vec::new();
        for TreeEntry { is_plain, id, path } in tree {
            if !is_plain {
                return Err(format!(
                    "{path:?} of the commit {} is a link or a folder; commit the file itself",
                    self.id
                ));
            }
            // Before it is read: git holds all of a file, and what is packed small may be large.
            let size = sizes.header(&id)?.map_or(0, |object| object.size);
            if size > limits::file_size() {
                let most = limits::file_size().div_ceil(1024 * 1024);
                return Err(format!("{path:?} of the commit {} is larger than the {most} MB that are read", self.id));
            }
            limits::ask(usize::try_from(size).unwrap_or(usize::MAX))?;
            let bytes = contents.content(&id)?.ok_or_else(|| format!("git has no content of {path:?}"))?;
            files.push(CommitFile { path, bytes });
        }
        Ok(files)
    }
}

/// What git says of an object.
struct Object {
    id: String,
    size: u64,
}

struct TreeEntry {
    is_plain: bool,
    id: String,
    path: String,
}

impl Repository {
    /// A path from the working directory, as one from the root.
    fn inside(&self, path: &Path) -> Result<String, String> {
        let mut whole = normalize(&self.here.join(path));
        if !whole.starts_with(&self.root) {
            // By a way that leads over links.
            whole = whole.canonicalize().unwrap_or(whole);
        }
        let inside = whole.strip_prefix(&self.root).map_err(|_| {
            format!("{:?} is not in the repository of the working directory", path.display().to_string())
        })?;
        let text = inside.to_str().ok_or("a path of a commit is UTF-8 here")?;
        Ok(if cfg!(windows) { text.replace('\\', "/") } else { text.to_owned() })
    }

    fn command(&self) -> Result<(Command, TempDir), String> {
        let (mut command, folder) = self.program.command(|_| false).map_err(cannot_run)?;
        command.args(SETTINGS).arg("-c").arg(format!("core.hooksPath={NOTHING}"));
        command.arg("-C").arg(&self.root).envs(ENVIRONMENT);
        // A `.git` that is none does not lead to the repository around it.
        command.env("GIT_CEILING_DIRECTORIES", self.root.parent().map_or(OsStr::new(""), Path::as_os_str));
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        Ok((command, folder))
    }

    /// What a commit has at a path, or below one.
    fn tree(&self, commit: &str, path: &str, is_folder: bool) -> Result<Vec<TreeEntry>, String> {
        let (mut command, _folder) = self.command()?;
        command.args(["ls-tree", "-z", "--full-tree"]);
        if is_folder {
            command.arg("-r");
        }
        command.arg(commit);
        if !path.is_empty() {
            command.arg("--").arg(path);
        }
        let mut child = Process(command.spawn().map_err(cannot_run)?);
        let mut listed = Vec::new();
        if let Some(output) = child.0.stdout.take() {
            output.take(limits::file_size() + 1).read_to_end(&mut listed).map_err(cannot_run)?;
        }
        if listed.len() as u64 > limits::file_size() || !child.0.wait().is_ok_and(|status| status.success()) {
            return Err(format!("git does not tell what the commit {commit} has at {path:?}"));
        }
        // `100644 blob <hash>\t<path>` and a NUL.
        let entry = |line: &str| {
            let (head, path) = line.split_once('\t')?;
            let mut words = head.split(' ');
            let (mode, kind, id) = (words.next()?, words.next()?, words.next()?);
            let is_plain = kind == "blob" && mode.starts_with("100");
            Some(TreeEntry { is_plain, id: id.to_owned(), path: path.to_owned() })
        };
        // A name that is not UTF-8 is none that is asked for.
        Ok(listed.split(|&byte| byte == 0).filter_map(|line| entry(std::str::from_utf8(line).ok()?)).collect())
    }

    /// `git cat-file` that answers one name after the other.
    fn objects(&self, mode: &str) -> Result<Objects, String> {
        let (mut command, folder) = self.command()?;
        let mut child = command.args(["cat-file", mode]).stdin(Stdio::piped()).spawn().map_err(cannot_run)?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let process = Process(child);
        let (names, answers) = pipes.ok_or("git has no pipes")?;
        Ok(Objects { names, answers: BufReader::new(answers), _process: process, _folder: folder })
    }
}

/// A running `git cat-file`.
struct Objects {
    names: ChildStdin,
    answers: BufReader<ChildStdout>,
    _process: Process,
    _folder: TempDir,
}

impl Objects {
    fn header(&mut self, name: &str) -> Result<Option<Object>, String> {
        // Where it has ended, there is no answer either.
        let _ = self.names.write_all(format!("{name}\n").as_bytes());
        let mut line = String::new();
        self.answers.by_ref().take(4096).read_line(&mut line).map_err(cannot_run)?;
        if line.is_empty() {
            return Err("git does not take the folder for a repository; `git status` says why".to_owned());
        }
        // `<hash> <kind> <size>`, or `<name> missing`.
        let mut words = line.trim_end().split(' ');
        let parts = (words.next(), words.next(), words.next().and_then(|size| size.parse().ok()), words.next());
        Ok(match parts {
            (Some(id), Some(_), Some(size), None) => Some(Object { id: id.to_owned(), size }),
            _ => None,
        })
    }

    fn content(&mut self, name: &str) -> Result<Option<Vec<u8>>, String> {
        let Some(Object { size, .. }) = self.header(name)? else { return Ok(None) };
        let length = usize::try_from(size).map_err(|error| error.to_string())?;
        // The content, and a line feed.
        let mut bytes = vec![0; length + 1];
        self.answers.read_exact(&mut bytes).map_err(cannot_run)?;
        bytes.truncate(length);
        Ok(Some(bytes))
    }
}

/// Ends with whoever asked.
#[derive(Debug)]
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn cannot_run(error: std::io::Error) -> String {
    format!("git cannot be run: {error}")
}

#[cfg(all(test, unix))]
mod tests;
