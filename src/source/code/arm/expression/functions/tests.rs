//! Each function, with what is known and with what is not.

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::{Binding, Expr, NameScope, Names, Work, evaluate};
use crate::model::text_file::TextFile;
use crate::source::code::arm::syntax::parser::{Origin, parse};
use crate::source::code::declared::{Node, NodeValue, Span};

fn expr(text: &str) -> Expr {
    let file = Arc::new(TextFile::new("t.json", text));
    let origin = Origin { token: Span::new(&file, 0..text.len()), start: Some(0) };
    parse(text, &origin).unwrap_or_else(|(_, error)| panic!("{text}: {error}"))
}

/// Evaluates with a parameter `none` that has no value, one `odd` of which nothing is known, and a few variables.
fn eval(text: &str) -> (Node, Vec<String>) {
    let mut names = Names::default();
    names.parameter("none", Binding::Value(names.no_value("none")));
    names.parameter("odd", Binding::Value(Node::unknown("It is odd.")));
    names.variable("o", Binding::Value(Node::from_json(json!({"a": 1, "B": {"c": [1, 2, 3]}}))));
    names.variable("part", Binding::Expr(expr("createArray(1, parameters('odd'), 3)")));
    names.variable("again", Binding::Expr(expr("variables('other')")));
    names.variable("other", Binding::Expr(expr("concat(variables('again'), 'x')")));
    let work = Work::default();
    let node = evaluate(&expr(text), &NameScope::new(&names, &work));
    (node, work.into_gaps().iter().map(ToString::to_string).collect())
}

fn known(text: &str) -> Value {
    let (node, gaps) = eval(text);
    assert_eq!(gaps, [""; 0], "{text}");
    node.to_json().unwrap_or_else(|| panic!("{text} is not known: {node:?}"))
}

