use super::super::{Declaration, DeclarationKind, Item, Literal, Member, Operator, SyntaxKind, Type};
use super::*;
use crate::source::code::arm::expression::on_deep_stack;

fn whole(text: &str) -> Vec<Declaration> {
    let syntax = parse(text);
    assert_eq!(syntax.errors, [], "{text}");
    syntax.declarations
}

fn value(text: &str) -> SyntaxKind {
    match whole(&format!("var x = {text}")).remove(0).what {
        DeclarationKind::Variable { value, .. } => value.kind,
        other => panic!("{other:?}"),
    }
}

/// An expression with every operator in parentheses.
fn printed(kind: &SyntaxKind) -> String {
    let list = |of: &[super::super::Expression]| of.iter().map(|e| printed(&e.kind)).collect::<Vec<_>>().join(" ");
    match kind {
        SyntaxKind::Literal(Literal::Text(text)) => format!("'{text}'"),
        SyntaxKind::Literal(Literal::Number(number)) => number.to_string(),
        SyntaxKind::Literal(literal) => format!("{literal:?}"),
        SyntaxKind::Name(name) => name.clone(),
        SyntaxKind::Call { on, name, arguments } => {
            let on = on.as_ref().map(|on| format!("{}.", printed(&on.kind))).unwrap_or_default();
            format!("{on}{name}({})", list(arguments))
        }
        SyntaxKind::Member { of, name, safe } => {
            format!("{}.{}{name}", printed(&of.kind), if *safe { "?" } else { "" })
        }
        SyntaxKind::Index { of, index, safe, .. } => {
            format!("{}[{}{}]", printed(&of.kind), if *safe { "?" } else { "" }, printed(&index.kind))
        }
        SyntaxKind::Nested { of, name } => format!("{}::{name}", printed(&of.kind)),
        SyntaxKind::Not(inner) => format!("(! {})", printed(&inner.kind)),
        SyntaxKind::Minus(inner) => format!("(- {})", printed(&inner.kind)),
        SyntaxKind::Binary(operator, left, right) => {
            format!("({operator:?} {} {})", printed(&left.kind), printed(&right.kind))
        }
        SyntaxKind::Choice(parts) => format!("(? {})", list(&parts[..])),
        SyntaxKind::Lambda { parameters, body } => format!("({} => {})", parameters.join(" "), printed(&body.kind)),
        other => format!("{other:?}"),
    }
}

#[test]
fn operators_bind_as_in_bicep() {
    for (text, expected) in [
        ("a ?? b || c && d == e < f + g * h", "(Coalesce a (Or b (And c (Equal d (Less e (Add f (Multiply g h)))))))"),
        ("a * b + c < d == e && f || g ?? h", "(Coalesce (Or (And (Equal (Less (Add (Multiply a b) c) d) e) f) g) h)"),
        ("a - b - c", "(Subtract (Subtract a b) c)"),
        ("a ? b : c ? d : e", "(? a b (? c d e))"),
        ("a\n  ? b // one\n  : c\n", "(? a b c)"),
        ("!a.b[0] && -1 == - 1", "(And (! a.b[0]) (Equal (- 1) (- 1)))"),
        ("a.?b[?c]!.d::e.f(1, 'x',)", "a.?b[?c].d::e.f(1 'x')"),
        ("a =~ b && c !~ d != e", "(And (EqualFolded a b) (NotEqual (NotEqualFolded c d) e))"),
        ("map(x, y => y.z)", "map(x (y => y.z))"),
        (
            "reduce(x, {}, (a, b) => union(a, b))",
            "reduce(x Object(Object { members: [], resources: [] }) (a b => union(a b)))",
        ),
        ("filter([], (a) => (a))", "filter(List([]) (a => a))"),
        ("f(\n  a\n  b)", "f(a b)"),
    ] {
        if text.contains("a\n  b)") {
            assert!(!parse(&format!("var x = {text}")).errors.is_empty(), "a comma is missing");
        } else {
            assert_eq!(printed(&value(text)), expected, "{text}");
        }
    }
    assert!(matches!(value("a!\n"), SyntaxKind::Name(_)));
    assert!(matches!(value("1 % 2"), SyntaxKind::Binary(Operator::Modulo, ..)));
}

