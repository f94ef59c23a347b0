//! A finding in source code, as compilers show theirs: the lines that cause it, with a caret, and where else to look.

use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};
use anstyle::Style;

use super::super::report::excerpt::Excerpt;
use super::super::report::{Report, grouping};
use super::super::visible;
use super::paint::severity_style;
use crate::model::finding::{BaselineState, Finding, Location, Region, Severity};
use crate::model::text_file::TextFile;

/// What [`Excerpt`] leaves of a line fits, and is not cut again.
const WIDTH: usize = 2000;

/// So many related places are shown.
const MAX_RELATED: usize = 3;

/// Of a remediation, the sentences that begin within so many characters are shown.
const MAX_HELP: usize = 160;

/// Renders the findings at one place of source code, each with those that are alike, without a line break at the end. The
/// lines are those of the first, the others are titles above them.
pub fn render(report: &Report, at_one_place: &[Vec<&Finding>], colour: bool) -> String {
    let Some((finding, alike)) = at_one_place.first().and_then(|first| first.split_first()) else {
        return String::new();
    };
    let others = at_one_place[1..].iter().filter_map(|group| group.first());
    let mut text: String = others.map(|other| title_line(other, colour)).collect();
    let remediation = |finding: &Finding| {
        let policy = report.policies.iter().find(|policy| policy.id == finding.policy);
        policy.map(|policy| policy.metadata.custom.remediation.clone()).unwrap_or_default()
    };
    text.push_str(&render_one(finding, alike, &remediation(finding), colour));
    text
}

/// `medium[export-policy]: Registry prod …`
fn title_line(finding: &Finding, colour: bool) -> String {
    let paint = |style: Style, text: &str| if colour { format!("{style}{text}{style:#}") } else { text.to_owned() };
    let label = format!("{}{}[{}]", new(finding), finding.severity.as_str(), visible(&finding.policy));
    let label = paint(severity_style(finding.severity), &label);
    format!("{label}{}\n", paint(Style::new().bold(), &format!(": {}", visible(&finding.message))))
}

fn new(finding: &Finding) -> String {
    finding.baseline.and_then(BaselineState::label).map(|new| format!("{new}, ")).unwrap_or_default()
}

/// Renders a finding in source code and what others that are alike say, without a line break at the end.
fn render_one(finding: &Finding, alike: &[&Finding], remediation: &str, colour: bool) -> String {
    let level = match finding.severity {
        Severity::Critical | Severity::High => Level::ERROR,
        Severity::Medium => Level::WARNING,
        Severity::Low | Severity::Note => Level::NOTE,
    };
    let level = level.with_name(format!("{}{}", new(finding), finding.severity.as_str()));
    let title = level.primary_title(visible(&finding.message).into_owned()).id(visible(&finding.policy).into_owned());
    let mut group = Group::with_title(title);
    let mut places = Vec::new();
    if let Location::Source { file, region } = &finding.location {
        group = group.element(snippet(file, *region, |span| AnnotationKind::Primary.span(span)));
        places.push(place(file, *region));
    }
    for related in finding.related.iter().take(MAX_RELATED) {
        let label = visible(&related.message).into_owned();
        let annotation = |span| AnnotationKind::Context.span(span).label(label);
        group = group.element(snippet(&related.file, related.region, annotation));
        places.push(place(&related.file, related.region));
    }
    for other in grouping::others(alike) {
        group = group.element(Level::NOTE.message(visible(&other).into_owned()));
    }
    let help = first_sentences(remediation);
    if !help.is_empty() {
        group = group.element(Level::HELP.message(visible(&help).into_owned()));
    }
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    with_places(renderer.term_width(WIDTH).render(&[group]).trim_end(), &places)
}

/// Stands for a path. Nothing that is shown holds it: it is a control character, which would be visible.
const PATH: char = '\u{1}';

/// Puts each place for its stand-in and the line and column behind that, which are those of the excerpt: the file's are
/// others where the line is cut or holds what is made visible.
fn with_places(rendered: &str, places: &[String]) -> String {
    let mut parts = rendered.split(PATH);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for (place, rest) in places.iter().zip(parts) {
        // So the renderer begins a second file; GitHub's runner looks for commands in such lines.
        let line = text.rfind('\n').unwrap_or_default();
        if let Some(at) = text[line..].find(":::") {
            text.replace_range(line + at..line + at + 3, "-->");
        }
        text.push_str(place);
        text.push_str(rest.trim_start_matches(|character: char| character == ':' || character.is_ascii_digit()));
    }
    text
}

fn place(file: &TextFile, region: Region) -> String {
    format!("{}:{}:{}", visible(&file.path), region.start_line, region.start_column)
}

fn snippet<'a>(
    file: &TextFile,
    region: Region,
    annotation: impl FnOnce(Range<usize>) -> Annotation<'a>,
) -> Snippet<'a, Annotation<'a>> {
    let excerpt = Excerpt::of(file, region);
    let snippet = Snippet::source(excerpt.text).line_start(excerpt.first_line as usize).path(PATH.to_string());
    snippet.annotation(annotation(excerpt.span))
}

/// A remediation is a paragraph in METADATA; its beginning says what to do, the rest when and why.
fn first_sentences(paragraph: &str) -> String {
    let paragraph = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
    let ends = paragraph.match_indices(". ").map(|(at, _)| at + 1).chain([paragraph.len()]);
    let end = ends.take_while(|end| *end <= MAX_HELP).last();
    let first = paragraph.find(". ").map_or(paragraph.len(), |at| at + 1);
    paragraph[..end.unwrap_or(first)].to_owned()
}

#[cfg(test)]
mod tests {
    use snapbox::IntoData as _;

