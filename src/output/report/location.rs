//! Where a finding is in the repository that the scan runs in: GitHub knows files by their paths there.

use std::path::{Path, PathBuf};

use crate::model::finding::{Finding, Location, Region};
use crate::model::path::{normalize, repository_of};
use crate::model::text_file::TextFile;

/// The repository: the folder that holds `.git`, at or above the working directory; else the working directory.
pub struct Repository {
    here: PathBuf,
    root: PathBuf,
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
        let root = repository_of(&here).unwrap_or(&here).to_owned();
        Repository { here, root }
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

    /// The path relative to the repository; `None` where it lies elsewhere.
    pub fn relative(&self, path: &str) -> Option<String> {
        let absolute = normalize(&self.here.join(path));
        let below = |path: &Path| {
            let rest = path.strip_prefix(&self.root).ok()?;
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
        let repository = Repository { here: "/repo/infra".into(), root: "/repo".into() };
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
    fn what_is_outside_has_a_path_that_github_takes() {
        assert_eq!(external_path("../../shared/x.tf"), "external/shared/x.tf");
        assert_eq!(external_path("/opt/modules/x.tf"), "external/opt/modules/x.tf");
        assert_eq!(external_path("C:/modules//x.tf"), "external/C/modules/x.tf");
    }
}
