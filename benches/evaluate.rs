//! Evaluating a snapshot of 10,000 registries, with one thread and with two, by the mission's policies and by all of the
//! default profile: registries a second, and peak memory.

#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

mod crowd;

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

const REGISTRIES: usize = 10_000;

fn main() {
    let parent = tempfile::tempdir().expect("a folder");
    let snapshot = parent.path().join("snapshot");
    write_snapshot(&snapshot);
    println!("{REGISTRIES} registries, {} MB of JSON", size(&snapshot) / 1_000_000);
    for (what, policies) in [("mission's policies", &crowd::MISSION[..]), ("default profile", &[])] {
        println!("  {what}:");
        for (output, threads) in [("text", "1"), ("text", "2"), ("sarif", "1"), ("sarif", "2")] {
            run(parent.path(), policies, output, threads);
        }
    }
}

/// Scans once and prints how long it took.
fn run(parent: &Path, policies: &[&str], output: &str, threads: &str) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_acrscan"));
    command.args(["scan", "snapshot", "-o", output]).args(policies).current_dir(parent);
    command.env_clear().env("RAYON_NUM_THREADS", threads).stdout(Stdio::null());
    let start = Instant::now();
    let (code, peak) = watch(command.spawn().expect("the binary runs"));
    let time = start.elapsed();
    assert_eq!(code, Some(1), "the demo's findings, and no gap");
    let rate = REGISTRIES as f64 / time.as_secs_f64();
    println!("    {threads} thread(s), {output}: {time:.2?}, {rate:.0} registries/s, peak {} MB", peak / 1024);
}

/// Waits for the end, and gives the exit code and the most memory that the process ever had, in KiB.
fn watch(mut child: Child) -> (Option<i32>, u64) {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let mark = text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
        peak = mark.unwrap_or(peak);
        if let Some(status) = child.try_wait().expect("the child is ours") {
            return (status.code(), peak);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A snapshot as `acrscan pull` writes it.
fn write_snapshot(folder: &Path) {
    let mut registries = Vec::new();
    for document in crowd::documents(REGISTRIES) {
        let id = document["registry"]["id"].as_str().expect("an id");
        let mut segments: Vec<String> = id.split('/').skip(1).map(str::to_owned).collect();
        for own in [3, 7] {
            segments[own] = segments[own].to_lowercase();
        }
        let path = format!("{}.json", segments.join("/"));
        let file = folder.join(&path);
        std::fs::create_dir_all(file.parent().expect("a parent")).expect("a folder");
        std::fs::write(file, format!("{document:#}\n")).expect("a file");
        registries.push(path);
    }
    registries.sort();
    let mut manifest: Value =
        serde_json::from_slice(&std::fs::read(crowd::demo().join("manifest.json")).expect("a file")).expect("JSON");
    manifest["scopes"] = json!([{"subscription": crowd::CONTOSO, "complete": true, "registries": registries}]);
    std::fs::write(folder.join("manifest.json"), manifest.to_string()).expect("a file");
    std::fs::copy(crowd::demo().join("service-tags.json"), folder.join("service-tags.json")).expect("a copy");
}

fn size(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
    entries
        .map(|entry| match entry.file_type().expect("a type").is_dir() {
            true => size(&entry.path()),
            false => entry.metadata().expect("a length").len(),
        })
        .sum()
}
