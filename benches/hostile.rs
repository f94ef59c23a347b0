//! The worst inputs of a stranger: bytes in, memory and time out, each held to the limits that SECURITY.md promises. Ends
//! with an error where one takes more. Memory needs GNU time.

#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const TIME: &str = "/usr/bin/time";

/// No input of 100 MB or less takes more.
const MAX_MEMORY: u64 = 1536 * 1024 * 1024;
const MAX_TIME: Duration = Duration::from_secs(30);

const REGISTRY: &str = "resource \"azurerm_container_registry\" \"shop\" {\n  name = \"acrshop\"\n  location = \"eastus\"\n  resource_group_name = \"g\"\n  sku = \"Premium\"\n}\n";

/// The name of a case, its files, and what is scanned.
type Case = (&'static str, Vec<(String, String)>);

fn main() {
    let mut too_much = Vec::new();
    for (name, files) in cases() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut bytes = 0;
        for (path, text) in &files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            fs::write(&path, text).expect("written");
            bytes += text.len();
        }
        drop(files);
        let (time, memory) = scan(folder.path());
        let peak = memory.map_or("not measured".to_owned(), |bytes| format!("{} MB", bytes / 1024 / 1024));
        println!("{name:<48} {:>6.1} MB in: {peak:>12}, {:>5.1} s", bytes as f64 / 1e6, time.as_secs_f64());
        if time > MAX_TIME || memory.is_some_and(|bytes| bytes > MAX_MEMORY) {
            too_much.push(name);
        }
    }
    assert!(too_much.is_empty(), "more than 1.5 GB or 30 s: {too_much:?}");
}

/// Wall time, and peak memory where it is measured.
fn scan(folder: &Path) -> (Duration, Option<u64>) {
    let measures = Path::new(TIME).exists();
    let binary = env!("CARGO_BIN_EXE_acrscan");
    let mut command = Command::new(if measures { TIME } else { binary });
    if measures {
        command.args(["-f", "%M", "-o", "memory", binary]);
    }
    let started = Instant::now();
    let status = command
        .args(["scan", "."])
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("it runs");
    let time = started.elapsed();
    assert!(status.code().is_some_and(|code| code <= 2), "it did not end by itself: {status}");
    let said = fs::read_to_string(folder.join("memory")).unwrap_or_default();
    let memory = said.lines().last().and_then(|line| line.trim().parse::<u64>().ok()).map(|kilobytes| kilobytes * 1024);
    (time, memory)
}

fn template(value: &str) -> String {
    format!(
        "{{\"$schema\": \"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#\", \
         \"contentVersion\": \"1.0.0.0\", \"variables\": {{\"v\": {value}}}, \"resources\": []}}"
    )
}

fn list(item: &str, count: usize) -> String {
    format!("[{}]", vec![item; count].join(","))
}

fn one(name: &'static str, path: &str, text: String) -> Case {
    (name, vec![(path.to_owned(), text)])
}

fn cases() -> Vec<Case> {
    let many = |count: usize| -> String {
        (0..count)
            .map(|n| REGISTRY.replace("\"shop\"", &format!("\"r{n}\"")).replace("acrshop", &format!("acr{n}")))
            .collect()
    };
    let terraform = |locals: &str| format!("locals {{\n{locals}\n}}\n{REGISTRY}");
    let overrides = (0..2000).map(|n| {
        let text = format!("resource \"azurerm_container_registry\" \"r{n}\" {{\n  sku = \"Basic\"\n}}\n");
        (format!("a{n}_override.tf"), text)
    });
    let waivers = "[[waiver]]\npolicy = \"public-network-access\"\nresource = \"*x*y*z\"\nreason = \"r\"\n";
    vec![
        one("a template's list of numbers", "t.json", template(&list("1", 20_000_000))),
        one("a template's list of texts", "t.json", template(&list("\"abcd\"", 5_700_000))),
        one("a template's list of empty lists", "t.json", template(&list("[]", 13_000_000))),
        one("a Bicep list", "main.bicep", format!("var v = [\n{}]\n", "  1\n".repeat(15_000_000))),
        one("a Terraform list", "main.tf", terraform(&format!("  v = {}", list("1", 30_000_000)))),
        one("a list of large texts", "main.tf", {
            terraform(&format!("  t = \"{}\"\n  all = [for i in range(10000) : local.t]", "x".repeat(512 * 1024)))
        }),
        one("merge in a loop", "main.tf", {
            terraform(
                "  m = { for i in range(5000) : \"k${i}\" => i }\n  l = [for i in range(5000) : merge(local.m, {x = i})]",
            )
        }),
        one("lookup in a loop", "main.tf", {
            terraform(
                "  m = { for i in range(10000) : \"k${i}\" => i }\n  l = [for i in range(10000) : lookup(local.m, \"k${i}\", 0)]",
            )
        }),
        ("override files", overrides.chain([("main.tf".to_owned(), many(1000))]).collect()),
        one("comments that waive", "main.tf", {
            many(200) + &"# acrscan:ignore public-network-access because\n".repeat(20_000)
        }),
        (
            "waivers of the settings",
            vec![("main.tf".to_owned(), many(500)), ("acrscan.toml".to_owned(), waivers.repeat(20_000))],
        ),
        ("gaps", (0..50_000).map(|n| (format!("m{}/{n}.bicep", n / 100), "resource".to_owned())).collect()),
    ]
}
