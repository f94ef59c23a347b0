//! Requests to a registry: over TLS but to this machine, of bounded size, and with a token of the registry's own domain.

use std::error::Error as _;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, LOCATION, WWW_AUTHENTICATE};
use reqwest::{Response, StatusCode, Url, redirect};
use serde_json::Value;

use super::credentials::{self, Credential};
use super::reference::Reference;
use crate::model::visible::{cut, visible};

const MANIFESTS: &str = "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json, \
                         application/vnd.oci.image.index.v1+json";

/// A blob may lie with a storage service.
const MAX_REDIRECTS: usize = 3;

const MAX_TOKEN: usize = 1 << 20;

/// Asks one repository of one registry.
pub struct Client {
    http: reqwest::Client,
    reference: Reference,
    base: Url,
    authorization: Option<String>,
}

impl Client {
    pub fn new(reference: &Reference) -> Result<Client, String> {
        // The roots stay the system's. It fails where an earlier client has done the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = reqwest::Client::builder()
            .user_agent(concat!("acrscan/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .referer(false)
            .timeout(Duration::from_secs(60));
        let builder = if reference.is_loopback() { builder.no_proxy() } else { builder };
        let http = builder.build().map_err(|error| format!("no HTTP client: {error}"))?;
        let scheme = if reference.is_loopback() { "http" } else { "https" };
        let base = format!("{scheme}://{}/v2/{}/", reference.registry, reference.repository);
        let base = Url::parse(&base).map_err(|error| format!("{}: {error}", reference.registry))?;
        Ok(Client { http, reference: reference.clone(), base, authorization: None })
    }

    /// The body of something in the repository, of at most so many bytes.
    pub async fn get(&mut self, path: &str, most: usize) -> Result<Vec<u8>, String> {
        let url = self.base.join(path).map_err(|error| error.to_string())?;
        let mut response = self.send(&url, self.authorization.clone()).await?;
        if response.status() == StatusCode::UNAUTHORIZED && self.authorization.is_none() {
            self.authorization = Some(self.authorize(response.headers()).await?);
            response = self.send(&url, self.authorization.clone()).await?;
        }
        let mut url = url;
        for _ in 0..MAX_REDIRECTS {
            if !response.status().is_redirection() {
                break;
            }
            let to = response.headers().get(LOCATION).and_then(|to| to.to_str().ok()).unwrap_or_default();
            url = url.join(to).map_err(|_| "it leads to no address".to_owned())?;
            self.check_scheme(&url)?;
            // Whoever is there is not the registry: the token stays here.
            response = self.send(&url, None).await?;
        }
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => {
                return Err("the registry has no such artifact; `oras repo tags` lists what it has".to_owned());
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                return Err(format!(
                    "the registry refuses ({}); sign in with `docker login {}`",
                    response.status(),
                    self.reference.registry
                ));
            }
            status => return Err(format!("the registry answered {status}; try again")),
        }
        let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.starts_with("text/html") {
            return Err(format!(
                "{} answered a web page and is no registry; check the address",
                self.reference.registry
            ));
        }
        read(response, most).await
    }

    async fn send(&self, url: &Url, authorization: Option<String>) -> Result<Response, String> {
        let mut request = self.http.get(url.clone()).header(ACCEPT, MANIFESTS);
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        request.send().await.map_err(|error| format!("{}: {}", self.reference.registry, causes(error)))
    }

    /// What the challenge asks for, of whom it may ask.
    async fn authorize(&self, headers: &HeaderMap) -> Result<String, String> {
        let challenge = headers.get(WWW_AUTHENTICATE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let credential = credentials::of(&self.reference.registry)?;
        let (scheme, parameters) = challenge.split_once(' ').unwrap_or((challenge, ""));
        if scheme.eq_ignore_ascii_case("basic") {
            return match credential {
                Some(Credential::Password { user, password }) => Ok(basic(&user, &password)),
                _ => Err(format!(
                    "the registry asks for a password; sign in with `docker login {}`",
                    self.reference.registry
                )),
            };
        }
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err("the registry refuses, and does not say whom to ask for a token".to_owned());
        }
        let of = |name: &str| parameter(parameters, name);
        let realm = of("realm").and_then(|realm| Url::parse(&realm).ok());
        let Some(mut realm) = realm else { return Err("the registry names no address to ask for a token".to_owned()) };
        self.check_scheme(&realm)?;
        if !is_own_domain(&self.reference, &realm) {
            let host = visible(realm.host_str().unwrap_or_default()).into_owned();
            return Err(format!(
                "the registry sends for a token to {host}, which is not of its own domain: no credential goes there"
            ));
        }
        let scope = format!("repository:{}:pull", self.reference.repository);
        let service = of("service").unwrap_or_default();
        let request = match credential {
            Some(Credential::Refresh(token)) => {
                let form = [
                    ("grant_type", "refresh_token"),
                    ("service", &service),
                    ("scope", &scope),
                    ("refresh_token", &token),
                    ("client_id", "acrscan"),
                ];
                self.http.post(realm).form(&form)
            }
            other => {
                realm.query_pairs_mut().append_pair("service", &service).append_pair("scope", &scope);
                let request = self.http.get(realm);
                match other {
                    Some(Credential::Password { user, password }) => {
                        request.header(AUTHORIZATION, basic(&user, &password))
                    }
                    _ => request,
                }
            }
        };
        let response = request.send().await.map_err(|error| format!("asking for a token: {}", causes(error)))?;
        if response.status() != StatusCode::OK {
            return Err(format!(
                "no token ({}); sign in with `docker login {}`",
                response.status(),
                self.reference.registry
            ));
        }
        let answer: Value = serde_json::from_slice(&read(response, MAX_TOKEN).await?).unwrap_or_default();
        let token = answer["access_token"].as_str().or_else(|| answer["token"].as_str());
        token.map(|token| format!("Bearer {token}")).ok_or_else(|| "the token service answered no token".to_owned())
    }

    /// TLS, but from this machine to itself.
    fn check_scheme(&self, url: &Url) -> Result<(), String> {
        let is_here = url.host_str().is_some_and(|host| matches!(host, "localhost" | "127.0.0.1" | "[::1]"));
        match url.scheme() {
            "https" => Ok(()),
            "http" if self.reference.is_loopback() && is_here => Ok(()),
            _ => Err("the registry leads to an address without TLS, which is not followed".to_owned()),
        }
    }
}

/// The registry's own host, a domain that it lies below, or Docker Hub's two hosts. Others of that domain may be anybody's.
fn is_own_domain(registry: &Reference, realm: &Url) -> bool {
    let Some(realm) = realm.host_str() else { return false };
    let host = registry.host();
    let is_above = host.strip_suffix(realm).is_some_and(|rest| rest.ends_with('.')) && realm.contains('.');
    let is_docker_hub = host.ends_with(".docker.io") && realm == "auth.docker.io";
    realm == host || is_above || is_docker_hub
}

fn basic(user: &str, password: &str) -> String {
    use base64::Engine as _;
    format!("Basic {}", base64::prelude::BASE64_STANDARD.encode(format!("{user}:{password}")))
}

/// `name="value"` of a challenge.
fn parameter(parameters: &str, name: &str) -> Option<String> {
    let at = parameters
        .match_indices(&format!("{name}=\""))
        .find(|(at, _)| *at == 0 || parameters[..*at].ends_with([',', ' ']))?;
    let rest = &parameters[at.0 + name.len() + 2..];
    rest.split('"').next().map(str::to_owned)
}

async fn read(mut response: Response, most: usize) -> Result<Vec<u8>, String> {
    let too_long = || format!("the registry answers more than the {most} bytes that it should; it is not read");
    if response.content_length().is_some_and(|length| length > most as u64) {
        return Err(too_long());
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(causes)? {
        if bytes.len() + chunk.len() > most {
            return Err(too_long());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// An error with its causes, and without its address, whose query may hold a signature.
fn causes(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    cut(&visible(&text), 300).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_goes_to_the_registrys_own_domain() {
        let own = |registry: &str, realm: &str| {
            let reference = format!("oci://{registry}/p").parse().expect("a reference");
            is_own_domain(&reference, &Url::parse(realm).expect("an address"))
        };
        for (registry, realm) in [
            ("contoso.azurecr.io", "https://contoso.azurecr.io/oauth2/token"),
            ("registry.gitlab.com", "https://gitlab.com/jwt/auth"),
            ("registry-1.docker.io", "https://auth.docker.io/token"),
            ("127.0.0.1:5000", "http://127.0.0.1:5001/token"),
        ] {
            assert!(own(registry, realm), "{registry} {realm}");
        }
        for (registry, realm) in [
            ("contoso.azurecr.io", "https://mallory.azurecr.io/oauth2/token"),
            ("contoso.azurecr.io", "https://evil.example/contoso.azurecr.io"),
            ("contoso.azurecr.io", "https://contoso.azurecr.io.evil.example/"),
            ("contoso.azurecr.io", "https://xcontoso.azurecr.io/"),
            ("evil.example", "https://auth.docker.io/token"),
            ("contoso.io", "https://io/"),
        ] {
            assert!(!own(registry, realm), "{registry} {realm}");
        }
    }

    #[test]
    fn a_challenge_is_read() {
        let text = r#"realm="https://a.example/token",service="x realm=\"",scope="repository:p:pull""#;
        assert_eq!(parameter(text, "realm").as_deref(), Some("https://a.example/token"));
        assert_eq!(parameter(text, "scope").as_deref(), Some("repository:p:pull"));
        assert_eq!(parameter(text, "error"), None);
    }
}
