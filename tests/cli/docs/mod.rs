//! The documentation says what the binary does: every command in it runs, every excerpt is real, every page that is
//! written by the binary is fresh, and every path and flag it names is there.

mod commands;
mod excerpts;
mod generated;
mod names;
mod settings;
mod ways;

use std::fs;
use std::path::Path;

use crate::harness::files;

/// A page of Markdown that a person reads.
pub struct Page {
    /// Relative to the repository, with `/`.
    pub path: String,
    pub text: String,
}

/// A fenced block of a page.
pub struct Block<'a> {
    /// The number of its first line within the page, for messages.
    pub line: usize,
    /// The words after the fence: the language, and what this block asks of its test.
    pub info: Vec<&'a str>,
    pub text: String,
}

/// The pages of the root and of `docs/`, sorted.
pub fn pages() -> Vec<Page> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths: Vec<String> = fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".md"))
        .collect();
    let below = files(&root.join("docs")).into_iter().map(|(name, _)| format!("docs/{}", name.replace('\\', "/")));
    paths.extend(below.filter(|path| path.ends_with(".md")));
    paths.sort();
    let read = |path: String| Page { text: fs::read_to_string(root.join(&path)).unwrap(), path };
    paths.into_iter().map(read).collect()
}

impl Page {
    /// The fenced blocks whose language is this.
    pub fn blocks(&self, language: &str) -> Vec<Block<'_>> {
        let mut blocks = Vec::new();
        let mut open: Option<Block<'_>> = None;
        for (index, line) in self.text.lines().enumerate() {
            match (line.trim_start().strip_prefix("```"), &mut open) {
                (Some(info), None) => {
                    let info = info.split(' ').filter(|word| !word.is_empty()).collect();
                    open = Some(Block { line: index + 2, info, text: String::new() });
                }
                (Some(_), Some(_)) => blocks.extend(open.take()),
                (None, Some(block)) => block.text += &format!("{line}\n"),
                (None, None) => {}
            }
        }
        assert!(open.is_none(), "{}: a fence is not closed", self.path);
        blocks.retain(|block| block.info.first() == Some(&language));
        blocks
    }

    /// The words in backticks outside of blocks.
    pub fn code_spans(&self) -> Vec<String> {
        let mut within = false;
        let mut prose = String::new();
        for line in self.text.lines() {
            if line.trim_start().starts_with("```") {
                within = !within;
            } else if !within {
                prose += &format!("{line}\n");
            }
        }
        prose.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    }
}
