//! Calls the library: what policies say of thousands of documents, on either engine, and the rules of the source tree.

#[path = "../documents/mod.rs"]
mod documents;

mod circles;
mod declared;
mod engines;
mod fix;
mod hostile;
mod policies;
mod spellings;
mod structure;
mod task_paths;
