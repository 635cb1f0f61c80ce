//! The blocking client, on every kind of thread.
#![allow(clippy::unwrap_used, reason = "a test may")]

use permissions_ext::blocking::{Client, Permissions};
use permissions_ext::{Created, Desired, Error, Order, ProjectId};
use permissions_server::Server;
use tokio::runtime::{Builder, Runtime};

/// A server on a runtime of its own.
struct World {
    server: Server,
    runtime: Runtime,
}

impl World {
    fn new() -> Self {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let server = runtime.block_on(Server::start()).unwrap();
        Self { server, runtime }
    }

    fn client(&self) -> Client {
        Client::builder()
            .admin_key(self.server.admin_key())
            .base_url(self.server.base_url())
            .build()
            .unwrap()
    }

    fn permissions(&self) -> Permissions {
        self.client().permissions(&"ft:a".parse().unwrap())
    }

    fn stop(self) {
        self.runtime.block_on(self.server.shutdown());
    }
}

fn projects(count: usize) -> Vec<ProjectId> {
    (0..count)
        .map(|n| format!("proj_{n}").parse().unwrap())
        .collect()
}

fn create(permissions: &Permissions) -> Result<Created, Error> {
    permissions.create(projects(1)).send()
}

// Row 63.
#[test]
fn what_is_created_is_listed_over_pages_and_can_be_deleted() {
    let world = World::new();
    let permissions = world.permissions();

    let created = permissions.create(projects(5)).send().unwrap();
    assert_eq!(created.created().count(), 5);

    let list = permissions.list().page_size(2).order(Order::Ascending);
    let listed: Vec<ProjectId> = list
        .clone()
        .into_iter()
        .map(|permission| permission.unwrap().project_id)
        .collect();
    assert_eq!(listed, projects(5));
    let pages: Vec<usize> = list
        .clone()
        .pages()
        .map(|page| page.unwrap().data().len())
        .collect();
    assert_eq!(pages, [2, 2, 1]);
    let first = list.send().unwrap();
    let second = first.next().unwrap().unwrap();
    assert_eq!(second.data()[0].project_id, projects(3)[2]);

    let gone = permissions.delete(&first.data()[0].id).send().unwrap();
    assert!(!gone.already_gone);
    let again = permissions.delete(&first.data()[0].id).send().unwrap_err();
    assert!(again.is_not_found(), "{again}");
    let gone = permissions.delete_project(&projects(2)[1]).send().unwrap();
    assert_eq!(gone.len(), 1);
    assert_eq!(permissions.list().stream().count(), 3);
    world.stop();
}

#[test]
fn a_list_goes_on_where_it_was_left() {
    let world = World::new();
    let permissions = world.permissions();
    let _ = permissions.create(projects(5)).send().unwrap();

    let mut stream = permissions.list().page_size(2).stream();
    let read: Vec<_> = stream.by_ref().take(3).map(Result::unwrap).collect();
    let rest = permissions.list().resume(&stream.position());

    assert_eq!(read.len(), 3);
    assert_eq!(rest.stream().count(), 2);
    world.stop();
}

#[test]
fn a_plan_is_made_and_applied_and_an_audit_finds_it_so() {
    let world = World::new();
    let client = world.client();
    let desired = Desired::new()
        .checkpoint("ft:a".parse().unwrap(), projects(2))
        .checkpoint("ft:b".parse().unwrap(), projects(1));

    let plan = client.plan(desired.clone()).send().unwrap();
    assert_eq!(plan.creations(), 3);
    assert!(client.apply(plan).send().unwrap().is_complete());

    let audit = client.audit(desired.checkpoints().cloned());
    let report = audit.clone().send().unwrap();
    assert!(report.drift(&desired).is_in_sync());
    let results: Result<Vec<_>, _> = audit.stream().collect();
    assert_eq!(results.unwrap().len(), 2);
    world.stop();
}

#[test]
fn threads_share_a_client() {
    let world = World::new();
    let client = world.client();

    std::thread::scope(|scope| {
        for n in 0..4 {
            let permissions = client.permissions(&format!("ft:{n}").parse().unwrap());
            scope.spawn(move || {
                assert_eq!(create(&permissions).unwrap().len(), 1);
            });
        }
    });

    let all = (0..4).map(|n| format!("ft:{n}").parse().unwrap());
    let report = client.audit(all).send().unwrap();
    assert_eq!(report.permissions().count(), 4);
    world.stop();
}

#[test]
fn within_a_runtime_it_works_on_threads_that_may_wait() {
    let world = World::new();
    for runtime in runtimes() {
        let permissions = world.permissions();
        let waited = runtime.block_on(async move {
            tokio::task::spawn_blocking(move || create(&permissions))
                .await
                .unwrap()
        });
        assert_eq!(waited.unwrap().len(), 1);
        let entered = runtime.enter();
        assert_eq!(create(&world.permissions()).unwrap().len(), 1);
        drop(entered);
    }
    let permissions = world.permissions();
    let in_place = async move { tokio::task::block_in_place(|| create(&permissions)) };
    let runtime = runtimes().pop().unwrap();
    assert_eq!(runtime.block_on(in_place).unwrap().len(), 1);
    world.stop();
}

#[test]
fn from_an_asynchronous_task_it_does_nothing_and_says_so() {
    let world = World::new();
    for runtime in runtimes() {
        let (inside, spawned) = (world.permissions(), world.permissions());
        let errors = runtime.block_on(async move {
            let spawned = tokio::spawn(async move { create(&spawned).unwrap_err() });
            [create(&inside).unwrap_err(), spawned.await.unwrap()]
        });
        for error in errors {
            assert!(error.is_would_block(), "{error}");
            assert!(error.attempts().is_empty());
            assert_eq!(
                error.to_string(),
                "failed to wait for an answer: the blocking client was called from an asynchronous task, which it \
                 would hold up; use the asynchronous client there, or call this one within \
                 tokio::task::spawn_blocking"
            );
        }
    }
    assert_eq!(world.permissions().list().stream().count(), 0);
    world.stop();
}

#[test]
fn a_client_may_be_dropped_within_a_runtime() {
    let world = World::new();
    let (client, permissions) = (world.client(), world.permissions());
    assert_eq!(create(&permissions).unwrap().len(), 1);

    runtimes().remove(0).block_on(async move {
        drop(permissions);
        drop(client);
    });

    assert_eq!(create(&world.permissions()).unwrap().len(), 1);
    world.stop();
}

#[test]
fn an_iterator_ends_after_its_error() {
    let world = World::new();
    let permissions = world.permissions();
    let mut items = runtimes()
        .remove(0)
        .block_on(async move { permissions.list().stream().collect::<Vec<_>>() });

    assert_eq!(items.len(), 1);
    assert!(items.remove(0).unwrap_err().is_would_block());
    world.stop();
}

#[test]
fn a_server_that_is_not_there_is_an_error_as_ever() {
    let world = World::new();
    let permissions = world.permissions();
    world.stop();

    let error = create(&permissions).unwrap_err();

    assert!(error.is_connect() || error.is_transport(), "{error}");
}

/// One of each kind.
fn runtimes() -> Vec<Runtime> {
    vec![
        Builder::new_current_thread().enable_all().build().unwrap(),
        Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap(),
    ]
}
