//! Other programs that read the SQLite file while the server writes.

use std::path::Path;

use permissions_server::{Database, Server};
use rusqlite::Connection;

use crate::support::{Client, Reply};

const MIB: u64 = 1 << 20;

async fn create_many(client: &Client, request: usize) -> Reply {
    let projects: Vec<String> = (0..1000).map(|n| format!("proj_{request}_{n}")).collect();
    let projects: Vec<&str> = projects.iter().map(String::as_str).collect();
    client.create(&projects).await
}

#[tokio::test]
async fn write_ahead_log_stays_bounded_during_long_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("permissions.db");
    let server = Server::builder()
        .database(Database::sqlite_file(&file))
        .start()
        .await
        .expect("a server");
    let client = Client::of(&server);
    client.create(&["proj_first"]).await;
    let log_bytes = || {
        let log = folder.path().join("permissions.db-wal");
        log.metadata().map_or(0, |metadata| metadata.len())
    };

    let reader = Connection::open(&file).expect("a connection");
    let snapshot = "BEGIN; SELECT count(*) FROM permissions";
    reader.execute_batch(snapshot).expect("a transaction");
    let mut created = 0;
    let refused = loop {
        let reply = create_many(&client, created).await;
        if reply.status != 200 {
            break reply;
        }
        created += 1;
        assert!(log_bytes() < 128 * MIB);
    };
    assert_eq!(refused.error(), (503, "database_log_full", None));
    assert!(log_bytes() >= 64 * MIB);
    assert_eq!(client.list("").await.status, 200);

    reader.execute_batch("COMMIT").expect("ended");

    assert_eq!(create_many(&client, created).await.status, 200);
    assert!(log_bytes() < 16 * MIB);
    assert!(copy_is_complete(
        &file,
        &folder.path().join("copy.db"),
        created
    ));
}

/// Backs the file up with one statement and counts the permissions of the copy.
fn copy_is_complete(file: &Path, copy: &Path, requests: usize) -> bool {
    let source = Connection::open(file).expect("a connection");
    let path = copy.display().to_string();
    source.execute("VACUUM INTO ?1", [path]).expect("a copy");
    let copy = Connection::open(copy).expect("a connection");
    let count = "SELECT count(*) FROM permissions";
    let found: u32 = copy
        .query_row(count, [], |row| row.get(0))
        .expect("a count");
    found as usize == 1 + (requests + 1) * 1000
}
