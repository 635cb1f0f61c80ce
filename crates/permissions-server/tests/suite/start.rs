//! Errors of a failed start.

use std::error::Error as _;
use std::path::Path;
use std::sync::Barrier;
use std::thread;

use permissions_server::{Database, Server, StartError};
use reqwest::Method;
use rusqlite::Connection;
use serde_json::json;

use crate::process::{Process, command};
use crate::support::{Client, send};

async fn start_error(path: &Path) -> StartError {
    Server::builder()
        .database(Database::sqlite_file(path))
        .start()
        .await
        .expect_err("an error")
}

async fn create_database(path: &Path) {
    let server = Server::builder()
        .database(Database::sqlite_file(path))
        .start()
        .await
        .expect("a server");
    server.shutdown().await;
}

fn sql(path: &Path, statements: &str) {
    Connection::open(path)
        .expect("a connection")
        .execute_batch(statements)
        .expect("executed");
}

/// Checks that the message contains the path and `words`.
fn assert_message(error: &StartError, path: &Path, words: &[&str]) {
    let text = error.to_string();
    assert!(text.contains(&path.display().to_string()), "{text}");
    for word in words {
        assert!(text.contains(word), "no '{word}' in: {text}");
    }
}

/// The names of the files in a folder.
fn names(folder: &Path) -> Vec<String> {
    std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("text")
        })
        .collect()
}

#[tokio::test]
async fn missing_folder_is_reported() {
    let path = Path::new("/no/such/folder/permissions.db");
    assert_message(
        &start_error(path).await,
        path,
        &["does not exist", "create it"],
    );
}

#[tokio::test]
async fn folder_as_database_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_message(
        &start_error(folder.path()).await,
        folder.path(),
        &["is a folder"],
    );
}

#[tokio::test]
async fn memory_keyword_as_file_path_is_refused() {
    let path = Path::new(":memory:");
    assert_message(
        &start_error(path).await,
        path,
        &["not a file", "Database::memory()", "./:memory:"],
    );
}

#[tokio::test]
async fn empty_path_is_refused() {
    let error = start_error(Path::new("")).await.to_string();
    assert!(error.contains("path is empty"), "{error}");
}

#[tokio::test]
async fn text_file_is_refused_and_unchanged() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notes.txt");
    let notes = "not a database, but somebody's notes\n".repeat(100);
    std::fs::write(&path, &notes).expect("written");
    assert_message(&start_error(&path).await, &path, &["not a SQLite database"]);
    assert_eq!(std::fs::read_to_string(&path).expect("read"), notes);
}

#[tokio::test]
async fn database_of_another_program_stays_unchanged() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("other.db");
    sql(&path, "CREATE TABLE bookmarks (url TEXT)");
    let before = std::fs::read(&path).expect("read");
    assert_message(
        &start_error(&path).await,
        &path,
        &["the data of another program"],
    );
    assert_eq!(std::fs::read(&path).expect("read"), before);
}

#[tokio::test]
async fn damaged_database_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("permissions.db");
    create_database(&path).await;
    let mut bytes = std::fs::read(&path).expect("read");
    let middle = bytes.len() / 2;
    bytes[middle..].fill(0xA5);
    std::fs::write(&path, bytes).expect("written");
    assert_message(&start_error(&path).await, &path, &["damaged", "backup"]);
    assert_eq!(names(folder.path()), ["permissions.db"]);
}

#[tokio::test]
async fn read_only_file_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("permissions.db");
    create_database(&path).await;
    let mut permissions = std::fs::metadata(&path).expect("there").permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&path, permissions).expect("set");
    assert_message(&start_error(&path).await, &path, &["read-only", "writable"]);
}

#[tokio::test]
async fn locked_file_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("permissions.db");
    let holder = Connection::open(&path).expect("a connection");
    holder
        .execute_batch("CREATE TABLE t (x); BEGIN EXCLUSIVE")
        .expect("locked");
    let error = start_error(&path).await;
    assert_message(&error, &path, &["another process holds a lock"]);
    assert!(error.source().is_some());
}

