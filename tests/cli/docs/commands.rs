//! Runs the commands of the documentation's `sh` blocks, page by page, with `sh` in a folder that holds `fixtures/` and
//! the demo's source code as `infra/`.
//!
//! A block is run as it stands. ` ```sh azure` runs against a loopback server that plays the demo's subscription. A
//! command may end in `# exit code N`; without, `scan` ends with 0 or 1 and others with 0. Lines of other programs are
//! left out, and only those named here may stand there.

#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;

use super::{Page, pages};
use crate::arm_server::{ArmServer, Options, identity};
use crate::harness::{CONTOSO, contoso, copy};

/// Programs that the documentation calls beside acrscan.
const OTHER_PROGRAMS: &[&str] =
    &["az", "bicep", "cargo", "conftest", "cp", "curl", "git", "just", "opa", "oras", "terraform"];

/// The subscription that the documentation names.
const PLACEHOLDER: &str = "00000000-0000-0000-0000-000000000000";

/// One command of a page.
struct Line {
    number: usize,
    command: String,
    /// The exit codes that are right.
    codes: Vec<i32>,
    on_azure: bool,
}

/// The commands of a page that are acrscan's.
fn lines(page: &Page) -> Vec<Line> {
    let mut lines = Vec::new();
    for block in page.blocks("sh") {
        let on_azure = match block.info[1..] {
            [] => false,
            ["azure"] => true,
            _ => panic!("{}:{}: no test knows {:?}", page.path, block.line, block.info),
        };
        let joined = block.text.replace("\\\n", " ");
        for command in joined.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let command = command.replace("cargo run --release -- ", "acrscan ").replace(PLACEHOLDER, CONTOSO);
            let (command, codes) = match command.rsplit_once("# exit code ") {
                Some((command, code)) => (command.trim().to_owned(), vec![code.parse().unwrap()]),
                None if command.contains("acrscan scan") => (command, vec![0, 1]),
                None => (command, vec![0]),
            };
            match command.split(' ').next().unwrap() {
                "acrscan" => lines.push(Line { number: block.line, command, codes, on_azure }),
                program if OTHER_PROGRAMS.contains(&program) => {}
                program => panic!("{}:{}: {program} is neither acrscan nor a known program", page.path, block.line),
            }
        }
    }
    lines
}

fn run_page(page: &Page, lines: &[Line]) {
    let folder = tempfile::tempdir().unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    copy(&fixtures, &folder.path().join("fixtures"));
    copy(&fixtures.join("infra"), &folder.path().join("infra"));
    fs::copy(fixtures.join("infra/plan/tfplan.json"), folder.path().join("tfplan.json")).unwrap();
    fs::copy("src/net/service_tags/embedded.json", folder.path().join("embedded.json")).unwrap();
    let server = ArmServer::start(&contoso(), Options::default());
    for Line { number, command, codes, on_azure } in lines {
        // Only what reads from Azure has an address to be told.
        let call = match *on_azure && command.contains("--subscription") {
            true => r#"acrscan() { "$BINARY" "$@" --arm-endpoint "$ARM"; }"#,
            false => r#"acrscan() { "$BINARY" "$@"; }"#,
        };
        let mut shell = Command::new("/bin/sh");
        shell.arg("-c").arg(format!("{call}\n{command}")).current_dir(folder.path()).env_clear();
        shell.env("PATH", "/nonexistent").env("BINARY", env!("CARGO_BIN_EXE_acrscan"));
        shell.env("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:1");
        if *on_azure {
            shell.env("ARM", server.url()).env("AZURE_AUTHORITY_HOST", server.url());
            shell.env("AZURE_TENANT_ID", identity::TENANT).env("AZURE_CLIENT_ID", identity::CLIENT);
            shell.env("AZURE_CLIENT_SECRET", identity::CLIENT_SECRET);
        }
        let output = shell.output().unwrap();
        let code = output.status.code().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(codes.contains(&code), "{}:{number}: {command}\nended with {code}: {error}", page.path);
    }
}

#[test]
fn every_command_of_the_documentation_runs() {
    let pages = pages();
    let commands: Vec<_> =
        pages.iter().map(|page| (page, lines(page))).filter(|(_, lines)| !lines.is_empty()).collect();
    thread::scope(|scope| {
        for (page, lines) in &commands {
            scope.spawn(|| run_page(page, lines));
        }
    });
    let count: usize = commands.iter().map(|(_, lines)| lines.len()).sum();
    assert!(count > 40, "{count} commands");
}

#[test]
fn the_readme_shows_the_main_job_and_the_tests() {
    let readme = pages().into_iter().find(|page| page.path == "README.md").unwrap();
    let shown: String = readme.blocks("sh").iter().map(|block| block.text.as_str()).collect();
    for command in ["cargo run --release -- scan fixtures/contoso", "cargo test"] {
        assert!(shown.lines().any(|line| line == command), "{command}");
    }
}
