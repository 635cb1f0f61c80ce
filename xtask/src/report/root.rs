//! Compares everything outside of `paths` and `components/schemas`.

use serde_json::Value;

use super::{
    comparison::{Comparison, Pair, Place, at},
    rules,
};
use crate::tree::elements;

/// Compares the keys of the document root.
pub(super) fn compare(comparison: &mut Comparison<'_>) {
    let root = Place::new(None, "document");
    comparison.members(&root, comparison.documents, |comparison, key, pair| {
        let place = Place::new(None, key);
        match key {
            // The comparison of operations includes these keys.
            "paths" | "security" => {}
            "components" => components(comparison, &place, pair),
            "info" => comparison.replaced(&place, &rules::DOCUMENTATION, key, pair),
            "servers" => servers(comparison, &place, pair),
            _ => return false,
        }
        true
    });
}

fn servers(comparison: &mut Comparison<'_>, place: &Place, pair: Pair<'_>) {
    let (old, new) = pair.map(|servers| -> Vec<&Value> {
        elements(servers).map(|server| at(server, "url")).collect()
    });
    comparison.items(
        place,
        (&old, &new),
        (&rules::SERVER_REMOVED, &rules::SERVER_ADDED),
    );
    if old == new {
        comparison.replaced(place, &rules::DOCUMENTATION, "servers", pair);
    }
}

fn components(comparison: &mut Comparison<'_>, place: &Place, pair: Pair<'_>) {
    if !pair.old.is_object() || !pair.new.is_object() {
        comparison.replaced(place, &rules::UNKNOWN, "components", pair);
    }
    comparison.members(place, pair, |comparison, key, pair| {
        match key {
            // `components.rs` compares the named schemas.
            "schemas" => {}
            // The comparison of operations includes the schemes that an operation requires.
            "securitySchemes" => comparison.entries(
                |name| Place::new(None, format!("security scheme {name}")),
                pair,
                (&rules::SCHEME_REMOVED, &rules::SCHEME_ADDED),
                scheme,
            ),
            _ => return false,
        }
        true
    });
}

fn scheme(comparison: &mut Comparison<'_>, place: &Place, pair: Pair<'_>) {
    if !pair.old.is_object() || !pair.new.is_object() {
        return comparison.replaced(place, &rules::UNKNOWN, "scheme", pair);
    }
    comparison.members(place, pair, |comparison, key, pair| {
        let is_form = matches!(key, "type" | "scheme" | "in" | "name" | "flows");
        if is_form {
            comparison.replaced(place, &rules::SCHEME_CHANGED, key, pair);
        }
        is_form
    });
}
