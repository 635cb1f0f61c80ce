//! `upstream.lock`: which document the client was made from.

use serde::{Deserialize, Serialize};

use crate::document::Document;

/// The generator that the pin names, so that its change shows beside upstream's.
pub const GENERATOR: &str = "progenitor-impl 0.15.1";

const HEADER: &str = "\
# The upstream document that openapi/permissions.json was made from.
# Written by `cargo xtask fetch --latest` and `cargo xtask regen --from FILE`.

";

/// The pin of an upstream document.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// Owner and name of the repository on GitHub.
    pub repository: String,
    /// The commit, in full or as its first digits; unknown for a local file that matches no pin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The file's path in the repository, or its name where no commit is known.
    pub path: String,
    /// SHA-256 of the unpacked file, in lower-case hexadecimal.
    pub sha256: String,
    /// Length of the unpacked file in bytes.
    pub bytes: u64,
    /// The version of OpenAPI that the document is written in.
    pub openapi: String,
    /// Name and version of the code generator.
    pub generator: String,
}

impl Lock {
    /// Reads the text of a lock file.
    ///
    /// # Errors
    ///
    /// Line, column and reason of what is not a pin.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    /// The text of the lock file.
    ///
    /// # Errors
    ///
    /// A pin that TOML cannot express, such as more bytes than its integers hold.
    pub fn render(&self) -> Result<String, String> {
        let text = toml::to_string(self).map_err(|error| error.to_string())?;
        Ok(format!("{HEADER}{text}"))
    }

    /// The pin of a local document: that of `before` if its bytes are the same, else one without a commit.
    pub fn of_local(document: &Document, name: &str, before: Option<&Self>) -> Self {
        let same = before.filter(|before| before.sha256 == document.sha256);
        Self {
            repository: before
                .map_or("openai/openai-openapi", |before| &before.repository)
                .to_owned(),
            commit: same.and_then(|before| before.commit.clone()),
            path: same.map_or(name, |before| &before.path).to_owned(),
            sha256: document.sha256.clone(),
            bytes: document.bytes,
            openapi: document.value["openapi"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            generator: GENERATOR.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document(sha256: &str) -> Document {
        Document {
            value: json!({"openapi": "3.1.0"}),
            sha256: sha256.to_owned(),
            bytes: 7,
        }
    }

    fn pin() -> Lock {
        Lock {
            commit: Some("abc1234".to_owned()),
            path: "openapi.json".to_owned(),
            ..Lock::of_local(&document("11"), "file.json", None)
        }
    }

    #[test]
    fn a_pin_survives_writing_and_reading() {
        let text = pin().render().unwrap();

        assert_eq!(Lock::parse(&text), Ok(pin()));
    }

    #[test]
    fn the_commit_belongs_to_the_bytes() {
        let same = Lock::of_local(&document("11"), "copy.json.gz", Some(&pin()));
        let other = Lock::of_local(&document("22"), "copy.json.gz", Some(&pin()));

        assert_eq!(same, pin());
        assert_eq!((other.commit, other.path.as_str()), (None, "copy.json.gz"));
    }

    #[test]
    fn the_generator_is_the_one_in_the_workspace() {
        let manifest = include_str!("../../Cargo.toml");
        let (name, version) = GENERATOR.split_once(' ').unwrap();

        assert!(manifest.contains(&format!("{name} = \"={version}\"")));
    }
}
