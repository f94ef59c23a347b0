//! Writes what is of an owner and a group, and no others': with the mode of the umask, and no more than that.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

/// Writes a file that others than owner and group cannot read.
///
/// # Errors
/// It cannot be written.
pub fn write(path: &Path, content: impl AsRef<[u8]>) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o640);
    options.open(path)?.write_all(content.as_ref())
}

/// Makes a folder, and those above it, that others than owner and group cannot enter.
///
/// # Errors
/// It cannot be made.
pub fn create_folders(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o750);
    builder.create(path)
}

/// Gives a folder that was made for its owner alone what the umask leaves to the group, as a file within shows.
///
/// # Errors
/// The file is not there, or the mode cannot be changed.
pub fn open_to_group(folder: &Path, file: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let is_readable = fs::metadata(file)?.permissions().mode() & 0o040 != 0;
        let mode = if is_readable { 0o750 } else { 0o700 };
        fs::set_permissions(folder, fs::Permissions::from_mode(mode))?;
    }
    #[cfg(not(unix))]
    fs::metadata(folder).and(fs::metadata(file))?;
    Ok(())
}
