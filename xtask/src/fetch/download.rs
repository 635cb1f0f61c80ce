//! One download: it goes on where an earlier one broke off, and is whole or an error.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use anyhow::{Context, Error, Result, anyhow, bail};
use ureq::{
    Body,
    http::{HeaderMap, Response, StatusCode, header},
};
use url::Url;

use super::{Progress, Upstream, cache};
use crate::{
    disk,
    document::{self, MAX_BYTES},
    lock::Lock,
};

/// When to give up.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// How often a connection may break before the download fails.
    pub attempts: u32,
    /// How long to wait before the second attempt; twice as long before each further one.
    pub pause: Duration,
    /// How long the server may be silent.
    pub silence: Duration,
}

impl Default for Patience {
    /// Five attempts, half a second before the second one, half a minute of silence.
    fn default() -> Self {
        Self {
            attempts: 5,
            pause: Duration::from_millis(500),
            silence: Duration::from_secs(30),
        }
    }
}

/// What to download.
pub(super) struct Wanted<'a> {
    pub(super) url: &'a Url,
    /// The file that grows; beside where the document belongs.
    pub(super) part: PathBuf,
    /// What the bytes must be, where that is known.
    pub(super) pin: Option<&'a Lock>,
}

/// Why one attempt ended before the file was whole.
enum Broken {
    /// Another attempt may succeed.
    Connection(Error),
    /// What is here does not belong to what the server has.
    Beginning,
    /// Another attempt would fail as well.
    Final(Error),
}

/// Downloads into `wanted.part`, which is then whole and, where there is a pin, as pinned.
///
/// # Errors
///
/// A server that cannot be reached, refuses, or sends anything but what is wanted; a disk that
/// cannot be written. What is here of the document stays for the next time, unless it is wrong.
pub(super) fn download(
    upstream: &Upstream,
    wanted: &Wanted<'_>,
    progress: Progress<'_>,
) -> Result<PathBuf> {
    let failed = || format!("failed to download {}", wanted.url);
    let mut file = open(&wanted.part)?;
    let mut resumed = length(&file)? > 0;
    loop {
        receive(upstream, wanted, &mut file, progress).with_context(failed)?;
        let Some(problem) = wanted
            .pin
            .and_then(|pin| differs(&wanted.part, pin).transpose())
        else {
            break;
        };
        let problem = problem?;
        if !resumed {
            drop(file);
            cache::discard(&wanted.part)?;
            return Err(problem).with_context(failed);
        }
        // The beginning may be at fault, which was here before.
        restart(&mut file)?;
        resumed = false;
    }
    file.sync_all()
        .map_err(|error| disk::unwritable(&wanted.part, &error))?;
    Ok(wanted.part.clone())
}

/// Opens the file and keeps everybody else from it, or two runs would write into each other's text.
fn open(part: &Path) -> Result<File> {
    if let Some(folder) = part.parent() {
        disk::create_folder(folder)?;
    }
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(part)
        .map_err(|error| disk::unwritable(part, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!(
            "another run is downloading to {}; wait for it to end",
            part.display()
        ),
        Err(TryLockError::Error(error)) => Err(disk::unwritable(part, &error)),
    }
}

/// Tries until the file is whole or patience ends.
fn receive(
    upstream: &Upstream,
    wanted: &Wanted<'_>,
    file: &mut File,
    progress: Progress<'_>,
) -> Result<()> {
    let patience = upstream.patience;
    let mut pause = patience.pause;
    let mut attempt = 1;
    loop {
        match once(upstream, wanted, file, progress) {
            Ok(()) => return Ok(()),
            Err(Broken::Final(error)) => return Err(error),
            Err(Broken::Beginning) if length(file)? > 0 => restart(file)?,
            Err(Broken::Beginning) => bail!(
                "the server answers a request for the whole file with a part of it; check the address"
            ),
            Err(Broken::Connection(error)) if attempt >= patience.attempts => {
                let here = length(file)?;
                return Err(error.context(format!(
                    "gave up after {attempt} attempts; {here} bytes are here, and the next \
                     `cargo xtask fetch` goes on from them"
                )));
            }
            Err(Broken::Connection(_)) => {
                thread::sleep(pause);
                pause *= 2;
                attempt += 1;
            }
        }
    }
}

/// One request, and as much of the answer as comes.
fn once(
    upstream: &Upstream,
    wanted: &Wanted<'_>,
    file: &mut File,
    progress: Progress<'_>,
) -> Result<(), Broken> {
    let mut here = length(file).map_err(Broken::Final)?;
    let expected = wanted.pin.map(|pin| pin.bytes);
    if expected.is_some_and(|bytes| here > bytes) {
        return Err(Broken::Beginning);
    }
    if expected == Some(here) {
        return Ok(());
    }
    let mut request = upstream.files.get(wanted.url);
    if here > 0 {
        request = request.header(header::RANGE, format!("bytes={here}-"));
    }
    let response = request.call().map_err(unreachable)?;
    let total = match total(&response, here)? {
        Some(total) => total,
        // All of it was here already.
        None => return Ok(()),
    };
    if response.status() == StatusCode::OK && here > 0 {
        restart(file).map_err(Broken::Final)?;
        here = 0;
    }
    if let (Some(bytes), Some(total)) = (expected, total.filter(|total| Some(*total) != expected)) {
        return Err(Broken::Final(anyhow!(
            "the server has {total} bytes and the pin says {bytes}; {OTHER}"
        )));
    }
    let limit = expected.unwrap_or(MAX_BYTES);
    let remedy = wanted.pin.map_or(NO_DOCUMENT, |_| OTHER);
    let too_large = || anyhow!("the server sends more than {limit} bytes; {remedy}");
    if total.is_some_and(|total| total > limit) {
        return Err(Broken::Final(too_large()));
    }
    let unwritable = |error| Broken::Final(disk::unwritable(&wanted.part, &error));
    file.seek(SeekFrom::Start(here)).map_err(unwritable)?;
    let mut body = response.into_body().into_reader();
    let mut buffer = vec![0; 64 * 1024];
    progress(here, total.or(expected));
    loop {
        let count = match body.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Broken::Connection(error.into())),
        };
        here += count as u64;
        if here > limit {
            restart(file).map_err(Broken::Final)?;
            return Err(Broken::Final(too_large()));
        }
        file.write_all(&buffer[..count]).map_err(unwritable)?;
        progress(here, total.or(expected));
    }
    match total.or(expected) {
        Some(total) if here < total => Err(Broken::Connection(anyhow!(
            "the connection ended after {here} of {total} bytes"
        ))),
        _ => Ok(()),
    }
}

