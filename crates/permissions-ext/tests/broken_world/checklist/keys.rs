//! Keys, environment, base URL, client-wide headers.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use permissions_ext::{CallOptions, Client, ClientBuilder, SecretString};

use crate::support::wire::Reply;
use crate::support::{KEY, World, checkpoint, project};

fn environment(variables: &[(&str, &str)]) -> ClientBuilder {
    ClientBuilder::from_variables(|name| {
        variables
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| (*value).into())
    })
}

async fn authorization(client: Client, world: &World, options: CallOptions) -> Option<String> {
    client
        .permissions(&checkpoint())
        .list()
        .options(options)
        .send()
        .await
        .unwrap();
    world
        .requests()
        .last()
        .unwrap()
        .header("authorization")
        .map(str::to_owned)
}

// Rows 1, 2, 12.
#[tokio::test]
async fn with_both_keys_in_the_environment_the_admin_key_is_sent_for_every_operation() {
    let world = World::with(&["proj_1"]).await;
    let url = format!("http://{}/v1/", world.address);
    let variables = [
        ("OPENAI_API_KEY", "sk-ordinary"),
        ("OPENAI_ADMIN_KEY", KEY),
        ("OPENAI_BASE_URL", &url),
        ("OPENAI_ORG_ID", "org-1"),
        ("OPENAI_PROJECT_ID", "proj_mine"),
    ];
    let permissions = environment(&variables)
        .build()
        .unwrap()
        .permissions(&checkpoint());
    permissions
        .create([project("proj_2")])
        .send()
        .await
        .unwrap();
    permissions
        .delete_project(&project("proj_1"))
        .send()
        .await
        .unwrap();

    assert_eq!(world.methods(), "POST GET DELETE");
    for request in world.requests() {
        assert_eq!(
            request.header("authorization"),
            Some(format!("Bearer {KEY}").as_str())
        );
        assert_eq!(request.header("openai-organization"), Some("org-1"));
        assert_eq!(request.header("openai-project"), Some("proj_mine"));
    }
}

// Rows 5, 7.
#[test]
fn without_an_admin_key_there_is_no_client_and_the_error_names_the_variable() {
    let none = environment(&[]).build().unwrap_err();
    assert!(
        none.is_config() && none.to_string().contains("OPENAI_ADMIN_KEY"),
        "{none}"
    );
    let ordinary = environment(&[("OPENAI_API_KEY", "sk-ordinary"), ("OPENAI_ADMIN_KEY", " ")])
        .build()
        .unwrap_err();
    assert!(
        ordinary.to_string().contains("OPENAI_API_KEY is set"),
        "{ordinary}"
    );
    assert!(!ordinary.to_string().contains("sk-ordinary"), "{ordinary}");
}

