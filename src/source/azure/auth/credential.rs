//! Which credentials the environment offers, and what the others lack.

use std::path::PathBuf;

use reqwest::Url;

use super::super::CredentialKind;
use super::super::client::endpoint::{PlainHttp, parse_endpoint};
use super::super::client::secret::Secret;
use crate::model::registry_id::is_guid;

/// A credential with all it needs.
#[derive(Debug)]
pub enum Credential {
    ServicePrincipal { app: App, secret: Secret },
    WorkloadIdentity { app: App, file: PathBuf },
    GithubOidc { app: App, url: Url, bearer: Secret },
    AzurePipelines { app: App, url: Url, bearer: Secret },
    ManagedIdentity { endpoint: Url, header: Secret, client: Option<String> },
    AzureCli,
    Metadata { host: Url, client: Option<String> },
}

/// An application in a tenant of Entra ID.
#[derive(Debug, PartialEq, Eq)]
pub struct App {
    pub tenant: String,
    pub client: String,
}

/// Why a credential gives no token.
#[derive(Debug, PartialEq, Eq)]
pub enum CredentialError {
    /// It is not there: the next may be tried.
    Unavailable(String),
    /// It is there, and wrong or refused.
    Rejected(String),
}

/// The metadata endpoint of a virtual machine.
const METADATA_HOST: &str = "http://169.254.169.254";

const ALL: [CredentialKind; 7] = [
    CredentialKind::ServicePrincipal,
    CredentialKind::WorkloadIdentity,
    CredentialKind::GithubOidc,
    CredentialKind::AzurePipelines,
    CredentialKind::ManagedIdentity,
    CredentialKind::AzureCli,
    CredentialKind::Metadata,
];

impl CredentialKind {
    /// What messages call it.
    pub fn name(self) -> &'static str {
        match self {
            CredentialKind::ServicePrincipal => "service principal",
            CredentialKind::WorkloadIdentity => "workload identity",
            CredentialKind::GithubOidc => "GitHub OIDC token",
            CredentialKind::AzurePipelines => "Azure Pipelines token",
            CredentialKind::ManagedIdentity => "managed identity",
            CredentialKind::AzureCli => "Azure CLI",
            CredentialKind::Metadata => "metadata endpoint",
        }
    }
}

impl Credential {
    /// Its kind.
    pub fn kind(&self) -> CredentialKind {
        match self {
            Credential::ServicePrincipal { .. } => CredentialKind::ServicePrincipal,
            Credential::WorkloadIdentity { .. } => CredentialKind::WorkloadIdentity,
            Credential::GithubOidc { .. } => CredentialKind::GithubOidc,
            Credential::AzurePipelines { .. } => CredentialKind::AzurePipelines,
            Credential::ManagedIdentity { .. } => CredentialKind::ManagedIdentity,
            Credential::AzureCli => CredentialKind::AzureCli,
            Credential::Metadata { .. } => CredentialKind::Metadata,
        }
    }

    /// The id of the tenant of its application; `None` where that is a domain, or not told.
    pub fn tenant_id(&self) -> Option<String> {
        let app = match self {
            Credential::ServicePrincipal { app, .. }
            | Credential::WorkloadIdentity { app, .. }
            | Credential::GithubOidc { app, .. }
            | Credential::AzurePipelines { app, .. } => app,
            Credential::ManagedIdentity { .. } | Credential::AzureCli | Credential::Metadata { .. } => return None,
        };
        Some(app.tenant.to_lowercase()).filter(|tenant| is_guid(tenant))
    }

