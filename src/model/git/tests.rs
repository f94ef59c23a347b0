use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::*;

/// A repository with two commits of a file, and a working tree that says something else.
fn repository(folder: &Path) -> PathBuf {
    let root = folder.canonicalize().expect("a folder").join("repo");
    fs::create_dir_all(root.join("infra/policies/deep")).expect("made");
    git(&root, &["init", "-q", "-b", "main"]);
    for (path, text) in
        [("acrscan.toml", "one\n"), ("infra/policies/a.rego", "a\n"), ("infra/policies/deep/b.rego", "b\n")]
    {
        fs::write(root.join(path), text).expect("written");
    }
    fs::write(root.join("infra/policies/notes.md"), "no policy\n").expect("written");
    std::os::unix::fs::symlink("acrscan.toml", root.join("link.toml")).expect("a link");
    commit(&root);
    fs::write(root.join("acrscan.toml"), "two\n").expect("written");
    commit(&root);
    fs::write(root.join("acrscan.toml"), "three\n").expect("written");
    root
}

fn git(root: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.current_dir(root).args(["-c", "user.name=a", "-c", "user.email=a@example.com"]).args(arguments);
    command.env("GIT_CONFIG_GLOBAL", NOTHING).env("GIT_CONFIG_NOSYSTEM", "1");
    assert!(command.output().expect("git").status.success(), "{arguments:?}");
}

fn commit(root: &Path) {
    git(root, &["add", "-A"]);
    git(root, &["commit", "-q", "-m", "a"]);
}

#[test]
fn files_are_as_the_commit_has_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = repository(folder.path());
    let open = |revision: &str| Commit::open_in(&root.join("infra"), revision).expect(revision);
    let settings = |revision: &str| open(revision).file(Path::new("../acrscan.toml"));
    assert_eq!(settings("main"), Ok(Some(b"two\n".to_vec())));
    assert_eq!(settings("HEAD~1"), Ok(Some(b"one\n".to_vec())));
    assert_eq!(settings(open("HEAD~1").id()), Ok(Some(b"one\n".to_vec())));
    let main = open("main");
    assert_eq!(main.file(Path::new("nothing.toml")), Ok(None));
    assert_eq!(main.file(&root.join("acrscan.toml")), Ok(Some(b"two\n".to_vec())));
    let policies = main.folder(Path::new("policies"), ".rego").expect("a folder");
    let file = |path: &str, text: &str| CommitFile { path: path.to_owned(), bytes: text.into() };
    assert_eq!(policies, [file("infra/policies/a.rego", "a\n"), file("infra/policies/deep/b.rego", "b\n")]);
    assert_eq!(main.folder(Path::new("nothing"), ""), Ok(Vec::new()));
}

#[test]
fn what_is_no_file_of_the_commit_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = repository(folder.path());
    let main = Commit::open_in(&root, "main").expect("a commit");
    for (path, why) in [
        ("link.toml", "is a link or a folder"),
        ("infra", "is a link or a folder"),
        ("../secret", "is not in the repository"),
        ("/etc/passwd", "is not in the repository"),
    ] {
        let refused = main.file(Path::new(path)).expect_err(path);
        assert!(refused.contains(why), "{path}: {refused}");
    }
    for revision in
        ["", "-x", "--upload-pack=x", "main:acrscan.toml", ":acrscan.toml", ":/a", "main^{/a}", "a\nb", "a b"]
    {
        let refused = Commit::open_in(&root, revision).expect_err(revision);
        assert!(refused.contains("names no commit"), "{revision:?}: {refused}");
    }
    let missing = Commit::open_in(&root, "origin/main").expect_err("no such branch");
    assert!(missing.contains("fetch it first"), "{missing}");
    // A folder that is no repository does not lead to the one around it.
    fs::create_dir_all(root.join("inner/.git")).expect("made");
    let inner = Commit::open_in(&root.join("inner"), "main").expect_err("no repository");
    assert!(inner.contains("git status"), "{inner}");
}

/// The settings of a repository, and its hooks, filters and remotes, name programs: none is run.
#[test]
fn nothing_of_the_repository_is_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = repository(folder.path());
    let trace = folder.path().join("trace");
    let hook = root.join("hook");
    fs::write(&hook, format!("#!/bin/sh\necho ran >> '{}'\n", trace.display())).expect("written");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("executable");
    let name = hook.display();
    fs::write(root.join(".gitattributes"), "* filter=x diff=x\n").expect("written");
    let settings = format!(
        "[core]\n\trepositoryformatversion = 1\n\tfsmonitor = {name}\n\thooksPath = {0}\n\tpager = {name}\n\
         \tsshCommand = {name}\n\tgitProxy = {name}\n[extensions]\n\tpartialClone = origin\n[remote \"origin\"]\n\
         \turl = ext::{name}\n\tpromisor = true\n\tuploadpack = {name}\n[protocol \"ext\"]\n\tallow = always\n\
         [filter \"x\"]\n\tsmudge = {name}\n\tclean = {name}\n\tprocess = {name}\n[diff \"x\"]\n\ttextconv = {name}\n\
         [credential]\n\thelper = {name}\n[gpg]\n\tprogram = {name}\n[alias]\n\tcat-file = !{name}\n",
        root.display()
    );
    fs::write(root.join(".git/config"), settings).expect("written");
    let main = Commit::open_in(&root, "main").expect("a commit");
    assert_eq!(main.file(Path::new("acrscan.toml")), Ok(Some(b"two\n".to_vec())));
    // An object that is not here would be fetched, by whatever the repository names.
    let lost = "1".repeat(40);
    assert!(Commit::open_in(&root, &lost).is_err());
    assert!(!trace.exists());
}
