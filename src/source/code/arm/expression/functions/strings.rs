//! Functions of texts.

use std::sync::Arc;

use super::MAX_TEXT;
use super::args::{Args, ExpressionError, Outcome, flag, int, list, string};
use super::segments::split_name;
use crate::source::code::declared::{Node, NodeValue};

/// The texts and scalars joined.
pub fn joined(parts: &[Node]) -> Outcome {
    let mut text = String::new();
    let mut note = None;
    let mut symbolic = false;
    for part in parts {
        match &part.value {
            NodeValue::String(piece) => text.push_str(piece),
            NodeValue::Number(number) => text.push_str(&number.to_string()),
            NodeValue::Bool(flag) => text.push_str(if *flag { "True" } else { "False" }),
            NodeValue::Symbol(symbol) => {
                symbolic = true;
                note = note.or_else(|| part.provenance.note.clone());
                text.push_str(symbol);
            }
            NodeValue::Null => {}
            NodeValue::Unknown => return Err(ExpressionError::unknown(part)),
            NodeValue::List(_) | NodeValue::Object(_) => match part.to_json() {
                Some(json) => text.push_str(&json.to_string()),
                None => return Err(ExpressionError::unknown(part)),
            },
        }
        if text.len() > MAX_TEXT {
            return Err(ExpressionError::Wrong(format!("a text grows longer than {MAX_TEXT} bytes")));
        }
    }
    let mut node = Node::new(if symbolic { NodeValue::Symbol(Arc::from(text)) } else { NodeValue::String(text) });
    node.provenance.note = note;
    Ok(node)
}

pub fn call(args: &Args<'_>) -> Option<Outcome> {
    Some(match args.name {
        "concat" => concat(args),
        "format" => format(args),
        "tolower" => args.text(0).and_then(|text| string(text.to_lowercase())),
        "toupper" => args.text(0).and_then(|text| string(text.to_uppercase())),
        "trim" => args.text(0).and_then(|text| string(text.trim())),
        "startswith" => affix(args, |text, part| text.starts_with(part)),
        "endswith" => affix(args, |text, part| text.ends_with(part)),
        "replace" => replace(args),
        "split" => split(args),
        "join" => join(args),
        "substring" => substring(args),
        "indexof" | "lastindexof" => index_of(args),
        "padleft" => pad_left(args),
        "string" => to_string(args),
        "uricomponent" => args.text(0).and_then(|text| string(percent(text))),
        "uricomponenttostring" => args.text(0).and_then(|text| match unpercent(text) {
            Some(text) => string(text),
            None => args.wrong("wants a text that is percent-encoded"),
        }),
        "uri" => uri(args),
        _ => return None,
    })
}

fn concat(args: &Args<'_>) -> Outcome {
    if !args.values.iter().any(|value| matches!(value.value, NodeValue::List(_))) {
        return joined(args.values);
    }
    let mut items = Vec::new();
    for (index, value) in args.values.iter().enumerate() {
        match &value.value {
            NodeValue::List(more) => items.extend(more.iter().cloned()),
            // It may stand for any number of items.
            NodeValue::Unknown | NodeValue::Symbol(_) => {
                items.push(Node { value: NodeValue::Unknown, provenance: value.provenance.clone() })
            }
            _ => return args.wrong(&format!("joins lists with what is none: its argument {}", index + 1)),
        }
    }
    list(items)
}

/// `{0}`, `{1:D2}`, `{{` and `}}`.
fn format(args: &Args<'_>) -> Outcome {
    let template = args.text(0)?;
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        literal.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            literal.push_str(brace);
            rest = after;
            continue;
        }
        let Some(end) = rest.find('}').filter(|_| brace == "{") else {
            return args.wrong("wants a text whose braces are paired");
        };
        let (index, how) = rest[..end].split_once([':', ',']).unwrap_or((&rest[..end], ""));
        rest = &rest[end + 1..];
        let Ok(index) = index.trim().parse::<usize>() else {
            return args.wrong("wants a number in each pair of braces");
        };
        let value = args.any(index.saturating_add(1))?;
        parts.push(Node::text(std::mem::take(&mut literal)));
        parts.push(if how.is_empty() { value.clone() } else { formatted(args, value, how)? });
    }
    literal.push_str(rest);
    parts.push(Node::text(literal));
    joined(&parts)
}