#[test]
fn what_is_known_is_computed() {
    for (text, value) in [
        ("concat('a', 1, 'b')", json!("a1b")),
        ("concat(createArray(1), createArray(2, 3))", json!([1, 2, 3])),
        ("format('{0}-{1:D3}-{{x}}', 'a', 7)", json!("a-007-{x}")),
        ("if(equals(1, 1), 'y', variables('nope'))", json!("y")),
        ("if(false(), variables('nope'), 'n')", json!("n")),
        ("not(equals('a', 'A'))", json!(true)),
        ("and(false(), parameters('odd'))", json!(false)),
        ("and(parameters('odd'), false())", json!(false)),
        ("or(parameters('odd'), true())", json!(true)),
        ("less(1, 2)", json!(true)),
        ("lessOrEquals('b', 'a')", json!(false)),
        ("greater(2, 2)", json!(false)),
        ("greaterOrEquals(2, 2)", json!(true)),
        ("empty('')", json!(true)),
        ("empty(null())", json!(true)),
        ("empty(variables('part'))", json!(false)),
        ("contains(variables('part'), 3)", json!(true)),
        ("contains(variables('o'), 'b')", json!(true)),
        ("contains('abc', 'b')", json!(true)),
        ("coalesce(null(), null(), 'x')", json!("x")),
        ("coalesce(null())", json!(null)),
        ("createObject('a', 1, 'b', createArray())", json!({"a": 1, "b": []})),
        ("array('a')", json!(["a"])),
        ("array(createArray('a'))", json!(["a"])),
        (
            "union(createObject('a', createObject('x', 1)), createObject('a', createObject('y', 2)))",
            json!({"a": {"x": 1, "y": 2}}),
        ),
        ("union(createArray(1, 2), createArray(2, 3))", json!([1, 2, 3])),
        ("union(null(), createObject('a', 1))", json!({"a": 1})),
        ("intersection(createArray(1, 2), createArray(2, 3))", json!([2])),
        ("intersection(createObject('a', 1, 'b', 2), createObject('a', 1, 'b', 3))", json!({"a": 1})),
        ("first('abc')", json!("a")),
        ("first(variables('part'))", json!(1)),
        ("last(variables('part'))", json!(3)),
        ("first(createArray())", json!(null)),
        ("length('a😀')", json!(3)),
        ("length(variables('o'))", json!(2)),
        ("min(3, 1, 2)", json!(1)),
        ("max(createArray(3, 5))", json!(5)),
        ("add(1, 2)", json!(3)),
        ("sub(1, 2)", json!(-1)),
        ("mul(3, -2)", json!(-6)),
        ("div(7, 2)", json!(3)),
        ("mod(7, 3)", json!(1)),
        ("range(2, 3)", json!([2, 3, 4])),
        ("split('a;b,c', createArray(';', ','))", json!(["a", "b", "c"])),
        ("split('', ',')", json!([""])),
        ("join(createArray('a', 1), '-')", json!("a-1")),
        ("replace('aXbX', 'X', '')", json!("ab")),
        ("toLower('AB')", json!("ab")),
        ("toUpper('ab')", json!("AB")),
        ("substring('abcd', 1, 2)", json!("bc")),
        ("substring('abcd', 2)", json!("cd")),
        ("indexOf('abcB', 'B')", json!(1)),
        ("lastIndexOf('abcB', 'b')", json!(3)),
        ("indexOf(createArray('a', 'b'), 'b')", json!(1)),
        ("trim(' a ')", json!("a")),
        ("startsWith('ABC', 'ab')", json!(true)),
        ("endsWith('ABC', 'bc')", json!(true)),
        ("string(createArray(1, 'a'))", json!("[1,\"a\"]")),
        ("string(true())", json!("True")),
        ("int('42')", json!(42)),
        ("bool('True')", json!(true)),
        ("json('{\"a\": [1]}')", json!({"a": [1]})),
        ("null()", json!(null)),
        ("tryGet(variables('o'), 'B', 'c', 1)", json!(2)),
        ("tryGet(variables('o'), 'x')", json!(null)),
        ("tryIndexFromEnd(createArray(1, 2), 1)", json!(2)),
        ("tryIndexFromEnd(createArray(1, 2), 9)", json!(null)),
        ("variables('o').b.C[2]", json!(3)),
        ("variables('o').?x", json!(null)),
        ("variables('o')['a']", json!(1)),
        ("base64('héllo')", json!("aMOpbGxv")),
        ("base64ToString('aMOpbGxv')", json!("héllo")),
        ("base64ToJson('eyJhIjoxfQ==')", json!({"a": 1})),
        ("dataUriToString(dataUri('x'))", json!("x")),
        ("uri('http://a/b/c', 'd')", json!("http://a/b/d")),
        ("uri('http://a', 'd')", json!("http://a/d")),
        ("uriComponent('a b/ü')", json!("a%20b%2F%C3%BC")),
        ("uriComponentToString('a%20b')", json!("a b")),
        ("padLeft('7', 3, '0')", json!("007")),
        ("padLeft(7, 3, '0')", json!("007")),
        ("take('abc', 2)", json!("ab")),
        ("take(variables('part'), 1)", json!([1])),
        ("skip(createArray(1, 2, 3), 2)", json!([3])),
        ("skip('abc', 9)", json!("")),
        ("flatten(createArray(createArray(1), createArray(2)))", json!([1, 2])),
        ("items(createObject('b', 1, 'a', 2))", json!([{"key": "a", "value": 2}, {"key": "b", "value": 1}])),
        ("objectKeys(createObject('b', 1, 'a', 2))", json!(["a", "b"])),
        ("shallowMerge(createArray(createObject('a', createObject('x', 1)), createObject('a', 2)))", json!({"a": 2})),
        ("cidrSubnet('10.0.0.0/16', 24, 3)", json!("10.0.3.0/24")),
        ("cidrSubnet('2001:db8::/32', 64, 1)", json!("2001:db8:0:1::/64")),
        ("cidrHost('10.0.0.0/24', 3)", json!("10.0.0.4")),
        ("parseCidr('10.0.0.77/24').network", json!("10.0.0.0")),
        ("map(range(0, 3), lambda('x', add(lambdaVariables('x'), 1)))", json!([1, 2, 3])),
        (
            "map(createArray('a'), lambda('x', 'i', format('{0}{1}', lambdaVariables('x'), lambdaVariables('i'))))",
            json!(["a0"]),
        ),
        ("filter(range(0, 4), lambda('x', greater(lambdaVariables('x'), 1)))", json!([2, 3])),
        ("reduce(range(1, 4), 0, lambda('a', 'b', add(lambdaVariables('a'), lambdaVariables('b'))))", json!(10)),
        (
            "sort(createArray(3, 1, 2), lambda('a', 'b', less(lambdaVariables('a'), lambdaVariables('b'))))",
            json!([1, 2, 3]),
        ),
        ("toObject(createArray('a'), lambda('x', lambdaVariables('x')), lambda('x', 1))", json!({"a": 1})),
        (
            "groupBy(createArray('aa', 'ab', 'c'), lambda('x', first(lambdaVariables('x'))))",
            json!({"a": ["aa", "ab"], "c": ["c"]}),
        ),
        ("mapValues(createObject('a', 1), lambda('x', add(lambdaVariables('x'), 1)))", json!({"a": 2})),
        ("equals(uniqueString(resourceGroup().id), uniqueString(resourceGroup().id))", json!(true)),
        ("equals(concat('a', parameters('none')), concat('a', parameters('none')))", json!(true)),
        ("equals(parameters('none'), null())", json!(false)),
        ("if(parameters('odd'), 'same', 'same')", json!("same")),
    ] {
        assert_eq!(known(text), value, "{text}");
    }
}

