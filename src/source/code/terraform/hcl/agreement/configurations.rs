//! Texts that are valid HCL, of every form.

use proptest::prelude::*;

const NAMES: [&str; 6] = ["a", "var", "é_1", "b-c", "for_each", "_x"];

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(&NAMES[..]).prop_map(str::to_owned)
}

/// What may stand between two tokens within brackets.
fn gap() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&["", " ", "\n", "\t", " # c\n  ", " // \"\n", " /* ${ */ "][..])
}

fn text() -> impl Strategy<Value = String> {
    let piece = [
        "a b",
        "é😀",
        "\\n",
        "\\\"",
        "\\\\",
        "\\t",
        "\\u00e9",
        "\\U0001F600",
        "$",
        "%",
        "$${x}",
        "%%{x}",
        "#",
        "}",
        "'",
    ];
    prop::collection::vec(prop::sample::select(piece.to_vec()), 0..4).prop_map(|pieces| pieces.concat())
}

/// Without a backslash: hcl-edit keeps escapes within directives as they are written.
fn plain() -> impl Strategy<Value = String> {
    let piece = ["a b", "é😀", "$", "%", "$${x}", "%%{x}", "#", "}", "'"];
    prop::collection::vec(prop::sample::select(piece.to_vec()), 0..4).prop_map(|pieces| pieces.concat())
}

fn leaf() -> impl Strategy<Value = String> {
    let literals = ["0", "42", "1.5", "1e3", "25E-1", "9007199254740993", "true", "false", "null"];
    prop_oneof![
        prop::sample::select(literals.to_vec()).prop_map(str::to_owned),
        name(),
        text().prop_map(|text| format!("\"{text}\"")),
    ]
}

fn expression() -> impl Strategy<Value = String> {
    leaf().prop_recursive(4, 24, 3, |inner| {
        let operators = ["||", "&&", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%"];
        let steps = [".b", "[0]", "[*]", ".*", ".0", "[\"k\"]", "[a.b]", ".b-c"];
        let tags = [("${", "}"), ("${~ ", " }"), ("${ ", "~}"), ("${~", "~}")];
        let list = || prop::collection::vec((inner.clone(), gap(), gap()), 0..4);
        let listed = |items: Vec<(String, &str, &str)>, last: &str| {
            let items: Vec<String> =
                items.into_iter().map(|(item, before, after)| format!("{before}{item}{after}")).collect();
            let last = if items.is_empty() { "" } else { last };
            format!("{}{last}", items.join(","))
        };
        prop_oneof![
            (list(), prop::sample::select(vec!["", ",", ",\n"]))
                .prop_map(move |(items, last)| format!("[{}]", listed(items, last))),
            (name(), list(), prop::sample::select(vec!["", ",", "..."]))
                .prop_map(move |(name, items, last)| format!("{name}({})", listed(items, last))),
            (
                prop::collection::vec(
                    (
                        inner.clone(),
                        prop::sample::select(vec![" = ", ":", "=", " : "]),
                        prop::sample::select(vec!["\n", ",", ",\n", " # c\n", ", "]),
                        any::<bool>()
                    ),
                    0..4
                ),
                gap()
            )
                .prop_map(|(members, gap)| {
                    let member = |(at, (value, assign, end, quoted)): (usize, (String, &str, &str, bool))| {
                        let key = if quoted { format!("\"k{at}\"") } else { format!("k{at}") };
                        format!("{key}{assign}{value}{end}")
                    };
                    format!("{{{gap}{}}}", members.into_iter().enumerate().map(member).collect::<String>())
                }),
            (inner.clone(), prop::sample::select(operators.to_vec()), inner.clone(), any::<bool>()).prop_map(
                |(left, symbol, right, blank)| // `a-b` is one name.
                    if blank || symbol == "-" {
                    format!("{left} {symbol} {right}")
                } else {
                    format!("{left}{symbol}{right}")
                }
            ),
            (prop::sample::select(vec!["!", "-", "! "]), inner.clone()).prop_map(|(symbol, of)| {
                match of.starts_with('0') {
                    // hcl-edit makes 0 of -0.
                    true => of,
                    false => format!("{symbol}{of}"),
                }
            }),
            (gap(), inner.clone(), gap()).prop_map(|(before, of, after)| format!("({before}{of}{after})")),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| format!("{a} ? {b} : {c}")),
            (
                prop_oneof![name(), inner.clone().prop_map(|of| format!("({of})"))],
                prop::collection::vec(prop::sample::select(steps.to_vec()), 1..4)
            )
                .prop_map(|(of, steps)| format!("{of}{}", steps.concat())),
            (any::<bool>(), inner.clone(), inner.clone(), gap(), any::<bool>()).prop_map(
                |(key, over, each, gap, when)| format!(
                    "[{gap}for {}v in {over} :{gap}{each}{}]",
                    if key { "k, " } else { "" },
                    if when { " if v" } else { "" }
                )
            ),
            (inner.clone(), inner.clone(), gap(), any::<bool>(), any::<bool>()).prop_map(
                |(over, each, gap, grouped, when)| format!(
                    "{{{gap}for k, v in {over} : k => {each}{}{}}}",
                    if grouped { "..." } else { "" },
                    if when { " if v" } else { "" }
                )
            ),
            (text(), prop::sample::select(tags.to_vec()), inner.clone(), text())
                .prop_map(|(before, tag, of, after)| format!("\"{before} {}{of}{} {after}\"", tag.0, tag.1)),
            (text(), inner.clone(), plain(), any::<[bool; 3]>()).prop_map(
                |(before, of, after, [no, left, right])| format!(
                    "\"{before} %{{{} if {of} {}}} {after} {}%{{ endif {}}}\"",
                    if left { "~" } else { "" },
                    if right { "~" } else { "" },
                    if no { "%{ else ~} n" } else { "" },
                    if left { "~" } else { "" }
                )
            ),
            (text(), inner.clone(), plain(), any::<bool>()).prop_map(|(before, of, after, strip)| format!(
                "\"{before} %{{ for k, v in {of} {}}} {after} %{{ endfor }}\"",
                if strip { "~" } else { "" }
            )),
        ]
    })
}

