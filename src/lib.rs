//! acrscan: who can reach your Azure Container Registries over the network, and can their ACR Tasks still.

pub mod cloud;
pub mod finding;
pub mod inventory;
pub mod service_tags;
pub mod source;
