//! Where a finding is in the repository that the scan runs in: GitHub knows files by their paths there.

use std::path::{Path, PathBuf};

use crate::model::finding::{Finding, Location, Region};
use crate::model::open;
use crate::model::path::{normalize, superproject_of};
use crate::model::registry_id::RegistryId;
use crate::model::text_file::TextFile;

/// Where a live registry stands in its invented file.
const LIVE: Region = Region { start_line: 1, start_column: 1, end_line: 1, end_column: 1 };

/// The repository: the folder that holds `.git`, at or above the working directory, whatever submodule that is in; else
/// the folder that the job says it was checked out to; else the working directory.
pub struct Repository {
    here: PathBuf,
    root: PathBuf,
    /// Whether the root is a repository. Where it is none, those below it are, as with a checkout to a folder.
    is_checkout: bool,
}

/// A place in a file of the repository.
pub struct ReportLocation<'a> {
    /// Path relative to the repository, with `/` between segments.
    pub path: String,
    /// The place in it.
    pub region: Region,
    /// The file, where it is source code that was read.
    pub file: Option<&'a TextFile>,
}

impl Repository {
    /// The repository of the working directory.
    pub fn find() -> Repository {
        let here = std::env::current_dir().unwrap_or_default();
        let own = superproject_of(&here).map(Path::to_owned);
        let is_checkout = own.is_some();
        let workspace = || open::workspaces().into_iter().find(|workspace| here.starts_with(workspace));
        let root = own.or_else(workspace).unwrap_or_else(|| here.clone());
        Repository { here, root, is_checkout }
    }

    /// One that need not be there.
    #[cfg(test)]
    pub fn at(here: &str, root: &str) -> Repository {
        Repository { here: here.into(), root: root.into(), is_checkout: true }
    }

    /// Whether a path is the repository's own folder.
    pub fn is_root(&self, path: &Path) -> bool {
        let absolute = normalize(&self.here.join(path));
        let root = self.root_of(&absolute);
        absolute == root || absolute.canonicalize().is_ok_and(|real| real == root)
    }

    /// The folder that paths are relative to: of a workspace with several checkouts, each file's own.
    fn root_of<'a>(&'a self, path: &'a Path) -> &'a Path {
        let below = || superproject_of(path).filter(|root| root.starts_with(&self.root));
        if self.is_checkout { &self.root } else { below().unwrap_or(&self.root) }
    }

    /// Where GitHub can show a finding. What lies outside the repository it cannot: a module's file there gives way to
    /// the nearest related place within, such as the module's call. `None` where there is none, and for live resources.
    pub fn locate<'a>(&self, finding: &'a Finding) -> Option<ReportLocation<'a>> {
        match &finding.location {
            Location::Live => None,
            Location::File { path, region } => {
                Some(ReportLocation { path: self.relative(path)?, region: *region, file: None })
            }
            Location::Source { file, region } => {
                let related = finding.related.iter().map(|related| (&related.file, related.region));
                std::iter::once((file, *region)).chain(related).find_map(|(file, region)| {
                    Some(ReportLocation { path: self.relative(&file.path)?, region, file: Some(file) })
                })
            }
        }
    }

    /// A place for whatever takes no finding without one: what is in no file of the repository stands at a path of its own,
    /// a registry in Azure at that of its id.
    pub fn locate_or_invent<'a>(&self, finding: &'a Finding) -> ReportLocation<'a> {
        let live = || RegistryId::parse(&finding.resource).map(|id| format!("azure/{}", id.path())).unwrap_or_default();
        self.locate(finding).unwrap_or_else(|| match &finding.location {
            Location::Source { file, region } => {
                ReportLocation { path: external_path(&file.path), region: *region, file: Some(file) }
            }
            // A file elsewhere on this machine is nothing to whoever reads the report.
            Location::File { .. } | Location::Live => ReportLocation { path: live(), region: LIVE, file: None },
        })
    }

    /// The path relative to the repository, or one for what lies elsewhere.
    pub fn relative_or_external(&self, path: &str) -> String {
        self.relative(path).unwrap_or_else(|| external_path(path))
    }

    /// The path relative to the repository; `None` where it lies elsewhere.
    pub fn relative(&self, path: &str) -> Option<String> {
        let absolute = normalize(&self.here.join(path));
        let below = |path: &Path| {
            let rest = path.strip_prefix(self.root_of(path)).ok()?;
            let segments: Vec<_> = rest.components().map(|segment| segment.as_os_str().to_string_lossy()).collect();
            Some(segments.join("/")).filter(|path| !path.is_empty())
        };
        // A folder may be known by two names, one of which is a link.
        below(&absolute).or_else(|| below(&absolute.canonicalize().ok()?))
    }
}

/// A path for what lies outside: relative and without `..`, for GitHub refuses a whole file of results for one path
/// that is not.
pub fn external_path(path: &str) -> String {
    let segments = path.split(['/', '\\']).filter(|segment| !matches!(*segment, "" | "." | ".."));
    std::iter::once("external".to_owned()).chain(segments.map(|s| s.replace(':', ""))).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_the_repositorys() {
        let repository = Repository::at("/repo/infra", "/repo");
        let cases = [
            ("main.tf", Some("infra/main.tf")),
            ("./a/../main.tf", Some("infra/main.tf")),
            ("../modules/acr/main.tf", Some("modules/acr/main.tf")),
            ("/repo/x.bicep", Some("x.bicep")),
            ("../../x.tf", None),
            ("/etc/x.tf", None),
            ("..", None),
            ("../../../../../../x.tf", None),
        ];
        for (path, expected) in cases {
            assert_eq!(repository.relative(path).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn a_checkout_in_a_folder_of_the_workspace_has_its_own_paths() {
        let parent = tempfile::tempdir().expect("a folder");
        let workspace = parent.path().canonicalize().expect("a path");
        for folder in ["one/.git", "one/infra", "two/.git", "plain"] {
            std::fs::create_dir_all(workspace.join(folder)).expect("made");
        }
        // A submodule's files are the superproject's, to whoever checks that out.
        std::fs::create_dir_all(workspace.join("one/modules/acr")).expect("made");
        let gitdir = "gitdir: ../../.git/modules/modules/acr\n";
        std::fs::write(workspace.join("one/modules/acr/.git"), gitdir).expect("written");
        let at = |here: &str| Repository { here: workspace.join(here), root: workspace.clone(), is_checkout: false };
        let cases = [
            ("one/infra/main.tf", Some("infra/main.tf")),
            ("two/main.tf", Some("main.tf")),
            ("plain/main.tf", Some("plain/main.tf")),
            ("one/modules/acr/main.tf", Some("modules/acr/main.tf")),
            ("../main.tf", None),
        ];
        for (path, expected) in cases {
            assert_eq!(at("").relative(path).as_deref(), expected, "{path}");
        }
        assert!(at("").is_root(Path::new("one")) && at("one").is_root(Path::new(".")));
        assert!(!at("").is_root(Path::new("plain")));
    }

    #[test]
    fn what_is_outside_has_a_path_that_github_takes() {
        assert_eq!(external_path("../../shared/x.tf"), "external/shared/x.tf");
        assert_eq!(external_path("/opt/modules/x.tf"), "external/opt/modules/x.tf");
        assert_eq!(external_path("C:/modules//x.tf"), "external/C/modules/x.tf");
    }
}
