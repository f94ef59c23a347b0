//! Source code that cannot be read: which file and line, what to do, the rest read, and exit code 2.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use serde_json::Value;

use crate::harness::{Acrscan, Run};

/// A registry that is open to everybody, to be found beside whatever is broken.
const OPEN: &str = "resource \"azurerm_container_registry\" \"open\" {\n  name                = \"contosoopen\"\n  \
                    resource_group_name = \"rg\"\n  location            = \"eastus\"\n  sku                 = \"Basic\"\n}\n";

/// Scans a folder with these files in it.
fn scan(files: &[(&str, &[u8])]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), files);
    scan_in(folder.path())
}

fn write(folder: &Path, files: &[(&str, &[u8])]) {
    for (name, content) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

fn scan_in(folder: &Path) -> Run {
    Acrscan::new(["scan", ".", "-o", "json=report.json", "-o", "text"]).in_folder(folder).run()
}

/// It could not tell, says where and why, and has found what there was to find besides.
fn assert_gap(run: &Run, message: &str) {
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains(message), "{message:?} is not in: {}", run.stderr);
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
}

fn assert_found_besides(run: &Run) {
    assert!(run.stdout.contains("public-network-access"), "{run:?}");
}

#[test]
fn one_broken_file_of_many_is_a_gap_and_the_others_are_scanned() {
    let broken = "locals {\n  a = [1,\n}\nresource \"azurerm_container_registry\" \"b\" {\n";
    let run = scan(&[("infra/open.tf", OPEN.as_bytes()), ("infra/broken.tf", broken.as_bytes())]);
    assert_gap(&run, "infra/broken.tf:3:1");
    assert_found_besides(&run);
}

#[test]
fn an_incomplete_scan_gives_github_no_run() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("open.tf", OPEN.as_bytes()), ("broken.tf", b"locals {\n")]);
    let run = Acrscan::new(["scan", ".", "-o", "sarif=a.sarif"]).in_folder(folder.path()).run();
    assert_eq!(run.code, 2);
    assert!(!folder.path().join("a.sarif").exists());
    let run =
        Acrscan::new(["scan", ".", "-o", "sarif=a.sarif", "--sarif-target", "archive"]).in_folder(folder.path()).run();
    assert_eq!(run.code, 2);
    let sarif: Value = serde_json::from_str(&fs::read_to_string(folder.path().join("a.sarif")).unwrap()).unwrap();
    assert_eq!(sarif["runs"][0]["invocations"][0]["executionSuccessful"], false);
}

#[test]
fn a_truncated_plan_and_one_of_another_version_are_refused() {
    let plan = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/infra/plan/tfplan.json")).unwrap();
    let run = scan(&[("plan.json", &plan[..plan.len() / 2]), ("infra/open.tf", OPEN.as_bytes())]);
    assert_gap(&run, "plan.json:1:");
    assert_found_besides(&run);
    let text = String::from_utf8(plan).unwrap();
    let run =
        scan(&[("plan.json", text.replace("\"format_version\":\"1.2\"", "\"format_version\":\"2.0\"").as_bytes())]);
    assert_gap(&run, "plan.json:1:");
    assert!(run.stderr.contains("2.0"), "{}", run.stderr);
}

#[test]
fn marks_line_ends_tabs_and_wide_text_are_read() {
    let tabs = OPEN.replace("  ", "\t");
    for (name, content) in
        [("crlf.tf", format!("\u{feff}{}", OPEN.replace('\n', "\r\n")).into_bytes()), ("tabs.tf", tabs.into_bytes())]
    {
        let run = scan(&[(name, &content)]);
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.stdout.contains(&format!("{name}:1:1")), "{}", run.stdout);
    }
    // What PowerShell's redirection writes.
    let plan =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/infra/plan/tfplan.json")).unwrap();
    let wide: Vec<u8> = [0xFEFF].into_iter().chain(plan.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let main = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/infra/plan/main.tf")).unwrap();
    let run = scan(&[("plan.json", &wide), ("main.tf", &main)]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stdout.contains("main.tf:3:3"), "{}", run.stdout);
}

