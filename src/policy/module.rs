//! One Rego file.

/// One Rego file.
#[derive(Debug, Clone)]
pub struct Module {
    /// As a user would open it.
    pub path: String,
    /// Its text.
    pub rego: String,
    /// Whether it ships with the binary.
    pub builtin: bool,
    /// The name of the folder it is in.
    pub folder: Option<String>,
    /// Whether that is the folder that was named.
    pub at_root: bool,
}

impl Module {
    /// Whether the file holds tests, which a scan does not load.
    pub fn is_test(&self) -> bool {
        self.path.ends_with("_test.rego")
    }

    /// The package, such as `acr.public_network_access`; empty where the file names none.
    pub fn package(&self) -> &str {
        let line = self.rego.lines().find_map(|line| line.strip_prefix("package ")).unwrap_or_default();
        line.split('#').next().unwrap_or_default().trim()
    }

    /// The `<name>` of a module whose package is `acr.<name>`, unless it holds tests.
    pub fn policy_name(&self) -> Option<&str> {
        let name = self.package().strip_prefix("acr.")?;
        (!name.contains('.') && !self.is_test()).then_some(name)
    }
}
