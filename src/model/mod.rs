//! The words that all rooms speak.

pub mod cloud;
pub mod digest;
pub mod exposure;
pub mod file_gap;
pub mod finding;
pub mod git;
pub mod inventory;
pub mod json_text;
pub mod limits;
pub mod masked;
pub mod open;
pub(crate) mod path;
pub mod private_file;
pub mod program;
pub mod registry_id;
pub mod repository;
pub mod text_file;
pub mod told;
pub mod visible;
pub mod writable;
