//! Why something was not read.

use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::{StatusCode, Url};
use serde_json::{Map, Value};

use super::endpoint;
use super::response::{Body, Response};
use super::secret::{Secret, quote};
use crate::model::inventory::Part;

/// Why a request gave nothing to read. Its text holds no token, no secret and no query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AzureError {
    /// The server answered, and said no.
    #[error("{}", describe_refusal(*status, code, message, *tries))]
    Refused {
        /// HTTP status.
        status: u16,
        /// ARM's or Entra's code; empty where the answer held none.
        code: String,
        /// The message beside it, quoted.
        message: String,
        /// How often it was asked.
        tries: u32,
    },
    /// The scan or the subscription is over: for everything that was still to be read, the same.
    #[error("{0}")]
    Ended(String),
    /// No token is to be had any more: for everything that was still to be read, the same.
    #[error("{0}")]
    NoToken(String),
    /// No answer, or one that is not what was asked for.
    #[error("{0}")]
    Other(String),
}

fn describe_refusal(status: u16, code: &str, message: &str, tries: u32) -> String {
    let mut text = format!("HTTP {status}");
    if !code.is_empty() {
        text = format!("{text} {code}");
    }
    if !message.is_empty() {
        text = format!("{text}: {message}");
    }
    text + &describe_tries(tries)
}

/// How often something was tried, where that was more than once.
pub fn describe_tries(tries: u32) -> String {
    if tries > 1 { format!(" (tried {tries} times)") } else { String::new() }
}

/// ARM's codes for an api-version it does not serve, at all or for this type of resource.
const VERSION_REFUSALS: [&str; 5] = [
    "InvalidApiVersionParameter",
    "InvalidResourceType",
    "NoRegisteredProviderFound",
    "UnsupportedApiVersion",
    "ApiVersionNotSupported",
];

/// The permission to read the credentials of tasks.
const LIST_DETAILS: &str = "Microsoft.ContainerRegistry/registries/tasks/listDetails/action";

impl AzureError {
    /// What an answer that is no JSON object with status 200 says. `secrets` are masked where the answer echoes them.
    pub fn from_response(answer: &Response, from: &Url, secrets: &[&Secret]) -> AzureError {
        let status = answer.status.as_u16();
        if answer.status.is_redirection() {
            let target = answer.headers.get(LOCATION).and_then(|location| location.to_str().ok());
            let target = target.and_then(|location| from.join(location).ok()).map(|url| endpoint::display_host(&url));
            let target = target.map(|host| format!(" to {host}")).unwrap_or_default();
            return AzureError::Other(format!(
                "HTTP {status}, a redirect{target}, which is not followed (a proxy or captive portal?)"
            ));
        }
        if !answer.status.is_success() {
            let (code, message) = match &answer.body {
                Body::Json(body) => code_and_message(body),
                Body::Other(_) => (String::new(), String::new()),
            };
            let message = match (code.is_empty(), message.is_empty(), &answer.body) {
                (true, true, Body::Other(_)) if media_type(answer).is_some() => {
                    format!("answered {}", media_type(answer).unwrap_or_default())
                }
                _ => quote(&message, secrets).trim_end_matches('.').to_owned(),
            };
            return AzureError::Refused { status, code: quote(&code, secrets), message, tries: answer.tries };
        }
        let what = match &answer.body {
            Body::Json(_) => "answered with JSON that is no object".to_owned(),
            Body::Other(error) => match media_type(answer) {
                Some(media) if media.contains("json") => format!("answered with JSON that cannot be read: {error}"),
                Some(media) => format!("answered {media} instead of JSON (a proxy or captive portal?)"),
                None => "answered without JSON (a proxy or captive portal?)".to_owned(),
            },
        };
        let what = what + &describe_tries(answer.tries);
        match status {
            200 => AzureError::Other(what),
            _ => AzureError::Other(format!("HTTP {status}, {what}")),
        }
    }

