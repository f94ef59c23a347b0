//! Policies out of a registry of artifacts, as `conftest push`, `oras push` and `opa` put them there. Everything that
//! arrives is held to its digest. A credential goes to the registry it is for, and to the token service of its own domain.

mod client;
mod credentials;
mod reference;

use std::time::Duration;

use serde::Deserialize;

use self::client::Client;
pub use self::reference::Reference;
use crate::model::digest;

/// A manifest is a page of JSON.
const MAX_MANIFEST: usize = 4 << 20;

/// What all layers come to at most, packed.
pub const MAX_LAYERS: u64 = 64 << 20;

/// So many files are pushed one by one at most.
const MAX_COUNT: usize = 2_000;

/// For all of it.
const TIMEOUT: Duration = Duration::from_secs(120);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    #[serde(default)]
    layers: Vec<Layer>,
    #[serde(default)]
    manifests: Option<serde_json::Value>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Layer {
    media_type: String,
    digest: String,
    size: u64,
    #[serde(default)]
    annotations: std::collections::BTreeMap<String, String>,
}

/// What an artifact holds.
#[derive(Debug)]
pub enum Content {
    /// A bundle, as a `.tar.gz`.
    Bundle(Vec<u8>),
    /// One file, by the name that it was pushed with.
    File(String, Vec<u8>),
}

/// An artifact whose manifest was read.
pub struct Artifact<'a> {
    reference: &'a Reference,
    client: Client,
    layers: Vec<Layer>,
    /// SHA-256 of its manifest, in hex: its name wherever it lies.
    pub digest: String,
}

/// Reads an artifact's manifest, and what it holds unless `known` says that the digest is at hand.
///
/// # Errors
/// The registry cannot be asked, refuses, or answers what is no such artifact: a sentence that says what to do.
pub fn pull(reference: &Reference, is_known: impl Fn(&str) -> bool) -> Result<(String, Option<Vec<Content>>), String> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let pulled = async {
            let artifact = Artifact::find(reference).await?;
            let digest = artifact.digest.clone();
            let content = if is_known(&digest) { None } else { Some(artifact.content().await?) };
            Ok((digest, content))
        };
        let late = || Err(format!("no answer within {} s; try again", TIMEOUT.as_secs()));
        tokio::time::timeout(TIMEOUT, pulled).await.unwrap_or_else(|_| late())
    })
}

impl<'a> Artifact<'a> {
    async fn find(reference: &'a Reference) -> Result<Artifact<'a>, String> {
        let mut client = Client::new(reference)?;
        let bytes = client.get(&format!("manifests/{}", reference.name_or_digest()), MAX_MANIFEST).await?;
        let digest = digest::sha256(&bytes);
        if let Some(pinned) = reference.digest().filter(|pinned| *pinned != digest) {
            return Err(format!(
                "it is sha256:{digest} now, and pinned is sha256:{pinned}: the tag was moved; read what changed, and pin \
                 that digest"
            ));
        }
        let no_manifest = |error: serde_json::Error| format!("its manifest is not understood: {error}");
        let manifest: Manifest = serde_json::from_slice(&bytes).map_err(no_manifest)?;
        if manifest.manifests.is_some() {
            return Err("it is an index of several artifacts; name one of them by its digest".to_owned());
        }
        Ok(Artifact { reference, client, layers: manifest.layers, digest })
    }

    async fn content(mut self) -> Result<Vec<Content>, String> {
        let sizes = self.layers.iter().try_fold(0u64, |sum, layer| sum.checked_add(layer.size));
        if self.layers.len() > MAX_COUNT || sizes.is_none_or(|sum| sum > MAX_LAYERS) {
            let most = MAX_LAYERS >> 20;
            return Err(format!(
                "it holds more than {MAX_COUNT} files or {most} MiB; policies are text, and this is not"
            ));
        }
        let mut content = Vec::new();
        for layer in std::mem::take(&mut self.layers) {
            let hex = layer.digest.strip_prefix("sha256:").filter(|hex| reference::is_sha256(hex));
            let Some(hex) = hex else { return Err(format!("the digest {:?} is no sha256", layer.digest)) };
            let size = usize::try_from(layer.size).unwrap_or(usize::MAX);
            let bytes = self.client.get(&format!("blobs/sha256:{hex}"), size).await?;
            if digest::sha256(&bytes) != hex {
                return Err(format!("the registry answered something else than {}", layer.digest));
            }
            content.push(of_layer(&layer, bytes)?);
        }
        match content.is_empty() {
            true => Err(format!("{} holds nothing", self.reference)),
            false => Ok(content),
        }
    }
}

/// OPA pushes a bundle; conftest and oras push files, whose names are annotations.
fn of_layer(layer: &Layer, bytes: Vec<u8>) -> Result<Content, String> {
    let title = layer.annotations.get("org.opencontainers.image.title").cloned();
    let is_archive = layer.media_type.ends_with("tar+gzip") || layer.media_type.ends_with(".tar.gzip");
    match title {
        Some(title) if title.ends_with(".tar.gz") || title.ends_with(".tgz") => Ok(Content::Bundle(bytes)),
        _ if is_archive => Ok(Content::Bundle(bytes)),
        Some(title) => Ok(Content::File(title, bytes)),
        None => Err(format!("it holds {}, which is neither a bundle nor a file with a name", layer.media_type)),
    }
}
