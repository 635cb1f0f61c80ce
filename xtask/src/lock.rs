//! `upstream.lock`: the pinned upstream spec and the checksums of the generated files.

use serde::{Deserialize, Serialize};

use crate::document::Document;

/// Name and version of the code generator.
pub const GENERATOR: &str = "progenitor-impl 0.15.1";

/// Default repository of the upstream spec.
pub const REPOSITORY: &str = "openai/openai-openapi";

/// Path of the upstream spec in [`REPOSITORY`].
pub const PATH: &str = "openapi.json";

const HEADER: &str = "\
# The pinned upstream spec and the checksums of the generated files.
# Written by `cargo xtask fetch` and `cargo xtask regen`. Do not edit.

";

/// The content of `upstream.lock`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// Name of the upstream file.
    #[serde(default)]
    pub file: String,
    /// SHA-256 of the decompressed file, in lower-case hexadecimal.
    pub sha256: String,
    /// Size of the decompressed file in bytes.
    pub bytes: u64,
    /// OpenAPI version of the file.
    pub openapi: String,
    /// Owner and name of the GitHub repository. `None` if the origin of the file is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// Commit in the repository, complete or abbreviated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Path of the file in the repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Name and version of the code generator.
    pub generator: String,
    /// SHA-256 of the values of `select.toml` and `overlay.yaml`, without comments and formatting.
    #[serde(default, alias = "declarations")]
    pub inputs_sha256: String,
    /// SHA-256 of `permissions.json`.
    #[serde(default)]
    pub permissions_sha256: String,
    /// SHA-256 of `generated.rs`.
    #[serde(default)]
    pub generated_sha256: String,
}

/// Repository and commit of an upstream file.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
pub struct Origin {
    /// GitHub repository that contains FILE, as OWNER/NAME
    #[arg(long, required = false, requires_all = ["from", "commit"])]
    pub repository: String,
    /// Commit that contains FILE
    #[arg(long, required = false, requires_all = ["from", "repository"])]
    pub commit: String,
}

impl Lock {
    /// Parses the text of a lock file.
    ///
    /// # Errors
    ///
    /// Returns the position and the reason if the text is not a lock, or the name of the field if a
    /// field is invalid.
    pub fn parse(text: &str) -> Result<Self, String> {
        let lock: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        lock.check()?;
        Ok(lock)
    }

    /// Returns the text of the lock file.
    ///
    /// # Errors
    ///
    /// Returns the field that [`parse`](Self::parse) would refuse.
    pub fn render(&self) -> Result<String, String> {
        self.check()?;
        let text = toml::to_string(self).map_err(|error| error.to_string())?;
        Ok(format!("{HEADER}{text}"))
    }

    /// Returns the lock for a document.
    ///
    /// If `origin` is `None`,
    /// - the lock keeps the origin of `before` if `before` has the same upstream checksum,
    /// - otherwise the lock has no origin.
    ///
    /// The checksums of the generated files are those of `before`.
    pub fn new(
        document: &Document,
        file: &str,
        origin: Option<Origin>,
        before: Option<&Self>,
    ) -> Self {
        let openapi = document.value["openapi"].as_str().unwrap_or_default();
        let known = before.filter(|before| before.sha256 == document.sha256);
        let (repository, commit, path) = match origin {
            Some(Origin { repository, commit }) => {
                let path = match before {
                    Some(before) if before.repository() == repository => before.path(),
                    _ if repository == REPOSITORY => PATH,
                    _ => file,
                };
                (Some(repository), Some(commit), Some(path.to_owned()))
            }
            None => known.cloned().map_or((None, None, None), |known| {
                (known.repository, known.commit, known.path)
            }),
        };
        let checksum = |of: fn(&Self) -> &String| before.map(of).cloned().unwrap_or_default();
        Self {
            file: known.map_or(file, Self::file_name).to_owned(),
            sha256: document.sha256.clone(),
            bytes: document.source.len() as u64,
            openapi: openapi.to_owned(),
            repository,
            commit,
            path,
            generator: GENERATOR.to_owned(),
            inputs_sha256: checksum(|before| &before.inputs_sha256),
            permissions_sha256: checksum(|before| &before.permissions_sha256),
            generated_sha256: checksum(|before| &before.generated_sha256),
        }
    }

    /// Returns the name of the upstream file.
    pub fn file_name(&self) -> &str {
        match self.file.as_str() {
            // Locks written by earlier versions have `path` but no `file`.
            "" => self.path().rsplit('/').next().unwrap_or_default(),
            file => file,
        }
    }

    /// Returns the repository that contains new versions of the upstream file.
    pub fn repository(&self) -> &str {
        self.repository.as_deref().unwrap_or(REPOSITORY)
    }

