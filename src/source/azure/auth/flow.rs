//! How each credential gets its token.

use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD;
use chrono::Utc;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Method, Request, Url};
use serde_json::{Map, Value};

use super::super::client::error::AzureError;
use super::super::client::http::{Http, RequestOptions};
use super::super::client::secret::{Secret, quote};
use super::credential::{App, Credential, CredentialError};
use super::{Entra, Token, az_cli};
use crate::model::masked::remember;

/// How long a token is used whose issuer does not say.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(5 * 60);
/// A token that ends at a time of day is used at least this long, for our clock may be ahead of its issuer's.
const MIN_LIFETIME: Duration = Duration::from_secs(60);
/// Off Azure nobody answers at the metadata endpoint; a machine on it gets its answer at once.
const METADATA_LIMIT: Duration = Duration::from_secs(1);
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const IDENTITY_HEADER: HeaderName = HeaderName::from_static("x-identity-header");
const NO_REDIRECT: HeaderName = HeaderName::from_static("x-tfs-fedauthredirect");
const METADATA_HEADER: HeaderName = HeaderName::from_static("metadata");

/// Gets a token for ARM.
pub async fn fetch(credential: &Credential, http: &Http, entra: &Entra) -> Result<Token, CredentialError> {
    match credential {
        Credential::ServicePrincipal { app, secret } => {
            from_entra(http, entra, app, &[("client_secret", secret.expose())], secret).await.map_err(reject)
        }
        Credential::WorkloadIdentity { app, file } => {
            let assertion = read_token(file)?;
            by_assertion(http, entra, app, &assertion).await.map_err(reject)
        }
        Credential::GithubOidc { app, url, bearer } => {
            let assertion = from_github(http, url, bearer, &entra.federation_audience).await.map_err(reject)?;
            by_assertion(http, entra, app, &assertion).await.map_err(reject)
        }
        Credential::AzurePipelines { app, url, bearer } => {
            let assertion = from_pipelines(http, url, bearer).await.map_err(reject)?;
            by_assertion(http, entra, app, &assertion).await.map_err(reject)
        }
        Credential::ManagedIdentity { endpoint, header, client } => {
            let mut url = endpoint.clone();
            add_identity_query(&mut url, "2019-08-01", entra, client.as_deref());
            let options = RequestOptions { local: true, secrets: &[header], ..RequestOptions::default() };
            get_object(http, url, IDENTITY_HEADER, header, &options)
                .await
                .and_then(|answer| parse_token(&answer))
                .map_err(reject)
        }
        Credential::AzureCli => {
            let answer =
                az_cli::access_token(entra.audience, entra.subscription.as_deref(), http.deadline(), &entra.untrusted)
                    .await?;
            parse_token(&answer).map_err(|failure| CredentialError::Unavailable(failure.to_string()))
        }
        Credential::Metadata { host, client } => {
            let mut url = host.join("/metadata/identity/oauth2/token").unwrap_or_else(|_| host.clone());
            add_identity_query(&mut url, "2018-02-01", entra, client.as_deref());
            let options = RequestOptions { local: true, probe: Some(METADATA_LIMIT), ..RequestOptions::default() };
            let answer = get_object(http, url, METADATA_HEADER, &Secret::new("true"), &options).await;
            answer
                .and_then(|answer| parse_token(&answer))
                .map_err(|failure| CredentialError::Unavailable(failure.to_string()))
        }
    }
}

/// The longest name of a member that an answer about tokens has is shorter.
const MAX_MEMBER_NAME: usize = 24;

fn reject(failure: AzureError) -> CredentialError {
    CredentialError::Rejected(failure.to_string())
}

/// Kubernetes replaces the file now and then, so it is read for each token.
fn read_token(file: &Path) -> Result<Secret, CredentialError> {
    match std::fs::read_to_string(file) {
        Ok(text) if !text.trim().is_empty() => Ok(Secret::new(text.trim())),
        Ok(_) => Err(CredentialError::Rejected(format!("AZURE_FEDERATED_TOKEN_FILE ({}) is empty", file.display()))),
        Err(error) => Err(CredentialError::Rejected(format!(
            "cannot read AZURE_FEDERATED_TOKEN_FILE ({}): {error}",
            file.display()
        ))),
    }
}