#[test]
fn lists_and_objects_end_items_with_lines_or_commas() {
    for text in ["[1, 2\n3\n\n, ...x,]", "[\r\n1\r\n2 // c\r\n3,\n...x]"] {
        let SyntaxKind::List(items) = value(text) else { panic!("{text}") };
        assert_eq!(items.len(), 4, "{text}");
        assert!(matches!(items[3], Item::Spread(_)), "{text}");
    }
    let SyntaxKind::Object(object) = value("{ a: 1, 'b-c': 2\n'${d}x': 3, ...e\nresource: 4 }") else { panic!() };
    assert_eq!(object.members.len(), 5);
    assert!(matches!(object.members[3], Member::Spread(_)));
    assert!(object.get("b-c").is_some() && object.get("resource").is_some() && object.get("c").is_none());
}

#[test]
fn loops_and_conditions() {
    let text = "[for (a, i) in range(0, 3): if (i > 1) {\n name: a\n}]";
    let SyntaxKind::For(each) = value(text) else { panic!() };
    assert_eq!((each.item.as_str(), each.index.as_deref()), ("a", Some("i")));
    assert!(matches!(each.body.kind, SyntaxKind::If(_)));
    assert!(each.body.body_object().is_some_and(|object| object.get("name").is_some()));
    assert!(matches!(value("[\n for x in ['a']: '${x}'\n]"), SyntaxKind::For(_)));
}

#[test]
fn declarations_of_all_kinds() {
    let text = r#"
targetScope = 'subscription'
metadata m = { a: 1 }
extension kubernetes with {
  namespace: 'default'
} as k8s
import 'az@1.0.0'
import { a, b as c } from 'shared.bicep'
import * as types from 'types.bicep'
@description('x')
@allowed([
  'a'
  'b'
])
param one string = 'a'
param two 'x' | 'y' | null
param lines
  | 'a'
  | 'b'
param three types.mode[]?
param four resourceInput<'Microsoft.X/y@2020-01-01'>.properties.z?
@discriminator('kind')
type mode =
  | 'Enabled'
  | 'Disabled'
@export()
type shape = { @secure() a: string?, *: (1 | -2)[] , b: { c: true } }
type pair = [ string, @description('y') int ]
var typed string[] = []
func twice(a string, b int) string => '${a}${a}'
resource acr 'Microsoft.ContainerRegistry/registries@2025-11-01' existing = if (true) {
  name: 'x'
  @description('nested')
  resource task 'tasks@2025-03-01-preview' = [for i in range(0, 2): {
    name: 't${i}'
  }]
}
module mod 'br/public:avm/res/container-registry/registry:0.9.1' = { name: 'x', params: {} }
output id string = acr::task[0].id
assert ok = true
"#;
    for text in [text.to_owned(), text.replace('\n', "\r\n")] {
        let declarations = whole(&text);
        assert_eq!(declarations.len(), 20);
        assert_eq!(declarations[6].decorators[1].name, "allowed");
        let literal = |text: &str| Type::Literal(Literal::Text(text.to_owned()));
        let DeclarationKind::Parameter { kind: Some(Type::Union(two)), .. } = &declarations[7].what else { panic!() };
        assert_eq!(two, &[literal("x"), literal("y"), Type::Literal(Literal::Null)]);
        assert!(matches!(&declarations[9].what, DeclarationKind::Parameter { kind: Some(Type::Nullable(_)), .. }));
        let DeclarationKind::Type { kind, .. } = &declarations[11].what else { panic!() };
        assert_eq!(kind, &Type::Union(vec![literal("Enabled"), literal("Disabled")]));
        let DeclarationKind::Type { kind: Type::Object(members), .. } = &declarations[12].what else { panic!() };
        assert_eq!(members.len(), 2);
        let DeclarationKind::Resource(acr) = &declarations[16].what else { panic!() };
        assert!(acr.existing);
        let head = "resource acr 'Microsoft.ContainerRegistry/registries@2025-11-01' existing";
        assert_eq!(&text[acr.head.clone()], head);
        let object = acr.body.body_object().expect("an object");
        assert_eq!(object.resources[0].symbol, "task");
    }
}

