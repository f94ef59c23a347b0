//! How each credential gets its token.

use std::path::Path;
use std::time::Duration;

use chrono::Utc;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderName, HeaderValue};
use reqwest::{Method, Request, Url};
use serde_json::{Map, Value};

use super::super::client::error::Failure;
use super::super::client::http::{Http, Manner};
use super::super::client::secret::{Secret, quote};
use super::credential::{App, Credential, Denial};
use super::{Entra, Token, az_cli};

/// How long a token is used whose issuer does not say.
const UNTOLD_LIFE: Duration = Duration::from_secs(5 * 60);
/// A token that ends at a time of day is used at least this long, for our clock may be ahead of its issuer's.
const SHORTEST_LIFE: Duration = Duration::from_secs(60);
/// Off Azure nobody answers at the metadata endpoint; a machine on it gets its answer at once.
const METADATA_LIMIT: Duration = Duration::from_secs(1);
/// What Entra ID wants a GitHub token to be made out to:
/// <https://learn.microsoft.com/entra/workload-id/workload-identity-federation-create-trust>.
const FEDERATION_AUDIENCE: &str = "api://AzureADTokenExchange";
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const IDENTITY_HEADER: HeaderName = HeaderName::from_static("x-identity-header");
const METADATA_HEADER: HeaderName = HeaderName::from_static("metadata");

/// Gets a token for ARM.
pub async fn fetch(credential: &Credential, http: &Http, entra: &Entra) -> Result<Token, Denial> {
    match credential {
        Credential::ServicePrincipal { app, secret } => {
            from_entra(http, entra, app, &[("client_secret", secret.expose())], secret).await.map_err(refused)
        }
        Credential::WorkloadIdentity { app, file } => {
            let assertion = read_token(file)?;
            by_assertion(http, entra, app, &assertion).await.map_err(refused)
        }
        Credential::GithubOidc { app, url, bearer } => {
            let assertion = from_github(http, url, bearer).await.map_err(refused)?;
            by_assertion(http, entra, app, &assertion).await.map_err(refused)
        }
        Credential::ManagedIdentity { endpoint, header, client } => {
            let mut url = endpoint.clone();
            identity_query(&mut url, "2019-08-01", entra, client.as_deref());
            let manner = Manner { local: true, secrets: &[header], ..Manner::default() };
            get(http, url, IDENTITY_HEADER, header, &manner).await.and_then(|answer| token(&answer)).map_err(refused)
        }
        Credential::AzureCli => {
            let answer = az_cli::access_token(entra.audience, http.deadline(), &entra.untrusted).await?;
            token(&answer).map_err(|failure| Denial::Lacking(failure.to_string()))
        }
        Credential::Metadata { host, client } => {
            let mut url = host.join("/metadata/identity/oauth2/token").unwrap_or_else(|_| host.clone());
            identity_query(&mut url, "2018-02-01", entra, client.as_deref());
            let manner = Manner { local: true, probe: Some(METADATA_LIMIT), ..Manner::default() };
            let answer = get(http, url, METADATA_HEADER, &Secret::new("true"), &manner).await;
            answer.and_then(|answer| token(&answer)).map_err(|failure| Denial::Lacking(failure.to_string()))
        }
    }
}

fn refused(failure: Failure) -> Denial {
    Denial::Refused(failure.to_string())
}

/// Kubernetes replaces the file now and then, so it is read for each token.
fn read_token(file: &Path) -> Result<Secret, Denial> {
    match std::fs::read_to_string(file) {
        Ok(text) if !text.trim().is_empty() => Ok(Secret::new(text.trim())),
        Ok(_) => Err(Denial::Refused(format!("AZURE_FEDERATED_TOKEN_FILE ({}) is empty", file.display()))),
        Err(error) => {
            Err(Denial::Refused(format!("cannot read AZURE_FEDERATED_TOKEN_FILE ({}): {error}", file.display())))
        }
    }
}

