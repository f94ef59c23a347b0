//! What has to be read from regorus' messages, for its errors are texts. All of it stands here, so that an upgrade of the
//! engine is checked in one place.

/// The engine's excerpt with a caret, as `file:line:column: message`.
pub fn one_line(text: &str) -> String {
    match (location(text), error_line(text)) {
        (Some(location), Some(error)) => format!("{location}: {}", error.trim_end_matches(':')),
        _ => text.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

/// The line that a message about a module is of, from 1, and what it says.
pub fn line_and_message<'a>(text: &'a str, module: &str) -> (usize, &'a str) {
    let line = location(text).and_then(|location| location.rsplit(':').nth(1)).and_then(|line| line.parse().ok());
    let message = text.lines().find_map(|line| line.strip_prefix("error: ")).unwrap_or(text.trim());
    // Of a file as a whole, the engine names it in the message.
    let message = message.strip_prefix(module).and_then(|rest| rest.strip_prefix(' ')).unwrap_or(message);
    (line.unwrap_or(1), message)
}

/// Whether a message names the place in a policy's file that it is about.
pub fn names_a_file(text: &str) -> bool {
    text.contains(".rego:")
}

/// Whether the engine gave up because the time limit has passed.
pub fn is_timeout(text: &str) -> bool {
    text.contains("exceeded time limit")
}

/// Whether the engine knows no function of that name.
pub fn is_unknown_function(text: &str) -> bool {
    text.contains("could not find function")
}

/// `file:line:column`
fn location(text: &str) -> Option<&str> {
    text.lines().find_map(|line| line.trim().strip_prefix("--> "))
}

fn error_line(text: &str) -> Option<&str> {
    text.lines().find_map(|line| line.trim().strip_prefix("error: "))
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::time::Duration;

    use regorus::Engine;
    use regorus::utils::limits::ExecutionTimerConfig;

    use super::*;

    /// The engine itself is asked: these hold until it puts its messages in other words.
    #[test]
    fn the_engines_messages_are_understood() {
        let mut engine = Engine::new();
        let broken = "package p\n\nx := {\n";
        let error = engine.add_policy("a/p.rego".to_owned(), broken.to_owned()).expect_err("no Rego").to_string();
        let (line, message) = line_and_message(&error, "a/p.rego");
        assert!(line >= 3 && !message.contains('\n'), "{line}: {message}");
        assert!(one_line(&error).starts_with("a/p.rego:") && names_a_file(&one_line(&error)), "{error}");

        let mut engine = Engine::new();
        let calls = "package p\n\nx := no_such_function(1)\n";
        engine.add_policy("p.rego".to_owned(), calls.to_owned()).expect("it parses");
        let error = engine.eval_rule("data.p.x".to_owned()).expect_err("no such function").to_string();
        assert!(is_unknown_function(&error) && !is_timeout(&error), "{error}");

        let mut engine = Engine::new();
        engine.set_execution_timer_config(ExecutionTimerConfig {
            limit: Duration::ZERO,
            check_interval: NonZeroU32::MIN,
        });
        let slow = "package p\n\nx contains i if some i in numbers.range(1, 100000)\n";
        engine.add_policy("p.rego".to_owned(), slow.to_owned()).expect("it parses");
        let error = engine.eval_rule("data.p.x".to_owned()).expect_err("no time at all").to_string();
        assert!(is_timeout(&error) && !is_unknown_function(&error), "{error}");
    }
}
