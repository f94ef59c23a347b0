//! Objects of which not all is known: something that is not known was laid over them, or under them. What is known of
//! them stays so. What is not is said by members whose names nobody can write.

use std::sync::Arc;

use super::node::{Node, NodeValue};

/// There may be members that are not among these.
const OTHERS: &str = "\0others";

/// A member that is not known may not be there at all.
const PERHAPS: &str = "\0perhaps";

/// Members of an object, by their names.
pub type Members = Vec<(String, Node)>;

/// Whether this is no member's name, but says what is not known of the object.
pub fn is_marker(name: &str) -> bool {
    name.starts_with('\0')
}

/// Whether there may be members that are not among these.
pub fn may_hold_others(members: &[(String, Node)]) -> bool {
    members.iter().any(|(name, _)| name == OTHERS)
}

/// What is not known of which members there are; none where all are known.
pub fn doubt_of_members(members: &[(String, Node)]) -> Option<&Node> {
    members.iter().find(|(name, _)| is_marker(name)).map(|(_, marker)| marker)
}

/// Lays something that is not known over an object: any member may be another, and there may be others.
pub fn overlay_unknown(members: &mut Members, note: &Arc<str>) {
    members.iter_mut().filter(|(name, _)| !is_marker(name)).for_each(|(_, member)| {
        *member = Node::unknown(Arc::clone(note));
    });
    mark(members, OTHERS, note);
}

/// Says that of an object, and of the objects in it, there may be members that are not among these: something that is
/// not known lies under it.
pub fn open(node: &mut Node, note: &Arc<str>) {
    if let NodeValue::Object(members) = &mut node.value {
        members.iter_mut().for_each(|(_, member)| open(member, note));
        mark(members, OTHERS, note);
    }
}

/// Says that members that are not known may not be there.
pub fn mark_perhaps(members: &mut Members, note: &Arc<str>) {
    mark(members, PERHAPS, note);
}

fn mark(members: &mut Members, name: &str, note: &Arc<str>) {
    if !members.iter().any(|(own, _)| own == name) {
        members.push((name.to_owned(), Node::unknown(Arc::clone(note))));
    }
}

impl Node {
    /// A member that is not known stands for each of these that may be there and is not among those of the object.
    pub fn fill_others(&mut self, names: &[&str]) {
        let Some(marker) = self.as_object().filter(|members| may_hold_others(members)).and_then(doubt_of_members)
        else {
            return;
        };
        let unknown = Node { value: NodeValue::Unknown, provenance: marker.provenance.clone() };
        for name in names {
            if self.get_folded(name).is_none() {
                self.set(name, unknown.clone());
            }
        }
    }
}
