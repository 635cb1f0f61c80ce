//! What keeps a server from starting, and how it tells.

use std::error::Error as _;
use std::path::Path;

use permissions_server::{Database, Server, StartError};
use sqlx::{Connection, Executor, SqliteConnection};

async fn refused(path: &Path) -> StartError {
    Server::builder()
        .database(Database::sqlite_file(path))
        .start()
        .await
        .expect_err("a refusal")
}

async fn filled(path: &Path) {
    let server = Server::builder()
        .database(Database::sqlite_file(path))
        .start()
        .await
        .expect("a server");
    server.shutdown().await;
}

async fn raw(path: &Path) -> SqliteConnection {
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true);
    SqliteConnection::connect_with(&options)
        .await
        .expect("a connection")
}

/// The text names the file and says what to do.
fn assert_says(error: &StartError, path: &Path, words: &[&str]) {
    let text = error.to_string();
    assert!(text.contains(&path.display().to_string()), "{text}");
    for word in words {
        assert!(text.contains(word), "no '{word}' in: {text}");
    }
}

/// The names of what is in a folder.
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
async fn a_missing_folder() {
    let path = Path::new("/no/such/folder/permissions.db");
    assert_says(&refused(path).await, path, &["does not exist", "create it"]);
}

#[tokio::test]
async fn a_folder_in_place_of_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_says(
        &refused(folder.path()).await,
        folder.path(),
        &["is a folder"],
    );
}

#[tokio::test]
async fn a_name_that_sqlite_takes_for_memory() {
    let path = Path::new(":memory:");
    assert_says(
        &refused(path).await,
        path,
        &["not a file", "Database::memory()", "./:memory:"],
    );
}

#[tokio::test]
async fn an_empty_path() {
    let error = refused(Path::new("")).await.to_string();
    assert!(error.contains("path is empty"), "{error}");
}

#[tokio::test]
async fn a_file_that_is_no_database_stays_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notes.txt");
    let notes = "not a database, but somebody's notes\n".repeat(100);
    std::fs::write(&path, &notes).expect("written");
    assert_says(&refused(&path).await, &path, &["not a SQLite database"]);
    assert_eq!(std::fs::read_to_string(&path).expect("read"), notes);
}

#[tokio::test]
async fn another_programs_database_stays_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("other.db");
    raw(&path)
        .await
        .execute("CREATE TABLE bookmarks (url TEXT)")
        .await
        .expect("created");
    let before = std::fs::read(&path).expect("read");
    assert_says(&refused(&path).await, &path, &["another program's data"]);
    assert_eq!(std::fs::read(&path).expect("read"), before);
}

#[tokio::test]
async fn a_damaged_database() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("permissions.db");
    filled(&path).await;
    let mut bytes = std::fs::read(&path).expect("read");
    let middle = bytes.len() / 2;
    bytes[middle..].fill(0xA5);
    std::fs::write(&path, bytes).expect("written");
    assert_says(&refused(&path).await, &path, &["damaged", "backup"]);
    assert_eq!(names(folder.path()), ["permissions.db"]);
}

#[tokio::test]
async fn a_read_only_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("permissions.db");
    filled(&path).await;
    let mut permissions = std::fs::metadata(&path).expect("there").permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&path, permissions).expect("set");
    assert_says(&refused(&path).await, &path, &["read-only", "writable"]);
}

#[tokio::test]
async fn a_locked_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("permissions.db");
    let mut holder = raw(&path).await;
    holder
        .execute("CREATE TABLE t (x); BEGIN EXCLUSIVE")
        .await
        .expect("locked");
    let error = refused(&path).await;
    assert_says(&error, &path, &["another process holds a lock"]);
    assert!(error.source().is_some());
}

#[tokio::test]
async fn a_newer_schema() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("permissions.db");
    filled(&path).await;
    raw(&path)
        .await
        .execute(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (9000, 'from the future', TRUE, x'00', 0)",
        )
        .await
        .expect("inserted");
    assert_says(&refused(&path).await, &path, &["version 9000", "newer"]);
}

#[tokio::test]
async fn a_port_in_use() {
    let first = Server::start().await.expect("a server");
    let error = Server::builder()
        .bind(first.address())
        .start()
        .await
        .expect_err("a refusal");
    let text = error.to_string();
    assert!(text.contains(&first.address().to_string()), "{text}");
    assert!(text.contains("in use"), "{text}");
}

#[tokio::test]
async fn a_key_that_no_header_can_carry() {
    for key in ["", " padded", "line\nbreak", "schlüssel"] {
        let error = Server::builder()
            .admin_key(key)
            .start()
            .await
            .expect_err("a refusal");
        assert!(error.to_string().contains("API key"), "{error}");
    }
}