async fn by_assertion(http: &Http, entra: &Entra, app: &App, assertion: &Secret) -> Result<Token, AzureError> {
    let proof = [("client_assertion_type", JWT_BEARER), ("client_assertion", assertion.expose())];
    from_entra(http, entra, app, &proof, assertion).await
}

/// The client credentials grant:
/// <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>.
async fn from_entra(
    http: &Http,
    entra: &Entra,
    app: &App,
    proof: &[(&str, &str)],
    secret: &Secret,
) -> Result<Token, AzureError> {
    let mut url = entra.authority.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.clear().extend([app.tenant.as_str(), "oauth2", "v2.0", "token"]);
    }
    let scope = format!("{}/.default", entra.audience);
    let mut form = vec![("grant_type", "client_credentials"), ("client_id", &app.client), ("scope", &scope)];
    form.extend_from_slice(proof);
    let request = http.client(false)?.post(url.clone()).header(ACCEPT, "application/json").form(&form).build();
    let request = request.map_err(|error| AzureError::Other(error.without_url().to_string()))?;
    let options = RequestOptions { secrets: &[secret], ..RequestOptions::default() };
    parse_token(&http.send(&request, &options).await?.object(&url, options.secrets)?)
}

/// <https://docs.github.com/actions/reference/security/oidc>
async fn from_github(http: &Http, url: &Url, bearer: &Secret, audience: &str) -> Result<Secret, AzureError> {
    let mut url = url.clone();
    url.query_pairs_mut().append_pair("audience", audience);
    let options = RequestOptions { secrets: &[bearer], ..RequestOptions::default() };
    let authorization = Secret::new(format!("bearer {}", bearer.expose()));
    let answer = get_object(http, url, AUTHORIZATION, &authorization, &options).await?;
    match answer.get("value") {
        Some(Value::String(token)) if !token.is_empty() => Ok(Secret::new(token)),
        _ => Err(AzureError::Other("GitHub answered without a token".to_owned())),
    }
}

/// <https://learn.microsoft.com/rest/api/azure/devops/distributedtask/oidctoken/create>
async fn from_pipelines(http: &Http, url: &Url, bearer: &Secret) -> Result<Secret, AzureError> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", bearer.expose()))
        .map_err(|_| AzureError::Other("SYSTEM_ACCESSTOKEN holds characters that no header can carry".to_owned()))?;
    value.set_sensitive(true);
    let mut request = Request::new(Method::POST, url.clone());
    request.headers_mut().insert(AUTHORIZATION, value);
    request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
    request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    // Without it, a token that is not accepted is answered with a page to sign in.
    request.headers_mut().insert(NO_REDIRECT, HeaderValue::from_static("Suppress"));
    let options = RequestOptions { secrets: &[bearer], ..RequestOptions::default() };
    let answer = http.send(&request, &options).await?.object(url, options.secrets)?;
    match answer.get("oidcToken") {
        Some(Value::String(token)) if !token.is_empty() => Ok(Secret::new(token)),
        _ => Err(AzureError::Other("Azure Pipelines answered without a token (oidcToken)".to_owned())),
    }
}

fn add_identity_query(url: &mut Url, api_version: &str, entra: &Entra, client: Option<&str>) {
    let mut query = url.query_pairs_mut();
    query.append_pair("api-version", api_version).append_pair("resource", entra.audience);
    if let Some(client) = client {
        query.append_pair("client_id", client);
    }
}

async fn get_object(
    http: &Http,
    url: Url,
    header: HeaderName,
    proof: &Secret,
    options: &RequestOptions<'_>,
) -> Result<Map<String, Value>, AzureError> {
    let mut value = HeaderValue::from_str(proof.expose())
        .map_err(|_| AzureError::Other("it holds characters that no header can carry".to_owned()))?;
    value.set_sensitive(true);
    let mut request = Request::new(Method::GET, url.clone());
    request.headers_mut().insert(header, value);
    request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
    http.send(&request, options).await?.object(&url, options.secrets)
}

