//! Tests of the blocking client, in and outside of asynchronous code.
#![allow(clippy::unwrap_used, reason = "a test may")]

use permissions_ext::blocking::{Client, Permissions};
use permissions_ext::sync::DesiredState;
use permissions_ext::{Created, Error, ErrorKind, Order, Project, ProjectId};
use permissions_server::Server;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

/// A server with its own runtime.
struct Fixture {
    server: Server,
    runtime: Runtime,
}

impl Fixture {
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
        self.client().permissions("ft:a").unwrap()
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

#[test]
fn created_permissions_are_listed_and_deleted() {
    let fixture = Fixture::new();
    let permissions = fixture.permissions();

    let created = permissions.create(projects(5)).send().unwrap();
    assert_eq!(created.len(), 5);

    let list = permissions.list().page_size(2).order(Order::Ascending);
    let listed: Vec<ProjectId> = list
        .clone()
        .stream()
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
    assert_eq!(again.kind(), ErrorKind::NotFound, "{again}");
    let gone = permissions.delete_project(&projects(2)[1]).send().unwrap();
    assert_eq!(gone.len(), 1);
    assert_eq!(permissions.list().stream().count(), 3);
    fixture.stop();
}

#[test]
fn list_resumes_at_saved_position() {
    let fixture = Fixture::new();
    let permissions = fixture.permissions();
    let _ = permissions.create(projects(5)).send().unwrap();

    let mut stream = permissions.list().page_size(2).stream();
    let read: Vec<_> = stream.by_ref().take(3).map(Result::unwrap).collect();
    let rest = permissions.list().resume(&stream.position());

    assert_eq!(read.len(), 3);
    assert_eq!(rest.stream().count(), 2);
    fixture.stop();
}

#[test]
fn every_list_method_returns_the_projects() {
    let fixture = Fixture::new();
    let replies = fixture
        .runtime
        .block_on(TcpListener::bind("127.0.0.1:0"))
        .unwrap();
    let base_url = format!("http://{}/v1", replies.local_addr().unwrap());
    fixture.runtime.spawn(reply_with_projects(replies));
    let client = Client::builder().admin_key("sk-admin-1").base_url(base_url);
    let client = client.build().unwrap();
    let list = client.projects().include_archived(true).page_size(1);

    let all: Vec<Project> = list.clone().all().unwrap();
    let mut stream = list.clone().stream();
    let first = stream.next().unwrap().unwrap();
    let rest = client.projects().resume(&stream.position()).all().unwrap();

    assert_eq!([vec![first], rest].concat(), all);
    let names: Vec<_> = all.iter().map(|project| project.name.as_deref()).collect();
    assert_eq!(names, [Some("Forecast"), None]);
    assert_eq!(list.clone().pages().count(), 2);
    let page = list.send().unwrap();
    assert_eq!(page.next().unwrap().unwrap().data(), &all[1..]);
    fixture.stop();
}

/// Responds to each request with one of two projects, depending on the cursor.
async fn reply_with_projects(listener: TcpListener) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let mut request = vec![0; 4096];
        let length = stream.read(&mut request).await.unwrap();
        let is_first = !String::from_utf8_lossy(&request[..length]).contains("after=proj_1");
        let (id, name) = match is_first {
            true => ("proj_1", r#""Forecast""#),
            false => ("proj_2", "null"),
        };
        let body = format!(
            r#"{{"object":"list","has_more":{is_first},"last_id":"{id}","data":[{{"object":"organization.project","id":"{id}","name":{name},"created_at":1}}]}}"#
        );
        let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length";
        let response = format!("{head}: {}\r\n\r\n{body}", body.len());
        stream.write_all(response.as_bytes()).await.unwrap();
    }
}

