//! An HTTP client of one's own, and proxies.

use std::process::Command;
use std::time::Duration;

use permissions_ext::{CallOptions, Client, ClientBuilder, RetryPolicy};

use crate::support::wire::Reply;
use crate::support::{KEY, World, checkpoint};

fn own() -> reqwest::ClientBuilder {
    // This crate's rustls has no default provider, which reqwest's own TLS setup needs.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none())
}

// Row 44: what is not said here is left to the client, and what is said goes before it.
#[tokio::test]
async fn the_time_out_of_an_own_client_holds_unless_another_is_set() {
    let world = World::new().await;
    world.answers("GET", vec![Reply::Stall(vec![]); 3]);
    let builder = |timeout| {
        let http = own()
            .timeout(Duration::from_millis(timeout))
            .build()
            .unwrap();
        world.builder().http_client(http).retry(RetryPolicy::none())
    };
    let short = Duration::from_millis(30);
    let client = builder(30).build().unwrap();
    let of_the_client = client.permissions(&checkpoint()).list();
    let client = builder(600_000).timeout(short).build().unwrap();
    let of_the_builder = client.permissions(&checkpoint()).list();
    let client = builder(600_000).build().unwrap();
    let options = CallOptions::new().timeout(short);
    let of_the_call = client.permissions(&checkpoint()).list().options(options);
    for list in [of_the_client, of_the_builder, of_the_call] {
        let error = list.send().await.unwrap_err();
        assert!(error.is_timeout(), "{error}");
        assert!(!error.to_string().contains("1844674407"), "{error}");
    }
}

// Rows 58, 83.
#[tokio::test]
async fn every_page_goes_through_the_own_client() {
    let world = World::with(&["proj_1", "proj_2", "proj_3"]).await;
    let mut headers = reqwest::header::HeaderMap::new();
    headers.insert("x-own", "yes".parse().unwrap());
    let http = own().default_headers(headers).build().unwrap();
    let client = world.builder().http_client(http).build().unwrap();
    let mut stream = client
        .permissions(&checkpoint())
        .list()
        .page_size(1)
        .stream();
    while let Some(permission) = stream.next().await {
        permission.unwrap();
    }
    let requests = world.requests();
    assert_eq!(requests.len(), 3);
    assert!(
        requests
            .iter()
            .all(|request| request.header("x-own") == Some("yes"))
    );
}

// Row 59.
#[tokio::test]
async fn a_page_leaves_the_request_before_it_as_it_was() {
    let world = World::with(&["proj_1", "proj_2"]).await;
    let options = CallOptions::new().query("x", "1").header("x-own", "yes");
    let list = world.permissions().list().page_size(1).options(options);
    let first = list.clone().send().await.unwrap();
    for _ in 0..2 {
        let second = first.next().await.unwrap().unwrap();
        assert!(second.next().await.unwrap().is_none());
    }
    let again = list.send().await.unwrap();
    assert_eq!(again.data()[0].id, first.data()[0].id);
    let requests = world.requests();
    let targets: Vec<&str> = requests.iter().map(|one| one.target.as_str()).collect();
    assert_eq!((targets[0], targets[1]), (targets[3], targets[2]));
    assert!(
        requests
            .iter()
            .all(|one| one.header("x-own") == Some("yes"))
    );
}

#[tokio::test]
async fn certificates_beside_an_own_client_are_refused() {
    let http = own().build().unwrap();
    let builder = Client::builder().admin_key(KEY).http_client(http);
    let error = builder.root_certificates("none").build().unwrap_err();
    assert!(error.to_string().contains("brings its own TLS"), "{error}");
}

/// Asks the server that the environment names and, where it names none, one of its own.
#[tokio::test]
async fn a_list_is_asked_for_where_the_environment_says() {
    let world = World::new().await;
    let own = format!("http://{}/v1", world.address);
    let client = ClientBuilder::from_variables(|name| match name {
        "OPENAI_ADMIN_KEY" => Some(KEY.into()),
        "OPENAI_BASE_URL" => std::env::var_os(name).or_else(|| Some(own.clone().into())),
        _ => None,
    });
    let client = client
        .allow_http()
        .retry(RetryPolicy::none())
        .build()
        .unwrap();
    client
        .permissions(&checkpoint())
        .list()
        .send()
        .await
        .unwrap();
}

// Row 83: proxies are read from the environment, so another process has to read them.
#[tokio::test]
async fn proxies_of_the_environment_are_used() {
    for (variable, base_url, method, works) in [
        ("HTTP_PROXY", "http://api.test/v1", "GET", true),
        // A tunnel, which this peer does not make.
        ("HTTPS_PROXY", "https://api.test/v1", "CONNECT", false),
    ] {
        let world = World::new().await;
        world.answers("CONNECT", [Reply::new(502, "")]);
        let mut child = Command::new(std::env::current_exe().unwrap());
        child
            .args([
                "--exact",
                "checklist::client::a_list_is_asked_for_where_the_environment_says",
            ])
            .env_remove("NO_PROXY")
            .env_remove("no_proxy")
            .env_remove(variable.to_lowercase())
            .env(variable, format!("http://user:word@{}", world.address))
            .env("OPENAI_BASE_URL", base_url);
        let output = tokio::task::spawn_blocking(move || child.output().unwrap());
        let output = output.await.unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains("running 1 test"), "{said}");
        assert_eq!(output.status.success(), works, "{said}");
        assert_eq!(world.methods(), method, "{said}");
        let request = &world.requests()[0];
        assert!(request.target.contains("api.test"), "{said}");
        // As `user:word` is written.
        assert_eq!(
            request.header("proxy-authorization"),
            Some("Basic dXNlcjp3b3Jk")
        );
    }
}
