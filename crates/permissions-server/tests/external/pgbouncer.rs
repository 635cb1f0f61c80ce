//! A server behind PgBouncer in transaction mode.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use libtest_mimic::Trial;
use permissions_server::{Database, Server};
use tokio::task::JoinSet;

use crate::operations;
use crate::postgres::{self, ordinary_user};
use crate::support::Client;
use crate::{Available, asynchronous};

/// A running PgBouncer, which is killed when this value is dropped.
struct PgBouncer {
    process: Child,
    url: String,
    _folder: tempfile::TempDir,
}

impl PgBouncer {
    /// Starts PgBouncer as a proxy of `database`. All clients share two server connections, so that PgBouncer reassigns
    /// them often.
    fn start(socket: &str, database: &str) -> Available<Self> {
        let program = [
            "/usr/sbin/pgbouncer",
            "/usr/bin/pgbouncer",
            "/usr/local/bin/pgbouncer",
        ]
        .into_iter()
        .find(|program| Path::new(program).exists())
        .ok_or("PgBouncer is missing; .ci/postgres installs it")?;
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("pgbouncer.ini");
        let settings = format!(
            "[databases]
{database} = host={socket} user=test
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
max_prepared_statements = 0
"
        );
        // Versions before 1.21 have no prepared statements in transaction mode, and no setting for them.
        let settings = match version(program) {
            version if version < (1, 21) => settings.replace("max_prepared_statements = 0\n", ""),
            _ => settings,
        };
        std::fs::write(&file, settings).expect("written");
        let all = ["-R", "a+rX"];
        Command::new("chmod")
            .args(all)
            .arg(folder.path())
            .status()
            .expect("a process");
        let process = ordinary_user()
            .arg(program)
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a process");
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            std::thread::yield_now();
        }
        Ok(Self {
            process,
            url: format!("postgres://test@127.0.0.1:{port}/{database}"),
            _folder: folder,
        })
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn version(program: &str) -> (u32, u32) {
    let output = Command::new(program)
        .arg("--version")
        .output()
        .expect("a process");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let version = text.split_whitespace().nth(1).expect("a version");
    let mut parts = version
        .split('.')
        .map(|part| part.parse().expect("a number"));
    (parts.next().expect("major"), parts.next().expect("minor"))
}

async fn pgbouncer() -> Available<(PgBouncer, crate::database::TestDatabase)> {
    let mut database = postgres::database().await?;
    let socket = postgres::cluster()?.socket()?;
    let (_, name) = database.argument().rsplit_once('/').expect("a database");
    let pgbouncer = PgBouncer::start(socket, name)?;
    database.database = Database::postgres(pgbouncer.url.clone());
    database.argument = Some(pgbouncer.url.clone());
    Ok((pgbouncer, database))
}

async fn two_servers_share_connections_in_transaction_mode() -> Available<()> {
    let (_pgbouncer, database) = pgbouncer().await?;
    let servers: [Server; 2] = [database.server().await, database.server().await];
    let mut requests = JoinSet::new();
    for n in 0..40 {
        let client = Arc::new(Client::of(&servers[n % 2]));
        requests.spawn(async move {
            let created = client.create(&["proj_shared", &format!("proj_{n}")]).await;
            assert_eq!(created.status, 200, "{created:?}");
            assert_eq!(client.list("limit=1").await.status, 200);
            let deleted = client.delete(created.each("id")[1]).await;
            assert_eq!(deleted.status, 200, "{deleted:?}");
        });
    }
    requests.join_all().await;
    let all = Client::of(&servers[0]).all("ascending", 100).await;
    assert_eq!(all.len(), 1);
    Ok(())
}

pub fn trials() -> Vec<Trial> {
    let mut trials = vec![asynchronous(
        "pgbouncer::two_servers_share_connections_in_transaction_mode",
        two_servers_share_connections_in_transaction_mode,
    )];
    for (name, test) in operations::TESTS {
        let name = format!("operations::pgbouncer::{name}");
        trials.push(asynchronous(&name, async move || {
            let (_pgbouncer, database) = pgbouncer().await?;
            test(database).await;
            Ok(())
        }));
    }
    trials
}