/// Reads an answer in any of the forms that Entra, the identity endpoints and the Azure CLI give.
fn parse_token(answer: &Map<String, Value>) -> Result<Token, AzureError> {
    for (name, value) in answer {
        let name = name.to_lowercase();
        let is_secret = ["token", "secret", "assertion", "code"].iter().any(|word| name.contains(word));
        if let Some(value) = value.as_str().filter(|_| is_secret && name != "token_type" && name != "tokentype") {
            remember(value);
        }
    }
    let secret = answer.get("access_token").or_else(|| answer.get("accessToken")).and_then(Value::as_str);
    match secret {
        Some(secret) if !secret.is_empty() => {
            let tenant = answer.get("tenant").and_then(Value::as_str).map(str::to_owned).or_else(|| tenant_of(secret));
            let token = Token::new(Secret::new(secret), lifetime(answer, Utc::now().timestamp()));
            Ok(Token { tenant: tenant.map(|tenant| tenant.to_lowercase()), ..token })
        }
        _ => {
            // A name that is none of a protocol's may be a value in the wrong place.
            let is_word = |name: &&str| {
                name.len() <= MAX_MEMBER_NAME && name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
            };
            let names = answer.keys().map(String::as_str).filter(is_word).collect::<Vec<_>>().join(", ");
            Err(AzureError::Other(format!("answered without a token (but with: {})", quote(&names, &[]))))
        }
    }
}

/// The tenant that a token names, which we do not verify: ARM does. `None` where the token is not ours to read.
fn tenant_of(token: &str) -> Option<String> {
    let claims = token.split('.').nth(1)?;
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    claims.get("tid")?.as_str().map(str::to_owned)
}

/// Seconds from now, or the second since 1970 at which it ends; each a number or a text.
fn lifetime(answer: &Map<String, Value>, now: i64) -> Duration {
    let number = |name: &str| match answer.get(name)? {
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().map(|number| number as i64)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let seconds = |seconds: i64| Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
    match (number("expires_in"), number("expires_on")) {
        (Some(left), _) => seconds(left),
        (None, Some(end)) => seconds(end.saturating_sub(now)).max(MIN_LIFETIME),
        (None, None) => DEFAULT_LIFETIME,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn seconds(answer: Value) -> u64 {
        lifetime(answer.as_object().expect("an object"), 1_800_000_000).as_secs()
    }

    #[test]
    fn lives_in_each_of_their_forms() {
        assert_eq!(seconds(json!({"expires_in": 3599})), 3599);
        assert_eq!(seconds(json!({"expires_in": "3599"})), 3599);
        assert_eq!(seconds(json!({"expires_in": 86399, "expires_on": "1"})), 86399);
        assert_eq!(seconds(json!({"expires_on": "1800003600"})), 3600);
        assert_eq!(seconds(json!({"expires_on": 1_800_003_600})), 3600);
        assert_eq!(seconds(json!({"expires_on": 1})), 60);
        assert_eq!(seconds(json!({"expires_in": -1})), 0);
        assert_eq!(seconds(json!({"expiresOn": "2026-11-22 15:00:00.000000"})), 300);
        assert_eq!(seconds(json!({"expires_on": "11/22/2026 15:00:00 +00:00"})), 300);
    }

    #[test]
    fn a_token_names_its_tenant() {
        let token = format!("h.{}.s", URL_SAFE_NO_PAD.encode(r#"{"tid":"T-1"}"#));
        let tenant = |answer: Value| {
            let token = parse_token(answer.as_object().expect("an object")).ok()?;
            token.tenant
        };
        assert_eq!(tenant(json!({"access_token": token})).as_deref(), Some("t-1"));
        assert_eq!(tenant(json!({"accessToken": "opaque", "tenant": "T-2"})).as_deref(), Some("t-2"));
        assert_eq!(tenant(json!({"access_token": "a.b.c"})), None);
    }

    #[test]
    fn an_answer_without_a_token_names_what_it_has() {
        let answer = json!({"token_type": "Bearer", "access_token": ""});
        let error = parse_token(answer.as_object().expect("an object")).expect_err("no token");
        assert_eq!(error.to_string(), "answered without a token (but with: access_token, token_type)");
    }
}
