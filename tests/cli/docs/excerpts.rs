//! Output that the documentation shows. ` ```text scan fixtures/contoso` names the arguments; each paragraph of the
//! block, and each part between lines of `…`, stands in what that command prints.

use super::pages;
use crate::harness::Acrscan;

#[test]
fn every_excerpt_is_real() {
    let mut shown = 0;
    for page in pages() {
        for block in page.blocks("text").iter().filter(|block| block.info.len() > 1) {
            let run = Acrscan::new(&block.info[1..]).run();
            let printed = run.stdout + &run.stderr;
            for part in block.text.replace("\n…\n", "\n\n").split("\n\n") {
                let part = part.trim_matches(['\n', '…']);
                assert!(
                    printed.contains(part),
                    "{}:{}: not in the output:\n{part}\n\n{printed}",
                    page.path,
                    block.line
                );
            }
            shown += 1;
        }
    }
    assert!(shown >= 2, "{shown} excerpts");
}

/// A page that nobody has to scroll for long, without `--help`.
#[test]
fn the_readme_is_one_page() {
    let readme = pages().into_iter().find(|page| page.path == "README.md").unwrap();
    assert!(readme.text.lines().count() <= 165, "{} lines", readme.text.lines().count());
    assert!(!readme.text.contains("Usage: acrscan"));
}
