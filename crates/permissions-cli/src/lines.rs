//! Ids from a file or from standard input.

use std::path::Path;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::file;

/// The text of a file, or of standard input where the path is `-`.
pub(crate) fn text(path: &Path) -> Result<String, Failure> {
    file::read(path, file::MOST).map_err(|error| {
        Failure::new(
            Exit::Usage,
            format!("failed to read {}: {error}", file::name(path)),
        )
        .remedy("give a file with one id a line, or - for standard input")
    })
}

/// One id a line; blank lines and lines that begin with # are skipped.
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
                let place = format!("{}:{}", file::name(path), at + 1);
                Failure::new(Exit::Usage, format!("{place}: {reason}"))
            })
        })
        .collect()
}