    /// Returns the path of the upstream file in [`repository`](Self::repository).
    pub fn path(&self) -> &str {
        self.path.as_deref().unwrap_or(PATH)
    }

    /// Validates the fields that become part of a URL or of a file path.
    fn check(&self) -> Result<(), String> {
        let is_hexadecimal = |text: &str| {
            text.bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        let fail = |field: &str, value: &str, kind: &str| {
            Err(format!("`{field}` is {value:?}, not {kind}"))
        };
        if self.sha256.len() != 64 || !is_hexadecimal(&self.sha256) {
            return fail("sha256", &self.sha256, "64 lower-case hexadecimal digits");
        }
        if let Some(commit) = &self.commit
            && !((7..=64).contains(&commit.len()) && is_hexadecimal(commit))
        {
            return fail("commit", commit, "a commit in lower-case hexadecimal");
        }
        let (file, path, repository) = (self.file_name(), self.path(), self.repository());
        if !is_relative(file) || file.contains('/') {
            return fail("file", file, "a file name");
        }
        if !is_relative(path) {
            return fail("path", path, "a path in the repository");
        }
        if !is_relative(repository) || repository.split('/').count() != 2 {
            let kind = format!("an owner and a name such as {REPOSITORY}");
            return fail("repository", repository, &kind);
        }
        Ok(())
    }
}

/// Returns whether every component of a path is a valid file name on all platforms.
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
            source: b"{}".to_vec(),
        }
    }

    fn origin(repository: &str) -> Option<Origin> {
        Some(Origin {
            repository: repository.to_owned(),
            commit: "abc1234".to_owned(),
        })
    }

    fn lock() -> Lock {
        let sha256 = "11".repeat(32);
        Lock::new(&document(&sha256), "openapi.json", origin(REPOSITORY), None)
    }

    #[test]
    fn rendered_lock_parses_to_same_lock() {
        let text = lock().render().unwrap();

        assert_eq!(Lock::parse(&text), Ok(lock()));
    }

    #[test]
    fn unchanged_checksum_keeps_repository_and_commit() {
        let same = Lock::new(&document(&lock().sha256), "copy.json", None, Some(&lock()));

        assert_eq!(same, lock());
    }

    #[test]
    fn changed_checksum_removes_repository_and_commit() {
        let other = document(&"22".repeat(32));

        let other = Lock::new(&other, "shop.yaml", None, Some(&lock()));

        assert_eq!(other.file, "shop.yaml");
        assert_eq!(
            (other.repository, other.commit, other.path),
            (None, None, None)
        );
    }

    #[test]
    fn explicit_repository_and_commit_are_recorded() {
        let other = document(&"22".repeat(32));

        for (repository, path) in [(REPOSITORY, PATH), ("shop/spec", "shop.yaml")] {
            let lock = Lock::new(&other, "shop.yaml", origin(repository), Some(&lock()));

            assert_eq!(lock.repository.as_deref(), Some(repository));
            assert_eq!(lock.commit.as_deref(), Some("abc1234"));
            assert_eq!(lock.path.as_deref(), Some(path));
        }
    }

    #[test]
    fn lock_of_first_version_parses() {
        let text = format!(
            "repository = \"a/b\"\npath = \"spec/openapi.json\"\nsha256 = \"{}\"\nbytes = 2\n\
             openapi = \"3.1.0\"\ngenerator = \"g 1\"\ndeclarations = \"22\"\n",
            "11".repeat(32)
        );

        let lock = Lock::parse(&text).unwrap();

        assert_eq!(lock.file_name(), "openapi.json");
        assert_eq!(lock.inputs_sha256, "22");
    }

    #[test]
    fn lock_with_invalid_field_is_refused() {
        let cases = [
            ("abc1234", "main", "`commit` is \"main\""),
            (
                "path = \"openapi.json\"",
                "path = \"../a\"",
                "`path` is \"../a\"",
            ),
            ("path = \"openapi.json\"", "path = \"/a\"", "`path`"),
            ("file = \"openapi.json\"", "file = \"../a\"", "`file`"),
            ("openai/openai-openapi", "openai-openapi", "`repository`"),
            ("openai/openai-openapi", "a/../b", "`repository`"),
            ("1111", "AAAA", "`sha256`"),
        ];
        for (good, bad, expected) in cases {
            let text = lock().render().unwrap().replace(good, bad);
            let error = Lock::parse(&text).unwrap_err();
            assert!(error.contains(expected), "{bad}: {error}");
        }
    }

    #[test]
    fn generator_version_equals_version_of_workspace_dependency() {
        let manifest = include_str!("../../Cargo.toml");
        let (name, version) = GENERATOR.split_once(' ').unwrap();

        assert!(manifest.contains(&format!("{name} = \"={version}\"")));
    }
}