#[test]
fn what_is_not_known_is_unknown_and_no_fault() {
    for name in ["parameters('none')", "parameters('odd')"] {
        for text in [
            "concat('a', #)",
            "format('{0}', #)",
            "format(#)",
            "if(#, 'a', 'b')",
            "equals(#, 'a')",
            "not(#)",
            "and(true(), #)",
            "or(false(), #)",
            "less(#, 1)",
            "lessOrEquals(1, #)",
            "greater(#, 1)",
            "greaterOrEquals(#, 1)",
            "empty(#)",
            "contains(#, 'a')",
            "contains('a', #)",
            "contains(createArray('a'), #)",
            "array(#)",
            "union(#, createObject('a', 1)).b",
            "union(createObject('a', 1), #).a",
            "length(union(#, createObject('a', 1)))",
            "intersection(createArray(1), #)",
            "first(#)",
            "last(#)",
            "length(#)",
            "min(1, #)",
            "max(#, 1)",
            "add(#, 1)",
            "sub(1, #)",
            "mul(#, #)",
            "div(#, 1)",
            "mod(1, #)",
            "range(0, #)",
            "split(#, ',')",
            "split('a', #)",
            "join(#, ',')",
            "join(createArray(#), ',')",
            "replace(#, 'a', 'b')",
            "toLower(#)",
            "toUpper(#)",
            "substring(#, 1)",
            "indexOf(#, 'a')",
            "lastIndexOf('a', #)",
            "trim(#)",
            "startsWith(#, 'a')",
            "endsWith('a', #)",
            "string(#)",
            "string(createArray(#))",
            "int(#)",
            "bool(#)",
            "json(#)",
            "tryGet(#, 'a')",
            "tryGet(variables('o'), #)",
            "tryIndexFromEnd(#, 1)",
            "base64(#)",
            "base64ToString(#)",
            "uri(#, 'a')",
            "uriComponent(#)",
            "padLeft(#, 3)",
            "take(#, 1)",
            "skip('a', #)",
            "flatten(#)",
            "items(#)",
            "objectKeys(#)",
            "shallowMerge(#)",
            "cidrSubnet(#, 24, 0)",
            "cidrHost('10.0.0.0/8', #)",
            "parseCidr(#)",
            "dateTimeAdd(#, 'P1D')",
            "uniqueString(#)",
            "guid(#)",
            "map(#, lambda('x', 1))",
            "filter(#, lambda('x', true()))",
            "reduce(#, 0, lambda('a', 'b', 1))",
            "reduce(createArray(1), #, lambda('a', 'b', lambdaVariables('a')))",
            "sort(#, lambda('a', 'b', true()))",
            "sort(createArray(1, 2), lambda('a', 'b', #))",
            "toObject(#, lambda('x', 'a'))",
            "toObject(createArray(1), lambda('x', #))",
            "mapValues(#, lambda('x', 1))",
            "#.a",
            "#.?a",
            "#[0]",
            "createArray(1)[#]",
            "coalesce(#, 'a')",
            "resourceId('A.B/c', #)",
            "resourceGroup().location",
            "subscription().subscriptionId",
            "tenant().tenantId",
            "deployment().name",
            "newGuid()",
            "utcNow()",
            "reference(#).a",
            "listKeys('a', 'b').keys[0].value",
            "pickZones('a', 'b', 'c')",
            "managementGroup().id",
            "resourceInfo('x').id",
            "and(#, less('a', 1))",
            "if(#, less('a', 1), null().a)",
        ] {
            let text = text.replace('#', name);
            let (node, gaps) = eval(&text);
            assert!(node.is_unknown(), "{text}: {node:?}");
            assert_eq!(gaps, [""; 0], "{text}");
            assert!(node.provenance.note.is_some(), "{text} does not say why");
        }
    }
    for text in ["length(variables('part'))", "variables('part')[2]", "skip(variables('part'), 2)"] {
        assert_eq!(eval(text).0.provenance.note.as_deref(), Some("It is odd."), "{text}");
    }
    let (node, _) = eval("union(parameters('none'), createObject('a', createObject('b', 1))).a.b");
    assert_eq!(node.to_json(), Some(json!(1)), "what is laid over what is not known stays");
    let (node, _) = eval("concat(createArray('a'), parameters('none'))");
    let items = node.as_list().expect("a list");
    assert_eq!((items.len(), items[1].value == NodeValue::Unknown), (2, true));
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (text, gap) in [
        ("concat('a', frob(1))", "t.json:1:13: unknown function `frob`; what depends on it is not known"),
        ("toLower(1)", "t.json:1:1: `tolower` wants a text as its argument 1"),
        ("add('a', 1)", "t.json:1:1: `add` wants an integer as its argument 1"),
        ("div(1, 0)", "t.json:1:1: `div` has no result: it divides by zero, or the number is too large"),
        (
            "add(9223372036854775807, 1)",
            "t.json:1:1: `add` has no result: it divides by zero, or the number is too large",
        ),
        ("range(0, 1000000000)", "t.json:1:1: `range` wants a count from 0 to 10000, not 1000000000"),
        ("variables('o').nope", "t.json:1:1: the object has no member `nope`"),
        ("createArray(1)[1]", "t.json:1:1: the index 1 is beyond the list's 1 items"),
        ("parameters('nope')", "t.json:1:1: parameter `nope` is not declared; declare it, or correct the name"),
        ("copyIndex('x')", "t.json:1:1: `copyIndex` stands in no loop `x`"),
        ("map(1, 2)", "t.json:1:1: `map` wants a list and a lambda"),
        ("resourceId('A.B/c/d', 'x')", "t.json:1:1: `resourceid` wants a name for each segment of the type"),
        ("substring('a', 3)", "t.json:1:1: `substring` begins outside the text"),
    ] {
        let (node, gaps) = eval(text);
        assert!(node.is_unknown(), "{text}: {node:?}");
        assert_eq!(gaps, [gap], "{text}");
    }
    let (node, gaps) = eval("variables('again')");
    assert!(node.is_unknown());
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert!(gaps[0].contains("depends on itself"), "{gaps:?}");
}

