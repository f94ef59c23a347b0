//! To come.

use super::code::{Found, Read};

/// To come.
pub fn read(_found: &Found) -> Read {
    Read::default()
}
