//! The command line: exit codes, outputs, the small commands, and what bad usage gets.

use std::path::Path;

use crate::harness::{Acrscan, Run};

const DEMO: &str = "fixtures/contoso";

fn run(words: &str) -> Run {
    Acrscan::new(words.split_whitespace()).run()
}

#[test]
fn the_exit_code_depends_on_what_was_asked_and_never_on_the_format() {
    let codes = [
        ("", 1),
        ("--fail-on critical", 0),
        ("--fail-on high", 1),
        ("--fail-on medium", 1),
        ("--fail-on note", 1),
        ("--fail-on never", 0),
        ("--fail-on never --fail-on-unknown", 2),
        ("--fail-on-unknown", 2),
        ("--only ipv6-firewall-rule", 1),
        ("--only ipv6-firewall-rule --fail-on high", 0),
        ("--only ipv6-firewall-rule --fail-on-unknown", 1),
    ];
    for (options, code) in codes {
        for format in ["text", "sarif"] {
            let run = run(&format!("scan {DEMO} -o {format} {options}"));
            assert_eq!((run.code, run.stderr.as_str()), (code, ""), "{format} {options}");
        }
    }
}

#[test]
fn text_goes_to_standard_output_unless_told_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join(DEMO);
    let scan = |options: &str| {
        let words = ["scan", demo.to_str().unwrap()].into_iter().chain(options.split_whitespace());
        Acrscan::new(words).in_folder(folder.path()).run().stdout
    };
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let text = scan("");
    let sarif = scan("-o sarif");
    assert!(
        text.contains("contosodev  Basic, eastus · open to every network\n") && sarif.starts_with("{\n"),
        "{text}{sarif}"
    );
    assert_eq!(scan("-o text"), text);
    assert_eq!((scan("-o sarif=a.sarif"), read("a.sarif")), (text.clone(), sarif.clone()));
    assert_eq!((scan("-o text=b.txt -o sarif"), read("b.txt")), (sarif.clone(), text.clone()));
    assert_eq!((scan("-o text=c.txt -o sarif=c.sarif"), read("c.txt"), read("c.sarif")), (String::new(), text, sarif));
}

#[test]
fn nothing_is_coloured_where_nobody_watches() {
    let run = run(&format!("scan {DEMO}"));
    assert!(!run.stdout.contains('\u{1b}') && !run.stderr.contains('\u{1b}'));
}

#[test]
fn an_output_that_cannot_be_written_is_an_error_before_anything_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let good = folder.path().join("good.sarif");
    let bad = folder.path().join("nowhere/bad.txt");
    let outputs = [format!("text={}", bad.display()), format!("sarif={}", good.display())];
    let run = Acrscan::new(["scan", DEMO, "-o", &outputs[0], "-o", &outputs[1]]).run();
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.starts_with(&format!("error: cannot write {}: ", bad.display())), "{}", run.stderr);
    assert!(!good.exists(), "nothing is half done");
}

