//! What becomes of findings: waived, compared with a baseline.

pub mod baseline;
pub mod coverage;
pub mod vanished;
pub mod waiver;
