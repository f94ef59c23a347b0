//! `acrscan policies` and `acrscan test`.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{Acrscan, Run, results};

fn run(words: &str) -> Run {
    Acrscan::new(words.split_whitespace()).run()
}

/// A folder with the policy `owner-tag`, as `policies new` writes it.
fn started() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let made = Acrscan::new(["policies", "new", "owner-tag", "-o", folder.path().to_str().unwrap()]).run();
    assert_eq!((made.code, made.stdout.as_str()), (0, ""), "{}", made.stderr);
    folder
}

fn test(folder: &Path) -> Run {
    Acrscan::new(["test", folder.to_str().unwrap()]).run()
}

/// Spoils one file of the new policy, and expects `acrscan test` to name a place in it.
fn fails(file: &str, from: &str, to: &str, expected: &str) {
    let folder = started();
    let path = folder.path().join("owner_tag").join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} has no {from:?}");
    fs::write(&path, text.replacen(from, to, 1)).unwrap();
    told(&folder, file, expected);
}

fn told(folder: &TempDir, file: &str, expected: &str) {
    let run = test(folder.path());
    let place = format!("{}:", folder.path().join("owner_tag").join(file).display());
    let line = run.stdout.lines().find(|line| line.contains(expected));
    let line = line.unwrap_or_else(|| panic!("no {expected:?} in {run:?}"));
    assert!(line.starts_with(&place), "{line}");
    let number = line[place.len()..].split(':').next().unwrap();
    assert!(number.parse::<usize>().is_ok_and(|number| number > 0), "{line}");
    assert_eq!((run.code, run.stderr.as_str()), (1, ""), "{}", run.stdout);
    assert!(!run.stdout.contains(" 0 failed;"), "{}", run.stdout);
}

#[test]
fn the_list_has_a_line_for_each_policy() {
    let listed = run("policies");
    let folders = fs::read_dir("policies/acr").unwrap().count();
    assert_eq!((listed.code, listed.stderr.as_str(), listed.stdout.lines().count()), (0, "", folders));
    let line = listed.stdout.lines().find(|line| line.starts_with("admin-user ")).unwrap();
    let words: Vec<_> = line.split_whitespace().take(3).collect();
    assert_eq!(words, ["admin-user", "medium", "hardening"]);
}

#[test]
fn one_is_explained_with_its_parameters_and_controls_in_100_columns() {
    let json: Value = serde_json::from_str(&run("policies --format json").stdout).unwrap();
    for policy in json.as_array().unwrap() {
        let id = policy["id"].as_str().unwrap();
        let explained = run(&format!("policies {id}"));
        assert_eq!((explained.code, explained.stderr.as_str()), (0, ""));
        let text = explained.stdout;
        let prose = text.lines().filter(|line| !line.starts_with("  "));
        let longest = prose.max_by_key(|line| line.chars().count()).unwrap();
        assert!(longest.chars().count() <= 100, "{longest}");
        let unwrapped = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in ["title", "description", "remediation"] {
            let part = policy[part].as_str().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(unwrapped.contains(&part), "{id}: {part}\n{text}");
        }
        for name in policy["parameters"].as_object().unwrap().keys() {
            assert!(text.contains(&format!("\nParameter {name} (")), "{text}");
        }
        for (framework, controls) in policy["controls"].as_object().unwrap() {
            let controls: Vec<_> = controls.as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
            assert!(text.contains(&format!("\n  {framework}: {}\n", controls.join(", "))), "{text}");
        }
    }
}

