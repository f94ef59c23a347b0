//! Places in files, and what of a file was not read.

use std::fmt;

/// A file, or a folder, and the line and column in it where they are known. In order of path, then line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FilePosition {
    /// The path, as a user would open it.
    pub path: String,
    /// Line and column, both from 1.
    pub start: Option<(u32, u32)>,
}

impl FilePosition {
    /// At a line and column, both from 1.
    pub fn new(path: impl Into<String>, line: u32, column: u32) -> FilePosition {
        FilePosition { path: path.into(), start: Some((line, column)) }
    }
}

impl From<String> for FilePosition {
    fn from(path: String) -> FilePosition {
        FilePosition { path, start: None }
    }
}

/// `path:line:column`, as editors take it.
impl fmt::Display for FilePosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.start {
            Some((line, column)) => write!(f, "{}:{line}:{column}", self.path),
            None => f.write_str(&self.path),
        }
    }
}

/// A file, or a part of it, that was not read. In order of path, then line, then reason.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileGap {
    /// Where it is.
    pub location: FilePosition,
    /// What is wrong, and what to do.
    pub reason: String,
}

impl FileGap {
    /// At this place, for this reason.
    pub fn new(location: impl Into<FilePosition>, reason: impl Into<String>) -> FileGap {
        FileGap { location: location.into(), reason: reason.into() }
    }
}

/// `path:line:column: reason`
impl fmt::Display for FileGap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.location, self.reason)
    }
}

/// Tests write gaps as users see them.
#[cfg(test)]
impl PartialEq<&str> for FileGap {
    fn eq(&self, other: &&str) -> bool {
        format!("{self}").as_str() == *other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_in_order_of_their_lines_as_numbers() {
        let gap = |line, reason| FileGap::new(FilePosition::new("main.tf", line, 1), reason);
        let whole = FileGap::new("main.tf".to_owned(), "it is empty");
        let mut gaps = vec![gap(10, "a"), gap(9, "b"), gap(9, "a"), FileGap::new("b.tf".to_owned(), "z"), whole];
        gaps.sort();
        let expected = ["b.tf: z", "main.tf: it is empty", "main.tf:9:1: a", "main.tf:9:1: b", "main.tf:10:1: a"];
        assert_eq!(gaps, expected);
    }
}
