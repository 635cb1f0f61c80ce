//! Environment variables and base URLs of the client.

use permissions_ext::{ClientBuilder, ErrorKind};

use crate::support::wire::Reply;
use crate::support::{FaultServer, KEY, list, permissions};

fn environment(variables: &[(&str, &str)]) -> ClientBuilder {
    ClientBuilder::from_variables(|name| {
        variables
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| (*value).into())
    })
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
    let permissions = permissions(environment(&variables));
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