#[test]
fn json_and_markdown_hold_one_policy_or_all() {
    let json = |words: &str| -> Vec<Value> { serde_json::from_str(&run(words).stdout).unwrap() };
    let all = json("policies --format json");
    let one = json("policies firewall-rule-too-broad --format json");
    assert_eq!(one.len(), 1);
    assert!(all.contains(&one[0]));
    assert_eq!(one[0]["parameters"]["max_prefix"]["default"], 16);
    let page = run("policies --format markdown").stdout;
    let section = run("policies firewall-rule-too-broad --format markdown").stdout;
    assert!(section.starts_with("# firewall-rule-too-broad\n") && !section.ends_with("\n\n"), "{section}");
    assert!(page.contains(&format!("\n{}", section.replace("\n## ", "\n### ").replacen("# ", "## ", 1))), "{page}");
    let headings: Vec<_> = section.lines().filter(|line| line.starts_with("## ")).collect();
    let expected = ["What it finds", "Why it matters", "Bad", "Good", "How to fix it", "Controls", "References"];
    assert_eq!(headings, expected.map(|heading| format!("## {heading}")));
}

#[test]
fn a_new_policy_passes_and_runs_at_once() {
    let folder = started();
    let run = test(folder.path());
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", run.stdout);
    assert!(run.stdout.contains(" passed, 0 failed; "), "{}", run.stdout);
    let path = folder.path().to_str().unwrap();
    let (scan, sarif) = Acrscan::new(["scan", "fixtures/contoso", "--policies", path]).sarif();
    assert_eq!((scan.code, scan.stderr.as_str()), (1, ""));
    assert!(results(&sarif).any(|result| result["ruleId"] == "owner-tag"), "it runs whatever its profile");
    let again = Acrscan::new(["policies", "new", "owner-tag", "-o", path]).run();
    assert_eq!((again.code, again.stderr.contains("is there already")), (2, true));
    let listed = Acrscan::new(["policies", "--policies", path]).run();
    assert!(listed.stdout.contains("\nowner-tag "), "{}", listed.stdout);
}

#[test]
fn an_id_is_lower_case_words() {
    for id in ["Owner", "owner_tag", "owner--tag", "-owner", "1owner", "../owner", ""] {
        let run = Acrscan::new(["policies", "new", "-o", "/nonexistent", "--", id]).run();
        assert_eq!(run.code, 2, "{id}");
        assert!(run.stderr.contains("lower-case words joined by hyphens"), "{id}: {}", run.stderr);
    }
}

#[test]
fn a_failing_rego_test_is_named() {
    fails("owner_tag_test.rego", "count(found) == 1", "count(found) == 2", "test_a_registry_without_the_tag_is_denied");
}

#[test]
fn a_rego_test_that_fails_or_never_ends_is_named() {
    let found = "count(found) == 1";
    fails("owner_tag_test.rego", found, "count(found) / 0 == 1", "divide by zero");
    let endless = "count([1 | some i in numbers.range(1, 60000); some j in numbers.range(1, 60000); i == j]) == 1";
    fails("owner_tag_test.rego", found, endless, "exceeded time limit");
}

#[test]
fn a_bad_example_that_is_not_denied_is_named() {
    fails("examples.yaml", "{env: prod}", "{env: prod, owner: me}", "\"Tags, but not the owner's\" is not denied");
}

#[test]
fn a_good_example_that_is_denied_is_named() {
    fails("examples.yaml", "{owner: platform}", "{}", "\"An owner\" is not passed");
}

#[test]
fn an_uncovered_line_is_named() {
    let (from, to) = (
        "unknown contains {",
        "deny contains {\"msg\": \"m\", \"field\": \"/registry\"} if {\n\tinput.registry.name == \"never\"\n\tcount(tags) == 7\n}\n\nunknown contains {",
    );
    fails("owner_tag.rego", from, to, "no test and no example runs this line");
}

#[test]
fn a_policy_that_passes_what_was_not_read_is_named() {
    fails("owner_tag.rego", "not is_object(tags)", "is_string(tags)", "passes a document of nulls");
}

#[test]
fn a_package_in_the_wrong_folder_is_named() {
    let folder = started();
    let from = folder.path().join("owner_tag/owner_tag.rego");
    let to = folder.path().join("owner_tag/other.rego");
    fs::rename(from, to).unwrap();
    told(&folder, "other.rego", "package acr.owner_tag belongs in owner_tag/owner_tag.rego");
}

