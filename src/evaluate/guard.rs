//! What makes the built-in policies fit for regorus' virtual machine.
//!
//! In Rego a body fails where `x := f(y)` has nothing to assign. regorus 0.14.1's machine goes on with `x` undefined, and
//! whatever does not use it holds: a finding may be missed. So each such statement is followed by `x == x`, which fails
//! there as the assignment should have. On any other engine it says nothing.

/// A module with every assignment of a body checked. The module is laid out as `opa fmt` does: a statement begins its
/// own line, after tabs.
pub fn guard(rego: &str) -> String {
    let mut guarded = String::with_capacity(rego.len() * 5 / 4);
    // The assignment that is open, and how many of its brackets are.
    let mut open: Option<(&str, &str)> = None;
    let mut depth = 0;
    for line in rego.lines() {
        if open.is_none() {
            open = assignment(line);
            depth = 0;
        }
        guarded.push_str(line);
        guarded.push('\n');
        if let Some((indent, name)) = open {
            depth += brackets(line);
            if depth <= 0 {
                guarded.push_str(&format!("{indent}{name} == {name}\n"));
                open = None;
            }
        }
    }
    guarded
}

/// The indentation and the variable of a line that begins `\tname := `.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let statement = line.trim_start_matches('\t');
    let indent = &line[..line.len() - statement.len()];
    let (name, _) = statement.split_once(" := ")?;
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') && !name.is_empty();
    (plain && !indent.is_empty()).then_some((indent, name))
}

/// Opening brackets less closing ones, outside strings and comments.
fn brackets(line: &str) -> i32 {
    let mut depth = 0;
    let mut quote = None;
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (Some('"'), '\\') => drop(characters.next()),
            (Some(open), close) if open == close => quote = None,
            (Some(_), _) => {}
            (None, '"' | '`') => quote = Some(character),
            (None, '#') => break,
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth -= 1,
            (None, _) => {}
        }
    }
    depth
}

#[cfg(test)]
mod tests {
    use super::guard;

    #[test]
    fn assignments_of_bodies_are_checked_and_nothing_else_changes() {
        let rego = "package p\n\nx := 1\n\nf(a) := b if {\n\tb := g(a, [\n\t\t\"](\",\n\t]) # {\n\tb != \"\"\n} else := c if {\n\tsome c in a\n}\n";
        let expected = rego.replace("\t]) # {\n", "\t]) # {\n\tb == b\n");
        assert_eq!(guard(rego), expected);
    }
}
