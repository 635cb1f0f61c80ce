//! `cargo xtask fetch`: stores the pinned upstream spec in `target/upstream`.
//!
//! A download is checked before it is stored. The lock is written last, so an error leaves the pin
//! unchanged.

mod upstream;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

pub use self::upstream::{API_URL, FILES_URL, Upstream};
use crate::{
    document::{self, Document},
    layout::Layout,
    lock::{Lock, Origin},
    output::{self, Change, Output},
    select,
};

/// The result of fetching.
#[derive(Debug)]
pub struct Fetched {
    /// The stored upstream file.
    pub file: PathBuf,
    /// Whether the file was already stored.
    pub cached: bool,
    /// The lock after fetching.
    pub lock: Lock,
    /// The change of the lock file, if the pin moved.
    pub changes: Vec<Change>,
}

/// Downloads the pinned upstream spec, unless it is stored.
///
/// # Errors
///
/// Returns an error if the lock is missing or has no commit, if the download fails, or if the
/// checksum differs.
pub fn pinned(layout: &Layout, upstream: &Upstream) -> Result<Fetched> {
    let lock = layout.require_lock()?;
    let file = layout.upstream(&lock);
    let stored = document::read(&file).ok();
    let cached = stored.is_some_and(|document| document.sha256 == lock.sha256);
    if !cached {
        let commit = lock.commit.as_deref().context(
            "openapi/upstream.lock has no commit, because the upstream file was a local file; pass \
             that file with `cargo xtask fetch --from FILE`, or move the pin with \
             `cargo xtask fetch --latest`",
        )?;
        let url = upstream.file(lock.repository(), commit, lock.path())?;
        let bytes = upstream.download(&url)?;
        let sha256 = document::sha256(&bytes);
        if sha256 != lock.sha256 {
            bail!(
                "the sha256 of {url} is {sha256}, but the pin has {}; check `repository`, `commit` and \
                 `path` in openapi/upstream.lock, or move the pin with `cargo xtask fetch --latest`",
                lock.sha256
            );
        }
        output::write(&file, &bytes)?;
    }
    Ok(Fetched {
        file,
        cached,
        lock,
        changes: Vec::new(),
    })
}

/// Moves the pin to the newest upstream commit that changed the spec, and downloads that version.
///
/// # Errors
///
/// Returns an error in the cases of [`pinned`], or if the document is not OpenAPI. The pin is then
/// unchanged.
pub fn latest(layout: &Layout, upstream: &Upstream) -> Result<Fetched> {
    let before = layout.require_lock()?;
    let (repository, path) = (before.repository(), before.path());
    let commit = upstream.newest_commit(repository, path)?;
    let known = before.commit.as_deref();
    if known.is_some_and(|known| commit.starts_with(known)) {
        let mut fetched = pinned(layout, upstream)?;
        fetched.lock.commit = Some(commit);
        fetched.changes = write_lock(layout, &fetched.lock)?;
        return Ok(fetched);
    }
    let url = upstream.file(repository, &commit, path)?;
    let bytes = upstream.download(&url)?;
    let document = Document::read(bytes.as_slice(), url.as_str())?;
    select::version(&document.value).with_context(|| url.to_string())?;
    let origin = Origin {
        repository: repository.to_owned(),
        commit,
    };
    let name = path.rsplit('/').next().unwrap_or(path);
    let lock = Lock::new(&document, name, Some(origin), Some(&before));
    pin(layout, &document, lock)
}

/// Pins a local file, or standard input if `path` is `-`.
///
/// # Errors
///
/// Returns an error if the document cannot be read or is not OpenAPI. The pin is then unchanged.
pub fn local(layout: &Layout, path: &Path, origin: Option<Origin>) -> Result<Fetched> {
    let document = document::read(path)?;
    select::version(&document.value).with_context(|| path.display().to_string())?;
    let before = layout.read_lock()?;
    let lock = Lock::new(&document, &file_name(path), origin, before.as_ref());
    pin(layout, &document, lock)
}

/// Reads the pinned upstream spec, if it is stored.
///
/// # Errors
///
/// Returns an error if the stored file cannot be read or its checksum differs.
pub fn cached(layout: &Layout) -> Result<Option<(PathBuf, Document)>> {
    let Some(lock) = layout.read_lock()? else {
        return Ok(None);
    };
    let path = layout.upstream(&lock);
    if !path.exists() {
        return Ok(None);
    }
    let remedy = || format!("delete {} or run `cargo xtask fetch`", path.display());
    let document = document::read(&path).with_context(remedy)?;
    if document.sha256 != lock.sha256 {
        bail!(
            "{} does not match the checksum in {}; {}",
            path.display(),
            layout.lock().display(),
            remedy()
        );
    }
    Ok(Some((path, document)))
}

/// Stores the upstream spec of a lock at the path that `fetch` uses.
///
/// # Errors
///
/// Returns an error if the file cannot be written.
pub fn store(layout: &Layout, document: &Document, lock: &Lock) -> Result<PathBuf> {
    let file = layout.upstream(lock);
    output::write(&file, &document.source)?;
    Ok(file)
}

/// Returns the name under which a lock records a local file.
pub fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    match name.as_ref() {
        "-" => "standard-input".to_owned(),
        name => name.strip_suffix(".gz").unwrap_or(name).to_owned(),
    }
}

fn pin(layout: &Layout, document: &Document, lock: Lock) -> Result<Fetched> {
    // The lock is rendered first, because rendering refuses names that are not valid in a path.
    lock.render().map_err(anyhow::Error::msg)?;
    let file = store(layout, document, &lock)?;
    let changes = write_lock(layout, &lock)?;
    Ok(Fetched {
        file,
        cached: false,
        lock,
        changes,
    })
}

fn write_lock(layout: &Layout, lock: &Lock) -> Result<Vec<Change>> {
    let mut output = Output::new(layout.root());
    output.file(layout.lock(), lock.render().map_err(anyhow::Error::msg)?);
    output.write()
}
