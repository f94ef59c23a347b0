//! Tells files apart by content: what kind of source code a JSON file or an archive is.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use crate::model::path::display_path;
use crate::model::text_file::{MAX_BYTES, decode};

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// A Terraform plan, as JSON or binary.
    Plan,
    /// An ARM template.
    Template {
        /// Whether `bicep build` made it.
        from_bicep: bool,
    },
    /// Parameters of an ARM template.
    Parameters,
    /// What what-if printed.
    WhatIf,
    /// A snapshot's manifest.
    Snapshot,
    /// Something of Terraform's or Azure's that says nothing of what will be: the reason why it is skipped.
    Other(&'static str),
    /// Nothing of ours.
    Unrelated,
}

/// So much of a file tells most of them apart.
const HEAD: usize = 256 * 1024;

/// Tells what a file is. A file whose beginning says what it is may still be broken further on.
///
/// # Errors
/// It cannot be read: `path: why`.
pub fn classify(path: &Path) -> Result<Content, String> {
    let error = |error: io::Error| format!("{}: cannot read it: {error}", display_path(path));
    let mut file = File::open(path).map_err(error)?;
    let mut bytes = Vec::new();
    file.by_ref().take(HEAD as u64).read_to_end(&mut bytes).map_err(error)?;
    if bytes.starts_with(b"PK\x03\x04") {
        return Ok(if is_binary_plan(path) { Content::Plan } else { Content::Unrelated });
    }
    if bytes.contains(&0) && !bytes.starts_with(&[0xFF, 0xFE]) && !bytes.starts_with(&[0xFE, 0xFF]) {
        return Ok(Content::Unrelated);
    }
    if let Some(content) = classify_json(&text_of(bytes.clone())) {
        return Ok(content);
    }
    let is_object =
        bytes.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|byte| b"{/\xEF\xFE\xFF".contains(byte));
    if bytes.len() == HEAD && is_object {
        file.take(MAX_BYTES).read_to_end(&mut bytes).map_err(error)?;
        return Ok(classify_json(&text_of(bytes)).unwrap_or(Content::Unrelated));
    }
    Ok(Content::Unrelated)
}

/// As far as it is text: what follows is cut off, or none of ours.
fn text_of(bytes: Vec<u8>) -> String {
    let lossy = String::from_utf8_lossy(&bytes).into_owned();
    let text = decode(bytes).unwrap_or(lossy);
    text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)
}

/// Terraform's binary plan is an archive with the plan and its sources in it.
fn is_binary_plan(path: &Path) -> bool {
    let archive = File::open(path).ok().and_then(|file| zip::ZipArchive::new(io::BufReader::new(file)).ok());
    match archive {
        Some(archive) => archive.index_for_name("tfplan").is_some(),
        // A plan that was cut off has lost its table of contents, and is one by its first member's name.
        None => {
            let mut head = [0; 64];
            let read = File::open(path).and_then(|mut file| file.read(&mut head)).unwrap_or_default();
            head[..read].windows(6).any(|window| window == b"tfplan")
        }
    }
}

/// `None` where the text ends, or is no JSON object, before it tells.
fn classify_json(text: &str) -> Option<Content> {
    let mut members = Members::new(text)?;
    let (mut is_terraform, mut has_changes, mut is_state) = (false, false, false);
    while let Some((name, value)) = members.next() {
        match (name, value) {
            ("$schema", Some(schema)) => {
                let schema = schema.to_lowercase();
                if schema.contains("deploymentparameters.json") {
                    return Some(Content::Parameters);
                }
                if schema.contains("deploymenttemplate.json") {
                    return Some(Content::Template { from_bicep: from_bicep(text) });
                }
            }
            ("format_version", Some(_)) => is_terraform = true,
            ("resource_changes" | "planned_values", _) if is_terraform => return Some(Content::Plan),
            ("values", _) if is_terraform => return Some(Content::Other("a Terraform state, which is no plan")),
            ("provider_schemas" | "diagnostics" | "function_signatures", _) if is_terraform => {
                return Some(Content::Unrelated);
            }
            ("terraform_version", _) => is_state = !is_terraform,
            ("lineage", _) if is_state => return Some(Content::Other("a Terraform state, which is no plan")),
            ("acrscan_snapshot", _) => return Some(Content::Snapshot),
            ("changes", _) => has_changes = true,
            ("properties", _) if text.contains("\"changeType\"") => return Some(Content::WhatIf),
            _ => {}
        }
    }
    if is_terraform && members.was_cut {
        return Some(Content::Plan);
    }
    (has_changes && text.contains("\"changeType\"")).then_some(Content::WhatIf)
}

/// The generator stands at the top of what Bicep writes.
fn from_bicep(text: &str) -> bool {
    let head = &text[..text.floor_char_boundary(4096)];
    head.find("\"_generator\"").is_some_and(|start| head[start..].contains("\"bicep\""))
}

