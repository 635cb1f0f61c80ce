//! Several servers over one PostgreSQL database.

use std::collections::HashSet;
use std::sync::Arc;

use libtest_mimic::Trial;
use permissions_server::{Database, Server};
use tokio::task::JoinSet;

use crate::postgres::{self, OwnCluster};
use crate::process::Process;
use crate::support::{Client, http, read};
use crate::{Available, asynchronous};

async fn two_processes_agree_after_one_is_killed() -> Available<()> {
    let database = postgres::database().await?;
    let mut first = Process::start(&["--database", database.argument()]);
    let second = Process::start(&["--database", database.argument()]);
    let kept = second.client().create(&["proj_kept"]).await;
    assert_eq!(first.client().create(&["proj_kept"]).await, kept);

    // Both clients create permissions for the same projects in opposite orders, so that their requests conflict.
    let mut writers = JoinSet::new();
    for (client, reversed) in [(first.client(), false), (second.client(), true)] {
        writers.spawn(async move {
            let mut ids = HashSet::new();
            for n in 0..60 {
                let n = if reversed { 59 - n } else { n };
                let Some(created) = client.try_create(&[format!("proj_{n}")]).await else {
                    break;
                };
                ids.insert(created.each("id")[0].to_owned());
            }
            ids
        });
    }
    let known = second.client();
    while known.list("limit=20").await.each("id").len() < 20 {}
    first.kill();
    let acknowledged: HashSet<String> = writers.join_all().await.into_iter().flatten().collect();

    let all = known.all("ascending", 7).await;
    let ids: HashSet<&String> = all.iter().map(|(id, _)| id).collect();
    assert_eq!(all.len(), 61, "one permission for each project");
    assert!(acknowledged.iter().all(|id| ids.contains(id)));
    Ok(())
}

async fn concurrent_creates_of_two_servers_agree() -> Available<()> {
    let database = postgres::database().await?;
    let servers = [database.server().await, database.server().await];
    let mut writers = JoinSet::new();
    for n in 0..20 {
        let client = Client::of(&servers[n % 2]);
        writers.spawn(async move { client.create(&["proj_b", "proj_a"]).await });
    }
    let replies = writers.join_all().await;
    assert!(
        replies.iter().all(|reply| *reply == replies[0]),
        "{replies:?}"
    );
    Ok(())
}

/// Ends all other connections to the database.
async fn terminate_connections(admin: &tokio_postgres::Client) {
    admin
        .batch_execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        .await
        .expect("terminated");
}

async fn lost_connection_is_reopened() -> Available<()> {
    let database = postgres::database().await?;
    let server = database.server().await;
    let client = Arc::new(Client::of(&server));
    client.create(&["proj_a"]).await;

    let admin = postgres::connect(database.argument()).await;
    for n in 0..10 {
        terminate_connections(&admin).await;
        assert_eq!(client.create(&[&format!("proj_{n}")]).await.status, 200);
        assert_eq!(client.list("").await.status, 200);
    }
    let all = client.list("limit=100").await;
    assert_eq!(all.each("id").len(), 11);
    for id in all.each("id") {
        terminate_connections(&admin).await;
        assert_eq!(client.delete(id).await.status, 200);
    }
    Ok(())
}

async fn server_without_database_is_not_ready() -> Available<()> {
    let mut cluster = OwnCluster::start()?;
    let server = Server::builder()
        .database(Database::postgres(cluster.url()))
        .start()
        .await
        .expect("a server");
    let root = server.base_url().trim_end_matches("/v1").to_owned();
    let get = |path: &str| http().get(format!("{root}{path}")).send();
    assert_eq!(get("/readyz").await.expect("a response").status(), 200);

    cluster.stop();

    assert_eq!(get("/healthz").await.expect("a response").status(), 200);
    let refused = read(get("/readyz").await.expect("a response")).await;
    assert_eq!(refused.error(), (503, "database_unavailable", None));
    let metrics = get("/metrics").await.expect("a response");
    let metrics = metrics.text().await.expect("a body");
    assert!(metrics.contains("permissions_database_up 0\n"), "{metrics}");

    cluster.restart();

    // The server reconnects with the next requests.
    while get("/readyz").await.expect("a response").status() != 200 {}
    assert_eq!(Client::of(&server).list("").await.status, 200);
    Ok(())
}

async fn newer_schema_is_refused() -> Available<()> {
    let database = postgres::database().await?;
    database.server().await.shutdown().await;
    let admin = postgres::connect(database.argument()).await;
    admin
        .batch_execute(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (9000, 'from the future', TRUE, '', 0)",
        )
        .await
        .expect("inserted");
    let error = database.builder().start().await.expect_err("an error");
    assert!(error.to_string().contains("version 9000"), "{error}");
    Ok(())
}

