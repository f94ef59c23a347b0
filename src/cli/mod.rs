//! What a person types: the command line, and what each command does.

pub mod args;
pub mod commands;
pub mod console;
