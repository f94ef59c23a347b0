//! A certificate that was refused, and what to do about it. No second try mends one.

use std::error::Error;
use std::io;

use chrono::{SecondsFormat, Utc};
use rustls::CertificateError;

/// What is wrong with a server's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    NotTrusted,
    NotYetValid,
    Expired,
    OtherName,
}

/// Finds the verifier's error among the causes of another.
pub fn problem(error: &(dyn Error + 'static)) -> Option<Problem> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref::<rustls::Error>() {
            return classify(found);
        }
        // What an input/output error wraps is not among its causes.
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if let Some(found) = wrapped.and_then(|wrapped| problem(wrapped)) {
            return Some(found);
        }
        cause = error.source();
    }
    None
}

fn classify(error: &rustls::Error) -> Option<Problem> {
    let rustls::Error::InvalidCertificate(error) = error else { return None };
    Some(match error {
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Problem::NotYetValid,
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Problem::Expired,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Problem::OtherName,
        _ => Problem::NotTrusted,
    })
}

impl Problem {
    /// What to do.
    pub fn advice(self, env: &dyn Fn(&str) -> Option<String>) -> String {
        let now = || Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true);
        match self {
            Problem::NotTrusted => {
                let other = match env("REQUESTS_CA_BUNDLE").filter(|value| !value.is_empty()) {
                    Some(_) => " (REQUESTS_CA_BUNDLE, which is set, is read by az and not by acrscan)",
                    None => "",
                };
                format!(
                    "no certificate authority that this machine trusts has issued its certificate; where a proxy or an \
                     own authority does, name the authority's certificate with SSL_CERT_FILE, or a folder of them with \
                     SSL_CERT_DIR{other}"
                )
            }
            Problem::NotYetValid => {
                format!("its certificate is not yet valid; this machine's clock says {}, correct it", now())
            }
            Problem::Expired => {
                format!("its certificate has expired, if this machine's clock, which says {}, is right", now())
            }
            Problem::OtherName => {
                "its certificate is of another name; is the address right, or does a proxy answer?".to_owned()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verifiers_error_is_found_among_causes() {
        let inner = rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        let wrapped = io::Error::other(io::Error::other(inner));
        assert_eq!(problem(&wrapped), Some(Problem::NotTrusted));
        assert_eq!(problem(&io::Error::other("certificate")), None);
    }

    #[test]
    fn the_advice_names_the_variables() {
        let none = Problem::NotTrusted.advice(&|_| None);
        assert!(
            none.contains("SSL_CERT_FILE") && none.contains("SSL_CERT_DIR") && !none.contains("REQUESTS"),
            "{none}"
        );
        let set = Problem::NotTrusted.advice(&|name| (name == "REQUESTS_CA_BUNDLE").then(|| "/ca.pem".to_owned()));
        assert!(set.contains("REQUESTS_CA_BUNDLE, which is set"), "{set}");
        assert!(Problem::NotYetValid.advice(&|_| None).contains("clock"));
    }
}
