//! Adding a file takes away nothing that another one declares, unless something is said of it.

use std::fs;
use std::path::Path;

use acrscan::model::cloud::Cloud;
use acrscan::model::inventory::Inventory;
use acrscan::net::service_tags::ServiceTags;
use acrscan::source::code;
use proptest::prelude::*;
use serde_json::Value;

const TERRAFORM: &str = "variable \"public\" {\n  type = bool\n  default = true\n}\nresource \"azurerm_container_registry\" \"r\" {\n  name = \"acrterraform\"\n  location = \"eastus\"\n  resource_group_name = \"g\"\n  sku = \"Premium\"\n  public_network_access_enabled = var.public\n}\n";
const BICEP: &str = "param access string = 'Enabled'\nresource r 'Microsoft.ContainerRegistry/registries@2025-11-01' = {\n  name: 'acrbicep'\n  location: 'eastus'\n  sku: { name: 'Premium' }\n  properties: { publicNetworkAccess: access }\n}\n";
const TEMPLATE: &str = r#"{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0", "resources": [{"type": "Microsoft.ContainerRegistry/registries", "apiVersion": "2025-11-01", "name": "acrtemplate", "location": "eastus", "sku": {"name": "Premium"}, "properties": {"publicNetworkAccess": "Enabled"}}]}"#;

/// What is there: the file, its text, the registry that it leaves open.
const TREE: [(&str, &str, &str); 3] = [
    ("infra/main.tf", TERRAFORM, "acrterraform"),
    ("app/main.bicep", BICEP, "acrbicep"),
    ("arm/registry.json", TEMPLATE, "acrtemplate"),
];

/// Where a stranger may put a file. None of them is one that Terraform, Bicep or Azure would read the values of another
/// from: that would be a change of what is deployed.
const NAMES: [&str; 22] = [
    ".gitignore",
    ".ignore",
    ".terraform/modules/modules.json",
    "app/decoy.bicep",
    "app/decoy.json",
    "app/main.json",
    "app/manifest.json",
    "arm/decoy.json",
    "arm/manifest.json",
    "arm/plan.json",
    "decoy.tf",
    "decoy/.terraform/modules/modules.json",
    "decoy/main.tf",
    "decoy/other.tf",
    "infra/.gitignore",
    "infra/.terraform/modules/modules.json",
    "infra/\\main.tf.json",
    "infra/manifest.json",
    "infra/plan.json",
    "infra/tfplan",
    "manifest.json",
    "plan.json",
];

