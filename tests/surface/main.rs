//! The public surface of permissions-ext, as a user of the crate meets it.
#![allow(clippy::unwrap_used, unreachable_pub, reason = "a test may")]

mod read;
mod secrets;
mod traits;

use std::collections::BTreeSet;

use self::read::Surface;

#[test]
fn the_surface_is_as_reviewed() {
    insta::with_settings!({
        description => "the public surface of permissions-ext, one line an item",
        omit_expression => true,
    }, {
        insta::assert_snapshot!("permissions_ext", Surface::read().lines().join("\n"));
    });
}

#[test]
fn no_type_of_the_transport_or_the_generator_is_public() {
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
    let named: Vec<&String> = lines
        // Ids and the like are of the specification, not of the generator.
        .filter(|line| !line.starts_with("pub use permissions_api::types::"))
        .filter(|line| foreign.iter().any(|name| line.contains(name)))
        .collect();
    // Both behind the feature `reqwest-client`, whose name says what it ties a program to.
    assert_eq!(
        named,
        [
            "pub fn ClientBuilder::http_client(self, http: reqwest::Client) -> Self",
            "pub fn blocking::ClientBuilder::http_client(self, http: reqwest::Client) -> Self",
        ]
    );
}

/// What the blocking side has by another way than a method of the same name.
const BY_ANOTHER_WAY: [(&str, &str); 4] = [
    (
        "PermissionStream::next",
        "impl Iterator for blocking::PermissionStream",
    ),
    ("PageStream::next", "impl Iterator for blocking::PageStream"),
    (
        "AuditStream::next",
        "impl Iterator for blocking::AuditStream",
    ),
    // What a page tells without asking for another is the same page.
    ("Page::*", "impl Deref for blocking::Page"),
];

#[test]
fn every_call_has_a_blocking_twin_of_the_same_name() {
    let surface = Surface::read();
    let methods: BTreeSet<String> = surface.methods().collect();
    let blocking: BTreeSet<&str> = surface
        .types()
        .filter_map(|name| name.strip_prefix("blocking::"))
        .collect();
    for asynchronous in surface.asynchronous_types() {
        assert!(
            blocking.contains(asynchronous),
            "{asynchronous} has no twin"
        );
    }
    let mut compared = 0;
    for method in methods
        .iter()
        .filter(|method| !method.starts_with("blocking::"))
    {
        let owner = method.split("::").next().unwrap();
        if !blocking.contains(owner) {
            continue;
        }
        compared += 1;
        let other_way = BY_ANOTHER_WAY
            .iter()
            .find(|(known, _)| *known == method || *known == format!("{owner}::*"));
        let twin = methods.contains(&format!("blocking::{method}"))
            || other_way.is_some_and(|(_, line)| surface.lines().iter().any(|known| known == line));
        assert!(twin, "{method} has no blocking twin");
    }
    assert!(compared > 60, "only {compared} methods were found");
}
