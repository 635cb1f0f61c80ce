//! `cargo xtask fetch`: bringing the upstream document here, byte for byte as pinned.
//!
//! A download is written beside its place under `target/`, checked against the pin and only then
//! moved; one that broke off goes on where it stopped. The pin itself moves last, once the document
//! that it names is here and could be read.

mod cache;
mod download;
mod progress;
mod upstream;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

pub use self::{
    cache::Cache,
    download::Patience,
    progress::{Progress, ProgressLine},
    upstream::{API_URL, FILES_URL, Upstream},
};
use self::{cache::Entry, download::Wanted};
use crate::{
    document::{self, Document},
    lock::Lock,
    output::{Change, Output},
    problem::Problems,
    regen::Layout,
    select,
};

/// What fetching did.
#[derive(Debug)]
pub struct Fetched {
    /// The document that the pin names.
    pub file: PathBuf,
    /// Whether it was here before.
    pub cached: bool,
    /// The pin as it is now.
    pub lock: Lock,
    /// What became of the pin's file; nothing if it did not move.
    pub changes: Vec<Change>,
}

/// Brings the pinned document here, unless it is.
///
/// # Errors
///
/// A pin that is missing or names no commit, a download that fails, bytes that are not the pinned
/// ones. What was downloaded of a pinned document stays for the next time, unless it is wrong.
pub fn pinned(layout: &Layout, upstream: &Upstream, progress: Progress<'_>) -> Result<Fetched> {
    let lock = required_lock(layout)?;
    let cache = layout.cache();
    let entry = cache.entry(&lock);
    let cached = entry.holds(&lock)?;
    if !cached {
        download_pinned(&lock, &entry, upstream, progress)?;
    }
    Ok(Fetched {
        file: entry.path,
        cached,
        lock,
        changes: Vec::new(),
    })
}

/// Moves the pin to the newest commit that touched the document, and brings that document here.
///
/// # Errors
///
/// As [`pinned`]; a document that cannot be read. The pin is then as it was.
pub fn latest(layout: &Layout, upstream: &Upstream, progress: Progress<'_>) -> Result<Fetched> {
    let before = required_lock(layout)?;
    let commit = upstream.newest_commit(&before.repository, &before.path)?;
    let same = before
        .commit
        .as_ref()
        .is_some_and(|before| commit.starts_with(before.as_str()));
    let cache = layout.cache();
    if same {
        let mut fetched = pinned(layout, upstream, progress)?;
        fetched.lock.commit = Some(commit);
        fetched.changes = write_lock(layout, &fetched.lock)?;
        return Ok(fetched);
    }

    let url = upstream.file(&before.repository, &commit, &before.path)?;
    let file = download::download(
        upstream,
        &Wanted {
            url: &url,
            part: cache.part(&commit, before.file_name()),
            pin: None,
        },
        progress,
    )?;
    let document = match openapi(&file) {
        Ok(document) => document,
        Err(error) => {
            // The next run would take it for the beginning of a good one.
            cache::discard(&file)?;
            return Err(error.context(format!("the pin stays where it is: failed to read {url}")));
        }
    };
    let lock = Lock::new(&document, Some(commit), Some(&before));
    let entry = cache.entry(&lock);
    entry.take(&file)?;
    let changes = write_lock(layout, &lock)?;
    Ok(Fetched {
        file: entry.path,
        cached: false,
        lock,
        changes,
    })
}

/// Pins a local document, `-` being standard input, and keeps it where a download would be.
///
/// # Errors
///
/// A document that cannot be read or written. The pin is then as it was.
pub fn local(layout: &Layout, path: &Path, commit: Option<String>) -> Result<Fetched> {
    let document = openapi(path)?;
    let lock = Lock::new(&document, commit, layout.read_lock()?.as_ref());
    let file = keep(layout, &document, &lock)?;
    let changes = write_lock(layout, &lock)?;
    Ok(Fetched {
        file,
        cached: false,
        lock,
        changes,
    })
}

/// The pinned document, if it was fetched.
///
/// # Errors
///
/// A file in its place that cannot be read or is another document.
pub fn cached(layout: &Layout) -> Result<Option<(PathBuf, Document)>> {
    let Some(lock) = layout.read_lock()? else {
        return Ok(None);
    };
    let path = layout.cache().entry(&lock).path;
    if !path.exists() {
        return Ok(None);
    }
    let remedy = || format!("delete {} or run `cargo xtask fetch`", path.display());
    let document = document::read(&path).with_context(remedy)?;
    if document.sha256 != lock.sha256 {
        bail!(
            "{} is not the document that {} names; {}",
            path.display(),
            layout.lock().display(),
            remedy()
        );
    }
    Ok(Some((path, document)))
}

/// Keeps a document where it would be, had it been fetched.
///
/// # Errors
///
/// A folder or file that cannot be written.
pub fn keep(layout: &Layout, document: &Document, lock: &Lock) -> Result<PathBuf> {
    let entry = layout.cache().entry(lock);
    entry.put(&document.source)?;
    Ok(entry.path)
}

/// The document at `path`, which is of a version that the pipeline reads.
fn openapi(path: &Path) -> Result<Document> {
    let document = document::read(path)?;
    select::version(&document.value)
        .map_err(|problem| Problems::one("pin the document", problem))
        .with_context(|| path.display().to_string())?;
    Ok(document)
}

fn download_pinned(
    lock: &Lock,
    entry: &Entry,
    upstream: &Upstream,
    progress: Progress<'_>,
) -> Result<()> {
    let commit = lock.commit.as_deref().context(
        "the pin names no commit, so there is nothing to download: it was made of a local file; \
         give that file again by `cargo xtask fetch --from FILE`, or move the pin by \
         `cargo xtask fetch --latest`",
    )?;
    let url = upstream.file(&lock.repository, commit, &lock.path)?;
    let file = download::download(
        upstream,
        &Wanted {
            url: &url,
            part: entry.part(),
            pin: Some(lock),
        },
        progress,
    )?;
    entry.take(&file)
}

fn required_lock(layout: &Layout) -> Result<Lock> {
    layout.read_lock()?.with_context(|| {
        format!(
            "failed to read {}: there is no such file; restore it from git, or write it by \
             `cargo xtask fetch --from FILE`",
            layout.lock().display()
        )
    })
}

fn write_lock(layout: &Layout, lock: &Lock) -> Result<Vec<Change>> {
    let mut output = Output::default();
    output.file(layout.lock(), lock.render().map_err(anyhow::Error::msg)?);
    output.write()
}
