//! Which of the folders found are configurations of their own, and what each comes to.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::super::declared::DeclaredRegistry;
use super::super::discover::SourceFiles;
use super::super::extraction::Extraction;
use super::config::{EvaluatedConfiguration, UnreadModule, evaluate};
use super::modules::{Installed, Source, Tree, installed, listed, or_here};
use super::resource::assemble;
use super::variants::combinations;
use crate::model::file_gap::FileGap;
use crate::model::inventory::{FileRead, SkippedFile};
use crate::model::open::is_within_bounds;
use crate::model::path::display_path;
use crate::model::path::normalize;
use crate::model::text_file::TextFile;
use crate::net::service_tags::ServiceTags;

/// The folders found, with what their files say and what their modules are.
#[derive(Default)]
pub struct Roots {
    /// Every folder, and those that module calls lead to.
    pub tree: Tree,
    named: Vec<PathBuf>,
    brought: BTreeMap<PathBuf, Installed>,
}

impl Roots {
    /// Reads the files of every folder found.
    pub fn load(found: &SourceFiles) -> Roots {
        let mut folders: BTreeMap<PathBuf, Vec<Source>> = BTreeMap::new();
        for (folder, files) in &found.terraform {
            let files = files.iter().map(|path| Source::Path(path.clone()));
            folders.entry(normalize(folder)).or_default().extend(files);
        }
        let named: Vec<PathBuf> = folders.keys().cloned().collect();
        let brought: BTreeMap<PathBuf, Installed> =
            named.iter().filter_map(|folder| Some((folder.clone(), brought_to(folder)?))).collect();
        for folder in brought.values().flat_map(BTreeMap::values) {
            if let Some(files) = listed(folder).filter(|_| !folders.contains_key(folder)) {
                folders.insert(folder.clone(), files);
            }
        }
        Roots { tree: Tree::load_with_private(folders, &found.private), named, brought }
    }

    /// Evaluates every folder that is a configuration of its own, and every one of which no other has an instance for
    /// certain: what a call makes of a folder is not all that becomes of it.
    pub fn read(&self, tags: &ServiceTags) -> Vec<RootRead> {
        let none = Installed::new();
        let mut read: Vec<RootRead> = Vec::new();
        let mut covered: BTreeSet<PathBuf> = BTreeSet::new();
        let called: BTreeSet<PathBuf> = self.named.iter().flat_map(|folder| self.calls(folder)).collect();
        let is_first = |folder: &&PathBuf| !called.contains(*folder) || self.is_configuration(folder);
        let mut next: Vec<PathBuf> = self.named.iter().filter(is_first).cloned().collect();
        let mut left: BTreeSet<PathBuf> = self.named.iter().filter(|folder| !is_first(folder)).cloned().collect();
        let mut is_deployed = true;
        loop {
            for root in next {
                let installed = self.brought.get(&root).unwrap_or(&none);
                let (extraction, mut instantiated) = read_root(&self.tree, &root, installed, tags);
                // What nobody deploys for certain deploys nothing for certain; it only shares a circle with others.
                instantiated.retain(|folder| is_deployed || self.reaches(folder, &root));
                covered.extend(instantiated);
                read.push(RootRead { folder: root, extraction });
            }
            is_deployed = false;
            left.retain(|folder| !covered.contains(folder));
            // Of folders that only call one another, the first.
            let called: BTreeSet<PathBuf> = left.iter().flat_map(|folder| self.calls(folder)).collect();
            let first = left.iter().find(|folder| !called.contains(*folder)).or(left.first()).cloned();
            let Some(first) = first else { break };
            left.remove(&first);
            next = vec![first];
        }
        read.sort_by(|one, other| one.folder.cmp(&other.folder));
        read
    }

    /// The folders that one calls, itself left out.
    fn calls(&self, caller: &PathBuf) -> BTreeSet<PathBuf> {
        let none = Installed::new();
        let installed = self.brought.get(caller).unwrap_or(&none);
        let calls = self.tree.folders.get(caller).map(|folder| &folder.module.calls);
        let called =
            calls.into_iter().flatten().filter_map(|(name, call)| self.tree.callee(installed, name, caller, call));
        called.filter(|folder| *folder != caller).cloned().collect()
    }

    /// Whether the calls of one folder lead to another.
    fn reaches(&self, from: &Path, to: &Path) -> bool {
        let (mut seen, mut next) = (BTreeSet::new(), vec![from.to_owned()]);
        while let Some(folder) = next.pop() {
            if folder == to {
                return true;
            }
            if seen.insert(folder.clone()) {
                next.extend(self.calls(&folder));
            }
        }
        false
    }

