use serde_json::{Value, json};

use super::*;

/// Calls a function with plain values; `"?"` stands for what is not known, `"@x"` for a symbol.
fn called(name: &str, arguments: Value) -> Value {
    fn node(value: Value) -> Node {
        match value {
            Value::String(text) if text == "?" => Node::unknown("Because."),
            Value::String(text) if text.starts_with('@') => Node::new(NodeValue::Symbol(text[1..].into())),
            Value::Array(items) => Node::new(NodeValue::List(items.into_iter().map(node).collect())),
            Value::Object(members) => {
                Node::new(NodeValue::Object(members.into_iter().map(|(key, value)| (key, node(value))).collect()))
            }
            plain => Node::from_json(plain),
        }
    }
    fn display_path(node: &Node) -> Value {
        match &node.value {
            NodeValue::Unknown => {
                json!(node.provenance.note.as_deref().map_or("?".to_owned(), |note| format!("? {note}")))
            }
            NodeValue::Symbol(name) => json!(format!("@{name}")),
            NodeValue::List(items) => items.iter().map(display_path).collect(),
            NodeValue::Object(members) => {
                members.iter().map(|(key, value)| (key.clone(), display_path(value))).collect()
            }
            _ => node.to_json().expect("known"),
        }
    }
    let arguments: Vec<Node> = arguments.as_array().expect("arguments").iter().cloned().map(node).collect();
    match call(name, &arguments) {
        Ok(value) => display_path(&value),
        Err(ExpressionError::Unknown(unknown)) => display_path(&unknown),
        Err(ExpressionError::Wrong(why)) => json!(format!("! {why}")),
    }
}

#[test]
fn functions_give_what_terraform_gives() {
    for (name, arguments, result) in [
        ("concat", json!([["a"], [], [1]]), json!(["a", 1])),
        ("flatten", json!([[["a", ["b"]], []]]), json!(["a", "b"])),
        ("toset", json!([["b", "a", "b"]]), json!(["a", "b"])),
        ("distinct", json!([["b", "a", "b"]]), json!(["b", "a"])),
        ("compact", json!([["a", "", null, "b"]]), json!(["a", "b"])),
        ("reverse", json!([[1, 2]]), json!([2, 1])),
        ("sort", json!([["b", "a"]]), json!(["a", "b"])),
        ("slice", json!([["a", "b", "c"], 1, 2]), json!(["b"])),
        ("range", json!([3]), json!([0, 1, 2])),
        ("range", json!([1, 4, 2]), json!([1, 3])),
        ("element", json!([["a", "b"], 3]), json!("b")),
        ("one", json!([[]]), json!(null)),
        ("index", json!([["a", "b"], "b"]), json!(1)),
        ("contains", json!([["a"], "b"]), json!(false)),
        ("coalesce", json!([null, "", "x"]), json!("x")),
        ("coalescelist", json!([[], ["x"]]), json!(["x"])),
        ("chunklist", json!([["a", "b", "c"], 2]), json!([["a", "b"], ["c"]])),
        ("setunion", json!([["b"], ["a", "b"]]), json!(["a", "b"])),
        ("setintersection", json!([["b", "c"], ["a", "b"]]), json!(["b"])),
        ("setsubtract", json!([["b", "c"], ["a", "b"]]), json!(["c"])),
        ("setproduct", json!([["a", "b"], [1]]), json!([["a", 1], ["b", 1]])),
        ("alltrue", json!([[true, false]]), json!(false)),
        ("anytrue", json!([[]]), json!(false)),
        ("sum", json!([[1, 2.5]]), json!(3.5)),
        ("length", json!(["é"]), json!(1)),
        ("length", json!([{"a": 1}]), json!(1)),
        ("merge", json!([{"a": 1, "b": 2}, null, {"a": 3}]), json!({"a": 3, "b": 2})),
        ("lookup", json!([{"a": 1}, "b", 2]), json!(2)),
        ("keys", json!([{"b": 1, "a": 2}]), json!(["a", "b"])),
        ("values", json!([{"b": 1, "a": 2}]), json!([2, 1])),
        ("zipmap", json!([["a"], [1]]), json!({"a": 1})),
        ("tostring", json!([1]), json!("1")),
        ("tonumber", json!(["1.50"]), json!(1.5)),
        ("tobool", json!(["true"]), json!(true)),
        ("upper", json!(["aé"]), json!("AÉ")),
        ("title", json!(["hello world"]), json!("Hello World")),
        ("trim", json!(["?!hello?!", "!?"]), json!("hello")),
        ("trimprefix", json!(["helloworld", "hello"]), json!("world")),
        ("trimsuffix", json!(["helloworld", "world"]), json!("hello")),
        ("replace", json!(["1 + 2 + 3", "+", "-"]), json!("1 - 2 - 3")),
        ("substr", json!(["hello world", -5, -1]), json!("world")),
        ("substr", json!(["hello world", 1, 4]), json!("ello")),
        ("join", json!(["-", ["a", 1]]), json!("a-1")),
        ("split", json!([",", "a,b,"]), json!(["a", "b", ""])),
        ("format", json!(["%s-%03d %q %%", "a", 7, "b"]), json!("a-007 \"b\" %")),
        ("formatlist", json!(["%s/32", ["1.2.3.4", "5.6.7.8"]]), json!(["1.2.3.4/32", "5.6.7.8/32"])),
        ("startswith", json!(["abc", "ab"]), json!(true)),
        ("min", json!([3, 1.5]), json!(1.5)),
        ("max", json!([3, 12]), json!(12)),
        ("abs", json!([-2]), json!(2)),
        ("parseint", json!(["ff", 16]), json!(255)),
        ("cidrsubnet", json!(["172.16.0.0/12", 4, 2]), json!("172.18.0.0/16")),
        ("cidrsubnet", json!(["fd00:fd12:3456:7890::/56", 16, 162]), json!("fd00:fd12:3456:7800:a200::/72")),
        (
            "cidrsubnets",
            json!(["10.1.0.0/16", 4, 4, 8, 4]),
            json!(["10.1.0.0/20", "10.1.16.0/20", "10.1.32.0/24", "10.1.48.0/20"]),
        ),
        ("cidrhost", json!(["10.12.112.0/20", 16]), json!("10.12.112.16")),
        ("cidrhost", json!(["10.12.112.0/20", -1]), json!("10.12.127.255")),
        ("cidrnetmask", json!(["172.16.0.0/12"]), json!("255.240.0.0")),
        ("jsonencode", json!([{"a": ["<", 1]}]), json!("{\"a\":[\"\\u003c\",1]}")),
        ("jsondecode", json!(["{\"a\": [1]}"]), json!({"a": [1]})),
    ] {
        assert_eq!(called(name, arguments.clone()), result, "{name}{arguments}");
    }
}