/// The members of the outermost object of a JSON text, comments and a missing end allowed: names, and values that are
/// text.
///
/// Not the scanner of `jsonc-parser`: it stops at the first character that starts no token, so that a template broken
/// before its `$schema` would pass for none of ours, and it takes three times as long.
struct Members<'a> {
    text: &'a str,
    at: usize,
    /// Whether the text ended before the object did.
    was_cut: bool,
}

impl<'a> Members<'a> {
    fn new(text: &'a str) -> Option<Members<'a>> {
        let mut members = Members { text, at: 0, was_cut: false };
        members.skip_blank();
        (members.byte()? == b'{').then(|| {
            members.at += 1;
            members
        })
    }

    fn next(&mut self) -> Option<(&'a str, Option<&'a str>)> {
        self.skip_blank();
        while self.byte() == Some(b',') {
            self.at += 1;
            self.skip_blank();
        }
        if self.byte() != Some(b'"') {
            self.was_cut = self.byte().is_none();
            return None;
        }
        let name = self.string()?;
        self.skip_blank();
        if self.byte() != Some(b':') {
            self.was_cut = self.byte().is_none();
            return None;
        }
        self.at += 1;
        self.skip_blank();
        let value = match self.byte() {
            Some(b'"') => self.string(),
            _ => {
                self.skip_value();
                None
            }
        };
        Some((name, value))
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Up to the end of a member's value that is no text.
    fn skip_value(&mut self) {
        let mut depth = 0usize;
        while let Some(byte) = self.byte() {
            match byte {
                b'"' => {
                    self.string();
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' if depth == 0 => return,
                b'}' | b']' => depth -= 1,
                b',' if depth == 0 => return,
                b'/' => {
                    self.skip_blank();
                    if self.byte() == Some(b'/') {
                        self.at += 1;
                    }
                    continue;
                }
                _ => {}
            }
            self.at += 1;
        }
        self.was_cut = true;
    }

    /// A string from its opening quote on; `None` where it is cut off.
    fn string(&mut self) -> Option<&'a str> {
        let start = self.at + 1;
        let mut end = start;
        loop {
            match self.text.as_bytes().get(end) {
                Some(b'\\') => end += 2,
                Some(b'"') => break,
                Some(_) => end += 1,
                None => {
                    self.at = self.text.len();
                    self.was_cut = true;
                    return None;
                }
            }
        }
        self.at = end + 1;
        self.text.get(start..end)
    }

    /// Blanks and comments.
    fn skip_blank(&mut self) {
        loop {
            let rest = &self.text.as_bytes()[self.at.min(self.text.len())..];
            let blank = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            let rest = &rest[blank..];
            let end = |pattern: &str, from: usize| {
                let found = self.text.get(self.at + blank + from..).and_then(|text| text.find(pattern));
                found.map_or(rest.len(), |end| from + end + pattern.len())
            };
            let comment = match rest {
                [b'/', b'/', ..] => end("\n", 2),
                [b'/', b'*', ..] => end("*/", 2),
                _ => 0,
            };
            self.at += blank + comment;
            if comment == 0 {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn json_is_told_apart_by_its_members() {
        let template = Content::Template { from_bicep: false };
        let schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#";
        for (text, expected) in [
            (r#"{"format_version":"1.2","terraform_version":"1.9.0","planned_values":{}}"#, Some(Content::Plan)),
            (
                r#"{"format_version":"2.0","variables":{"a":{"value":"}\""}},"resource_changes":[]}"#,
                Some(Content::Plan),
            ),
            (r#"{"format_version":"1.2","variables":{"a"#, Some(Content::Plan)),
            (
                r#"{"format_version":"1.0","terraform_version":"1.9.0","values":{}}"#,
                Some(Content::Other("a Terraform state, which is no plan")),
            ),
            (r#"{"format_version":"1.0","provider_schemas":{}}"#, Some(Content::Unrelated)),
            (&format!("// a\n{{ /* b */ \"$schema\": \"{schema}\", \"x\": 1,}}"), Some(template)),
            (
                &format!("{{\"$schema\": \"{schema}\", \"metadata\": {{\"_generator\": {{\"name\": \"bicep\"}}}}}}"),
                Some(Content::Template { from_bicep: true }),
            ),
            (&format!("{{\"resources\": [], \"$schema\": \"{schema}\"}}"), Some(template)),
            (&format!("{{\"$schema\": \"{}\"}}", schema.replace("Template", "Parameters")), Some(Content::Parameters)),
            (r#"{"status":"Succeeded","changes":[{"changeType":"Create"}]}"#, Some(Content::WhatIf)),
            (r#"{"properties":{"changes":[{"changeType":"Create"}]}}"#, Some(Content::WhatIf)),
            (r#"{"acrscan_snapshot":1}"#, Some(Content::Snapshot)),
            (r#"{"name":"left-pad","version":"1.0.0","changes":[]}"#, None),
            (r#"[{"changeType":"Create"}]"#, None),
            ("{", None),
            ("", None),
        ] {
            assert_eq!(classify_json(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_told_apart_without_a_panic(text in r#"[{}\[\]",:/*\\a \n😀]{0,60}"#) {
            classify_json(&text);
        }
    }
}
