//! SHA-256 as lower-case hex: what names a thing by its content.

use sha2::{Digest, Sha256};

/// The whole digest: 64 characters.
pub fn sha256(bytes: impl AsRef<[u8]>) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Its beginning, to tell a few things apart in a name that people read.
pub fn short(text: &str) -> String {
    sha256(text)[..8].to_owned()
}