/// Of one line at least: hcl-edit overlooks the end of an empty one.
fn heredoc() -> impl Strategy<Value = String> {
    let line = [
        "",
        "  a",
        "    \"b\" \\n $${x}",
        "  c ${var.x} d",
        "\te # no comment",
        "    EOTX",
        "  %{ if a }y%{ endif }",
        "   ${~ b ~}  ",
    ];
    (
        any::<bool>(),
        prop::collection::vec(prop::sample::select(line.to_vec()), 1..5),
        prop::sample::select(vec!["", "  "]),
    )
        .prop_map(|(flush, lines, indent)| {
            let body: String = lines.iter().map(|line| format!("{line}\n")).collect();
            format!("<<{}EOT\n{body}{indent}EOT", if flush { "-" } else { "" })
        })
}

/// What a file or block consists of: attributes, and blocks of which some have this within.
pub fn body_of(inner: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let end = || prop::sample::select(vec!["\n", " # c\n", "\n\n", " // \"c\n", " /* c */\n"]);
    let attribute = prop_oneof![
        4 => expression().prop_map(|value| (false, value)),
        1 => heredoc().prop_map(|value| (true, value)),
    ];
    let labels = prop::collection::vec(prop::sample::select(vec!["\"l\"", "l2", "\"é \\\" l\""]), 0..3);
    let item = prop_oneof![
        3 => (attribute, prop::sample::select(vec![" = ", "=", "  =\t"]), end()).prop_map(|((is_heredoc, value), assign, end)| {
            (true, format!("{assign}{value}{}", if is_heredoc { "\n" } else { end }))
        }),
        1 => (name(), labels, inner, end()).prop_map(|(kind, labels, body, end)| {
            let labels: String = labels.into_iter().map(|label| format!("{label} ")).collect();
            (false, format!("{kind} {labels}{{\n{body}}}{end}"))
        }),
        1 => (name(), leaf()).prop_map(|(kind, value)| (false, format!("{kind} {{ a = {value} }}\n"))),
        1 => name().prop_map(|kind| (false, format!("{kind} {{}}\n"))),
    ];
    prop::collection::vec(item, 0..5).prop_map(|items| {
        let item =
            |(at, (attribute, rest)): (usize, (bool, String))| if attribute { format!("n{at}{rest}") } else { rest };
        items.into_iter().enumerate().map(item).collect()
    })
}
