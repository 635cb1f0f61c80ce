//! Ids from a file or from standard input.

use std::fmt::Display;
use std::io::{self, Read as _};
use std::path::Path;
use std::str::FromStr;

use crate::exit::Exit;
use crate::failure::Failure;

/// The text of a file, or of standard input where the path is `-`.
pub(crate) fn text(path: &Path) -> Result<String, Failure> {
    let text = if path == Path::new("-") {
        io::read_to_string(io::stdin().lock().take(LIMIT))
    } else {
        std::fs::read_to_string(path)
    };
    text.map_err(|error| {
        Failure::new(
            Exit::Usage,
            format!("failed to read {}: {error}", name(path)),
        )
    })
}

/// One id a line; blank lines and lines that begin with # are skipped.
pub(crate) fn ids<T>(path: &Path, text: &str) -> Result<Vec<T>, Failure>
where
    T: FromStr,
    T::Err: Display,
{
    let lines = text.lines().map(str::trim).enumerate();
    lines
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(at, line)| {
            line.parse().map_err(|error| {
                let place = format!("{}:{}", name(path), at + 1);
                Failure::new(Exit::Usage, format!("{place}: {error}"))
            })
        })
        .collect()
}

/// More than any list of ids: a device that never ends is a mistake.
const LIMIT: u64 = 64 << 20;

fn name(path: &Path) -> String {
    if path == Path::new("-") {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    }
}
