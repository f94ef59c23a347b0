//! Which addresses a token may be sent to, and which pages may be followed.

use std::net::{IpAddr, Ipv6Addr};

use reqwest::Url;

use super::secret::quote;

/// Where plain `http://` is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlainHttp {
    /// This machine only.
    Loopback,
    /// This machine and 169.254.0.0/16, where Azure's own identity endpoints answer.
    LinkLocal,
}

/// Reads a base address: scheme, host and port, nothing else.
pub fn parse_base(text: &str) -> Result<Url, String> {
    let url = parse_endpoint(text, PlainHttp::Loopback)?;
    match url.path() == "/" && url.query().is_none() && url.fragment().is_none() {
        true => Ok(url),
        false => Err(format!("{} has a path or a query; give scheme, host and port only", without_query(text))),
    }
}

/// Reads an address that may have a path and a query.
pub fn parse_endpoint(text: &str, plain: PlainHttp) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("{} is not a URL: {error}", without_query(text)))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it holds a user name or a password; leave them out".to_owned());
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(format!("{} names no host", without_query(text)));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if may_be_plain(&url, plain) => Ok(url),
        "http" => Err(format!("{} is plain http, which is accepted on loopback only; use https", without_query(text))),
        _ => Err(format!("{} is not an https URL", without_query(text))),
    }
}

/// Quotes an address without its query, and without user name and password.
fn without_query(text: &str) -> String {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    match (text.split_once("://"), text.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("\"{}\"", quote(&format!("{scheme}://***@{host}"), &[])),
        _ => format!("\"{}\"", quote(text, &[])),
    }
}

fn may_be_plain(url: &Url, plain: PlainHttp) -> bool {
    let host = url.host_str().unwrap_or_default();
    match host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => address.is_loopback() || (plain == PlainHttp::LinkLocal && address.is_link_local()),
        Ok(IpAddr::V6(address)) => address == Ipv6Addr::LOCALHOST,
        Err(_) => host == "localhost",
    }
}

/// Whether an address is this machine's.
pub fn is_loopback(url: &Url) -> bool {
    may_be_plain(url, PlainHttp::Loopback)
}

/// The host, and the port where it is not the scheme's own: how messages call an address.
pub fn display_host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let host = match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    quote(&host, &[])
}

/// The page after this one. `nextLink` is opaque and is followed as it stands, but the token must not leave ARM.
pub fn next_page(link: &serde_json::Value, endpoint: &Url) -> Result<Option<Url>, String> {
    let link = match link {
        serde_json::Value::Null => return Ok(None),
        serde_json::Value::String(link) if link.is_empty() => return Ok(None),
        serde_json::Value::String(link) => link,
        _ => return Err("nextLink is not a string".to_owned()),
    };
    let url = Url::parse(link).map_err(|error| format!("nextLink is not an absolute URL: {error}"))?;
    if url.origin() != endpoint.origin() || !url.username().is_empty() || url.password().is_some() {
        return Err(format!("nextLink points to another host ({}); refused", display_host(&url)));
    }
    Ok(Some(url))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn plain_http_is_for_loopback() {
        for good in [
            "https://management.azure.com",
            "https://x:8443/",
            "http://127.0.0.1:80",
            "http://[::1]:9",
            "http://localhost",
        ] {
            assert!(parse_base(good).is_ok(), "{good}");
        }
        for bad in [
            "http://management.azure.com",
            "http://169.254.169.254",
            "http://127.0.0.1.example.com",
            "http://localhost.example.com",
            "http://[::2]",
            "https://u:p@management.azure.com",
            "https://management.azure.com/path",
            "https://management.azure.com?x=1",
            "ftp://127.0.0.1",
            "management.azure.com",
            "",
        ] {
            assert!(parse_base(bad).is_err(), "{bad}");
        }
        assert!(parse_endpoint("http://169.254.169.254/metadata", PlainHttp::LinkLocal).is_ok());
        assert!(parse_endpoint("http://169.254.169.254/metadata", PlainHttp::Loopback).is_err());
        assert!(parse_endpoint("http://10.0.0.1/", PlainHttp::LinkLocal).is_err());
        assert!(parse_endpoint("https://host/token?a=b", PlainHttp::Loopback).is_ok());
    }

    #[test]
    fn messages_hold_no_query_and_no_password() {
        let error = parse_base("http://user:hunter2@example.com/?sig=hunter2").expect_err("user name and plain http");
        assert!(!error.contains("hunter2"), "{error}");
        let error = parse_base("ftp:/x@y://user:hunter2@e?sig=hunter2").expect_err("no URL of ours");
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn next_links_stay_on_the_endpoint() {
        let endpoint = parse_base("https://management.azure.com").expect("a base address");
        assert_eq!(next_page(&json!(null), &endpoint), Ok(None));
        assert_eq!(next_page(&json!(""), &endpoint), Ok(None));
        let link = "https://management.azure.com/subscriptions/1/x?api-version=1&%24skiptoken=a%2Bb";
        assert_eq!(next_page(&json!(link), &endpoint).map(|url| url.map(String::from)), Ok(Some(link.to_owned())));
        // The scheme's own port may be spelled out.
        assert!(next_page(&json!("https://MANAGEMENT.azure.com:443/x"), &endpoint).is_ok());
        for bad in [
            json!("https://evil.example/x"),
            json!("http://management.azure.com/x"),
            json!("https://management.azure.com:8443/x"),
            json!("https://management.azure.com@evil.example/x"),
            json!("https://user@management.azure.com/x"),
            json!("/subscriptions/1"),
            json!(7),
            json!({}),
            json!(false),
        ] {
            assert!(next_page(&bad, &endpoint).is_err(), "{bad}");
        }
        assert_eq!(
            next_page(&json!("https://evil.example/x?token=1"), &endpoint),
            Err("nextLink points to another host (evil.example); refused".to_owned())
        );
    }
}
