//! Files of any name and content beside an open registry: none of them hides it without a gap.
#![no_main]

use std::fs;
use std::path::{Component, Path};

use acrscan::source::code;
use acrscan_fuzz::{TAGS, check_record};
use libfuzzer_sys::fuzz_target;

const REGISTRY: &str = "variable \"public\" {\n  default = true\n}\nresource \"azurerm_container_registry\" \"r\" {\n  name = \"acrshop\"\n  location = \"eastus\"\n  sku = \"Premium\"\n  public_network_access_enabled = var.public\n}\n";

/// Terraform itself reads the configuration's own folder as a whole: what is added there is a change of it.
const OWN: &str = "infra";

fuzz_target!(|content: &[u8]| {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join(OWN)).expect("made");
    fs::write(folder.path().join(OWN).join("main.tf"), REGISTRY).expect("written");
    // Name, NUL, content, NUL.
    let mut parts = content.split(|&byte| byte == 0);
    while let (Some(name), Some(text)) = (parts.next(), parts.next()) {
        let Ok(name) = std::str::from_utf8(name) else { continue };
        let is_plain = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
        if name.is_empty() || name.len() > 200 || !is_plain || name.starts_with(OWN) {
            continue;
        }
        let path = folder.path().join(name);
        let _ = fs::create_dir_all(path.parent().expect("a parent"));
        let _ = fs::write(&path, text);
    }
    let inventory = code::read(code::find(&[folder.path().to_owned()]).expect("there is something"), &TAGS);
    inventory.registries.iter().for_each(check_record);
    let is_there = inventory.registries.iter().any(|record| {
        record.document.contains("\"acrshop\"") && record.document.contains("\"publicNetworkAccess\": \"Enabled\"")
    });
    assert!(is_there || !inventory.gaps.is_empty());
});