#[test]
fn what_goes_round_in_circles_ends() {
    let cyclic = "locals {\n  a = local.b\n  b = local.a\n}\n";
    let uses = OPEN.replace("\"Basic\"", "local.a");
    let run = scan(&[("infra/main.tf", format!("{cyclic}{uses}").as_bytes())]);
    assert_gap(&run, "infra/main.tf:2:");
    let own = "module \"again\" {\n  source = \"./\"\n}\n";
    let run = scan(&[("infra/main.tf", format!("{own}{OPEN}").as_bytes())]);
    assert_gap(&run, "infra/main.tf:");
    assert_found_besides(&run);
    let bicep = "module again 'main.bicep' = {\n  name: 'again'\n}\n\
                 resource acr 'Microsoft.ContainerRegistry/registries@2025-11-01' = {\n  name: 'contosoacr'\n  \
                 location: 'eastus'\n  sku: { name: 'Basic' }\n}\n";
    let run = scan(&[("main.bicep", bicep.as_bytes())]);
    assert_gap(&run, "main.bicep:1:1: the module includes itself");
    assert_found_besides(&run);
}

#[cfg(unix)]
#[test]
fn links_that_go_round_are_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("infra/open.tf", OPEN.as_bytes())]);
    std::os::unix::fs::symlink(folder.path(), folder.path().join("infra/loop")).unwrap();
    let run = scan_in(folder.path());
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stderr.contains("skipped infra/loop: a link to a folder"), "{}", run.stderr);
}

#[cfg(unix)]
#[test]
fn nothing_outside_the_repository_gets_into_a_report() {
    let folder = tempfile::tempdir().unwrap();
    let loads = |path: &str| {
        format!(
            "resource acr 'Microsoft.ContainerRegistry/registries@2025-11-01' = {{\n  name: loadTextContent('{path}')\n  \
             location: 'eastus'\n  sku: {{ name: 'Basic' }}\n}}\n"
        )
    };
    let (inside, secret, git) = (loads("name.txt"), loads("../secret.txt"), loads(".git/config"));
    write(
        folder.path(),
        &[
            ("secret.txt", b"hunter2"),
            ("repo/.git/config", b"hunter2"),
            ("repo/name.txt", b"contosoinside"),
            ("repo/open.tf", OPEN.as_bytes()),
            ("repo/inside.bicep", inside.as_bytes()),
            ("repo/secret.bicep", secret.as_bytes()),
            ("repo/git.bicep", git.as_bytes()),
            ("secret.tfvars", b"hunter2 = 1"),
        ],
    );
    std::os::unix::fs::symlink(folder.path().join("secret.tfvars"), folder.path().join("repo/terraform.tfvars"))
        .unwrap();
    let run = scan_in(&folder.path().join("repo"));
    assert_gap(&run, "terraform.tfvars: a link that leads out of the repository is not followed");
    assert!(run.stdout.contains("Registry contosoinside"), "{run:?}");
    let report = fs::read_to_string(folder.path().join("repo/report.json")).unwrap();
    assert!(!format!("{run:?}{report}").contains("hunter2"), "{run:?}");
}

#[test]
fn an_archive_that_blows_up_is_refused() {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive.start_file("tfplan", zip::write::SimpleFileOptions::default()).unwrap();
    let zeros = vec![0; 1 << 20];
    for _ in 0..300 {
        archive.write_all(&zeros).unwrap();
    }
    let bytes = archive.finish().unwrap().into_inner();
    assert!(bytes.len() < 1 << 20, "{}", bytes.len());
    let run = scan(&[("tfplan", &bytes), ("infra/open.tf", OPEN.as_bytes())]);
    assert_gap(&run, "tfplan");
    assert_found_besides(&run);
    let run = scan(&[("tfplan", &bytes[..60]), ("infra/open.tf", OPEN.as_bytes())]);
    assert_gap(&run, "tfplan");
}

#[test]
fn a_file_of_200_megabytes_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("infra/open.tf", OPEN.as_bytes())]);
    fs::File::create(folder.path().join("huge.tf")).unwrap().set_len(200 << 20).unwrap();
    let run = scan_in(folder.path());
    assert_gap(&run, "huge.tf: it is larger than the 64 MB that are read");
    assert_found_besides(&run);
}

