//! Lists are complete, or an error.

use futures_util::TryStreamExt as _;
use permissions_ext::{Error, Order, Permission, Position};
use serde_json::json;

use crate::support::store::answer;
use crate::support::wire::Reply;
use crate::support::{FaultServer, checkpoint, project};

/// A page with these permissions, whose ids are given.
fn page(ids: &[&str], last_id: Option<&str>, has_more: bool) -> Reply {
    let permissions: Vec<_> = ids
        .iter()
        .map(|id| ((*id).to_owned(), format!("proj_of_{id}")))
        .collect();
    let mut page = answer(&permissions.iter().collect::<Vec<_>>(), has_more);
    page["last_id"] = json!(last_id);
    Reply::json(200, &page)
}

/// Everything that a list gives until it ends: the ids, and the error in the end.
async fn read(server: &FaultServer) -> (Vec<String>, Option<Error>) {
    let mut stream = server.permissions().list().stream();
    let (mut ids, mut error) = (Vec::new(), None);
    while let Some(item) = stream.next().await {
        assert!(error.is_none(), "a stream went on after an error");
        match item {
            Ok(permission) => ids.push(permission.id.to_string()),
            Err(cause) => error = Some(cause),
        }
    }
    assert!(stream.next().await.is_none(), "a stream came back to life");
    (ids, error)
}

fn cursors(server: &FaultServer) -> Vec<Option<String>> {
    server
        .requests()
        .iter()
        .map(|request| request.query("after"))
        .collect()
}

#[tokio::test]
async fn empty_page_with_has_more_continues() {
    let server = FaultServer::new().await;
    server.respond(
        "GET",
        [
            page(&["a"], Some("a"), true),
            page(&[], Some("b"), true),
            page(&["c"], Some("c"), false),
        ],
    );

    let (ids, error) = read(&server).await;

    assert_eq!(
        (ids, error.is_none()),
        (vec!["a".to_owned(), "c".to_owned()], true)
    );
    assert_eq!(
        cursors(&server),
        [None, Some("a".to_owned()), Some("b".to_owned())]
    );
}

#[tokio::test]
async fn missing_last_id_falls_back_to_last_item() {
    let server = FaultServer::new().await;
    server.respond(
        "GET",
        [
            page(&["a"], Some("not-an-item"), true),
            page(&["b"], None, true),
            page(&["c"], None, false),
        ],
    );

    let (ids, error) = read(&server).await;

    assert_eq!((ids.len(), error.is_none()), (3, true));
    assert_eq!(
        cursors(&server),
        [None, Some("not-an-item".to_owned()), Some("b".to_owned())]
    );
    assert!(
        server
            .requests()
            .iter()
            .all(|request| request.query("limit").as_deref() == Some("100"))
    );
}

