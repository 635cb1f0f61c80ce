//! Documents that are refused, with the operation, the location, the reason and the remedy.

use super::{generate, read};

/// Asserts that a document is refused with a message that contains all parts.
fn assert_refused(name: &str, parts: &[&str]) {
    let error = generate(&read(name)).unwrap_err();
    for part in parts.iter().chain(&["remedy: "]) {
        assert!(
            error.contains(part),
            "{name}: {part} does not occur in {error}"
        );
    }
    assert!(!error.contains("xtask/src"), "{name}: {error}");
}

#[test]
fn path_with_fragment_is_refused() {
    assert_refused(
        "path_fragment",
        &[
            "DELETE /{Bucket}#cors",
            "/paths/~1{Bucket}#cors/delete",
            "has a fragment",
        ],
    );
}

#[test]
fn contradictory_all_of_is_refused() {
    let parts = [
        "POST /a",
        "/components/schemas/A/properties/",
        "a string and an integer at once",
    ];
    assert_refused("allof_contradiction", &parts);
}

#[test]
fn query_list_of_objects_is_refused() {
    let parts = [
        "GET /a",
        "/paths/~1a/get/parameters/0/schema",
        "the query parameter m",
        "the query parameter n",
    ];
    assert_refused("query_list_of_objects", &parts);
}

#[test]
fn invalid_header_name_is_refused() {
    assert_refused(
        "header_name",
        &[
            "GET /a",
            "/paths/~1a/get/parameters/0",
            "the header parameter X Foo",
        ],
    );
}

#[test]
fn property_named_extra_beside_additional_is_refused() {
    assert_refused(
        "property_extra",
        &["GET /a", "/components/schemas/A/properties/extra", "extra"],
    );
}

#[test]
fn properties_with_one_rust_name_are_refused() {
    assert_refused(
        "property_co2",
        &["GET /air", "/components/schemas/Air/properties/CO₂", "CO"],
    );
}

#[test]
fn enum_values_with_one_rust_name_are_refused() {
    assert_refused("enum_square", &["GET /s", "/unit/enum", "`m²`, `m³`"]);
}
