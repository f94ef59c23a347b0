//! Which of the folders found are configurations of their own, and what each comes to.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::super::declared::{DeclaredRegistry, Node, NodeValue};
use super::super::discover::{SourceFiles, VariableValues};
use super::super::extraction::Extraction;
use super::config::{EvaluatedConfiguration, UnreadModule, evaluate_with};
use super::hcl::{Block, Body, ByteSpan, Expr, ExprKind, parse_expression};
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
    given: VariableValues,
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
        let mut tree = Tree::load_with_private(folders, &found.private);
        let taken = tree.folders.values_mut().flat_map(|folder| std::mem::take(&mut folder.other_values));
        let mut values: Vec<PathBuf> = taken.collect();
        values.extend(found.variables.iter().cloned());
        values.sort();
        let given = found.variable_values.clone();
        let told = given.files.iter().chain(given.roots.iter().flat_map(|(_, files)| files));
        told.chain(&values).for_each(|path| tree.read_variables(path));
        Roots { tree, named, brought, given }
    }

    /// Evaluates every folder that is a configuration of its own, and every one of which no other has an instance for
    /// certain: what a call makes of a folder is not all that becomes of it.
    pub fn read(&self, tags: &ServiceTags) -> Vec<RootRead> {
        let mut read: Vec<RootRead> = Vec::new();
        let mut covered: BTreeSet<PathBuf> = BTreeSet::new();
        let called: BTreeSet<PathBuf> = self.named.iter().flat_map(|folder| self.calls(folder)).collect();
        let is_first = |folder: &&PathBuf| !called.contains(*folder) || self.is_configuration(folder);
        let mut next: Vec<PathBuf> = self.named.iter().filter(is_first).cloned().collect();
        let mut left: BTreeSet<PathBuf> = self.named.iter().filter(|folder| !is_first(folder)).cloned().collect();
        let mut is_deployed = true;
        loop {
            for root in next {
                let (extraction, mut instantiated) = self.read_root(&root, tags);
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

/// How many variants of one configuration are read; the rest is told.
const MAX_VARIANTS: usize = 50;

/// Variables files that a configuration is read with, the later before the earlier; and what the variant is called.
type Variant<'a> = (Option<String>, Vec<&'a Body>);

impl Roots {
    /// The variants of a configuration: with the files that it is told to read; else once by itself where all variables
    /// have values, and once with each file that nobody tells it to read and that fits.
    fn variants(&self, root: &Path, extraction: &mut Extraction) -> Vec<Variant<'_>> {
        let Some(folder) = self.tree.folders.get(root) else { return Vec::new() };
        let body_of = |path: &PathBuf| self.tree.variables.iter().find(|(known, ..)| known == path);
        let fits = |body: &Body| {
            let declared = body.attributes.iter().filter(|one| folder.module.variables.contains_key(&one.name)).count();
            declared > 0 && declared * 2 > body.attributes.len()
        };
        let own = self.given.roots.iter().filter(|(own, _)| normalize(own) == root).flat_map(|(_, files)| files);
        let told: Vec<&Body> = own
            .filter_map(body_of)
            .chain(self.given.files.iter().filter_map(body_of).filter(|(.., body)| fits(body)))
            .map(|(.., body)| body)
            .rev()
            .collect();
        if !told.is_empty() {
            return vec![(None, told)];
        }
        let is_own = |path: &Path| {
            let below = |root: &PathBuf| path.starts_with(root) || root.as_os_str().is_empty();
            self.named
                .iter()
                .filter(|root| below(root))
                .max_by_key(|root| root.components().count())
                .is_some_and(|nearest| nearest == root)
        };
        let mut variants: Vec<Variant<'_>> = Vec::new();
        for (path, shown, body) in self.tree.variables.iter().filter(|(path, ..)| is_own(path)) {
            let why = match fits(body) {
                false => "a variables file that sets none of the variables of the configuration above it".to_owned(),
                true if variants.len() >= MAX_VARIANTS => {
                    format!("a variables file; at most {MAX_VARIANTS} variants of one configuration are read")
                }
                true => {
                    let label = path.strip_prefix(root).unwrap_or(path);
                    variants.push((Some(display_path(label)), vec![body]));
                    continue;
                }
            };
            extraction.skipped.push(SkippedFile::new(shown.clone(), why));
        }
        let has_value = |(name, block): (&String, &Block)| {
            block.body.attribute("default").is_some()
                || self.given.values.iter().any(|(own, _)| own == name)
                || folder.values.iter().any(|values| values.attribute(name).is_some())
        };
        if variants.is_empty() || folder.module.variables.iter().all(has_value) {
            variants.insert(0, (None, Vec::new()));
        }
        variants
    }

    /// The values of a configuration's variables that are given on the command line, or in the environment.
    fn values(&self, root: &Path) -> HashMap<String, Node> {
        let Some(folder) = self.tree.folders.get(root) else { return HashMap::new() };
        let from_files = |name: &str| folder.values.iter().any(|values| values.attribute(name).is_some());
        let environment = self.given.environment.iter().filter(|(name, _)| !from_files(name));
        let all = environment.chain(&self.given.values);
        all.filter_map(|(name, text)| Some((name.clone(), given_value(folder.module.variables.get(name)?, text))))
            .collect()
    }

    /// What a configuration declares, and the folders of which it has an instance for certain.
    fn read_root(&self, root: &Path, tags: &ServiceTags) -> (Extraction, BTreeSet<PathBuf>) {
        let mut extraction = Extraction::default();
        let none = Installed::new();
        let installed = self.brought.get(root).unwrap_or(&none);
        let values = self.values(root);
        let variants = self.variants(root, &mut extraction);
        let name = display_path(root);
        let path = if name.is_empty() { ".".to_owned() } else { name.clone() };
        let mut known: Vec<DeclaredRegistry> = Vec::new();
        let mut instantiated: Option<BTreeSet<PathBuf>> = None;
        let (mut files, mut registries) = (0, 0);
        for (label, variables) in &variants {
            let name = match label {
                Some(file) => format!("{name} ({file})").trim_start().to_owned(),
                None => name.clone(),
            };
            let read = read_variant(&self.tree, root, installed, (&values, variables), &name, tags);
            files = files.max(read.files + variables.len());
            registries = registries.max(read.registries.len());
            extraction.gaps.extend(read.gaps);
            // What one variant leaves out is not there for certain.
            instantiated = Some(match instantiated {
                Some(known) => known.intersection(&read.instantiated).cloned().collect(),
                None => read.instantiated,
            });
            extraction.skipped.extend(read.skipped);
            for registry in read.registries {
                // What another variant says as well is told once.
                let same = |other: &DeclaredRegistry| other.address == registry.address && is_same(other, &registry);
                if !known.iter().any(same) {
                    known.push(registry);
                }
            }
        }
        extraction.registries.extend(known);
        extraction.gaps.sort();
        extraction.gaps.dedup();
        extraction.skipped.sort();
        extraction.skipped.dedup();
        extraction.files_read.push(FileRead { path, what: "Terraform configuration", files, registries });
        (extraction, instantiated.unwrap_or_default())
    }
}

/// Whether two variants of a registry say the same, at the same places.
fn is_same(one: &DeclaredRegistry, other: &DeclaredRegistry) -> bool {
    let parts = |registry: &DeclaredRegistry| {
        let DeclaredRegistry { registry, tasks, agent_pools, role_assignments, .. } = registry.clone();
        (registry, tasks, agent_pools, role_assignments)
    };
    parts(one) == parts(other)
}

/// A value as Terraform reads it from the command line: a text where the variable is one, else an expression.
fn given_value(variable: &Block, text: &str) -> Node {
    let kind = variable.body.attribute("type").map(|attribute| &attribute.value.kind);
    let is_text = match kind {
        None => true,
        Some(ExprKind::Name(name) | ExprKind::String(name)) => matches!(name.as_str(), "string" | "number" | "bool"),
        Some(_) => false,
    };
    let nowhere = ByteSpan { file: 0, start: 0, end: 0 };
    let why = "The value that is given is no literal.";
    match is_text {
        true => Node::text(text),
        false => parse_expression(text, nowhere)
            .ok()
            .and_then(|parsed| literal(&parsed))
            .unwrap_or_else(|| Node::unknown(why)),
    }
}

/// The value of an expression without references.
fn literal(expr: &Expr) -> Option<Node> {
    Some(Node::new(match &expr.kind {
        ExprKind::Null => NodeValue::Null,
        ExprKind::Bool(flag) => NodeValue::Bool(*flag),
        ExprKind::Number(number) => NodeValue::Number(number.clone()),
        ExprKind::String(text) => NodeValue::String(text.clone()),
        ExprKind::List(items) => NodeValue::List(items.iter().map(literal).collect::<Option<_>>()?),
        ExprKind::Object(members) => {
            let member = |(name, value): &(Expr, Expr)| Some((literal(name)?.as_str()?.to_owned(), literal(value)?));
            NodeValue::Object(members.iter().map(member).collect::<Option<_>>()?)
        }
        _ => return None,
    }))
}

/// What one variant of a configuration comes to.
struct VariantRead {
    registries: Vec<DeclaredRegistry>,
    gaps: Vec<FileGap>,
    instantiated: BTreeSet<PathBuf>,
    skipped: Vec<SkippedFile>,
    files: usize,
}

fn read_variant(
    tree: &Tree,
    root: &Path,
    installed: &Installed,
    inputs: (&HashMap<String, Node>, &[&Body]),
    name: &str,
    tags: &ServiceTags,
) -> VariantRead {
    let evaluated = evaluate_with(tree, root, installed, inputs, tags);
    let EvaluatedConfiguration { resources, unread, mut gaps, folders, instantiated, .. } = evaluated;
    let assembled = assemble(resources, name);
    let files = folders.iter().filter_map(|folder| tree.folders.get(folder)).map(|folder| folder.files).sum();
    let mut skipped = assembled.skipped;
    let whole = gaps.is_empty()
        && assembled.gaps.is_empty()
        && tree.gaps.is_empty()
        && !unread.iter().any(|module| module.of_registries);
    let complete = |mut registry: DeclaredRegistry| {
        if !whole {
            registry.doubt();
        }
        registry
    };
    gaps.extend(assembled.gaps);
    let mut registries: Vec<DeclaredRegistry> = assembled.registries.into_iter().map(complete).collect();
    let open = registries.iter().any(|registry| !registry.registry.is_fully_known());
    if let Some(folder) = tree.folders.get(root).filter(|_| open) {
        let mut others: Vec<BTreeMap<String, DeclaredRegistry>> = Vec::new();
        for values in combinations(tree, folder, inputs) {
            let resources = evaluate_with(tree, root, installed, (&values, inputs.1), tags).resources;
            let registries = assemble(resources, name).registries.into_iter().map(complete);
            others.push(registries.map(|registry| (registry.address.clone(), registry)).collect());
        }
        for registry in registries.iter_mut().filter(|registry| !registry.registry.is_fully_known()) {
            // One that is not there with some value comes to nothing for certain.
            let each = others.iter().map(|other| other.get(&registry.address).cloned());
            let each: Option<Vec<DeclaredRegistry>> = each.collect();
            if let Some(each) = each.filter(|each| !each.is_empty()) {
                registry.alternatives = each.into_iter().flat_map(with_few_values).collect();
            }
        }
    }
    for UnreadModule { block, source, of_registries } in unread {
        if !of_registries {
            let why = format!("a call of the module `{source}`, which is not on disk");
            skipped.push(SkippedFile::new(block.position(), why));
            continue;
        }
        let why = match source.starts_with('.') {
            true => format!(
                "the folder of the module `{source}` does not exist, and it may make container registries; correct the \
                 path"
            ),
            false => format!(
                "the module `{source}` is not on disk, and may make container registries; run `terraform init` here, \
                 or scan a plan"
            ),
        };
        gaps.push(FileGap::new(block.position(), why));
    }
    VariantRead { registries, gaps, instantiated, skipped, files }
}

/// Where something is still not known with a variable's value, the registry with each value that it may have.
fn with_few_values(mut registry: DeclaredRegistry) -> Vec<DeclaredRegistry> {
    match std::mem::take(&mut registry.alternatives) {
        others if others.is_empty() => vec![registry],
        others => others,
    }
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
                (
                    "live/prod.tfvars".to_owned(),
                    "a variables file that sets none of the variables of the configuration above it"
                )
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
