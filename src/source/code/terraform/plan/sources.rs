//! The sources that were planned: in a binary plan itself, else the folder that declares what the plan has.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::config;
use super::super::config::EvaluatedConfiguration;
use super::super::modules::{Installed, Source, Tree, installed, listed};
use super::super::resource::Resource;
use super::locate::Sources;
use crate::model::open;
use crate::model::path::display_path;
use crate::model::path::normalize;
use crate::model::text_file::{TextFile, decode};
use crate::net::service_tags::ServiceTags;
use crate::source::code::declared::{Node, NodeValue};

/// The sources of a plan.
pub struct PlanSources {
    /// The folder of its root module, where there is but one that it may be.
    pub folder: Option<PathBuf>,
    /// What they declare.
    pub sources: Sources,
    /// What is to be said of them.
    pub remark: Option<String>,
    /// Whether they are on disk as they were planned, as far as can be told.
    pub is_on_disk: bool,
}

/// A source within a plan: the key of its module, the module's folder, its text, its name.
type PlannedFile<'a> = (String, &'a str, String, String);

/// Evaluates the sources within a binary plan, each at the file that it still equals.
pub fn from_archive(
    path: &Path,
    members: BTreeMap<String, Vec<u8>>,
    tree: &Tree,
    variables: &[(String, Node)],
    tags: &ServiceTags,
) -> Option<PlanSources> {
    let index: serde_json::Value = serde_json::from_slice(members.get("modules.json")?).ok()?;
    // Written here as a list; as `modules.json` of a working directory it is within an object.
    let modules = index.as_array().or_else(|| index["Modules"].as_array())?;
    let folders: BTreeMap<&str, &str> =
        modules.iter().filter_map(|module| Some((module["Key"].as_str()?, module["Dir"].as_str()?))).collect();
    let mut files: Vec<PlannedFile<'_>> = Vec::new();
    for (member, bytes) in members {
        let Some((key, name)) = member.strip_prefix("m-").and_then(|member| member.split_once('/')) else { continue };
        if name.contains(['/', '\\']) {
            continue;
        }
        let (Some(dir), Ok(text)) = (folders.get(key), decode(bytes)) else { continue };
        files.push((key.to_owned(), dir, text, name.to_owned()));
    }
    let here = path.parent().map(normalize).unwrap_or_default();
    let same = |root: &Path| {
        let own = files.iter().filter(|(_, dir, text, name)| on_disk(root, dir, name, text).is_some());
        own.count()
    };
    let mut candidates: Vec<&PathBuf> = std::iter::once(&here).chain(tree.folders.keys()).collect();
    candidates.sort_by_cached_key(|root| (Reverse(same(root)), Reverse(near(root, &here)), (*root).clone()));
    let root = normalize(candidates.first()?);
    let (mut loaded, mut dirs, mut gone) = (BTreeMap::<PathBuf, Vec<Source>>::new(), Installed::new(), 0);
    let has_no_other = has_no_other(&root, &files);
    for (key, dir, text, name) in files {
        let folder = match Path::new(dir).is_absolute() {
            true => normalize(&root.join("tfconfig").join(&key)),
            false => normalize(&root.join(dir.replace('\\', "/"))),
        };
        let on_disk = on_disk(&root, dir, &name, &text);
        gone += usize::from(on_disk.is_none());
        let is_foreign = on_disk.is_none();
        let path = match on_disk {
            Some(file) => display_path(&file),
            None => format!("{}/tfconfig/m-{key}/{name}", display_path(path)),
        };
        if !key.is_empty() {
            dirs.insert(key, folder.clone());
        }
        let mut file = TextFile::new(path, text);
        file.is_foreign = is_foreign;
        loaded.entry(folder).or_default().push(Source::Text(Arc::new(file)));
    }
    let own = Tree::load(loaded, false);
    let remark = (gone > 0).then(|| {
        format!(
            "{gone} of its sources are not on disk as they were planned: their lines are those of the copy in the plan"
        )
    });
    let is_on_disk = gone == 0 && has_no_other;
    let sources = evaluate(&own, &root, &dirs, variables, tags);
    Some(PlanSources { sources, folder: Some(root), remark, is_on_disk })
}

