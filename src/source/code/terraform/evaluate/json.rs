//! Texts of JSON.

/// A text in quotes. Go's JSON encoder, which Terraform uses, escapes three more characters than others do.
pub fn json_text(text: &str, as_go: bool) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    match as_go {
        true => quoted
            .replace('<', "\\u003c")
            .replace('>', "\\u003e")
            .replace('&', "\\u0026")
            .replace('\u{2028}', "\\u2028")
            .replace('\u{2029}', "\\u2029"),
        false => quoted,
    }
}
