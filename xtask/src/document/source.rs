//! From a reader to text: the size limit, gzip, UTF-8.

use std::borrow::Cow;
use std::io::{self, Read};

use flate2::bufread::GzDecoder;

use super::{DocumentError, MAX_BYTES, Place};

/// Reads everything, unless that is more than [`MAX_BYTES`].
pub(super) fn read(reader: impl Read, name: &str) -> Result<Vec<u8>, DocumentError> {
    let mut bytes = Vec::new();
    reader
        .take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| DocumentError::unreadable(name, &error))?;
    within_limit(bytes, name)
}

/// Unpacks gzip'd bytes, known by their magic number, and leaves all others as they are.
pub(super) fn unpack<'a>(bytes: Cow<'a, [u8]>, name: &str) -> Result<Cow<'a, [u8]>, DocumentError> {
    if !bytes.starts_with(&MAGIC) {
        return Ok(bytes);
    }
    let mut unpacked = Vec::new();
    let mut rest = &*bytes;
    // One member after another makes one document.
    while !rest.is_empty() {
        if !rest.starts_with(&MAGIC) {
            let at = Place::Byte((bytes.len() - rest.len()) as u64);
            let problem = "the gzip data ends here, and something else follows";
            let remedy = "cut that off, or download the document again";
            return Err(DocumentError::new(name, at, problem, remedy));
        }
        let mut member = GzDecoder::new(rest);
        let room = (MAX_BYTES + 1).saturating_sub(unpacked.len() as u64);
        member
            .by_ref()
            .take(room)
            .read_to_end(&mut unpacked)
            .map_err(|error| damaged(&error, bytes.len(), name))?;
        if unpacked.len() as u64 > MAX_BYTES {
            return Err(DocumentError::too_large(name));
        }
        rest = member.into_inner();
    }
    Ok(Cow::Owned(unpacked))
}

const MAGIC: [u8; 2] = [0x1f, 0x8b];

fn damaged(error: &io::Error, end: usize, name: &str) -> DocumentError {
    let remedy = "download it again";
    if error.kind() == io::ErrorKind::UnexpectedEof {
        let at = Place::Byte(end as u64);
        DocumentError::new(name, at, "the gzip data is cut off here", remedy)
    } else {
        let problem = format!("the gzip data is damaged: {error}");
        DocumentError::new(name, None, problem, remedy)
    }
}

/// The text of unpacked bytes, without a byte order mark.
pub(super) fn text<'a>(bytes: &'a [u8], name: &str) -> Result<&'a str, DocumentError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let remedy = match bytes {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "this looks like UTF-16: save it as UTF-8",
            [b'P', b'K', 3, 4, ..] => "this looks like a zip archive: name the document in it",
            _ => "save it as UTF-8",
        };
        DocumentError::new(
            name,
            Place::Byte(error.valid_up_to() as u64),
            "is not UTF-8",
            remedy,
        )
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim().is_empty() {
        Err(DocumentError::empty(name))
    } else {
        Ok(text)
    }
}

fn within_limit(bytes: Vec<u8>, name: &str) -> Result<Vec<u8>, DocumentError> {
    if bytes.len() as u64 > MAX_BYTES {
        Err(DocumentError::too_large(name))
    } else {
        Ok(bytes)
    }
}
