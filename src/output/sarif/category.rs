//! The category of a run, by which GitHub tells uploads apart: of one category it closes the alerts that the next upload
//! does not hold. So what another scan could not find has another category: other folders, other policies.

use std::collections::BTreeSet;
use std::path::Path;

use super::super::report::location::Repository;
use super::options::CategoryOptions;
use crate::model::digest;
use crate::model::finding::ScopeName;

/// Longer names of folders are cut, and told apart by a hash.
const MAX_SOURCE: usize = 100;

/// A longer category is refused: GitHub shows it, and makes a file's and an analysis's name of it.
const MAX_PREFIX: usize = 150;

/// `automationDetails.id`: what is before the last slash is the category.
///
/// `acrscan/live/<subscription>/` and `acrscan/iac/<folder>/`; another set of policies stands before `live` and `iac`.
pub fn category(scope: &ScopeName, options: &CategoryOptions, repository: &Repository) -> String {
    let prefix = |kind: &str| match (&options.prefix, &options.policy_set) {
        (Some(prefix), _) => prefix.trim_end_matches('/').to_owned(),
        (None, Some(set)) => format!("acrscan/{set}/{kind}"),
        (None, None) => format!("acrscan/{kind}"),
    };
    match scope {
        ScopeName::Subscription(id) => format!("{}/{id}/", prefix("live")),
        ScopeName::Source => match source(&options.source, repository) {
            Some(source) if options.prefix.is_none() => format!("{}/{source}/", prefix("iac")),
            _ => format!("{}/", prefix("iac")),
        },
    }
}

/// What was named, relative to the repository; `None` for all of it.
fn source(named: &[impl AsRef<Path>], repository: &Repository) -> Option<String> {
    let names: BTreeSet<String> = named.iter().map(|path| name(path.as_ref(), repository)).collect();
    let joined = names.into_iter().collect::<Vec<_>>().join("+");
    if joined.is_empty() || joined == "." {
        return None;
    }
    // What GitHub makes of other characters is not written down.
    let plain: String =
        joined.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.+/".contains(c) { c } else { '_' }).collect();
    if plain == joined && plain.len() <= MAX_SOURCE {
        return Some(plain);
    }
    let cut = plain.get(..MAX_SOURCE).unwrap_or(&plain).trim_end_matches('/');
    Some(format!("{cut}-{}", digest::short(&joined)))
}

/// A path of the repository; of what lies elsewhere the name alone, for its folder may be another tomorrow.
fn name(path: &Path, repository: &Repository) -> String {
    if let Some(relative) = repository.relative(&path.to_string_lossy()) {
        return relative;
    }
    if repository.is_root(path) {
        return ".".to_owned();
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    format!("external/{name}")
}

/// A category that somebody gives, as clap wants it.
///
/// # Errors
/// GitHub would take it for none, or refuse it: why, and what it may be.
pub fn parse_prefix(text: &str) -> Result<String, String> {
    let may_be = "it is what tells one scan of a repository from another, as in platform/prod";
    if text.trim_matches(['/', ' ']).is_empty() {
        return Err(format!("an empty category is the category of whatever has none; {may_be}"));
    }
    if let Some(odd) = text.chars().find(|c| !(c.is_ascii_graphic() || *c == ' ') || "\\\"'<>`".contains(*c)) {
        return Err(format!("a category may not hold {odd:?}; {may_be}"));
    }
    if text.starts_with(['/', ' ']) || text.ends_with(' ') || text.contains("//") {
        return Err(format!("a category neither begins with a slash nor has an empty part; {may_be}"));
    }
    if text.len() > MAX_PREFIX {
        return Err(format!("a category of more than {MAX_PREFIX} characters is not taken; {may_be}"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn of(named: &[&str], set: Option<&str>) -> String {
        let repository = Repository::at("/repo/work", "/repo");
        let source = named.iter().map(PathBuf::from).collect();
        let options = CategoryOptions { prefix: None, policy_set: set.map(str::to_owned), source };
        category(&ScopeName::Source, &options, &repository)
    }

    #[test]
    fn each_leg_has_its_own_and_keeps_it() {
        assert_eq!(of(&["infra/a"], None), "acrscan/iac/work/infra/a/");
        assert_eq!(of(&["./infra//a/"], None), of(&["infra/a"], None));
        assert_eq!(of(&["/repo/work/infra/a"], None), of(&["infra/a"], None));
        assert_eq!(of(&["b", "a"], None), "acrscan/iac/work/a+work/b/");
        assert_eq!(of(&["b", "a", "a"], None), of(&["a", "b"], None));
        assert_eq!(of(&["."], None), "acrscan/iac/work/");
        assert_eq!(of(&[".."], None), "acrscan/iac/");
        assert_eq!(of(&[".."], Some("hardening")), "acrscan/hardening/iac/");
        assert_eq!(of(&["../hardening"], None), "acrscan/iac/hardening/");
        assert_eq!(of(&["/tmp/x81f/plan.json"], None), of(&["/tmp/y05a/plan.json"], None));
    }

    #[test]
    fn odd_and_long_names_stay_apart() {
        let odd = [of(&["a b"], None), of(&["a_b"], None), of(&["a\nb"], None), of(&["ä"], None), of(&["ö"], None)];
        assert_eq!(odd.iter().collect::<BTreeSet<_>>().len(), odd.len(), "{odd:?}");
        let (one, other) = (of(&[&"x".repeat(300)], None), of(&[&"x".repeat(301)], None));
        assert!(one != other && one.len() < 130, "{one}");
        assert!(odd.iter().all(|id| parse_prefix(id).is_ok()), "{odd:?}");
    }

    #[test]
    fn what_somebody_gives_is_all_there_is() {
        let repository = Repository::at("/repo", "/repo");
        let options = CategoryOptions {
            prefix: Some("platform/".to_owned()),
            policy_set: Some("all".to_owned()),
            source: vec!["infra".into()],
        };
        assert_eq!(category(&ScopeName::Source, &options, &repository), "platform/");
        let subscription = ScopeName::Subscription("5d1c".to_owned());
        assert_eq!(category(&subscription, &options, &repository), "platform/5d1c/");
    }

    #[test]
    fn what_github_would_not_take_is_refused_in_words() {
        for bad in ["", "/", " ", "///", "/a", "a//b", "a\nb", "a\u{202e}b", "ä", "a\\b", "<b>", &"x".repeat(151)] {
            let why = parse_prefix(bad).expect_err(bad);
            assert!(why.ends_with("as in platform/prod"), "{why}");
        }
        for good in ["platform", "platform/prod/", "acrscan/iac/infra", "two words", "a+b"] {
            assert_eq!(parse_prefix(good).as_deref(), Ok(good));
        }
    }
}
