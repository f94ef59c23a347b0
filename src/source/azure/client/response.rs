//! What came of one request: an answer, or none.

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::Value;

/// What the server sent.
pub struct Response {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Body,
    /// How often it was asked.
    pub tries: u32,
}

/// The body of an answer.
pub enum Body {
    Json(Value),
    /// Not JSON, and why.
    Other(serde_json::Error),
}

impl Body {
    pub fn read(bytes: &[u8]) -> Body {
        serde_json::from_slice(bytes).map_or_else(Body::Other, Body::Json)
    }
}

impl Response {
    /// Whether a body of JSON stopped in the middle, as when a proxy loses its server.
    pub fn cut_short(&self) -> bool {
        self.status == StatusCode::OK && matches!(&self.body, Body::Other(error) if error.is_eof())
    }
}

/// An attempt without an answer.
pub struct TransportError {
    pub text: String,
    /// Whether it may pass: a lost connection does, a body that is too long does not.
    pub transient: bool,
    /// What to do about it.
    pub advice: Option<String>,
}
