//! What was not read, told once: a thousand gaps of one kind are one gap and a number, and no file makes a log that nobody
//! reads.

use std::collections::BTreeMap;

use crate::model::file_gap::FileGap;
use crate::model::inventory::Gap;

/// So many are told; the others are counted.
pub const MAX_TOLD: usize = 200;

/// Sorted, each kind of a file once with its number, and no more than [`MAX_TOLD`].
pub fn summarize(mut gaps: Vec<FileGap>) -> Vec<Gap> {
    gaps.sort();
    gaps.dedup();
    let mut kinds: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for gap in &gaps {
        *kinds.entry(kind(gap)).or_default() += 1;
    }
    let mut told: Vec<Gap> = Vec::new();
    for gap in &gaps {
        // The others are told with the first of their kind.
        let Some(count) = kinds.remove(&kind(gap)) else { continue };
        let mut gap = gap.clone();
        if count > 1 {
            gap.reason = format!("{} (and {} more of this kind in the file)", gap.reason, count - 1);
        }
        told.push(gap.into());
    }
    if told.len() > MAX_TOLD {
        let more = told.len() - (MAX_TOLD - 1);
        told.truncate(MAX_TOLD - 1);
        let what = format!("{more} more gaps are not listed; mend those that are, or scan fewer files at once");
        told.push(Gap::of_source(what));
    }
    told
}

/// The file and what is wrong, without line and column.
fn kind(gap: &FileGap) -> (&str, &str) {
    (&gap.location.path, &gap.reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::file_gap::FilePosition;

    #[test]
    fn what_is_alike_is_told_once_and_the_rest_is_counted() {
        let wrong = |path: &str, line| FileGap::new(FilePosition::new(path, line, 1), "it is wrong");
        let mut gaps: Vec<FileGap> = (1..=1000).rev().map(|line| wrong("a.tf", line)).collect();
        gaps.push(wrong("b.tf", 1));
        let more = "it is wrong (and 999 more of this kind in the file)";
        let expected = [FileGap::new(FilePosition::new("a.tf", 1, 1), more), wrong("b.tf", 1)];
        assert_eq!(summarize(gaps), expected.map(Gap::from));
    }

    #[test]
    fn what_is_not_listed_is_counted() {
        let each = (0..1000).map(|number| FileGap::new(format!("{number}.tf"), "it is wrong"));
        let told = summarize(each.collect());
        assert_eq!(told.len(), MAX_TOLD);
        let last = &told[MAX_TOLD - 1];
        assert!(last.location.is_none() && last.reason.starts_with("801 more gaps"), "{last:?}");
    }
}