async fn by_assertion(http: &Http, entra: &Entra, app: &App, assertion: &Secret) -> Result<Token, Failure> {
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
) -> Result<Token, Failure> {
    let mut url = entra.authority.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.clear().extend([app.tenant.as_str(), "oauth2", "v2.0", "token"]);
    }
    let scope = format!("{}/.default", entra.audience);
    let mut form = vec![("grant_type", "client_credentials"), ("client_id", &app.client), ("scope", &scope)];
    form.extend_from_slice(proof);
    let request = http.client(false)?.post(url.clone()).header(ACCEPT, "application/json").form(&form).build();
    let request = request.map_err(|error| Failure::Other(error.without_url().to_string()))?;
    let manner = Manner { secrets: &[secret], ..Manner::default() };
    token(&http.send(&request, &manner).await?.object(&url, manner.secrets)?)
}

/// <https://docs.github.com/actions/reference/security/oidc>
async fn from_github(http: &Http, url: &Url, bearer: &Secret) -> Result<Secret, Failure> {
    let mut url = url.clone();
    url.query_pairs_mut().append_pair("audience", FEDERATION_AUDIENCE);
    let manner = Manner { secrets: &[bearer], ..Manner::default() };
    let authorization = Secret::new(format!("bearer {}", bearer.expose()));
    let answer = get(http, url, AUTHORIZATION, &authorization, &manner).await?;
    match answer.get("value") {
        Some(Value::String(token)) if !token.is_empty() => Ok(Secret::new(token)),
        _ => Err(Failure::Other("GitHub answered without a token".to_owned())),
    }
}

fn identity_query(url: &mut Url, api_version: &str, entra: &Entra, client: Option<&str>) {
    let mut query = url.query_pairs_mut();
    query.append_pair("api-version", api_version).append_pair("resource", entra.audience);
    if let Some(client) = client {
        query.append_pair("client_id", client);
    }
}

async fn get(
    http: &Http,
    url: Url,
    header: HeaderName,
    proof: &Secret,
    manner: &Manner<'_>,
) -> Result<Map<String, Value>, Failure> {
    let mut value = HeaderValue::from_str(proof.expose())
        .map_err(|_| Failure::Other("it holds characters that no header can carry".to_owned()))?;
    value.set_sensitive(true);
    let mut request = Request::new(Method::GET, url.clone());
    request.headers_mut().insert(header, value);
    request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
    http.send(&request, manner).await?.object(&url, manner.secrets)
}

/// Reads an answer in any of the forms that Entra, the identity endpoints and the Azure CLI give.
fn token(answer: &Map<String, Value>) -> Result<Token, Failure> {
    let secret = answer.get("access_token").or_else(|| answer.get("accessToken")).and_then(Value::as_str);
    match secret {
        Some(secret) if !secret.is_empty() => Ok(Token::new(Secret::new(secret), life(answer, Utc::now().timestamp()))),
        _ => {
            let names = answer.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            Err(Failure::Other(format!("answered without a token (but with: {})", quote(&names, &[]))))
        }
    }
}

/// Seconds from now, or the second since 1970 at which it ends; each a number or a text.
fn life(answer: &Map<String, Value>, now: i64) -> Duration {
    let number = |name: &str| match answer.get(name)? {
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().map(|number| number as i64)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let seconds = |seconds: i64| Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
    match (number("expires_in"), number("expires_on")) {
        (Some(left), _) => seconds(left),
        (None, Some(end)) => seconds(end.saturating_sub(now)).max(SHORTEST_LIFE),
        (None, None) => UNTOLD_LIFE,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn seconds(answer: Value) -> u64 {
        life(answer.as_object().expect("an object"), 1_800_000_000).as_secs()
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
    fn an_answer_without_a_token_names_what_it_has() {
        let answer = json!({"token_type": "Bearer", "access_token": ""});
        let error = token(answer.as_object().expect("an object")).expect_err("no token");
        assert_eq!(error.to_string(), "answered without a token (but with: access_token, token_type)");
    }
}
