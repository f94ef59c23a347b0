//! Bicep files: parsed, evaluated, and made into registries.

mod aliases;
mod beside;
mod compiled;
mod declare;
mod evaluate;
mod files;
mod instances;
mod lower;
mod parameter_files;
mod parameters;
mod reader;
mod symbols;
mod syntax;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use self::files::Files;
use self::parameters::Using;
use self::reader::Reader;
use super::arm::Claims;
use super::arm::expression::on_deep_stack;
use super::discover::SourceFiles;
use super::extraction::Extraction;

/// Reads the Bicep files, each that is no module of another, once for each of its parameter files; and what of the
/// templates that were found they deploy.
pub fn read(found: &SourceFiles) -> (Extraction, Claims) {
    if found.bicep.is_empty() && found.bicep_parameters.is_empty() {
        return Default::default();
    }
    on_deep_stack(|| Reader::default().read(found))
}

/// The Bicep file on disk that a parameter file is for.
pub fn file_for(parameters: &Path) -> Option<PathBuf> {
    let unit = on_deep_stack(|| Files::default().load(parameters)).ok()?;
    match parameters::using(&unit) {
        Using::File(path) => {
            Some(path).filter(|path| path.extension().is_some_and(|end| end == "bicep") && path.is_file())
        }
        _ => None,
    }
}
