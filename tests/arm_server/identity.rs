//! The ways to a token: Entra ID, App Service's identity endpoint, the metadata endpoint, GitHub's OIDC endpoint.

use std::collections::BTreeMap;

use serde_json::json;

use super::http::{Request, Response};

pub const TENANT: &str = "8f3b62d0-71c4-4e19-a5d8-0c96be47f213";
pub const CLIENT: &str = "b7e0c5a2-93d4-4d1f-8a66-51f2e09c7d38";
/// Every secret that the server knows holds the word `canary`: no output of the scanner may.
pub const CLIENT_SECRET: &str = "canary-client-secret~1";
pub const FEDERATED_TOKEN: &str = "canary.federated.assertion";
pub const IDENTITY_HEADER: &str = "canary-identity-header";
pub const OIDC_REQUEST_TOKEN: &str = "canary-oidc-request-token";
pub const SERVICE_CONNECTION: &str = "c0ffee00-0000-4000-8000-000000000001";
const FIRST_TOKEN: &str = "canary-access-token-1";
const OIDC_JWT: &str = "canary.github.jwt";

/// The tokens issued so far, and how often each was used.
pub struct Tokens {
    /// Requests that the first token is good for; more, and it counts as expired. The later ones last.
    pub uses_of_first: usize,
    /// Seconds until expiry, as told to the client.
    pub expires_in: u64,
    uses: BTreeMap<String, usize>,
    /// The scope or resource each was asked for.
    pub audiences: Vec<String>,
}

impl Tokens {
    pub fn new(uses_of_first: usize, expires_in: u64) -> Tokens {
        Tokens { uses_of_first, expires_in, uses: BTreeMap::new(), audiences: Vec::new() }
    }

    /// A fresh token.
    pub fn issue(&mut self, audience: &str) -> String {
        let token = format!("canary-access-token-{}", self.uses.len() + 1);
        self.uses.insert(token.clone(), 0);
        self.audiences.push(audience.to_owned());
        token
    }

    /// Counts one use: whether the token is known, and not used up.
    pub fn accept(&mut self, token: &str) -> bool {
        let Some(uses) = self.uses.get_mut(token) else { return false };
        *uses += 1;
        token != FIRST_TOKEN || *uses <= self.uses_of_first
    }
}

/// Answers a request for a token; `None` where the path is no token endpoint.
pub fn answer(request: &Request, tokens: &mut Tokens) -> Option<Response> {
    match (request.method.as_str(), request.path()) {
        ("POST", path) if path.ends_with("/oauth2/v2.0/token") => Some(entra(request, tokens)),
        ("GET", "/msi/token") => Some(app_service(request, tokens)),
        ("GET", "/metadata/identity/oauth2/token") => Some(metadata(request, tokens)),
        ("GET", "/oidc/token") => Some(github_oidc(request)),
        ("POST", "/pipelines/oidctoken") => Some(pipelines_oidc(request)),
        _ => None,
    }
}

fn entra(request: &Request, tokens: &mut Tokens) -> Response {
    let refuse = |error: &str, code: u32, description: &str| {
        let description = format!("AADSTS{code}: {description} Trace ID: 3f0c Correlation ID: 77aa");
        Response::json(401, &json!({"error": error, "error_description": description, "error_codes": [code]}))
    };
    let scope = request.form("scope").unwrap_or_default();
    let assertion = request.form("client_assertion");
    let assertion_type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    if request.path() != format!("/{TENANT}/oauth2/v2.0/token") {
        refuse("invalid_request", 90002, "Tenant not found. Check to make sure you have the correct tenant ID.")
    } else if request.form("grant_type").as_deref() != Some("client_credentials") || !scope.ends_with("/.default") {
        refuse("invalid_request", 70011, "The provided request must include a valid scope.")
    } else if request.form("client_id").as_deref() != Some(CLIENT) {
        refuse("unauthorized_client", 700016, "Application was not found in the directory.")
    } else if request.form("client_secret").as_deref() != Some(CLIENT_SECRET) && assertion.is_none() {
        refuse("invalid_client", 7000215, "Invalid client secret provided.")
    } else if assertion.is_some()
        && (request.form("client_assertion_type").as_deref() != Some(assertion_type)
            || !matches!(assertion.as_deref(), Some(FEDERATED_TOKEN | OIDC_JWT)))
    {
        refuse("invalid_client", 700211, "No matching federated identity record found for presented assertion.")
    } else {
        let token = tokens.issue(&scope);
        let expires_in = tokens.expires_in;
        Response::json(
            200,
            &json!({"token_type": "Bearer", "expires_in": expires_in, "ext_expires_in": expires_in, "access_token": token}),
        )
    }
}

fn app_service(request: &Request, tokens: &mut Tokens) -> Response {
    if request.header("x-identity-header") != Some(IDENTITY_HEADER) {
        return Response::json(401, &json!({"statusCode": 401, "message": "Unauthorized"}));
    }
    managed_identity(request, tokens)
}

fn metadata(request: &Request, tokens: &mut Tokens) -> Response {
    if request.header("metadata") != Some("true") {
        return Response::json(
            400,
            &json!({"error": "invalid_request", "error_description": "Required metadata header not specified"}),
        );
    }
    managed_identity(request, tokens)
}

fn managed_identity(request: &Request, tokens: &mut Tokens) -> Response {
    let Some(resource) = request.query("resource").filter(|_| request.query("api-version").is_some()) else {
        return Response::json(
            400,
            &json!({"error": "invalid_request", "error_description": "resource or api-version missing"}),
        );
    };
    let expires_on = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |now| now.as_secs() + tokens.expires_in);
    let token = tokens.issue(&resource);
    Response::json(
        200,
        &json!({"access_token": token, "expires_on": expires_on.to_string(), "resource": resource, "token_type": "Bearer"}),
    )
}

fn pipelines_oidc(request: &Request) -> Response {
    if request.bearer() != Some(OIDC_REQUEST_TOKEN) {
        return Response::new(302, "text/html", Vec::new()).header("Location", "https://login.example/");
    }
    let asked = (request.query("serviceConnectionId"), request.query("api-version"), request.header("content-length"));
    match (asked.0.as_deref(), asked.1.as_deref(), asked.2) {
        (Some(SERVICE_CONNECTION), Some("7.1"), Some("0")) => Response::json(200, &json!({"oidcToken": OIDC_JWT})),
        _ => Response::json(400, &json!({"message": "not as expected"})),
    }
}

fn github_oidc(request: &Request) -> Response {
    if request.bearer() != Some(OIDC_REQUEST_TOKEN) {
        return Response::json(401, &json!({"message": "bad request token"}));
    }
    let audience = request.query("audience").unwrap_or_default();
    if !audience.starts_with("api://AzureADTokenExchange") && audience != "api://contoso" {
        return Response::json(400, &json!({"message": "unexpected audience"}));
    }
    Response::json(200, &json!({"count": 1, "value": OIDC_JWT}))
}
