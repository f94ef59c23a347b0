//! A page for GitHub's job summary or a comment on a pull request: the verdict first, then what is new and bad, then
//! the rest. GitHub refuses a comment of more than 65,536 characters, so the page is cut before, and says what it lost.

mod page;

use self::page::Page;
use super::ScanVerdict;
use super::escape::{code, cut, prose};
use super::report::grouping;
use super::report::grouping::unknown_reasons;
use super::report::links::Links;
use super::report::location::Repository;
use super::report::summary::summary;
use super::report::verdict::plural;
use super::report::{Compared, FileRead, Report, SkippedFile};
use crate::model::finding::{BaselineState, Finding, Location, Notification, ResultKind, Severity, Waived};
use crate::policy::{Policy, SettingRemark};
use crate::triage::baseline::{AbsentResult, CarriedResult};
use crate::triage::waiver::WaiverRemark;

/// What a cell holds at most.
const MAX_CELL: usize = 1000;

/// Renders a report.
pub fn render(report: &Report, verdict: &ScanVerdict, links: &Links) -> String {
    let links = &Linked { links, repository: Repository::find(), policies: &report.policies };
    let mut page = Page::new();
    let (word, why) = verdict.sentence(report);
    page.line(&format!("## acrscan: {}", word.to_lowercase()));
    page.line("");
    page.line(&why);
    page.line("");
    page.line(&format!("{}.", summary(report)));
    let fails: Vec<&Finding> = Severity::WORST_FIRST
        .into_iter()
        .flat_map(|severity| report.open().filter(move |f| f.kind == ResultKind::Fail && f.severity == severity))
        .collect();
    match report.compared() {
        None => findings(&mut page, "Findings", &fails, links),
        Some(Compared { gone, .. }) => {
            let (news, known): (Vec<&Finding>, Vec<&Finding>) =
                fails.iter().partition(|finding| finding.baseline.is_some_and(BaselineState::is_news));
            let (new, worse): (Vec<&Finding>, Vec<&Finding>) =
                news.iter().partition(|finding| finding.baseline == Some(BaselineState::New));
            findings(&mut page, "New findings", &new, links);
            if !worse.is_empty() {
                findings(&mut page, "Worse than the baseline", &worse, links);
            }
            gaps(&mut page, report);
            page.collapsed(
                &format!("Known: {}", plural(known.len(), "finding", "findings")),
                !known.is_empty(),
                |page| {
                    findings_table(page, &known, links);
                },
            );
            let absent = report.absent.as_deref().unwrap_or_default();
            page.collapsed(&format!("Gone since the baseline: {gone}"), gone > 0, |page| gone_table(page, absent));
        }
    }
    if report.absent.is_none() {
        gaps(&mut page, report);
    }
    carried(&mut page, report);
    settings(&mut page, report);
    held_back(&mut page, report);
    unknown(&mut page, report, links);
    waivers(&mut page, report, links);
    sources(&mut page, report);
    page.finish()
}

fn findings(page: &mut Page, title: &str, findings: &[&Finding], links: &Linked) {
    if !findings.is_empty() {
        page.heading(title);
        findings_table(page, findings, links);
    }
}

fn findings_table(page: &mut Page, findings: &[&Finding], links: &Linked) {
    let row = |finding: &&Finding| {
        let severity = finding.severity.as_str().to_owned();
        vec![severity, links.policy(&finding.policy), links.place(finding), cell(&finding.message)]
    };
    page.table(&["Severity", "Policy", "Where", "What"], findings.iter().map(row), "findings");
}

/// Names that lead to where they are told.
struct Linked<'a> {
    links: &'a Links,
    repository: Repository,
    policies: &'a [Policy],
}