/// A number with leading zeros: the one format that templates use.
fn formatted(args: &Args<'_>, value: &Node, how: &str) -> Outcome {
    if value.is_unknown() {
        return Err(ExpressionError::unknown(value));
    }
    let digits = how.strip_prefix(['D', 'd']).and_then(|digits| digits.parse::<usize>().ok());
    let zeros = (!how.is_empty() && how.bytes().all(|byte| byte == b'0')).then_some(how.len());
    match (digits.or(zeros).filter(|digits| *digits <= 100), &value.value) {
        (Some(width), NodeValue::Number(number)) if number.as_i64().is_some() => {
            string(format!("{:0>width$}", number.to_string()))
        }
        _ => {
            let why = format!("`{}` with the format `{how}` is not evaluated.", args.name);
            Err(ExpressionError::Unknown(Node::unknown(why)))
        }
    }
}

/// ARM compares without letter case here.
fn affix(args: &Args<'_>, test: fn(&str, &str) -> bool) -> Outcome {
    flag(test(&args.text(0)?.to_lowercase(), &args.text(1)?.to_lowercase()))
}

fn replace(args: &Args<'_>) -> Outcome {
    let (text, old, new) = (args.text(0)?, args.text(1)?, args.text(2)?);
    if old.is_empty() {
        return args.wrong("wants a text to replace that is not empty");
    }
    let length = text.len().saturating_add(text.matches(old).count().saturating_mul(new.len()));
    if length > MAX_TEXT { args.wrong("makes a text that is too long") } else { string(text.replace(old, new)) }
}

fn split(args: &Args<'_>) -> Outcome {
    if let (NodeValue::Symbol(symbol), NodeValue::String(delimiter)) = (&args.any(0)?.value, &args.known(1)?.value)
        && delimiter == "/"
    {
        return list(segments_of(args.any(0)?, symbol));
    }
    let text = args.text(0)?;
    let delimiters: Vec<&str> = match &args.known(1)?.value {
        NodeValue::String(one) => vec![one],
        NodeValue::List(_) => {
            let items = args.counted(1)?;
            match items.iter().map(Node::as_str).collect() {
                Some(texts) => texts,
                None => return args.wrong("wants texts to split at"),
            }
        }
        _ => return args.wrong("wants a text or a list of texts to split at"),
    };
    let delimiters: Vec<&str> = delimiters.into_iter().filter(|delimiter| !delimiter.is_empty()).collect();
    let (mut parts, mut start, mut at) = (Vec::new(), 0, 0);
    while at < text.len() {
        match delimiters.iter().find(|delimiter| text[at..].starts_with(**delimiter)) {
            Some(delimiter) => {
                parts.push(Node::text(&text[start..at]));
                at += delimiter.len();
                start = at;
            }
            None => at += text[at..].chars().next().map_or(1, char::len_utf8),
        }
    }
    parts.push(Node::text(&text[start..]));
    list(parts)
}

/// The segments of a text of which parts are not known. Those of an id are no more than one segment each; any other may
/// hold any number of them.
fn segments_of(node: &Node, symbol: &str) -> Vec<Node> {
    let is_id = symbol.to_lowercase().starts_with("/subscriptions/");
    let part = |text: &str| match (text.contains('{'), is_id) {
        (false, _) => Node::text(text),
        (true, true) => Node { value: NodeValue::Symbol(text.into()), provenance: node.provenance.clone() },
        (true, false) => Node { value: NodeValue::Unknown, provenance: node.provenance.clone() },
    };
    split_name(symbol).into_iter().map(part).collect()
}

fn join(args: &Args<'_>) -> Outcome {
    let (items, delimiter) = (args.counted(0)?, args.text(1)?);
    let mut parts = Vec::new();
    for item in items {
        if !parts.is_empty() {
            parts.push(Node::text(delimiter));
        }
        parts.push(item.clone());
    }
    joined(&parts)
}

