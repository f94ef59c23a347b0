use proptest::prelude::*;

use super::*;

fn body(text: &str) -> Body {
    parse(text, 0).expect(text)
}

fn value(text: &str) -> Expr {
    let mut body = body(&format!("a = {text}\n"));
    body.attributes.remove(0).value
}

fn at(text: &str, span: ByteSpan) -> &str {
    &text[span.start as usize..span.end as usize]
}

/// The tree, short: operators in prefix form.
pub fn display_path(expr: &Expr) -> String {
    let all = |items: &[Expr]| items.iter().map(display_path).collect::<Vec<_>>().join(" ");
    match &expr.kind {
        ExprKind::Null => "null".to_owned(),
        ExprKind::Bool(flag) => flag.to_string(),
        ExprKind::Number(number) => number.to_string(),
        ExprKind::String(text) => format!("{text:?}"),
        ExprKind::Template(parts) => format!("(template{})", template(parts)),
        ExprKind::List(items) => format!("[{}]", all(items)),
        ExprKind::Object(members) => {
            let members: Vec<String> =
                members.iter().map(|(k, v)| format!("{}:{}", display_path(k), display_path(v))).collect();
            format!("{{{}}}", members.join(" "))
        }
        ExprKind::Name(name) => name.clone(),
        ExprKind::Path(of, steps) => {
            let steps = steps.iter().map(|step| match step {
                Step::Attribute(name) => format!(".{name}"),
                Step::Index(index) => format!("[{}]", display_path(index)),
                Step::Splat(full) => if *full { "[*]" } else { ".*" }.to_owned(),
            });
            format!("{}{}", display_path(of), steps.collect::<String>())
        }
        ExprKind::Call(name, arguments, expanded) => {
            format!("{name}({}{})", all(arguments), if *expanded { "..." } else { "" })
        }
        ExprKind::Not(inner) => format!("(! {})", display_path(inner)),
        ExprKind::Minus(inner) => format!("(neg {})", display_path(inner)),
        ExprKind::Binary(operator, sides) => {
            format!("({operator:?} {} {})", display_path(&sides.0), display_path(&sides.1))
        }
        ExprKind::Conditional(three) => {
            format!("(? {} {} {})", display_path(&three.0), display_path(&three.1), display_path(&three.2))
        }
        ExprKind::For(inner) => {
            let optional = |expr: &Option<Expr>| expr.as_ref().map_or("-".to_owned(), display_path);
            let key = inner.key.as_deref().unwrap_or("-");
            let (over, result) = (display_path(&inner.over), display_path(&inner.result));
            let (name, condition) = (optional(&inner.name), optional(&inner.condition));
            format!("(for {key} {} {over} {name} {result} {} {condition})", inner.value, inner.grouped)
        }
    }
}

fn template(parts: &[Part]) -> String {
    let part = |part: &Part| match part {
        Part::Text(text) => format!(" {text:?}"),
        Part::Value(value) => format!(" {}", display_path(value)),
        Part::If(condition, yes, no) => {
            format!(" %if {}{} %else{} %end", display_path(condition), template(yes), template(no))
        }
        Part::For(key, value, over, each) => {
            let key = key.as_deref().unwrap_or("-");
            format!(" %for {key} {value} {}{} %end", display_path(over), template(each))
        }
    };
    parts.iter().filter(|part| !matches!(part, Part::Text(text) if text.is_empty())).map(part).collect()
}

#[test]
fn expressions_are_read_by_precedence() {
    for (text, tree) in [
        ("1 + 2 * 3 - 4", "(Subtract (Add 1 (Multiply 2 3)) 4)"),
        ("!a && b || c == d", "(Or (And (! a) b) (Equal c d))"),
        ("a ? b : c ? d : e", "(? a b (? c d e))"),
        ("-1.5e3 < x.y[0].z", "(Less (neg 1500) x.y[0].z)"),
        ("a.*.b[*].c.0", "a.*.b[*].c[0]"),
        ("f(1, g()...)", "f(1 g()...)"),
        ("f (1)", "f(1)"),
        ("f(\n1,\n2,\n)", "f(1 2)"),
        ("provider::x::f(1)", "provider::x::f(1)"),
        ("[1,\n# c\n2,]", "[1 2]"),
        ("{ a = 1, \"b\" : 2\n (c) = 3 }", "{\"a\":1 \"b\":2 c:3}"),
        ("{ for = 1 }", "{\"for\":1}"),
        ("[for x in xs : x if x != null]", "(for - x xs - x false (NotEqual x null))"),
        ("{\n for k, v in m :\n k => v... }", "(for k v m k v true -)"),
        ("(\n1\n+ 2)", "(Add 1 2)"),
        ("\"\"", "\"\""),
        ("\"a\\n\\u00e9$${x}\"", "\"a\\né${x}\""),
        ("\"a${b}c\"", "(template \"a\" b \"c\")"),
        ("\"${\"${\"}\"}\"}\"", "(template (template \"}\"))"),
    ] {
        assert_eq!(display_path(&value(text)), tree, "{text}");
    }
}

