//! What `docker login` wrote down for a registry.

use std::env;
use std::fs;
use std::path::PathBuf;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

/// A credential, which is shown to nobody.
pub enum Credential {
    /// A user and a password.
    Password { user: String, password: String },
    /// A refresh token, to be exchanged.
    Refresh(String),
}

/// The credential of a registry; `None` where there is none.
///
/// # Errors
/// It is kept by another program.
pub fn of(registry: &str) -> Result<Option<Credential>, String> {
    let Some(text) = file().and_then(|file| fs::read_to_string(file).ok()) else { return Ok(None) };
    read(&text, registry)
}

fn file() -> Option<PathBuf> {
    let folder = env::var_os("DOCKER_CONFIG").map(PathBuf::from);
    let home = || Some(PathBuf::from(env::var_os("HOME").or_else(|| env::var_os("USERPROFILE"))?).join(".docker"));
    Some(folder.or_else(home)?.join("config.json"))
}

fn read(text: &str, registry: &str) -> Result<Option<Credential>, String> {
    let config: Value = serde_json::from_str(text).map_err(|_| "docker's config.json is no JSON".to_owned())?;
    let keys = [registry.to_owned(), format!("https://{registry}"), format!("https://{registry}/")];
    let entry = keys.iter().find_map(|key| config["auths"].get(key));
    let of = |name: &str| entry?[name].as_str().filter(|text| !text.is_empty());
    if let Some(token) = of("identitytoken") {
        return Ok(Some(Credential::Refresh(token.to_owned())));
    }
    let decoded = of("auth").and_then(|auth| String::from_utf8(BASE64_STANDARD.decode(auth).ok()?).ok());
    if let Some((user, password)) = decoded.as_deref().and_then(|text| text.split_once(':')) {
        return Ok(Some(match user {
            // So the Azure CLI writes a refresh token.
            "00000000-0000-0000-0000-000000000000" => Credential::Refresh(password.to_owned()),
            user => Credential::Password { user: user.to_owned(), password: password.to_owned() },
        }));
    }
    let helper =
        config["credHelpers"][registry].as_str().or_else(|| config["credsStore"].as_str().filter(|_| entry.is_some()));
    match helper {
        Some(helper) => Err(format!(
            "the credential is kept by docker-credential-{helper}, which is not asked; give DOCKER_CONFIG a folder whose \
             config.json holds it"
        )),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_registry_gets_its_own_and_no_other() {
        let config = r#"{"auths": {"a.example": {"auth": "dXNlcjpwYTpzcw=="}, "b.example": {"identitytoken": "t"},
            "c.example": {"auth": "MDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAwOnJlZg=="}, "d.example": {}},
            "credsStore": "desktop"}"#;
        let of = |registry: &str| read(config, registry).expect("read");
        assert!(
            matches!(of("a.example"), Some(Credential::Password { user, password }) if user == "user" && password == "pa:ss")
        );
        assert!(matches!(of("b.example"), Some(Credential::Refresh(token)) if token == "t"));
        assert!(matches!(of("c.example"), Some(Credential::Refresh(token)) if token == "ref"));
        assert!(of("evil.example").is_none() && of("a.example.evil").is_none());
        assert!(read(config, "d.example").is_err_and(|why| why.contains("docker-credential-desktop")));
    }
}