#[tokio::test]
async fn has_more_without_cursor_fails_after_valid_items() {
    let server = FaultServer::new().await;
    server.respond(
        "GET",
        [page(&["a"], Some("a"), true), page(&[], None, true)],
    );

    let (ids, error) = read(&server).await;

    assert_eq!(ids, ["a"]);
    assert!(error.unwrap().kind() == ErrorKind::Pagination);
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn repeated_cursor_fails_after_valid_items() {
    for (cycle, requests) in [
        (vec!["a", "a"], 2),
        (vec!["a", "b", "a"], 3),
        (vec!["a", "b", "c", "b"], 4),
    ] {
        let server = FaultServer::new().await;
        let ids: Vec<String> = (0..cycle.len()).map(|n| format!("item_{n}")).collect();
        server.respond(
            "GET",
            cycle
                .iter()
                .zip(&ids)
                .map(|(cursor, id)| page(&[id], Some(cursor), true)),
        );

        let (seen, error) = read(&server).await;

        assert_eq!(seen, ids, "{cycle:?}");
        assert!(error.unwrap().kind() == ErrorKind::Pagination, "{cycle:?}");
        assert_eq!(server.requests().len(), requests, "{cycle:?}");
    }
}

#[tokio::test]
async fn repeated_start_cursor_fails() {
    let server = FaultServer::new().await;
    server.respond("GET", [page(&["b"], Some("a"), true)]);
    let list = server.permissions().list().after("a");
    let error = list.stream().try_collect::<Vec<_>>().await.unwrap_err();
    assert!(error.kind() == ErrorKind::Pagination, "{error}");
}

#[tokio::test]
async fn failed_page_keeps_items_of_earlier_pages() {
    let server = FaultServer::new().await;
    server.respond(
        "GET",
        [page(&["a", "b"], Some("b"), true), Reply::html(403)],
    );

    let (ids, error) = read(&server).await;

    assert_eq!(ids, ["a", "b"]);
    assert!(error.unwrap().kind() == ErrorKind::PermissionDenied);
}

#[tokio::test]
async fn each_page_has_its_own_retries() {
    let server = FaultServer::new().await;
    for n in 0..4 {
        let id = format!("item_{n}");
        server.respond(
            "GET",
            [
                Reply::html(500),
                Reply::Reset,
                page(&[&id], Some(&id), n < 3),
            ],
        );
    }
    let (ids, error) = read(&server).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!((ids.len(), server.requests().len()), (4, 12));
}

#[tokio::test]
async fn every_page_request_has_all_parameters() {
    let server = FaultServer::new().await;
    server.respond(
        "GET",
        [
            page(&["a"], Some("a"), true),
            page(&["b"], Some("b"), false),
        ],
    );
    let list = server
        .permissions()
        .list()
        .page_size(7)
        .order(Order::Ascending)
        .project_id(project("proj_ü/1"));

    let all: Vec<Permission> = list
        .after("start")
        .all().await
        .unwrap();

    assert_eq!(all.len(), 2);
    for (request, after) in server.requests().iter().zip(["start", "a"]) {
        assert_eq!(request.query("limit").as_deref(), Some("7"));
        assert_eq!(request.query("order").as_deref(), Some("ascending"));
        assert_eq!(request.query("project_id").as_deref(), Some("proj_ü/1"));
        assert_eq!(request.query("after").as_deref(), Some(after));
    }
    server
        .permissions()
        .list()
        .page_size(0)
        .send()
        .await
        .unwrap();
    assert_eq!(server.requests()[2].query("limit").as_deref(), Some("0"));
}

#[tokio::test]
async fn max_items_limits_requests() {
    let server = FaultServer::with(&["p1", "p2", "p3", "p4", "p5"]).await;
    let list = server.permissions().list().page_size(2);

    let three: Vec<Permission> = list
        .clone()
        .max_items(3)
        .all().await
        .unwrap();
    assert_eq!(three.len(), 3);
    let limits: Vec<_> = server
        .requests()
        .iter()
        .map(|request| request.query("limit").unwrap())
        .collect();
    assert_eq!(limits, ["2", "1"]);

    let none: Vec<Permission> = list.max_items(0).all().await.unwrap();
    assert!(none.is_empty());
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn next_after_last_page_sends_nothing() {
    let server = FaultServer::with(&["p1", "p2", "p3"]).await;
    let first = server
        .permissions()
        .list()
        .page_size(2)
        .send()
        .await
        .unwrap();
    let second = first.next().await.unwrap().unwrap();

    assert_eq!((first.data().len(), second.data().len()), (2, 1));
    assert_eq!((first.has_more(), second.has_more()), (true, false));
    assert_eq!(first.metadata().request_id(), Some("req_1"));
    assert!(second.next().await.unwrap().is_none());
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn stream_prefetches_next_page() {
    let server = FaultServer::with(&["p1", "p2", "p3"]).await;
    let mut stream = server.permissions().list().page_size(2).stream();
    let _ = stream.next().await.unwrap().unwrap();
    server.wait_for(2).await;
}

#[tokio::test]
async fn prefetch_false_fetches_no_page_ahead() {
    let server = FaultServer::with(&["p1", "p2", "p3"]).await;
    let mut stream = server
        .permissions()
        .list()
        .page_size(2)
        .prefetch(false)
        .stream();
    let _ = stream.next().await.unwrap().unwrap();
    // Whatever was on its way has arrived by the time that a later request has been answered.
    let _ = server.permissions().list().send().await.unwrap();
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn saved_position_resumes_without_gap() {
    let projects: Vec<String> = (0..7).map(|n| format!("p{n}")).collect();
    let server = FaultServer::with(&projects.iter().map(String::as_str).collect::<Vec<_>>()).await;
    for read_before in 0..=7 {
        let list = server
            .permissions()
            .list()
            .page_size(3)
            .order(Order::Ascending);
        let mut stream = list.stream();
        let mut seen = Vec::new();
        for _ in 0..read_before {
            seen.push(stream.next().await.unwrap().unwrap().project_id.to_string());
        }
        let saved = serde_json::to_string(&stream.position()).unwrap();
        drop(stream);

        let position: Position = serde_json::from_str(&saved).unwrap();
        let rest = server
            .permissions()
            .list()
            .page_size(3)
            .resume(&position)
            .stream();
        let rest: Vec<Permission> = rest.try_collect().await.unwrap();
        seen.extend(
            rest.into_iter()
                .map(|permission| permission.project_id.to_string()),
        );
        assert_eq!(seen, projects, "after {read_before}: {saved}");
    }
}

#[tokio::test]
async fn position_of_other_checkpoint_is_refused() {
    let server = FaultServer::with(&["proj_1"]).await;
    let client = server.builder().build().unwrap();
    let mut stream = client.permissions(checkpoint()).unwrap().list().stream();
    let at_the_start = stream.position();
    while let Some(permission) = stream.next().await {
        permission.unwrap();
    }
    let asked = server.requests().len();
    for position in [at_the_start, stream.position()] {
        let other = client.permissions("ft:other").list();
        let error = other
            .resume(&position)
            .stream()
            .next()
            .await
            .unwrap()
            .unwrap_err();
        assert!(error.kind() == ErrorKind::InvalidRequest, "{error}");
        assert!(
            error.to_string().contains(position.checkpoint.as_str()),
            "{error}"
        );
    }
    assert_eq!(server.requests().len(), asked);
}

#[tokio::test]
async fn repeated_rows_are_left_out() {
    let server = FaultServer::new().await;
    server.respond(
        "GET",
        [
            page(&["a", "b"], Some("x"), true),
            page(&["b", "c"], Some("y"), false),
        ],
    );
    let mut stream = server.permissions().list().stream();
    let mut ids = Vec::new();
    while let Some(permission) = stream.next().await {
        ids.push(permission.unwrap().id.to_string());
    }
    assert_eq!(
        (ids, stream.repeated()),
        (vec!["a".to_owned(), "b".to_owned(), "c".to_owned()], 1)
    );
}

#[test]
fn streams_are_send_sync_and_unpin() {
    fn anywhere<T: Send + Sync + Unpin + 'static>() {}
    anywhere::<permissions_ext::PermissionStream>();
    anywhere::<permissions_ext::PageStream>();
    anywhere::<permissions_ext::AuditStream>();
    anywhere::<Error>();
    anywhere::<permissions_ext::Client>();
}

/// A runtime belongs to its thread pool or its `block_on`, a list to nobody.
#[test]
fn list_continues_in_another_runtime() {
    let runtime = || tokio::runtime::Runtime::new().unwrap();
    let servers = runtime();
    let server = servers.block_on(FaultServer::with(&["proj_1", "proj_2"]));
    let list = server.permissions().list().page_size(1).prefetch(false);
    let mut pages = list.pages();
    for project in ["proj_2", "proj_1"] {
        let page = runtime().block_on(pages.next()).unwrap().unwrap();
        assert_eq!(page.data()[0].project_id.as_str(), project);
    }
}

#[tokio::test]
async fn position_of_other_order_or_project_is_refused() {
    let server = FaultServer::with(&["proj_1", "proj_2"]).await;
    let permissions = server.permissions();
    let mut stream = permissions.list().page_size(1).stream();
    stream.next().await.unwrap().unwrap();
    let position = stream.position();
    let sent = server.requests().len();
    let resumed = || permissions.list().prefetch(false).resume(&position);
    for list in [
        resumed().order(Order::Ascending),
        resumed().project_id(project("proj_1")),
    ] {
        let error = list.send().await.unwrap_err();
        assert!(error.kind() == ErrorKind::InvalidRequest, "{error}");
        assert!(error.to_string().contains("another order"), "{error}");
    }
    assert!(
        server.requests().len() <= sent + 1,
        "the first stream alone went on"
    );
    let rest: Vec<Permission> = resumed().all().await.unwrap();
    assert_eq!(rest.len(), 1);
}

#[tokio::test]
async fn page_size_zero_error_names_page_size() {
    let server = FaultServer::with(&["proj_1"]).await;
    let list = server.permissions().list().page_size(0);
    let all: Result<Vec<Permission>, Error> = list.all().await;
    let error = all.unwrap_err();
    assert!(
        error.to_string().contains("set `page_size` to at least 1"),
        "{error}"
    );
}

#[tokio::test]
async fn finished_position_of_other_list_is_refused() {
    let server = FaultServer::with(&["proj_1"]).await;
    let permissions = server.permissions();
    let mut stream = permissions.list().stream();
    while stream.next().await.transpose().unwrap().is_some() {}
    let end = stream.position();
    assert!(end.finished);
    let same: Vec<Permission> = permissions
        .list()
        .resume(&end)
        .all().await
        .unwrap();
    assert!(same.is_empty());
    let other = permissions.list().resume(&end).order(Order::Ascending);
    let refused: Result<Vec<Permission>, Error> = other.all().await;
    assert!(refused.unwrap_err().kind() == ErrorKind::InvalidRequest);
}
