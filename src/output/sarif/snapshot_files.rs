//! The files of a snapshot that is kept in the repository. GitHub's upload computes a hash of the line for whatever file
//! it finds there, and warns of each result that has another.

use std::collections::HashMap;

use super::super::report::location::Repository;
use crate::model::finding::{Finding, Location};
use crate::model::open;
use crate::model::text_file::TextFile;

/// The text of each, by the path that findings give.
pub struct SnapshotFiles(HashMap<String, Option<TextFile>>);

impl SnapshotFiles {
    /// Reads the files that some findings point to and that are in the repository.
    pub fn read<'a>(findings: impl IntoIterator<Item = &'a Finding>, repository: &Repository) -> SnapshotFiles {
        let mut files = HashMap::new();
        for finding in findings {
            if let Location::File { path, .. } = &finding.location
                && !files.contains_key(path)
            {
                let inside = repository.relative(path).is_some();
                let read = || String::from_utf8(open::bytes(path.as_ref()).ok()?).ok();
                let text = if inside { read() } else { None };
                files.insert(path.clone(), text.map(|text| TextFile::new(path.as_str(), text)));
            }
        }
        SnapshotFiles(files)
    }

    /// The hash of the line that a finding is at, where it is in such a file.
    pub fn line_hash(&self, finding: &Finding) -> Option<String> {
        match &finding.location {
            Location::File { path, region } => self.0.get(path)?.as_ref()?.line_hash(region.start_line),
            Location::Live | Location::Source { .. } => None,
        }
    }
}