#[tokio::test]
async fn newer_schema_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("permissions.db");
    create_database(&path).await;
    sql(
        &path,
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (9000, 'from the future', TRUE, x'00', 0)",
    );
    assert_message(&start_error(&path).await, &path, &["version 9000", "newer"]);
}

#[tokio::test]
async fn port_in_use_is_reported() {
    let first = Server::start().await.expect("a server");
    let error = Server::builder()
        .bind(first.address())
        .start()
        .await
        .expect_err("an error");
    let text = error.to_string();
    assert!(text.contains(&first.address().to_string()), "{text}");
    assert!(text.contains("in use"), "{text}");
}

#[tokio::test]
async fn key_invalid_as_header_value_is_refused() {
    for key in ["", " padded", "line\nbreak", "schlüssel"] {
        let error = Server::builder()
            .admin_key(key)
            .start()
            .await
            .expect_err("an error");
        assert!(error.to_string().contains("API key"), "{error}");
    }
}

#[tokio::test]
async fn sqlite_url_is_refused_without_creating_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    for url in [
        "sqlite:a.db",
        "sqlite://a.db",
        "sqlite3:a.db",
        "file:a.db",
        "FILE:///a.db?mode=ro",
    ] {
        for database in [Database::from(url), Database::sqlite_file(url)] {
            let error = Server::builder().database(database).start().await;
            let text = error.expect_err("an error").to_string();
            assert!(
                text.contains(url) && text.contains("not supported"),
                "{text}"
            );
        }
        let output = command(&["--listen", "127.0.0.1:0", "--database", url])
            .current_dir(folder.path())
            .output();
        assert_eq!(output.expect("a process").status.code(), Some(1), "{url}");
    }
    assert_eq!(names(folder.path()), Vec::<String>::new());
}

/// The tables and the version record that sqlx wrote in version 0.1 of this server.
const DATABASE_OF_VERSION_0_1: &str = concat!(
    include_str!("../../migrations/sqlite/0001_permissions.sql"),
    "
    PRAGMA application_id = 0x636b706d;
    PRAGMA journal_mode = WAL;
    CREATE TABLE _sqlx_migrations (
        version BIGINT PRIMARY KEY,
        description TEXT NOT NULL,
        installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
        success BOOLEAN NOT NULL,
        checksum BLOB NOT NULL,
        execution_time BIGINT NOT NULL
    );
    INSERT INTO _sqlx_migrations VALUES (1, 'permissions', '2026-11-01', TRUE, x'00', 1);
    INSERT INTO checkpoints VALUES (1, 'ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd', 2);
    INSERT INTO permissions (place, id, project_id, created_at) VALUES ((1 << 36) + 1, 'cp_old', 'proj_old', 1);"
);

#[tokio::test]
async fn database_of_version_0_1_opens() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("permissions.db");
    sql(&path, DATABASE_OF_VERSION_0_1);
    let server = Server::builder()
        .database(Database::sqlite_file(&path))
        .start()
        .await
        .expect("a server");
    let client = Client::of(&server);
    assert_eq!(client.create(&["proj_new"]).await.status, 200);
    let list = client.list("order=ascending").await;
    assert_eq!(list.each("project_id"), ["proj_old", "proj_new"]);
    let projects = send(client.request(Method::GET, "/organization/projects")).await;
    assert_eq!(projects.body["data"], json!([]));
}

#[test]
fn eight_processes_can_create_one_database_concurrently() {
    for round in 0..50 {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("new.db").display().to_string();
        let start = Barrier::new(8);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    start.wait();
                    let process = Process::start(&["--database", &file, "--log", "off"]);
                    assert!(!process.base_url.is_empty(), "round {round}");
                });
            }
        });
    }
}