#[test]
fn heredocs_lose_their_indent_where_asked() {
    assert_eq!(display_path(&value("<<E\n  a \"q\" \\n\nE")), "\"  a \\\"q\\\" \\\\n\\n\"");
    assert_eq!(display_path(&value("<<-E\r\n    a\r\n      b\r\n    E\r\n")), "\"a\\n  b\\n\"");
    let across = "<<-E\n    ${f({\n  \"}\" = \"${\"a\"}\" # }\n})} x\n      $${y\n    E";
    assert_eq!(display_path(&value(across)), "(template f({\"}\":(template \"a\")}) \" x\\n  ${y\\n\")");
    let ExprKind::Template(parts) = value("<<-E\n  %{ for x in y ~}\n  ${x}\n  %{ endfor ~}\n  E").kind else {
        panic!("a template")
    };
    assert!(matches!(&parts[..], [Part::For(None, _, _, each)] if each.len() == 2), "{parts:?}");
}

#[test]
fn places_are_those_of_the_source() {
    let text = "resource \"a\" \"b\" {\n\tx = [1, \"é\" ] # c\r\n\tdynamic \"r\" {\n content {}\n}\n}\r\n";
    let body = body(text);
    let block = &body.blocks[0];
    assert_eq!(at(text, block.head), "resource \"a\" \"b\"");
    assert_eq!(block.labels, ["a", "b"]);
    assert_eq!(at(text, block.body.attributes[0].span), "x = [1, \"é\" ]");
    let ExprKind::List(items) = &block.body.attributes[0].value.kind else { panic!("a list") };
    assert_eq!(at(text, items[1].span), "\"é\"");
    assert_eq!(at(text, block.body.blocks[0].head), "dynamic \"r\"");
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    for (text, offset, message) in [
        ("a = ", 4, "a value was expected, not the end of the text"),
        ("a = 1 2", 6, "the end of the line was expected, not `2`"),
        ("a = 1\na = 2", 6, "`a` is set twice; keep one"),
        ("b {\n", 4, "a block is not closed; `}` is missing"),
        ("b { a = 1, c = 2 }", 9, "a block in one line holds one attribute; begin a line for each"),
        ("b { c {} }", 9, "a block in one line holds one attribute; begin a line for each"),
        ("b {\n  a = 1 }", 12, "the end of the line was expected, not `}`"),
        ("a = 1 /* c", 6, "the end of the line was expected, not a comment without its `*/`"),
        ("a = \"x\n\"", 6, "the text is not closed; `\"` is missing"),
        ("a = <<E\nx", 4, "the heredoc is not closed; a line with only `E` is missing"),
        ("a = \"\\q\"", 5, "it is no escape; write `\\\\` for a backslash"),
        ("a = \"%{ endif }\"", 15, "a template directive ends here that does not begin"),
    ] {
        let error = parse(text, 0).expect_err(text);
        assert_eq!((error.offset, error.message.as_str()), (offset, message), "{text}");
    }
}

