//! `sprintf` formats that regorus prints otherwise than OPA.

use serde_json::Value;

use super::Fault;
use super::reference::{call, kind, text_of, walk};

/// Built-in functions that give a number.
const NUMBERS: [&str; 14] = [
    "abs",
    "bits.and",
    "bits.or",
    "ceil",
    "count",
    "floor",
    "indexof",
    "max",
    "min",
    "product",
    "round",
    "strings.count",
    "sum",
    "to_number",
];

/// The formats of a module that are not portable.
pub fn check(tree: &Value) -> Vec<Fault> {
    let mut faults = Vec::new();
    walk(&tree["rules"], &mut |node| {
        if let Some((name, arguments, line)) = call(node)
            && name == "sprintf"
            && let [format, values] = arguments.as_slice()
            && let Some(format) = text_of(format)
        {
            let values = values.get("Array").and_then(|array| array["items"].as_array());
            faults.extend(fault(format, values).map(|message| (line, message)));
        }
        true
    });
    faults
}

fn fault(format: &str, values: Option<&Vec<Value>>) -> Option<String> {
    let mut verbs = Vec::new();
    let mut rest = format.chars();
    while let Some(next) = rest.next() {
        if next != '%' {
            continue;
        }
        match rest.next() {
            Some('%') => {}
            Some(verb @ ('s' | 'd' | 'v')) => verbs.push(verb),
            other => {
                let verb = other.map(String::from).unwrap_or_default();
                return Some(format!(
                    "sprintf prints `%{verb}` here otherwise than in OPA: write %s, %d or %v without width or flags"
                ));
            }
        }
    }
    let values = values?;
    if values.len() != verbs.len() {
        return Some(format!("sprintf has {} for {}", plural(values.len(), "value"), plural(verbs.len(), "verb")));
    }
    verbs.iter().zip(values).find_map(|(verb, value)| {
        let is_number = is_number(value);
        match verb {
            's' if is_number == Some(true) => {
                Some("sprintf: `%s` of a number is `%!s(int=1)` in OPA: write %d".to_owned())
            }
            'd' if is_number == Some(false) => {
                Some("sprintf: `%d` of what is no number is `%!d(string=x)` in OPA: write %s or %v".to_owned())
            }
            _ => None,
        }
    })
}

/// Whether an expression is a number, where its form tells.
fn is_number(value: &Value) -> Option<bool> {
    match kind(value)?.0 {
        "Number" | "ArithExpr" => Some(true),
        "String" | "RawString" | "Array" | "Object" | "Bool" | "Null" => Some(false),
        "Call" => {
            let (name, ..) = call(value)?;
            match name.as_str() {
                name if NUMBERS.contains(&name) => Some(true),
                "concat" | "sprintf" | "lower" | "upper" | "trim" | "replace" | "format_int" => Some(false),
                _ => None,
            }
        }
        _ => None,
    }
}

fn plural(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_widths_and_counts_are_refused() {
        let none: &[Value] = &[];
        for bad in ["%5.2f", "%-5s", "%+d", "%q", "%x", "100%", "%t"] {
            assert!(fault(bad, None).is_some(), "{bad}");
        }
        assert!(fault("%s %d %v %%", None).is_none());
        assert!(fault("%s", Some(&none.to_vec())).expect("counts").contains("0 values for 1 verb"));
    }
}
