//! Folders of `.tf` files, a team's each.

use std::fs;
use std::path::Path;

use super::registry::{self, REGIONS};

/// Writes this many folders with this many registries each, and gives the number of files and bytes.
pub fn write_tree(root: &Path, folders: usize, each: usize) -> (usize, usize) {
    let (mut files, mut bytes) = (0, 0);
    for folder in 0..folders {
        let path = root.join(format!("team-{folder:02}"));
        fs::create_dir_all(&path).expect("a folder");
        let numbers: Vec<usize> = (folder * each..(folder + 1) * each).collect();
        let each_of = |write: fn(usize) -> String| numbers.iter().map(|&number| write(number)).collect::<String>();
        let texts = [
            ("versions.tf", VERSIONS.to_owned()),
            ("variables.tf", VARIABLES.to_owned()),
            ("terraform.tfvars", values(folder)),
            ("main.tf", base(folder)),
            ("registries.tf", each_of(registry::source)),
            ("tasks.tf", each_of(registry::tasks_source)),
            ("network.tf", each_of(registry::network_source)),
        ];
        for (name, text) in texts {
            fs::write(path.join(name), text.trim_start()).expect("a file");
            files += 1;
            bytes += text.len();
        }
    }
    (files, bytes)
}

const VERSIONS: &str = r#"terraform {
  required_version = ">= 1.9"

  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.40"
    }
  }

  backend "azurerm" {
    use_oidc = true
  }
}

provider "azurerm" {
  features {}
}
"#;

const VARIABLES: &str = r#"variable "location" {
  description = "The region of everything this team owns."
  type        = string
  default     = "westeurope"
}

variable "environment" {
  type    = string
  default = "prod"

  validation {
    condition     = contains(["dev", "test", "prod"], var.environment)
    error_message = "One of dev, test and prod."
  }
}

variable "office_ranges" {
  description = "Where people work: the offices' and the VPN's addresses."
  type        = list(string)
  default     = ["203.0.113.0/26", "198.51.100.64/27"]
}

variable "admin_enabled" {
  type    = bool
  default = false
}
"#;

fn values(folder: usize) -> String {
    let region = REGIONS[folder % REGIONS.len()];
    let environment = ["prod", "test", "dev"][folder % 3];
    format!(
        "location    = \"{region}\"\nenvironment = \"{environment}\"\n\n\
         # Two offices and the VPN.\noffice_ranges = [\"203.0.113.{}/28\", \"198.51.100.64/27\", \"192.0.2.{folder}\"]\n",
        folder % 16 * 16
    )
}

fn base(folder: usize) -> String {
    format!(
        r#"# Team {folder}: what all its registries share.

locals {{
  prefix = "team{folder:02}${{var.environment}}"

  tags = {{
    team        = "team-{folder:02}"
    environment = var.environment
    cost_center = "cc-{}"
    managed_by  = "terraform"
  }}

  # A registry is closed but for the offices, and its tasks come through their identity or a pool.
  default_action = var.environment == "dev" ? "Allow" : "Deny"
}}

resource "azurerm_resource_group" "this" {{
  name     = "rg-${{local.prefix}}"
  location = var.location
  tags     = local.tags
}}

resource "azurerm_virtual_network" "this" {{
  name                = "vnet-${{local.prefix}}"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  address_space       = ["10.{folder}.0.0/16"]
  tags                = local.tags
}}

resource "azurerm_subnet" "endpoints" {{
  name                 = "endpoints"
  resource_group_name  = azurerm_resource_group.this.name
  virtual_network_name = azurerm_virtual_network.this.name
  address_prefixes     = [cidrsubnet("10.{folder}.0.0/16", 8, 1)]
}}

resource "azurerm_subnet" "builds" {{
  name                 = "builds"
  resource_group_name  = azurerm_resource_group.this.name
  virtual_network_name = azurerm_virtual_network.this.name
  address_prefixes     = [cidrsubnet("10.{folder}.0.0/16", 8, 2)]
}}

resource "azurerm_private_dns_zone" "registry" {{
  name                = "privatelink.azurecr.io"
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
}}

resource "azurerm_log_analytics_workspace" "this" {{
  name                = "log-${{local.prefix}}"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  sku                 = "PerGB2018"
  retention_in_days   = 90
  tags                = local.tags
}}
"#,
        4000 + folder
    )
}