impl Linked<'_> {
    /// File and line; of a resource in Azure its name and the property, whatever file of a snapshot it was read from.
    fn place(&self, finding: &Finding) -> String {
        match &finding.location {
            Location::Source { file, region } => {
                let path = self.repository.relative(&file.path);
                let link = path.and_then(|path| self.links.line(&path, region.start_line));
                linked(code(&format!("{}:{}", file.path, region.start_line)), link)
            }
            Location::Live | Location::File { .. } => {
                format!("{} {}", code(&finding.name), code(&grouping::property(finding)))
            }
        }
    }

    fn policy(&self, id: &str) -> String {
        let policy = self.policies.iter().find(|policy| policy.id == id);
        linked(code(id), policy.and_then(|policy| self.links.page(policy)))
    }
}

fn linked(text: String, link: Option<String>) -> String {
    match link {
        Some(link) => format!("[{text}]({link})"),
        None => text,
    }
}

fn gone_table(page: &mut Page, absent: &[AbsentResult]) {
    let row = |gone: &AbsentResult| vec![code(&gone.policy), code(&gone.resource), cell(&gone.message)];
    page.table(&["Policy", "Registry", "What it said"], absent.iter().map(row), "results");
}

fn carried(page: &mut Page, report: &Report) {
    let count = plural(report.carried.len(), "result", "results");
    let title = format!("Kept from the baseline, for this scan could not see them: {count}");
    page.collapsed(&title, !report.carried.is_empty(), |page| {
        let row = |carried: &CarriedResult| {
            let day = cell(&carried.not_seen_since);
            vec![code(&carried.policy), code(&carried.resource), day, cell(&carried.message)]
        };
        page.table(
            &["Policy", "Registry", "Not seen since", "What it said"],
            report.carried.iter().map(row),
            "results",
        );
    });
}

fn gaps(page: &mut Page, report: &Report) {
    if !report.notifications.is_empty() {
        page.heading("What was not read");
        let line = |note: &Notification| match &note.location {
            Some(location) => {
                format!("{}{}: {}", Notification::NOT_READ, code(&location.to_string()), cell(&note.message))
            }
            None => cell(&note.message),
        };
        page.list(report.notifications.iter().map(line), "messages");
    }
}

/// One row for a value that leaves it open for many policies.
fn unknown(page: &mut Page, report: &Report, links: &Linked) {
    let reasons = unknown_reasons(report.open());
    let results = plural(report.count_unknown(), "result is", "results are");
    page.collapsed(&format!("Could not be told: {results} unknown"), !reasons.is_empty(), |page| {
        let row = |group: &grouping::UnknownReason| {
            let policies = group.policies.iter().map(|policy| links.policy(policy)).collect::<Vec<_>>().join(", ");
            vec![links.place(group.first), cell(&group.reason), policies]
        };
        page.table(&["Where", "Why", "Policies"], reasons.iter().map(row), "reasons");
    });
}

fn held_back(page: &mut Page, report: &Report) {
    if !report.proposed.is_empty() {
        page.heading("Does not hold, for the trusted settings do not have it");
        let row = |held: &WaiverRemark| vec![code(&format!("{}:{}", held.path, held.line)), cell(&held.message)];
        page.table(&["Where", "What"], report.proposed.iter().map(row), "settings");
    }
}

fn settings(page: &mut Page, report: &Report) {
    if !report.settings.is_empty() {
        page.heading("Settings that take something from this scan");
        let row = |setting: &SettingRemark| {
            let place = code(&format!("{}:{}", setting.path, setting.line));
            vec![place, code(&setting.policy), cell(&setting.message)]
        };
        page.table(&["Where", "Policy", "What"], report.settings.iter().map(row), "settings");
    }
}

fn waivers(page: &mut Page, report: &Report, links: &Linked) {
    let waived: Vec<_> = report.waived().collect();
    page.collapsed(&format!("Waived: {}", plural(waived.len(), "result", "results")), !waived.is_empty(), |page| {
        let row = |(finding, waived): &(&Finding, &Waived)| {
            let optional = |text: &Option<String>| text.as_deref().map(cell).unwrap_or_default();
            let waiver = code(&format!("{}:{}", waived.path, waived.line));
            let [until, by] = [&waived.expires, &waived.approved_by].map(optional);
            vec![links.policy(&finding.policy), links.place(finding), cell(&waived.reason), until, by, waiver]
        };
        let head = ["Policy", "Where", "Reason", "Until", "Approved by", "Waiver"];
        page.table(&head, waived.iter().map(row), "results");
    });
    if !report.waiver_remarks.is_empty() {
        page.heading("Waivers to tidy up");
        let line = |remark: &WaiverRemark| {
            format!("{}: {}", code(&format!("{}:{}", remark.path, remark.line)), cell(&remark.message))
        };
        page.list(report.waiver_remarks.iter().map(line), "waivers");
    }
}

