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
    /// The path in the repository at which upstream keeps the document.
    pub path: String,
    /// SHA-256 of the unpacked file, in lower-case hexadecimal.
    pub sha256: String,
    /// Length of the unpacked file in bytes.
    pub bytes: u64,
    /// The version of OpenAPI that the document is written in.
    pub openapi: String,
    /// Name and version of the code generator.
    pub generator: String,
    /// SHA-256 over the meaning of `select.toml` and `overlay.yaml` that `permissions.json` was made
    /// with, so that an edit which nobody regenerated is noticed; empty before the first time.
    #[serde(default)]
    pub declarations: String,
}

impl Lock {
    /// Reads the text of a lock file.
    ///
    /// # Errors
    ///
    /// Line, column and reason of what is not a pin, or the member that is not what it should be.
    pub fn parse(text: &str) -> Result<Self, String> {
        let lock: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        lock.check()?;
        Ok(lock)
    }

    /// The text of the lock file.
    ///
    /// # Errors
    ///
    /// The member that [`parse`](Self::parse) would refuse.
    pub fn render(&self) -> Result<String, String> {
        self.check()?;
        let text = toml::to_string(self).map_err(|error| error.to_string())?;
        Ok(format!("{HEADER}{text}"))
    }

    /// The pin of a document, which upstream keeps where `before` says.
    ///
    /// Without a `commit`, the pin has that of `before` if the bytes are the same, else none.
    pub fn new(document: &Document, commit: Option<String>, before: Option<&Self>) -> Self {
        let same = before.filter(|before| before.sha256 == document.sha256);
        Self {
            repository: before
                .map_or("openai/openai-openapi", |before| &before.repository)
                .to_owned(),
            commit: commit.or_else(|| same.and_then(|before| before.commit.clone())),
            path: before
                .map_or("openapi.json", |before| &before.path)
                .to_owned(),
            sha256: document.sha256.clone(),
            bytes: document.source.len() as u64,
            openapi: document.value["openapi"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            generator: GENERATOR.to_owned(),
            declarations: before
                .map(|before| before.declarations.clone())
                .unwrap_or_default(),
        }
    }

    /// The last part of the path.
    pub fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Everything that becomes part of an address or of a path on disk.
    fn check(&self) -> Result<(), String> {
        let hexadecimal = |text: &str| {
            text.bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        if self.sha256.len() != 64 || !hexadecimal(&self.sha256) {
            return Err(format!(
                "`sha256` is {:?}, not 64 digits in lower-case hexadecimal",
                self.sha256
            ));
        }
        if let Some(commit) = &self.commit
            && !((7..=64).contains(&commit.len()) && hexadecimal(commit))
        {
            return Err(format!(
                "`commit` is {commit:?}, not a commit in lower-case hexadecimal"
            ));
        }
        if !is_relative(&self.path) {
            return Err(format!(
                "`path` is {:?}, not a path in the repository",
                self.path
            ));
        }
        if self.repository.split('/').count() != 2 || !is_relative(&self.repository) {
            return Err(format!(
                "`repository` is {:?}, not an owner and a name as in openai/openai-openapi",
                self.repository
            ));
        }
        Ok(())
    }
}

/// Whether a path has names only between its slashes.
fn is_relative(path: &str) -> bool {
    path.split('/').all(|part| {
        !matches!(part, "" | "." | "..")
            && !part.contains(|c: char| c.is_control() || "\\:?#%\"<>|*".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document(sha256: &str) -> Document {
        Document {
            value: json!({"openapi": "3.1.0"}),
            sha256: sha256.to_owned(),
            source: Vec::new(),
        }
    }

    fn pin() -> Lock {
        let sha256 = "11".repeat(32);
        Lock::new(&document(&sha256), Some("abc1234".to_owned()), None)
    }

    #[test]
    fn a_pin_survives_writing_and_reading() {
        let text = pin().render().unwrap();

        assert_eq!(Lock::parse(&text), Ok(pin()));
    }

    #[test]
    fn the_commit_belongs_to_the_bytes() {
        let same = Lock::new(&document(&pin().sha256), None, Some(&pin()));
        let other = Lock::new(&document(&"22".repeat(32)), None, Some(&pin()));

        assert_eq!(same, pin());
        assert_eq!((other.commit, other.path), (None, pin().path));
    }

    #[test]
    fn what_would_lead_elsewhere_is_refused() {
        let cases = [
            ("abc1234", "main", "`commit` is \"main\""),
            (
                "openapi.json",
                "../openapi.json",
                "`path` is \"../openapi.json\"",
            ),
            ("openapi.json", "/openapi.json", "`path`"),
            ("openai/openai-openapi", "openai-openapi", "`repository`"),
            ("openai/openai-openapi", "a/../b", "`repository`"),
            ("1111", "AAAA", "`sha256`"),
        ];
        for (good, bad, expected) in cases {
            let text = pin().render().unwrap().replace(good, bad);
            let error = Lock::parse(&text).unwrap_err();
            assert!(error.contains(expected), "{bad}: {error}");
        }
    }

    #[test]
    fn the_generator_is_the_one_in_the_workspace() {
        let manifest = include_str!("../../Cargo.toml");
        let (name, version) = GENERATOR.split_once(' ').unwrap();

        assert!(manifest.contains(&format!("{name} = \"={version}\"")));
    }
}
