//! `acrscan policies new`: a policy that passes at once, to be changed into the one that is wanted.

use std::fs;
use std::path::Path;

use anyhow::{Context, bail};

const FILES: [(&str, &str); 3] = [
    ("{name}.rego", include_str!("template/policy.rego")),
    ("{name}_test.rego", include_str!("template/policy_test.rego")),
    ("examples.yaml", include_str!("template/examples.yaml")),
];

/// Writes the folder of policy `id` into `parent`, and returns the folder's path.
///
/// # Errors
/// The folder is there already, or cannot be written.
pub fn create(id: &str, parent: &Path) -> anyhow::Result<String> {
    let name = id.replace('-', "_");
    let folder = parent.join(&name);
    if folder.exists() {
        bail!("{} is there already", folder.display());
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    for (file, text) in FILES {
        let path = folder.join(file.replace("{name}", &name));
        fs::write(&path, text.replace("{name}", &name)).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(folder.display().to_string())
}
