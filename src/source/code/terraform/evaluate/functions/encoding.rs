//! Functions that encode, decode and hash.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::super::json::json_text;
use super::super::value::{ExpressionError, Outcome, by_key, number_text, text, to_text, unknown_error};
use super::{argument, text_argument};
use crate::source::code::declared::{Node, NodeValue, json_of, whole_file};

pub fn call(name: &str, arguments: &[Node]) -> Option<Outcome> {
    let first = || text_argument(arguments, 0);
    Some(match name {
        "jsonencode" => argument(arguments, 0).and_then(|node| {
            let mut written = String::new();
            write_json(node, &mut written)?;
            text(written)
        }),
        "jsondecode" => argument(arguments, 0).and_then(|node| {
            let wrong = || ExpressionError::Wrong("The text is no JSON.".to_owned());
            json_of(&to_text(node)?, whole_file(node)).ok_or_else(wrong)
        }),
        "base64encode" => first().and_then(|value| text(STANDARD.encode(value))),
        "base64decode" => first().and_then(|value| utf8(STANDARD.decode(value).ok())),
        "textencodebase64" => first().and_then(|value| encode_as(&value, &text_argument(arguments, 1)?)),
        "textdecodebase64" => first().and_then(|value| decode_as(&value, &text_argument(arguments, 1)?)),
        "urlencode" => first().and_then(|value| text(url_encoded(&value))),
        "uuidv5" => first().and_then(|space| uuid(&space, &text_argument(arguments, 1)?)),
        _ => return hash(name).map(|hash| first().and_then(|value| text(hash(value.as_bytes())))),
    })
}

/// A function that hashes; by the same name with `file` before it, it hashes a file.
pub(in super::super) fn hash(name: &str) -> Option<fn(&[u8]) -> String> {
    Some(match name {
        "md5" => |bytes| hex(&Md5::digest(bytes)),
        "sha1" => |bytes| hex(&Sha1::digest(bytes)),
        "sha256" => |bytes| hex(&Sha256::digest(bytes)),
        "sha512" => |bytes| hex(&Sha512::digest(bytes)),
        "base64sha256" => |bytes| STANDARD.encode(Sha256::digest(bytes)),
        "base64sha512" => |bytes| STANDARD.encode(Sha512::digest(bytes)),
        _ => return None,
    })
}

/// Bytes in Base64.
pub(in super::super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn utf8(bytes: Option<Vec<u8>>) -> Outcome {
    let decoded = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.map_or_else(|| Err(ExpressionError::Wrong("The text is no Base64 of a text.".to_owned())), text)
}

/// The encodings that are in use; any other makes the text unknown.
fn encode_as(value: &str, encoding: &str) -> Outcome {
    let bytes: Vec<u8> = match encoding.to_uppercase().as_str() {
        "UTF-8" => value.as_bytes().to_vec(),
        "UTF-16LE" => value.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        "UTF-16BE" => value.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        _ => return Err(other_encoding(encoding)),
    };
    text(STANDARD.encode(bytes))
}

fn decode_as(value: &str, encoding: &str) -> Outcome {
    let bytes = STANDARD.decode(value).ok();
    let wide = |from: fn([u8; 2]) -> u16| {
        let units = bytes.as_ref().map(|bytes| bytes.chunks_exact(2).map(|pair| from([pair[0], pair[1]])));
        units.and_then(|units| String::from_utf16(&units.collect::<Vec<u16>>()).ok()).map(String::into_bytes)
    };
    utf8(match encoding.to_uppercase().as_str() {
        "UTF-8" => bytes,
        "UTF-16LE" => wide(u16::from_le_bytes),
        "UTF-16BE" => wide(u16::from_be_bytes),
        _ => return Err(other_encoding(encoding)),
    })
}

fn other_encoding(encoding: &str) -> ExpressionError {
    ExpressionError::Unknown(Box::new(Node::unknown(format!("The encoding {encoding:?} is not evaluated."))))
}

fn url_encoded(value: &str) -> String {
    let mut encoded = String::new();
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => encoded.push(char::from(byte)),
            b' ' => encoded.push('+'),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// RFC 9562, version 5. The namespaces that have names differ in one digit.
fn uuid(space: &str, name: &str) -> Outcome {
    let of_name = |digit: &str| format!("6ba7b81{digit}-9dad-11d1-80b4-00c04fd430c8");
    let space = match space {
        "dns" => of_name("0"),
        "url" => of_name("1"),
        "oid" => of_name("2"),
        "x500" => of_name("4"),
        other => other.to_owned(),
    };
    let digits: String = space.chars().filter(|c| *c != '-').collect();
    let byte = |at: usize| digits.get(2 * at..2 * at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    let bytes: Option<Vec<u8>> = (0..16).map(byte).collect();
    let Some(mut bytes) = bytes.filter(|_| digits.len() == 32) else {
        return Err(ExpressionError::Wrong("The namespace is no UUID.".to_owned()));
    };
    bytes.extend(name.as_bytes());
    let mut id = Sha1::digest(&bytes).to_vec();
    id[6] = id[6] & 0x0f | 0x50;
    id[8] = id[8] & 0x3f | 0x80;
    let hex = hex(&id[..16]);
    text(format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]))
}

fn write_json(node: &Node, to: &mut String) -> Result<(), ExpressionError> {
    match &node.value {
        NodeValue::Unknown | NodeValue::Symbol(_) => return Err(unknown_error(node)),
        NodeValue::Null => to.push_str("null"),
        NodeValue::Bool(flag) => to.push_str(&flag.to_string()),
        NodeValue::Number(number) => to.push_str(&number_text(number)),
        NodeValue::String(text) => to.push_str(&json_text(text, true)),
        NodeValue::List(items) => {
            for (index, item) in items.iter().enumerate() {
                to.push(if index == 0 { '[' } else { ',' });
                write_json(item, to)?;
            }
            to.push_str(if items.is_empty() { "[]" } else { "]" });
        }
        NodeValue::Object(members) => {
            for (index, (name, member)) in by_key(members).into_iter().enumerate() {
                to.push(if index == 0 { '{' } else { ',' });
                to.push_str(&json_text(name, true));
                to.push(':');
                write_json(member, to)?;
            }
            to.push_str(if members.is_empty() { "{}" } else { "}" });
        }
    }
    Ok(())
}
