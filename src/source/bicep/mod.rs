//! Bicep files: parsed, evaluated, and made into registries.

mod declare;
mod files;
mod lexer;
mod lower;
mod parser;
mod symbols;
mod syntax;

use super::code::{Found, Read};

/// To come.
pub fn read(_found: &Found) -> Read {
    Read::default()
}
