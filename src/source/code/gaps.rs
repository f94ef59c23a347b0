//! What was not read, told once: a thousand gaps of one kind are one gap and a number, and no file makes a log that nobody
//! reads.

use std::collections::BTreeMap;

/// So many are told; the others are counted.
pub const MAX_TOLD: usize = 200;

/// Sorted, each kind of a file once with its number, and no more than [`MAX_TOLD`].
pub fn summarize(mut gaps: Vec<String>) -> Vec<String> {
    gaps.sort();
    gaps.dedup();
    let mut kinds: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for gap in &gaps {
        *kinds.entry(kind(gap)).or_default() += 1;
    }
    let mut told: Vec<String> = Vec::new();
    for gap in &gaps {
        match kinds.remove(&kind(gap)) {
            Some(1) => told.push(gap.clone()),
            Some(count) => told.push(format!("{gap} (and {} more of this kind in the file)", count - 1)),
            // It was told with the first of its kind.
            None => {}
        }
    }
    if told.len() > MAX_TOLD {
        let more = told.len() - (MAX_TOLD - 1);
        told.truncate(MAX_TOLD - 1);
        told.push(format!("{more} more gaps are not listed; mend those first, or scan fewer files at once"));
    }
    told
}

/// The file and what is wrong, without line and column.
fn kind(gap: &str) -> (&str, &str) {
    let Some((place, what)) = gap.split_once(": ") else { return ("", gap) };
    let file = place.trim_end_matches(|c: char| c.is_ascii_digit() || c == ':');
    (file, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_alike_is_told_once_and_the_rest_is_counted() {
        let mut gaps: Vec<String> = (1..=1000).map(|line| format!("a.tf:{line}:1: it is wrong")).collect();
        gaps.push("b.tf:1:1: it is wrong".to_owned());
        assert_eq!(
            summarize(gaps),
            ["a.tf:1000:1: it is wrong (and 999 more of this kind in the file)", "b.tf:1:1: it is wrong"]
        );
        let told = summarize((0..1000).map(|number| format!("{number}.tf: it is wrong")).collect());
        assert_eq!(told.len(), MAX_TOLD);
        assert!(told[MAX_TOLD - 1].starts_with("801 more gaps"), "{}", told[MAX_TOLD - 1]);
    }
}
