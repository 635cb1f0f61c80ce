//! Connects to the host that accepts writes, among the hosts of a database.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::time::timeout;
use tokio_postgres::config::{Host, TargetSessionAttrs};
use tokio_postgres::{Client, Config};

use super::errors::reason;
use super::tls::Tls;
use crate::error::StartError;
use crate::store::{StoreError, StoreErrorKind};

/// Time for one host to accept a connection and report whether it accepts writes.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// The hosts of a database in the order of the URL.
pub(super) struct Hosts {
    /// One configuration for each host.
    configs: Vec<Config>,
    tls: Tls,
    /// Index of the host that accepted the last connection. The next connection tries it first.
    last: AtomicUsize,
}

/// Displays the hosts and the name of the database, without the password.
impl fmt::Display for Hosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.configs.iter().map(name).collect();
        f.write_str(&names.join(","))?;
        let database = self.configs.first().and_then(Config::get_dbname);
        database.map_or(Ok(()), |database| write!(f, "/{database}"))
    }
}

fn name(config: &Config) -> String {
    let port = config.get_ports().first().unwrap_or(&5432);
    match config.get_hosts().first() {
        Some(Host::Tcp(host)) if host.contains(':') => format!("[{host}]:{port}"),
        Some(Host::Tcp(host)) => format!("{host}:{port}"),
        #[cfg(unix)]
        Some(Host::Unix(folder)) => folder.display().to_string(),
        None => format!(":{port}"),
    }
}

impl Hosts {
    /// Parses `postgres://USER:PASSWORD@HOST:PORT,HOST:PORT/DATABASE?…`. Errors never contain a part of the URL, because
    /// it may contain a password.
    pub(super) fn parse(url: &SecretString) -> Result<Self, StartError> {
        let invalid = |reason: &str| {
            StartError::new(format!(
                "failed to parse the database URL: {reason}; use postgres://USER:PASSWORD@HOST:PORT/DATABASE"
            ))
        };
        let Some(("postgres" | "postgresql", rest)) = url.expose_secret().split_once("://") else {
            return Err(invalid("the scheme is not postgres"));
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        let (user, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (path, query) = tail.split_once('?').unwrap_or((tail, ""));
        let mut tls = (None, None);
        let mut kept = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                // Every connection looks for a host that accepts writes.
                Some(("target_session_attrs", "read-write" | "primary" | "any")) => {}
                Some(("target_session_attrs", _)) => {
                    return Err(invalid("target_session_attrs can only be read-write"));
                }
                // tokio-postgres does not check certificates, so the TLS connector of this crate parses these
                // parameters.
                Some(("sslmode", mode)) => tls.0 = Some(mode),
                Some(("sslrootcert", file)) => tls.1 = Some(file),
                _ => kept.push(pair),
            }
        }
        let query = kept.join("&");
        let tls = Tls::new(tls.0, tls.1).map_err(|reason| invalid(&reason))?;
        let config = |host: &str| {
            let url = format!("postgres://{user}@{host}{path}?{query}");
            let mut config: Config = url
                .parse()
                .map_err(|_| invalid("a host, a port or a parameter is invalid"))?;
            if config.get_hosts().is_empty() {
                config.host("localhost");
            }
            config
                .ssl_mode(tls.mode)
                .target_session_attrs(TargetSessionAttrs::ReadWrite);
            if config.get_application_name().is_none() {
                config.application_name("permissions-server");
            }
            Ok(config)
        };
        Ok(Self {
            configs: hosts.split(',').map(config).collect::<Result<_, _>>()?,
            tls,
            last: AtomicUsize::new(0),
        })
    }

    /// Connects to the first host that accepts writes. The error contains one reason for each host.
    pub(super) async fn connect(&self) -> Result<Client, StoreError> {
        let last = self.last.load(Ordering::Relaxed);
        let mut reasons = Vec::new();
        for offset in 0..self.configs.len() {
            let index = (last + offset) % self.configs.len();
            let config = &self.configs[index];
            let reason = match timeout(CONNECT_TIMEOUT, config.connect(self.tls.clone())).await {
                Ok(Ok((client, connection))) => {
                    if index != last {
                        tracing::warn!(host = %name(config), "another host accepts writes now");
                        self.last.store(index, Ordering::Relaxed);
                    }
                    tokio::spawn(async {
                        if let Err(error) = connection.await {
                            tracing::debug!(%error, "a database connection ended");
                        }
                    });
                    return Ok(client);
                }
                Ok(Err(error)) => reason(&error),
                Err(_) => "the host does not respond".to_owned(),
            };
            reasons.push(format!("{}: {reason}", name(config)));
        }
        let message = format!(
            "{}; check the URL, and check that the database is running",
            reasons.join("; ")
        );
        Err(StoreError::new(StoreErrorKind::Unreachable, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<Hosts, StartError> {
        Hosts::parse(&SecretString::from(url))
    }

    #[test]
    fn several_hosts_share_user_and_database() {
        let hosts =
            parse("postgres://me:s3cret@a:1,b:2,[::1]:3/db?target_session_attrs=read-write")
                .expect("valid");
        assert_eq!(hosts.to_string(), "a:1,b:2,[::1]:3/db");
        let mut users = hosts.configs.iter().map(Config::get_user);
        assert!(users.all(|user| user == Some("me")));
    }

    #[test]
    fn host_parameter_can_be_a_socket_directory() {
        for url in [
            "postgres:///db?host=/run/postgresql",
            "postgres://me@/db?host=/run/postgresql",
            "postgres://%2Frun%2Fpostgresql/db",
        ] {
            let hosts = parse(url).expect("valid");
            assert_eq!(hosts.to_string(), "/run/postgresql/db", "{url}");
        }
    }

    #[test]
    fn parse_error_hides_the_password() {
        for url in [
            "me:s3cret@host/db",
            "mysql://me:s3cret@host/db",
            "postgres://me:s3cret@host:port/db",
            "postgres://me:s3cret@host/db?target_session_attrs=standby",
            "postgres://me:s3cret@host/db?sslmode=sometimes",
            "postgres://me:s3cret@host/db?colour=red",
        ] {
            let error = parse(url).err().expect("an invalid URL").to_string();
            assert!(
                error.contains("failed to parse the database URL"),
                "{error}"
            );
            assert!(!error.contains("s3cret"), "{error}");
        }
        let hosts = parse("postgres://me:s3cret@host/db").expect("valid");
        assert!(!hosts.to_string().contains("s3cret"));
    }
}
