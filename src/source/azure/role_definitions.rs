//! What roles allow: read once for a subscription, when the first of its registries needs it.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::Value;
use tokio::sync::OnceCell;

use super::client::address;
use super::client::arm::Arm;
use super::client::error::AzureError;
use super::client::http::Throttle;
use crate::model::finding::ScopeName;
use crate::model::inventory::{Gap, Part};

pub const ROLE_DEFINITIONS_VERSION: &str = "2022-04-01";

/// The role definitions of one subscription: the built-in ones, its own, and those of its resource groups.
#[derive(Default)]
pub struct RoleDefinitions {
    read: OnceCell<Option<Rc<[Value]>>>,
    gap: RefCell<Option<Gap>>,
}

impl RoleDefinitions {
    /// All of them; `None` where they were refused.
    pub async fn get(&self, arm: &Arm, subscription: &str, throttle: &Throttle) -> Option<Rc<[Value]>> {
        let read = async || match read(arm, subscription, throttle).await {
            Ok(items) => Some(items.into()),
            Err(error) => {
                *self.gap.borrow_mut() = Some(Gap {
                    scope: ScopeName::Subscription(subscription.to_owned()),
                    resource: None,
                    part: Part::RoleDefinitions,
                    location: None,
                    reason: error.reason(Part::RoleDefinitions),
                });
                None
            }
        };
        self.read.get_or_init(read).await.clone()
    }

    /// That they were asked for and not read, once for all registries.
    pub fn into_gap(self) -> Option<Gap> {
        self.gap.into_inner()
    }
}

async fn read(arm: &Arm, subscription: &str, throttle: &Throttle) -> Result<Vec<Value>, AzureError> {
    let own = ["subscriptions", subscription, "providers", "Microsoft.Authorization", "roleDefinitions"];
    let mut url = address::arm_url(&arm.endpoint, own.into_iter(), ROLE_DEFINITIONS_VERSION)?;
    // Without it, roles that can be assigned in one resource group only are left out.
    url.query_pairs_mut().append_pair("$filter", "atScopeAndBelow()");
    let mut items = Vec::new();
    arm.list(url, "value", throttle, async |page| items.extend(page)).await?;
    Ok(items)
}
