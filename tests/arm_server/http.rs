//! As much of HTTP/1.1 as a loopback server needs: requests with a `Content-Length`, answers with one, keep-alive.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use serde_json::{Value, json};

/// One request, as it came in.
pub struct Request {
    pub method: String,
    /// Path and query, not decoded: a `nextLink` must come back as it was given.
    pub target: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Request {
    /// Reads the next request of a connection; `None` where the client has closed it.
    pub fn read(connection: &mut BufReader<TcpStream>) -> io::Result<Option<Request>> {
        let mut line = String::new();
        if connection.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let mut words = line.split_whitespace().map(str::to_owned);
        let (Some(method), Some(target)) = (words.next(), words.next()) else {
            return Err(io::Error::new(io::ErrorKind::InvalidData, format!("not a request line: {line:?}")));
        };
        let mut request = Request { method, target, headers: Vec::new(), body: String::new() };
        loop {
            line.clear();
            connection.read_line(&mut line)?;
            match line.trim_end().split_once(':') {
                Some((name, value)) => request.headers.push((name.to_lowercase(), value.trim().to_owned())),
                None => break,
            }
        }
        let length = request.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        connection.take(length).read_to_string(&mut request.body)?;
        Ok(Some(request))
    }

    /// A header's value, by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The credential behind `Authorization: Bearer`.
    pub fn bearer(&self) -> Option<&str> {
        let (scheme, credential) = self.header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(credential)
    }

    /// The path, not decoded.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The path, decoded: the id of a resource as its owner spells it.
    pub fn decoded_path(&self) -> String {
        decode(&self.path().replace('+', "%2B"))
    }

    /// A parameter of the query, decoded.
    pub fn query(&self, name: &str) -> Option<String> {
        form_value(self.target.split_once('?')?.1, name)
    }

    /// A body of JSON; null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// A field of an `application/x-www-form-urlencoded` body, decoded.
    pub fn form(&self, name: &str) -> Option<String> {
        form_value(&self.body, name)
    }
}

fn form_value(pairs: &str, name: &str) -> Option<String> {
    pairs
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, _)| decode(key) == name)
        .map(|(_, v)| decode(v))
}

/// Undoes percent-encoding, and `+` for a space.
fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = (first == b'%').then(|| text_of(tail.get(..2))).flatten();
        match escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(if first == b'+' { b' ' } else { first });
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn text_of(bytes: Option<&[u8]>) -> Option<&str> {
    std::str::from_utf8(bytes?).ok()
}

/// One answer. The body is shared, so that an answer rendered once costs nothing to send again.
#[derive(Clone)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Arc<[u8]>,
}

impl Response {
    pub fn new(status: u16, content_type: &str, body: impl Into<Arc<[u8]>>) -> Response {
        Response { status, headers: vec![("Content-Type".into(), content_type.into())], body: body.into() }
    }

    pub fn json(status: u16, body: &Value) -> Response {
        Response::new(status, "application/json; charset=utf-8", body.to_string().into_bytes())
    }

    /// An answer whose JSON was rendered before.
    pub fn rendered(body: Arc<[u8]>) -> Response {
        Response::new(200, "application/json; charset=utf-8", body)
    }

    /// ARM's way to say no.
    pub fn error(status: u16, code: &str, message: &str) -> Response {
        Response::json(status, &json!({"error": {"code": code, "message": message}}))
    }

    pub fn header(mut self, name: &str, value: &str) -> Response {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Writes the answer in one piece. With `missing`, it promises that many bytes more than it sends.
    pub fn write(&self, connection: &mut TcpStream, missing: usize) -> io::Result<()> {
        let mut head = format!("HTTP/1.1 {} Status\r\nContent-Length: {}\r\n", self.status, self.body.len() + missing);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(&self.body);
        connection.write_all(&bytes)
    }
}
