//! The ARM id of a registry, taken apart; and the path that stands for it in files and reports.

use std::fmt;
use std::fmt::Write as _;

/// `/subscriptions/<subscription>/resourceGroups/<resource_group>/providers/Microsoft.ContainerRegistry/registries/<name>`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryId {
    /// Subscription id, lower case.
    pub subscription: String,
    /// As ARM spells it.
    pub resource_group: String,
    /// As ARM spells it.
    pub name: String,
}

impl fmt::Display for RegistryId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RegistryId { subscription, resource_group, name } = self;
        write!(
            formatter,
            "/subscriptions/{subscription}/resourceGroups/{resource_group}/providers/Microsoft.ContainerRegistry/registries/{name}"
        )
    }
}

impl RegistryId {
    /// Takes an id apart. ARM compares ids without regard to case, and spells the same one in several ways. `None` for
    /// anything that is not exactly the id of one registry: what ARM lists is not trusted, for it becomes an address
    /// that gets our token, and the name of a file.
    pub fn parse(id: &str) -> Option<RegistryId> {
        let segments: Vec<&str> = id.strip_prefix('/')?.split('/').collect();
        let [subscriptions, subscription, groups, group, providers, provider, kind, name] = segments[..] else {
            return None;
        };
        let literals = [
            (subscriptions, "subscriptions"),
            (groups, "resourceGroups"),
            (providers, "providers"),
            (provider, "Microsoft.ContainerRegistry"),
            (kind, "registries"),
        ];
        let spelled = literals.iter().all(|(found, expected)| found.eq_ignore_ascii_case(expected));
        (spelled && [subscription, group, name].into_iter().all(is_name)).then(|| RegistryId {
            subscription: subscription.to_lowercase(),
            resource_group: group.to_owned(),
            name: name.to_owned(),
        })
    }

    /// A relative path that stands for the registry: one spelling whatever ARM's casing, and no way out of the folder
    /// it is put in, whatever the names.
    pub fn path(&self) -> String {
        format!(
            "subscriptions/{}/resourceGroups/{}/providers/Microsoft.ContainerRegistry/registries/{}",
            file_name(&self.subscription),
            file_name(&self.resource_group),
            file_name(&self.name)
        )
    }
}

/// Whether a segment names something: no segment that a path or a URL would take for a step, nothing invisible.
pub(crate) fn is_name(segment: &str) -> bool {
    let is_step = matches!(segment, "" | "." | "..");
    !is_step && segment.len() <= 260 && !segment.contains(|character: char| character.is_control() || character == '\\')
}

/// Whether it has the shape of a subscription's id, in lower case.
pub fn is_guid(text: &str) -> bool {
    let shape = [8, 4, 4, 4, 12];
    let groups: Vec<&str> = text.split('-').collect();
    groups.len() == shape.len()
        && groups
            .iter()
            .zip(shape)
            .all(|(group, length)| group.len() == length && group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// A file name for a resource's name: lower case, and percent-encoded that a file system or a shell might
/// take for something else.
pub fn file_name(name: &str) -> String {
    let name = name.to_lowercase();
    // `.`, `..` and, on Windows, whatever ends in a dot.
    let dotted = name.starts_with('.') || name.ends_with('.');
    let mut safe = String::with_capacity(name.len());
    for character in name.chars() {
        let plain = character.is_alphanumeric() || "-_()".contains(character) || (character == '.' && !dotted);
        if plain {
            safe.push(character);
        } else {
            let mut bytes = [0; 4];
            for byte in character.encode_utf8(&mut bytes).bytes() {
                let _ = write!(safe, "%{byte:02X}");
            }
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUB: &str = "00000000-0000-0000-0000-00000000000A";

    #[test]
    fn casing_does_not_matter_and_shape_does() {
        let id =
            format!("/subscriptions/{SUB}/resourcegroups/Prod-RG/providers/microsoft.containerregistry/Registries/A1");
        let parsed = RegistryId::parse(&id).expect("a registry id");
        assert_eq!(parsed.subscription, SUB.to_lowercase());
        assert_eq!(
            parsed.path(),
            "subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/prod-rg/providers/\
             Microsoft.ContainerRegistry/registries/a1"
        );
        for bad in ["", "/", &id[1..], &format!("{id}/tasks/t"), &format!("https://evil.example{id}")] {
            assert_eq!(RegistryId::parse(bad), None, "{bad}");
        }
        assert_eq!(RegistryId::parse(&id.replace("containerregistry", "storage")), None);
        for name in ["", "..", ".", "..\\a", "a/b", "a\n", &"a".repeat(261)] {
            assert_eq!(RegistryId::parse(&id.replace("A1", name)), None, "{name}");
            assert_eq!(RegistryId::parse(&id.replace("Prod-RG", name)), None, "{name}");
        }
    }

    #[test]
    fn no_name_leaves_the_folder() {
        for (name, expected) in [
            ("..", "%2E%2E"),
            (".", "%2E"),
            ("a\\..\\b", "a%5C%2E%2E%5Cb".replace("%2E%2E", "..").as_str()),
            ("a%2fb", "a%252fb"),
            ("a\u{1b}[31m", "a%1B%5B31m"),
            ("gruppe-ü(1)", "gruppe-ü(1)"),
            ("c:", "c%3A"),
        ] {
            assert_eq!(file_name(name), expected);
        }
    }
}