#[test]
fn nesting_has_a_limit() {
    let schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#";
    let deep = |open: &str, close: &str, depth: usize| open.repeat(depth) + &close.repeat(depth);
    let many = 100_000;
    let template = format!("{{\"$schema\": \"{schema}\", \"resources\": {}}}", deep("[", "]", many));
    assert_gap(&scan(&[("a.json", template.as_bytes())]), "a.json:");
    let terraform = format!("locals {{\n  a = {}\n}}\n", deep("[", "]", many));
    assert_gap(&scan(&[("a.tf", terraform.as_bytes())]), "a.tf:");
    let bicep = format!("var a = {}\n", deep("[", "]", many));
    assert_gap(&scan(&[("a.bicep", bicep.as_bytes())]), "a.bicep:");
    let plan = format!(
        "{{\"format_version\":\"1.2\",\"resource_changes\":[{{\"address\":\"azurerm_container_registry.a\",\
         \"mode\":\"managed\",\"type\":\"azurerm_container_registry\",\"name\":\"a\",\"change\":{{\
         \"actions\":[\"create\"],\"after\":{{\"tags\":{}}}}}}}]}}",
        deep("[", "]", many)
    );
    assert_gap(&scan(&[("plan.json", plan.as_bytes())]), "plan.json:");
    let fine = format!("locals {{\n  a = {}\n}}\n{OPEN}", deep("[", "]", 500));
    assert_eq!(scan(&[("a.tf", fine.as_bytes())]).code, 1);
    let fine = format!("var a = {}\n", deep("[", "]", 500));
    assert_eq!(scan(&[("a.bicep", fine.as_bytes())]).code, 0);
}

#[test]
fn a_function_that_nobody_knows_is_told_with_its_line() {
    let template = r#"{
  "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "resources": [
    {
      "type": "Microsoft.ContainerRegistry/registries",
      "apiVersion": "2025-11-01",
      "name": "contosoacr",
      "location": "eastus",
      "sku": { "name": "[conjure('Premium')]" },
      "properties": {}
    }
  ]
}
"#;
    assert_gap(&scan(&[("a.json", template.as_bytes())]), "a.json:9:");
}

/// What is broken in a language, and the place where it breaks.
const BROKEN: [(&str, &str, (u32, u32)); 3] = [
    ("infra/broken.tf", "locals {\n  a = [1,\n}\n", (3, 1)),
    (
        "infra/broken.bicep",
        "resource acr 'Microsoft.ContainerRegistry/registries@2025-11-01' = {\n  name: = 1\n}\n",
        (2, 9),
    ),
    (
        "infra/broken.json",
        "{\n  \"$schema\": \"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#\",\n  \
         \"resources\": [}\n}\n",
        (3, 17),
    ),
];

#[test]
fn every_output_points_to_the_file_and_line_that_was_not_read() {
    for (path, content, (line, column)) in BROKEN {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &[(path, content.as_bytes()), ("open/open.tf", OPEN.as_bytes())]);
        let outputs = ["json=r.json", "sarif=r.sarif", "markdown=r.md", "github=r.github", "junit=r.xml", "text=r.txt"];
        let outputs = outputs.iter().flat_map(|output| ["-o", output]);
        let args = ["scan", ".", "--sarif-target", "archive"].into_iter().chain(outputs);
        let run = Acrscan::new(args).in_folder(folder.path()).run();
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        assert_gap(&run, &format!("error: not read: {path}:{line}:{column}: "));

        let json: Value = serde_json::from_str(&read("r.json")).unwrap();
        let told = &json["notifications"][0];
        assert_eq!(told["location"], serde_json::json!({ "path": path, "line": line, "column": column }), "{json}");
        let text = told["message"].as_str().unwrap().to_owned();
        assert!(text.starts_with(&format!("not read: {path}:{line}:{column}: ")), "{text}");

        let sarif: Value = serde_json::from_str(&read("r.sarif")).unwrap();
        let told = &sarif["runs"][0]["invocations"][0]["toolExecutionNotifications"][0];
        let place = &told["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], path, "{told}");
        assert_eq!(place["region"], serde_json::json!({ "startLine": line, "startColumn": column }), "{told}");
        assert_eq!(told["message"]["text"], text.as_str());

        let annotation = format!("::error file={path},line={line},col={column},title=acrscan could not tell::{text}");
        assert!(read("r.github").lines().any(|line| line == annotation), "{annotation}: {}", read("r.github"));
        let place = format!("- not read: `{path}:{line}:{column}`: ");
        assert!(read("r.md").lines().any(|line| line.starts_with(&place)), "{place}: {}", read("r.md"));
        assert!(read("r.txt").contains(&format!("  - {text}\n")), "{}", read("r.txt"));
        // Jenkins' schema has no attributes for a place.
        let case = format!("<error message=\"not read: {path}:{line}:{column}: ");
        assert!(read("r.xml").lines().any(|line| line.trim_start().starts_with(&case)), "{}", read("r.xml"));
    }
}
