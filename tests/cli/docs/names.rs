//! What the documentation names is there: files, links, flags, tests and recipes.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::{Page, pages};
use crate::harness::files;

/// Folders of this repository that prose names files of.
const FOLDERS: &[&str] =
    &[".ci/", ".github/", "benches/", "docs/", "fixtures/", "fuzz/", "policies/", "src/", "tests/", "tools/"];

/// Flags of other programs.
const OTHER_FLAGS: &[&str] = &["--locked", "--no-pretty-print", "--release", "--test", "--lib"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_path_is_there() {
    let mut named = 0;
    for page in pages() {
        for word in page.code_spans() {
            // A word in capitals stands for a name.
            let is_pattern = word.contains([' ', '*', '<', '{']) || word.contains("NAME");
            if FOLDERS.iter().any(|folder| word.starts_with(folder)) && !is_pattern {
                let path = word.split(':').next().unwrap();
                assert!(root().join(path).exists(), "{}: {word}", page.path);
                named += 1;
            }
        }
    }
    assert!(named > 30, "{named} paths");
}

/// A heading's anchor, as GitHub makes it.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let anchor = |heading: &str| {
        let kept = heading.to_lowercase().replace(' ', "-");
        kept.chars().filter(|c| c.is_alphanumeric() || "-_".contains(*c)).collect()
    };
    headings.map(anchor).collect()
}

/// Where the links of a page lead, without those to other sites.
fn links(page: &Page) -> Vec<String> {
    let targets = page.text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://")).map(str::to_owned).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let mut followed = 0;
    for page in pages() {
        for link in links(&page) {
            let (target, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let folder = root().join(&page.path).parent().unwrap().to_owned();
            let path: PathBuf = if target.is_empty() { root().join(&page.path) } else { folder.join(target) };
            assert!(path.exists(), "{}: {link}", page.path);
            if !anchor.is_empty() {
                let text = fs::read_to_string(&path).unwrap();
                assert!(anchors(&text).contains(anchor), "{}: {link}", page.path);
            }
            followed += 1;
        }
    }
    assert!(followed > 40, "{followed} links");
}

#[test]
fn every_page_is_linked() {
    let pages = pages();
    let mut linked = BTreeSet::new();
    for page in &pages {
        let folder = root().join(&page.path).parent().unwrap().to_owned();
        let targets = links(page).into_iter().map(|link| folder.join(link.split('#').next().unwrap_or_default()));
        linked.extend(targets.filter_map(|target| fs::canonicalize(target).ok()));
    }
    for page in pages.iter().filter(|page| page.path != "README.md") {
        assert!(linked.contains(&fs::canonicalize(root().join(&page.path)).unwrap()), "nothing leads to {}", page.path);
    }
}

#[test]
fn every_flag_is_one_of_a_command() {
    let reference = fs::read_to_string("docs/reference.md").unwrap();
    let known: BTreeSet<&str> = reference
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        .filter(|word| word.starts_with("--") && word.len() > 2)
        .collect();
    let mut named = 0;
    for page in pages().iter().filter(|page| !["docs/reference.md", "CHANGELOG.md"].contains(&page.path.as_str())) {
        for span in page.code_spans() {
            for word in span.split([' ', '=']).filter(|word| word.starts_with("--") && word.len() > 2) {
                let is_ours = known.contains(word);
                assert!(is_ours || OTHER_FLAGS.contains(&word) || span.starts_with("az "), "{}: {span}", page.path);
                named += usize::from(is_ours);
            }
        }
    }
    assert!(named > 20, "{named} flags");
}

/// The tests that SECURITY.md gives as proof.
#[test]
fn every_attack_names_a_test() {
    let mut functions = BTreeSet::new();
    for (name, content) in files(&root().join("tests")).into_iter().chain(files(&root().join("src"))) {
        if name.ends_with(".rs") {
            let text = String::from_utf8(content).unwrap();
            let after = text.split("#[test]").skip(1).filter_map(|rest| rest.split("fn ").nth(1));
            functions.extend(after.filter_map(|rest| rest.split('(').next()).map(str::to_owned));
        }
    }
    let checks = fs::read_to_string(".ci/github_checks.py").unwrap();
    let page = fs::read_to_string("SECURITY.md").unwrap();
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| ") && line.ends_with("` |")).collect();
    for row in &rows {
        let named = row.rsplit(" | ").next().unwrap().split('`').skip(1).step_by(2);
        for test in named {
            assert!(functions.contains(test) || checks.contains(&format!("def {test}(")), "no test {test}: {row}");
        }
    }
    assert!(rows.len() >= 10, "{} attacks", rows.len());
}

#[test]
fn every_recipe_is_in_the_justfile() {
    let justfile = fs::read_to_string("justfile").unwrap();
    let recipes: BTreeSet<&str> = justfile
        .lines()
        .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()) && line.contains(':'))
        .filter_map(|line| line.split([' ', ':']).next())
        .collect();
    let mut named = 0;
    for page in pages() {
        let blocks: Vec<String> = page
            .blocks("sh")
            .into_iter()
            .flat_map(|block| block.text.lines().map(str::to_owned).collect::<Vec<_>>())
            .collect();
        for span in page.code_spans().iter().chain(&blocks) {
            if let Some(name) = span.strip_prefix("just ").and_then(|rest| rest.split(' ').next()) {
                assert!(recipes.contains(name), "{}: {span}", page.path);
                named += 1;
            }
        }
    }
    assert!(named > 5, "{named} recipes");
}
