//! `cargo xtask fetch`: the pinned upstream document on this machine.
//!
//! A download is written beside its place, checked and moved: an interrupted or wrong one leaves the
//! pin and the copy of before as they were.

use std::{
    fs,
    io::{Read, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{
    document::{self, Document, MAX_BYTES},
    lock::{GENERATOR, Lock},
    output::Output,
    regen::Layout,
};

/// Where documents are downloaded from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Serves `/<repository>/<commit>/<path>`.
    pub files: String,
    /// Serves GitHub's REST API.
    pub api: String,
}

impl Default for Origin {
    fn default() -> Self {
        Self {
            files: "https://raw.githubusercontent.com".to_owned(),
            api: "https://api.github.com".to_owned(),
        }
    }
}

/// Where the pinned document is kept: by its content, so that an old copy is never taken for a new pin.
pub fn cached(root: &Path, lock: &Lock) -> PathBuf {
    folder(root).join(&lock.sha256)
}

/// The pinned document from this machine, if it has been fetched and is what the pin says.
///
/// # Errors
///
/// A copy that cannot be read as a document.
pub fn from_cache(root: &Path, lock: &Lock) -> Result<Option<Document>> {
    let path = cached(root, lock);
    if !path.exists() {
        return Ok(None);
    }
    let document = document::read(&path)?;
    if document.sha256 != lock.sha256 {
        bail!(
            "{} is not what its name says: remove it and run `cargo xtask fetch`",
            path.display()
        );
    }
    Ok(Some(document))
}

/// Downloads the pinned document unless it is here already.
///
/// # Errors
///
/// A pin without a commit, a download that fails, or one that is not what the pin says.
pub fn pinned(root: &Path, origin: &Origin) -> Result<PathBuf> {
    let lock = Layout::new(root)
        .read_lock()?
        .context("failed to find openapi/upstream.lock: restore it from git, or run `cargo xtask fetch --latest`")?;
    let target = cached(root, &lock);
    if from_cache(root, &lock)?.is_some() {
        return Ok(target);
    }
    let Some(commit) = &lock.commit else {
        bail!(
            "failed to fetch {}: openapi/upstream.lock names no commit, for it was made from a local file; \
             use `cargo xtask regen --from FILE`, or `cargo xtask fetch --latest`",
            lock.path
        );
    };
    let url = format!(
        "{}/{}/{commit}/{}",
        origin.files, lock.repository, lock.path
    );
    let download = download(&url, &folder(root))?;
    if download.sha256 != lock.sha256 || download.bytes != lock.bytes {
        bail!(
            "{url} is not what openapi/upstream.lock pins: it has {} bytes of sha256 {}, the pin {} bytes of {}; \
             nothing was kept",
            download.bytes,
            download.sha256,
            lock.bytes,
            lock.sha256
        );
    }
    download.keep(&target)?;
    Ok(target)
}

/// Downloads the newest document and moves the pin to it.
///
/// # Errors
///
/// A download that fails or is not an OpenAPI document; the pin stays where it was.
pub fn latest(root: &Path, origin: &Origin) -> Result<PathBuf> {
    let layout = Layout::new(root);
    let before = layout.read_lock()?;
    let repository = before
        .as_ref()
        .map_or("openai/openai-openapi", |lock| &lock.repository)
        .to_owned();
    // A local file's name may be anything; upstream's own is known.
    let path = before
        .filter(|lock| lock.commit.is_some())
        .map_or_else(|| "openapi.json".to_owned(), |lock| lock.path);
    let commit = newest_commit(origin, &repository, &path)?;
    let url = format!("{}/{repository}/{commit}/{path}", origin.files);
    let download = download(&url, &folder(root))?;
    let document =
        document::read(download.file.path()).with_context(|| format!("failed to read {url}"))?;
    let Some(openapi) = document.value.get("openapi").and_then(Value::as_str) else {
        bail!("{url} is not an OpenAPI document: it has no `openapi`; the pin stays where it was");
    };
    let lock = Lock {
        repository,
        commit: Some(commit),
        path,
        sha256: document.sha256.clone(),
        bytes: document.bytes,
        openapi: openapi.to_owned(),
        generator: GENERATOR.to_owned(),
    };
    let target = cached(root, &lock);
    download.keep(&target)?;
    let mut output = Output::default();
    output.file(layout.lock(), lock.render().map_err(anyhow::Error::msg)?);
    output.write()?;
    Ok(target)
}

/// A whole file beside its place, not yet kept.
struct Download {
    file: tempfile::NamedTempFile,
    sha256: String,
    bytes: u64,
}

impl Download {
    fn keep(self, target: &Path) -> Result<()> {
        self.file
            .as_file()
            .sync_all()
            .with_context(|| format!("failed to write {}", target.display()))?;
        self.file
            .persist(target)
            .with_context(|| format!("failed to write {}", target.display()))?;
        Ok(())
    }
}

fn folder(root: &Path) -> PathBuf {
    root.join("target/upstream")
}

fn download(url: &str, folder: &Path) -> Result<Download> {
    fs::create_dir_all(folder).with_context(|| format!("failed to create {}", folder.display()))?;
    let mut file = tempfile::NamedTempFile::new_in(folder)
        .with_context(|| format!("failed to write into {}", folder.display()))?;
    let mut reader = get(url)?;
    let mut hash = Sha256::new();
    let mut bytes: u64 = 0;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = reader
            .read(&mut buffer)
            .with_context(|| format!("failed to download {url}: it broke off"))?;
        let part = buffer.get(..read).unwrap_or_default();
        if part.is_empty() {
            break;
        }
        bytes += part.len() as u64;
        if bytes > MAX_BYTES {
            bail!(
                "failed to download {url}: it is larger than {MAX_BYTES} bytes, which no such document is"
            );
        }
        hash.update(part);
        file.write_all(part)
            .with_context(|| format!("failed to write into {}", folder.display()))?;
    }
    let sha256 = hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Ok(Download {
        file,
        sha256,
        bytes,
    })
}

fn newest_commit(origin: &Origin, repository: &str, path: &str) -> Result<String> {
    let url = format!(
        "{}/repos/{repository}/commits?path={path}&per_page=1",
        origin.api
    );
    let mut text = String::new();
    get(&url)?
        .take(MAX_BYTES)
        .read_to_string(&mut text)
        .with_context(|| format!("failed to download {url}: it broke off"))?;
    let answer: Value =
        serde_json::from_str(&text).with_context(|| format!("{url} did not answer with JSON"))?;
    let commit = answer.pointer("/0/sha").and_then(Value::as_str);
    commit
        .filter(|commit| commit.len() == 40 && commit.chars().all(|c| c.is_ascii_hexdigit()))
        .map(str::to_owned)
        .with_context(|| format!("{url} names no commit: does {repository} still have {path}?"))
}

fn get(url: &str) -> Result<impl Read + use<>> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_connect(Some(Duration::from_secs(10)))
        .timeout_global(Some(Duration::from_secs(300)))
        .user_agent(concat!(
            "checkpoint-permissions-xtask/",
            env!("CARGO_PKG_VERSION")
        ))
        .build()
        .into();
    let response = agent.get(url).call().with_context(|| {
        format!("failed to download {url}; with a copy of the document at hand, use `cargo xtask regen --from FILE`")
    })?;
    Ok(response.into_body().into_reader())
}

#[cfg(test)]
mod tests;