#[test]
fn what_is_known_stays_known_beside_what_is_not() {
    for (name, arguments, result) in [
        ("concat", json!([["a"], "?", "@x.y.ids"]), json!(["a", "? Because.", "?"])),
        ("flatten", json!([[["a"], "?", "@x"]]), json!(["a", "? Because.", "?"])),
        ("toset", json!([["b", "?", "a", "@x"]]), json!(["a", "b", "? Because.", "@x"])),
        ("contains", json!([["?", "a"], "a"]), json!(true)),
        ("contains", json!([["?", "a"], "b"]), json!("? Because.")),
        ("anytrue", json!([["?", true]]), json!(true)),
        ("alltrue", json!([["?", true]]), json!("? Because.")),
        ("length", json!([["?"]]), json!("? Because.")),
        ("length", json!([["@x", "@y"]]), json!(2)),
        ("element", json!([["?", "a"], 1]), json!("? Because.")),
        ("coalesce", json!([null, "?", "a"]), json!("? Because.")),
        ("coalesce", json!([null, "@x", "a"]), json!("@x")),
        ("coalescelist", json!([["?"], ["a"]]), json!("? Because.")),
        ("merge", json!([{"a": 1}, "?"]), json!("? Because.")),
        ("format", json!(["%s", "?"]), json!("? Because.")),
        ("setsubtract", json!([["a"], ["?"]]), json!("? Because.")),
        ("tostring", json!(["@x"]), json!("@x")),
        ("frobnicate", json!([1]), json!("? The function `frobnicate` is not evaluated.")),
        ("range", json!([1e9]), json!("? The range has more than 10000 items.")),
        ("regex", json!(["a{9999}{9999}", "c"]), json!("? The regular expression is not evaluated.")),
    ] {
        assert_eq!(called(name, arguments.clone()), result, "{name}{arguments}");
    }
}

#[test]
fn what_terraform_refuses_is_refused() {
    for (name, arguments) in [
        ("concat", json!(["a"])),
        ("element", json!([[], 0])),
        ("one", json!([[1, 2]])),
        ("lookup", json!([{}, "a"])),
        ("slice", json!([[1], 2, 1])),
        ("slice", json!([[1], -1, 1])),
        ("cidrsubnet", json!(["10.0.0.0/8", 25, 0])),
        ("cidrsubnet", json!(["10.0.0.0/8", 1, 2])),
        ("cidrsubnet", json!(["::/0", 128, -1])),
        ("cidrhost", json!(["10.0.0.0/32", 1])),
        ("cidrhost", json!(["::/0", i64::MIN])),
        ("range", json!([0, 1, 0])),
        ("upper", json!([])),
        ("substr", json!(["a"])),
        ("parseint", json!(["1", 99])),
        ("jsondecode", json!(["{"])),
    ] {
        let result = called(name, arguments.clone());
        let refused = result.as_str().is_some_and(|text| text.starts_with('!'));
        assert!(refused || name == "cidrhost" && arguments[0] == "::/0", "{name}{arguments} gave {result}");
    }
}
