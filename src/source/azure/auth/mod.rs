//! Signing in: tries the credentials in turn, then keeps the token of the first that works fresh.

mod az_cli;
mod credential;
mod flow;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{anyhow, bail};
use reqwest::Url;
use tokio::sync::Mutex;
use tokio::time::Instant;

pub use self::credential::candidates;
use self::credential::{Credential, CredentialError};
use super::client::endpoint;
use super::client::error::AzureError;
use super::client::http::Http;
use super::client::secret::{Secret, quote};
use super::{CredentialKind, Options};

/// A token is renewed this long before it ends, or, where it does not live that long, at four fifths of its life.
const RENEW_BEFORE: Duration = Duration::from_secs(5 * 60);
/// After a renewal that failed, the next is not tried before.
const RENEW_AGAIN_AFTER: Duration = Duration::from_secs(30);
/// No token lives longer, whatever its issuer says.
const MAX_LIFETIME: Duration = Duration::from_secs(24 * 3600);

/// Where tokens come from, and what for.
#[derive(Debug)]
pub struct Entra {
    authority: Url,
    /// The resource, without `/.default`.
    audience: &'static str,
    /// What a token of GitHub is made out to.
    federation_audience: String,
    /// A subscription that `az` is to give a token for: with it, its account and tenant are chosen.
    subscription: Option<String>,
    /// Folders of which no program is started.
    untrusted: Vec<PathBuf>,
}

impl Entra {
    /// The authority is the option, else `AZURE_AUTHORITY_HOST`, else the cloud's.
    pub fn new(options: &Options, env: &dyn Fn(&str) -> Option<String>) -> anyhow::Result<Entra> {
        let (from, text) = match (&options.authority_host, env("AZURE_AUTHORITY_HOST")) {
            (Some(text), _) => ("the authority host", text.clone()),
            // The Azure SDKs take it with and without a scheme.
            (None, Some(text)) if !text.contains("://") => ("AZURE_AUTHORITY_HOST", format!("https://{text}")),
            (None, Some(text)) => ("AZURE_AUTHORITY_HOST", text),
            (None, None) => ("the authority host", options.cloud.authority_host().to_owned()),
        };
        let authority = endpoint::parse_base(&text).map_err(|error| anyhow!("{from}: {error}"))?;
        let federation_audience = options.oidc_audience.as_deref().unwrap_or(options.cloud.federation_audience());
        let named = options.selection.registries.iter().map(|registry| &registry.subscription);
        Ok(Entra {
            authority,
            audience: options.cloud.arm_audience(),
            federation_audience: federation_audience.to_owned(),
            subscription: options.subscriptions.iter().chain(named).next().cloned(),
            untrusted: options.untrusted.clone(),
        })
    }
}

/// A token and how long it is good for.
#[derive(Debug, Clone)]
struct Token {
    secret: Secret,
    renew_at: Instant,
    expires_at: Instant,
    /// The id of the tenant it is of, where that is told.
    tenant: Option<String>,
}

impl Token {
    fn new(secret: Secret, life: Duration) -> Token {
        let life = life.min(MAX_LIFETIME);
        let now = Instant::now();
        Token { secret, renew_at: now + life - RENEW_BEFORE.min(life / 5), expires_at: now + life, tenant: None }
    }
}

/// Gives every request a token that is good.
pub struct Tokens {
    credential: Credential,
    entra: Entra,
    /// The id of the tenant, where it is known: of all tokens.
    tenant: Option<String>,
    /// Held while a token is fetched: whoever needs one meanwhile waits for that one.
    state: Mutex<TokenState>,
}

struct TokenState {
    token: Option<Token>,
    /// The last renewal that failed, and when.
    failed: Option<(Instant, AzureError)>,
    /// When the last renewal gave the same token again, as `az` and the identity endpoints do while it is good.
    unchanged: Option<Instant>,
}

