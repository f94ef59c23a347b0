//! acrscan: who can reach your Azure Container Registries over the network, and can their ACR Tasks still.
//!
//! ```text
//! source  ──►  Inventory  ──►  evaluate  ──►  Vec<Finding>  ──►  waive, compare  ──►  Report  ──►  output  ──►  exit code
//! azure        registries      regorus,                          acrscan.toml,                    text sarif
//! snapshot     + gaps          rayon                             comments,                        markdown json
//! terraform                                                      baseline                         github junit
//! arm, bicep
//! ```

pub mod cli;
pub mod config;
pub mod document;
pub mod evaluate;
pub mod model;
pub mod net;
pub mod output;
pub mod policy;
pub mod source;
pub mod triage;