fn sources(page: &mut Page, report: &Report) {
    let (read, skipped) = (report.files_read.len(), report.skipped.len());
    let title = format!("What was read: {read}; what was skipped: {skipped}");
    page.collapsed(&title, read + skipped > 0, |page| {
        let row = |file: &FileRead| {
            let path = if file.path.is_empty() { "." } else { &file.path };
            vec![code(path), cell(file.what), file.files.to_string(), file.registries.to_string()]
        };
        if read > 0 {
            page.table(&["Read", "What it is", "Files", "Registries"], report.files_read.iter().map(row), "paths");
        }
        if skipped > 0 {
            let row = |file: &SkippedFile| vec![code(&file.location.to_string()), cell(&file.reason)];
            page.table(&["Skipped", "Why"], report.skipped.iter().map(row), "paths");
        }
    });
}

fn cell(text: &str) -> String {
    prose(&cut(text, MAX_CELL))
}

#[cfg(test)]
mod tests {
    use snapbox::IntoData as _;

    use super::*;
    use crate::output::report::Gate;
    use crate::output::report::sample;

    #[test]
    fn the_verdict_comes_first_and_hostile_names_do_nothing() {
        snapbox::assert_data_eq!(render(&sample::report(), &sample::VERDICT, &Links::default()), snapbox::str![[r#"
## acrscan: could not tell

Not everything was read or evaluated. Of what was read, 2 findings are medium or worse.

2 registries in 1 subscription and the source code as of 2025-11-20, 0 clean: 0 critical, 1 high, 1 medium, 0 low, 0 note; 3 unknown; 1 gap; 1 waived.

### Findings

| Severity | Policy | Where | What |
| --- | --- | --- | --- |
| high | `public-network-access` | `infra/variables.tf:2` | Registry prod accepts connections from every network: \`a&#124;b\` &lt;b&gt;@&#8203;contoso/all&lt;/b&gt;. |
| medium | `anonymous-pull` | `contosolive` `registry.properties.publicNetworkAccess` | Registry contosolive lets anybody pull. |

### What was not read

- not read: `infra/broken.tf:3:1`: an unclosed block

<details>
<summary>Could not be told: 3 results are unknown</summary>

| Where | Why | Policies |
| --- | --- | --- |
| `infra/variables.tf:2` | Registry prod: the SKU was not read. The variable \`sku\` has no value. | `admin-user`, `anonymous-pull` |
| `infra/variables.tf:2` | Whatever a policy says, so be it. | `firewall-quota` |

</details>

<details>
<summary>Waived: 1 result</summary>

| Policy | Where | Reason | Until | Approved by | Waiver |
| --- | --- | --- | --- | --- | --- |
| `quarantine` | `infra/variables.tf:2` | agreed with @&#8203;contoso/security &#124; until the move | 2027-03-31 | Ada | `acrscan.toml:12` |

</details>

### Waivers to tidy up

- `acrscan.toml:20`: This waiver matches nothing.

<details>
<summary>What was read: 1; what was skipped: 1</summary>

| Read | What it is | Files | Registries |
| --- | --- | --- | --- |
| `infra` | Terraform configuration | 2 | 1 |

| Skipped | Why |
| --- | --- |
| `infra/values.json` | JSON, and neither a template nor a plan |

</details>

"#]].raw());
    }

    #[test]
    fn with_a_baseline_what_is_new_stands_apart() {
        let verdict = ScanVerdict { gate: Gate { fail_on_new: true, ..sample::VERDICT.gate }, ..sample::VERDICT };
        snapbox::assert_data_eq!(render(&sample::compared(), &verdict, &Links::default()), snapbox::str![[r#"
## acrscan: could not tell

Not everything was read or evaluated. Of what was read, 1 new finding is medium or worse.

2 registries in 1 subscription and the source code as of 2025-11-20, 0 clean: 0 critical, 1 high, 1 medium, 0 low, 0 note; 3 unknown; 1 gap; 1 waived; 1 new, 0 worse, 1 known, 1 gone.

### New findings

| Severity | Policy | Where | What |
| --- | --- | --- | --- |
| high | `public-network-access` | `infra/variables.tf:2` | Registry prod accepts connections from every network: \`a&#124;b\` &lt;b&gt;@&#8203;contoso/all&lt;/b&gt;. |

### What was not read

- not read: `infra/broken.tf:3:1`: an unclosed block

<details>
<summary>Known: 1 finding</summary>

| Severity | Policy | Where | What |
| --- | --- | --- | --- |
| medium | `anonymous-pull` | `contosolive` `registry.properties.publicNetworkAccess` | Registry contosolive lets anybody pull. |

</details>

<details>
<summary>Gone since the baseline: 1</summary>

| Policy | Registry | What it said |
| --- | --- | --- |
| `admin-user` | `infra:azurerm_container_registry.old` | Registry old has its admin user enabled. |

</details>

<details>
<summary>Kept from the baseline, for this scan could not see them: 1 result</summary>

| Policy | Registry | Not seen since | What it said |
| --- | --- | --- | --- |
| `quarantine` | `/subscriptions/5d1c7a8e-4b0f-4f6e-9c3a-2e71b8d0a9f4/resourceGroups/rg/providers/Microsoft.ContainerRegistry/registries/contosolive` | 2026-11-26 | Registry contosolive does not hold new images back. |

</details>

<details>
<summary>Could not be told: 3 results are unknown</summary>

| Where | Why | Policies |
| --- | --- | --- |
| `infra/variables.tf:2` | Registry prod: the SKU was not read. The variable \`sku\` has no value. | `admin-user`, `anonymous-pull` |
| `infra/variables.tf:2` | Whatever a policy says, so be it. | `firewall-quota` |

</details>

<details>
<summary>Waived: 1 result</summary>

| Policy | Where | Reason | Until | Approved by | Waiver |
| --- | --- | --- | --- | --- | --- |
| `quarantine` | `infra/variables.tf:2` | agreed with @&#8203;contoso/security &#124; until the move | 2027-03-31 | Ada | `acrscan.toml:12` |

</details>

### Waivers to tidy up

- `acrscan.toml:20`: This waiver matches nothing.

<details>
<summary>What was read: 1; what was skipped: 1</summary>

| Read | What it is | Files | Registries |
| --- | --- | --- | --- |
| `infra` | Terraform configuration | 2 | 1 |

| Skipped | Why |
| --- | --- |
| `infra/values.json` | JSON, and neither a template nor a plan |

</details>

"#]].raw());
    }

    #[test]
    fn a_page_fits_a_comment_and_says_what_is_cut() {
        let mut report = sample::report();
        let message = format!("Registry prod accepts {}", "|".repeat(60));
        report.findings = vec![sample::in_source("public-network-access", ResultKind::Fail, &message); 20_000];
        report.findings.extend(vec![sample::in_source("quarantine", ResultKind::Unknown, "not known"); 3]);
        let shown = render(&report, &sample::VERDICT, &Links::default());
        assert!(shown.len() < 65_536, "{}", shown.len());
        let rows = shown.lines().filter(|line| line.starts_with("| high |")).count();
        let note = format!(
            "{} more findings are not shown, for GitHub takes a comment of at most 65,536 characters.",
            20_000 - rows
        );
        assert!(rows > 30 && shown.contains(&note), "{rows} rows");
        assert!(shown.ends_with("</details>\n") && shown.contains("### What was not read"));
        assert_eq!(shown.matches("<details>").count(), shown.matches("</details>").count());
    }
}