const OTHER: &str = "this is another file than the pinned one: check `repository`, `commit` and \
                     `path` in openapi/upstream.lock, or move the pin by `cargo xtask fetch --latest`";

const NO_DOCUMENT: &str =
    "this is no OpenAPI document: check `repository` and `path` in openapi/upstream.lock";

/// The size of the whole file as an answer tells it; nothing where the file is whole already.
fn total(response: &Response<Body>, here: u64) -> Result<Option<Option<u64>>, Broken> {
    let headers = response.headers();
    match response.status() {
        StatusCode::OK => {
            let total = number(headers, "content-length");
            // Chunks have an end of their own; anything else ends with the connection, be it cut or not.
            if total.is_none() && !headers.contains_key(header::TRANSFER_ENCODING) {
                return Err(Broken::Final(anyhow!(
                    "the server does not say how long the file is, so that half of it would look \
                     like the whole; check the address"
                )));
            }
            Ok(Some(total))
        }
        StatusCode::PARTIAL_CONTENT => {
            let range = headers.get(header::CONTENT_RANGE);
            let range = range
                .and_then(|range| range.to_str().ok())
                .unwrap_or_default();
            let parsed = range
                .strip_prefix("bytes ")
                .and_then(|range| range.split_once('/'))
                .and_then(|(span, total)| Some((span.split_once('-')?.0.parse().ok()?, total)));
            match parsed {
                Some((first, total)) if u64::eq(&first, &here) => Ok(Some(total.parse().ok())),
                _ => Err(Broken::Beginning),
            }
        }
        StatusCode::RANGE_NOT_SATISFIABLE => {
            let range = headers.get(header::CONTENT_RANGE);
            let total = range
                .and_then(|range| range.to_str().ok())
                .and_then(|range| range.strip_prefix("bytes */")?.parse().ok());
            if here > 0 && total == Some(here) {
                Ok(None)
            } else {
                Err(Broken::Beginning)
            }
        }
        status => Err(refused(status)),
    }
}

fn refused(status: StatusCode) -> Broken {
    let error = |remedy: &str| anyhow!("the server answered {status}; {remedy}");
    match status {
        StatusCode::NOT_FOUND => Broken::Final(error(
            "check `repository`, `commit` and `path` in openapi/upstream.lock",
        )),
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
            Broken::Connection(error("try again later"))
        }
        status if status.is_server_error() => Broken::Connection(error("try again later")),
        _ => Broken::Final(error("check the address, or give a file by `--from FILE`")),
    }
}

fn unreachable(error: ureq::Error) -> Broken {
    match error {
        ureq::Error::Io(_) | ureq::Error::Timeout(_) | ureq::Error::ConnectionFailed => {
            Broken::Connection(error.into())
        }
        other => Broken::Final(Error::new(other).context(
            "check the network and its proxy, or give a file by `cargo xtask fetch --from FILE`",
        )),
    }
}

/// How the file is not the pinned one.
fn differs(part: &Path, pin: &Lock) -> Result<Option<Error>> {
    let bytes = fs::read(part).with_context(|| format!("failed to read {}", part.display()))?;
    let sha256 = document::sha256(&bytes);
    Ok((sha256 != pin.sha256).then(|| {
        anyhow!(
            "its sha256 is {sha256} and the pin says {}; {OTHER}",
            pin.sha256
        )
    }))
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.parse().ok()
}

fn length(file: &File) -> Result<u64> {
    Ok(file
        .metadata()
        .context("failed to read the size of the download")?
        .len())
}

fn restart(file: &mut File) -> Result<()> {
    file.set_len(0)
        .and_then(|()| file.seek(SeekFrom::Start(0)))
        .context("failed to empty the download")?;
    Ok(())
}
