//! The proxy that the environment names, told where it is malformed, and named where a connection through it fails.
//!
//! Plain http goes to this machine and its host alone, past any proxy; so `HTTP_PROXY` is never used.

use reqwest::{ClientBuilder, NoProxy, Url};

use super::error::AzureError;
use super::secret::quote;
use crate::model::visible::cut;

/// The first that is set is used, in this order, as curl does.
const VARIABLES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
const EXCEPTIONS: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// What the environment says of proxies.
#[derive(Debug, Clone, Default)]
pub struct Proxy {
    named: Option<Named>,
    exceptions: String,
}

#[derive(Debug, Clone)]
struct Named {
    variable: &'static str,
    url: Url,
}

impl Proxy {
    /// Reads the variables.
    ///
    /// # Errors
    /// One holds no proxy's address. The text names it, and shows no password.
    pub fn from_env(env: &dyn Fn(&str) -> Option<String>) -> Result<Proxy, AzureError> {
        let of = |name: &str| env(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let exceptions = EXCEPTIONS.iter().find_map(|name| of(name)).unwrap_or_default();
        let Some((variable, text)) = VARIABLES.iter().find_map(|name| Some((*name, of(name)?))) else {
            return Ok(Proxy { named: None, exceptions });
        };
        match parse(&text) {
            Some(url) => Ok(Proxy { named: Some(Named { variable, url }), exceptions }),
            None => Err(AzureError::Other(format!(
                "{variable} is no proxy's address: \"{}\"; it is read as http://HOST:PORT",
                without_password(&text)
            ))),
        }
    }

    /// Gives a client this proxy and no other.
    pub fn apply(&self, builder: ClientBuilder) -> Result<ClientBuilder, AzureError> {
        let Some(Named { variable, url }) = &self.named else { return Ok(builder.no_proxy()) };
        let proxy = reqwest::Proxy::https(url.clone()).map_err(|error| {
            AzureError::Other(format!("{variable}: {}", quote(&error.without_url().to_string(), &[])))
        })?;
        Ok(builder.no_proxy().proxy(proxy.no_proxy(NoProxy::from_string(&self.exceptions))))
    }

    /// The proxy that a request to this address goes through, as messages call it.
    pub fn used_for(&self, target: &Url) -> Option<String> {
        let Named { variable, url } = self.named.as_ref()?;
        let host = target.host_str().unwrap_or_default().to_lowercase();
        let is_excepted = self.exceptions.split(',').map(str::trim).any(|exception| {
            let domain = exception.trim_start_matches('.').to_lowercase();
            exception == "*" || (!domain.is_empty() && (host == domain || host.ends_with(&format!(".{domain}"))))
        });
        let port = url.port_or_known_default().map(|port| format!(":{port}")).unwrap_or_default();
        let shown = quote(&format!("{}{port}", url.host_str().unwrap_or_default()), &[]);
        (target.scheme() == "https" && !is_excepted).then(|| format!("{shown} ({variable})"))
    }
}

/// A proxy may be named without its scheme.
fn parse(text: &str) -> Option<Url> {
    let text = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let url = Url::parse(&text).ok()?;
    let has_host = url.host_str().is_some_and(|host| !host.is_empty());
    (has_host && matches!(url.scheme(), "http" | "https")).then_some(url)
}

fn without_password(text: &str) -> String {
    let shown = match (text.split_once("://"), text.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://***@{host}"),
        (None, Some((_, host))) => format!("***@{host}"),
        (_, None) => text.to_owned(),
    };
    quote(&cut(&shown, 100), &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Proxy, String> {
        let env = |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Proxy::from_env(&env).map_err(|error| error.to_string())
    }

    #[test]
    fn a_malformed_proxy_is_told_without_its_password() {
        for bad in ["http://", "ftp://proxy:1", "http://u:hunter2@pro xy:80", "u:hunter2@:80", "http://proxy:port"] {
            let refused = read(&[("https_proxy", bad)]).expect_err(bad);
            assert!(
                refused.starts_with("https_proxy is no proxy's address") && !refused.contains("hunter2"),
                "{refused}"
            );
        }
    }

    #[test]
    fn the_proxy_of_an_address_is_named() {
        let target = Url::parse("https://management.azure.com/x").expect("a URL");
        let used = |pairs: &[(&str, &str)]| read(pairs).expect("a proxy").used_for(&target);
        assert_eq!(used(&[("HTTPS_PROXY", "u:hunter2@proxy:3128")]).as_deref(), Some("proxy:3128 (HTTPS_PROXY)"));
        assert_eq!(used(&[("ALL_PROXY", "http://proxy")]).as_deref(), Some("proxy:80 (ALL_PROXY)"));
        assert_eq!(used(&[("HTTP_PROXY", "http://proxy")]), None);
        for exception in ["*", "azure.com", ".azure.com", "x, management.azure.com"] {
            assert_eq!(used(&[("HTTPS_PROXY", "http://proxy"), ("NO_PROXY", exception)]), None, "{exception}");
        }
        assert!(used(&[("HTTPS_PROXY", "http://proxy"), ("NO_PROXY", "zure.com,10.0.0.0/8")]).is_some());
        assert!(used(&[]).is_none());
    }
}
