//! Reads an OpenAPI document: plain or gzip'd, JSON or YAML, told apart by content.
//!
//! YAML is read by the 1.2 core schema, so that a document gives the same value in both notations:
//! `yes` is text, a date is text, a response status used as a key is its digits. What one of the
//! two notations would lose in silence (a key given twice, an infinite number) is an error.
//!
//! Every limit is a constant of this module, and every [`DocumentError`] names the document, the
//! place, the problem and the way out.
//!
//! ```
//! let json = xtask::document::parse(br#"{"openapi": "3.1.0"}"#, "spec.json")?;
//! let yaml = xtask::document::parse(b"openapi: 3.1.0", "spec.yaml")?;
//! assert_eq!(json, yaml);
//!
//! let error = xtask::document::parse(b"paths: 1\npaths: 2\n", "spec.yaml").unwrap_err();
//! assert_eq!(error.place().unwrap().to_string(), "2:1");
//! # Ok::<(), xtask::document::DocumentError>(())
//! ```

mod anchors;
mod error;
mod json;
mod scalar;
mod source;
mod yaml;

#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde_json::Value;
use sha2::{Digest, Sha256};

pub use error::{DocumentError, Place};

/// The largest document read, in bytes after unpacking: 32 MiB, ten times the pinned one.
pub const MAX_BYTES: u64 = 32 * 1024 * 1024;

/// How deep objects and arrays may nest, in either notation and with aliases expanded.
pub const MAX_DEPTH: usize = 127;

/// How many values a document may have, inner ones included: a million, sixteen times what the pinned
/// one has.
pub const MAX_VALUES: usize = 1_000_000;

/// What the aliases of a YAML document may copy in all, in bytes as estimated in memory: 32 MiB.
pub const MAX_ALIAS_BYTES: usize = 32 * 1024 * 1024;

/// A document as it was read, with what a pin needs to recognise it.
#[derive(Clone, Debug)]
pub struct Document {
    /// The whole document; its root is an object.
    pub value: Value,
    /// SHA-256 of the unpacked bytes, in lower-case hexadecimal.
    pub sha256: String,
    /// Number of unpacked bytes.
    pub bytes: u64,
    /// The unpacked bytes.
    pub source: Vec<u8>,
}

/// Reads the file at `path`, or standard input where `path` is `-`.
///
/// # Errors
/// When the file cannot be read or is larger than [`MAX_BYTES`], and as [`Document::read`].
pub fn read(path: &Path) -> Result<Document, DocumentError> {
    if path == Path::new("-") {
        return Document::read(std::io::stdin().lock(), "standard input");
    }
    let name = path.display().to_string();
    let unreadable = |error| DocumentError::unreadable(&name, &error);
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(DocumentError::directory(&name));
    }
    if metadata.len() > MAX_BYTES {
        return Err(DocumentError::too_large(&name));
    }
    Document::read(file, &name)
}

/// Parses the bytes of a document, gzip'd or plain; `name` is what errors call it.
///
/// # Errors
/// As [`Document::read`], reading aside.
pub fn parse(bytes: &[u8], name: &str) -> Result<Value, DocumentError> {
    value(&source::unpack(bytes.into(), name)?, name)
}

/// SHA-256 in lower-case hexadecimal, as a pin has it.
pub fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Document {
    /// Reads a document to its end; `name` is what errors call it.
    ///
    /// # Errors
    /// When reading fails or does not end within [`MAX_BYTES`]; when a gzip'd document is cut off,
    /// damaged or larger than that; when the text is not UTF-8, is neither JSON nor YAML, holds
    /// more than one YAML document or no object at its root; when a key is given twice in one
    /// object; when it nests deeper than [`MAX_DEPTH`], has more values than
    /// [`MAX_VALUES`] or its aliases expand beyond [`MAX_ALIAS_BYTES`]; and when a value has no JSON form (an infinite number, a key that is a
    /// collection, a tag outside the core schema).
    pub fn read(reader: impl Read, name: &str) -> Result<Self, DocumentError> {
        let source = source::unpack(source::read(reader, name)?.into(), name)?.into_owned();
        Ok(Self {
            value: value(&source, name)?,
            sha256: sha256(&source),
            bytes: source.len() as u64,
            source,
        })
    }
}

/// Parses unpacked bytes.
fn value(bytes: &[u8], name: &str) -> Result<Value, DocumentError> {
    let text = source::text(bytes, name)?;
    let value = if text.trim_start().starts_with(['{', '[']) {
        json_or_flow_yaml(text, name)?
    } else {
        yaml::parse(text, name)?
    };
    if value.is_object() {
        Ok(value)
    } else {
        Err(DocumentError::no_object(name, &value))
    }
}

/// YAML's flow notation starts like JSON and allows more. A file that calls itself JSON is held to
/// that; any other gets the second chance, and then the error of the notation its name suggests.
fn json_or_flow_yaml(text: &str, name: &str) -> Result<Value, DocumentError> {
    let plain_name = name.strip_suffix(".gz").unwrap_or(name);
    match json::parse(text, name) {
        Ok(value) => Ok(value),
        Err(json::Failure::Refused(error)) => Err(error),
        Err(json::Failure::Syntax(error)) if plain_name.ends_with(".json") => Err(error),
        Err(json::Failure::Syntax(error)) => yaml::parse(text, name).map_err(|yaml_error| {
            let is_yaml = [".yaml", ".yml"]
                .iter()
                .any(|end| plain_name.ends_with(end));
            if is_yaml { yaml_error } else { error }
        }),
    }
}