#[test]
fn missing_and_broken_examples_are_named() {
    let folder = started();
    fs::remove_file(folder.path().join("owner_tag/examples.yaml")).unwrap();
    told(&folder, "examples.yaml", "every policy shows good and bad examples");
    fails("examples.yaml", "good:", "goods:", "unknown field `goods`");
    fails("examples.yaml", "bad:", "bad: [", "");
}

#[test]
fn what_cannot_be_loaded_is_refused_with_its_place() {
    for (from, to, line, expected) in [
        ("package acr.owner_tag\n", "package acr.owner_tag\n\nx := {\n", 19, ""),
        ("#   severity: low", "#   severity: lowest", 8, "lowest"),
        ("is_object(tags)\n", "is_objekt(tags)\n", 32, "is_objekt"),
    ] {
        let folder = started();
        let path = folder.path().join("owner_tag/owner_tag.rego");
        fs::write(&path, fs::read_to_string(&path).unwrap().replacen(from, to, 1)).unwrap();
        let run = test(folder.path());
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{to}");
        let place = run.stderr.strip_prefix(&format!("error: {}:", path.display()));
        let place = place.unwrap_or_else(|| panic!("{to}: {}", run.stderr));
        let number: usize = place.split(':').next().unwrap().parse().unwrap();
        assert!(number.abs_diff(line) <= 4 && place.contains(expected), "{to}: {}", run.stderr);
    }
    let empty = tempfile::tempdir().unwrap();
    let run = test(empty.path());
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("no policy in it"), "{}", run.stderr);
}

#[test]
fn a_failing_test_names_its_first_expression_with_the_values() {
    let folder = tempfile::tempdir().unwrap();
    let acrscan = |arguments: &[&str]| Acrscan::new(arguments.iter().copied()).in_folder(folder.path()).run();
    assert_eq!(acrscan(&["policies", "new", "owner-tag", "-o", "mine"]).code, 0);
    let file = folder.path().join("mine/owner_tag/owner_tag_test.rego");
    let test = std::fs::read_to_string(&file).unwrap();
    std::fs::write(
        &file,
        test.replacen("\tcount(found) == 1", "\tprint(\"found\", count(found))\n\tcount(found) == 2", 1),
    )
    .unwrap();
    let run = acrscan(&["test", "mine", "--run", "denied", "-o", "junit=tests.xml"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stdout.contains("FAIL acr.owner_tag_test.test_a_registry_without_the_tag_is_denied\n    "), "{run:?}");
    assert!(
        run.stdout.contains("found 1") && run.stdout.contains("`count(found) == 2` does not hold: count(found) is 1"),
        "{run:?}"
    );
    assert!(run.stdout.ends_with("0 passed, 1 failed\n"), "{run:?}");
    let junit = std::fs::read_to_string(folder.path().join("tests.xml")).unwrap();
    assert!(junit.contains("failures=\"1\"") && junit.contains("does not hold"), "{junit}");
    let verbose = acrscan(&["test", "mine", "--verbose"]);
    assert!(verbose.stdout.contains("pass acr.owner_tag_test.test_the_tag_satisfies\n"), "{verbose:?}");
    let none = acrscan(&["test", "mine", "--run", "nothing"]);
    assert!(none.code == 2 && none.stderr.contains("no test has a name like \"nothing\""), "{none:?}");
}

#[test]
fn the_schema_is_printed_and_the_document_of_one_registry() {
    let schema = Acrscan::new(["policies", "schema"]).run();
    assert_eq!(schema.stdout, include_str!("../../policies/input.schema.json"));
    let scan = ["scan", "fixtures/contoso", "--input"];
    let run = Acrscan::new(scan).args(["CONTOSOWEB"]).run();
    let document: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((run.code, &document["registry"]["name"]), (0, &serde_json::Value::from("contosoweb")));
    let run = Acrscan::new(scan).args(["nobody"]).run();
    assert!(run.code == 2 && run.stderr.contains("no registry that was read has that name"), "{run:?}");
}
