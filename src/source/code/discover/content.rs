//! Tells files apart by content: what kind of source code a JSON file or an archive is.

use std::borrow::Cow;
use std::fs::File;
use std::io;
use std::path::Path;

use crate::model::file_gap::FileGap;
use crate::model::open;
use crate::model::path::display_path;
use crate::model::text_file::decode;

/// What a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A Terraform plan, as JSON or binary.
    Plan,
    /// A Terraform state.
    State,
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
    /// What is not looked at: the reason why it is left.
    Other(String),
    /// Nothing of ours.
    Unrelated,
}

/// So much of a file tells most of them apart.
const HEAD: usize = 256 * 1024;

/// Tells what a file is. A file whose beginning says what it is may still be broken further on.
///
/// # Errors
/// It cannot be read.
pub fn classify(path: &Path) -> Result<Content, FileGap> {
    let error = |why: String| FileGap::new(display_path(path), why);
    let head = open::head(path, HEAD).map_err(error)?;
    if head.starts_with(b"PK\x03\x04") {
        return Ok(if is_binary_plan(path) { Content::Plan } else { Content::Unrelated });
    }
    if head.contains(&0) && !head.starts_with(&[0xFF, 0xFE]) && !head.starts_with(&[0xFE, 0xFF]) {
        return Ok(Content::Unrelated);
    }
    let is_object =
        head.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|byte| b"{/\xEF\xFE\xFF".contains(byte));
    if !is_object {
        return Ok(Content::Unrelated);
    }
    if head.len() < HEAD {
        return Ok(classify_json(&text_of(head)));
    }
    // What a file is may stand at its end.
    match open::bytes(path) {
        Ok(bytes) => Ok(classify_json(&text_of(bytes))),
        // What Azure takes is far smaller. A plan of this size is told from its beginning, and refused when it is read.
        Err(why) => match classify_json(&text_of(head)) {
            Content::Unrelated => Ok(Content::Other(format!("not looked at: {why}"))),
            content => Ok(content),
        },
    }
}

/// As far as it is text: what follows is cut off, or none of ours.
fn text_of(bytes: Vec<u8>) -> String {
    let is_wide = bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]);
    let text = match is_wide {
        true => decode(bytes).unwrap_or_default(),
        false => {
            String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
        }
    };
    text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)
}

/// Terraform's binary plan is an archive with the plan and its sources in it.
fn is_binary_plan(path: &Path) -> bool {
    let archive = File::open(path).ok().and_then(|file| zip::ZipArchive::new(io::BufReader::new(file)).ok());
    match archive {
        Some(archive) => archive.index_for_name("tfplan").is_some(),
        // A plan that was cut off has lost its table of contents, and is one by its first member's name.
        None => open::head(path, 64).is_ok_and(|head| head.windows(6).any(|window| window == b"tfplan")),
    }
}

