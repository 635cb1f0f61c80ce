//! The public surface of permissions-ext.
#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "failed assumptions fail the test"
)]

mod read;
mod secrets;
mod traits;

use self::read::Surface;

#[test]
fn public_api_matches_snapshot() {
    insta::with_settings!({
        description => "the public surface of permissions-ext, one line per type and per method",
        omit_expression => true,
    }, {
        insta::assert_snapshot!("permissions_ext", Surface::read().summary());
    });
}

#[test]
fn public_api_contains_no_dependency_types() {
    let foreign = [
        "reqwest::",
        "progenitor",
        "hyper",
        "rustls::",
        "http::",
        "api::",
    ];
    let surface = Surface::read();
    let lines = surface.lines().iter();
    let found: Vec<&String> = lines
        // The ids are hand-written and part of the public API.
        .filter(|line| !line.starts_with("pub use permissions_api::ids::"))
        .filter(|line| foreign.iter().any(|name| line.contains(name)))
        .collect();
    // The feature `reqwest` adds this method.
    let expected = "pub fn ClientBuilder::http_client(self, client: reqwest::Client) -> Self";
    assert_eq!(found, [expected]);
}

/// Asynchronous methods without a blocking method of the same name. Iterators replace `next`, and `Deref` provides the
/// accessors of a page.
const WITHOUT_METHOD: [&str; 8] = [
    "ItemStream::next",
    "PageStream::next",
    "AuditStream::next",
    "Page::data",
    "Page::first_id",
    "Page::has_more",
    "Page::last_id",
    "Page::metadata",
];

#[test]
fn every_asynchronous_method_has_a_blocking_counterpart() {
    let surface = Surface::read();
    let blocking = surface.blocking_types();
    for name in surface.asynchronous_types() {
        assert!(blocking.contains(name), "{name} has no counterpart");
    }
    let methods = surface.methods();
    let of_blocking_types = methods
        .iter()
        .filter(|method| blocking.contains(method.split("::").next().unwrap()));
    let mut compared = 0;
    for method in of_blocking_types.filter(|method| !WITHOUT_METHOD.contains(&method.as_str())) {
        compared += 1;
        let exists = surface.blocking_methods().contains(method);
        assert!(exists, "{method} has no blocking counterpart");
    }
    assert!(compared > 60, "only {compared} methods were found");
    for line in surface.lines() {
        if let Some((kind @ ("options" | "bulk_options"), name)) = line.split_once(' ') {
            let options = format!("{name}::{kind}");
            assert!(surface.blocking_methods().contains(&options), "{options}");
        }
    }
}
