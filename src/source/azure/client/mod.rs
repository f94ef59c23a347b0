//! HTTP as ARM speaks it: retries, errors, secrets, the addresses a token may go to.

pub(crate) mod address;
pub(crate) mod arm;
pub(crate) mod certificate;
pub(crate) mod endpoint;
pub(crate) mod error;
pub(crate) mod http;
pub(crate) mod proxy;
pub(crate) mod response;
pub(crate) mod retry;
pub(crate) mod secret;
pub(crate) mod throttle;
