//! `oci://registry/repository:tag@sha256:digest`

use std::fmt;
use std::str::FromStr;

/// The scheme, as conftest and OPA write it.
pub const SCHEME: &str = "oci://";

/// Where an artifact lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Host and port.
    pub registry: String,
    /// The repository's path.
    pub repository: String,
    tag: Option<String>,
    digest: Option<String>,
}

impl Reference {
    /// The digest that it is pinned to, in hex.
    pub fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    /// What is asked for: the tag, so that one that moved is told; else the digest.
    pub fn name_or_digest(&self) -> String {
        match (&self.tag, &self.digest) {
            (Some(tag), _) => tag.clone(),
            (None, Some(digest)) => format!("sha256:{digest}"),
            (None, None) => "latest".to_owned(),
        }
    }

    /// Without the pin: what stays the same from one version to the next.
    pub fn unpinned(&self) -> String {
        let tag = self.tag.as_ref().map(|tag| format!(":{tag}")).unwrap_or_default();
        format!("{SCHEME}{}/{}{tag}", self.registry, self.repository)
    }

    /// Whether the registry is on this machine: then, and only then, it may be asked without TLS.
    pub fn is_loopback(&self) -> bool {
        let host = self.host();
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// The registry's host, without the port.
    pub fn host(&self) -> &str {
        match self.registry.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default(),
            None => self.registry.split(':').next().unwrap_or_default(),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.unpinned())?;
        self.digest.as_ref().map_or(Ok(()), |digest| write!(f, "@sha256:{digest}"))
    }
}

/// Whether a text is SHA-256 in lower-case hex.
pub fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

impl FromStr for Reference {
    type Err = String;

    fn from_str(text: &str) -> Result<Reference, String> {
        let wrong = |why: &str| Err(format!("{text:?}: {why}; write oci://registry/repository:tag or @sha256:digest"));
        let Some(rest) = text.strip_prefix(SCHEME) else { return wrong("it does not begin with oci://") };
        let (rest, digest) = match rest.split_once('@') {
            None => (rest, None),
            Some((rest, pin)) => match pin.strip_prefix("sha256:").filter(|hex| is_sha256(hex)) {
                Some(hex) => (rest, Some(hex.to_owned())),
                None => return wrong("the digest is sha256: and 64 characters of lower-case hex"),
            },
        };
        let Some((registry, path)) = rest.split_once('/') else { return wrong("the repository is missing") };
        let (repository, tag) = match path.rsplit_once(':') {
            Some((repository, tag)) => (repository, Some(tag)),
            None => (path, None),
        };
        let is_name = |name: &str, more: &str| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
        };
        if !is_name(registry, "-._:[]") {
            return wrong("the registry is no host");
        }
        let is_part = |part: &str| is_name(part, "-._") && !part.starts_with('.');
        if !repository.split('/').all(is_part) {
            return wrong("the repository is no path of names");
        }
        if tag.is_some_and(|tag| !is_name(tag, "-._") || tag.len() > 128) {
            return wrong("the tag is no name");
        }
        let (registry, repository) = (registry.to_lowercase(), repository.to_owned());
        Ok(Reference { registry, repository, tag: tag.map(str::to_owned), digest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_read_and_written() {
        let pin = "a".repeat(64);
        let pinned = format!("oci://contoso.azurecr.io/team/policies:v1@sha256:{pin}");
        let read: Reference = pinned.parse().expect("a reference");
        assert_eq!((read.registry.as_str(), read.repository.as_str()), ("contoso.azurecr.io", "team/policies"));
        assert_eq!((read.name_or_digest().as_str(), read.digest()), ("v1", Some(pin.as_str())));
        assert_eq!((read.to_string(), read.unpinned().as_str()), (pinned, "oci://contoso.azurecr.io/team/policies:v1"));
        let local: Reference = "oci://127.0.0.1:5000/p".parse().expect("a reference");
        assert!(local.is_loopback() && local.name_or_digest() == "latest");
        for remote in ["oci://127.0.0.1.evil.example/p", "oci://localhost.evil.example/p"] {
            assert!(!remote.parse::<Reference>().expect("a reference").is_loopback(), "{remote}");
        }
        let bad =
            ["https://x/y", "oci://x", "oci:///y", "oci://x/../y", "oci://x/y@sha256:1", "oci://u@x/y", "oci://x/y?z"];
        for text in bad {
            assert!(text.parse::<Reference>().is_err_and(|why| why.contains("write oci://")), "{text}");
        }
    }
}
