//! Where a reader looks for what is not written: a default stands nowhere, and has a sentence that says so.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::inventory::Spot;

/// What is not written and has a note: its pointer, and the note.
pub type Unwritten = (String, Arc<str>);

/// A default, the parent within which it would be written, and the property that lets it count: where that one is
/// written and the parent is not, that one is to be changed.
const CAUSES: &[(&str, &str, &str)] = &[(
    "/registry/properties/networkRuleSet/defaultAction",
    "/registry/properties/networkRuleSet",
    "/registry/properties/publicNetworkAccess",
)];

/// Gives each a spot: its cause's, else the nearest parent's, else the block's, and its own note.
pub fn place(unwritten: Vec<Unwritten>, spots: &mut BTreeMap<String, Spot>, block: &Spot) {
    let placed: Vec<(String, Spot)> = unwritten
        .into_iter()
        // What a list leaves out gives its number to the next item.
        .filter(|(pointer, _)| !spots.contains_key(pointer))
        .map(|(pointer, note)| {
            let spot = cause(&pointer, spots).or_else(|| parent(&pointer, spots)).unwrap_or(block);
            let spot = Spot { note: Some(note), ..spot.clone() };
            (pointer, spot)
        })
        .collect();
    spots.extend(placed);
}

fn cause<'a>(pointer: &str, spots: &'a BTreeMap<String, Spot>) -> Option<&'a Spot> {
    let (_, parent, cause) = CAUSES.iter().find(|(default, ..)| *default == pointer)?;
    if spots.contains_key(*parent) { None } else { spots.get(*cause) }
}

fn parent<'a>(pointer: &str, spots: &'a BTreeMap<String, Spot>) -> Option<&'a Spot> {
    let ends = pointer.rmatch_indices('/').map(|(end, _)| end);
    ends.filter(|end| *end > 0).find_map(|end| spots.get(&pointer[..end]))
}
