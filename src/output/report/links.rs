//! Where a reader may go from a report: to the line, at the commit that was scanned, and to the policy's page. A job of
//! GitHub Actions or GitLab says where its repository is shown; elsewhere there are no links.

use std::env;

use crate::policy::Policy;

/// The folder of the policies' pages, as an address.
pub const POLICY_PAGES: &str = "ACRSCAN_POLICY_PAGES";

/// Addresses that paths and names are added to.
#[derive(Debug, Clone, Default)]
pub struct Links {
    files: Option<String>,
    pages: Option<String>,
}

impl Links {
    /// What the environment says.
    pub fn from_environment() -> Links {
        let of = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        let github = || {
            let (server, repository) = (of("GITHUB_SERVER_URL")?, of("GITHUB_REPOSITORY")?);
            Some(format!("{server}/{repository}/blob/{}", of("GITHUB_SHA")?))
        };
        let gitlab = || Some(format!("{}/-/blob/{}", of("CI_PROJECT_URL")?, of("CI_COMMIT_SHA")?));
        let repository = Some(env!("CARGO_PKG_REPOSITORY")).filter(|address| !address.is_empty());
        let own = || Some(format!("{}/blob/v{}/docs/policies", repository?, env!("CARGO_PKG_VERSION")));
        Links {
            files: github().or_else(gitlab).filter(|address| is_address(address)),
            pages: of(POLICY_PAGES).filter(|address| is_address(address)).or_else(own),
        }
    }

    /// A line of a file; the path is the repository's.
    pub fn line(&self, path: &str, line: u32) -> Option<String> {
        Some(format!("{}/{}#L{line}", self.files.as_ref()?, uri(path)))
    }

    /// The page of a policy. Those of a user's own have none.
    pub fn page(&self, policy: &Policy) -> Option<String> {
        let pages = self.pages.as_ref().filter(|_| policy.builtin)?;
        Some(format!("{}/{}.md", pages.trim_end_matches('/'), policy.id))
    }
}

/// Nothing in it ends a link, and no part is empty, as one is that the job does not know.
fn is_address(address: &str) -> bool {
    let rest = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        let parts: Vec<&str> = rest.trim_end_matches('/').split('/').collect();
        parts.len() > 1
            && parts.iter().all(|part| !part.is_empty())
            && rest.chars().all(|c| c.is_ascii_alphanumeric() || "-._~/:%+@".contains(c))
    })
}

/// A path as a relative URI reference: nothing in it can be read as a scheme, a query or a fragment, or ends a link.
pub fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::report::sample;

    #[test]
    fn a_link_leads_to_the_line_and_nothing_in_a_name_ends_it() {
        let files = Some("https://github.com/contoso/infra/blob/0a1b".to_owned());
        let links = Links { files, pages: Some("https://github.com/o/acrscan/blob/main/docs/policies".to_owned()) };
        let line = links.line("a b)/main.tf", 3);
        assert_eq!(line.as_deref(), Some("https://github.com/contoso/infra/blob/0a1b/a%20b%29/main.tf#L3"));
        let mut policy = sample::report().policies[0].clone();
        let page = "https://github.com/o/acrscan/blob/main/docs/policies/admin-user.md";
        assert_eq!(links.page(&policy).as_deref(), Some(page));
        policy.builtin = false;
        assert_eq!(links.page(&policy), None);
    }

    #[test]
    fn what_is_no_address_is_none() {
        for bad in ["", "//blob//docs", "https://github.com//x", "https://a/b c", "https://a/b)", "javascript:a/b"] {
            assert!(!is_address(bad), "{bad}");
        }
        assert!(is_address("https://github.com/o/acrscan/blob/v1/docs/policies"));
    }
}
