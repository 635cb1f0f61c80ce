//! The hosts of a database, and which of them takes writes.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::{PgConnectOptions, PgPool};
use sqlx::{ConnectOptions, Connection, query_scalar};
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::errors;
use crate::error::StartError;

/// How long one host may take to say whether it takes writes.
const LOOK_TIMEOUT: Duration = Duration::from_secs(3);

/// All hosts of one database, in the order of the URL.
pub(super) struct Hosts {
    options: Vec<PgConnectOptions>,
    /// Held by the one task that looks for the primary; the others profit from what it finds.
    looking: Mutex<()>,
}

impl fmt::Debug for Hosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hosts({self})")
    }
}

/// User, hosts and database, without the password.
impl fmt::Display for Hosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, options) in self.options.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{}", Name(options))?;
        }
        if let Some(database) = self
            .options
            .first()
            .and_then(PgConnectOptions::get_database)
        {
            write!(f, "/{database}")?;
        }
        Ok(())
    }
}

struct Name<'a>(&'a PgConnectOptions);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.get_socket() {
            Some(socket) => write!(f, "{}", socket.display()),
            None => write!(f, "{}:{}", self.0.get_host(), self.0.get_port()),
        }
    }
}

impl Hosts {
    /// Reads `postgres://USER:PASSWORD@HOST:PORT,HOST:PORT/DATABASE?…`. Whatever is wrong with it,
    /// the error does not repeat it: it may hold a password.
    pub(super) fn parse(url: &SecretString) -> Result<Self, StartError> {
        let wrong = |what: &str| {
            StartError::new(format!(
                "failed to read the database URL: {what}; \
                 give postgres://USER:PASSWORD@HOST:PORT/DATABASE"
            ))
        };
        let url = url.expose_secret();
        let (scheme, rest) = url
            .split_once("://")
            .ok_or_else(|| wrong("it has no scheme"))?;
        if !matches!(scheme, "postgres" | "postgresql") {
            return Err(wrong("its scheme is not postgres"));
        }
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        let (user, hosts) = match authority.rsplit_once('@') {
            Some((user, hosts)) => (format!("{user}@"), hosts),
            None => (String::new(), authority),
        };
        let tail = without_session_attrs(tail).map_err(wrong)?;
        let options = hosts
            .split(',')
            .map(|host| {
                PgConnectOptions::from_str(&format!("{scheme}://{user}{host}{tail}"))
                    .map(|options| options.disable_statement_logging())
                    .map_err(|_| wrong("a part of it is not valid"))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            options,
            looking: Mutex::new(()),
        })
    }

    /// The first host that takes writes; else why each does not.
    pub(super) async fn primary(&self) -> Result<PgConnectOptions, StartError> {
        let mut reasons = Vec::new();
        for options in &self.options {
            match takes_writes(options).await {
                Ok(()) => return Ok(options.clone()),
                Err(reason) => reasons.push(format!("{} {reason}", Name(options))),
            }
        }
        Err(StartError::new(format!(
            "failed to open the database {self}: {}; check the URL and that the database runs",
            reasons.join("; ")
        )))
    }

    /// Lets the pool connect to the host that takes writes, if there is one.
    pub(super) async fn point_at_primary(&self, pool: &PgPool) {
        let _looking = self.looking.lock().await;
        // With one host there is nothing to choose; its pool keeps trying it.
        if self.options.len() > 1
            && let Ok(primary) = self.primary().await
        {
            let current = pool.connect_options();
            if Name(&current).to_string() != Name(&primary).to_string() {
                tracing::warn!(host = %Name(&primary), "another host takes writes now");
                pool.set_connect_options(primary);
            }
        }
    }
}

async fn takes_writes(options: &PgConnectOptions) -> Result<(), String> {
    let look = async {
        let mut connection = options.connect().await?;
        let read_only: String = query_scalar("SHOW transaction_read_only")
            .fetch_one(&mut connection)
            .await?;
        // Closing only says goodbye: the answer is there.
        let _ = connection.close().await;
        Ok::<_, sqlx::Error>(read_only == "on")
    };
    match timeout(LOOK_TIMEOUT, look).await {
        Err(_) => Err("does not answer".to_owned()),
        Ok(Err(error)) => Err(errors::reason(&error)),
        Ok(Ok(true)) => Err("takes no writes".to_owned()),
        Ok(Ok(false)) => Ok(()),
    }
}

/// Drops `target_session_attrs` from the URL: this server always looks for a host that takes writes.
fn without_session_attrs(tail: &str) -> Result<String, &'static str> {
    let Some((path, query)) = tail.split_once('?') else {
        return Ok(tail.to_owned());
    };
    let mut kept = Vec::new();
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some(("target_session_attrs", "read-write" | "primary" | "any")) => {}
            Some(("target_session_attrs", _)) => {
                return Err("target_session_attrs can only be read-write");
            }
            _ => kept.push(pair),
        }
    }
    Ok(format!("{path}?{}", kept.join("&")))
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
        assert!(hosts.options.iter().all(|host| host.get_username() == "me"));
    }

    #[test]
    fn no_error_repeats_the_password() {
        for url in [
            "me:s3cret@host/db",
            "mysql://me:s3cret@host/db",
            "postgres://me:s3cret@host:port/db",
            "postgres://me:s3cret@host/db?target_session_attrs=standby",
        ] {
            let error = parse(url).expect_err("a refusal").to_string();
            assert!(error.contains("failed to read the database URL"), "{error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
        let hosts = parse("postgres://me:s3cret@host/db").expect("valid");
        assert!(!format!("{hosts:?}").contains("s3cret"));
    }
}
