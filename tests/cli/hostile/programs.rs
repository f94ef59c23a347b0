//! Nothing of the repository runs.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::arm_server::{ArmServer, Options};
use crate::harness::{Acrscan, OTHER, contoso};

/// A program that leaves a trace, and then says what it was told to.
fn program(file: &Path, trace: &Path, says: &str) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, format!("#!/bin/sh\necho ran >> '{}'\n{says}\n", trace.display())).unwrap();
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A repository whose every hook that another program might obey leaves a trace.
fn repository(folder: &Path) -> PathBuf {
    let trace = folder.join("trace");
    let repo = folder.join("repo");
    for name in ["az", "terraform", "tofu", "bicep", "git", "hook", "node_modules/.bin/az"] {
        program(&repo.join(name), &trace, "exit 1");
    }
    let python = format!("open({:?}, 'a').write('ran')\n", trace.display().to_string());
    for name in ["azure/__init__.py", "azure/cli/__init__.py", "azure/cli/__main__.py", "sitecustomize.py", "json.py"] {
        fs::create_dir_all(repo.join(name).parent().unwrap()).unwrap();
        fs::write(repo.join(name), &python).unwrap();
    }
    fs::create_dir_all(repo.join(".git/objects")).unwrap();
    fs::create_dir_all(repo.join(".git/refs/heads")).unwrap();
    fs::write(repo.join(".git/HEAD"), "ref: refs/heads/main\n").unwrap();
    let hook = repo.join("hook").display().to_string();
    let config = format!(
        "[core]\n\trepositoryformatversion = 0\n\tfsmonitor = {hook}\n\thooksPath = {0}\n\tpager = {hook}\n\tsshCommand = {hook}\n\
         [diff]\n\texternal = {hook}\n[filter \"x\"]\n\tsmudge = {hook}\n\tclean = {hook}\n[alias]\n\tls-files = !{hook}\n",
        repo.display()
    );
    fs::write(repo.join(".git/config"), config).unwrap();
    fs::write(repo.join(".gitattributes"), "* filter=x\n").unwrap();
    fs::write(repo.join("main.tf"), "resource \"random_pet\" \"name\" {\n}\n").unwrap();
    repo
}

#[test]
fn no_program_of_the_repository_is_run() {
    let folder = tempfile::tempdir().unwrap();
    let repo = repository(folder.path());
    let server = ArmServer::start(&contoso().with_subscription(OTHER, Vec::new()), Options::default());
    let path = format!(":.:node_modules/.bin:{0}:{0}/node_modules/.bin:/usr/bin:/bin", repo.display());
    for named in [&["."][..], &[]] {
        let run = Acrscan::new(["scan", "--subscription", OTHER, "--credential", "azure-cli"])
            .args(["--arm-endpoint", server.url()])
            .args(named)
            .in_folder(&repo)
            .env("PATH", &path)
            .run();
        assert_eq!(run.code, 2, "{run:?}");
        assert!(run.stderr.contains("which the scanned repository may fill, and is not started"), "{run:?}");
        assert!(!folder.path().join("trace").exists(), "{named:?}");
    }
}

#[test]
fn az_is_started_in_an_empty_folder_with_what_it_needs() {
    let folder = tempfile::tempdir().unwrap();
    let repo = repository(folder.path());
    let server = ArmServer::start(&contoso().with_subscription(OTHER, Vec::new()), Options::default());
    let (tools, seen) = (folder.path().join("tools"), folder.path().join("seen"));
    let answer =
        format!(r#"{{"accessToken": "{}", "expires_on": 4102444800, "tokenType": "Bearer"}}"#, server.issue_token());
    // As one way of installing it starts it, but for the module's name.
    let says =
        format!("{{ pwd; ls -A; env; }} > '{}'\npython3 -m azure.cli 2>/dev/null\necho '{answer}'", seen.display());
    program(&tools.join("az"), &folder.path().join("az-ran"), &says);
    let run = Acrscan::new(["scan", "--subscription", OTHER, "--arm-endpoint", server.url(), "."])
        .in_folder(&repo)
        .env("PATH", format!("{}:{}:/usr/bin:/bin", repo.display(), tools.display()))
        .env("HOME", folder.path())
        .env("AZURE_CONFIG_DIR", folder.path().join("azure-config"))
        .env("https_proxy", "http://127.0.0.1:1")
        .env("PYTHONPATH", &repo)
        .env("GITHUB_TOKEN", "a-token-of-the-job")
        .env("TF_TOKEN_app_terraform_io", "a-token-of-the-job")
        .env("NO_PROXY", "127.0.0.1")
        .run();
    assert_eq!(run.code, 0, "{run:?}");
    let seen = fs::read_to_string(seen).unwrap();
    let (place, rest) = seen.split_once('\n').unwrap();
    assert!(!Path::new(place).starts_with(&repo) && !Path::new(place).exists(), "an empty folder, gone: {place}");
    let mut names: Vec<&str> = rest.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    names.retain(|name| !["PWD", "OLDPWD", "SHLVL", "_"].contains(name));
    names.sort_unstable();
    let kept = [
        "AZURE_CONFIG_DIR",
        "AZURE_POD_IDENTITY_AUTHORITY_HOST",
        "HOME",
        "NO_PROXY",
        "PATH",
        "PYTHONSAFEPATH",
        "https_proxy",
    ];
    assert_eq!(names, kept);
    assert!(rest.contains("PYTHONSAFEPATH=1") && !rest.contains(&repo.display().to_string()), "{rest}");
    assert!(!folder.path().join("trace").exists(), "Python ran the repository's code");
}