fn substring(args: &Args<'_>) -> Outcome {
    let text: Vec<char> = args.text(0)?.chars().collect();
    let start = usize::try_from(args.int(1)?).ok().filter(|start| *start <= text.len());
    let Some(start) = start else { return args.wrong("begins outside the text") };
    let length = if args.len() > 2 { usize::try_from(args.int(2)?).ok() } else { Some(text.len() - start) };
    match length.and_then(|length| text.get(start..start.checked_add(length)?)) {
        Some(part) => string(part.iter().collect::<String>()),
        None => args.wrong("reaches outside the text"),
    }
}

/// ARM compares without letter case here. Of a list, the first or last item that is equal.
fn index_of(args: &Args<'_>) -> Outcome {
    let first = args.name == "indexof";
    if let NodeValue::List(_) = args.known(0)?.value {
        let (items, wanted) = (args.counted(0)?, args.fully_known(1)?);
        let found = |item: &Node| super::same(item, wanted) == Some(true);
        if let Some(item) = items.iter().find(|item| super::same(item, wanted).is_none()) {
            return Err(ExpressionError::unknown(item));
        }
        let at = if first { items.iter().position(found) } else { items.iter().rposition(found) };
        return int(at.map_or(-1, |at| at as i64));
    }
    let (text, part) = (args.text(0)?.to_lowercase(), args.text(1)?.to_lowercase());
    let at = if first { text.find(&part) } else { text.rfind(&part) };
    int(at.map_or(-1, |at| text[..at].encode_utf16().count() as i64))
}

fn pad_left(args: &Args<'_>) -> Outcome {
    let text = match &args.known(0)?.value {
        NodeValue::Number(number) => number.to_string(),
        _ => args.text(0)?.to_owned(),
    };
    let width = usize::try_from(args.int(1)?).unwrap_or(0);
    let pad = if args.len() > 2 { args.text(2)?.chars().next().unwrap_or(' ') } else { ' ' };
    if width > 4096 {
        return args.wrong("pads to more than 4096 characters");
    }
    let missing = width.saturating_sub(text.chars().count());
    string(std::iter::repeat_n(pad, missing).collect::<String>() + &text)
}

fn to_string(args: &Args<'_>) -> Outcome {
    match &args.known(0)?.value {
        NodeValue::String(text) => string(text),
        _ => match args.any(0)?.to_json() {
            Some(serde_json::Value::Bool(flag)) => string(if flag { "True" } else { "False" }),
            Some(json) => string(json.to_string()),
            None => Err(ExpressionError::unknown(args.any(0)?)),
        },
    }
}

fn percent(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

fn unpercent(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

fn uri(args: &Args<'_>) -> Outcome {
    if let NodeValue::Symbol(base) = &args.any(0)?.value {
        let parts = split_name(base);
        // A base that is not known at all is taken for a folder.
        let folder = match parts.as_slice() {
            [_] => base.to_string(),
            [folder @ .., _] => folder.join("/"),
            [] => String::new(),
        };
        let folder = Node { value: NodeValue::Symbol(format!("{folder}/").into()), ..args.any(0)?.clone() };
        let relative = match &args.any(1)?.value {
            NodeValue::String(text) => Node::text(text.trim_start_matches('/')),
            _ => args.any(1)?.clone(),
        };
        return joined(&[folder, relative]);
    }
    if args.any(1)?.is_unknown() && !args.any(0)?.is_unknown() {
        let base = args.text(0)?;
        let folder = base.rfind('/').map_or(base, |slash| &base[..=slash]);
        return joined(&[Node::text(folder), args.any(1)?.clone()]);
    }
    let (base, relative) = (args.text(0)?, args.text(1)?);
    // Without its last segment, unless it ends in a slash.
    let authority = base.find("://").map_or(0, |at| at + 3);
    let folder = match base[authority..].rfind('/') {
        Some(slash) => base[..=authority + slash].to_owned(),
        None => format!("{base}/"),
    };
    string(folder + relative.trim_start_matches('/'))
}