    use super::*;
    use crate::model::finding::ResultKind;
    use crate::output::report::sample;

    #[test]
    fn it_looks_as_compilers_do() {
        let mut finding = sample::in_source("public-network-access", ResultKind::Fail, "Registry prod is open.");
        finding.baseline = Some(BaselineState::New);
        let shown = render_one(&finding, &[], "Set it to\nfalse. Or do not.", false);
        snapbox::assert_data_eq!(
            shown,
            snapbox::str![[r#"
new, high[public-network-access]: Registry prod is open.
 --> infra/variables.tf:2:13
  |
2 |   default = true
  |             ^^^^
  |
 --> infra/main.tf:3:34
  |
3 |     public_network_access_enabled = var.open # \u{202e}gnp.exe
  |                                     -------- used here
  |
  = help: Set it to false. Or do not.
"#]]
            .raw()
        );
    }

    #[test]
    fn what_is_alike_is_told_beside_it() {
        let of = |index: usize| sample::in_source("p", ResultKind::Fail, &format!("number {index}"));
        let others: Vec<Finding> = (1..6).map(of).collect();
        let shown = render_one(&of(0), &others.iter().collect::<Vec<_>>(), "", false);
        let notes: Vec<&str> = shown.lines().filter_map(|line| line.trim().strip_prefix("= note: ")).collect();
        assert_eq!(notes, ["number 1", "number 2", "number 3", "2 more of this policy are here."]);
        assert_eq!(shown.matches("--> infra/variables.tf").count(), 1);
    }

    #[test]
    fn findings_at_one_place_share_its_lines() {
        let of = |policy: &str| sample::in_source(policy, ResultKind::Fail, "Registry prod is open.");
        let (first, second) = (of("public-network-access"), of("export-policy"));
        let shown = render(&sample::report(), &[vec![&first], vec![&second]], false);
        assert!(
            shown.starts_with("high[export-policy]: Registry prod is open.\nhigh[public-network-access]: "),
            "{shown}"
        );
        assert_eq!(shown.matches("--> infra/variables.tf").count(), 1);
    }

    #[test]
    fn colours_are_for_a_terminal_alone() {
        let finding = sample::in_source("public-network-access", ResultKind::Fail, "Registry prod is open.");
        let (plain, coloured) = (render_one(&finding, &[], "", false), render_one(&finding, &[], "", true));
        assert!(!plain.contains('\u{1b}') && coloured.contains('\u{1b}'));
        assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
    }

    /// A finding at a region of a text, rendered; its excerpt is from the third line on.
    fn at(text: &str, [start_line, start_column, end_line, end_column]: [u32; 4]) -> String {
        let file = std::sync::Arc::new(TextFile::new("a.json", text));
        let region = Region { start_line, start_column, end_line, end_column };
        let location = Location::Source { file, region };
        let finding = Finding { location, related: Vec::new(), ..sample::in_source("p", ResultKind::Fail, "No.") };
        render_one(&finding, &[], "", false).lines().skip(1).map(|line| format!("{}\n", line.trim_end())).collect()
    }

    #[test]
    fn a_minified_file_shows_the_region_and_its_column() {
        let text = format!("{{{}\"ü\u{9b}\":true,{}}}", "\"a\":1,".repeat(10_000), "\"b\":2,".repeat(10_000));
        snapbox::assert_data_eq!(at(&text, [1, 60_007, 1, 60_011]), snapbox::str![[r#"
 --> a.json:1:60007
  |
1 | …"a":1,"a":1,"a":1,"a":1,"a":1,"a":1,"ü\u{9b}":true,"b":2,"b":2,"b":2,"b":2,"b":2,"b":2,"b":2,"b":2,"b":2,"b":2,"b":2,"b":2,"b…
  |                                                ^^^^

"#]].raw());
    }

    #[test]
    fn a_block_of_lines_is_marked_whole_and_a_long_one_by_its_first() {
        let text = "resource {\r\n\ta = 1\r\n}\r\n";
        let long = format!("  {{\n{}  }}\n", "    x\n".repeat(40));
        let shown = format!("{}\n{}\n{}", at(text, [1, 10, 3, 2]), at(&long, [1, 3, 42, 4]), at("", [1, 1, 1, 2]));
        snapbox::assert_data_eq!(
            shown,
            snapbox::str![[r#"
 --> a.json:1:10
  |
1 |   resource {
  |  __________^
2 | |     a = 1
3 | | }
  | |_^

 --> a.json:1:3
  |
1 |   {
  |   ^

 --> a.json:1:1
  |
1 |
  | ^

"#]]
            .raw()
        );
    }

    #[test]
    fn the_first_sentences_say_what_to_do() {
        let long = "x".repeat(300);
        assert_eq!(first_sentences("Do this. Then\n  that."), "Do this. Then that.");
        assert_eq!(first_sentences(&format!("Do this. {long}.")), "Do this.");
        assert_eq!(first_sentences(&format!("{long}. Then that.")), format!("{long}."));
        assert_eq!(first_sentences(""), "");
    }

    proptest::proptest! {
        /// Whatever a file holds and wherever a region points, something is shown and nothing steers the terminal.
        #[test]
        fn no_file_and_no_region_breaks_it(text in "(\\PC|\\pC|\n|\t|😀){0,60}", numbers in proptest::array::uniform4(0u32..40)) {
            let shown = at(&text, numbers);
            proptest::prop_assert!(shown.contains("--> a.json:"));
            proptest::prop_assert!(!shown.chars().any(|c| c.is_control() && c != '\n' || ('\u{202a}'..='\u{202e}').contains(&c)), "{shown:?}");
        }
    }
}