// Rows 12, 78.
#[test]
fn explicit_values_win_over_the_environment_and_blank_ones_count_as_unset() {
    let bad = [
        ("OPENAI_ADMIN_KEY", "with\nbreak"),
        ("OPENAI_BASE_URL", "http://example.com/"),
    ];
    let client = environment(&bad)
        .admin_key(KEY)
        .base_url("http://localhost/v9/")
        .build()
        .unwrap();
    assert_eq!(client.base_url(), "http://localhost/v9");
    let client = environment(&[("OPENAI_ADMIN_KEY", KEY), ("OPENAI_BASE_URL", "  ")])
        .build()
        .unwrap();
    assert_eq!(client.base_url(), "https://api.openai.com/v1");
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_text_is_named_and_forgiven_once_it_is_set_by_hand() {
    use std::os::unix::ffi::OsStringExt as _;
    let lookup =
        |name: &str| (name == "OPENAI_ADMIN_KEY").then(|| std::ffi::OsString::from_vec(vec![0xff]));
    let error = ClientBuilder::from_variables(lookup).build().unwrap_err();
    assert!(
        error
            .to_string()
            .contains("OPENAI_ADMIN_KEY is not valid UTF-8"),
        "{error}"
    );
    ClientBuilder::from_variables(lookup)
        .admin_key(KEY)
        .base_url("http://localhost")
        .build()
        .unwrap();
}

// Extra 16.
#[test]
fn a_key_that_cannot_be_sent_is_refused_before_anything_is_sent_and_not_shown() {
    let error = Client::builder()
        .admin_key(format!("{KEY}\n"))
        .build()
        .unwrap_err();
    assert!(
        error.is_config() && error.to_string().contains("line break"),
        "{error}"
    );
    assert!(!format!("{error} {error:?}").contains(KEY));
}

// Extra 16.
#[tokio::test]
async fn a_project_key_that_is_refused_comes_with_a_hint() {
    let world = World::new().await;
    world.answers("GET", [Reply::html(401)]);
    let client = world.builder().admin_key("sk-proj-1").build().unwrap();
    let error = client
        .permissions(&checkpoint())
        .list()
        .send()
        .await
        .unwrap_err();
    assert!(error.to_string().contains("it is a project key"), "{error}");
}

// Row 8.
#[tokio::test]
async fn the_callers_own_authorization_is_enough_and_none_at_all_can_be_asked_for() {
    let world = World::new().await;
    let own = Client::builder()
        .base_url(format!("http://{}", world.address))
        .header("AUTHORIZATION", "Basic abc");
    assert_eq!(
        authorization(own.build().unwrap(), &world, CallOptions::new())
            .await
            .as_deref(),
        Some("Basic abc")
    );
    let none = world.builder().without_key().build().unwrap();
    assert_eq!(authorization(none, &world, CallOptions::new()).await, None);
}

// Row 9.
#[tokio::test]
async fn the_key_of_a_call_beats_the_clients_key_and_a_stale_header() {
    let world = World::new().await;
    for client in [
        world.builder(),
        world.builder().header("authorization", "Bearer stale"),
    ] {
        let options = CallOptions::new().admin_key("sk-admin-of-this-call");
        let sent = authorization(client.build().unwrap(), &world, options).await;
        assert_eq!(sent.as_deref(), Some("Bearer sk-admin-of-this-call"));
    }
}

// Row 10.
#[tokio::test]
async fn a_key_provider_is_asked_again_on_each_attempt() {
    let world = World::new().await;
    world.answers(
        "GET",
        [
            Reply::html(500),
            Reply::html(401).with("x-should-retry", "true"),
        ],
    );
    let asked = Arc::new(AtomicUsize::new(0));
    let client = world.builder().key_provider(move || {
        let asked = asked.clone();
        async move {
            Ok(SecretString::from(format!(
                "key-{}",
                asked.fetch_add(1, Ordering::Relaxed)
            )))
        }
    });
    client
        .build()
        .unwrap()
        .permissions(&checkpoint())
        .list()
        .send()
        .await
        .unwrap();
    let sent: Vec<_> = world
        .requests()
        .iter()
        .map(|request| request.header("authorization").unwrap().to_owned())
        .collect();
    assert_eq!(sent, ["Bearer key-0", "Bearer key-1", "Bearer key-2"]);
}

// Row 11.
#[tokio::test]
async fn a_provider_that_fails_or_gives_nothing_is_an_error_of_its_own_and_nothing_is_sent() {
    let world = World::new().await;
    let fails = world
        .builder()
        .key_provider(|| async { Err("the vault is sealed".into()) });
    let empty = world
        .builder()
        .key_provider(|| async { Ok(SecretString::from("")) });
    for (builder, reason) in [(fails, "the vault is sealed"), (empty, "blank")] {
        let error = builder
            .build()
            .unwrap()
            .permissions(&checkpoint())
            .list()
            .send()
            .await
            .unwrap_err();
        assert!(
            error.is_config() && error.to_string().contains(reason),
            "{error}"
        );
    }
    assert!(world.requests().is_empty());
}

// Row 79.
#[tokio::test]
async fn headers_merge_by_name_in_any_case_and_the_later_wins() {
    let world = World::new().await;
    let client = world
        .builder()
        .header("X-Shade", "blue")
        .header("x-shade", "red")
        .header("x-team", "a")
        .build()
        .unwrap();
    let options = CallOptions::new()
        .header("X-SHADE", "green")
        .remove_header("X-Team");
    client
        .permissions(&checkpoint())
        .list()
        .send()
        .await
        .unwrap();
    client
        .permissions(&checkpoint())
        .list()
        .options(options)
        .send()
        .await
        .unwrap();
    let requests = world.requests();
    assert_eq!(
        (requests[0].header("x-shade"), requests[0].header("x-team")),
        (Some("red"), Some("a"))
    );
    assert_eq!(
        (requests[1].header("x-shade"), requests[1].header("x-team")),
        (Some("green"), None)
    );
}

#[tokio::test]
async fn a_header_that_cannot_be_sent_is_refused_without_its_value() {
    let world = World::new().await;
    let error = world
        .builder()
        .header("x-shade", "hunter2\n")
        .build()
        .unwrap_err();
    assert!(
        error.to_string().contains("x-shade") && !error.to_string().contains("hunter2"),
        "{error}"
    );
    let options = CallOptions::new().header("not a name", "hunter2");
    let error = world
        .permissions()
        .list()
        .options(options)
        .send()
        .await
        .unwrap_err();
    assert!(
        error.is_invalid_request() && error.to_string().contains("not a name"),
        "{error}"
    );
    assert!(world.requests().is_empty());
}

// Row 71: wherever the key comes back, no text that is made of an answer shows it.
#[tokio::test]
async fn a_key_that_comes_back_in_an_answer_is_in_no_error_and_no_event() {
    let world = World::new().await;
    let deleted = format!(r#"{{"object":"checkpoint.permission","id":"{KEY}","deleted":true}}"#);
    let elsewhere = format!("https://{}.example/", KEY.to_uppercase());
    world.answers(
        "DELETE",
        [
            Reply::new(200, deleted),
            Reply::new(302, "").with("location", &elsewhere),
        ],
    );
    let page = r#"{"object":"list","data":[],"has_more":false}"#;
    world.answers("GET", [Reply::new(200, page).with("x-request-id", KEY)]);
    let texts: Arc<Mutex<Vec<String>>> = Arc::default();
    let told = texts.clone();
    let client = world
        .builder()
        .observer(move |event| told.lock().unwrap().push(format!("{event:?}")))
        .build()
        .unwrap();
    let permissions = client.permissions(&checkpoint());
    for expected in [
        "answered for [key] instead of cp_1",
        "a redirect to https://[key].example",
    ] {
        let error = permissions
            .delete(&"cp_1".parse().unwrap())
            .send()
            .await
            .unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        texts.lock().unwrap().push(format!("{error} {error:?}"));
    }
    let page = permissions.list().send().await.unwrap();
    assert_eq!(page.metadata().request_id(), Some("[key]"));
    texts.lock().unwrap().push(format!("{page:?}"));
    for text in texts.lock().unwrap().iter() {
        assert!(!text.to_lowercase().contains(KEY), "{text}");
    }
}

// Row 71.
#[tokio::test]
async fn a_key_that_is_cut_off_or_came_in_a_header_is_blotted_out_as_well() {
    let world = World::new().await;
    let own = "sk-admin-in-a-header-of-ones-own";
    let told = |key: &str| {
        let text = format!(r#"{{"error":{{"message":"no such key: {key}","type":"t"}}}}"#);
        Reply::new(401, text)
    };
    let cut = format!(
        "HTTP/1.1 401 Unauthorized\r\ncontent-length: 900\r\n\r\nno such key: {}",
        &KEY[..KEY.len() - 1]
    );
    world.answers(
        "GET",
        [told(own), told(own), Reply::Bytes(vec![cut.into()])],
    );
    let bearer = format!("Bearer {own}");
    let client = world.builder().header("Authorization", &bearer);
    let of_client = client.build().unwrap().permissions(&checkpoint()).list();
    let options = CallOptions::new().header("authorization", &bearer);
    let of_call = world.permissions().list().options(options);
    let shortened = world.permissions().list();
    for (list, key) in [
        (of_client, own),
        (of_call, own),
        (shortened, &KEY[..KEY.len() - 1]),
    ] {
        let error = list.send().await.unwrap_err();
        assert!(error.is_unauthorized(), "{error}");
        assert!(!format!("{error} {error:?}").contains(key), "{error}");
    }
}

// Rows 2, 78.
#[test]
fn a_base_url_that_cannot_be_used_is_named_by_its_variable_and_an_explicit_one_is_not() {
    let variables = [
        ("OPENAI_ADMIN_KEY", KEY),
        ("OPENAI_BASE_URL", "localhost:8080"),
    ];
    let error = environment(&variables).build().unwrap_err().to_string();
    for expected in [
        "OPENAI_BASE_URL: the base URL has the scheme localhost",
        "begin it with https://",
    ] {
        assert!(error.contains(expected), "{error}");
    }
    let explicit = environment(&variables).base_url("api.openai.com/v1");
    let error = explicit.build().unwrap_err().to_string();
    assert!(error.contains("begin it with https://"), "{error}");
    assert!(!error.contains("OPENAI_BASE_URL"), "{error}");
}
