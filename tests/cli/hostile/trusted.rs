//! In a pull request, the settings and waivers of the base commit hold, and what the pull request would add is told.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::{REGISTRY, add, git, open_registries, scan, tree};

const FORMATS: [&str; 6] = ["text", "sarif", "markdown", "github", "json", "junit"];

const POLICY: &str = "# METADATA\n# title: No basic registries\n# description: A basic registry has no firewall.\n# custom:\n#   severity: high\n#   profile: network\n#   remediation: Change the SKU.\npackage acr.no_premium\n\nimport rego.v1\n\ndeny contains {\"msg\": \"it is premium\", \"field\": \"/registry/sku/name\"} if input.registry.sku.name == \"Premium\"\n\nunknown contains {\"msg\": \"the SKU is not known\", \"field\": \"/registry/sku\"} if not input.registry.sku.name\n";

fn commit(folder: &Path) {
    assert!(git(folder, &["add", "-A"]));
    assert!(git(folder, &["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "a"]));
}

/// A repository with these files on its main branch.
fn repository(files: &[(&str, &str)]) -> TempDir {
    let folder = tree(files);
    assert!(git(folder.path(), &["init", "-q", "-b", "main"]));
    commit(folder.path());
    folder
}

const WAIVER: &str =
    "[[waiver]]\npolicy = \"public-network-access\"\nresource = \"*.shop\"\nreason = \"the shop is public\"\n";

#[test]
fn what_a_pull_request_adds_does_not_hold_and_is_told_in_every_output() {
    let waived = REGISTRY.replace("= true", "= true # acrscan:ignore public-network-access it is only for now");
    for (what, file, text, told) in [
        ("a policy", "acrscan.toml", "[policy.public-network-access]\nenabled = false\n", "`enabled = false`"),
        (
            "a severity",
            "acrscan.toml",
            "[policy.public-network-access]\nseverity = \"note\"\n",
            "`severity = \"note\"`",
        ),
        ("a waiver", "acrscan.toml", WAIVER, "the waiver of public-network-access for *.shop: the shop is public"),
        ("a comment", "main.tf", &waived, "the comment that ignores public-network-access: it is only for now"),
        ("no settings", "acrscan.toml", "policy = [", "it cannot be read"),
    ] {
        let folder = repository(&[("main.tf", REGISTRY)]);
        add(folder.path(), &[(file, text)]);
        let outputs: Vec<String> = FORMATS.iter().map(|format| format!("--output={format}={format}.out")).collect();
        let mut arguments: Vec<&str> = outputs.iter().map(String::as_str).collect();
        arguments.extend(["--trusted-config=git:main", "."]);
        let run = scan(folder.path(), &arguments);
        assert_eq!((run.code, open_registries(&run)), (1, 1), "{what}: {run:?}");
        assert!(run.stderr.contains("does not hold") && run.stderr.contains(told), "{what}: {run:?}");
        for format in FORMATS {
            let text = fs::read_to_string(folder.path().join(format!("{format}.out"))).unwrap();
            let plain = text.replace("\\\"", "\"").replace("&quot;", "\"").replace("\\`", "`").replace("\\*", "*");
            let part = told.split(['`', '*']).max_by_key(|part| part.len()).unwrap();
            assert!(plain.contains(part), "{what}: {format}: {text}");
        }
        // Once it is there, it holds.
        commit(folder.path());
        let run = scan(folder.path(), &["--trusted-config=git:main", "."]);
        let expected = if what == "no settings" { 2 } else { 0 };
        assert_eq!(run.code, expected, "{what}: {run:?}");
        assert!(!run.stderr.contains("does not hold"), "{what}: {run:?}");
    }
}

#[test]
fn what_a_pull_request_takes_away_still_holds() {
    let severe = "[policy.public-network-access]\nseverity = \"critical\"\n";
    let folder = repository(&[("main.tf", REGISTRY), ("acrscan.toml", severe)]);
    fs::remove_file(folder.path().join("acrscan.toml")).unwrap();
    let run = scan(folder.path(), &["--trusted-config=git:main", "--fail-on=critical", "."]);
    assert_eq!(run.code, 1, "{run:?}");
}

#[test]
fn settings_of_a_file_elsewhere() {
    let elsewhere = tree(&[("trusted.toml", WAIVER)]);
    let trusted = format!("--trusted-config={}", elsewhere.path().join("trusted.toml").display());
    let own = WAIVER.replace("*.shop", "*").replace("the shop", "all");
    let folder = tree(&[("main.tf", REGISTRY), ("acrscan.toml", &own)]);
    let run = scan(folder.path(), &[&trusted, "."]);
    assert_eq!((run.code, open_registries(&run)), (0, 0), "{run:?}");
    assert!(run.stderr.contains("acrscan.toml:1: does not hold"), "{run:?}");
    fs::write(elsewhere.path().join("trusted.toml"), "").unwrap();
    assert_eq!(scan(folder.path(), &[&trusted, "."]).code, 1);
}

#[test]
fn a_comment_holds_for_the_resource_that_it_was_accepted_for() {
    let ignore = "# acrscan:ignore public-network-access the shop is public";
    let above = format!("{ignore}\n{REGISTRY}");
    let beside = REGISTRY.replace("enabled = true", &format!("enabled = true {ignore}"));
    for (what, accepted) in [("above", &above), ("beside", &beside)] {
        let folder = repository(&[("main.tf", accepted)]);
        let trusted = ["--trusted-config=git:main", "."];
        assert_eq!(scan(folder.path(), &trusted).code, 0, "{what}");
        // The registry changes, and moves.
        let changed = format!("# first\n\n{}", accepted.replace("platform", "other"));
        add(folder.path(), &[("main.tf", &changed)]);
        assert_eq!(scan(folder.path(), &trusted).code, 0, "{what}: changed");
        // Another one copies the comment, or takes it over.
        let other = accepted.replace("\"shop\"", "\"open\"").replace("acrshop", "acropen");
        for text in [format!("{accepted}{other}"), other.clone()] {
            add(folder.path(), &[("main.tf", &text)]);
            let run = scan(folder.path(), &trusted);
            assert_eq!((run.code, open_registries(&run)), (1, 1), "{what}: {run:?}");
        }
        // In a file of its own as well.
        add(folder.path(), &[("main.tf", accepted), ("open.tf", &other)]);
        assert_eq!(open_registries(&scan(folder.path(), &trusted)), 1, "{what}: another file");
    }
}

#[test]
fn policies_and_the_baseline_are_those_of_the_commit() {
    let closed = REGISTRY.replace("= true", "= false");
    let folder = repository(&[("main.tf", &closed), ("policies/no_premium/no_premium.rego", POLICY)]);
    let arguments = ["--policies=policies", "--no-builtin-policies", "--trusted-config=git:main", "."];
    assert_eq!(scan(folder.path(), &arguments).code, 1);
    let tame = POLICY.replace("\"Premium\"", "\"Basic\"");
    add(folder.path(), &[("policies/no_premium/no_premium.rego", &tame)]);
    let run = scan(folder.path(), &arguments);
    assert_eq!(run.code, 1, "the commit's policy: {run:?}");
    let mut without = arguments.to_vec();
    without.remove(2);
    assert_eq!(scan(folder.path(), &without).code, 0, "the checkout's");
    let run = scan(folder.path(), &["--policies=none", "--trusted-config=git:main", "."]);
    assert!(run.code == 2 && run.stderr.contains("git:main has nothing in none"), "{run:?}");

    let folder = repository(&[("main.tf", REGISTRY)]);
    let with = ["--baseline=known.sarif", "--fail-on-new"];
    assert_eq!(scan(folder.path(), &["--output=sarif=known.sarif", "."]).code, 1);
    assert_eq!(scan(folder.path(), &[with[0], with[1], "."]).code, 0);
    let run = scan(folder.path(), &[with[0], with[1], "--trusted-config=git:main", "."]);
    assert!(run.code == 2 && run.stderr.contains("git:main has no known.sarif"), "{run:?}");
    commit(folder.path());
    assert_eq!(scan(folder.path(), &[with[0], with[1], "--trusted-config=git:main", "."]).code, 0);
}

#[test]
fn a_reference_that_is_none_is_refused() {
    let folder = repository(&[("main.tf", REGISTRY)]);
    for reference in ["git:--output=x", "git:-x", "git:", "git:main:acrscan.toml", "git:nothing", "nothing.toml"] {
        let run = scan(folder.path(), &[&format!("--trusted-config={reference}"), "."]);
        assert_eq!(run.code, 2, "{reference}: {run:?}");
        assert!(run.stderr.starts_with("error: "), "{reference}: {run:?}");
    }
}