    /// Whether another api-version may be served.
    pub fn is_version_refused(&self) -> bool {
        match self {
            AzureError::Refused { status: 400 | 404, code, .. } => {
                VERSION_REFUSALS.iter().any(|refusal| refusal.eq_ignore_ascii_case(code))
            }
            _ => false,
        }
    }

    /// The same without what the server wrote.
    pub fn without_message(self) -> AzureError {
        match self {
            AzureError::Refused { status, code, tries, .. } => {
                let is_plain = code.len() <= 100 && code.chars().all(|character| character.is_ascii_alphanumeric());
                let code = if is_plain { code } else { String::new() };
                AzureError::Refused { status, code, message: String::new(), tries }
            }
            other => other,
        }
    }

    /// Whether ARM says that there is no such thing.
    pub fn is_not_found(&self) -> bool {
        matches!(self, AzureError::Refused { status: 404, .. })
            && !self.is_version_refused()
            && !self.is_code("SubscriptionNotFound")
    }

    /// Whether ARM refused with this code.
    pub fn is_code(&self, expected: &str) -> bool {
        matches!(self, AzureError::Refused { code, .. } if code.eq_ignore_ascii_case(expected))
    }

    /// Whether ARM says that the region does not offer this type of resource, so that there can be none.
    pub fn is_not_offered(&self) -> bool {
        matches!(self, AzureError::Refused { code, .. } if code.eq_ignore_ascii_case("LocationNotAvailableForResourceType"))
    }

    /// The failure and what to do about it, as a gap tells it.
    pub fn reason(&self, part: Part) -> String {
        let of_subscription = matches!(part, Part::Registries | Part::RoleDefinitions);
        let scope = if of_subscription { "subscription" } else { "registry" };
        let advice = match self {
            AzureError::Refused { status: 401, code, .. } if code.eq_ignore_ascii_case("ExpiredAuthenticationToken") => {
                " The token counts as expired although it is new: check this machine's clock.".to_owned()
            }
            AzureError::Refused { status: 401, code, .. }
                if code.eq_ignore_ascii_case("InvalidAuthenticationTokenTenant") =>
            {
                " The token is of another tenant than the subscription: sign in to that tenant (AZURE_TENANT_ID, or \
                 `az login --tenant`)."
                    .to_owned()
            }
            AzureError::Refused { status: 401, .. } => " Sign in to the tenant that the subscription is in.".to_owned(),
            AzureError::Refused { status: 403, .. } if part == Part::TaskCredentials => {
                format!(" The identity needs the action {LIST_DETAILS} on the registry, which Reader does not hold.")
            }
            AzureError::Refused { status: 403, .. } if part == Part::Network => {
                " The identity needs Reader on the resource group of the virtual network.".to_owned()
            }
            AzureError::Refused { status: 403, .. } => format!(" The identity needs Reader on the {scope}."),
            AzureError::Refused { status: 404, code, .. } if code.eq_ignore_ascii_case("SubscriptionNotFound") => {
                " There is no such subscription in this tenant, or it is not visible to the identity, or it is of another cloud \
                 (--cloud)."
                    .to_owned()
            }
            AzureError::Refused { status: 429, .. } => " Try again later, or with a lower concurrency.".to_owned(),
            _ => String::new(),
        };
        format!("{self}.{advice}")
    }
}

impl Response {
    /// The JSON object that was asked for, or why it is none.
    pub fn object(self, from: &Url, secrets: &[&Secret]) -> Result<Map<String, Value>, AzureError> {
        match self {
            Response { status: StatusCode::OK, body: Body::Json(Value::Object(object)), .. } => Ok(object),
            answer => Err(AzureError::from_response(&answer, from, secrets)),
        }
    }
}

fn media_type(answer: &Response) -> Option<String> {
    let value = answer.headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let media = value.split(';').next().unwrap_or_default().trim().to_lowercase();
    (!media.is_empty()).then(|| quote(&media, &[]))
}

