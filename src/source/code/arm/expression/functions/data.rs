//! Functions that decode, and those whose value only a deployment has.

use super::MAX_TEXT;
use super::args::{Args, Outcome, string};
use crate::source::code::declared::{Node, jsonc_of, whole_file};

pub fn call(args: &Args<'_>) -> Option<Outcome> {
    Some(match args.name {
        "base64" => args.text(0).and_then(|text| string(encode(text.as_bytes()))),
        "base64tostring" => decoded(args),
        "base64tojson" => decoded(args).and_then(|text| parse(args, text.as_str().unwrap_or_default())),
        "json" => args.text(0).and_then(|text| match jsonc_of(text, args.values.first().and_then(whole_file)) {
            Some(value) => Ok(value),
            None => args.wrong("wants a text that is JSON"),
        }),
        "datauri" => args
            .text(0)
            .and_then(|text| string(format!("data:text/plain;charset=utf-8;base64,{}", encode(text.as_bytes())))),
        "datauritostring" => args.text(0).and_then(|text| match text.split_once(";base64,") {
            Some((_, data)) => match decode(data).and_then(|bytes| String::from_utf8(bytes).ok()) {
                Some(text) => string(text),
                None => args.wrong("wants a data URI of text"),
            },
            None => args.wrong("wants a data URI in base64"),
        }),
        "datetimeadd"
        | "datetimefromepoch"
        | "datetimetoepoch"
        | "utcnow"
        | "newguid"
        | "pickzones"
        | "tological"
        | "tologicalzone"
        | "tologicalzones"
        | "tophysicalzone"
        | "tophysicalzones"
        | "getsecret"
        | "providers"
        | "loadtextcontent"
        | "loadjsoncontent"
        | "loadyamlcontent"
        | "loadfileasbase64"
        | "parameterspath"
        | "readenvironmentvariable"
        | "externalinput"
        | "fail"
        | "references"
        | "listoutputswithsecurevalues"
        | "managementgroup"
        | "deployer"
        | "onlyifnotexists"
        | "stacks" => only_then(args.name),
        name if name.starts_with("list") => only_then(name),
        _ => return None,
    })
}

fn only_then(name: &str) -> Outcome {
    Ok(Node::unknown(format!("`{name}` has a value only in a deployment.")))
}

fn parse(args: &Args<'_>, text: &str) -> Outcome {
    match jsonc_of(text, None) {
        Some(value) => Ok(value),
        None => args.wrong("wants a text that is JSON"),
    }
}

fn decoded(args: &Args<'_>) -> Outcome {
    match decode(args.text(0)?).and_then(|bytes| String::from_utf8(bytes).ok()) {
        Some(text) => string(text),
        None => args.wrong("wants a text in base64"),
    }
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn encode(bytes: &[u8]) -> String {
    let mut text = String::new();
    for group in bytes[..bytes.len().min(MAX_TEXT)].chunks(3) {
        let bits = group.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for digit in 0..4 {
            let index = (bits >> (18 - 6 * digit)) as usize & 63;
            text.push(if digit <= group.len() { char::from(ALPHABET[index]) } else { '=' });
        }
    }
    text
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0u32, 0);
    for byte in text.trim_end_matches('=').bytes() {
        let digit = ALPHABET.iter().position(|known| *known == byte)?;
        bits = bits << 6 | digit as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_goes_there_and_back() {
        for (plain, coded) in [("", ""), ("a", "YQ=="), ("ab", "YWI="), ("abc", "YWJj"), ("abcd", "YWJjZA==")] {
            assert_eq!(encode(plain.as_bytes()), coded);
            assert_eq!(decode(coded).as_deref(), Some(plain.as_bytes()));
        }
        assert_eq!(decode("a b"), None);
    }
}
