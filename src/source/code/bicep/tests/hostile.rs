//! Whatever the text, nothing panics, and every place is inside its file.

use super::*;
use proptest::prelude::*;

fn places_are_inside(node: &Node) {
    let places = node.provenance.span.iter().chain(node.provenance.related.iter().map(|(_, span)| span));
    for span in places {
        assert!(span.file.text.get(span.start..span.end).is_some(), "{span:?}");
    }
    match &node.value {
        NodeValue::List(items) => items.iter().for_each(places_are_inside),
        NodeValue::Object(members) => members.iter().for_each(|(_, member)| places_are_inside(member)),
        _ => {}
    }
}

fn is_sound(text: &str) {
    let scan = scan_one(text);
    for registry in scan.extraction.registries.clone() {
        let block = &registry.block;
        assert!(block.file.text.get(block.start..block.end).is_some());
        places_are_inside(&registry.registry);
        registry.tasks.iter().chain(&registry.agent_pools).for_each(places_are_inside);
        registry.into_record();
    }
    for gap in scan.gaps() {
        let mut parts = gap.splitn(4, ':');
        assert_eq!(parts.next(), Some("main.bicep"), "{gap}");
        let number = |part: Option<&str>| part.and_then(|part| part.parse::<u32>().ok());
        assert!(number(parts.next()).is_some() && number(parts.next()).is_some(), "{gap}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in "\\PC{0,200}") {
        is_sound(&text);
    }

    #[test]
    fn any_tokens(tokens in prop::collection::vec(prop::sample::select(vec![
        "param ", "var ", "resource ", "module ", "x", " = ", "'", "'''", "${", "}", "{", "[", "]", "(", ")", "for ", "in ",
        "if (", "\n", ": ", ", ", "=>", "?", "??", "!", ".", ".?", "::", "@", "...", "1", "null", "$'''", "\r\n", "é", "//", "/*", "#",
        "'Microsoft.ContainerRegistry/registries@2025-11-01' = {\n",
    ]), 0..60)) {
        is_sound(&tokens.concat());
    }

    #[test]
    fn any_damage(cuts in prop::collection::vec((0usize..3000, 0usize..40, "[\\PC\n]{0,6}"), 1..4)) {
        let mut text = WHOLE.to_owned();
        for (at, length, with) in cuts {
            let start = text.floor_char_boundary(at.min(text.len()));
            let end = text.floor_char_boundary((start + length).min(text.len()));
            text.replace_range(start..end.max(start), &with);
        }
        is_sound(&text);
    }
}
