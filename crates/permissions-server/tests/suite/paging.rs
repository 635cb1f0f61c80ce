//! Pages stay exact while others create and delete.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::task::JoinSet;

use crate::place::{Backend, Place};
use crate::support::Client;

/// One case: what there is, how it is read, and what happens meanwhile.
#[derive(Debug, Clone)]
struct Case {
    /// `true`: stays throughout; `false`: may be deleted at any time.
    initial: Vec<bool>,
    page: usize,
    /// In what order the volatile ones are deleted.
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

fn holds(backend: Backend, cases: u32) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&case(), |case| {
            runtime.block_on(async {
                if let Some(place) = Place::new(backend).await {
                    read_under_change(&place, &case).await;
                }
            });
            Ok(())
        })
        .expect("exact pages");
}

#[test]
fn memory() {
    holds(Backend::Memory, 24);
}

#[test]
fn file() {
    holds(Backend::File, 12);
}

#[test]
fn postgres() {
    holds(Backend::Postgres, 12);
}

#[test]
fn processes() {
    holds(Backend::Processes, 4);
}

async fn read_under_change(place: &Place, case: &Case) {
    let server = place.serving().await;
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
        assert_eq!(ids.len(), seen.len(), "{order}: one came twice");
    }
}

/// The filter leaves one permission on the page, or none once it is deleted, and then for good.
async fn read_one_project(client: Arc<Client>, project: String, id: String) {
    let mut gone = false;
    for order in ["ascending", "descending", "ascending", "descending"] {
        let page = client
            .list(&format!("order={order}&limit=1&project_id={project}"))
            .await;
        let ids = page.each("id");
        assert!(ids == [id.as_str()] || ids.is_empty(), "{page:?}");
        assert!(!gone || ids.is_empty(), "{project} is back");
        assert!(!project.ends_with("stays") || !ids.is_empty(), "{project}");
        assert_eq!(page.body["first_id"].as_str(), ids.first().copied());
        assert_eq!(page.body["last_id"].as_str(), ids.first().copied());
        assert_eq!(page.body["has_more"], false);
        gone = ids.is_empty();
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
