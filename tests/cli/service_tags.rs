//! `acrscan service-tags`, and tables of the user's own.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};
use tempfile::TempDir;

use crate::arm_server::service_tags::published;
use crate::harness::{Acrscan, CONTOSO, Run, contoso_folder, verdicts};

const DEMO_TABLE: &str = "fixtures/contoso/service-tags.json";

fn service_tags(words: &[&str]) -> Run {
    Acrscan::new(["service-tags"]).args(words).run()
}

/// The demo's tags as Microsoft publishes them weekly, to a file of this name.
fn published_file(name: &str, edit: impl FnOnce(&mut Value)) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let table = fs::read(contoso_folder().join("service-tags.json")).unwrap();
    let mut document = published(&serde_json::from_slice(&table).unwrap(), CONTOSO);
    // Unlike the API's, its change number is a number.
    document["changeNumber"] = json!(391);
    edit(&mut document);
    let path = folder.path().join(name);
    fs::write(&path, document.to_string()).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

#[test]
fn a_region_comes_one_cidr_a_line() {
    let swiss = service_tags(&["switzerlandnorth", "--service-tags", DEMO_TABLE]);
    assert_data_eq!(
        swiss.stdout.as_str(),
        str![[r#"
20.208.18.128/26
20.208.21.0/25
51.103.202.128/26
51.103.205.0/25
51.107.53.64/26
51.107.56.192/26
51.107.58.24/29
74.242.147.0/26

"#]]
    );
    assert_eq!((swiss.code, swiss.stderr.as_str()), (0, "note: Azure Resource Manager, change 391\n"));
    assert_eq!(service_tags(&["Switzerland North", "--service-tags", DEMO_TABLE]), swiss);
    let ipv6 = service_tags(&["switzerlandnorth", "--ipv6", "--service-tags", DEMO_TABLE]).stdout;
    assert!(ipv6.lines().count() > 0 && ipv6.lines().all(|line| line.parse::<ipnet::Ipv6Net>().is_ok()), "{ipv6}");
}

#[test]
fn the_embedded_table_knows_three_clouds_and_tells_its_age() {
    for (cloud, region, regions) in
        [("public", "eastus", 69), ("us-government", "usgovvirginia", 5), ("china", "chinaeast2", 6)]
    {
        let run = service_tags(&[region, "--cloud", cloud]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(run.stdout.lines().count() > 1, "{}", run.stdout);
        assert!(run.stdout.lines().all(|line| line.parse::<ipnet::Ipv4Net>().is_ok()), "{}", run.stdout);
        let age = run.stderr.lines().next().unwrap_or_default();
        assert!(age.starts_with("note: embedded table of 20") && age.ends_with(" days old"), "{age}");
        assert_eq!(service_tags(&["--cloud", cloud]).stdout.lines().count(), regions);
    }
}

#[test]
fn a_region_without_a_tag_is_refused() {
    let run = service_tags(&["denmarkeast", "--service-tags", DEMO_TABLE]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(
        run.stderr.starts_with("error: region \"denmarkeast\" has no AzureContainerRegistry tag"),
        "{}",
        run.stderr
    );
}

#[test]
fn update_makes_the_compact_table_of_a_published_file() {
    let (folder, file) = published_file("ServiceTags_Public_20261116.json", |_| ());
    let run = service_tags(&["update", &file]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let mut expected: Value =
        serde_json::from_slice(&fs::read(contoso_folder().join("service-tags.json")).unwrap()).unwrap();
    let public = expected["clouds"]["Public"].as_object_mut().unwrap();
    public.remove("source");
    public.insert("date".into(), "2026-11-16".into());
    assert_eq!(serde_json::from_str::<Value>(&run.stdout).unwrap(), expected);

    let output = folder.path().join("table.json");
    service_tags(&["update", &file, "-o", output.to_str().unwrap()]);
    assert_eq!(fs::read_to_string(&output).unwrap(), run.stdout);
    let eastus = |table: &Path| service_tags(&["eastus", "--service-tags", table.to_str().unwrap()]).stdout;
    assert_eq!(eastus(&output), eastus(&contoso_folder().join("service-tags.json")));
    assert_eq!(eastus(Path::new(&file)), eastus(&output));
}

#[test]
fn a_published_file_replaces_the_snapshots_tags() {
    let (_folder, file) = published_file("ServiceTags_Public_20261116.json", |document| {
        let tags = document["values"].as_array_mut().unwrap();
        let nordic =
            json!({"name": "AzureContainerRegistry.DenmarkEast", "properties": {"addressPrefixes": ["4.1.2.0/24"]}});
        tags.push(nordic);
        let eastus = tags.iter_mut().find(|tag| tag["name"] == "AzureContainerRegistry.EastUS").unwrap();
        eastus["properties"]["addressPrefixes"] = json!(["20.42.66.0/24"]);
    });
    let (_, sarif) = Acrscan::new(["scan", "fixtures/contoso", "--service-tags", &file]).sarif();
    let of_tags: Vec<String> = verdicts(&sarif)
        .into_iter()
        .filter(|verdict| verdict[0] == "missing-service-tag-ips")
        .map(|verdict| verdict[1..3].join(" "))
        .collect();
    assert_eq!(of_tags, ["fail contosonordic", "fail contosoorders"]);
}

#[test]
fn a_file_that_cannot_be_used_is_refused_by_name() {
    type Edit = fn(&mut Value);
    let edits: [(Edit, &str); 5] = [
        (|document| *document = json!([]), "cloud"),
        (|document| document["cloud"] = "China".into(), "it is of cloud China; this scan is of Public"),
        (|document| document["values"] = json!([]), "no AzureContainerRegistry tag in it"),
        (|document| document["values"][3]["properties"]["addressPrefixes"] = json!(["300.1.2.3/4"]), "300.1.2.3/4"),
        (|document| document["values"][3]["properties"] = json!({}), "addressPrefixes"),
    ];
    for (edit, reason) in edits {
        let (_folder, file) = published_file("ServiceTags_Public_20261116.json", edit);
        for words in [
            &["scan", "fixtures/contoso", "--service-tags", &file][..],
            &["service-tags", "eastus", "--service-tags", &file],
        ] {
            let run = Acrscan::new(words).run();
            assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{words:?}");
            assert!(run.stderr.contains(&file) && run.stderr.contains(reason), "{reason}: {}", run.stderr);
        }
    }
    let (_folder, undated) = published_file("tags.json", |_| ());
    let run = service_tags(&["update", &undated]);
    assert!(run.code == 2 && run.stderr.contains("the day must stand in the name"), "{run:?}");
    assert!(service_tags(&["update", "no/such/file.json"]).stderr.contains("cannot read no/such/file.json"));
}

#[test]
fn an_old_file_is_warned_about_and_a_new_one_is_not() {
    let scan = |name: &str| {
        let (_folder, file) = published_file(name, |_| ());
        Acrscan::new(["scan", "fixtures/contoso", "--service-tags", &file]).run().stderr
    };
    assert!(
        scan("ServiceTags_Public_20240108.json")
            .starts_with("warning: the service tags are old (service-tag file of 2024-01-08")
    );
    let today = chrono::Utc::now().format("ServiceTags_Public_%Y%m%d.json").to_string();
    assert_eq!(scan(&today), "");
}
