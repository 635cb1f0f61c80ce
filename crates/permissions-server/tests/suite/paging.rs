//! Pages during concurrent creates and deletes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::task::JoinSet;

use crate::database::TestDatabase;
use crate::support::Client;

/// A random test case: initial permissions, a page size and concurrent deletions.
#[derive(Debug, Clone)]
struct Case {
    /// One element for each permission. `false` means that the permission may be deleted while the pages are read.
    initial: Vec<bool>,
    page: usize,
    /// Selects the permissions to delete, in the order of deletion.
    deletions: Vec<prop::sample::Index>,
}

fn case() -> impl Strategy<Value = Case> {
    (
        prop::collection::vec(any::<bool>(), 1..60),
        1_usize..8,
        prop::collection::vec(any::<prop::sample::Index>(), 1..40),
    )
        .prop_map(|(initial, page, deletions)| Case {
            initial,
            page,
            deletions,
        })
}

/// Runs random cases, each with a new database.
pub fn check(cases: u32, database: impl Fn() -> TestDatabase) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&case(), |case| {
            runtime.block_on(read_during_changes(&database(), &case));
            Ok(())
        })
        .expect("exact pages");
}

#[test]
fn pages_in_memory_stay_consistent_during_changes() {
    check(24, TestDatabase::memory);
}

#[test]
fn pages_from_sqlite_file_stay_consistent_during_changes() {
    check(12, TestDatabase::file);
}

async fn read_during_changes(database: &TestDatabase, case: &Case) {
    let server = database.serve().await;
    let client = Arc::new(Client::of(&server));
    let projects: Vec<String> = case
        .initial
        .iter()
        .enumerate()
        .map(|(n, stays)| format!("proj_{n}_{}", if *stays { "stays" } else { "volatile" }))
        .collect();
    let created = client
        .create(&projects.iter().map(String::as_str).collect::<Vec<_>>())
        .await;
    let stable: Vec<String> = projects
        .iter()
        .filter(|project| project.ends_with("stays"))
        .cloned()
        .collect();
    let volatile: Vec<String> = created
        .each("id")
        .into_iter()
        .zip(&case.initial)
        .filter(|(_, stays)| !**stays)
        .map(|(id, _)| id.to_owned())
        .collect();

    let reading = Arc::new(AtomicBool::new(true));
    let mut writers = JoinSet::new();
    writers.spawn(delete_some(
        Arc::clone(&client),
        volatile,
        case.deletions.clone(),
    ));
    for creator in 0..2 {
        let (client, reading) = (Arc::clone(&client), Arc::clone(&reading));
        writers.spawn(async move {
            for n in 0.. {
                if !reading.load(Ordering::Relaxed) {
                    break;
                }
                let added = client.create(&[&format!("proj_new_{creator}_{n}")]).await;
                if n % 2 == 0 {
                    client.delete(added.each("id")[0]).await;
                }
            }
        });
    }
    let filters = JoinSet::from_iter(projects.iter().zip(created.each("id")).map(
        |(project, id)| read_one_project(Arc::clone(&client), project.clone(), id.to_owned()),
    ));
    let mut readers = JoinSet::new();
    for order in ["ascending", "descending"] {
        let (client, page) = (Arc::clone(&client), case.page);
        readers.spawn(async move { (order, client.all(order, page).await) });
    }
    let readings = readers.join_all().await;
    filters.join_all().await;
    reading.store(false, Ordering::Relaxed);
    writers.join_all().await;

    for (order, seen) in readings {
        let mut stayed: Vec<&str> = seen
            .iter()
            .map(|(_, project)| project.as_str())
            .filter(|project| project.ends_with("stays"))
            .collect();
        if order == "descending" {
            stayed.reverse();
        }
        assert_eq!(stayed, stable, "{order}");
        let mut ids: Vec<&str> = seen.iter().map(|(id, _)| id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), seen.len(), "{order}: a permission occurs twice");
    }
}

/// Checks that the page filtered by `project` contains the permission `id` until this permission is deleted, and is
/// empty afterwards.
async fn read_one_project(client: Arc<Client>, project: String, id: String) {
    let mut deleted = false;
    for order in ["ascending", "descending", "ascending", "descending"] {
        let page = client
            .list(&format!("order={order}&limit=1&project_id={project}"))
            .await;
        let ids = page.each("id");
        assert!(ids == [id.as_str()] || ids.is_empty(), "{page:?}");
        assert!(!deleted || ids.is_empty(), "{project} reappeared");
        assert!(!project.ends_with("stays") || !ids.is_empty(), "{project}");
        assert_eq!(page.body["first_id"].as_str(), ids.first().copied());
        assert_eq!(page.body["last_id"].as_str(), ids.first().copied());
        assert_eq!(page.body["has_more"], false);
        deleted = ids.is_empty();
    }
}

async fn delete_some(
    client: Arc<Client>,
    mut volatile: Vec<String>,
    deletions: Vec<prop::sample::Index>,
) {
    for deletion in deletions {
        if volatile.is_empty() {
            break;
        }
        let id = volatile.swap_remove(deletion.index(volatile.len()));
        assert_eq!(client.delete(&id).await.status, 200);
    }
}
