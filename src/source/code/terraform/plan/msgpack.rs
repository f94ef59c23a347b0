//! Values as a binary plan holds them: MessagePack, where an extension stands for what is not known.

use serde_json::Number;

use super::values::AFTER_APPLY;
use crate::model::limits;
use crate::source::code::declared::{Node, NodeValue};

/// Deeper values are refused, as those of JSON are.
const MAX_DEPTH: usize = 512;

/// Reads a value; `None` where the bytes are not one, or it nests too deep.
pub fn decode(bytes: &[u8]) -> Option<Node> {
    let mut left = bytes;
    let node = value(&mut left, 0)?;
    left.is_empty().then_some(node)
}

fn value(left: &mut &[u8], depth: usize) -> Option<Node> {
    if depth > MAX_DEPTH || limits::ask(size_of::<Node>()).is_err() {
        return None;
    }
    let marker = take(left, 1)?[0];
    let value = match marker {
        0x00..=0x7F => number(u64::from(marker)),
        0x80..=0x8F => return object(left, usize::from(marker & 0x0F), depth),
        0x90..=0x9F => return list(left, usize::from(marker & 0x0F), depth),
        0xA0..=0xBF => text(left, usize::from(marker & 0x1F))?,
        0xC0 => NodeValue::Null,
        0xC2 => NodeValue::Bool(false),
        0xC3 => NodeValue::Bool(true),
        0xC4..=0xC6 => {
            let length = size(left, 1 << (marker - 0xC4))?;
            take(left, length)?;
            NodeValue::Unknown
        }
        0xC7..=0xC9 => {
            let length = size(left, 1 << (marker - 0xC7))?;
            take(left, length.checked_add(1)?)?;
            return Some(Node::unknown(AFTER_APPLY));
        }
        0xCA => float(f64::from(f32::from_be_bytes(take(left, 4)?.try_into().ok()?))),
        0xCB => float(f64::from_be_bytes(take(left, 8)?.try_into().ok()?)),
        0xCC..=0xCF => number(unsigned(left, 1 << (marker - 0xCC))?),
        0xD0 => signed(i64::from(take(left, 1)?[0] as i8)),
        0xD1 => signed(i64::from(i16::from_be_bytes(take(left, 2)?.try_into().ok()?))),
        0xD2 => signed(i64::from(i32::from_be_bytes(take(left, 4)?.try_into().ok()?))),
        0xD3 => signed(i64::from_be_bytes(take(left, 8)?.try_into().ok()?)),
        0xD4..=0xD8 => {
            take(left, 1 + (1 << (marker - 0xD4)))?;
            return Some(Node::unknown(AFTER_APPLY));
        }
        0xD9..=0xDB => {
            let length = size(left, 1 << (marker - 0xD9))?;
            text(left, length)?
        }
        0xDC | 0xDD => {
            let length = size(left, if marker == 0xDC { 2 } else { 4 })?;
            return list(left, length, depth);
        }
        0xDE | 0xDF => {
            let length = size(left, if marker == 0xDE { 2 } else { 4 })?;
            return object(left, length, depth);
        }
        0xE0..=0xFF => signed(i64::from(marker as i8)),
        0xC1 => return None,
    };
    Some(Node::new(value))
}

fn object(left: &mut &[u8], length: usize, depth: usize) -> Option<Node> {
    let mut members = Vec::new();
    for _ in 0..length {
        let NodeValue::String(name) = value(left, depth + 1)?.value else { return None };
        members.push((name, value(left, depth + 1)?));
    }
    Some(Node::new(NodeValue::Object(members)))
}

fn list(left: &mut &[u8], length: usize, depth: usize) -> Option<Node> {
    // A value whose type is decided as it goes: its type as bytes, then the value. Nothing else is written as bytes.
    if length == 2 && matches!(left.first(), Some(0xC4..=0xC6)) {
        value(left, depth + 1)?;
        return value(left, depth + 1);
    }
    let mut items = Vec::new();
    for _ in 0..length {
        items.push(value(left, depth + 1)?);
    }
    Some(Node::new(NodeValue::List(items)))
}

fn text(left: &mut &[u8], length: usize) -> Option<NodeValue> {
    Some(NodeValue::String(std::str::from_utf8(take(left, length)?).ok()?.to_owned()))
}

fn number(number: u64) -> NodeValue {
    NodeValue::Number(number.into())
}

fn signed(number: i64) -> NodeValue {
    NodeValue::Number(number.into())
}

fn float(number: f64) -> NodeValue {
    Number::from_f64(number).map_or(NodeValue::Unknown, NodeValue::Number)
}

fn unsigned(left: &mut &[u8], width: usize) -> Option<u64> {
    Some(take(left, width)?.iter().fold(0, |number, &byte| number << 8 | u64::from(byte)))
}

fn size(left: &mut &[u8], width: usize) -> Option<usize> {
    usize::try_from(unsigned(left, width)?).ok()
}

/// Takes bytes off the front; `None` where there are fewer.
fn take<'a>(left: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = left.split_at_checked(length)?;
    *left = rest;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn values_as_terraform_writes_them() {
        // Of a real plan: {input: dynamic object, id: refined unknown, output: unknown}.
        let mut bytes = vec![0x83, 0xA2, b'i', b'd', 0xC7, 3, 12, 0x81, 1, 0xC2, 0xA5];
        bytes.extend(b"input\x92\xC4\x08[\"object\x85\xA1f\xCB\x3F\xF8\0\0\0\0\0\0\xA1l\x92\x01\xA1a");
        bytes.extend(b"\xA1n\xCF\0\0\0\x02\xDF\xDC\x1C\x35\xA1m\xFD\xA1z\xC0\xA6output\xD4\0\0");
        let node = decode(&bytes).expect("a value");
        assert_eq!(
            node.get("input").and_then(Node::to_json),
            Some(json!({"f": 1.5, "l": [1, "a"], "n": 12_345_678_901u64, "m": -3, "z": null}))
        );
        assert!(node.get("id").expect("id").is_unknown());
        assert_eq!(node.get("output").and_then(|node| node.provenance.note.as_deref()), Some(AFTER_APPLY));
    }

    #[test]
    fn depth_and_lengths_are_bounded() {
        let nested = |depth: usize| [vec![0x91; depth], vec![0xC0]].concat();
        assert!(decode(&nested(512)).is_some());
        assert!(decode(&nested(513)).is_none());
        assert!(decode(&nested(1_000_000)).is_none());
        assert!(decode(&[0xDD, 0xFF, 0xFF, 0xFF, 0xFF]).is_none());
        assert!(decode(&[0xC6, 0xFF, 0xFF, 0xFF, 0xFF, 0]).is_none());
        assert!(decode(&[0xC0, 0xC0]).is_none());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = decode(&bytes);
        }
    }
}
