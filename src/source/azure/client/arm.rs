//! Azure Resource Manager: lists, page by page, and single objects, with a token that is renewed when it is refused.

use std::collections::HashSet;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, HeaderValue};
use reqwest::{Method, Request, StatusCode, Url};
use serde_json::{Map, Value};

use super::super::auth::Tokens;
use super::endpoint::next_page;
use super::error::Failure;
use super::http::{Answer, Http, Manner, Pause};
use super::secret::Secret;

/// How often one request gets a fresh token.
const MOST_RENEWALS: usize = 3;

/// More pages than any list has; a server that never ends is stopped here.
const MOST_PAGES: usize = 10_000;

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
        pause: &Pause,
        mut items: impl AsyncFnMut(Vec<Value>),
    ) -> Result<Map<String, Value>, Failure> {
        let mut seen = HashSet::from([first.clone()]);
        let mut page = self.get(first, pause).await?;
        let mut head = None;
        loop {
            let Some(Value::Array(values)) = page.remove(member) else {
                return Err(Failure::Other(format!("answered without a list (\"{member}\")")));
            };
            items(values).await;
            let next = next_page(page.get("nextLink").unwrap_or(&Value::Null), &self.endpoint);
            head.get_or_insert(page);
            let Some(next) = next.map_err(Failure::Other)? else { return Ok(head.unwrap_or_default()) };
            if !seen.insert(next.clone()) {
                return Err(Failure::Other("nextLink points to a page that was already read".to_owned()));
            }
            if seen.len() > MOST_PAGES {
                return Err(Failure::Other(format!("the list goes on after {MOST_PAGES} pages")));
            }
            page = self.get(next, pause).await?;
        }
    }

    /// Reads one JSON object.
    pub async fn get(&self, url: Url, pause: &Pause) -> Result<Map<String, Value>, Failure> {
        self.ask(Method::GET, url, pause).await
    }

    /// Reads one JSON object that ARM gives out as an action only. It changes nothing, so it may be tried again.
    pub async fn post(&self, url: Url, pause: &Pause) -> Result<Map<String, Value>, Failure> {
        self.ask(Method::POST, url, pause).await
    }

    /// A token that is refused is renewed; more than once, since a request that waits its turn may outlive one.
    async fn ask(&self, method: Method, url: Url, pause: &Pause) -> Result<Map<String, Value>, Failure> {
        let mut token = self.tokens.current(&self.http).await?;
        let mut answer = self.send(&method, &url, &token, pause).await?;
        for _ in 0..MOST_RENEWALS {
            if answer.status != StatusCode::UNAUTHORIZED {
                break;
            }
            let fresh = self.tokens.renewed(&self.http, &token).await?;
            if fresh == token {
                break;
            }
            token = fresh;
            answer = self.send(&method, &url, &token, pause).await?;
        }
        answer.object(&url, &[&token])
    }

    async fn send(&self, method: &Method, url: &Url, token: &Secret, pause: &Pause) -> Result<Answer, Failure> {
        let manner = Manner { pause: Some(pause), secrets: &[token], ..Manner::default() };
        self.http.send(&request(method, url, token)?, &manner).await
    }
}

fn request(method: &Method, url: &Url, token: &Secret) -> Result<Request, Failure> {
    let mut bearer = HeaderValue::from_str(&format!("Bearer {}", token.expose()))
        .map_err(|_| Failure::Other("the token holds characters that no header can carry".to_owned()))?;
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
