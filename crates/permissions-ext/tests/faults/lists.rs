//! A list is complete, or ends with an error.

use std::time::Duration;

use permissions_ext::{Error, ErrorKind, Event, ItemStream, Order, Page, PageStream, Permission};
use serde_json::json;

use crate::support::store::list_body;
use crate::support::wire::Reply;
use crate::support::{FaultServer, checkpoint};

/// Returns a page with permissions of these ids.
fn page(ids: &[&str], last_id: Option<&str>, has_more: bool) -> Reply {
    let permissions: Vec<_> = ids
        .iter()
        .map(|id| ((*id).to_owned(), format!("proj_of_{id}")))
        .collect();
    let mut page = list_body(&permissions.iter().collect::<Vec<_>>(), has_more);
    page["last_id"] = json!(last_id);
    Reply::json(200, &page)
}

/// Reads all items of a list. Returns the ids and the error with which the list ended.
async fn read(server: &FaultServer) -> (Vec<String>, Option<Error>) {
    let mut stream = server.permissions().list().stream();
    let (mut ids, mut error) = (Vec::new(), None);
    while let Some(item) = stream.next().await {
        assert!(error.is_none(), "the stream continues after an error");
        match item {
            Ok(permission) => ids.push(permission.id.to_string()),
            Err(cause) => error = Some(cause),
        }
    }
    assert!(
        stream.next().await.is_none(),
        "the stream continues after its end"
    );
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
    let server = FaultServer::start().await;
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
    let server = FaultServer::start().await;
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
    let server = FaultServer::start().await;
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
        let server = FaultServer::start().await;
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
    let server = FaultServer::start().await;
    server.respond("GET", [page(&["b"], Some("a"), true)]);
    let list = server.permissions().list().after("a");
    let error = list.all().await.unwrap_err();
    assert!(error.kind() == ErrorKind::Pagination, "{error}");
}

#[tokio::test]
async fn failed_page_keeps_items_of_earlier_pages() {
    let server = FaultServer::start().await;
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
    let server = FaultServer::start().await;
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
    let server = FaultServer::start().await;
    for (id, has_more) in [("a", true), ("b", false)] {
        let permission = (id.to_owned(), "proj_ü/1".to_owned());
        server.respond(
            "GET",
            [Reply::json(200, &list_body(&[&permission], has_more))],
        );
    }
    let list = server
        .permissions()
        .list()
        .page_size(7)
        .order(Order::Ascending)
        .project_id("proj_ü/1");

    let all: Vec<Permission> = list.after("start").all().await.unwrap();

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
    let server = FaultServer::with_permissions(&["p1", "p2", "p3", "p4", "p5"]).await;
    let list = server.permissions().list().page_size(2);

    let three: Vec<Permission> = list.clone().max_items(3).all().await.unwrap();
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
    let server = FaultServer::with_permissions(&["p1", "p2", "p3"]).await;
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
    let server = FaultServer::with_permissions(&["p1", "p2", "p3"]).await;
    let mut stream = server.permissions().list().page_size(2).stream();
    let _ = stream.next().await.unwrap().unwrap();
    server.wait_for_requests(2).await;
}

#[tokio::test]
async fn prefetch_false_fetches_no_page_ahead() {
    let server = FaultServer::with_permissions(&["p1", "p2", "p3"]).await;
    let mut stream = server
        .permissions()
        .list()
        .page_size(2)
        .prefetch(false)
        .stream();
    let _ = stream.next().await.unwrap().unwrap();
    // A prefetch would have arrived before this request.
    let _ = server.permissions().list().send().await.unwrap();
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn item_of_another_project_in_filtered_list_fails() {
    let server = FaultServer::start().await;
    server.respond("GET", [page(&["a"], Some("a"), false)]);
    let list = server.permissions().list().project_id("proj_1");
    let error = list.all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Pagination, "{error}");
    assert!(error.to_string().contains("proj_of_a"), "{error}");
}

#[tokio::test]
async fn next_page_has_a_deadline_of_its_own() {
    let server = FaultServer::with_permissions(&["p1", "p2"]).await;
    let list = server.permissions().list().page_size(1);
    let first = list.deadline(Duration::from_secs(1)).send().await.unwrap();
    server.respond("GET", [Reply::Stall(Vec::new())]);
    let error = first.next().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Deadline, "{error}");
    // The deadline of the first page has passed by now.
    assert!(first.next().await.unwrap().is_some());
}

#[tokio::test]
async fn panicking_observer_fails_the_call() {
    let server = FaultServer::with_permissions(&["p1", "p2", "p3"]).await;
    let client = server.client_builder().observer(|event| {
        if let Event::Page {
            has_more: false, ..
        } = event
        {
            panic!("broken metrics");
        }
    });
    let client = client.build().unwrap();
    let list = client.permissions(checkpoint()).unwrap().list();
    for list in [list.clone(), list.page_size(1)] {
        let error = list.all().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Panic, "{error}");
        assert!(error.to_string().contains("broken metrics"), "{error}");
    }
}

#[test]
fn prefetch_in_stopped_runtime_is_cancelled() {
    let runtime = || tokio::runtime::Runtime::new().unwrap();
    let (servers, first, second) = (runtime(), runtime(), runtime());
    let server = servers.block_on(FaultServer::with_permissions(&["p1", "p2", "p3"]));
    let mut pages = server.permissions().list().page_size(1).pages();
    first.block_on(pages.next()).unwrap().unwrap();
    // Also drops the task that would prefetch the third page.
    drop(first);
    let error = second.block_on(async {
        loop {
            if let Err(error) = pages.next().await.unwrap() {
                break error;
            }
        }
    });
    assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
}

#[tokio::test]
async fn repeated_rows_are_left_out() {
    let server = FaultServer::start().await;
    server.respond(
        "GET",
        [
            page(&["a", "b"], Some("x"), true),
            page(&["b", "c"], Some("y"), true),
            page(&["c", "a", "d"], Some("z"), false),
        ],
    );
    let (ids, error) = read(&server).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(ids, ["a", "b", "c", "d"]);
}

#[test]
fn streams_are_send_sync_and_unpin() {
    fn check<T: Send + Sync + Unpin + 'static>() {}
    check::<ItemStream>();
    check::<PageStream>();
    check::<permissions_ext::audit::AuditStream>();
    check::<Page>();
    check::<Error>();
    check::<permissions_ext::Client>();
}

#[test]
fn list_can_be_continued_in_another_runtime() {
    let runtime = || tokio::runtime::Runtime::new().unwrap();
    let servers = runtime();
    let server = servers.block_on(FaultServer::with_permissions(&["proj_1", "proj_2"]));
    let list = server.permissions().list().page_size(1).prefetch(false);
    let mut pages = list.pages();
    for project in ["proj_2", "proj_1"] {
        let page = runtime().block_on(pages.next()).unwrap().unwrap();
        assert_eq!(page.data()[0].project_id.as_str(), project);
    }
}

#[tokio::test]
async fn page_size_zero_error_mentions_page_size() {
    let server = FaultServer::with_permissions(&["proj_1"]).await;
    let list = server.permissions().list().page_size(0);
    let all: Result<Vec<Permission>, Error> = list.all().await;
    let error = all.unwrap_err();
    assert!(
        error.to_string().contains("set `page_size` to at least 1"),
        "{error}"
    );
}