    fn from_env(kind: CredentialKind, env: &dyn Fn(&str) -> Option<String>) -> Result<Credential, CredentialError> {
        let client = env("AZURE_CLIENT_ID");
        match kind {
            CredentialKind::ServicePrincipal => {
                let [tenant, client, secret] =
                    required_variables(env, ["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"], || {
                        let certificate = env("AZURE_CLIENT_CERTIFICATE_PATH")?;
                        (!certificate.is_empty())
                            .then_some("AZURE_CLIENT_CERTIFICATE_PATH is, but certificates are not supported")
                    })?;
                Ok(Credential::ServicePrincipal { app: App::new(tenant, client)?, secret: Secret::new(secret) })
            }
            CredentialKind::WorkloadIdentity => {
                let [file, tenant, client] = required_variables(
                    env,
                    ["AZURE_FEDERATED_TOKEN_FILE", "AZURE_TENANT_ID", "AZURE_CLIENT_ID"],
                    || None,
                )?;
                Ok(Credential::WorkloadIdentity { app: App::new(tenant, client)?, file: file.into() })
            }
            CredentialKind::GithubOidc => {
                let names = [
                    "ACTIONS_ID_TOKEN_REQUEST_URL",
                    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
                    "AZURE_TENANT_ID",
                    "AZURE_CLIENT_ID",
                ];
                let [url, bearer, tenant, client] = required_variables(env, names, || {
                    let in_workflow = env("GITHUB_ACTIONS").is_some();
                    (in_workflow && env(names[0]).is_none()).then_some("give the job `permissions: id-token: write`")
                })?;
                let url = parse_address(names[0], &url, PlainHttp::Loopback)?;
                Ok(Credential::GithubOidc { app: App::new(tenant, client)?, url, bearer: Secret::new(bearer) })
            }
            CredentialKind::AzurePipelines => {
                let names = [
                    "SYSTEM_OIDCREQUESTURI",
                    "SYSTEM_ACCESSTOKEN",
                    "AZURESUBSCRIPTION_TENANT_ID",
                    "AZURESUBSCRIPTION_CLIENT_ID",
                    "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID",
                ];
                let [url, bearer, tenant, client, connection] = required_variables(env, names, || {
                    let in_job = env(names[0]).is_some();
                    (in_job && env(names[1]).is_none())
                        .then_some("give the step `SYSTEM_ACCESSTOKEN: $(System.AccessToken)`")
                })?;
                let mut url = parse_address(names[0], &url, PlainHttp::Loopback)?;
                url.query_pairs_mut().append_pair("api-version", "7.1").append_pair("serviceConnectionId", &connection);
                let app = App::named(names[2], tenant, client)?;
                Ok(Credential::AzurePipelines { app, url, bearer: Secret::new(bearer) })
            }
            CredentialKind::ManagedIdentity => {
                let [endpoint, header] = required_variables(env, ["IDENTITY_ENDPOINT", "IDENTITY_HEADER"], || {
                    env("IDENTITY_ENDPOINT").map(|_| "that is Azure Arc, which is not supported")
                })?;
                let endpoint = parse_address("IDENTITY_ENDPOINT", &endpoint, PlainHttp::LinkLocal)?;
                Ok(Credential::ManagedIdentity { endpoint, header: Secret::new(header), client })
            }
            CredentialKind::AzureCli => Ok(Credential::AzureCli),
            CredentialKind::Metadata => {
                let name = "AZURE_POD_IDENTITY_AUTHORITY_HOST";
                let host = env(name).unwrap_or_else(|| METADATA_HOST.to_owned());
                Ok(Credential::Metadata { host: parse_address(name, &host, PlainHttp::LinkLocal)?, client })
            }
        }
    }
}

impl App {
    fn new(tenant: String, client: String) -> Result<App, CredentialError> {
        App::named("AZURE_TENANT_ID", tenant, client)
    }

    /// With the tenant of this variable.
    fn named(variable: &str, tenant: String, client: String) -> Result<App, CredentialError> {
        let fits = |character: char| character.is_ascii_alphanumeric() || character == '.' || character == '-';
        match tenant.chars().all(fits) && tenant.contains(|character: char| character.is_ascii_alphanumeric()) {
            true => Ok(App { tenant, client }),
            false => Err(CredentialError::Rejected(format!("{variable} is neither the id nor a domain of a tenant"))),
        }
    }
}

/// Each kind of credential, or the one asked for, with what the environment gives it.
pub fn candidates(
    env: &dyn Fn(&str) -> Option<String>,
    only: Option<CredentialKind>,
) -> Vec<(CredentialKind, Result<Credential, CredentialError>)> {
    let asked = ALL.into_iter().filter(|kind| only.is_none_or(|only| only == *kind));
    asked.map(|kind| (kind, Credential::from_env(kind, env))).collect()
}

/// Reads variables that are all needed, or says which are not set, and what more there is to say of that.
fn required_variables<const N: usize>(
    env: &dyn Fn(&str) -> Option<String>,
    names: [&str; N],
    remark: impl Fn() -> Option<&'static str>,
) -> Result<[String; N], CredentialError> {
    let values = names.map(env);
    let missing: Vec<&str> =
        names.into_iter().zip(&values).filter_map(|(name, value)| value.is_none().then_some(name)).collect();
    let lacking = match &missing[..] {
        [] => return Ok(values.map(Option::unwrap_or_default)),
        [one] => format!("{one} is not set"),
        [most @ .., last] => format!("{} and {last} are not set", most.join(", ")),
    };
    Err(CredentialError::Unavailable(match remark() {
        Some(remark) => format!("{lacking}; {remark}"),
        None => lacking,
    }))
}

