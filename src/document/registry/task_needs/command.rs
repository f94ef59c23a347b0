//! What a step's command does to registries: the image it runs, and what acr-cli and az are told.

use super::names::{OWN_SERVER, OwnRegistry, host};
use super::{Needs, UNKNOWN_TEXT, Use};

/// The first version of acr-cli that purges under repository permissions: 0.19.
const FIRST_FIT: (u32, u32) = (0, 19);

/// The commands of a task. az keeps its login from one to the next.
#[derive(Default)]
pub struct Commands {
    /// `az login --identity` was seen, as the system-assigned identity.
    logs_in: bool,
    imports: Use,
}

impl Commands {
    /// One command: an image, or a name for one, and its arguments.
    pub fn run(&mut self, words: &[String], own: &OwnRegistry, needs: &mut Needs) {
        let Some((image, arguments)) = words.split_first() else { return };
        if let Some(host) = host(image) {
            needs.names(own.spoken(host));
            needs.pulls(own.is_server(host));
        } else if image.contains(UNKNOWN_TEXT) || image.contains(OWN_SERVER) {
            needs.pulls(Use::Perhaps);
        }
        let (path, version) = path_and_version(image);
        let arguments: Vec<&str> = flat(arguments);
        if path == "acr" || path.ends_with("/acr-cli") || path == "acr-cli" {
            acr_cli(&arguments, version, own, needs);
        } else if path == "az" || path.ends_with("/azure-cli") || arguments.contains(&"az") {
            let named = (path == "az").then_some("az");
            self.az(&named.into_iter().chain(arguments).collect::<Vec<_>>(), own, needs);
        } else if arguments.iter().any(|word| own.is_mentioned(word)) {
            // Another tool is told of the registry; what it does there is its own affair.
            needs.may_do_anything();
        }
    }

    /// What the commands add up to.
    pub fn finish(self, needs: &mut Needs) {
        // Without a login as the task's identity it is not known who imports.
        let who = if self.logs_in { Use::Yes } else { Use::Perhaps };
        needs.import = self.imports.min(who);
    }

    fn az(&mut self, words: &[&str], own: &OwnRegistry, needs: &mut Needs) {
        for (index, _) in words.iter().enumerate().filter(|(_, word)| **word == "az") {
            let rest = &words[index + 1..];
            // Up to the next command of a script.
            let end = rest.iter().position(|word| *word == "az").unwrap_or(rest.len());
            let rest = &rest[..end];
            match rest {
                ["login", options @ ..] if options.iter().any(|word| ["--identity", "-i"].contains(word)) => {
                    let names_one = ["--username", "-u", "--client-id", "--object-id", "--resource-id"];
                    self.logs_in = !options.iter().any(|word| names_one.contains(word));
                }
                ["acr", "import", options @ ..] => {
                    let target = option(options, &["--name", "-n"]).map_or(Use::Perhaps, |name| own.is_named(name));
                    self.imports = self.imports.max(target);
                }
                ["acr", "repository" | "manifest" | "login" | "helm" | "artifact-streaming", ..] => {
                    needs.may_do_anything();
                }
                _ => {}
            }
        }
    }
}

fn acr_cli(arguments: &[&str], version: Option<&str>, own: &OwnRegistry, needs: &mut Needs) {
    let target = option(arguments, &["--registry", "-r"]).map_or(Use::Yes, |name| own.is_named(name));
    let mut plain = arguments.iter().filter(|word| !word.starts_with('-') && **word != "acr" && **word != "/acr");
    match (plain.next().copied().unwrap_or_default(), plain.next().copied().unwrap_or_default()) {
        ("purge", _) => {
            // It lists all repositories, whatever its filter.
            needs.pulls(target);
            needs.lists_catalog(target);
            if !arguments.iter().any(|word| word.starts_with("--dry-run")) {
                needs.deletes(target);
            }
            needs.outdated_purge |= target != Use::No && version.is_some_and(is_outdated);
        }
        ("tag" | "manifest", "delete") => needs.deletes(target),
        ("tag" | "manifest", _) => needs.pulls(target),
        ("version" | "help" | "", _) => {}
        _ if target != Use::No => needs.may_do_anything(),
        _ => {}
    }
}

/// A tag such as `0.17`, `v0.17.1` or `0.17-amd64`. One that is no version, such as `latest`, is taken as current.
fn is_outdated(tag: &str) -> bool {
    let mut numbers = tag.strip_prefix('v').unwrap_or(tag).split(['.', '-']).map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) < FIRST_FIT,
        _ => false,
    }
}

/// What a build says of registries besides the Dockerfile: the images that it takes layers from.
pub fn build(words: &[String], own: &OwnRegistry, needs: &mut Needs) {
    let words = flat(words);
    for (index, word) in words.iter().enumerate() {
        let tag = index > 0 && ["-t", "--tag"].contains(&words[index - 1]) || word.starts_with("--tag=");
        if tag {
            needs.names(host(word.trim_start_matches("--tag=")).and_then(|host| own.spoken(host)));
        } else if own.is_mentioned(word) {
            needs.pulls(Use::Yes);
            needs.names(own.spoken(OWN_SERVER));
        }
    }
}

/// An image's name without its host's tag or digest, in lower case, and the tag.
fn path_and_version(image: &str) -> (String, Option<&str>) {
    let image = image.split_once('@').map_or(image, |(name, _)| name);
    let name = image.rfind('/').map_or(0, |slash| slash + 1);
    let (path, version) = match image[name..].split_once(':') {
        Some((last, version)) => (&image[..name + last.len()], Some(version)),
        None => (image, None),
    };
    (path.to_lowercase(), version)
}

/// The value of an option, joined to it or in the next word.
fn option<'a>(words: &[&'a str], names: &[&str]) -> Option<&'a str> {
    words.iter().enumerate().find_map(|(index, word)| {
        if names.contains(word) {
            return words.get(index + 1).copied();
        }
        let (name, value) = word.split_once('=')?;
        names.contains(&name).then_some(value)
    })
}

/// A script that is one word, such as that of `bash -c "…"`, as its own words.
fn flat(words: &[String]) -> Vec<&str> {
    let separators = |c: char| c.is_whitespace() || ";|&()\"'`".contains(c);
    words.iter().flat_map(|word| word.split(separators)).filter(|word| !word.is_empty()).collect()
}

/// Splits a command line into words as a shell does, as far as quotes go.
pub fn split(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut quote, mut begun) = (String::new(), None, false);
    for character in line.chars() {
        match quote {
            Some(open) if character == open => quote = None,
            None if character == '"' || character == '\'' => {
                quote = Some(character);
                begun = true;
            }
            None if character.is_whitespace() => {
                if begun {
                    words.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            _ => {
                word.push(character);
                begun = true;
            }
        }
    }
    if begun {
        words.push(word);
    }
    words
}