#[test]
fn bad_usage_names_the_thing_and_what_to_do() {
    let table = [
        ("scan", "nothing to scan"),
        ("pull", "--output <DIR>"),
        ("pull -o d", "--subscription"),
        ("scan fixtures/contoso -o yaml", "yaml"),
        ("scan fixtures/contoso -o sarif -o text", "two outputs"),
        ("scan fixtures/contoso --fail-on severe", "severe"),
        ("scan fixtures/contoso --only no-such-policy", "no-such-policy"),
        ("scan fixtures/contoso --skip no-such-policy", "no-such-policy"),
        ("scan fixtures/contoso --no-builtin-policies", "polic"),
        ("scan fixtures/contoso --policies no/such/folder", "no/such/folder"),
        ("scan fixtures/contoso --service-tags no/such/file.json", "no/such/file.json"),
        ("scan fixtures/contoso --preview", "--subscription"),
        ("scan fixtures/contoso --task-credentials", "--subscription"),
        ("scan --subscription contoso", "contoso"),
        ("scan --subscription 5d1c7a8e-4b0f-4f6e-9c3a-2e71b8d0a9f4 --cloud mars", "mars"),
        ("scan --subscription 5d1c7a8e-4b0f-4f6e-9c3a-2e71b8d0a9f4 --arm-endpoint http://example.com", "example.com"),
        ("scan --subscription 5d1c7a8e-4b0f-4f6e-9c3a-2e71b8d0a9f4 --authority-host http://example.com", "example.com"),
        ("scan --subscription 5d1c7a8e-4b0f-4f6e-9c3a-2e71b8d0a9f4 --concurrency 0", "--concurrency"),
        ("scan --subscription 5d1c7a8e-4b0f-4f6e-9c3a-2e71b8d0a9f4 --timeout soon", "--timeout"),
        ("scan --subscription 5d1c7a8e-4b0f-4f6e-9c3a-2e71b8d0a9f4 --credential password", "password"),
        ("scan fixtures/contoso --save-snapshot d", "--subscription"),
        ("policies no-such-policy", "no-such-policy"),
    ];
    for (words, named) in table {
        let run = run(words);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{words}: {}", run.stderr);
        assert!(run.stderr.contains(named) && !run.stderr.contains("panicked"), "{words}: {}", run.stderr);
    }
}

#[test]
fn policies_are_listed_and_explained() {
    let listed = run("policies");
    assert_eq!((listed.code, listed.stderr.as_str()), (0, ""));
    let ids: Vec<&str> = listed.stdout.lines().filter_map(|line| line.split_whitespace().next()).collect();
    for id in
        ["bypass-without-system-identity", "ipv6-firewall-rule", "missing-service-tag-ips", "public-network-access"]
    {
        assert!(ids.contains(&id), "{}", listed.stdout);
        let explained = run(&format!("policies {id}"));
        assert_eq!(explained.code, 0);
        assert!(explained.stdout.contains(id) && explained.stdout.contains("https://"), "{}", explained.stdout);
    }
}

/// As with `| head`: the reader has seen enough, and the exit code still says what was found.
#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = Acrscan::new(["scan", DEMO]).piped();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let run = run(&format!("scan {DEMO} -o text=/dev/full"));
    assert_eq!(run.code, 2);
    assert!(run.stderr.starts_with("error: cannot write /dev/full: "), "{}", run.stderr);
}

/// An Azure Pipelines agent obeys `##vso[…]` and `##[…]` wherever they stand in its log, GitHub's runner `::…` where a line
/// begins; and what is hidden from a reader is told.
#[test]
fn no_argument_reaches_a_terminal_as_a_command() {
    let hostile =
        ["##vso[task.setvariable variable=x]y", "##[error]x", "a\n::error::x", "\u{202e}x", "\u{1b}[31mx", "\u{3164}"];
    for text in hostile {
        let option = format!("--{text}");
        let output = format!("{text}=x");
        let lines = [
            vec!["scan", text],
            vec!["scan", "fixtures/contoso", &option],
            vec!["scan", "fixtures/contoso", "-o", &output],
            vec!["scan", "fixtures/contoso", "--only", text],
            vec!["scan", "fixtures/contoso", "--baseline", text],
            vec!["scan", "fixtures/contoso", "--config", text],
            vec!["scan", "fixtures/contoso", "--policies", text],
            vec!["scan", "fixtures/contoso", "--service-tags", text],
            vec!["scan", "--subscription", text],
            vec!["policies", text],
            vec!["policies", "new", text],
            vec!["test", text],
            vec!["service-tags", text],
            vec![text],
        ];
        for words in lines {
            let run = Acrscan::new(&words).run();
            assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{words:?}: {}", run.stderr);
            let shown = run.stderr.to_lowercase();
            assert!(!shown.contains("##[") && !shown.contains("##vso["), "{words:?}: {shown}");
            assert!(!shown.lines().any(|line| line.trim_start().starts_with("::")), "{words:?}: {shown}");
            assert!(!shown.contains(['\u{202e}', '\u{1b}', '\u{3164}']), "{words:?}: {shown:?}");
        }
    }
}
