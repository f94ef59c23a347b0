//! Members of JSON that are comments: `"//"` in Terraform's JSON, `metadata` and `comments` in ARM's.

use super::comments::Comments;

/// A text in a member that is a comment.
#[derive(Debug, PartialEq, Eq)]
pub struct MemberComment<'a> {
    /// Its line, from 1.
    pub line: u32,
    /// What it says.
    pub text: &'a str,
    /// The line on which the object opens that the member is said of.
    pub object: u32,
}

/// What an object is of.
struct Open {
    /// Its line.
    line: u32,
    /// Whether it is, or is within, `metadata`: then the object that it is said of opens here.
    metadata: Option<u32>,
}

/// The texts of members that are comments. Names and texts are as they are written, escapes and all.
pub fn comments<'a>(text: &'a str, found: &Comments<'a>) -> Vec<MemberComment<'a>> {
    let mut comments = Vec::new();
    let (mut open, mut line, mut at) = (Vec::<Open>::new(), 1, 0);
    let mut name: Option<&str> = None;
    let mut last: Option<&str> = None;
    let bytes = text.as_bytes();
    while at < bytes.len() {
        match bytes[at] {
            b'\n' => line += 1,
            b'/' if text[at..].starts_with("//") => {
                at += text[at..].find('\n').unwrap_or(text.len() - at);
                continue;
            }
            b'/' if text[at..].starts_with("/*") => {
                let end = text[at..].find("*/").map_or(text.len(), |length| at + length + 2);
                line += text[at..end].matches('\n').count() as u32;
                at = end;
                continue;
            }
            b'"' => {
                let end = string_end(bytes, at + 1);
                let word = &text[at + 1..end.min(text.len())];
                if let (Some(own), Some(object)) = (name, open.last()) {
                    let said_of = object.metadata.or_else(|| matches!(own, "//" | "comments").then_some(object.line));
                    if let Some(object) = said_of {
                        comments.push(MemberComment { line, text: word, object });
                    }
                }
                line += word.matches('\n').count() as u32;
                last = Some(word);
                name = None;
                at = end + 1;
                continue;
            }
            b':' => name = last.take(),
            b'{' | b'[' => {
                let outer = open.last().and_then(|object| object.metadata);
                let of = open.last().map(|object| object.line);
                let metadata = outer.or_else(|| of.filter(|_| matches!(name, Some("metadata" | "//"))));
                open.push(Open { line, metadata });
                name = None;
            }
            b'}' | b']' => {
                open.pop();
                name = None;
            }
            b',' => name = None,
            _ => {}
        }
        at += 1;
    }
    // What is in a comment is there already.
    comments
        .retain(|comment| found.lines.iter().all(|(line, text)| *line != comment.line || !text.contains(comment.text)));
    comments
}

fn string_end(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at.min(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(u32, &str, u32)> {
        let comments = comments(text, &Comments::default());
        comments.into_iter().map(|comment| (comment.line, comment.text, comment.object)).collect()
    }

    #[test]
    fn members_that_are_comments_are_found() {
        let terraform = "{\n \"resource\": {\"r\": {\n  \"a\": {\n   \"//\": \"x\",\n   \"b\": \"y\"\n }}}}";
        assert_eq!(found(terraform), [(4, "x", 3)]);
        let arm = "{\n\"type\": \"t\",\n\"metadata\": {\n\"why\": \"x\", \"all\": [\n\"z\"]},\n\"comments\": \"y\"}";
        assert_eq!(found(arm), [(4, "x", 1), (6, "y", 1)]);
        let odd = "{ // \"//\": \"no\"\n \"a\": \"\\\"//\\\": \", \"//\": [\"\\u\"], \"//";
        assert!(found(odd).iter().all(|(line, ..)| *line == 2));
    }

    proptest::proptest! {
        #[test]
        fn any_text_ends(text in "[{}\\[\\]\":,/*metadata\\\\é \n]{0,60}") {
            found(&text);
        }
    }
}