fn parse_address(name: &str, text: &str, plain: PlainHttp) -> Result<Url, CredentialError> {
    parse_endpoint(text, plain).map_err(|error| CredentialError::Rejected(format!("{name}: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What each kind gives, in a word or with what it lacks.
    fn offered(pairs: &[(&str, &str)]) -> Vec<String> {
        let env = |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        let text = |(kind, candidate): (CredentialKind, Result<Credential, CredentialError>)| match candidate {
            Ok(credential) => format!("{}: there", credential.kind().name()),
            Err(CredentialError::Unavailable(what)) => format!("{}: {what}", kind.name()),
            Err(CredentialError::Rejected(why)) => format!("{}: refused: {why}", kind.name()),
        };
        candidates(&env, None).into_iter().map(text).collect()
    }

    #[test]
    fn an_empty_environment_lacks_everything_by_name() {
        assert_eq!(
            offered(&[]),
            [
                "service principal: AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET are not set",
                "workload identity: AZURE_FEDERATED_TOKEN_FILE, AZURE_TENANT_ID and AZURE_CLIENT_ID are not set",
                "GitHub OIDC token: ACTIONS_ID_TOKEN_REQUEST_URL, ACTIONS_ID_TOKEN_REQUEST_TOKEN, AZURE_TENANT_ID and \
                 AZURE_CLIENT_ID are not set",
                "Azure Pipelines token: SYSTEM_OIDCREQUESTURI, SYSTEM_ACCESSTOKEN, AZURESUBSCRIPTION_TENANT_ID, \
                 AZURESUBSCRIPTION_CLIENT_ID and AZURESUBSCRIPTION_SERVICE_CONNECTION_ID are not set",
                "managed identity: IDENTITY_ENDPOINT and IDENTITY_HEADER are not set",
                "Azure CLI: there",
                "metadata endpoint: there",
            ]
        );
    }

    #[test]
    fn each_credential_is_found() {
        let app = [("AZURE_TENANT_ID", "contoso.onmicrosoft.com"), ("AZURE_CLIENT_ID", "app")];
        let with = |more: &[(&'static str, &'static str)]| offered(&[&app, more].concat());
        assert_eq!(with(&[("AZURE_CLIENT_SECRET", "s")])[0], "service principal: there");
        assert_eq!(with(&[("AZURE_FEDERATED_TOKEN_FILE", "/f")])[1], "workload identity: there");
        let github = [
            ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://vstoken.example/?api-version=2"),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "t"),
        ];
        assert_eq!(with(&github)[2], "GitHub OIDC token: there");
        let identity = [("IDENTITY_ENDPOINT", "http://169.254.130.1:8081/msi/token"), ("IDENTITY_HEADER", "h")];
        assert_eq!(with(&identity)[4], "managed identity: there");
    }

    #[test]
    fn near_misses_say_what_to_do() {
        let app = [("AZURE_TENANT_ID", "t"), ("AZURE_CLIENT_ID", "c")];
        assert_eq!(offered(&app)[0], "service principal: AZURE_CLIENT_SECRET is not set");
        let certificate = [app[0], app[1], ("AZURE_CLIENT_CERTIFICATE_PATH", "/c.pem")];
        assert_eq!(
            offered(&certificate)[0],
            "service principal: AZURE_CLIENT_SECRET is not set; AZURE_CLIENT_CERTIFICATE_PATH is, but certificates are \
             not supported"
        );
        assert_eq!(
            offered(&[("IDENTITY_ENDPOINT", "http://localhost:40342/metadata")])[4],
            "managed identity: IDENTITY_HEADER is not set; that is Azure Arc, which is not supported"
        );
        let job = offered(&[("SYSTEM_OIDCREQUESTURI", "https://dev.azure.com/x")]);
        assert!(job[3].ends_with("give the step `SYSTEM_ACCESSTOKEN: $(System.AccessToken)`"), "{job:?}");
        let workflow = [app[0], app[1], ("GITHUB_ACTIONS", "true")];
        assert!(offered(&workflow)[2].ends_with("give the job `permissions: id-token: write`"));
    }

    #[test]
    fn what_is_wrong_is_not_passed_over() {
        let secret = ("AZURE_CLIENT_SECRET", "s");
        for tenant in ["../common", "a/b", "a?b", "..", "ü"] {
            let refused = &offered(&[("AZURE_TENANT_ID", tenant), ("AZURE_CLIENT_ID", "c"), secret])[0];
            assert!(refused.contains("refused: AZURE_TENANT_ID"), "{refused}");
        }
        let identity = [("IDENTITY_ENDPOINT", "http://10.0.0.1/token"), ("IDENTITY_HEADER", "h")];
        assert!(offered(&identity)[4].contains("refused: IDENTITY_ENDPOINT: \"http://10.0.0.1/token\" is plain http"));
        let metadata = [("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://example.com")];
        assert!(offered(&metadata)[6].contains("refused: AZURE_POD_IDENTITY_AUTHORITY_HOST"));
    }

    #[test]
    fn one_kind_can_be_asked_for() {
        let kinds: Vec<_> = candidates(&|_| None, Some(CredentialKind::AzureCli)).into_iter().map(|it| it.0).collect();
        assert_eq!(kinds, [CredentialKind::AzureCli]);
    }
}
