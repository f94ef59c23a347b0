//! What one language hands over.

use super::declared::DeclaredRegistry;
use crate::model::file_gap::FileGap;
use crate::model::inventory::{FileRead, SkippedFile};

/// What one language read.
#[derive(Debug, Default)]
pub struct Extraction {
    /// The registries, in any order.
    pub registries: Vec<DeclaredRegistry>,
    /// What was not read. Nothing of it is guessed; the rest is read.
    pub gaps: Vec<FileGap>,
    /// What was read, for the user to see.
    pub files_read: Vec<FileRead>,
    /// What was seen and skipped, and why.
    pub skipped: Vec<SkippedFile>,
}

impl Extraction {
    /// Takes in what another one has.
    pub fn add(&mut self, other: Extraction) {
        self.registries.extend(other.registries);
        self.gaps.extend(other.gaps);
        self.files_read.extend(other.files_read);
        self.skipped.extend(other.skipped);
    }
}
