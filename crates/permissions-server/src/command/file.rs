//! The configuration file and the file of projects.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Spanned;

use super::ServeArgs;
use crate::error::StartError;
use crate::store::ProjectPreset;

/// Adds the settings of the configuration file that `args` does not set. Paths in the file are relative to its folder.
pub(super) fn merge(args: ServeArgs) -> Result<ServeArgs, StartError> {
    let Some(path) = &args.config else {
        return Ok(args);
    };
    let (file, _) = read::<ServeArgs>("configuration", path)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let in_folder = |file: Option<PathBuf>| file.map(|file| folder.join(file));
    // The certificate and the private key are taken from the same source, because a certificate from the options would not
    // match a private key from the file.
    let (tls_cert, tls_key) = match (args.tls_cert, args.tls_key) {
        (None, None) => (in_folder(file.tls_cert), in_folder(file.tls_key)),
        given => given,
    };
    Ok(ServeArgs {
        database: args
            .database
            .or(file.database.map(|database| database.in_folder(folder))),
        listen: args.listen.or(file.listen),
        admin_key: args.admin_key,
        admin_keys: args.admin_keys.or(in_folder(file.admin_keys)),
        project_keys: args.project_keys.or(in_folder(file.project_keys)),
        projects: args.projects.or(in_folder(file.projects)),
        tls_cert,
        tls_key,
        rate_limit: args.rate_limit.or(file.rate_limit),
        max_connections: args.max_connections.or(file.max_connections),
        shutdown_seconds: args.shutdown_seconds.or(file.shutdown_seconds),
        faults: args.faults || file.faults,
        log_format: args.log_format.or(file.log_format),
        log: args.log.or(file.log),
        config: args.config,
    })
}

/// Reads a file of projects.
pub(super) fn projects(path: &Path) -> Result<Vec<ProjectPreset>, StartError> {
    #[derive(Deserialize)]
    #[serde(
        untagged,
        deny_unknown_fields,
        expecting = "use a name, or { name = \"…\", archived = true }"
    )]
    enum Entry {
        Name(String),
        Table {
            name: String,
            #[serde(default)]
            archived: bool,
        },
    }
    let (entries, text) = read::<BTreeMap<Spanned<String>, Entry>>("projects", path)?;
    let presets = entries.into_iter().map(|(id, entry)| {
        let (name, archived) = match entry {
            Entry::Name(name) => (name, false),
            Entry::Table { name, archived } => (name, archived),
        };
        let start = id.span().start;
        let id = id.into_inner();
        let preset = ProjectPreset { id, name, archived };
        match preset.check() {
            Ok(()) => Ok(preset),
            Err(reason) => Err(invalid("projects", path, &text, start, &reason)),
        }
    });
    presets.collect()
}

/// Reads a TOML file. Returns its value and its text.
fn read<T: DeserializeOwned>(kind: &str, path: &Path) -> Result<(T, String), StartError> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        let path = path.display();
        StartError::new(format!("failed to read the {kind} file {path}: {error}"))
    })?;
    let value = toml::from_str(&text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        // The error's own Display contains the line, which may contain a password.
        invalid(kind, path, &text, start, error.message())
    })?;
    Ok((value, text))
}

/// The error for a file with an invalid value at the byte `offset` of its text.
fn invalid(kind: &str, path: &Path, text: &str, offset: usize, reason: &str) -> StartError {
    let before = text.get(..offset).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let path = path.display();
    StartError::new(format!(
        "failed to read the {kind} file {path}, line {line}: {reason}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LogFormat;

    fn merged(args: ServeArgs, file: &str) -> Result<ServeArgs, StartError> {
        let folder = tempfile::tempdir().expect("a folder");
        let config = folder.path().join("server.toml");
        std::fs::write(&config, file).expect("written");
        merge(ServeArgs {
            config: Some(config),
            ..args
        })
    }

    #[test]
    fn option_overrides_configuration_file() {
        let given = ServeArgs {
            rate_limit: Some(10),
            ..ServeArgs::default()
        };
        let file = "rate-limit = 20\nmax-connections = 30\nlog-format = \"json\"\n";
        let args = merged(given, file).expect("valid");
        assert_eq!(args.rate_limit, Some(10));
        assert_eq!(args.max_connections, Some(30));
        assert_eq!(args.log_format, Some(LogFormat::Json));
    }

    #[test]
    fn relative_paths_resolve_against_the_configuration_file() {
        let args = merged(
            ServeArgs::default(),
            "database = 'a.db'\nadmin-keys = 'keys'",
        )
        .expect("valid");
        let folder = args
            .config
            .as_deref()
            .and_then(Path::parent)
            .expect("a folder");
        assert_eq!(args.admin_keys.as_deref(), Some(&*folder.join("keys")));
        let database = format!("{:?}", args.database.expect("given"));
        assert!(
            database.contains("SqliteFile") && database.contains("/a.db"),
            "{database}"
        );

        let url = "database = 'postgres://me:s3cret@host/db'";
        let args = merged(ServeArgs::default(), url).expect("valid");
        let database = format!("{:?}", args.database.expect("given"));
        assert!(
            database.contains("Postgres") && !database.contains("s3cret"),
            "{database}"
        );
    }

    #[test]
    fn invalid_configuration_is_reported_without_secrets() {
        let file = "\ndatabase = 'postgres://me:s3cret@host/db'\nrate-limits = 5\n";
        let text = merged(ServeArgs::default(), file)
            .expect_err("an error")
            .to_string();
        assert!(
            text.contains("line 3") && text.contains("rate-limits"),
            "{text}"
        );
        assert!(!text.contains("s3cret"), "{text}");
    }

    fn projects_in(text: &str) -> Result<Vec<ProjectPreset>, StartError> {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), text).expect("written");
        projects(file.path())
    }

    #[test]
    fn project_is_a_name_or_a_table() {
        let text = "# Projects\n\"proj b\" = 'Maps'\nproj_a = { name = 'Old', archived = true }\n[proj_c]\nname = 'C'\n";
        let projects = projects_in(text).expect("valid");
        let all: Vec<_> = projects
            .iter()
            .map(|project| (&*project.id, &*project.name, project.archived))
            .collect();
        assert_eq!(
            all,
            [
                ("proj b", "Maps", false),
                ("proj_a", "Old", true),
                ("proj_c", "C", false)
            ]
        );
    }

    #[test]
    fn invalid_project_is_reported_with_line_and_remedy() {
        for (text, expected) in [
            ("\nproj_a = 1", "line 2: use a name, or { name ="),
            (
                "a = 'A'\nb = { name = 'B', arch = true }",
                "line 2: use a name",
            ),
            (
                "a = 'A'\n'..' = 'B'",
                "line 2: the project id '..' is a relative path",
            ),
            (
                "a = 'A'\n\nb = ' '",
                "line 3: the name of project 'b' is blank",
            ),
            ("a = 'A'\na = 'B'", "line 2: duplicate key"),
            ("a = 'A'\nb", "line 2: "),
        ] {
            let error = projects_in(text).expect_err(text).to_string();
            assert!(
                error.starts_with("failed to read the projects file /"),
                "{error}"
            );
            assert!(error.contains(expected), "{error}");
        }
        let missing = projects(Path::new("/no/such/file")).expect_err("an error");
        assert!(
            missing.to_string().contains("/no/such/file: No such file"),
            "{missing}"
        );
    }
}
