//! Terraform estates in the size of a company's: as a tree of `.tf` files, and as plans in the JSON of `terraform show`.

mod machine;
mod plan;
mod registry;
mod tree;

pub use plan::{crowded_plan, registries_plan};
pub use tree::write_tree;