    /// Whether a folder has what only a configuration has that is deployed by itself: a place for its state, a provider,
    /// values of its own, or its state.
    fn is_configuration(&self, folder: &Path) -> bool {
        let Some(own) = self.tree.folders.get(folder) else { return false };
        let is_state = |name: &std::ffi::OsStr| name.to_string_lossy().ends_with(".tfstate");
        let has_state = || {
            let entries = or_here(folder).read_dir().into_iter().flatten().flatten();
            entries.into_iter().any(|entry| is_state(&entry.file_name()))
                || folder.join(".terraform/terraform.tfstate").exists()
        };
        own.module.is_configuration || !own.values.is_empty() || has_state()
    }
}

/// What a configuration came to.
pub struct RootRead {
    /// Its folder.
    pub folder: PathBuf,
    /// Its registries, and what was not read.
    pub extraction: Extraction,
}

/// What `terraform init` has brought to disk for a configuration.
fn brought_to(root: &Path) -> Option<Installed> {
    let path = root.join(".terraform/modules/modules.json");
    let file = path.is_file().then(|| TextFile::read_led_to(root, &path).ok())??;
    let is_inside = |folder: &PathBuf| is_within_bounds(root, folder);
    Some(installed(&file.text, root).into_iter().filter(|(_, folder)| is_inside(folder)).collect())
}

