//! Reads text: limits the size, decompresses gzip and checks UTF-8.

use std::borrow::Cow;
use std::io::{self, Read};

use flate2::bufread::GzDecoder;

use super::{DocumentError, MAX_BYTES, Place};

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Reads all bytes, up to [`MAX_BYTES`].
pub(super) fn read(reader: impl Read, name: &str) -> Result<Vec<u8>, DocumentError> {
    let mut bytes = Vec::new();
    reader
        .take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| DocumentError::unreadable(name, &error))?;
    within_limit(bytes, name)
}

/// Decompresses gzip data, which is recognized by its first bytes, and returns other bytes as is.
pub(super) fn unpack<'a>(bytes: Cow<'a, [u8]>, name: &str) -> Result<Cow<'a, [u8]>, DocumentError> {
    if !bytes.starts_with(&GZIP_MAGIC) {
        return Ok(bytes);
    }
    let mut unpacked = Vec::new();
    let mut rest = &*bytes;
    // Gzip data can consist of several members.
    while !rest.is_empty() {
        if !rest.starts_with(&GZIP_MAGIC) {
            let at = Place::Byte((bytes.len() - rest.len()) as u64);
            let problem = "other data follows the gzip data";
            let remedy = "remove the other data, or download the document again";
            return Err(DocumentError::new(name, at, problem, remedy));
        }
        let mut member = GzDecoder::new(rest);
        let remaining = (MAX_BYTES + 1).saturating_sub(unpacked.len() as u64);
        member
            .by_ref()
            .take(remaining)
            .read_to_end(&mut unpacked)
            .map_err(|error| damaged(&error, bytes.len(), name))?;
        unpacked = within_limit(unpacked, name)?;
        rest = member.into_inner();
    }
    Ok(Cow::Owned(unpacked))
}

fn damaged(error: &io::Error, end: usize, name: &str) -> DocumentError {
    let remedy = "download it again";
    if error.kind() == io::ErrorKind::UnexpectedEof {
        let at = Place::Byte(end as u64);
        DocumentError::new(name, at, "the gzip data is truncated", remedy)
    } else {
        let problem = format!("the gzip data is damaged: {error}");
        DocumentError::new(name, None, problem, remedy)
    }
}

/// Returns the text without a byte order mark.
pub(super) fn text<'a>(bytes: &'a [u8], name: &str) -> Result<&'a str, DocumentError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let remedy = match bytes {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "it seems to be UTF-16: save it as UTF-8",
            [b'P', b'K', 3, 4, ..] => "it seems to be a zip archive: extract the document",
            _ => "save it as UTF-8",
        };
        let at = Place::Byte(error.valid_up_to() as u64);
        DocumentError::new(name, at, "is not UTF-8", remedy)
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim().is_empty() {
        return Err(DocumentError::empty(name));
    }
    Ok(text)
}

fn within_limit(bytes: Vec<u8>, name: &str) -> Result<Vec<u8>, DocumentError> {
    if bytes.len() as u64 > MAX_BYTES {
        return Err(DocumentError::too_large(name));
    }
    Ok(bytes)
}
