//! Source code: 500 registries as a Terraform tree and as a plan, and a plan of 20,000 resources of which ten matter.
//! Wall time and peak memory of whole processes; medians of alternating runs.
//!
//! `cargo bench --bench iac` prints our own figures. With `ACRSCAN_CHECKOV` naming a Checkov (`pip install checkov`), it
//! also runs Checkov's checks of registries over the files with 500 of them, and prints the ratios. Memory needs GNU time.

#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

mod estate;

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 3;
const TIME: &str = "/usr/bin/time";

/// All that Checkov has on `azurerm_container_registry`: it need not evaluate its others.
const CHECKS: &str = "CKV_AZURE_137,CKV_AZURE_138,CKV_AZURE_139,CKV_AZURE_163,CKV_AZURE_164,CKV_AZURE_165,CKV_AZURE_166,\
                      CKV_AZURE_167,CKV_AZURE_233,CKV_AZURE_237";

/// What one process took: wall time, and memory where it was measured.
type Cost = (Duration, Option<u64>);

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let checkov = std::env::var_os("ACRSCAN_CHECKOV");
    if checkov.is_none() {
        println!("Checkov: not run; ACRSCAN_CHECKOV names none");
    }
    let tree = folder.path().join("tree");
    let (files, bytes) = estate::write_tree(&tree, 50, 10);
    compare(&format!("500 registries in {files} .tf files, {}", megabytes(bytes as u64)), &tree, 500, checkov.as_ref());
    let plan = folder.path().join("plan.json");
    let (resources, bytes) = estate::registries_plan(&plan, 500);
    let title = format!("500 registries in a plan of {resources} resources, {}", megabytes(bytes));
    compare(&title, &plan, 500, checkov.as_ref());
    let plan = folder.path().join("crowd.json");
    let (resources, bytes) = estate::crowded_plan(&plan, 20_000, 10);
    let title = format!("10 registries in a plan of {resources} resources, {}", megabytes(bytes));
    // Checkov takes twenty minutes for this one.
    let ours = compare(&title, &plan, 10, None);
    if let Some(peak) = ours.1 {
        println!("  peak memory is {:.1} times the plan's size", peak as f64 / bytes as f64);
    }
}

/// Runs both over the same files, in turn, and prints the medians.
fn compare(title: &str, path: &Path, registries: usize, checkov: Option<&OsString>) -> Cost {
    println!("{title}");
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(acrscan(path, registries));
        theirs.extend(checkov.map(|checkov| run_checkov(checkov, path, registries)));
    }
    let ours = median(ours);
    println!("  acrscan: {}", shown(ours));
    if !theirs.is_empty() {
        let theirs = median(theirs);
        let faster = theirs.0.as_secs_f64() / ours.0.as_secs_f64();
        print!("  Checkov: {}; ours is {faster:.0} times as fast", shown(theirs));
        match (ours.1, theirs.1) {
            (Some(ours), Some(theirs)) => println!(", with {:.2} of its memory", ours as f64 / theirs as f64),
            _ => println!(),
        }
    }
    ours
}

fn acrscan(path: &Path, registries: usize) -> Cost {
    let binary = OsString::from(env!("CARGO_BIN_EXE_acrscan"));
    let (cost, code, output) = measure(&binary, |command| {
        command.env_clear().arg("scan").arg(path);
    });
    let expected = format!("{registries} registries");
    assert!(output.lines().last().is_some_and(|line| line.starts_with(&expected)), "not {expected}: {output}");
    assert_eq!(code, Some(1), "findings, and no gap");
    cost
}

fn run_checkov(checkov: &OsString, path: &Path, registries: usize) -> Cost {
    let (cost, code, output) = measure(checkov, |command| {
        match path.is_dir() {
            true => command.args(["--framework", "terraform", "--directory"]),
            false => command.args(["--framework", "terraform_plan", "--file"]),
        };
        command.arg(path).args(["--check", CHECKS, "--quiet", "--compact", "--skip-download"]);
    });
    assert_eq!(code, Some(1), "findings: {output}");
    // No registry of the estate has content trust: that Checkov says so of each shows that it read all of them.
    let seen = output.matches("Check: CKV_AZURE_164:").count();
    assert_eq!(seen, registries, "the registries that Checkov saw");
    cost
}

/// Runs a program to its end, and gives its cost, its exit code and its standard output.
fn measure(program: &OsString, prepare: impl FnOnce(&mut Command)) -> (Cost, Option<i32>, String) {
    let memory = tempfile::NamedTempFile::new().expect("a file");
    let timed = Path::new(TIME).exists();
    let mut command = match timed {
        true => {
            let mut command = Command::new(TIME);
            command.args(["--quiet", "--format", "%M", "--output"]).arg(memory.path()).arg(program);
            command
        }
        false => Command::new(program),
    };
    prepare(&mut command);
    let start = Instant::now();
    let output = command.stdin(Stdio::null()).output().expect("it runs");
    let wall = start.elapsed();
    let peak = std::fs::read_to_string(memory.path()).expect("a file").trim().parse::<u64>().ok();
    assert!(peak.is_some() || !timed, "GNU time tells the memory: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    ((wall, peak.map(|kilobytes| kilobytes * 1024)), output.status.code(), text)
}

/// The medians of time and of memory, each by itself.
fn median(costs: Vec<Cost>) -> Cost {
    let (mut times, mut peaks): (Vec<Duration>, Vec<Option<u64>>) = costs.into_iter().unzip();
    times.sort();
    peaks.sort();
    (times[times.len() / 2], peaks[peaks.len() / 2])
}

fn shown((time, memory): Cost) -> String {
    let memory = memory.map_or("memory not measured".to_owned(), megabytes);
    format!("{:.2} s, {memory}", time.as_secs_f64())
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
