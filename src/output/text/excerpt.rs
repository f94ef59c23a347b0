//! A finding in source code, as compilers show theirs: the lines that cause it, with a caret, and where else to look.

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::finding::{BaselineState, Finding, Location, Region, Severity};
use crate::output::excerpt::Excerpt;
use crate::output::visible;
use crate::text_file::TextFile;

/// What [`Excerpt`] leaves of a line fits, and is not cut again.
const WIDTH: usize = 2000;

/// So many related places are shown.
const MOST_RELATED: usize = 3;

/// Of a remediation, the sentences that begin within so many characters are shown.
const MOST_HELP: usize = 160;

/// Renders a finding in source code, without a line break at the end.
pub fn render(finding: &Finding, remediation: &str, colour: bool) -> String {
    let level = match finding.severity {
        Severity::Critical | Severity::High => Level::ERROR,
        Severity::Medium => Level::WARNING,
        Severity::Low | Severity::Note => Level::NOTE,
    };
    let new = if finding.baseline == Some(BaselineState::New) { "new, " } else { "" };
    let level = level.with_name(format!("{new}{}", finding.severity.as_str()));
    let title = level.primary_title(visible(&finding.message).into_owned()).id(visible(&finding.policy).into_owned());
    let mut group = Group::with_title(title);
    if let Location::Source { file, region } = &finding.location {
        group = place(group, file, *region, |span| AnnotationKind::Primary.span(span));
    }
    for related in finding.related.iter().take(MOST_RELATED) {
        let label = visible(&related.message).into_owned();
        group = place(group, &related.file, related.region, |span| AnnotationKind::Context.span(span).label(label));
    }
    let help = first_sentences(remediation);
    if !help.is_empty() {
        group = group.element(Level::HELP.message(visible(&help).into_owned()));
    }
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    renderer.term_width(WIDTH).render(&[group]).trim_end().to_owned()
}

/// The columns of the line that a file has, not of what is shown of it.
fn place<'a>(
    group: Group<'a>,
    file: &TextFile,
    region: Region,
    annotation: impl FnOnce(std::ops::Range<usize>) -> Annotation<'a>,
) -> Group<'a> {
    let excerpt = Excerpt::of(file, region);
    let origin = Origin::path(visible(&file.path).into_owned())
        .line(region.start_line as usize)
        .char_column(region.start_column as usize);
    let snippet = Snippet::source(excerpt.text).line_start(excerpt.first_line as usize);
    group.element(origin).element(snippet.annotation(annotation(excerpt.span)))
}

/// A remediation is a paragraph in METADATA; its beginning says what to do, the rest when and why.
fn first_sentences(paragraph: &str) -> String {
    let paragraph = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
    let ends = paragraph.match_indices(". ").map(|(at, _)| at + 1).chain([paragraph.len()]);
    let end = ends.take_while(|end| *end <= MOST_HELP).last();
    let first = paragraph.find(". ").map_or(paragraph.len(), |at| at + 1);
    paragraph[..end.unwrap_or(first)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Kind;
    use crate::output::sample;

    #[test]
    fn it_looks_as_compilers_do() {
        let finding = sample::in_source("public-network-access", Kind::Fail, "Registry prod is open.");
        let shown = render(&finding, "Set it to false. Or do not.", false);
        snapbox::assert_data_eq!(
            shown,
            snapbox::str![[r#"
high[public-network-access]: Registry prod is open.
 --> infra/variables.tf:2:13
  |
 ::: 
2 |   default = true
  |             ^^^^
 ::: infra/main.tf:3:34
  |
 ::: 
3 |     public_network_access_enabled = var.open # /u{202e}gnp.exe
  |                                     -------- used here
  |
  = help: Set it to false. Or do not.
"#]]
        );
    }
}
