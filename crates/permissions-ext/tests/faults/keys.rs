//! Keys, environment variables, base URLs and headers of the client.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use permissions_ext::{Client, ClientBuilder, ErrorKind, Event, List, SecretString};

use crate::support::wire::Reply;
use crate::support::{FaultServer, KEY, checkpoint};

fn environment(variables: &[(&str, &str)]) -> ClientBuilder {
    ClientBuilder::from_variables(|name| {
        variables
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| (*value).into())
    })
}

fn list(builder: ClientBuilder) -> List {
    let client = builder.build().unwrap();
    client.permissions(checkpoint()).unwrap().list()
}

/// Lists and returns the `Authorization` header that was sent.
async fn authorization(list: List, server: &FaultServer) -> Option<String> {
    list.send().await.unwrap();
    server
        .requests()
        .last()
        .unwrap()
        .header("authorization")
        .map(str::to_owned)
}

#[tokio::test]
async fn admin_key_takes_precedence_over_ordinary_key() {
    let server = FaultServer::with_permissions(&["proj_1"]).await;
    let url = format!("http://{}/v1/", server.address);
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
        .permissions(checkpoint())
        .unwrap();
    permissions.create(["proj_2"]).send().await.unwrap();
    permissions.delete_project("proj_1").send().await.unwrap();

    assert_eq!(server.methods(), "POST GET DELETE");
    for request in server.requests() {
        assert_eq!(
            request.header("authorization"),
            Some(format!("Bearer {KEY}").as_str())
        );
        assert_eq!(request.header("openai-organization"), Some("org-1"));
        assert_eq!(request.header("openai-project"), Some("proj_mine"));
    }
}

