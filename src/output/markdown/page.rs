//! A page of Markdown that never grows beyond what GitHub takes: rows that have no room are counted.

/// GitHub refuses a comment of more than 65,536 characters, and a job's summary of more than 1 MiB.
const MAX_BYTES: usize = 65_000;

/// What is kept for headings, verdicts, and the notes of what was cut, which are few.
const RESERVE: usize = 5_000;

/// No table or list takes more than this part of what is left, so that those that follow have some.
const SHARE: (usize, usize) = (3, 4);

pub struct Page {
    text: String,
}

impl Page {
    pub fn new() -> Page {
        Page { text: String::new() }
    }

    pub fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    pub fn heading(&mut self, title: &str) {
        self.line(&format!("\n### {title}\n"));
    }

    /// A part that the reader unfolds.
    pub fn collapsed(&mut self, title: &str, wanted: bool, body: impl FnOnce(&mut Page)) {
        if wanted {
            self.line(&format!("\n<details>\n<summary>{title}</summary>\n"));
            body(self);
            self.line("\n</details>");
        }
    }

    /// A table; its cells are escaped already.
    pub fn table(&mut self, head: &[&str], rows: impl ExactSizeIterator<Item = Vec<String>>, what: &str) {
        if self.text.ends_with("|\n") {
            self.line("");
        }
        self.line(&format!("| {} |", head.join(" | ")));
        self.line(&format!("|{}", " --- |".repeat(head.len())));
        self.rows(rows.map(|cells| format!("| {} |", cells.join(" | "))), what);
    }

    /// A list; its items are escaped already.
    pub fn list(&mut self, items: impl ExactSizeIterator<Item = String>, what: &str) {
        self.rows(items.map(|item| format!("- {item}")), what);
    }

    fn rows(&mut self, rows: impl ExactSizeIterator<Item = String>, what: &str) {
        let left = (MAX_BYTES - RESERVE).saturating_sub(self.text.len());
        let most = self.text.len() + left / SHARE.1 * SHARE.0;
        let total = rows.len();
        for (index, row) in rows.enumerate() {
            if self.text.len() + row.len() > most {
                let more = total - index;
                self.line(&format!(
                    "\n{more} more {what} are not shown, for GitHub takes a comment of at most 65,536 characters. \
                     `-o json` and `-o sarif` have them all."
                ));
                return;
            }
            self.line(&row);
        }
    }

    pub fn finish(self) -> String {
        self.text
    }
}