/// The tables and the version record that sqlx wrote in version 0.1 of this server.
const DATABASE_OF_VERSION_0_1: &str = concat!(
    include_str!("../../migrations/postgres/0001_permissions.sql"),
    "
    CREATE TABLE _sqlx_migrations (
        version BIGINT PRIMARY KEY,
        description TEXT NOT NULL,
        installed_on TIMESTAMPTZ NOT NULL DEFAULT now(),
        success BOOLEAN NOT NULL,
        checksum BYTEA NOT NULL,
        execution_time BIGINT NOT NULL
    );
    INSERT INTO _sqlx_migrations VALUES (1, 'permissions', now(), TRUE, '', 1);
    INSERT INTO checkpoints VALUES (1, 'ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd', 2);
    INSERT INTO permissions VALUES (1, 1, 'cp_old', 'proj_old', 1);
    SELECT setval(pg_get_serial_sequence('checkpoints', 'key'), 1);"
);

async fn database_of_version_0_1_opens() -> Available<()> {
    let database = postgres::database().await?;
    let admin = postgres::connect(database.argument()).await;
    admin
        .batch_execute(DATABASE_OF_VERSION_0_1)
        .await
        .expect("created");
    let server = database.server().await;
    let client = Client::of(&server);
    assert_eq!(client.create(&["proj_new"]).await.status, 200);
    let list = client.list("order=ascending").await;
    assert_eq!(list.each("project_id"), ["proj_old", "proj_new"]);
    Ok(())
}

async fn concurrent_first_starts_succeed() -> Available<()> {
    for _ in 0..10 {
        let database = postgres::database().await?;
        let mut starts = JoinSet::new();
        for _ in 0..8 {
            let builder = database.builder();
            starts.spawn(async { builder.start().await.expect("a server") });
        }
        starts.join_all().await;
    }
    Ok(())
}

async fn host_parameter_names_a_socket_folder() -> Available<()> {
    let folder = postgres::cluster()?.socket()?;
    let database = postgres::database().await?;
    let (_, name) = database.argument().rsplit_once('/').expect("a database");
    for url in [
        format!("postgres://test@/{name}?host={folder}"),
        format!("postgres:///{name}?host={folder}&user=test"),
    ] {
        let builder = Server::builder().database(Database::postgres(url));
        let server = builder.start().await.expect("a server");
        assert_eq!(Client::of(&server).create(&["proj_a"]).await.status, 200);
    }
    Ok(())
}

async fn tls_connections_follow_sslmode() -> Available<()> {
    let folder = tempfile::tempdir().expect("a folder");
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let write = |name: &str, text: String| {
        std::fs::write(folder.path().join(name), text).expect("written");
    };
    write("cert.pem", made.cert.pem());
    write("key.pem", made.signing_key.serialize_pem());
    let status = std::process::Command::new("chmod")
        .args(["-R", "a+rX"])
        .arg(folder.path())
        .status();
    assert!(status.expect("a process").success());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let path = folder.path().display();
    let _cluster = OwnCluster::start_with_tls(&path.to_string(), port)?;
    let root = format!("sslrootcert={path}/cert.pem");
    for (host, parameters, error) in [
        ("localhost", String::new(), None),
        ("localhost", "sslmode=disable".to_owned(), None),
        ("127.0.0.1", "sslmode=require".to_owned(), None),
        ("127.0.0.1", format!("sslmode=verify-ca&{root}"), None),
        ("localhost", format!("sslmode=verify-full&{root}"), None),
        (
            "127.0.0.1",
            format!("sslmode=verify-full&{root}"),
            Some("certificate"),
        ),
        (
            "localhost",
            "sslmode=verify-ca".to_owned(),
            Some("certificate"),
        ),
        (
            "localhost",
            "sslmode=always".to_owned(),
            Some("sslmode can only be"),
        ),
    ] {
        let url = format!("postgres://test@{host}:{port}/postgres?{parameters}");
        let started = Server::builder()
            .database(Database::postgres(url))
            .start()
            .await;
        match (started, error) {
            (Ok(_), None) => {}
            (Err(found), Some(error)) if found.to_string().contains(error) => {}
            (started, _) => panic!("{host} {parameters}: {started:?}"),
        }
    }
    Ok(())
}

pub fn trials() -> Vec<Trial> {
    vec![
        asynchronous(
            "shared::two_processes_agree_after_one_is_killed",
            two_processes_agree_after_one_is_killed,
        ),
        asynchronous(
            "shared::concurrent_creates_of_two_servers_agree",
            concurrent_creates_of_two_servers_agree,
        ),
        asynchronous(
            "shared::lost_connection_is_reopened",
            lost_connection_is_reopened,
        ),
        asynchronous(
            "shared::server_without_database_is_not_ready",
            server_without_database_is_not_ready,
        ),
        asynchronous("shared::newer_schema_is_refused", newer_schema_is_refused),
        asynchronous(
            "shared::database_of_version_0_1_opens",
            database_of_version_0_1_opens,
        ),
        asynchronous(
            "shared::tls_connections_follow_sslmode",
            tls_connections_follow_sslmode,
        ),
        asynchronous(
            "shared::concurrent_first_starts_succeed",
            concurrent_first_starts_succeed,
        ),
        asynchronous(
            "shared::host_parameter_names_a_socket_folder",
            host_parameter_names_a_socket_folder,
        ),
    ]
}
