//! Tests with valid, damaged and hostile documents.

mod errors;
mod limits;
mod properties;
mod values;

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use super::parse;

fn yaml(text: &str) -> Value {
    parse(text.as_bytes(), "spec.yaml").unwrap()
}

fn error(bytes: &[u8], name: &str) -> String {
    parse(bytes, name).unwrap_err().to_string()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
