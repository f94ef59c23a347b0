//! Pages that are written by the binary. `SNAPSHOTS=overwrite cargo test --test cli docs` writes them anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;
use snapbox::{Data, assert_data_eq};

use crate::harness::Acrscan;

fn acrscan(arguments: &[&str]) -> String {
    let run = Acrscan::new(arguments).run();
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{arguments:?}");
    run.stdout
}

/// Holds a page to what it should say.
fn assert_page(path: &str, text: String) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    assert_data_eq!(text, Data::read_from(&file, None).raw());
}

/// The subcommands that a help text lists.
fn subcommands(help: &str) -> Vec<String> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // A description that is folded is indented further than a name.
    let names = listed.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

/// A command's section, then those of its subcommands.
fn reference(command: &[&str], page: &mut String) {
    let help = acrscan(&[command, &["--help"]].concat());
    let shown: String = help.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    *page += &format!("\n## {}\n\n```text\n{}\n```\n", [&["acrscan"], command].concat().join(" "), shown.trim_end());
    for name in subcommands(&help) {
        reference(&[command, &[name.as_str()]].concat(), page);
    }
}

#[test]
fn the_reference_of_commands_is_fresh() {
    let mut sections = String::new();
    reference(&[], &mut sections);
    assert!(sections.contains("\n## acrscan policies new\n"), "{sections}");
    let titles = sections.lines().filter_map(|line| line.strip_prefix("## "));
    let contents: String = titles.map(|title| format!("- [`{title}`](#{})\n", title.replace(' ', "-"))).collect();
    let head = "# Reference of commands\n\nWritten from `acrscan --help`; a test holds this page to it.\n";
    assert_page("docs/reference.md", format!("{head}\n{contents}{sections}"));
}

#[test]
fn the_pages_of_policies_are_fresh() {
    let policies: Value = serde_json::from_str(&acrscan(&["policies", "--format", "json"])).unwrap();
    let policies = policies.as_array().unwrap();
    let mut index = String::from(
        "# Policies\n\nWritten by `acrscan policies`; a test holds these pages to it. `acrscan policies ID` prints one.\n\
         The profile `network` runs unless `--profile hardening` or `--profile all` asks for more.\n",
    );
    for (profile, title) in [("network", "Profile network"), ("hardening", "Profile hardening")] {
        index += &format!("\n## {title}\n\n| policy | severity | finds |\n|---|---|---|\n");
        for policy in policies.iter().filter(|policy| policy["profile"] == profile) {
            let text = |member: &str| policy[member].as_str().unwrap().replace('|', "\\|");
            index += &format!("| [{0}]({0}.md) | {1} | {2} |\n", text("id"), text("severity"), text("title"));
        }
    }
    assert_page("docs/policies/README.md", index);
    let mut expected = BTreeSet::from(["README.md".to_owned()]);
    for policy in policies {
        let id = policy["id"].as_str().unwrap();
        assert_page(&format!("docs/policies/{id}.md"), acrscan(&["policies", id, "--format", "markdown"]));
        expected.insert(format!("{id}.md"));
    }
    let folder = fs::read_dir("docs/policies").unwrap();
    let there: BTreeSet<String> = folder.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(there, expected, "a page without a policy");
}