#[test]
fn ids_compare_by_type_and_name() {
    let id = |text: &str| match eval(text).0.value {
        NodeValue::Symbol(symbol) => symbol.to_string(),
        other => panic!("{text}: {other:?}"),
    };
    let group = "/subscriptions/{subscription}/resourceGroups/{resourceGroup}/providers";
    assert_eq!(id("resourceId('A.B/c', 'x')"), format!("{group}/A.B/c/x"));
    assert_eq!(
        id("resourceId('A.B/c/d', 'x', parameters('none'))"),
        format!("{group}/A.B/c/x/d/{{parameters('none')}}")
    );
    assert_eq!(id("resourceId('A.B/c', parameters('odd'))"), format!("{group}/A.B/c/{{parameters('odd')}}"));
    assert_eq!(id("resourceId('g', 'A.B/c', 'x')"), "/subscriptions/{subscription}/resourceGroups/g/providers/A.B/c/x");
    assert_eq!(
        known("resourceId('s', 'g', 'A.B/c', 'x')"),
        json!("/subscriptions/s/resourceGroups/g/providers/A.B/c/x")
    );
    assert_eq!(known("tenantResourceId('A.B/c', 'x')"), json!("/providers/A.B/c/x"));
    assert_eq!(known("extensionResourceId('/z', 'A.B/c', 'x')"), json!("/z/providers/A.B/c/x"));
    assert_eq!(id("subscriptionResourceId('A.B/c', 'x')"), "/subscriptions/{subscription}/providers/A.B/c/x");
    assert_eq!(
        id("reference(resourceId('A.B/c', 'x'), '1', 'full').identity.principalId"),
        format!("{{{}.identity.principalId}}", format!("{group}/A.B/c/x").to_lowercase())
    );
}

#[test]
fn work_is_bounded() {
    let mut names = Names::default();
    names.variable("v0", Binding::Expr(expr("createArray('aaaaaaaaaaaaaaaa')")));
    for n in 1..64 {
        let before = n - 1;
        let text = format!("concat(variables('v{before}'), variables('v{before}'))");
        names.variable(&format!("v{n}"), Binding::Expr(expr(&text)));
    }
    names.variable("w0", Binding::Value(Node::text("x")));
    for n in 1..5_000 {
        let text = format!("createObject('a', variables('w{}'))", n - 1);
        names.variable(&format!("w{n}"), Binding::Expr(expr(&text)));
    }
    let work = Work::default();
    let run = || {
        let scope = NameScope::new(&names, &work);
        let many = evaluate(&expr("variables('v63')"), &scope);
        // The nearest first, so that evaluation itself does not nest.
        let deep: Vec<Node> = (1..5_000).map(|n| evaluate(&expr(&format!("variables('w{n}')")), &scope)).collect();
        (many.is_fully_known(), deep.last().is_some_and(Node::is_fully_known))
    };
    // Names are of one thread.
    assert_eq!(run(), (false, false));
    assert!(!work.into_gaps().is_empty());
}
