//! Ids from a file or from standard input.

use std::path::Path;

use crate::failure::Failure;
use crate::file;

/// Reads a file, or standard input if the path is `-`.
pub(crate) fn text(path: &Path) -> Result<String, Failure> {
    file::read(path, file::MAX_BYTES).map_err(|error| {
        Failure::usage(format!("failed to read {}: {error}", file::name(path)))
            .remedy("use a file with one id per line, or - for standard input")
    })
}

/// Parses one id per line. Blank lines and lines that start with # are skipped.
pub(crate) fn ids<T>(
    path: &Path,
    text: &str,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, Failure> {
    let lines = text.lines().map(str::trim).enumerate();
    lines
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(at, line)| {
            read(line).map_err(|reason| {
                let position = format!("{}:{}", file::name(path), at + 1);
                Failure::usage(format!("{position}: invalid id {line:?}: {reason}"))
            })
        })
        .collect()
}
