//! Azure Resource Manager: lists, page by page, and single objects, with a token that is renewed when it is refused.

use std::collections::HashSet;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue};
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
        self.ask(Method::GET, url, None, throttle).await?.object()
    }

    /// Reads one JSON object that ARM gives out as an action only. It changes nothing, so it may be tried again.
    /// What it answers may hold secrets, and an error may echo them: of that, the message is not shown.
    pub async fn post(&self, url: Url, throttle: &Throttle) -> Result<Map<String, Value>, AzureError> {
        let answer = self.ask(Method::POST, url, None, throttle).await;
        answer.and_then(Answered::object).map_err(AzureError::without_message)
    }

    /// Asks a question whose answer is one JSON object, and gives its headers as well. It changes nothing.
    pub async fn query(
        &self,
        url: Url,
        body: &Value,
        throttle: &Throttle,
    ) -> Result<(Map<String, Value>, HeaderMap), AzureError> {
        let answered = self.ask(Method::POST, url, Some(body), throttle).await?;
        let headers = answered.answer.headers.clone();
        Ok((answered.object()?, headers))
    }

    /// A token that is refused is renewed; more than once, since a request that waits its turn may outlive one.
    async fn ask(
        &self,
        method: Method,
        url: Url,
        body: Option<&Value>,
        throttle: &Throttle,
    ) -> Result<Answered, AzureError> {
        let mut token = self.tokens.current(&self.http).await?;
        let mut answer = self.send(&method, &url, body, &token, throttle).await?;
        for _ in 0..MAX_RENEWALS {
            if answer.status != StatusCode::UNAUTHORIZED {
                break;
            }
            let fresh = self.tokens.renewed(&self.http, &token).await?;
            if fresh == token {
                break;
            }
            token = fresh;
            answer = self.send(&method, &url, body, &token, throttle).await?;
        }
        Ok(Answered { answer, url, token })
    }

    async fn send(
        &self,
        method: &Method,
        url: &Url,
        body: Option<&Value>,
        token: &Secret,
        throttle: &Throttle,
    ) -> Result<Response, AzureError> {
        let options = RequestOptions { throttle: Some(throttle), secrets: &[token], ..RequestOptions::default() };
        self.http.send(&request(method, url, body, token)?, &options).await
    }
}

/// An answer, and what is needed to tell what is wrong with it.
struct Answered {
    answer: Response,
    url: Url,
    token: Secret,
}

impl Answered {
    fn object(self) -> Result<Map<String, Value>, AzureError> {
        self.answer.object(&self.url, &[&self.token])
    }
}

fn request(method: &Method, url: &Url, body: Option<&Value>, token: &Secret) -> Result<Request, AzureError> {
    let mut bearer = HeaderValue::from_str(&format!("Bearer {}", token.expose()))
        .map_err(|_| AzureError::Other("the token holds characters that no header can carry".to_owned()))?;
    bearer.set_sensitive(true);
    let mut request = Request::new(method.clone(), url.clone());
    if let Some(body) = body {
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *request.body_mut() = Some(body.to_string().into());
    } else if method == Method::POST {
        // Servers answer 411 to a body whose length nobody told, be it empty.
        request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    request.headers_mut().insert(AUTHORIZATION, bearer);
    request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
    Ok(request)
}
