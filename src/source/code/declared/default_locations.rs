//! Where a reader looks for what is not written: a default stands nowhere, and has a sentence that says so.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::inventory::SourceLocation;

/// What is not written and has a note: its pointer, and the note.
pub type DefaultProperty = (String, Arc<str>);

/// A default, the parent within which it would be written, and the property that lets it count: where that one is
/// written and the parent is not, that one is to be changed.
const CAUSES: &[(&str, &str, &str)] = &[(
    "/registry/properties/networkRuleSet/defaultAction",
    "/registry/properties/networkRuleSet",
    "/registry/properties/publicNetworkAccess",
)];

/// Gives each a spot: its cause's, else the nearest parent's, else the block's, and its own note.
pub fn add(defaults: Vec<DefaultProperty>, locations: &mut BTreeMap<String, SourceLocation>, block: &SourceLocation) {
    let placed: Vec<(String, SourceLocation)> = defaults
        .into_iter()
        // What a list leaves out gives its number to the next item.
        .filter(|(pointer, _)| !locations.contains_key(pointer))
        .map(|(pointer, note)| {
            let location = cause(&pointer, locations).or_else(|| parent(&pointer, locations)).unwrap_or(block);
            let location = SourceLocation { note: Some(note), ..location.clone() };
            (pointer, location)
        })
        .collect();
    locations.extend(placed);
}

fn cause<'a>(pointer: &str, locations: &'a BTreeMap<String, SourceLocation>) -> Option<&'a SourceLocation> {
    let (_, parent, cause) = CAUSES.iter().find(|(default, ..)| *default == pointer)?;
    if locations.contains_key(*parent) { None } else { locations.get(*cause) }
}

fn parent<'a>(pointer: &str, locations: &'a BTreeMap<String, SourceLocation>) -> Option<&'a SourceLocation> {
    let ends = pointer.rmatch_indices('/').map(|(end, _)| end);
    ends.filter(|end| *end > 0).find_map(|end| locations.get(&pointer[..end]))
}
