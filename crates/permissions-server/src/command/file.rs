//! The configuration file.

use std::path::{Path, PathBuf};

use super::ServeArgs;
use crate::error::StartError;

/// Adds the settings of the configuration file that `args` does not set. Paths in the file are relative to its folder.
pub(super) fn merge(args: ServeArgs) -> Result<ServeArgs, StartError> {
    let Some(path) = &args.config else {
        return Ok(args);
    };
    let prefix = format!("failed to read the configuration file {}", path.display());
    let text = std::fs::read_to_string(path)
        .map_err(|error| StartError::with_source(format!("{prefix}: {error}"), error))?;
    let file: ServeArgs = toml::from_str(&text).map_err(|error| {
        // The error's own Display contains the line, which may contain a password.
        let before = error.span().and_then(|span| text.get(..span.start));
        let line = before.map_or(1, |before| before.matches('\n').count() + 1);
        StartError::new(format!("{prefix}, line {line}: {}", error.message()))
    })?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let in_folder = |file: Option<PathBuf>| file.map(|file| folder.join(file));
    // A certificate from the options does not match a private key from the file.
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
}
