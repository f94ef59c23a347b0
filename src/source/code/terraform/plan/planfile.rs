//! The messages of Terraform's binary format, as much of them as a plan's reader needs; what is not named is skipped.
//! <https://github.com/hashicorp/terraform/blob/main/internal/plans/planproto/planfile.proto>

use std::collections::BTreeMap;

use prost::bytes::Bytes;
use prost::{Message, Oneof};

#[derive(Clone, PartialEq, Message)]
pub struct Plan {
    #[prost(uint64, tag = "1")]
    pub version: u64,
    #[prost(btree_map = "string, message", tag = "2")]
    pub variables: BTreeMap<String, DynamicValue>,
    #[prost(message, repeated, tag = "3")]
    pub resource_changes: Vec<ResourceInstanceChange>,
    #[prost(string, tag = "14")]
    pub terraform_version: String,
    #[prost(bool, tag = "20")]
    pub errored: bool,
    #[prost(bool, tag = "26")]
    pub complete: bool,
    #[prost(bytes = "bytes", repeated, tag = "27")]
    pub deferred_changes: Vec<Bytes>,
}

#[derive(Clone, PartialEq, Message)]
pub struct ResourceInstanceChange {
    #[prost(string, tag = "7")]
    pub deposed_key: String,
    #[prost(message, optional, tag = "9")]
    pub change: Option<Change>,
    #[prost(string, tag = "13")]
    pub address: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct Change {
    #[prost(uint64, tag = "1")]
    pub action: u64,
    #[prost(message, repeated, tag = "2")]
    pub values: Vec<DynamicValue>,
    #[prost(message, repeated, tag = "4")]
    pub after_sensitive_paths: Vec<Path>,
}

/// A value in one of several encodings, of which Terraform writes this one.
#[derive(Clone, PartialEq, Message)]
pub struct DynamicValue {
    #[prost(bytes = "bytes", optional, tag = "1")]
    pub msgpack: Option<Bytes>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Path {
    #[prost(message, repeated, tag = "1")]
    pub steps: Vec<PathStep>,
}

#[derive(Clone, PartialEq, Message)]
pub struct PathStep {
    #[prost(oneof = "Selector", tags = "1, 2")]
    pub selector: Option<Selector>,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum Selector {
    #[prost(string, tag = "1")]
    AttributeName(String),
    #[prost(message, tag = "2")]
    ElementKey(DynamicValue),
}
