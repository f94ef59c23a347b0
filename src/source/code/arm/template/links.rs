//! Links to other templates: relative to the one that is deployed, however they are put together.

use std::path::{Path, PathBuf};

use crate::model::open::is_within_bounds;
use crate::model::path::normalize;
use crate::source::code::declared::{Node, NodeValue};

/// What a link leads to, as text; what is not known of it stands in braces.
pub fn target_of(member: &dyn Fn(&str) -> Option<Node>) -> Option<String> {
    ["relativePath", "uri", "id"].iter().find_map(|name| match member(name)?.value {
        NodeValue::String(text) => Some(text),
        NodeValue::Symbol(text) => Some(text.to_string()),
        _ => None,
    })
}

/// The file that a path leads to, from a template.
pub fn relative(template: &Path, path: &str) -> PathBuf {
    normalize(&template.parent().unwrap_or(Path::new("")).join(path.replace('\\', "/")))
}

/// The file on disk that a link leads to, from one of these templates.
pub fn beside(target: &str, from: &[&Path]) -> Option<PathBuf> {
    let (pieces, is_whole) = plain_pieces(target);
    let has_path = |piece: &&str| piece.split('?').next().is_some_and(|path| path.to_lowercase().ends_with(".json"));
    let piece = pieces.iter().rev().find(|piece| has_path(piece))?.split('?').next()?.replace('\\', "/");
    let is_address = piece.contains("://");
    let segments: Vec<&str> = piece.split('/').filter(|segment| !segment.is_empty()).collect();
    for start in 0..segments.len() {
        for template in from {
            let folder = template.parent().unwrap_or(Path::new(""));
            // An address leads here where it goes through a folder of the name of this one.
            let here = folder.file_name().map(|name| name.to_string_lossy().into_owned());
            let goes_through = start > 0 && here.is_some_and(|here| here.eq_ignore_ascii_case(segments[start - 1]));
            if (is_address && !goes_through) || (is_whole && !is_address && start > 0) {
                continue;
            }
            let path = normalize(&folder.join(segments[start..].iter().collect::<PathBuf>()));
            if path.is_file() && is_within_bounds(template, &path) {
                return Some(path);
            }
        }
    }
    None
}

/// What of a text is written, and whether that is all of it.
fn plain_pieces(text: &str) -> (Vec<&str>, bool) {
    let (mut pieces, mut start, mut depth) = (Vec::new(), 0, 0usize);
    for (at, c) in text.char_indices() {
        match c {
            '{' => {
                if depth == 0 {
                    pieces.push(&text[start..at]);
                }
                depth += 1;
            }
            '}' => {
                depth = depth.saturating_sub(1);
                start = at + 1;
            }
            _ => {}
        }
    }
    let is_whole = pieces.is_empty();
    if depth == 0 {
        pieces.push(&text[start..]);
    }
    pieces.retain(|piece| !piece.is_empty());
    (pieces, is_whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_followed_where_its_end_lies_beside() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = folder.path().join("images");
        std::fs::create_dir_all(at.join("nested")).expect("folders");
        std::fs::write(at.join("nested/acr.json"), "{}").expect("a file");
        let main = at.join("azuredeploy.json");
        let found = |target: &str| beside(target, &[&main]).is_some();
        for target in [
            "nested/acr.json",
            "{templateLink}/nested/acr.json",
            "{parameters('base')}nested/acr.json{parameters('token')}",
            "{parameters('base')}/shared/nested/acr.json?{x}",
            "https://example.com/master/images/nested/acr.json",
        ] {
            assert!(found(target), "{target}");
        }
        for target in ["acr.json", "https://example.com/nested/acr.json", "{parameters('uri')}", "../images/none.json"]
        {
            assert!(!found(target), "{target}");
        }
    }
}
