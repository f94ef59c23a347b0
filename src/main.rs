//! The acrscan binary.

fn main() {}
