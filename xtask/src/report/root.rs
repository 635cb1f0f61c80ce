//! What a document says of itself and of all its operations.

use serde_json::Value;

use super::change::Grade::{Major, Patch};
use super::comparison::{Comparison, Place, at, keys, shown};

/// Compares everything outside of `paths` and `components/schemas`.
pub(super) fn compare(comparison: &mut Comparison<'_>) {
    let (old, new) = (comparison.old, comparison.new);
    for keyword in keys(old, new) {
        let (before, after) = (at(old, keyword), at(new, keyword));
        if before == after {
            continue;
        }
        let place = Place::new(None, keyword);
        match keyword {
            // Settled with the operations.
            "paths" | "security" => {}
            "components" => components(comparison, before, after),
            "info" => info(comparison, before, after),
            "servers" => servers(comparison, &place, before, after),
            "externalDocs" | "tags" => comparison.documentation(&place, keyword),
            _ if keyword.starts_with("x-") => comparison.documentation(&place, keyword),
            _ => {
                let what = format!(
                    "`{keyword}` is {} instead of {}",
                    shown(after),
                    shown(before)
                );
                comparison.unclassified(&place, what);
            }
        }
    }
}

fn info(comparison: &mut Comparison<'_>, before: &Value, after: &Value) {
    let place = Place::new(None, "info");
    for keyword in keys(before, after) {
        if at(before, keyword) != at(after, keyword) {
            comparison.documentation(&place, keyword);
        }
    }
}

fn servers(comparison: &mut Comparison<'_>, place: &Place, before: &Value, after: &Value) {
    let urls = |value: &Value| -> Vec<String> {
        let servers = value.as_array().into_iter().flatten();
        servers.map(|server| shown(at(server, "url"))).collect()
    };
    let (before, after) = (urls(before), urls(after));
    for url in before.iter().filter(|url| !after.contains(url)) {
        let reason = "old clients ask at the old address";
        comparison.add(place, Major, format!("the server {url} is gone"), reason);
    }
    for url in after.iter().filter(|url| !before.contains(url)) {
        let reason = "the client takes its address from its user";
        comparison.add(place, Patch, format!("the server {url} is new"), reason);
    }
    if before == after {
        comparison.documentation(place, "servers");
    }
}

fn components(comparison: &mut Comparison<'_>, before: &Value, after: &Value) {
    for kind in keys(before, after) {
        let (old, new) = (at(before, kind), at(after, kind));
        match kind {
            // Schemas are types, compared apart; these others are compared where they are used.
            "headers" | "parameters" | "requestBodies" | "responses" | "schemas" => {}
            "securitySchemes" => schemes(comparison, old, new),
            "examples" if old != new => {
                comparison.documentation(&Place::new(None, "components"), kind);
            }
            _ if old != new && !kind.starts_with("x-") => {
                let place = Place::new(None, format!("components.{kind}"));
                comparison.unclassified(&place, format!("`{kind}` changed"));
            }
            _ => {}
        }
    }
}

/// A scheme that comes or goes shows where an operation asks for it.
fn schemes(comparison: &mut Comparison<'_>, before: &Value, after: &Value) {
    for name in keys(before, after) {
        let place = Place::new(None, format!("security scheme {name}"));
        let (Some(before), Some(after)) = (before.get(name), after.get(name)) else {
            let what = if before.get(name).is_some() {
                "the scheme is gone"
            } else {
                "the scheme is new"
            };
            comparison.add(
                &place,
                Patch,
                what,
                "what counts is which operations ask for it",
            );
            continue;
        };
        for keyword in keys(before, after) {
            let (before, after) = (at(before, keyword), at(after, keyword));
            if before == after {
                continue;
            }
            if keyword == "description" || keyword == "bearerFormat" || keyword.starts_with("x-") {
                comparison.documentation(&place, keyword);
            } else {
                let what = format!(
                    "`{keyword}` is {} instead of {}",
                    shown(after),
                    shown(before)
                );
                comparison.add(&place, Major, what, "the key is sent another way");
            }
        }
    }
}
