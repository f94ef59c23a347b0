//! Addresses: CIDRs and service tags.

pub mod cidr;
pub mod service_tags;
