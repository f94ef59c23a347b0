//! Expressions and the values that Terraform 1.11 gives them.

use super::*;
use crate::model::file_gap::FileGap;

/// Files that functions read, beside `main.tf`.
const FILES: [(&str, &str); 7] = [
    ("motto.txt", "built once, pulled often\n"),
    (
        "sites.yaml",
        "region: westeurope\nsites:\n  - name: quay\n    cidrs: [192.0.2.0/25]\n    open: no\n  - &mill\n    name: mill\n    open: yes\ncopy: *mill\n",
    ),
    ("people.csv", "team,mail\nbuild,\"build, at night\"\nship,ship@example.org\n"),
    ("sets/one.json", "{\"id\": 1, \"tags\": [\"a\", null]}\n"),
    ("sets/deep/two.json", "{\"id\": 2}\n"),
    ("lines.tftpl", "A\n  %{~ if true }x%{ endif }|\n%{~ if true }y%{ endif ~}  \n\n  z ${~ 1 }\n\n ${~ 2 ~} \n  e"),
    ("hosts.tftpl", "%{ for h in hosts ~}\n${h}:${port}\n%{ endfor ~}\n%{ if tls }tls%{ else }plain%{ endif }\n"),
];

const LOCALS: &str = "locals {\n  greeting = \"hello $${who}, $${upper(who)}\"\n  blank    = null\n  rows     = [{ id = 1, on = true }, { id = 2, on = false }]\n  deep     = { a = { b = [\"x\", \"y\"] } }\n}\n";

/// The value of each expression in one folder, as text; what is not known begins with `?`.
fn values(expressions: &[&str], files: &[(&str, &str)], locals: &str) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        std::fs::write(path, text).expect("written");
    }
    let mut main = locals.to_owned();
    main.push_str("resource \"azurerm_container_registry\" \"main\" {\n");
    for (index, expression) in expressions.iter().enumerate() {
        main.push_str(&format!("  x{index} = {expression}\n"));
    }
    main.push_str("}\n");
    let path = folder.path().join("main.tf");
    let mut evaluated = evaluated(&[(path.to_str().expect("a path"), &main)]);
    assert_eq!(evaluated.gaps, Vec::<FileGap>::new());
    let node = evaluated.resources.remove(0).attributes;
    let value = |index: usize| match display_path(node.get(&format!("x{index}")).expect("a value")) {
        Value::String(text) => text,
        other => other.to_string(),
    };
    (0..expressions.len()).map(value).collect()
}

