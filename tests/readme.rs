//! The README says what the binary does: its help, its excerpt and its paths are the real ones.

use std::path::Path;
use std::process::Command;

const README: &str = include_str!("../README.md");

fn acrscan(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_acrscan")).args(arguments).env_clear().output().expect("it runs");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The README's fenced blocks of one language.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    README.split(&fence).skip(1).map(|rest| rest.split("\n```").next().expect("a block")).collect()
}

#[test]
fn the_help_is_the_real_one() {
    let mut shown = 0;
    for block in blocks("text") {
        let Some((command, help)) = block.strip_prefix("$ acrscan ").and_then(|rest| rest.split_once('\n')) else {
            continue;
        };
        let arguments: Vec<&str> = command.split(' ').collect();
        assert_eq!(help, acrscan(&arguments).trim_end(), "acrscan {command}");
        shown += 1;
    }
    assert_eq!(shown, 4);
}

#[test]
fn the_excerpt_is_real() {
    let output = acrscan(&["scan", "fixtures/contoso"]);
    let excerpt = blocks("text").into_iter().find(|block| !block.starts_with('$')).expect("an excerpt");
    assert!(excerpt.lines().count() > 10);
    for paragraph in excerpt.split("\n\n") {
        assert!(output.contains(paragraph), "not in the output:\n{paragraph}");
    }
}

#[test]
fn the_paths_are_there() {
    let mut named = 0;
    for word in README.split('`').skip(1).step_by(2).filter(|word| !word.contains(char::is_whitespace)) {
        if ["policies/", "fixtures/", "tests/", "src/"].iter().any(|folder| word.starts_with(folder)) {
            assert!(Path::new(word).exists(), "{word}");
            named += 1;
        }
    }
    assert!(named >= 3);
}
