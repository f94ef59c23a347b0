//! A token from `az`, whoever is signed in there.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::process::Command;
use tokio::time::{Instant, timeout_at};

use super::super::client::secret::quote;
use super::credential::CredentialError;
use crate::model::program::Program;

/// It starts an interpreter and may go to the network, but does not take that long.
const TIME_LIMIT: Duration = Duration::from_secs(30);

const PROGRAM: &str = if cfg!(windows) { "az.cmd" } else { "az" };

/// What `az` reads of the environment: its settings, and where an identity of this machine is to be asked for.
const VARIABLES: [&str; 4] = ["AZURE_", "MSI_", "IDENTITY_", "ACC_"];

/// Runs `az account get-access-token` and gives the object that it prints: of the account and tenant that a subscription
/// is known to be of, for `az` may hold several, else of its default. `az` is Python, which looks for code in the
/// folder that it is started in: that is an empty one, and Python is told not to.
pub async fn access_token(
    audience: &str,
    subscription: Option<&str>,
    deadline: Instant,
    untrusted: &[PathBuf],
) -> Result<Map<String, Value>, CredentialError> {
    let scope = format!("{audience}/.default");
    let program = Program::find(PROGRAM, std::env::var_os("PATH"), untrusted).map_err(CredentialError::Unavailable)?;
    let first = run(&program, &scope, subscription, deadline).await;
    match first {
        // It may not know the subscription yet, or not have it in its list: the account in use may see it all the same.
        Err(CredentialError::Unavailable(text)) if subscription.is_some() && text.contains("not found") => {
            run(&program, &scope, None, deadline).await
        }
        other => other,
    }
}

async fn run(
    program: &Program,
    scope: &str,
    subscription: Option<&str>,
    deadline: Instant,
) -> Result<Map<String, Value>, CredentialError> {
    let reads = |name: &str| VARIABLES.iter().any(|start| name.to_uppercase().starts_with(start));
    let (mut command, _folder) = program
        .command(reads)
        .map_err(|error| CredentialError::Unavailable(format!("`{PROGRAM}` cannot be run: {error}")))?;
    command.args(["account", "get-access-token", "-o", "json", "--scope", scope]).env("PYTHONSAFEPATH", "1");
    if let Some(subscription) = subscription {
        command.args(["--subscription", subscription]);
    }
    let mut command = Command::from(command);
    command.kill_on_drop(true);
    let limit = (Instant::now() + TIME_LIMIT).min(deadline);
    let output = match timeout_at(limit, command.output()).await {
        Ok(Ok(output)) => output,
        Ok(Err(error)) => return Err(CredentialError::Unavailable(format!("`{PROGRAM}` cannot be run: {error}"))),
        Err(_) => {
            return Err(CredentialError::Unavailable(format!(
                "`{PROGRAM}` gave no answer within {} s",
                TIME_LIMIT.as_secs()
            )));
        }
    };
    if !output.status.success() {
        return Err(classify_failure(&String::from_utf8_lossy(&output.stderr), &output.status.to_string()));
    }
    match serde_json::from_slice(&output.stdout) {
        Ok(Value::Object(answer)) => Ok(answer),
        _ => Err(CredentialError::Unavailable(format!(
            "`{PROGRAM} account get-access-token` printed something else than a token"
        ))),
    }
}

/// Nobody signed in is the usual case and no reason to stop; a refusal by Entra ID, which all its codes begin with
/// AADSTS, is one.
fn classify_failure(stderr: &str, status: &str) -> CredentialError {
    let message = quote(stderr, &[]);
    match (message.is_empty(), stderr.contains("AADSTS")) {
        (true, _) => CredentialError::Unavailable(format!("`{PROGRAM} account get-access-token` failed ({status})")),
        (false, true) => CredentialError::Rejected(message),
        (false, false) => CredentialError::Unavailable(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_from_nobody_signed_in() {
        assert_eq!(
            classify_failure("ERROR: Please run 'az login' to setup account.\n", "exit status: 1"),
            CredentialError::Unavailable("ERROR: Please run 'az login' to setup account.".to_owned())
        );
        assert_eq!(
            classify_failure("ERROR: AADSTS700082: The refresh token\u{7} has expired.", "exit status: 1"),
            CredentialError::Rejected("ERROR: AADSTS700082: The refresh token\\u{7} has expired.".to_owned())
        );
        assert!(
            matches!(classify_failure("", "exit status: 3"), CredentialError::Unavailable(text) if text.contains("exit status: 3"))
        );
    }
}
