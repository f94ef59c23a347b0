//! What one language hands over.

use super::declared::DeclaredRegistry;
use crate::model::inventory::{FileRead, SkippedFile};

/// What one language read.
#[derive(Debug, Default)]
pub struct Extraction {
    /// The registries, in any order.
    pub registries: Vec<DeclaredRegistry>,
    /// What was not read: `path:line:column: what is wrong, and what to do`. Nothing of it is guessed; the rest is read.
    pub gaps: Vec<String>,
    /// What was read, for the user to see.
    pub files_read: Vec<FileRead>,
    /// What was seen and skipped, and why.
    pub skipped: Vec<SkippedFile>,
}
