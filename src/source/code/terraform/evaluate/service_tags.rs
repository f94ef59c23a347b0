//! The data source that reads service tags: the table at hand has what it will read.

use super::super::hcl::Block;
use super::Evaluator;
use crate::source::code::declared::{Node, NodeValue};

impl<'a> Evaluator<'a> {
    /// The addresses that `data.azurerm_network_service_tags` gives; none where the attribute is no list of addresses.
    /// They stand nowhere: whoever uses them brought them in.
    pub(super) fn service_tag(&mut self, target: (usize, &'a Block, usize), attribute: &str) -> Option<Node> {
        let (instance, block, repetition) = target;
        let listed = matches!(attribute, "ipv4_cidrs" | "ipv6_cidrs" | "address_prefixes");
        if !listed || block.kind != "data" || block.labels[0] != "azurerm_network_service_tags" {
            return None;
        }
        let mut argument = |name: &str| {
            let attribute = block.body.attribute(name)?;
            Some(self.set_attribute(instance, block, repetition, attribute))
        };
        let (service, filter) = (argument("service"), argument("location_filter"));
        let service = service.as_deref().and_then(Node::as_str);
        let Some(location) = filter.as_deref().filter(|filter| !matches!(filter.value, NodeValue::Null)) else {
            return Some(Node::unknown("The service tag's addresses in all regions are read when Terraform runs."));
        };
        let (Some(service), Some(location)) = (service, location.as_str()) else {
            return Some(Node::unknown("Which service tag is read is not known."));
        };
        if service != "AzureContainerRegistry" {
            return Some(Node::unknown(format!("The addresses of {service} are read when Terraform runs.")));
        }
        let Some(tag) = self.tags.region(location) else {
            return Some(Node::unknown(format!("There is no service tag {service} of {location:?} in the table.")));
        };
        let note: std::sync::Arc<str> =
            format!("It is one of the addresses of {} ({}).", tag.id, self.tags.provenance()).into();
        let ipv4 = tag.ipv4.iter().map(ToString::to_string).filter(|_| attribute != "ipv6_cidrs");
        let ipv6 = tag.ipv6.iter().map(ToString::to_string).filter(|_| attribute != "ipv4_cidrs");
        let item = |address: String| Node::text(address).with_note(std::sync::Arc::clone(&note));
        Some(Node::new(NodeValue::List(ipv4.chain(ipv6).map(item).collect())))
    }
}
