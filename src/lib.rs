//! acrscan: who can reach your Azure Container Registries over the network, and can their ACR Tasks still.
//!
//! `ARCHITECTURE.md` draws how data flows, and says which room may import which.

pub mod cli;
pub mod config;
pub mod document;
pub mod evaluate;
pub mod fix;
pub mod model;
pub mod net;
pub mod oci;
pub mod output;
pub mod policy;
pub mod source;
pub mod triage;
