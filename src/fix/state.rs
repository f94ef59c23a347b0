//! A registry while its script is made.

use serde_json::Value;

use super::clients::ClientRange;
use super::draft::Draft;
use crate::evaluate::Standing;
use crate::model::finding::Finding;

/// A registry at one point of the script.
#[derive(Clone)]
pub struct State {
    pub draft: Draft,
    /// As the policies see it.
    pub document: Value,
    pub standing: Standing,
    pub clients: ClientRange,
    pub findings: Vec<Finding>,
}