const CONTENTS: [&str; 24] = [
    "*\n",
    "/infra\n/app\n/arm\n*.tf\n*.bicep\n*.json\n",
    "{}",
    "{",
    "PK\u{3}\u{4}tfplan",
    "{\"acrscan_snapshot\": 1}",
    "{\"acrscan_snapshot\": 1, \"api_versions\": {}, \"cloud\": \"public\", \"gaps\": [], \"scopes\": [], \"service_tags\": {\"change_number\": \"1\", \"source\": \"file\"}, \"time\": \"2026-01-01T00:00:00Z\"}",
    "module \"m\" {\n  source = \"../infra\"\n  count = 0\n  public = false\n}\n",
    "module \"m\" {\n  source = \"./infra\"\n  for_each = toset([])\n}\n",
    "variable \"n\" {\n}\nmodule \"m\" {\n  source = \"../infra\"\n  count = var.n\n  public = false\n}\n",
    "module \"m\" {\n  source = \"../decoy\"\n}\nmodule \"n\" {\n  source = \"../infra\"\n  count = 0\n}\n",
    "{\"Modules\": [{\"Key\": \"m\", \"Source\": \"a/b/c\", \"Dir\": \"../infra\"}, {\"Key\": \"n\", \"Dir\": \"infra\"}]}",
    "module m 'main.bicep' = if (false) {\n  name: 'm'\n  params: { access: 'Disabled' }\n}\n",
    "param p bool\nmodule m 'main.bicep' = if (p) {\n  name: 'm'\n  params: { access: 'Disabled' }\n}\n",
    "module m '../app/main.bicep' = [for i in []: {\n  name: 'm'\n}]\n",
    "{\"format_version\": \"1.2\", \"planned_values\": {}, \"resource_changes\": []}",
    "{\"format_version\": \"1.2\", \"planned_values\": {}, \"resource_changes\": [{\"address\": \"azurerm_container_registry.r\", \"mode\": \"managed\", \"type\": \"azurerm_container_registry\", \"name\": \"r\", \"change\": {\"actions\": [\"create\"], \"before\": null, \"after\": {\"name\": \"acrterraform\", \"sku\": \"Premium\", \"location\": \"eastus\", \"public_network_access_enabled\": false}, \"after_unknown\": {}}}]}",
    "{\"format_version\": \"1.2\", \"planned_values\": {}, \"resource_changes\": [{\"address\": \"azurerm_container_registry.r\", \"mode\": \"managed\", \"type\": \"azurerm_container_registry\", \"name\": \"r\", \"change\": {\"actions\": [\"delete\"], \"before\": {}, \"after\": null, \"after_unknown\": {}}}]}",
    "{\"$schema\": \"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#\", \"contentVersion\": \"1.0.0.0\", \"metadata\": {\"_generator\": {\"name\": \"bicep\"}}, \"resources\": []}",
    "{\"$schema\": \"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#\", \"contentVersion\": \"1.0.0.0\", \"metadata\": {\"_generator\": {\"name\": \"bicep\"}}, \"resources\": [{\"type\": \"Microsoft.ContainerRegistry/registries\", \"apiVersion\": \"2025-11-01\", \"name\": \"acrbicep\", \"location\": \"eastus\", \"sku\": {\"name\": \"Premium\"}, \"properties\": {\"publicNetworkAccess\": \"Disabled\"}}]}",
    "{\"$schema\": \"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#\", \"contentVersion\": \"1.0.0.0\", \"resources\": [{\"type\": \"Microsoft.Resources/deployments\", \"apiVersion\": \"2022-09-01\", \"name\": \"d\", \"condition\": false, \"properties\": {\"mode\": \"Incremental\", \"templateLink\": {\"relativePath\": \"registry.json\"}}}]}",
    "{\"$schema\": \"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#\", \"contentVersion\": \"1.0.0.0\", \"parameters\": {\"p\": {\"type\": \"bool\"}}, \"resources\": [{\"type\": \"Microsoft.Resources/deployments\", \"apiVersion\": \"2022-09-01\", \"name\": \"d\", \"condition\": \"[parameters('p')]\", \"properties\": {\"mode\": \"Incremental\", \"templateLink\": {\"relativePath\": \"registry.json\"}}}]}",
    "resource \"random_pet\" \"p\" {\n}\n",
    "\u{0}\u{1}\u{2}",
];

fn put(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("a parent")).expect("made");
    fs::write(path, text).expect("written");
}

fn read(folder: &Path) -> Inventory {
    let tags = ServiceTags::embedded(Cloud::Public).expect("the table");
    code::read(code::find(&[folder.to_owned()]).expect("something is recognised"), &tags)
}

/// Whether some registry of this name is open to every network.
fn is_open(inventory: &Inventory, name: &str) -> bool {
    inventory.registries.iter().any(|record| {
        let document: Value = serde_json::from_str(&record.document).expect("JSON");
        let registry = &document["registry"];
        registry["name"] == name && registry["properties"]["publicNetworkAccess"] == "Enabled"
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn adding_files_hides_nothing(
        added in proptest::collection::vec((proptest::sample::select(&NAMES[..]), proptest::sample::select(&CONTENTS[..])), 1..5)
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text, _) in TREE {
            put(folder.path(), name, text);
        }
        for (name, text) in &added {
            put(folder.path(), name, text);
        }
        let inventory = read(folder.path());
        for (_, _, registry) in TREE {
            prop_assert!(is_open(&inventory, registry) || !inventory.gaps.is_empty(), "{registry}: {added:?}");
        }
    }
}