impl Tokens {
    /// The id of the tenant that tokens are of, where it is known.
    pub fn tenant(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    /// The token to use now.
    pub async fn current(&self, http: &Http) -> Result<Secret, AzureError> {
        let mut state = self.state.lock().await;
        let now = Instant::now();
        match &state.token {
            Some(token) if now < token.renew_at => Ok(token.secret.clone()),
            Some(token) if now < token.expires_at => {
                let secret = token.secret.clone();
                Ok(self.renew(http, &mut state).await.unwrap_or(secret))
            }
            _ => self.renew(http, &mut state).await,
        }
    }

    /// Another token than the one that was refused; the same where no other is to be had, as when the subscription is
    /// in another tenant.
    pub async fn renewed(&self, http: &Http, refused: &Secret) -> Result<Secret, AzureError> {
        let mut state = self.state.lock().await;
        match &state.token {
            Some(token) if token.secret != *refused => Ok(token.secret.clone()),
            _ if state.unchanged.is_some_and(|when| when.elapsed() < RENEW_AGAIN_AFTER) => Ok(refused.clone()),
            _ => self.renew(http, &mut state).await,
        }
    }

    async fn renew(&self, http: &Http, state: &mut TokenState) -> Result<Secret, AzureError> {
        if let Some((when, failure)) = &state.failed
            && when.elapsed() < RENEW_AGAIN_AFTER
        {
            return Err(failure.clone());
        }
        match flow::fetch(&self.credential, http, &self.entra).await {
            // As when somebody signs in elsewhere with `az` meanwhile: what was read so far is another tenant's.
            Ok(Token { tenant: Some(other), .. }) if self.tenant.as_ref().is_some_and(|tenant| *tenant != other) => {
                let text = format!(
                    "the {} gave a token of another tenant ({}) than before",
                    self.credential.kind().name(),
                    quote(&other, &[])
                );
                let failure = AzureError::NoToken(text);
                state.failed = Some((Instant::now(), failure.clone()));
                Err(failure)
            }
            Ok(token) => {
                let secret = token.secret.clone();
                let is_same = state.token.as_ref().is_some_and(|token| token.secret == secret);
                *state = TokenState { token: Some(token), failed: None, unchanged: is_same.then(Instant::now) };
                Ok(secret)
            }
            Err(CredentialError::Unavailable(text) | CredentialError::Rejected(text)) => {
                let advice = advice(&text);
                let text = format!("the {} gave no new token: {text}{advice}", self.credential.kind().name());
                let failure = AzureError::NoToken(text);
                state.failed = Some((Instant::now(), failure.clone()));
                Err(failure)
            }
        }
    }
}

/// What to do about a refusal of Entra ID, by its code.
fn advice(text: &str) -> &'static str {
    // <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>
    match text {
        _ if text.contains("AADSTS700024") => {
            ". The federated token is too old or not yet valid: check this machine's clock; where a job's token has ended, \
             use --credential github-oidc, azure-pipelines or workload-identity, which ask for a fresh one each time"
        }
        _ if text.contains("AADSTS700211") || text.contains("AADSTS700213") || text.contains("AADSTS70021:") => {
            ". The application has no federated credential with this issuer, subject and audience: add one, or give the \
             audience it has with --oidc-audience"
        }
        _ if text.contains("AADSTS7000222") => ". The client secret has expired: make a new one",
        _ => "",
    }
}

/// Takes the first credential that gives a token. One that lacks something is passed over; one that is there and is
/// refused ends the search, for the next might be somebody else, who sees other subscriptions.
pub async fn sign_in(
    http: &Http,
    entra: Entra,
    candidates: Vec<(CredentialKind, Result<Credential, CredentialError>)>,
) -> anyhow::Result<Tokens> {
    let is_choice = candidates.len() > 1;
    let mut lacking = String::new();
    for (kind, candidate) in candidates {
        let outcome = match candidate {
            Ok(credential) => flow::fetch(&credential, http, &entra).await.map(|token| (credential, token)),
            Err(denial) => Err(denial),
        };
        match outcome {
            Ok((credential, token)) => {
                let tenant = token.tenant.clone().or_else(|| credential.tenant_id());
                let state = Mutex::new(TokenState { token: Some(token), failed: None, unchanged: None });
                return Ok(Tokens { credential, entra, tenant, state });
            }
            Err(CredentialError::Unavailable(what)) => lacking = format!("{lacking}\n  {}: {what}", kind.name()),
            Err(CredentialError::Rejected(why)) => {
                let before = if lacking.is_empty() { lacking } else { format!("\ntried before it:{lacking}") };
                let after = "\nnothing was tried after it, for that might be somebody else; --credential chooses one";
                let after = if is_choice { after } else { "" };
                bail!("could not sign in with the {}: {why}{}{before}{after}", kind.name(), advice(&why));
            }
        }
    }
    bail!("no credential to sign in with:{lacking}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::cloud::Cloud;

    #[test]
    fn tokens_are_renewed_before_they_end() {
        let margin = |life| {
            let token = Token::new(Secret::new("t"), Duration::from_secs(life));
            (token.expires_at - token.renew_at).as_secs()
        };
        assert_eq!([0, 60, 1500, 3600, u64::MAX].map(margin), [0, 12, 300, 300, 300]);
        assert!(!format!("{:?}", Token::new(Secret::new("hunter2"), RENEW_BEFORE)).contains("hunter2"));
    }

    #[test]
    fn the_authority_is_the_option_then_the_environment_then_the_clouds() {
        let mut options = Options {
            subscriptions: Vec::new(),
            selection: super::super::ScopeSelection::default(),
            cloud: Cloud::UsGovernment,
            arm_endpoint: None,
            authority_host: None,
            credential: None,
            oidc_audience: None,
            discovery: super::super::Discovery::Arm,
            known: std::collections::BTreeSet::new(),
            concurrency: 1,
            request_timeout: Duration::from_secs(1),
            timeout: Duration::from_secs(1),
            needs: crate::model::inventory::Needs::default(),
            without: Vec::new(),
            untrusted: Vec::new(),
        };
        let authority = |options: &Options, host: Option<&str>| {
            let env = |name: &str| host.filter(|_| name == "AZURE_AUTHORITY_HOST").map(str::to_owned);
            Entra::new(options, &env).map(|entra| entra.authority.to_string()).map_err(|error| error.to_string())
        };
        assert_eq!(authority(&options, None), Ok("https://login.microsoftonline.us/".to_owned()));
        assert_eq!(authority(&options, Some("login.example")), Ok("https://login.example/".to_owned()));
        assert_eq!(
            authority(&options, Some("http://login.example")),
            Err("AZURE_AUTHORITY_HOST: \"http://login.example\" is plain http, which is accepted on loopback only; \
                 use https"
                .to_owned())
        );
        options.authority_host = Some("http://127.0.0.1:81".to_owned());
        assert_eq!(authority(&options, Some("http://login.example")), Ok("http://127.0.0.1:81/".to_owned()));
    }
}
