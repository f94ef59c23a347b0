//! What makes the built-in policies fit for regorus' virtual machine.
//!
//! It evaluates a whole package, at every mention, where a rule is named through an import; so each is named in full.
//!
//! In Rego a body fails where `x := f(y)` has nothing to assign. regorus 0.14.1's machine goes on with `x` undefined, and
//! whatever does not use it holds: a finding may be missed. So each such statement is followed by `x == x`, which fails
//! there as the assignment should have. On any other engine it says nothing.

/// A module that names what it imports in full and checks every assignment of a body. The module is laid out as `opa fmt` does: a statement begins its
/// own line, after tabs.
pub fn rewrite(rego: &str) -> String {
    let rego = &qualify_imports(rego);
    let mut rewritten = String::with_capacity(rego.len() * 5 / 4);
    // The assignment that is open, and how many of its brackets are.
    let mut open: Option<(&str, &str)> = None;
    let mut depth = 0;
    for line in rego.lines() {
        if open.is_none() {
            open = assignment(line);
            depth = 0;
        }
        rewritten.push_str(line);
        rewritten.push('\n');
        if let Some((indent, name)) = open {
            depth += brackets(line);
            if depth <= 0 {
                rewritten.push_str(&format!("{indent}{name} == {name}\n"));
                open = None;
            }
        }
    }
    rewritten
}

/// The module with `alias.rule` as `data.path.rule`, but in strings and comments.
fn qualify_imports(rego: &str) -> String {
    let imports: Vec<(&str, &str)> = rego.lines().filter_map(import).collect();
    let mut full = String::with_capacity(rego.len() * 5 / 4);
    for line in rego.split_inclusive('\n') {
        if line.starts_with("import ") {
            full.push_str(line);
            continue;
        }
        let mut quote = None;
        let mut rest = line;
        let mut before = ' ';
        while let Some(character) = rest.chars().next() {
            let named = imports.iter().find(|(alias, _)| {
                let starts_word = !(before.is_alphanumeric() || "_.\"".contains(before));
                starts_word && rest.strip_prefix(alias).is_some_and(|after| after.starts_with('.'))
            });
            match (quote, named) {
                (None, _) if character == '#' => {
                    full.push_str(rest);
                    break;
                }
                (None, Some((alias, path))) => {
                    full.push_str(path);
                    rest = &rest[alias.len()..];
                    before = 'x';
                    continue;
                }
                _ => {}
            }
            let mut taken = character.len_utf8();
            match quote {
                // An escaped quote ends nothing.
                Some('"') if character == '\\' => taken += rest[taken..].chars().next().map_or(0, char::len_utf8),
                Some(open) if open == character => quote = None,
                None if character == '"' || character == '`' => quote = Some(character),
                _ => {}
            }
            full.push_str(&rest[..taken]);
            rest = &rest[taken..];
            before = character;
        }
    }
    full
}

/// The alias and the path of an import.
fn import(line: &str) -> Option<(&str, &str)> {
    let path = line.strip_prefix("import ")?.trim();
    match path.split_once(" as ") {
        Some((path, alias)) => Some((alias.trim(), path.trim())),
        None => Some((path.rsplit('.').next()?, path)),
    }
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
    use super::rewrite;

    #[test]
    fn imports_are_named_in_full_but_in_text() {
        let rego = "package p\n\nimport data.lib.tags\n\nx := [tags.a, my.tags.b, tagset.c] if tags.f(\"tags.a \\\" tags.b\", `tags.c`) # tags.d\n";
        let expected = rego.replace("[tags.a", "[data.lib.tags.a").replace("if tags.f", "if data.lib.tags.f");
        assert_eq!(rewrite(rego), expected);
    }

    #[test]
    fn assignments_of_bodies_are_checked_and_nothing_else_changes() {
        let rego = "package p\n\nx := 1\n\nf(a) := b if {\n\tb := g(a, [\n\t\t\"](\",\n\t]) # {\n\tb != \"\"\n} else := c if {\n\tsome c in a\n}\n";
        let expected = rego.replace("\t]) # {\n", "\t]) # {\n\tb == b\n");
        assert_eq!(rewrite(rego), expected);
    }
}