#[track_caller]
fn hold(table: &[(&str, &str)]) {
    let expressions: Vec<&str> = table.iter().map(|(expression, _)| *expression).collect();
    let values = values(&expressions, &FILES, LOCALS);
    let wrong: Vec<String> = table
        .iter()
        .zip(&values)
        .filter(|((_, expected), value)| expected != value)
        .map(|((expression, expected), value)| format!("{expression}\n  is  {value:?}\n  not {expected:?}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn one_type_for_the_values_of_a_collection() {
    hold(&[
        (r#"jsonencode(tolist(["b", 2, false]))"#, r#"["b","2","false"]"#),
        (r#"jsonencode(tomap({ k = 3, l = "m" }))"#, r#"{"k":"3","l":"m"}"#),
        (r#"jsonencode(toset([2, "a", true]))"#, r#"["2","a","true"]"#),
        (r#"jsonencode(tolist([{ k = 1 }, { k = "x" }]))"#, r#"[{"k":"1"},{"k":"x"}]"#),
        (r#"jsonencode(tolist([{ k = 1 }, { k = "x", l = 2 }]))"#, r#"[{"k":"1"},{"k":"x","l":"2"}]"#),
        (r#"jsonencode(coalesce(5, "x"))"#, r#""5""#),
        (r#"jsonencode(true ? { k = 1 } : { l = "x" })"#, r#"{"k":"1"}"#),
        (r#"jsonencode(true ? [7] : ["x", "y"])"#, r#"["7"]"#),
        (r#"jsonencode(false ? "x" : true)"#, r#""true""#),
        (r#"jsonencode(true ? { k = { l = 1 } } : { k = { l = "x" } })"#, r#"{"k":{"l":"1"}}"#),
        (r#"jsonencode([1, "x", true])"#, r#"[1,"x",true]"#),
        (r#"jsonencode(merge({ k = 1 }, { l = "x" }))"#, r#"{"k":1,"l":"x"}"#),
        (r#"jsonencode(distinct([3, "3"]))"#, r#"["3"]"#),
        (r#"jsonencode({ for k, v in toset(["p", "q"]) : k => v })"#, r#"{"p":"p","q":"q"}"#),
    ]);
}

#[test]
fn texts_are_formatted_as_go_formats_them() {
    hold(&[
        (r#"format("%04d|%6s|%-6s|%q", 31, "ab", "cd", "e\"f")"#, r#"0031|    ab|cd    |"e\"f""#),
        (r#"format("%.1f %5.1f %+d % d %05.1f", 2.25, 3.14159, 4, 5, 6.78)"#, "2.2   3.1 +4  5 006.8"),
        (r#"format("%x %X %o %b", 254, 254, 9, 6)"#, "fe FE 11 110"),
        (r#"format("%e %g %g %.3g", 0.00012, 1e30, 100000, 98765.4321)"#, "1.200000e-04 1e+30 100000 9.88e+04"),
        (r#"format("%[2]s-%[1]s", "a", "b")"#, "b-a"),
        (r#"format("%v %v %#v", [1, "a"], true, "b")"#, r#"[1,"a"] true "b""#),
        (r#"format("%s%%", 2.50)"#, "2.5%"),
        (r#"title("first-line of o'clock")"#, "First-Line Of O'Clock"),
        (r#"tostring(0.7 + 0.1)"#, "0.8"),
        (r#"tostring(1e22)"#, "10000000000000000000000"),
        (r#"indent(2, "a\nb\n\nc")"#, "a\n  b\n  \n  c"),
        (r#"dirname("a/b/c")"#, "a/b"),
        (r#"basename("/a/b/")"#, "b"),
        (r#"jsonencode(1 / 8)"#, "0.125"),
        (r#"tostring(log(8, 2))"#, "3"),
        (r#"timeadd("2024-02-28T23:30:00Z", "45m")"#, "2024-02-29T00:15:00Z"),
    ]);
}

#[test]
fn patterns_are_re2s() {
    hold(&[
        (r#"replace("Prod-EU_7", "/[^A-Za-z0-9]/", "")"#, "ProdEU7"),
        (r#"replace("k8", "/([a-z])(\\d)/", "$2$1")"#, "8k"),
        (r#"replace("a/b", "/", "-")"#, "a-b"),
        (r#"regex("v(\\d+)\\.(\\d+)", "x v12.34")[1]"#, "34"),
        (r#"regex("(?P<l>[a-z]+)=(?P<r>.*)", "key=value").r"#, "value"),
        (r#"jsonencode(regex("a(b)?", "ac"))"#, "[null]"),
        (r#"jsonencode(regexall("[0-9]+", "1 22 333"))"#, r#"["1","22","333"]"#),
        (r#"jsonencode(regexall("z", "abc"))"#, "[]"),
        (r#"can(regex("^[a-z]+$", "abc")) ? "fits" : "not""#, "fits"),
        (r#"can(regex("^[a-z]+$", "ab1")) ? "fits" : "not""#, "not"),
        (r#"regex("[[a&]+", "x[&a")"#, "[&a"),
        (r#"jsonencode(regexall("\\d", "١2"))"#, r#"["2"]"#),
        (r#"jsonencode(regexall("[[:alpha:]\\d]+", "a1é2"))"#, r#"["a1","2"]"#),
        (r#"jsonencode(regexall("[]x]", "]x"))"#, r#"["]","x"]"#),
    ]);
}

#[test]
fn what_is_encoded_and_decoded() {
    hold(&[
        (r#"jsonencode({ z = 1, a = "<&>", m = [null, 1.50] })"#, r#"{"a":"\u003c\u0026\u003e","m":[null,1.5],"z":1}"#),
        (r#"jsondecode("{\"a\": [1, {\"b\": true}]}").a[1].b ? "b" : "c""#, "b"),
        (
            r#"yamlencode({ b = [1, { c = "x", d = [] }], a = "1" })"#,
            "\"a\": \"1\"\n\"b\":\n- 1\n- \"c\": \"x\"\n  \"d\": []\n",
        ),
        (r#"yamlencode([["p"], "q\nr"])"#, "- - \"p\"\n- |-\n  q\n  r\n"),
        (
            r#"jsonencode(yamldecode("a: 0o17\nb: 010\nc: 1_0\nd: No\ne: '1'\nf: 2020-02-03\ng: ~\n"))"#,
            r#"{"a":15,"b":10,"c":"1_0","d":false,"e":"1","f":"2020-02-03T00:00:00Z","g":null}"#,
        ),
        (
            r#"jsonencode(yamldecode("a: &x {k: 1, l: 2}\nb:\n  <<: *x\n  l: 3\n"))"#,
            r#"{"a":{"k":1,"l":2},"b":{"k":1,"l":3}}"#,
        ),
        (r#"try(yamldecode("a: [1"), "no YAML")"#, "no YAML"),
        (r#"jsonencode(csvdecode("a,b\n\"1\n2\",\"\"\"x\"\"\"\n"))"#, r#"[{"a":"1\n2","b":"\"x\""}]"#),
        (r#"base64encode("acr")"#, "YWNy"),
        (r#"base64decode("YWNy")"#, "acr"),
        (r#"textdecodebase64(textencodebase64("é", "UTF-16LE"), "UTF-16LE")"#, "é"),
        (r#"md5("acr")"#, "9f8878742e956027afe7786868dfb506"),
        (r#"sha1("a")"#, "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"),
        (r#"uuidv5("url", "http://a")"#, "bcf7b280-b0ac-52cf-aa46-68920fe34ea0"),
        (r#"urlencode("a/b é~*")"#, "a%2Fb+%C3%A9~%2A"),
    ]);
}

#[test]
fn files_of_the_repository_are_read() {
    hold(&[
        (r#"trimspace(file("motto.txt"))"#, "built once, pulled often"),
        (r#"upper(substr(file("${path.module}/motto.txt"), 0, 5))"#, "BUILT"),
        (r#"fileexists("motto.txt") && !fileexists("none.txt") ? "one" : "other""#, "one"),
        (r#"try(file("none.txt"), "none")"#, "none"),
        (r#"jsonencode(fileset("sets", "*.json"))"#, r#"["one.json"]"#),
        (r#"jsonencode(fileset(path.module, "sets/**/*.json"))"#, r#"["sets/deep/two.json","sets/one.json"]"#),
        (r#"jsonencode(fileset(".", "{motto,none}.txt"))"#, r#"["motto.txt"]"#),
        (r#"yamldecode(file("sites.yaml")).copy.name"#, "mill"),
        (r#"jsonencode([for s in yamldecode(file("sites.yaml")).sites : s.name if !s.open])"#, r#"["quay"]"#),
        (
            r#"jsonencode({ for p in csvdecode(file("people.csv")) : p.team => p.mail })"#,
            r#"{"build":"build, at night","ship":"ship@example.org"}"#,
        ),
        (
            r#"jsonencode({ for f in fileset("sets", "**") : f => jsondecode(file("sets/${f}")).id })"#,
            r#"{"deep/two.json":2,"one.json":1}"#,
        ),
        (r#"templatefile("hosts.tftpl", { hosts = ["a", "b"], port = 8080, tls = true })"#, "a:8080\nb:8080\ntls\n"),
        (r#"templatefile("lines.tftpl", {})"#, "A\nx|y\n  z1\n\n2  e"),
        (r#"try(templatefile("hosts.tftpl", { hosts = [] }), "lacks")"#, "lacks"),
        (r#"templatestring(local.greeting, { who = "you" })"#, "hello you, YOU"),
        (r#"filemd5("motto.txt") == md5(file("motto.txt")) ? "same" : "other""#, "same"),
        (r#"base64decode(filebase64("motto.txt"))"#, "built once, pulled often\n"),
        ("path.root", "."),
    ]);
}

#[test]
fn collections_and_what_is_tried() {
    hold(&[
        (r#"jsonencode(merge([for r in local.rows : { (tostring(r.id)) = r.on }]...))"#, r#"{"1":true,"2":false}"#),
        (r#"jsonencode(one(local.rows[*].id))"#, "? `one` takes a list of at most one item."),
        (r#"jsonencode(one([for r in local.rows : r.id if r.on]))"#, "1"),
        (r#"jsonencode(try(local.deep.a.c[0], local.deep.a.b[1]))"#, r#""y""#),
        (r#"jsonencode(can(local.deep.z))"#, "false"),
        (r#"jsonencode(local.blank[*])"#, "[]"),
        (r#"jsonencode(transpose({ a = ["x"], b = ["x", "y"] }))"#, r#"{"x":["a","b"],"y":["b"]}"#),
        (r#"jsonencode(matchkeys(["a", "b", "c"], [1, 2, 1], [1]))"#, r#"["a","c"]"#),
        (r#"jsonencode([for p in setproduct(["a"], [1, 2]) : "${p[0]}${p[1]}"])"#, r#"["a1","a2"]"#),
        (r#"try(element(["a"], -1), "refused")"#, "refused"),
        (r#"jsonencode(element(["a", "b"], 5))"#, r#""b""#),
    ]);
}

#[test]
fn what_depends_on_the_run_is_not_known() {
    for expression in ["timestamp()", "uuid()", "terraform.workspace", "provider::acme::name(\"x\")", "bcrypt(\"x\")"] {
        let value = values(&[expression], &[], "");
        assert!(value[0].starts_with('?'), "{expression}: {value:?}");
    }
}

#[test]
fn what_is_read_of_a_file_stands_there() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("r.yaml"), "a:\n  - é\n  - name: two\n    open: true\n").expect("written");
    let main = "locals {\n  read = yamldecode(file(\"r.yaml\"))\n}\nresource \"azurerm_container_registry\" \"main\" {\n  x = local.read.a[1].open\n}\n";
    let path = folder.path().join("main.tf");
    let mut evaluated = evaluated(&[(path.to_str().expect("a path"), main)]);
    let node = evaluated.resources.remove(0).attributes;
    let span = node.get("x").and_then(|x| x.provenance.span.clone()).expect("a span");
    assert_eq!((span.file.path.ends_with("r.yaml"), span.region().start_line), (true, 4));
    assert_eq!(&span.file.text[span.start..span.end], "true");
}