#[test]
fn nesting_is_held_to_a_limit() {
    let on_a_stack = |text: String| {
        let run = move || parse(&text, 0).map(|_| ()).map_err(|error| error.message);
        std::thread::Builder::new().stack_size(32 << 20).spawn(run).expect("a thread").join().expect("no panic")
    };
    let lists = |depth: usize| format!("a = {}{}\n", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(on_a_stack(lists(200)), Ok(()));
    assert_eq!(on_a_stack(lists(512)), Ok(()));
    assert!(on_a_stack(lists(513)).is_err());
    assert_eq!(on_a_stack(format!("a = {}1{}", "(".repeat(512), ")".repeat(512))), Ok(()));
    assert_eq!(on_a_stack(format!("a = {}1{}", "\"${".repeat(512), "}\"".repeat(512))), Ok(()));
    assert_eq!(on_a_stack(format!("a = {}1{}", "f([".repeat(256), "])".repeat(256))), Ok(()));
    assert!(on_a_stack(lists(100_000)).expect_err("too deep").contains("deeper than 512 levels"));
    let blocks = |depth: usize| format!("{}{}\n", "b {\n".repeat(depth), "}\n".repeat(depth));
    assert_eq!(on_a_stack(blocks(512)), Ok(()));
    for open in ["(", "!", "-", "a ? b : ", "f(", "\"${", "{ a = ", "b {\n", "[for x in ", "a[", "\"%{ if x }"] {
        assert!(on_a_stack(format!("a = {}", open.repeat(100_000))).is_err(), "{open}");
    }
    assert_eq!(on_a_stack(format!("a = 1{}", " + 1".repeat(1000))), Ok(()));
    assert!(on_a_stack(format!("a = 1{}", " + 1".repeat(100_000))).expect_err("too long").contains("too long"));
}

#[test]
fn the_json_form_is_the_same_tree() {
    let text = r#"{"//": "c", "resource": {"azurerm_container_registry": {"main": {
        "name": "r${var.x}", "tags": {"a": "b"},
        "network_rule_set": {"default_action": "Deny", "dynamic": {"ip_rule": {"for_each": "${var.ips}", "content": {"ip_range": "${ip_rule.value}"}}}}
    }}}, "variable": [{"x": {"default": 1}}], "locals": {"y": [true, null]}}"#;
    let body = parse_json(text, 0).expect("JSON");
    let kinds: Vec<&str> = body.blocks.iter().map(|block| block.kind.as_str()).collect();
    assert_eq!(kinds, ["resource", "variable", "locals"]);
    let registry = &body.blocks[0];
    assert_eq!(registry.labels, ["azurerm_container_registry", "main"]);
    assert_eq!(at(text, registry.body.attributes[0].span), "\"name\": \"r${var.x}\"");
    let ExprKind::Template(parts) = &registry.body.attributes[0].value.kind else { panic!("a template") };
    let Part::Value(value) = &parts[1] else { panic!("an interpolation") };
    assert_eq!(at(text, value.span), "var.x");
    let rules = &registry.body.blocks[0];
    assert_eq!(rules.body.blocks[0].labels, ["ip_rule"]);
    assert_eq!(display_path(&body.blocks[2].body.attributes[0].value), "[true null]");
    assert!(parse_json("{\"a\": 1,}", 0).is_err(), "strict");
    assert!(parse_json(&"[".repeat(100_000), 0).is_err());
}

/// Every span of a body, down to its expressions' own.
fn spans(body: &Body, all: &mut Vec<ByteSpan>) {
    for attribute in &body.attributes {
        all.extend([attribute.span, attribute.value.span]);
        if let ExprKind::List(items) = &attribute.value.kind {
            all.extend(items.iter().map(|item| item.span));
        }
    }
    for block in &body.blocks {
        all.push(block.head);
        spans(&block.body, all);
    }
}

const SAMPLE: &str = "variable \"é\" {\r\n  default = [\"${a.b[0]}\", <<-E\r\n  x%{ if y }z%{ endif }\r\n  E\r\n  , {a = 1}]\n}\n\tlocals { x = [for k, v in m : f(k, v...) if !v ? true : 1 + -2] }\n";

proptest! {
    #[test]
    fn any_text_is_parsed_or_refused(text in "\\PC{0,200}") {
        let _ = parse(&text, 0);
        let _ = parse_json(&text, 0);
    }

    #[test]
    fn mutations_keep_spans_in_the_file(at in 0..SAMPLE.len(), length in 0usize..12, new in "[\\[\\]{}\"$%~<>a-c0-9é\n\r\t .,=*/#-]{0,6}") {
        let start = SAMPLE.floor_char_boundary(at);
        let end = SAMPLE.floor_char_boundary((at + length).min(SAMPLE.len())).max(start);
        let text = format!("{}{new}{}", &SAMPLE[..start], &SAMPLE[end..]);
        match parse(&text, 0) {
            Ok(body) => {
                let mut all = Vec::new();
                spans(&body, &mut all);
                for span in all {
                    prop_assert!(text.get(span.start as usize..span.end as usize).is_some(), "{:?} in {}", span, text);
                }
            }
            Err(error) => prop_assert!(text.is_char_boundary(error.offset.min(text.len())), "{:?}", error),
        }
    }
}
