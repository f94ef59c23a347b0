//! By its category code scanning tells one scan from another, and closes the alerts that the next scan of it does not hold.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::arm_server::{ArmServer, Options};
use crate::harness::{Acrscan, CONTOSO, OTHER, contoso, text};

fn ids(sarif: &Value) -> Vec<String> {
    sarif["runs"].as_array().unwrap().iter().map(|run| text(&run["automationDetails"]["id"])).collect()
}

/// The categories of a scan's SARIF, which are those that it says it would have.
fn categories(arguments: &[&str]) -> Vec<String> {
    let scan = || Acrscan::new(["scan"]).args(arguments);
    let told = scan().args(["--sarif-categories"]).run();
    assert_eq!((told.code, told.stderr.as_str()), (0, ""));
    let (_, sarif) = scan().sarif();
    let ids = ids(&sarif);
    assert_eq!(told.stdout.lines().collect::<Vec<_>>(), ids, "{arguments:?}");
    ids
}

#[test]
fn scans_that_find_different_things_have_different_categories() {
    let (bicep, terraform) = ("fixtures/infra/bicep", "fixtures/infra/terraform");
    let scans: [&[&str]; 9] = [
        &[bicep],
        &[terraform],
        &[bicep, terraform],
        &[bicep, "--profile", "hardening"],
        &[bicep, "--profile", "all"],
        &[bicep, "--only", "public-network-access"],
        &[bicep, "--skip", "public-network-access"],
        &[bicep, "--config", "fixtures/infra/acrscan.toml"],
        &[bicep, "--sarif-category", "platform/prod"],
    ];
    let found: Vec<String> = scans.iter().flat_map(|scan| categories(scan)).collect();
    assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), scans.len(), "{found:?}");
    let base = "acrscan/iac/fixtures/infra";
    assert_eq!(found[..2], [format!("{base}/bicep/"), format!("{base}/terraform/")]);
    assert_eq!(found[3], "acrscan/hardening/iac/fixtures/infra/bicep/");
    assert_eq!(found[8], "platform/prod/");
    assert!(found.iter().all(|id| id.ends_with('/')), "{found:?}");
}

#[test]
fn the_same_scan_has_the_same_category_however_it_is_said() {
    let same: [&[&str]; 3] = [
        &["fixtures/infra/bicep", "fixtures/infra/arm", "--only", "admin-user,anonymous-pull"],
        &["./fixtures/infra/arm/", "fixtures/../fixtures/infra/bicep", "--only", "anonymous-pull,admin-user"],
        &[
            "fixtures/infra/arm",
            "fixtures/infra/bicep",
            "--only",
            "anonymous-pull",
            "--only",
            "admin-user",
            "--profile",
            "all",
        ],
    ];
    let found: BTreeSet<Vec<String>> = same.iter().map(|scan| categories(scan)).collect();
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn a_narrowed_scan_of_a_subscription_closes_no_alert_of_the_whole_one() {
    let server = ArmServer::start(&contoso().with_subscription(OTHER, Vec::new()), Options::default());
    let scan = |more: &[&str]| ids(&Acrscan::scan(&server).args(["--subscription", OTHER]).args(more).sarif().1);
    assert_eq!(scan(&[]), [format!("acrscan/live/{OTHER}/"), format!("acrscan/live/{CONTOSO}/")]);
    let hardening = scan(&["--profile", "hardening"]);
    assert_eq!(hardening, [format!("acrscan/hardening/live/{OTHER}/"), format!("acrscan/hardening/live/{CONTOSO}/")]);
    let narrow = scan(&["--only", "public-network-access"]);
    assert!(narrow[0].starts_with("acrscan/") && narrow[0].ends_with(&format!("/live/{OTHER}/")), "{narrow:?}");
    // What a scan would have is told without a request.
    let told = Acrscan::new(["scan", "--sarif-categories", "--subscription", OTHER, "--subscription", CONTOSO]).run();
    assert_eq!((told.code, told.stdout), (0, format!("acrscan/live/{OTHER}/\nacrscan/live/{CONTOSO}/\n")));
}

#[test]
fn a_category_that_github_would_refuse_is_refused_in_words() {
    for category in ["", "/", "a\nb", "/a"] {
        let run = Acrscan::new(["scan", "fixtures/infra/bicep", "--sarif-category", category]).run();
        assert_eq!(run.code, 2);
        assert!(run.stderr.contains("as in platform/prod"), "{}", run.stderr);
    }
}
