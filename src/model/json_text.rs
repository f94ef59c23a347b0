//! Where a JSON pointer's property stands in the text it was read from.

use jsonc_parser::ast::{ObjectProp, Value};
use jsonc_parser::common::{Range, Ranged};
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::text_file::{Lines, Region};

/// Strict JSON: what serde_json reads too.
pub const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// A JSON text with the place of every property in it.
pub struct JsonText<'a> {
    text: &'a str,
    root: Option<Value<'a>>,
    lines: Lines,
}

impl<'a> JsonText<'a> {
    /// Parses a text. One that is no JSON has only its first line to point at.
    pub fn parse(text: &'a str) -> JsonText<'a> {
        let root = parse_to_ast(text, &CollectOptions::default(), &STRICT).ok().and_then(|parsed| parsed.value);
        JsonText { text, root, lines: Lines::new(text) }
    }

    /// The region of a property, or of its nearest parent that is there: `"name": value` where the value is a single
    /// token, else the name alone, for nobody wants a whole object underlined.
    pub fn region(&self, pointer: &str) -> Region {
        let start_of_text = Range { start: 0, end: 0 };
        let range = self.root.as_ref().map_or(start_of_text, |root| find(root, pointer));
        self.lines.region(self.text, range.start..range.end)
    }
}

fn find(root: &Value, pointer: &str) -> Range {
    let mut node = root;
    let mut range = head(root);
    for segment in pointer.split('/').skip(1) {
        let name = segment.replace("~1", "/").replace("~0", "~");
        let next = match node {
            // Of a name given twice, JSON readers keep the last.
            Value::Object(object) => {
                let property = object.properties.iter().rev().find(|property| property.name.as_str() == name);
                property.map(|property| (&property.value, of_property(property)))
            }
            Value::Array(array) => {
                let element = name.parse::<usize>().ok().and_then(|index| array.elements.get(index));
                element.map(|element| (element, head(element)))
            }
            _ => None,
        };
        let Some((value, place)) = next else { break };
        (node, range) = (value, place);
    }
    range
}

fn of_property(property: &ObjectProp) -> Range {
    let name = property.name.range();
    match &property.value {
        Value::Object(_) | Value::Array(_) => name,
        scalar => Range { start: name.start, end: scalar.range().end },
    }
}

/// A scalar's own range; of an object or array the opening bracket.
fn head(value: &Value) -> Range {
    let range = value.range();
    match value {
        Value::Object(_) | Value::Array(_) => Range { start: range.start, end: range.start + 1 },
        _ => range,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_finds_its_property_or_the_nearest_parent() {
        let text = "{\n  \"a\": {\n    \"é😀\": [ { \"v\": \"x\" }, 7 ]\n  }\n}\n";
        let json = JsonText::parse(text);
        let region = |pointer: &str| {
            let r = json.region(pointer);
            (r.start_line, r.start_column, r.end_line, r.end_column)
        };
        assert_eq!(region("/a"), (2, 3, 2, 6));
        assert_eq!(region("/a/é😀"), (3, 5, 3, 10), "columns are UTF-16 code units");
        assert_eq!(region("/a/é😀/0"), (3, 14, 3, 15));
        assert_eq!(region("/a/é😀/0/v"), (3, 16, 3, 24));
        assert_eq!(region("/a/é😀/1"), (3, 28, 3, 29));
        assert_eq!(region("/a/nothing/here"), (2, 3, 2, 6));
        assert_eq!(region("/b"), (1, 1, 1, 2));
        let broken = JsonText::parse("{\"a\": ").region("/a");
        assert_eq!((broken.start_line, broken.start_column), (1, 1));
    }
}
