//! acrscan: who can reach your Azure Container Registries over the network, and can their ACR Tasks still.
//!
//! ```text
//! source  ──►  Inventory  ──►  evaluate  ──►  Vec<Finding>  ──►  waive, compare  ──►  Report  ──►  output  ──►  exit code
//! azure        registries      regorus,                          acrscan.toml,                    text sarif
//! snapshot     + gaps          rayon                             comments,                        markdown json
//! terraform                                                      baseline                         github junit
//! arm, bicep
//! ```

pub mod baseline;
pub mod cidr;
pub mod cli;
pub mod cloud;
pub mod config;
pub mod console;
pub mod coverage;
pub mod evaluate;
pub mod finding;
pub mod input;
pub mod inputs;
pub mod inventory;
pub mod json_text;
pub mod output;
pub mod policies;
pub mod policy;
pub mod report;
pub mod resource_id;
pub mod scan;
pub mod service_tags;
pub mod source;
pub mod tags;
pub mod text_file;
pub mod waiver;
