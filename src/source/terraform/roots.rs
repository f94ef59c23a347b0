//! Which of the folders found are configurations of their own, and what each comes to.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::config::{Evaluated, Unread, evaluate};
use super::resource::assemble;
use super::tree::{Installed, Source, Tree, installed, listed, normal};
use crate::inventory::Taken;
use crate::service_tags::ServiceTags;
use crate::source::code::{Found, Read};
use crate::text_file::{TextFile, shown};

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
    pub fn load(found: &Found) -> Roots {
        let mut folders: BTreeMap<PathBuf, Vec<Source>> = BTreeMap::new();
        for (folder, files) in &found.terraform {
            let files = files.iter().map(|path| Source::Path(path.clone()));
            folders.entry(normal(folder)).or_default().extend(files);
        }
        let named: Vec<PathBuf> = folders.keys().cloned().collect();
        let brought: BTreeMap<PathBuf, Installed> =
            named.iter().filter_map(|folder| Some((folder.clone(), brought_to(folder)?))).collect();
        for folder in brought.values().flat_map(BTreeMap::values) {
            if let Some(files) = listed(folder).filter(|_| !folders.contains_key(folder)) {
                folders.insert(folder.clone(), files);
            }
        }
        Roots { tree: Tree::load(folders, true), named, brought }
    }

    /// Evaluates every folder that is no module of another one, but for those that a plan was made of.
    pub fn read(&self, planned: &BTreeSet<PathBuf>, tags: &ServiceTags, read: &mut Read) {
        read.gaps.extend(self.tree.gaps.iter().cloned());
        let none = Installed::new();
        for root in roots(&self.tree, &self.named, &self.brought) {
            if !planned.contains(&root) {
                let installed = self.brought.get(&root).unwrap_or(&none);
                read_root(&self.tree, &root, installed, tags, read);
            }
        }
    }
}

/// What `terraform init` has brought to disk for a configuration.
fn brought_to(root: &Path) -> Option<Installed> {
    let path = root.join(".terraform/modules/modules.json");
    let file = path.is_file().then(|| TextFile::read(&path).ok())??;
    Some(installed(&file.text, root))
}

/// The folders that no other one calls; and of folders that only call one another, the first.
fn roots(tree: &Tree, named: &[PathBuf], brought: &BTreeMap<PathBuf, Installed>) -> Vec<PathBuf> {
    let none = Installed::new();
    let called = |caller: &Path| -> BTreeSet<PathBuf> {
        let calls = tree.folders.get(caller).map(|folder| folder.module.calls.values());
        let beside = calls.into_iter().flatten().filter_map(|call| tree.callee(&none, "", caller, call));
        let brought = brought.get(caller).into_iter().flat_map(BTreeMap::values);
        beside.chain(brought).filter(|folder| *folder != caller).cloned().collect()
    };
    let children: BTreeSet<PathBuf> = tree.folders.keys().flat_map(|caller| called(caller)).collect();
    let mut roots: Vec<PathBuf> = named.iter().filter(|folder| !children.contains(*folder)).cloned().collect();
    let mut reached: BTreeSet<PathBuf> = BTreeSet::new();
    let mut reach = |from: &PathBuf| {
        let mut next = vec![from.clone()];
        let mut new = false;
        while let Some(folder) = next.pop() {
            if reached.insert(folder.clone()) {
                new = true;
                next.extend(called(&folder));
            }
        }
        new
    };
    roots.iter().for_each(|root| _ = reach(root));
    roots.extend(named.iter().filter(|folder| reach(folder)).cloned());
    roots.sort();
    roots
}

fn read_root(tree: &Tree, root: &Path, installed: &Installed, tags: &ServiceTags, read: &mut Read) {
    let evaluated = evaluate(tree, root, installed, &HashMap::new(), tags);
    let Evaluated { resources, unread, gaps, folders, .. } = evaluated;
    let name = shown(root);
    let assembled = assemble(resources, &name);
    let files = folders.iter().filter_map(|folder| tree.folders.get(folder)).map(|folder| folder.files).sum();
    let registries = assembled.registries.len();
    let path = if name.is_empty() { ".".to_owned() } else { name.clone() };
    read.taken.push(Taken { path: path.clone(), what: "Terraform configuration", files, registries });
    let whole = gaps.is_empty() && tree.gaps.is_empty() && !unread.iter().any(|module| module.of_registries);
    for mut registry in assembled.registries {
        // What was not read may declare more of it.
        registry.all_tasks &= whole;
        registry.all_agent_pools &= whole;
        read.registries.push(registry);
    }
    read.gaps.extend(gaps);
    read.left.extend(assembled.left.into_iter().map(|sentence| match sentence.split_once(": ") {
        Some((place, why)) => (place.to_owned(), why.to_owned()),
        None => (path.clone(), sentence),
    }));
    for Unread { block, source, of_registries } in unread {
        match of_registries {
            true => read.gaps.push(format!(
                "{}: the module `{source}` is not on disk, and may make container registries; run `terraform init` \
                 here, or scan a plan",
                block.shown()
            )),
            false => read.left.push((block.shown(), format!("a call of the module `{source}`, which is not on disk"))),
        }
    }
    for values in tree.folders.get(root).map(|folder| &folder.other_values).into_iter().flatten() {
        read.left.push((values.clone(), "a variables file that Terraform reads only when told to".to_owned()));
    }
}
