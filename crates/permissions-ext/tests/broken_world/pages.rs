//! Lists are complete, or an error.

use futures_util::TryStreamExt as _;
use permissions_ext::{Error, Order, Permission, Position};
use serde_json::json;

use crate::support::store::answer;
use crate::support::wire::Reply;
use crate::support::{World, checkpoint, project};

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
async fn read(world: &World) -> (Vec<String>, Option<Error>) {
    let mut stream = world.permissions().list().stream();
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

fn cursors(world: &World) -> Vec<Option<String>> {
    world
        .requests()
        .iter()
        .map(|request| request.query("after"))
        .collect()
}

// Row 55 of the behaviours that the official SDKs' tests assert: they end here, and lose what follows.
#[tokio::test]
async fn an_empty_page_with_more_to_come_is_not_the_end() {
    let world = World::new().await;
    world.answers(
        "GET",
        [
            page(&["a"], Some("a"), true),
            page(&[], Some("b"), true),
            page(&["c"], Some("c"), false),
        ],
    );

    let (ids, error) = read(&world).await;

    assert_eq!(
        (ids, error.is_none()),
        (vec!["a".to_owned(), "c".to_owned()], true)
    );
    assert_eq!(
        cursors(&world),
        [None, Some("a".to_owned()), Some("b".to_owned())]
    );
}

// Row 53.
#[tokio::test]
async fn the_cursor_is_the_servers_and_falls_back_to_the_last_item() {
    let world = World::new().await;
    world.answers(
        "GET",
        [
            page(&["a"], Some("not-an-item"), true),
            page(&["b"], None, true),
            page(&["c"], None, false),
        ],
    );

    let (ids, error) = read(&world).await;

    assert_eq!((ids.len(), error.is_none()), (3, true));
    assert_eq!(
        cursors(&world),
        [None, Some("not-an-item".to_owned()), Some("b".to_owned())]
    );
    assert!(
        world
            .requests()
            .iter()
            .all(|request| request.query("limit").as_deref() == Some("100"))
    );
}

// Extras 7, 8.
#[tokio::test]
async fn more_without_a_cursor_is_an_error_after_the_good_items() {
    let world = World::new().await;
    world.answers(
        "GET",
        [page(&["a"], Some("a"), true), page(&[], None, true)],
    );

    let (ids, error) = read(&world).await;

    assert_eq!(ids, ["a"]);
    assert!(error.unwrap().is_pagination());
    assert_eq!(world.requests().len(), 2);
}

// Extra 7.
#[tokio::test]
async fn a_cursor_that_comes_back_is_an_error_after_the_good_items() {
    for (cycle, requests) in [
        (vec!["a", "a"], 2),
        (vec!["a", "b", "a"], 3),
        (vec!["a", "b", "c", "b"], 4),
    ] {
        let world = World::new().await;
        let ids: Vec<String> = (0..cycle.len()).map(|n| format!("item_{n}")).collect();
        world.answers(
            "GET",
            cycle
                .iter()
                .zip(&ids)
                .map(|(cursor, id)| page(&[id], Some(cursor), true)),
        );

        let (seen, error) = read(&world).await;

        assert_eq!(seen, ids, "{cycle:?}");
        assert!(error.unwrap().is_pagination(), "{cycle:?}");
        assert_eq!(world.requests().len(), requests, "{cycle:?}");
    }
}

#[tokio::test]
async fn the_cursor_a_list_was_started_with_counts_too() {
    let world = World::new().await;
    world.answers("GET", [page(&["b"], Some("a"), true)]);
    let list = world.permissions().list().after("a".parse().unwrap());
    let error = list.stream().try_collect::<Vec<_>>().await.unwrap_err();
    assert!(error.is_pagination(), "{error}");
}

#[tokio::test]
async fn a_page_that_fails_takes_nothing_from_the_pages_before() {
    let world = World::new().await;
    world.answers(
        "GET",
        [page(&["a", "b"], Some("b"), true), Reply::html(403)],
    );

    let (ids, error) = read(&world).await;

    assert_eq!(ids, ["a", "b"]);
    assert!(error.unwrap().is_permission_denied());
}

// Extra 13.
#[tokio::test]
async fn each_page_has_retries_of_its_own() {
    let world = World::new().await;
    for n in 0..4 {
        let id = format!("item_{n}");
        world.answers(
            "GET",
            [
                Reply::html(500),
                Reply::Reset,
                page(&[&id], Some(&id), n < 3),
            ],
        );
    }
    let (ids, error) = read(&world).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!((ids.len(), world.requests().len()), (4, 12));
}

// Rows 61 and 62.
#[tokio::test]
async fn every_parameter_reaches_the_wire_on_every_page() {
    let world = World::new().await;
    world.answers(
        "GET",
        [
            page(&["a"], Some("a"), true),
            page(&["b"], Some("b"), false),
        ],
    );
    let list = world
        .permissions()
        .list()
        .page_size(7)
        .order(Order::Ascending)
        .project_id(project("proj_ü/1"));

    let all: Vec<Permission> = list
        .after("start".parse().unwrap())
        .stream()
        .try_collect()
        .await
        .unwrap();

    assert_eq!(all.len(), 2);
    for (request, after) in world.requests().iter().zip(["start", "a"]) {
        assert_eq!(request.query("limit").as_deref(), Some("7"));
        assert_eq!(request.query("order").as_deref(), Some("ascending"));
        assert_eq!(request.query("project_id").as_deref(), Some("proj_ü/1"));
        assert_eq!(request.query("after").as_deref(), Some(after));
    }
    world
        .permissions()
        .list()
        .page_size(0)
        .send()
        .await
        .unwrap();
    assert_eq!(world.requests()[2].query("limit").as_deref(), Some("0"));
}

// Extra 7.
#[tokio::test]
async fn no_more_is_fetched_than_max_items_need() {
    let world = World::with(&["p1", "p2", "p3", "p4", "p5"]).await;
    let list = world.permissions().list().page_size(2);

    let three: Vec<Permission> = list
        .clone()
        .max_items(3)
        .stream()
        .try_collect()
        .await
        .unwrap();
    assert_eq!(three.len(), 3);
    let limits: Vec<_> = world
        .requests()
        .iter()
        .map(|request| request.query("limit").unwrap())
        .collect();
    assert_eq!(limits, ["2", "1"]);

    let none: Vec<Permission> = list.max_items(0).stream().try_collect().await.unwrap();
    assert!(none.is_empty());
    assert_eq!(world.requests().len(), 2);
}

// Rows 54 and 60.
// Row 56.
#[tokio::test]
async fn pages_can_be_walked_one_by_one_and_the_last_asks_nothing() {
    let world = World::with(&["p1", "p2", "p3"]).await;
    let first = world
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
    assert_eq!(world.requests().len(), 2);
}

#[tokio::test]
async fn the_next_page_is_fetched_while_this_one_is_read() {
    let world = World::with(&["p1", "p2", "p3"]).await;
    let mut stream = world.permissions().list().page_size(2).stream();
    let _ = stream.next().await.unwrap().unwrap();
    world.wait_for(2).await;
}

#[tokio::test]
async fn nothing_is_fetched_ahead_where_that_is_turned_off() {
    let world = World::with(&["p1", "p2", "p3"]).await;
    let mut stream = world
        .permissions()
        .list()
        .page_size(2)
        .prefetch(false)
        .stream();
    let _ = stream.next().await.unwrap().unwrap();
    // Whatever was on its way has arrived by the time that a later request has been answered.
    let _ = world.permissions().list().send().await.unwrap();
    assert_eq!(world.requests().len(), 2);
}

// Extra 11.
#[tokio::test]
async fn a_position_is_saved_anywhere_and_resumed_without_a_gap() {
    let projects: Vec<String> = (0..7).map(|n| format!("p{n}")).collect();
    let world = World::with(&projects.iter().map(String::as_str).collect::<Vec<_>>()).await;
    for read_before in 0..=7 {
        let list = world
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
        let rest = world
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
async fn a_position_of_another_checkpoint_is_refused() {
    let world = World::with(&["proj_1"]).await;
    let client = world.builder().build().unwrap();
    let mut stream = client.permissions(&checkpoint()).list().stream();
    let at_the_start = stream.position();
    while let Some(permission) = stream.next().await {
        permission.unwrap();
    }
    let asked = world.requests().len();
    for position in [at_the_start, stream.position()] {
        let other = client.permissions(&"ft:other".parse().unwrap()).list();
        let error = other
            .resume(&position)
            .stream()
            .next()
            .await
            .unwrap()
            .unwrap_err();
        assert!(error.is_invalid_request(), "{error}");
        assert!(
            error.to_string().contains(position.checkpoint.as_str()),
            "{error}"
        );
    }
    assert_eq!(world.requests().len(), asked);
}

// Extra 12.
#[tokio::test]
async fn rows_that_shift_while_the_list_is_read_are_listed_once_and_noted() {
    let world = World::new().await;
    world.answers(
        "GET",
        [
            page(&["a", "b"], Some("x"), true),
            page(&["b", "c"], Some("y"), false),
        ],
    );
    let mut stream = world.permissions().list().stream();
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
fn streams_and_futures_can_go_anywhere() {
    fn anywhere<T: Send + Sync + Unpin + 'static>() {}
    anywhere::<permissions_ext::PermissionStream>();
    anywhere::<permissions_ext::PageStream>();
    anywhere::<permissions_ext::AuditStream>();
    anywhere::<Error>();
    anywhere::<permissions_ext::Client>();
}

/// A runtime belongs to its thread pool or its `block_on`, a list to nobody.
#[test]
fn a_list_goes_on_in_another_runtime() {
    let runtime = || tokio::runtime::Runtime::new().unwrap();
    let servers = runtime();
    let world = servers.block_on(World::with(&["proj_1", "proj_2"]));
    let list = world.permissions().list().page_size(1).prefetch(false);
    let mut pages = list.pages();
    for project in ["proj_2", "proj_1"] {
        let page = runtime().block_on(pages.next()).unwrap().unwrap();
        assert_eq!(page.data()[0].project_id.as_str(), project);
    }
}

// Extra 11.
#[tokio::test]
async fn a_position_of_another_order_or_project_is_refused() {
    let world = World::with(&["proj_1", "proj_2"]).await;
    let permissions = world.permissions();
    let mut stream = permissions.list().page_size(1).stream();
    stream.next().await.unwrap().unwrap();
    let position = stream.position();
    let sent = world.requests().len();
    let resumed = || permissions.list().prefetch(false).resume(&position);
    for list in [
        resumed().order(Order::Ascending),
        resumed().project_id(project("proj_1")),
    ] {
        let error = list.send().await.unwrap_err();
        assert!(error.is_invalid_request(), "{error}");
        assert!(error.to_string().contains("another order"), "{error}");
    }
    assert!(
        world.requests().len() <= sent + 1,
        "the first stream alone went on"
    );
    let rest: Vec<Permission> = resumed().stream().try_collect().await.unwrap();
    assert_eq!(rest.len(), 1);
}

#[tokio::test]
async fn a_stream_of_empty_pages_names_the_page_size_as_the_culprit() {
    let world = World::with(&["proj_1"]).await;
    let list = world.permissions().list().page_size(0);
    let all: Result<Vec<Permission>, Error> = list.stream().try_collect().await;
    let error = all.unwrap_err();
    assert!(
        error.to_string().contains("set `page_size` to at least 1"),
        "{error}"
    );
}

// Extra 11.
#[tokio::test]
async fn the_end_of_one_list_is_not_the_end_of_another() {
    let world = World::with(&["proj_1"]).await;
    let permissions = world.permissions();
    let mut stream = permissions.list().stream();
    while stream.next().await.transpose().unwrap().is_some() {}
    let end = stream.position();
    assert!(end.finished);
    let same: Vec<Permission> = permissions
        .list()
        .resume(&end)
        .stream()
        .try_collect()
        .await
        .unwrap();
    assert!(same.is_empty());
    let other = permissions.list().resume(&end).order(Order::Ascending);
    let refused: Result<Vec<Permission>, Error> = other.stream().try_collect().await;
    assert!(refused.unwrap_err().is_invalid_request());
}