/// What a configuration declares, and the folders of which it has an instance for certain.
fn read_root(tree: &Tree, root: &Path, installed: &Installed, tags: &ServiceTags) -> (Extraction, BTreeSet<PathBuf>) {
    let mut extraction = Extraction::default();
    let evaluated = evaluate(tree, root, installed, &HashMap::new(), tags);
    let EvaluatedConfiguration { resources, unread, gaps, folders, instantiated, .. } = evaluated;
    let name = display_path(root);
    let assembled = assemble(resources, &name);
    let files = folders.iter().filter_map(|folder| tree.folders.get(folder)).map(|folder| folder.files).sum();
    let registries = assembled.registries.len();
    let path = if name.is_empty() { ".".to_owned() } else { name.clone() };
    extraction.files_read.push(FileRead { path: path.clone(), what: "Terraform configuration", files, registries });
    let whole = gaps.is_empty() && tree.gaps.is_empty() && !unread.iter().any(|module| module.of_registries);
    let complete = |mut registry: DeclaredRegistry| {
        // What was not read may declare more of it.
        registry.all_tasks &= whole;
        registry.all_agent_pools &= whole;
        registry
    };
    let mut declared: Vec<DeclaredRegistry> = assembled.registries.into_iter().map(complete).collect();
    let open = declared.iter().any(|registry| !registry.registry.is_fully_known());
    if let Some(folder) = tree.folders.get(root).filter(|_| open) {
        let mut others: Vec<BTreeMap<String, DeclaredRegistry>> = Vec::new();
        for variable_values in combinations(tree, folder) {
            let resources = evaluate(tree, root, installed, &variable_values, tags).resources;
            let registries = assemble(resources, &name).registries.into_iter().map(complete);
            others.push(registries.map(|registry| (registry.address.clone(), registry)).collect());
        }
        for registry in declared.iter_mut().filter(|registry| !registry.registry.is_fully_known()) {
            // One that is not there with some value comes to nothing for certain.
            let each = others.iter().map(|other| other.get(&registry.address).cloned());
            registry.alternatives = each.collect::<Option<_>>().unwrap_or_default();
        }
    }
    extraction.registries.extend(declared);
    extraction.gaps.extend(gaps);
    extraction.skipped.extend(assembled.skipped);
    for UnreadModule { block, source, of_registries } in unread {
        match of_registries {
            true => extraction.gaps.push(FileGap::new(
                block.position(),
                format!(
                    "the module `{source}` is not on disk, and may make container registries; run `terraform init` \
                 here, or scan a plan"
                ),
            )),
            false => extraction.skipped.push(SkippedFile::new(
                block.position(),
                format!("a call of the module `{source}`, which is not on disk"),
            )),
        }
    }
    for values in tree.folders.get(root).map(|folder| &folder.other_values).into_iter().flatten() {
        extraction.skipped.push(SkippedFile::new(
            values.clone(),
            "a variables file that Terraform reads only when told to".to_owned(),
        ));
    }
    (extraction, instantiated)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::cloud::Cloud;

    /// Reads files that are written to a folder; the folder's own path is cut from what comes back.
    fn read_files(files: &[(&str, &str)]) -> (Extraction, impl Fn(&str) -> String) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut found = SourceFiles::default();
        for (path, text) in files {
            let path = folder.path().join(path);
            let parent = path.parent().expect("a parent").to_owned();
            std::fs::create_dir_all(&parent).expect("folders");
            std::fs::write(&path, text).expect("a file");
            if !path.components().any(|component| component.as_os_str() == ".terraform") {
                found.terraform.entry(parent).or_default().push(path);
            }
        }
        let tags = ServiceTags::embedded(Cloud::Public).expect("the table");
        let roots = Roots::load(&found);
        let mut extraction = Extraction { gaps: roots.tree.gaps.clone(), ..Extraction::default() };
        roots.read(&tags).into_iter().for_each(|root| extraction.add(root.extraction));
        let base = format!("{}/", display_path(folder.path()));
        (extraction, move |text: &str| text.replace(&base, ""))
    }

    const REGISTRY: &str = "resource \"azurerm_container_registry\" \"r\" {\n  name = \"r\"\n  location = \"eastus\"\n  sku = \"Premium\"\n}\n";

    #[test]
    fn each_root_is_read_by_itself_and_modules_with_their_roots() {
        let (extraction, cut) = read_files(&[
            (
                "live/main.tf",
                "module \"a\" {\n  source = \"../modules/a\"\n}\nmodule \"b\" {\n  source = \"x/b/azurerm\"\n}\nmodule \"acr\" {\n  source = \"x/acr\"\n}\nmodule \"net\" {\n  source = \"x/net\"\n}",
            ),
            ("live/prod.tfvars", "a = 1"),
            (
                "live/.terraform/modules/modules.json",
                "{\"Modules\":[{\"Key\":\"\",\"Dir\":\".\"},{\"Key\":\"b\",\"Dir\":\".terraform/modules/b\"}]}",
            ),
            ("live/.terraform/modules/b/main.tf", REGISTRY),
            ("modules/a/main.tf", REGISTRY),
            ("alone/main.tf", REGISTRY),
            ("x/main.tf", "module \"y\" {\n  source = \"../y\"\n}"),
            ("y/main.tf", "module \"x\" {\n  source = \"../x\"\n}"),
        ]);
        let mut addresses: Vec<String> = extraction
            .registries
            .iter()
            .map(|registry| cut(&format!("{}:{}", registry.root, registry.address)))
            .collect();
        addresses.sort();
        assert_eq!(
            addresses,
            [
                "alone:azurerm_container_registry.r",
                "live:module.a.azurerm_container_registry.r",
                "live:module.b.azurerm_container_registry.r"
            ]
        );
        let gaps: Vec<String> = extraction.gaps.iter().map(|gap| cut(&gap.to_string())).collect();
        assert_eq!(
            gaps,
            [
                "live/main.tf:7:1: the module `x/acr` is not on disk, and may make container registries; run `terraform init` here, or scan a plan",
                "y/main.tf:1:1: the module includes itself; break the circle"
            ]
        );
        let skipped: Vec<(String, &str)> =
            extraction.skipped.iter().map(|file| (cut(&file.location.to_string()), file.reason.as_str())).collect();
        assert_eq!(
            skipped,
            [
                ("live/main.tf:10:1".to_owned(), "a call of the module `x/net`, which is not on disk"),
                ("live/prod.tfvars".to_owned(), "a variables file that Terraform reads only when told to")
            ]
        );
        let files_read: Vec<(String, usize, usize)> = extraction
            .files_read
            .iter()
            .map(|files_read| (cut(&files_read.path), files_read.files, files_read.registries))
            .collect();
        assert_eq!(files_read, [("alone".to_owned(), 1, 1), ("live".to_owned(), 3, 2), ("x".to_owned(), 2, 0)]);
    }

    #[test]
    fn a_choice_of_values_gives_alternatives() {
        let text = format!(
            "variable \"public\" {{\n  type = bool\n  nullable = false\n}}\n{}",
            REGISTRY.replace("}\n", "  public_network_access_enabled = var.public\n}\n")
        );
        let (extraction, _) = read_files(&[("main.tf", &text)]);
        let access = |registry: &DeclaredRegistry| {
            let properties = registry.registry.get("properties").expect("properties");
            properties.get("publicNetworkAccess").and_then(|access| access.as_str().map(str::to_owned))
        };
        assert_eq!(access(&extraction.registries[0]), None);
        let each: Vec<Option<String>> = extraction.registries[0].alternatives.iter().map(access).collect();
        assert_eq!(each, [Some("Enabled".to_owned()), Some("Disabled".to_owned())]);
    }
}
