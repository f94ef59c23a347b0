//! Whether something can be written where it is to be, before there is anything to write.

use std::io;
use std::path::Path;

/// The folder that a path is in.
pub fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// The path itself where it is there, else the nearest folder above it that is.
pub fn nearest(path: &Path) -> &Path {
    let mut folder = path;
    while !folder.exists() && folder != Path::new(".") {
        folder = parent(folder);
    }
    folder
}

/// Makes a file in a folder, which is gone again at once.
///
/// # Errors
/// The folder is not there, or takes none.
pub fn check(folder: &Path) -> io::Result<()> {
    tempfile::Builder::new().prefix(".acrscan-").tempfile_in(folder).map(drop)
}