/// All members have their say, for their order is free, and so are the letters and escapes of their names. A template's
/// word goes first: what else its file says of itself does not keep Azure from deploying it.
fn classify_json(text: &str) -> Content {
    let Some(mut members) = Members::new(text) else { return Content::Unrelated };
    let (mut is_template, mut is_parameters, mut is_snapshot) = (false, false, false);
    let (mut is_terraform, mut is_plan, mut is_answer, mut has_values) = (false, false, false, false);
    let (mut has_version, mut has_lineage, mut has_changes) = (false, false, false);
    while let Some((name, value)) = members.next() {
        match name.to_lowercase().as_str() {
            "$schema" => {
                let schema = value.map(|value| value.to_lowercase()).unwrap_or_default();
                is_parameters |= schema.contains("deploymentparameters.json");
                is_template |= schema.contains("deploymenttemplate.json");
            }
            "format_version" => is_terraform |= value.is_some(),
            "resource_changes" | "planned_values" => is_plan = true,
            "values" => has_values = true,
            "provider_schemas" | "diagnostics" | "function_signatures" => is_answer = true,
            "terraform_version" => has_version = true,
            "lineage" => has_lineage = true,
            "acrscan_snapshot" => is_snapshot = true,
            "changes" | "properties" => has_changes = true,
            _ => {}
        }
    }
    match () {
        () if is_template => Content::Template { from_bicep: from_bicep(text) },
        () if is_parameters => Content::Parameters,
        () if is_terraform && is_plan => Content::Plan,
        () if is_terraform && has_values => Content::State,
        () if is_terraform && is_answer => Content::Unrelated,
        () if is_terraform && members.was_cut => Content::Plan,
        () if has_version && has_lineage => Content::State,
        () if is_snapshot => Content::Snapshot,
        () if has_changes && text.contains("\"changeType\"") => Content::WhatIf,
        // What breaks off is told by whoever reads it as a template.
        () if members.is_broken() && text.to_lowercase().contains("deploymenttemplate.json") => {
            Content::Template { from_bicep: false }
        }
        () => Content::Unrelated,
    }
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

    fn next(&mut self) -> Option<(Cow<'a, str>, Option<Cow<'a, str>>)> {
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
        Some((unescaped(name), value.map(unescaped)))
    }

    /// Whether it ended at something else than the end of the object.
    fn is_broken(&self) -> bool {
        self.byte() != Some(b'}')
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

/// The text that a JSON string stands for.
fn unescaped(raw: &str) -> Cow<'_, str> {
    match raw.contains('\\') {
        true => serde_json::from_str(&format!("\"{raw}\"")).map_or(Cow::Borrowed(raw), Cow::Owned),
        false => Cow::Borrowed(raw),
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
            (r#"{"format_version":"1.2","terraform_version":"1.9.0","planned_values":{}}"#, Content::Plan),
            (r#"{"format_version":"2.0","variables":{"a":{"value":"}\""}},"resource_changes":[]}"#, Content::Plan),
            (r#"{"format_version":"1.2","variables":{"a"#, Content::Plan),
            (r#"{"format_version":"1.0","terraform_version":"1.9.0","values":{}}"#, Content::State),
            (r#"{"format_version":"1.0","provider_schemas":{}}"#, Content::Unrelated),
            (&format!("// a\n{{ /* b */ \"$schema\": \"{schema}\", \"x\": 1,}}"), template.clone()),
            (
                &format!("{{\"$schema\": \"{schema}\", \"metadata\": {{\"_generator\": {{\"name\": \"bicep\"}}}}}}"),
                Content::Template { from_bicep: true },
            ),
            (&format!("{{\"resources\": [], \"$schema\": \"{schema}\"}}"), template.clone()),
            (&format!("{{\"$schema\": \"{}\"}}", schema.replace("Template", "Parameters")), Content::Parameters),
            (r#"{"status":"Succeeded","changes":[{"changeType":"Create"}]}"#, Content::WhatIf),
            (r#"{"properties":{"changes":[{"changeType":"Create"}]}}"#, Content::WhatIf),
            (r#"{"acrscan_snapshot":1}"#, Content::Snapshot),
            (r#"{"name":"left-pad","version":"1.0.0","changes":[]}"#, Content::Unrelated),
            (r#"[{"changeType":"Create"}]"#, Content::Unrelated),
            ("{", Content::Unrelated),
            ("", Content::Unrelated),
            (&format!("{{\"\\u0024schema\": \"{schema}\"}}"), template.clone()),
            (&format!("{{\"$Schema\": \"{}\"}}", schema.replace("Template", "\\u0054emplate")), template.clone()),
            (&format!("{{\"acrscan_snapshot\": 1, \"$schema\": \"{schema}\"}}"), template.clone()),
            (
                &format!("{{\"format_version\": \"1.2\", \"planned_values\": {{}}, \"$schema\": \"{schema}\"}}"),
                template.clone(),
            ),
            (&format!("{{'$schema': '{schema}'}}"), template.clone()),
            (&format!("{{\"settings\": [\"{schema}\"]}}"), Content::Unrelated),
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