#[test]
fn missing_admin_key_error_mentions_variable() {
    let none = environment(&[]).build().unwrap_err();
    assert!(
        none.kind() == ErrorKind::Key && none.to_string().contains("OPENAI_ADMIN_KEY"),
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

#[test]
fn explicit_values_override_environment() {
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
fn non_utf8_variable_fails_unless_overridden() {
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

#[test]
fn invalid_key_is_refused_and_not_shown() {
    let error = Client::builder()
        .admin_key(format!("{KEY}\n"))
        .build()
        .unwrap_err();
    assert!(
        error.kind() == ErrorKind::Key && error.to_string().contains("line break"),
        "{error}"
    );
    assert!(!format!("{error} {error:?}").contains(KEY));
}

#[tokio::test]
async fn rejected_project_key_has_remedy() {
    let server = FaultServer::start().await;
    server.respond("GET", [Reply::html(401)]);
    let client = server
        .client_builder()
        .admin_key("sk-proj-1")
        .build()
        .unwrap();
    let error = client
        .permissions(checkpoint())
        .unwrap()
        .list()
        .send()
        .await
        .unwrap_err();
    assert!(
        error.remedy().unwrap().contains("it is a project key"),
        "{error:?}"
    );
}

#[tokio::test]
async fn authorization_header_replaces_key() {
    let server = FaultServer::start().await;
    let own = Client::builder()
        .base_url(format!("http://{}", server.address))
        .header("AUTHORIZATION", "Basic abc");
    assert_eq!(
        authorization(list(own), &server).await.as_deref(),
        Some("Basic abc")
    );
    let none = server.client_builder().without_key();
    assert_eq!(authorization(list(none), &server).await, None);
}

#[tokio::test]
async fn key_of_request_overrides_key_of_client() {
    let server = FaultServer::start().await;
    for client in [
        server.client_builder(),
        server
            .client_builder()
            .header("authorization", "Bearer stale"),
    ] {
        let list = list(client).admin_key("sk-admin-of-this-request");
        let sent = authorization(list, &server).await;
        assert_eq!(sent.as_deref(), Some("Bearer sk-admin-of-this-request"));
    }
}

#[tokio::test]
async fn key_provider_is_called_for_each_attempt() {
    let server = FaultServer::start().await;
    server.respond(
        "GET",
        [
            Reply::html(500),
            Reply::html(401).with("x-should-retry", "true"),
        ],
    );
    let calls = Arc::new(AtomicUsize::new(0));
    let client = server.client_builder().key_provider(move || {
        let calls = calls.clone();
        async move {
            Ok(SecretString::from(format!(
                "key-{}",
                calls.fetch_add(1, Ordering::Relaxed)
            )))
        }
    });
    client
        .build()
        .unwrap()
        .permissions(checkpoint())
        .unwrap()
        .list()
        .send()
        .await
        .unwrap();
    let sent: Vec<_> = server
        .requests()
        .iter()
        .map(|request| request.header("authorization").unwrap().to_owned())
        .collect();
    assert_eq!(sent, ["Bearer key-0", "Bearer key-1", "Bearer key-2"]);
}

#[tokio::test]
async fn failed_key_provider_sends_nothing() {
    let server = FaultServer::start().await;
    let fails = server
        .client_builder()
        .key_provider(|| async { Err("the vault is sealed".into()) });
    let empty = server
        .client_builder()
        .key_provider(|| async { Ok(SecretString::from("")) });
    for (builder, reason) in [(fails, "the vault is sealed"), (empty, "blank")] {
        let error = builder
            .build()
            .unwrap()
            .permissions(checkpoint())
            .unwrap()
            .list()
            .send()
            .await
            .unwrap_err();
        assert!(
            error.kind() == ErrorKind::Key && error.to_string().contains(reason),
            "{error}"
        );
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn later_header_replaces_earlier_in_any_case() {
    let server = FaultServer::start().await;
    let client = server
        .client_builder()
        .header("X-Shade", "blue")
        .header("x-shade", "red")
        .header("x-team", "a")
        .build()
        .unwrap();
    client
        .permissions(checkpoint())
        .unwrap()
        .list()
        .send()
        .await
        .unwrap();
    client
        .permissions(checkpoint())
        .unwrap()
        .list()
        .header("X-SHADE", "green")
        .remove_header("X-Team")
        .send()
        .await
        .unwrap();
    let requests = server.requests();
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
async fn invalid_header_is_refused_without_its_value() {
    let server = FaultServer::start().await;
    let error = server
        .client_builder()
        .header("x-shade", "hunter2\n")
        .build()
        .unwrap_err();
    assert!(
        error.to_string().contains("x-shade") && !error.to_string().contains("hunter2"),
        "{error}"
    );
    let swapped = server.client_builder().header("hunter2 hunter2", "x-shade");
    assert!(!format!("{swapped:?}").contains("hunter2"), "{swapped:?}");
    let error = swapped.build().unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");

    let list = server
        .permissions()
        .list()
        .header("hunter2 hunter2", "x-shade");
    assert!(!format!("{list:?}").contains("hunter2"), "{list:?}");
    let error = list.send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
    assert!(error.to_string().contains("invalid header name"), "{error}");
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn echoed_key_is_redacted_in_errors_and_events() {
    let server = FaultServer::start().await;
    let deleted = format!(r#"{{"object":"checkpoint.permission","id":"{KEY}","deleted":true}}"#);
    let elsewhere = format!("https://{}.example/", KEY.to_uppercase());
    server.respond(
        "DELETE",
        [
            Reply::new(200, deleted),
            Reply::new(302, "").with("location", &elsewhere),
        ],
    );
    let page = r#"{"object":"list","data":[],"has_more":false}"#;
    server.respond("GET", [Reply::new(200, page).with("x-request-id", KEY)]);
    let texts: Arc<Mutex<Vec<String>>> = Arc::default();
    let observed = texts.clone();
    let client = server
        .client_builder()
        .observer(move |event| observed.lock().unwrap().push(format!("{event:?}")))
        .build()
        .unwrap();
    let permissions = client.permissions(checkpoint()).unwrap();
    for expected in [
        "responded for [redacted] instead of cp_1",
        "a redirect to https://[redacted].example",
    ] {
        let error = permissions.delete("cp_1").send().await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        texts.lock().unwrap().push(format!("{error} {error:?}"));
    }
    let page = permissions.list().send().await.unwrap();
    assert_eq!(page.metadata().request_id(), Some("[redacted]"));
    texts.lock().unwrap().push(format!("{page:?}"));
    for text in texts.lock().unwrap().iter() {
        assert!(!text.to_lowercase().contains(KEY), "{text}");
    }
}

#[tokio::test]
async fn truncated_key_and_header_key_are_redacted_in_errors() {
    let server = FaultServer::start().await;
    let own = "sk-admin-in-a-custom-header";
    let rejected = |key: &str| {
        let text = format!(r#"{{"error":{{"message":"no such key: {key}","type":"t"}}}}"#);
        Reply::new(401, text)
    };
    let cut = format!(
        "HTTP/1.1 401 Unauthorized\r\ncontent-length: 900\r\n\r\nno such key: {}",
        &KEY[..KEY.len() - 1]
    );
    server.respond(
        "GET",
        [rejected(own), rejected(own), Reply::Bytes(vec![cut.into()])],
    );
    let bearer = format!("Bearer {own}");
    let client = server.client_builder().header("Authorization", &bearer);
    let of_client = client
        .build()
        .unwrap()
        .permissions(checkpoint())
        .unwrap()
        .list();
    let of_request = server.permissions().list().header("authorization", &bearer);
    let shortened = server.permissions().list();
    for (list, key) in [
        (of_client, own),
        (of_request, own),
        (shortened, &KEY[..KEY.len() - 1]),
    ] {
        let error = list.send().await.unwrap_err();
        assert!(error.kind() == ErrorKind::Unauthorized, "{error}");
        assert!(!format!("{error} {error:?}").contains(key), "{error}");
    }
}

#[test]
fn invalid_base_url_error_names_its_source() {
    let variables = [
        ("OPENAI_ADMIN_KEY", KEY),
        ("OPENAI_BASE_URL", "localhost:8080"),
    ];
    let error = environment(&variables).build().unwrap_err().to_string();
    for expected in [
        "OPENAI_BASE_URL: the base URL has the scheme localhost",
        "use https://",
    ] {
        assert!(error.contains(expected), "{error}");
    }
    let explicit = environment(&variables).base_url("api.openai.com/v1");
    let error = explicit.build().unwrap_err().to_string();
    assert!(error.contains("use https://"), "{error}");
    assert!(!error.contains("OPENAI_BASE_URL"), "{error}");
}

#[tokio::test]
async fn echoed_secrets_are_redacted_in_errors_and_events() {
    let server = FaultServer::start().await;
    let secrets = [
        "client-header-secret",
        "org-confidential",
        "proj_confidential",
        "request-header-secret",
        "query-secret",
    ];
    let echo = secrets.join(" ");
    let error = serde_json::json!({"error": {"message": echo, "code": secrets[3], "type": "t"}});
    let page = r#"{"object":"list","data":[],"has_more":false}"#;
    server.respond(
        "GET",
        [
            Reply::json(400, &error).with("x-echo", &echo),
            Reply::html(503).with("x-request-id", secrets[0]),
            Reply::new(200, page).with("x-request-id", &echo),
        ],
    );
    let texts: Arc<Mutex<Vec<String>>> = Arc::default();
    let observed = texts.clone();
    let builder = server
        .client_builder()
        .header("x-client", secrets[0])
        .organization(secrets[1])
        .project(secrets[2])
        .observer(move |event| {
            let text = match event {
                Event::Failed { error, .. } => format!("{error} {error:?} {error:#?}"),
                Event::Succeeded { metadata, .. } => {
                    format!("{:?}", metadata.headers().collect::<Vec<_>>())
                }
                event => format!("{event:?}"),
            };
            observed.lock().unwrap().push(text);
        });
    let list = list(builder)
        .header("x-request", secrets[3])
        .query("token", secrets[4]);
    let error = list.clone().send().await.unwrap_err();
    let body = String::from_utf8_lossy(error.body().unwrap()).into_owned();
    let headers = error.metadata().unwrap().headers();
    let headers = format!("{:?}", headers.collect::<Vec<_>>());
    let message = format!("{:?} {:?}", error.message(), error.code());
    texts.lock().unwrap().extend([body, headers, message]);
    list.send().await.unwrap();
    for text in texts.lock().unwrap().iter() {
        for secret in secrets {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

#[tokio::test]
async fn panicking_key_provider_fails_the_call() {
    let server = FaultServer::start().await;
    let in_future = server
        .client_builder()
        .key_provider(|| async { panic!("broken vault") });
    let in_function = server.client_builder().key_provider(|| {
        let broken = true;
        assert!(!broken, "broken vault");
        async { Ok(SecretString::from(KEY)) }
    });
    for builder in [in_future, in_function] {
        let error = list(builder).all().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Panic, "{error}");
        assert!(error.to_string().contains("broken vault"), "{error}");
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn key_errors_mention_the_source_of_the_key() {
    let server = FaultServer::start().await;
    let source = "--key-file key.txt";
    let unusable = server.client_builder().admin_key(" ").key_source(source);
    let error = unusable.build().unwrap_err();
    assert!(error.to_string().contains(source), "{error}");

    let url = format!("http://{}/v1", server.address);
    let variables = [("OPENAI_ADMIN_KEY", KEY), ("OPENAI_BASE_URL", &url)];
    for (builder, source) in [
        (server.client_builder().key_source(source), source),
        (server.client_builder(), "`ClientBuilder::admin_key`"),
        (environment(&variables), "OPENAI_ADMIN_KEY"),
        (
            server.client_builder().header("authorization", "Bearer x"),
            "the header `Authorization`",
        ),
    ] {
        server.respond("GET", [Reply::html(401)]);
        let error = list(builder).send().await.unwrap_err();
        assert!(error.remedy().unwrap().contains(source), "{error:?}");
    }
    server.respond("GET", [Reply::html(401)]);
    let list = list(environment(&variables)).admin_key("sk-admin-other");
    let error = list.send().await.unwrap_err();
    let remedy = error.remedy().unwrap();
    assert!(remedy.contains("the options of the request"), "{remedy}");
}