/// Finds code and message in the shapes that ARM (`error.code`), Entra and the metadata endpoint (`error`,
/// `error_description`) and App Service (`message`) use.
fn code_and_message(body: &Value) -> (String, String) {
    let text = |map: Option<&Map<String, Value>>, key: &str| {
        map.and_then(|map| map.get(key)).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let body = body.as_object();
    match body.and_then(|body| body.get("error")) {
        Some(Value::Object(error)) => (text(Some(error), "code"), text(Some(error), "message")),
        Some(Value::String(error)) => {
            let description = text(body, "error_description");
            // What follows are ids and a time, for Microsoft's support.
            let description = description.split("Trace ID:").next().unwrap_or_default().trim_end().to_owned();
            (error.clone(), description)
        }
        _ => (text(body, "code"), text(body, "message")),
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderName};

    use super::*;

    fn failure(status: u16, headers: &[(HeaderName, &str)], body: &str) -> AzureError {
        let headers: HeaderMap =
            headers.iter().map(|(name, value)| (name.clone(), value.parse().expect("a value"))).collect();
        let status = StatusCode::from_u16(status).expect("a status");
        let answer = Response { status, headers, body: Body::read(body.as_bytes()), tries: 1 };
        let from = Url::parse("https://management.azure.com/subscriptions/1?secret=1").expect("a URL");
        AzureError::from_response(&answer, &from, &[&Secret::new("hunter2")])
    }

    #[test]
    fn arm_errors_tell_what_to_do() {
        let body = r#"{"error":{"code":"AuthorizationFailed","message":"The client hunter2 has no\nauthorization."}}"#;
        let refused = failure(403, &[], body);
        assert_eq!(
            refused.reason(Part::Registries),
            "HTTP 403 AuthorizationFailed: The client *** has no authorization. The identity needs Reader on the \
             subscription."
        );
        assert!(refused.reason(Part::Tasks).ends_with("The identity needs Reader on the registry."));
        assert!(
            refused
                .reason(Part::TaskCredentials)
                .ends_with("listDetails/action on the registry, which Reader does not hold.")
        );
        let missing = failure(404, &[], r#"{"error":{"code":"SubscriptionNotFound","message":"Not found."}}"#);
        assert!(missing.reason(Part::Registries).contains("no such subscription in this tenant, or it is not visible"));
        assert_eq!(failure(500, &[], "").to_string(), "HTTP 500");
        assert_eq!(failure(502, &[(CONTENT_TYPE, "text/html")], "<html>").to_string(), "HTTP 502: answered text/html");
    }

    #[test]
    fn entra_errors_leave_out_the_trace() {
        let body =
            r#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid secret hunter2. Trace ID: 1"}"#;
        assert_eq!(failure(401, &[], body).to_string(), "HTTP 401 invalid_client: AADSTS7000215: Invalid secret ***");
    }

    #[test]
    fn an_answer_that_is_not_arms_is_named() {
        assert_eq!(
            failure(200, &[(CONTENT_TYPE, "text/html; charset=utf-8")], "<html>").to_string(),
            "answered text/html instead of JSON (a proxy or captive portal?)"
        );
        assert!(failure(200, &[(CONTENT_TYPE, "application/json")], "{]").to_string().contains("cannot be read"));
        assert_eq!(
            failure(302, &[(LOCATION, "https://login.example/?x=1")], "").to_string(),
            "HTTP 302, a redirect to login.example, which is not followed (a proxy or captive portal?)"
        );
    }

    #[test]
    fn refusals_of_a_version_are_told_from_others() {
        let refusal = |status, code: &str| failure(status, &[], &format!(r#"{{"error":{{"code":"{code}"}}}}"#));
        assert!(refusal(400, "NoRegisteredProviderFound").is_version_refused());
        assert!(refusal(404, "InvalidResourceType").is_version_refused());
        assert!(!refusal(404, "ResourceNotFound").is_version_refused());
        assert!(!refusal(403, "InvalidResourceType").is_version_refused());
        assert!(refusal(400, "LocationNotAvailableForResourceType").is_not_offered());
        assert!(!refusal(400, "NoRegisteredProviderFound").is_not_offered());
    }
}
