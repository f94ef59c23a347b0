//! Azure Resource Manager: lists, page by page, and single objects, with a token that is renewed when it is refused.

use std::collections::HashSet;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, HeaderValue};
use reqwest::{Method, Request, StatusCode, Url};
use serde_json::{Map, Value};

use super::super::auth::Tokens;
use super::endpoint::next_page;
use super::error::AzureError;
use super::http::{Http, RequestOptions, Throttle};
use super::response::Response;
use super::secret::Secret;

/// How often one request gets a fresh token.
const MAX_RENEWALS: usize = 3;

/// More pages than any list has; a server that never ends is stopped here.
const MAX_PAGES: usize = 10_000;

/// ARM, as one identity sees it.
pub struct Arm {
    pub http: Http,
    pub endpoint: Url,
    pub tokens: Tokens,
}

impl Arm {
    /// Reads a list to its end, handing over each page's items as they come. Gives the rest of the first page; an
    /// error says that the list was not read to its end, whatever was handed over before.
    ///
    /// Paging: <https://github.com/microsoft/api-guidelines/blob/vNext/azure/Guidelines.md#collections>.
    pub async fn list(
        &self,
        first: Url,
        member: &str,
        throttle: &Throttle,
        mut items: impl AsyncFnMut(Vec<Value>),
    ) -> Result<Map<String, Value>, AzureError> {
        let mut seen = HashSet::from([first.clone()]);
        let mut page = self.get(first, throttle).await?;
        let mut head = None;
        loop {
            let Some(Value::Array(values)) = page.remove(member) else {
                return Err(AzureError::Other(format!("answered without a list (\"{member}\")")));
            };
            items(values).await;
            let next = next_page(page.get("nextLink").unwrap_or(&Value::Null), &self.endpoint);
            head.get_or_insert(page);
            let Some(next) = next.map_err(AzureError::Other)? else { return Ok(head.unwrap_or_default()) };
            if !seen.insert(next.clone()) {
                return Err(AzureError::Other("nextLink points to a page that was already read".to_owned()));
            }
            if seen.len() > MAX_PAGES {
                return Err(AzureError::Other(format!("the list goes on after {MAX_PAGES} pages")));
            }
            page = self.get(next, throttle).await?;
        }
    }

    /// Reads one JSON object.
    pub async fn get(&self, url: Url, throttle: &Throttle) -> Result<Map<String, Value>, AzureError> {
        self.ask(Method::GET, url, throttle).await
    }

    /// Reads one JSON object that ARM gives out as an action only. It changes nothing, so it may be tried again.
    /// What it answers may hold secrets, and an error may echo them: of that, the message is not shown.
    pub async fn post(&self, url: Url, throttle: &Throttle) -> Result<Map<String, Value>, AzureError> {
        self.ask(Method::POST, url, throttle).await.map_err(AzureError::without_message)
    }

    /// A token that is refused is renewed; more than once, since a request that waits its turn may outlive one.
    async fn ask(&self, method: Method, url: Url, throttle: &Throttle) -> Result<Map<String, Value>, AzureError> {
        let mut token = self.tokens.current(&self.http).await?;
        let mut answer = self.send(&method, &url, &token, throttle).await?;
        for _ in 0..MAX_RENEWALS {
            if answer.status != StatusCode::UNAUTHORIZED {
                break;
            }
            let fresh = self.tokens.renewed(&self.http, &token).await?;
            if fresh == token {
                break;
            }
            token = fresh;
            answer = self.send(&method, &url, &token, throttle).await?;
        }
        answer.object(&url, &[&token])
    }

    async fn send(
        &self,
        method: &Method,
        url: &Url,
        token: &Secret,
        throttle: &Throttle,
    ) -> Result<Response, AzureError> {
        let options = RequestOptions { throttle: Some(throttle), secrets: &[token], ..RequestOptions::default() };
        self.http.send(&request(method, url, token)?, &options).await
    }
}

fn request(method: &Method, url: &Url, token: &Secret) -> Result<Request, AzureError> {
    let mut bearer = HeaderValue::from_str(&format!("Bearer {}", token.expose()))
        .map_err(|_| AzureError::Other("the token holds characters that no header can carry".to_owned()))?;
    bearer.set_sensitive(true);
    let mut request = Request::new(method.clone(), url.clone());
    if method == Method::POST {
        // Servers answer 411 to a body whose length nobody told, be it empty.
        request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    request.headers_mut().insert(AUTHORIZATION, bearer);
    request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
    Ok(request)
}