/// Whether the folder of the root has no file of a configuration that was not planned.
fn has_no_other(root: &Path, files: &[PlannedFile<'_>]) -> bool {
    let planned: BTreeSet<&str> =
        files.iter().filter(|(key, ..)| key.is_empty()).map(|(.., name)| name.as_str()).collect();
    let is_planned = |source: &Source| match source {
        Source::Path(path) => {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.ends_with(".tfvars") || name.ends_with(".tfvars.json") || planned.contains(name.as_ref())
        }
        Source::Text(_) => true,
    };
    listed(root).into_iter().flatten().all(|source| is_planned(&source))
}

/// The file on disk that a planned source still equals.
fn on_disk(root: &Path, dir: &str, name: &str, text: &str) -> Option<PathBuf> {
    let dir = dir.replace('\\', "/");
    let file = normalize(&root.join(Path::new(&dir)).join(name));
    if Path::new(&dir).is_absolute() {
        return None;
    }
    let own = decode(open::bytes_led_to(root, &file).ok()?).ok()?;
    (own == text).then_some(file)
}

/// Finds and evaluates the folder that declares what the root module of a plan has.
pub fn from_folder(
    path: &Path,
    root: &BTreeSet<String>,
    tree: &Tree,
    variables: &[(String, Node)],
    tags: &ServiceTags,
) -> Option<PlanSources> {
    let here = path.parent().map(normalize).unwrap_or_default();
    let own = match tree.folders.contains_key(&here) {
        true => None,
        false => listed(&here).map(|files| Tree::load(BTreeMap::from([(here.clone(), files)]), true)),
    };
    let trees = [Some(tree), own.as_ref()];
    let declares = |tree: &Tree, folder: &Path| {
        let Some(module) = tree.folders.get(folder).map(|folder| &folder.module) else { return 0 };
        let declared = |name: &&String| match name.split('.').collect::<Vec<_>>()[..] {
            ["module", name] => module.calls.contains_key(name),
            ["data", kind, name] => module.data.contains_key(&(kind.to_owned(), name.to_owned())),
            [kind, name] => module.resource(kind, name).is_some(),
            _ => false,
        };
        root.iter().filter(declared).count()
    };
    let mut best: Vec<(usize, usize, Reverse<usize>, &PathBuf, &Tree)> = Vec::new();
    for tree in trees.into_iter().flatten() {
        for folder in tree.folders.keys() {
            let count = declares(tree, folder);
            // Fewer than half, and it is another configuration that happens to share names.
            if count * 2 > root.len() {
                best.push((count, near(folder, &here), Reverse(folder.components().count()), folder, tree));
            }
        }
    }
    best.sort_by(|a, b| (b.0, b.1, b.2).cmp(&(a.0, a.1, a.2)).then_with(|| a.3.cmp(b.3)));
    let &(count, nearness, _, folder, tree) = best.first()?;
    let as_good = best.iter().skip(1).find(|other| (other.0, other.1) == (count, nearness) && other.3 != folder);
    let remark = as_good.map(|other| {
        format!(
            "{} and {} declare what it has alike; its lines are those of the first. Put the plan into its folder",
            display_path(folder),
            display_path(other.3)
        )
    });
    let certain = Some(folder.clone()).filter(|_| as_good.is_none());
    let modules = TextFile::read_led_to(folder, &folder.join(".terraform/modules/modules.json"));
    let modules = modules.map(|file| file.text).unwrap_or_default();
    let dirs = installed(&modules, folder);
    let sources = evaluate(tree, folder, &dirs, variables, tags);
    Some(PlanSources { sources, folder: certain, remark, is_on_disk: true })
}

/// How much of their paths two folders share.
fn near(one: &Path, other: &Path) -> usize {
    one.components().zip(other.components()).take_while(|(one, other)| one == other).count()
}

/// Evaluates the sources with the plan's variables. Where a variable's own default or `.tfvars` file says the same as the
/// plan, that is where the value stands.
fn evaluate(tree: &Tree, root: &Path, dirs: &Installed, variables: &[(String, Node)], tags: &ServiceTags) -> Sources {
    let variable_values: HashMap<String, Node> =
        variables.iter().map(|(name, value)| (name.clone(), unplaced(value))).collect();
    let EvaluatedConfiguration { mut resources, calls, .. } =
        config::evaluate(tree, root, dirs, &variable_values, tags);
    if !variable_values.is_empty() {
        let own = config::evaluate(tree, root, dirs, &HashMap::new(), tags).resources;
        let own: HashMap<&str, &Resource> = own.iter().map(|resource| (resource.address.as_str(), resource)).collect();
        for resource in &mut resources {
            if let Some(own) = own.get(resource.address.as_str()) {
                prefer(&mut resource.attributes, &own.attributes);
            }
        }
    }
    let calls = calls.into_iter().map(|call| (call.address, call.block));
    Sources::new(resources, calls.collect())
}

/// A variable's value as the plan has it stands nowhere in the sources.
fn unplaced(node: &Node) -> Node {
    let value = match &node.value {
        NodeValue::List(items) => NodeValue::List(items.iter().map(unplaced).collect()),
        NodeValue::Object(members) => {
            NodeValue::Object(members.iter().map(|(name, member)| (name.clone(), unplaced(member))).collect())
        }
        other => other.clone(),
    };
    Node::new(value)
}

/// Takes what the sources say by themselves wherever it is the same.
fn prefer(variable_values: &mut Node, own: &Node) {
    if variable_values.to_json().is_some_and(|value| own.to_json() == Some(value)) {
        *variable_values = own.clone();
        return;
    }
    match (&mut variable_values.value, &own.value) {
        (NodeValue::Object(members), NodeValue::Object(_)) => {
            for (name, member) in members {
                if let Some(own) = own.get(name) {
                    prefer(member, own);
                }
            }
        }
        (NodeValue::List(items), NodeValue::List(own)) if items.len() == own.len() => {
            items.iter_mut().zip(own).for_each(|(item, own)| prefer(item, own));
        }
        _ => {}
    }
}
