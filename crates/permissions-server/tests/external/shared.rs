//! Several processes over one PostgreSQL database.

use std::collections::HashSet;
use std::sync::Arc;

use permissions_server::{Database, Server};
use sqlx::{Connection, Executor, PgConnection};
use tokio::task::JoinSet;

use crate::place::{Backend, Place};
use crate::postgres::Own;
use crate::process::Process;
use crate::support::{Client, read};

#[tokio::test]
async fn two_processes_agree_also_when_one_is_killed() {
    let Some(place) = Place::new(Backend::Postgres).await else {
        return;
    };
    let mut first = Process::start(&["--database", place.argument()]);
    let second = Process::start(&["--database", place.argument()]);
    let kept = second.client().create(&["proj_kept"]).await;
    assert_eq!(first.client().create(&["proj_kept"]).await, kept);

    // Both write the same projects in opposite orders, so they meet in the middle.
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
}

#[tokio::test]
async fn concurrent_creates_in_two_processes_make_one_permission() {
    let Some(place) = Place::new(Backend::Postgres).await else {
        return;
    };
    let servers = [place.server().await, place.server().await];
    let mut writers = JoinSet::new();
    for n in 0..20 {
        let client = Client::of(&servers[n % 2]);
        writers.spawn(async move { client.create(&["proj_b", "proj_a"]).await });
    }
    let answers = writers.join_all().await;
    assert!(
        answers.iter().all(|answer| *answer == answers[0]),
        "{answers:?}"
    );
}

#[tokio::test]
async fn a_lost_connection_returns_without_a_restart() {
    let Some(place) = Place::new(Backend::Postgres).await else {
        return;
    };
    let server = place.server().await;
    let client = Arc::new(Client::of(&server));
    client.create(&["proj_a"]).await;

    let mut admin = PgConnection::connect(place.argument())
        .await
        .expect("a connection");
    for n in 0..10 {
        admin
            .execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE datname = current_database() AND pid <> pg_backend_pid()",
            )
            .await
            .expect("terminated");
        assert_eq!(client.create(&[&format!("proj_{n}")]).await.status, 200);
        assert_eq!(client.list("").await.status, 200);
    }
    assert_eq!(client.list("limit=100").await.each("id").len(), 11);
}

#[tokio::test]
async fn a_server_that_lost_its_database_is_up_but_not_ready() {
    let Some(mut postgres) = Own::start() else {
        return;
    };
    let server = Server::builder()
        .database(Database::postgres(postgres.url()))
        .start()
        .await
        .expect("a server");
    let root = server.base_url().trim_end_matches("/v1").to_owned();
    let get = |path: &str| reqwest::get(format!("{root}{path}"));
    assert_eq!(get("/readyz").await.expect("an answer").status(), 200);

    postgres.stop();

    assert_eq!(get("/healthz").await.expect("an answer").status(), 200);
    let refused = read(get("/readyz").await.expect("an answer")).await;
    assert_eq!(refused.error(), (503, "database_unavailable", None));
    let metrics = get("/metrics").await.expect("an answer");
    let metrics = metrics.text().await.expect("a body");
    assert!(metrics.contains("permissions_database_up 0\n"), "{metrics}");

    postgres.restart();

    // It notices by itself; nothing tells when.
    while get("/readyz").await.expect("an answer").status() != 200 {}
    assert_eq!(Client::of(&server).list("").await.status, 200);
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let Some(place) = Place::new(Backend::Postgres).await else {
        return;
    };
    place.server().await.shutdown().await;
    let mut admin = PgConnection::connect(place.argument())
        .await
        .expect("a connection");
    admin
        .execute(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (9000, 'from the future', TRUE, '', 0)",
        )
        .await
        .expect("inserted");
    let error = place.builder().start().await.expect_err("a refusal");
    assert!(error.to_string().contains("version 9000"), "{error}");
}