#[test]
fn audit_after_apply_is_in_sync() {
    let fixture = Fixture::new();
    let client = fixture.client();
    let desired = DesiredState::new()
        .checkpoint("ft:a", projects(2))
        .and_then(|desired| desired.checkpoint("ft:b", projects(1)))
        .unwrap();

    let plan = client.plan(desired.clone()).send().unwrap();
    assert_eq!(plan.creations(), 3);
    assert!(client.apply(plan).send().unwrap().is_complete());

    let audit = client.audit(["ft:a", "ft:b"]);
    let report = audit.clone().send().unwrap();
    assert!(report.drift(&desired).is_in_sync());
    let results: Result<Vec<_>, _> = audit.stream().collect();
    assert_eq!(results.unwrap().len(), 2);
    fixture.stop();
}

#[test]
fn threads_share_one_client() {
    let fixture = Fixture::new();
    let client = fixture.client();

    std::thread::scope(|scope| {
        for n in 0..4 {
            let permissions = client.permissions(format!("ft:{n}")).unwrap();
            scope.spawn(move || {
                assert_eq!(create(&permissions).unwrap().len(), 1);
            });
        }
    });

    let all = (0..4).map(|n| format!("ft:{n}"));
    let report = client.audit(all).send().unwrap();
    assert_eq!(report.permissions().count(), 4);
    fixture.stop();
}

#[test]
fn calls_on_blocking_threads_of_a_runtime_succeed() {
    let fixture = Fixture::new();
    for runtime in runtimes() {
        let permissions = fixture.permissions();
        let waited = runtime.block_on(async move {
            tokio::task::spawn_blocking(move || create(&permissions))
                .await
                .unwrap()
        });
        assert_eq!(waited.unwrap().len(), 1);
        let entered = runtime.enter();
        assert_eq!(create(&fixture.permissions()).unwrap().len(), 1);
        drop(entered);
    }
    let permissions = fixture.permissions();
    let in_place = async move { tokio::task::block_in_place(|| create(&permissions)) };
    let runtime = runtimes().pop().unwrap();
    assert_eq!(runtime.block_on(in_place).unwrap().len(), 1);
    fixture.stop();
}

#[test]
fn call_in_an_asynchronous_task_fails() {
    let fixture = Fixture::new();
    for runtime in runtimes() {
        let (inside, spawned) = (fixture.permissions(), fixture.permissions());
        let errors = runtime.block_on(async move {
            let spawned = tokio::spawn(async move { create(&spawned).unwrap_err() });
            [create(&inside).unwrap_err(), spawned.await.unwrap()]
        });
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}");
            assert!(error.attempts().is_empty());
            assert_eq!(
                error.to_string(),
                "failed to wait for a response: the blocking client was called in an asynchronous task and would \
                 block the thread of the task"
            );
            let remedy = error.remedy().unwrap();
            assert!(remedy.contains("spawn_blocking"), "{remedy}");
        }
    }
    assert_eq!(fixture.permissions().list().stream().count(), 0);
    fixture.stop();
}

#[test]
fn client_can_be_dropped_in_asynchronous_code() {
    let fixture = Fixture::new();
    let (client, permissions) = (fixture.client(), fixture.permissions());
    assert_eq!(create(&permissions).unwrap().len(), 1);

    runtimes().remove(0).block_on(async move {
        drop(permissions);
        drop(client);
    });

    assert_eq!(create(&fixture.permissions()).unwrap().len(), 1);
    fixture.stop();
}

#[test]
fn iterator_ends_after_its_error() {
    let fixture = Fixture::new();
    let permissions = fixture.permissions();
    let mut items = runtimes()
        .remove(0)
        .block_on(async move { permissions.list().stream().collect::<Vec<_>>() });

    assert_eq!(items.len(), 1);
    let error = items.remove(0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    fixture.stop();
}

#[test]
fn call_without_server_fails_to_connect() {
    let fixture = Fixture::new();
    let permissions = fixture.permissions();
    fixture.stop();

    let error = create(&permissions).unwrap_err();

    let kinds = [ErrorKind::Connect, ErrorKind::Transport];
    assert!(kinds.contains(&error.kind()), "{error}");
}

/// Returns a current-thread and a multi-thread runtime.
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
