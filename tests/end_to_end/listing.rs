//! Every parameter of a list, through the client and permissions-server.

use permissions_ext::{Order, Permission};
use permissions_server::Server;
use serde_json::Value;

use crate::{checkpoint, client, http_client, permissions, project};

const PROJECTS: [&str; 5] = ["proj_a", "proj_b", "proj_c", "proj_d", "proj_e"];

/// Starts a server with five permissions, created one after the other.
async fn server_with_five_permissions() -> Server {
    let server = Server::start().await.unwrap();
    for name in PROJECTS {
        permissions(&server)
            .create([project(name)])
            .send()
            .await
            .unwrap();
    }
    server
}

fn project_ids(permissions: &[Permission]) -> Vec<&str> {
    permissions
        .iter()
        .map(|permission| permission.project_id.as_str())
        .collect()
}

#[tokio::test]
async fn every_page_size_lists_each_permission_once() {
    let server = server_with_five_permissions().await;
    let permissions = permissions(&server);

    for page_size in [1, 2, 3, 4, 5, 6, 100] {
        let all: Vec<_> = permissions
            .list()
            .order(Order::Ascending)
            .page_size(page_size)
            .all()
            .await
            .unwrap();
        assert_eq!(project_ids(&all), PROJECTS, "page size {page_size}");
    }
}

#[tokio::test]
async fn default_order_is_descending() {
    let server = server_with_five_permissions().await;
    let permissions = permissions(&server);
    let newest_first: Vec<_> = PROJECTS.into_iter().rev().collect();

    let default: Vec<_> = permissions.list().all().await.unwrap();
    assert_eq!(project_ids(&default), newest_first);

    let descending: Vec<_> = permissions
        .list()
        .order(Order::Descending)
        .all()
        .await
        .unwrap();
    assert_eq!(project_ids(&descending), newest_first);

    let ascending: Vec<_> = permissions
        .list()
        .order(Order::Ascending)
        .page_size(2)
        .all()
        .await
        .unwrap();
    assert_eq!(project_ids(&ascending), PROJECTS);
}

#[tokio::test]
async fn list_after_permission_starts_with_next_in_both_orders() {
    let server = server_with_five_permissions().await;
    let permissions = permissions(&server);
    let all: Vec<_> = permissions
        .list()
        .order(Order::Ascending)
        .all()
        .await
        .unwrap();
    let third = all[2].id.clone();

    let later: Vec<_> = permissions
        .list()
        .order(Order::Ascending)
        .after(third.clone())
        .all()
        .await
        .unwrap();
    assert_eq!(project_ids(&later), ["proj_d", "proj_e"]);

    let earlier: Vec<_> = permissions.list().after(third).all().await.unwrap();
    assert_eq!(project_ids(&earlier), ["proj_b", "proj_a"]);
}

#[tokio::test]
async fn project_id_filters_by_project() {
    let server = server_with_five_permissions().await;
    let permissions = permissions(&server);

    let one: Vec<_> = permissions
        .list()
        .project_id(project("proj_c"))
        .all()
        .await
        .unwrap();
    assert_eq!(project_ids(&one), ["proj_c"]);

    let none: Vec<_> = permissions
        .list()
        .project_id(project("proj_z"))
        .all()
        .await
        .unwrap();
    assert_eq!(project_ids(&none), Vec::<&str>::new());
}

#[tokio::test]
async fn max_items_limits_the_list() {
    let server = server_with_five_permissions().await;

    let three: Vec<_> = permissions(&server)
        .list()
        .order(Order::Ascending)
        .page_size(2)
        .max_items(3)
        .all()
        .await
        .unwrap();

    assert_eq!(project_ids(&three), ["proj_a", "proj_b", "proj_c"]);
}

#[tokio::test]
async fn checkpoint_without_permissions_has_empty_list() {
    let server = server_with_five_permissions().await;

    let other = "ft:gpt-4o-mini-2024-07-18:org:other:AAAAAAAA";
    let all: Vec<_> = client(&server)
        .permissions(other)
        .unwrap()
        .list()
        .all()
        .await
        .unwrap();

    assert_eq!(project_ids(&all), Vec::<&str>::new());
}

#[tokio::test]
async fn pages_have_first_id_last_id_and_has_more() {
    let server = server_with_five_permissions().await;
    let http = http_client();
    let mut after: Option<String> = None;
    let mut pages = Vec::new();

    loop {
        let mut query = vec![("limit", "2".to_owned()), ("order", "ascending".to_owned())];
        query.extend(after.take().map(|id| ("after", id)));
        let url = format!(
            "{}/fine_tuning/checkpoints/{}/permissions",
            server.base_url(),
            checkpoint()
        );
        let request = http.get(url).query(&query).bearer_auth(server.admin_key());
        let page: Value = request.send().await.unwrap().json().await.unwrap();

        let data = page["data"].as_array().unwrap();
        assert_eq!(page["first_id"], data.first().unwrap()["id"]);
        assert_eq!(page["last_id"], data.last().unwrap()["id"]);
        after = page["last_id"].as_str().map(str::to_owned);
        pages.push((data.len(), page["has_more"].as_bool().unwrap()));
        if page["has_more"] == false {
            break;
        }
    }

    assert_eq!(pages, [(2, true), (2, true), (1, false)]);
}

#[tokio::test]
async fn limit_defaults_to_ten_and_allows_zero() {
    let server = Server::start().await.unwrap();
    let projects = (0..12).map(|n| project(&format!("proj_{n}")));
    permissions(&server).create(projects).send().await.unwrap();
    let page = async |query: &str| -> Value {
        let url = format!(
            "{}/fine_tuning/checkpoints/{}/permissions{query}",
            server.base_url(),
            checkpoint()
        );
        http_client()
            .get(url)
            .bearer_auth(server.admin_key())
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    };

    let default = page("").await;
    assert_eq!(
        (
            default["data"].as_array().unwrap().len(),
            &default["has_more"]
        ),
        (10, &Value::Bool(true))
    );

    let zero = page("?limit=0").await;
    assert_eq!(
        (zero["data"].as_array().unwrap().len(), &zero["has_more"]),
        (0, &Value::Bool(true))
    );
    assert_eq!(
        (&zero["first_id"], &zero["last_id"]),
        (&Value::Null, &Value::Null)
    );

    let too_many = page("?limit=101").await;
    assert_eq!(too_many["error"]["param"], "limit");
}
