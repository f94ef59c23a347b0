//! What modules from elsewhere are called: aliases of `bicepconfig.json`, and those that Bicep knows by itself.

use std::path::Path;

use super::super::arm::module_cache::RemoteReference;
use super::super::declared::{Node, jsonc_of};
use crate::model::open::is_within_bounds;
use crate::model::text_file::TextFile;

/// The aliases that hold for the files of a folder.
#[derive(Debug, Default)]
pub struct Aliases {
    config: Node,
}

impl Aliases {
    /// Of the nearest `bicepconfig.json` at or above a file, in its repository.
    pub fn of(file: &Path) -> Aliases {
        let folder = file.parent().unwrap_or(Path::new(""));
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let Ok(folder) = folder.canonicalize() else { return Aliases::default() };
        let mut configs = folder.ancestors().map(|above| above.join("bicepconfig.json"));
        let found = configs.find(|config| config.is_file() && is_within_bounds(file, config));
        let text = found.and_then(|path| TextFile::read_led_to(file, &path).ok());
        Aliases { config: text.and_then(|text| jsonc_of(&text.text, None)).unwrap_or_default() }
    }

    /// A reference without its alias; none where the alias is not known.
    pub fn resolved(&self, reference: &str) -> Option<RemoteReference> {
        let (scheme, rest) = reference.split_at_checked(2)?;
        let (alias, path) = match rest.split_at_checked(1)? {
            (":", path) => (None, path),
            ("/", rest) => rest.split_once(':').map(|(alias, path)| (Some(alias), path))?,
            _ => return None,
        };
        match scheme {
            "br" => {
                let (path, version) = versioned(path)?;
                let (host, repository) = match alias {
                    None => path.split_once('/').map(|(host, path)| (host.to_owned(), path.to_owned()))?,
                    Some(alias) => {
                        let (host, folder) = self.registry(alias)?;
                        (host, format!("{folder}{path}"))
                    }
                };
                Some(RemoteReference::Registry { host, repository, version: version.to_owned() })
            }
            "ts" => {
                let (path, version) = path.rsplit_once(':')?;
                let (subscription, group, name) = match alias {
                    None => {
                        let mut parts = path.splitn(3, '/').map(str::to_owned);
                        (parts.next()?, parts.next()?, parts.next()?)
                    }
                    Some(alias) => {
                        let alias = self.alias("ts", alias)?;
                        let text = |name: &str| Some(alias.get(name)?.as_str()?.to_owned());
                        (text("subscription")?, text("resourceGroup")?, path.to_owned())
                    }
                };
                Some(RemoteReference::TemplateSpec { subscription, group, name, version: version.to_owned() })
            }
            _ => None,
        }
    }

    /// The host and the folder of an alias.
    fn registry(&self, alias: &str) -> Option<(String, String)> {
        let Some(known) = self.alias("br", alias) else {
            return (alias == "public").then(|| ("mcr.microsoft.com".to_owned(), "bicep/".to_owned()));
        };
        let host = known.get("registry")?.as_str()?.to_owned();
        let folder = known.get("modulePath").and_then(Node::as_str).map(|path| format!("{}/", path.trim_matches('/')));
        Some((host, folder.unwrap_or_default()))
    }

    fn alias(&self, scheme: &str, alias: &str) -> Option<&Node> {
        self.config.get("moduleAliases")?.get(scheme)?.get(alias)
    }
}

/// `path:tag`, `path@digest`.
fn versioned(path: &str) -> Option<(&str, &str)> {
    path.split_once('@').or_else(|| path.rsplit_once(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(config: &str, reference: &str) -> Option<(String, String, String)> {
        let aliases = Aliases { config: jsonc_of(config, None).unwrap_or_default() };
        match aliases.resolved(reference)? {
            RemoteReference::Registry { host, repository, version } => Some((host, repository, version)),
            RemoteReference::TemplateSpec { subscription, group, name, version } => {
                Some((subscription, format!("{group}/{name}"), version))
            }
        }
    }

    #[test]
    fn references_are_known_without_their_aliases() {
        let config = r#"{ // of the platform team
            "moduleAliases": {
                "br": {"platform": {"registry": "platform.azurecr.io", "modulePath": "bicep/modules"}},
                "ts": {"specs": {"subscription": "S", "resourceGroup": "G"}},
            }}"#;
        for (reference, expected) in [
            ("br/public:avm/res/x/y:1.0", Some(("mcr.microsoft.com", "bicep/avm/res/x/y", "1.0"))),
            ("br/platform:acr:v2", Some(("platform.azurecr.io", "bicep/modules/acr", "v2"))),
            ("br:example.azurecr.io/a/b:1", Some(("example.azurecr.io", "a/b", "1"))),
            ("br:localhost:5000/a@sha256:ab", Some(("localhost:5000", "a", "sha256:ab"))),
            ("ts:s/g/n:1", Some(("s", "g/n", "1"))),
            ("ts/specs:n:1", Some(("S", "G/n", "1"))),
            ("br/other:x:1", None),
            ("br/platform", None),
            ("b", None),
        ] {
            let expected = expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned()));
            assert_eq!(resolved(config, reference), expected, "{reference}");
        }
    }
}
