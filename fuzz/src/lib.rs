//! One file of hostile content, read as a scan reads it, and what must hold of whatever comes out.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use acrscan::document::input;
use acrscan::model::cloud::Cloud;
use acrscan::model::inventory::{Origin, RegistryRecord};
use acrscan::net::service_tags::ServiceTags;
use acrscan::source::code::declared::{DeclaredRegistry, Node, NodeValue, Span};
use acrscan::source::code::{Extraction, SourceFiles};
use tempfile::TempDir;

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a folder"));

/// The service tags of this binary.
pub static TAGS: LazyLock<ServiceTags> = LazyLock::new(|| ServiceTags::embedded(Cloud::Public).expect("the table"));

/// A file of this name and content, alone in a folder that lasts as long as the process.
pub fn file(name: &str, content: &[u8]) -> PathBuf {
    let path = FOLDER.path().join(name);
    fs::write(&path, content).expect("it can be written");
    path
}

/// The folder of such a file.
pub fn folder(file: &Path) -> PathBuf {
    file.parent().expect("a folder").to_owned()
}

/// Nothing found; a target adds its file.
pub fn nothing() -> SourceFiles {
    SourceFiles::default()
}

/// Every place lies in its file, and every registry becomes a document that policies can be given.
pub fn check(read: Extraction) {
    for gap in &read.gaps {
        assert!(gap.location.path.contains(FOLDER.path().to_string_lossy().as_ref()), "it names no file: {gap}");
        let is_a_place = gap.location.start.is_none_or(|(line, column)| line >= 1 && column >= 1);
        assert!(is_a_place && !gap.reason.is_empty(), "{gap}");
    }
    for registry in read.registries {
        check_registry(&registry);
        check_record(&registry.into_record());
    }
}

fn check_registry(registry: &DeclaredRegistry) {
    check_place(&registry.block);
    registry.related.iter().for_each(|(_, span)| check_place(span));
    let lists = [&registry.tasks, &registry.agent_pools, &registry.role_assignments];
    std::iter::once(&registry.registry).chain(lists.into_iter().flatten()).for_each(check_node);
    registry.alternatives.iter().for_each(check_registry);
}

fn check_node(node: &Node) {
    node.provenance.span.iter().chain(node.provenance.related.iter().map(|(_, span)| span)).for_each(check_place);
    match &node.value {
        NodeValue::List(items) => items.iter().for_each(check_node),
        NodeValue::Object(members) => members.iter().for_each(|(_, member)| check_node(member)),
        _ => {}
    }
}

/// A place is a stretch of text: within the file, between characters, and in lines and columns that are there.
fn check_place(Span { file, start, end }: &Span) {
    assert!(file.text.get(*start..*end).is_some(), "{start}..{end} of {} bytes", file.text.len());
    let region = file.region(*start..*end);
    let lines = file.text.split('\n').count() as u32;
    assert!((1..=lines).contains(&region.start_line) && (region.start_line..=lines).contains(&region.end_line));
    assert!((region.start_line, region.start_column) <= (region.end_line, region.end_column), "{region:?}");
    let last = file.line(region.end_line).trim_end_matches(['\r', '\n']).encode_utf16().count() as u32;
    // A line feed is one column more, and a carriage return before it another.
    assert!(region.end_column <= last + 3, "{region:?} of a line of {last}");
    assert!(file.line_hash(region.start_line).is_some());
}

/// A record's documents are what policies are given.
pub fn check_record(record: &RegistryRecord) {
    assert!(matches!(&record.origin, Origin::Source(declaration) if Arc::strong_count(declaration) > 0));
    input::build(record, &TAGS).expect("a document");
    input::alternatives(record, &TAGS).expect("documents");
}