#[test]
fn a_parameter_file() {
    let declarations =
        whole("using './main.bicep' with { a: 1 }\nparam a = readEnvironmentVariable('A', 'b')\nusing none");
    assert!(matches!(&declarations[0].what, DeclarationKind::Using(Some(path)) if path == "./main.bicep"));
    assert!(matches!(&declarations[1].what, DeclarationKind::Parameter { kind: None, default: Some(_), .. }));
    assert!(matches!(&declarations[2].what, DeclarationKind::Using(None)));
}

/// Line, column and message of each error, and how many declarations were read.
fn errors(text: &str) -> (Vec<(u32, u32, String)>, usize) {
    let syntax = parse(text);
    let file = crate::model::text_file::TextFile::new("x", text);
    let span = |error: &SyntaxError| {
        let (line, column) = file.position(error.at);
        (line, column, error.message.clone())
    };
    (syntax.errors.iter().map(span).collect(), syntax.declarations.len())
}

#[test]
fn an_error_costs_one_declaration() {
    let text = "param a string\nvar é = 1\n@description('b')\nparam b = = 2\nvar c = {\n  d: [\n    1 2\n  ]\n}\nparam e int\n\
                resource f 'x@1' = {\n  name: 'f'\n\nvar g = 'h\nvar i = 1\nvar j = '''\nk\nvar l = 2\n";
    let (errors, declarations) = errors(text);
    let expected = [
        (2, 5, "'é' has no meaning here"),
        (4, 11, "expected an expression, found '='"),
        (7, 7, "expected the end of the line, ',' or ']', found 2"),
        (14, 9, "this text has no end on its line: close its quote, or use '''"),
        (16, 9, "this text has no end: close its quotes"),
    ];
    let expected: Vec<_> = expected.into_iter().map(|(line, column, text)| (line, column, text.to_owned())).collect();
    assert_eq!(errors[..3], expected[..3]);
    assert_eq!(declarations, 4, "a, e, i and l: {errors:?}");
    for error in &expected[3..] {
        assert!(errors.contains(error), "{errors:?}");
    }
}

#[test]
fn what_is_missing_at_a_line_end_is_told_there() {
    assert_eq!(errors("var x\nvar y = 1"), (vec![(1, 6, "expected a type, found the end of the line".to_owned())], 1));
    assert_eq!(errors("param a string = 1 2").1, 0);
    assert_eq!(errors("var x = 'a${1'\nvar y = 1").1, 1);
    assert_eq!(errors(&"var = 1\n".repeat(100)).0.len(), 21);
}

#[test]
fn nesting_has_a_limit() {
    on_deep_stack(nested_to_the_limit);
}

fn nested_to_the_limit() {
    let deep = |open: &str, close: &str, levels: usize| {
        parse(&format!("var x = {}1{}\nvar y = 1", open.repeat(levels), close.repeat(levels)))
    };
    for (open, close) in [
        ("[", "]"),
        ("(", ")"),
        ("{a:", "}"),
        ("f(", ")"),
        ("'${", "}'"),
        ("a[", "]"),
        ("x => ", ""),
        ("!", ""),
        ("a ? ", ": b"),
    ] {
        assert_eq!(deep(open, close, 500).errors, [], "{open}");
        let syntax = deep(open, close, 100_000);
        assert!(syntax.errors[0].message.contains("512"), "{open}: {:?}", syntax.errors[0]);
        assert_eq!(syntax.declarations.len(), 1, "{open}");
    }
    for chain in [".a", "[0]", " + 1", "!.b", "::c", ".f()", " ?? a"] {
        let syntax = parse(&format!("var x = a{}", chain.repeat(100_000)));
        assert!(syntax.errors[0].message.contains("512"), "{chain}");
        assert_eq!(parse(&format!("var x = a{}", chain.repeat(500))).errors, [], "{chain}");
    }
    for (open, close) in [("(", ")"), ("{a:", "}"), ("[", "]"), ("a<", ">")] {
        let text = format!("param x {}b{}\nvar y = 1", open.repeat(100_000), close.repeat(100_000));
        assert!(parse(&text).errors[0].message.contains("512"), "{open}");
    }
    let open = "resource a 'b' = {\n".repeat(100_000);
    assert!(parse(&open).errors[0].message.contains("512"));
    assert!(parse(&format!("var x = a{}", "![0]".repeat(400))).errors.is_empty());
}
