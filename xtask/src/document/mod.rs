//! Reads OpenAPI documents: JSON or YAML, plain or compressed with gzip. The content of a document
//! determines its format and whether it is compressed.
//!
//! YAML follows the 1.2 core schema, so a document has the same value in JSON and YAML: `yes` and a
//! date are strings, and the status `200` as a key is the string "200". Data that one of the formats
//! would lose silently is an error, for example duplicate keys and infinite numbers.
//!
//! The limits are constants of this module. A [`DocumentError`] contains the document, the position,
//! the problem and a remedy.
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

/// Maximum size of a decompressed document: 32 MiB, ten times the pinned upstream spec.
pub const MAX_BYTES: u64 = 32 * 1024 * 1024;

/// Maximum nesting of objects and arrays, counted after aliases are expanded. serde_json has the
/// same limit.
pub const MAX_DEPTH: usize = 127;

/// Maximum number of values in a document: one million, 16 times as many as the pinned upstream spec.
pub const MAX_VALUES: usize = 1_000_000;

/// Maximum total size of the values that the aliases of a YAML document copy: 32 MiB, estimated as
/// the size of their JSON text.
pub const MAX_ALIAS_BYTES: usize = 32 * 1024 * 1024;

/// A parsed document with its checksum.
#[derive(Clone, Debug)]
pub struct Document {
    /// The parsed document. Its root is an object.
    pub value: Value,
    /// SHA-256 of the decompressed bytes, in lower-case hexadecimal.
    pub sha256: String,
    /// The decompressed bytes.
    pub source: Vec<u8>,
}

/// Reads the file at `path`, or standard input if `path` is `-`.
///
/// # Errors
///
/// Returns an error if the file cannot be read or is larger than [`MAX_BYTES`], and in the cases of
/// [`Document::read`].
pub fn read(path: &Path) -> Result<Document, DocumentError> {
    if path == Path::new("-") {
        return Document::read(std::io::stdin().lock(), "standard input");
    }
    let name = path.display().to_string();
    let unreadable = |error| DocumentError::unreadable(&name, &error);
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if metadata.is_dir() {
        let remedy = "pass the path of an OpenAPI document";
        return Err(DocumentError::new(&name, None, "is a directory", remedy));
    }
    if metadata.len() > MAX_BYTES {
        return Err(DocumentError::too_large(&name));
    }
    Document::read(file, &name)
}

/// Parses the bytes of a document, compressed or not. Errors contain `name`.
///
/// # Errors
///
/// Returns an error in the cases of [`Document::read`], except if reading fails.
pub fn parse(bytes: &[u8], name: &str) -> Result<Value, DocumentError> {
    value(&source::unpack(bytes.into(), name)?, name)
}

/// Returns the SHA-256 of the bytes in lower-case hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Document {
    /// Reads a document from a reader. Errors contain `name`.
    ///
    /// # Errors
    ///
    /// Returns an error if
    /// - reading fails, or more than [`MAX_BYTES`] are read or decompressed,
    /// - the gzip data is truncated or damaged, or the text is not UTF-8,
    /// - the text is neither JSON nor YAML, has several YAML documents, or its root is not an object,
    /// - a key occurs twice in an object,
    /// - the document exceeds [`MAX_DEPTH`], [`MAX_VALUES`] or [`MAX_ALIAS_BYTES`],
    /// - a YAML value has no JSON form: an infinite number, a collection as a key, a tag outside the
    ///   core schema.
    pub fn read(reader: impl Read, name: &str) -> Result<Self, DocumentError> {
        let source = source::unpack(source::read(reader, name)?.into(), name)?.into_owned();
        Ok(Self {
            value: value(&source, name)?,
            sha256: sha256(&source),
            source,
        })
    }
}

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
        Err(DocumentError::not_an_object(name, &value))
    }
}

/// Parses a text that starts like JSON.
///
/// The text can also be YAML in flow style, unless `name` ends with `.json`. For a text that is
/// neither JSON nor YAML, the error is that of the YAML parser if `name` ends with `.yaml` or
/// `.yml`. For other names, the error is that of the JSON parser.
fn json_or_flow_yaml(text: &str, name: &str) -> Result<Value, DocumentError> {
    let plain_name = name.strip_suffix(".gz").unwrap_or(name);
    let is_yaml = plain_name.ends_with(".yaml") || plain_name.ends_with(".yml");
    match json::parse(text, name) {
        Err(error) if !plain_name.ends_with(".json") => {
            yaml::parse(text, name).map_err(|yaml_error| if is_yaml { yaml_error } else { error })
        }
        result => result,
    }
}
