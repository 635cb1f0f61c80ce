//! Rust names, built as typify builds them, and the names in path templates.

use std::collections::BTreeSet;

use heck::{ToPascalCase, ToSnakeCase};

/// Returns a valid identifier in snake case.
pub fn snake(text: &str) -> String {
    identifier(text, "x", |text| text.to_snake_case())
}

/// Returns a valid identifier in Pascal case.
///
/// typify converts each name twice, so this function repeats the conversion until the name no
/// longer changes. For example, `i64_a` first becomes `I64A` and then `I64a`.
pub fn pascal(text: &str) -> String {
    let name = identifier(text, "X", |text| text.to_pascal_case());
    if name == text { name } else { pascal(&name) }
}

/// Returns a name that is not in use: `base`, or else `base` followed by a number.
pub(crate) fn unique(base: &str, mut is_free: impl FnMut(&str) -> bool) -> String {
    let mut name = base.to_owned();
    let mut number = 2;
    while !is_free(&name) {
        name = format!("{base}{number}");
        number += 1;
    }
    name
}

/// Names of the standard library that generated code uses without a path.
#[rustfmt::skip]
pub(crate) const RESERVED: [&str; 23] = [
    "AsMut", "AsRef", "Box", "Clone", "Copy", "Debug", "Default", "Drop", "Eq", "Err", "Extend", "From",
    "Into", "IntoIterator", "Iterator", "None", "Ok", "Option", "Result", "Some", "String", "ToString", "Vec",
];

/// Replaces underscores and characters that are invalid in identifiers by `X`.
pub(crate) fn mark_dropped(text: &str) -> String {
    let is_dropped = |c: char| c == '_' || !unicode_ident::is_xid_continue(c);
    text.replace(is_dropped, "X")
}

fn identifier(text: &str, prefix: &str, case: fn(&str) -> String) -> String {
    let words = text.replace('\'', "");
    let words = words.replace(|c| !unicode_ident::is_xid_continue(c), "-");
    let mut name = match text {
        "+1" => "plus1".to_owned(),
        "-1" => "minus1".to_owned(),
        _ => case(&words),
    };
    if !name.starts_with(unicode_ident::is_xid_start) {
        name.insert_str(0, prefix);
    }
    if name == "gen" || syn::parse_str::<syn::Ident>(&name).is_err() {
        name.push('_');
    }
    name
}

/// Returns the names in braces of a path template such as `/lists/{list}/items`.
///
/// # Errors
///
/// Returns the reason if the template is invalid, or if HTTP clients would send requests to a
/// different path.
pub(crate) fn in_template(path: &str) -> Result<BTreeSet<&str>, String> {
    let (segments, query) = path.split_once('?').unwrap_or((path, ""));
    let mut parts = segments.split('/');
    let reason = if parts.next() != Some("") {
        "does not start with a slash"
    } else if path.contains('#') {
        "has a fragment, which HTTP does not send"
    } else if query.contains('{') {
        "has a parameter in its query"
    } else if path.contains(['\\', ' ']) || !path.chars().all(|c| c.is_ascii_graphic()) {
        "has a backslash, a space or a character that is not ASCII"
    } else if segments.contains("//") || parts.any(is_dot) {
        "has a segment that is empty, `.` or `..`, and URL parsers may remove such a segment"
    } else {
        ""
    };
    if !reason.is_empty() {
        return Err(format!("the path {path} {reason}"));
    }
    let unbalanced = || format!("the path {path} has empty, nested or unbalanced braces");
    let mut names = BTreeSet::new();
    let mut parts = path.split('{');
    if parts.next().is_some_and(|start| start.contains('}')) {
        return Err(unbalanced());
    }
    for part in parts {
        match part.split_once('}') {
            Some((name, rest)) if !name.is_empty() && !rest.contains('}') => {
                if !names.insert(name) {
                    return Err(format!("the path {path} has {{{name}}} twice"));
                }
            }
            _ => return Err(unbalanced()),
        }
    }
    Ok(names)
}

/// Whether the segment is `.` or `..`, possibly percent-encoded. URL parsers remove such segments.
fn is_dot(segment: &str) -> bool {
    let decoded = segment.to_ascii_lowercase().replace("%2e", ".");
    decoded == "." || decoded == ".."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_valid_identifiers() {
        for (text, expected) in [
            ("listFineTuningJobs", "list_fine_tuning_jobs"),
            (
                "GET /organization/{project_id}",
                "get_organization_project_id",
            ),
            ("+1", "plus1"),
            ("-1", "minus1"),
            ("m²", "m"),
            ("²", "x"),
            ("1st", "x1st"),
            ("type", "type_"),
            ("gen", "gen_"),
        ] {
            assert_eq!(snake(text), expected, "{text}");
        }
        for (text, expected) in [
            ("fine_tuned-model checkpoint", "FineTunedModelCheckpoint"),
            ("ProjectId", "ProjectId"),
            ("won't", "Wont"),
            ("1st", "X1st"),
            ("i64_a", "I64a"),
            ("self", "Self_"),
        ] {
            assert_eq!(pascal(text), expected, "{text}");
        }
    }

    #[test]
    fn in_template_returns_names_in_braces() {
        assert_eq!(in_template("/lists").unwrap(), BTreeSet::new());
        assert_eq!(
            in_template("/lists/{list}/items/{item}:copy").unwrap(),
            BTreeSet::from(["item", "list"])
        );
    }

    #[test]
    fn in_template_with_invalid_path_fails() {
        for (path, reason) in [
            ("a", "slash"),
            ("/{a}#b", "fragment"),
            ("/a?b={c}", "query"),
            ("/a/../b", "URL parsers may remove"),
            ("/a/%2E/b", "URL parsers may remove"),
            ("/a//b", "URL parsers may remove"),
            ("/a\\b", "backslash"),
            ("/ü", "ASCII"),
        ] {
            let error = in_template(path).unwrap_err();
            assert!(error.contains(reason), "{path}: {error}");
        }
        for path in ["/{", "/}", "/{}", "/{a", "/a}", "/{a{b}}", "/}{"] {
            let error = in_template(path).unwrap_err();
            assert!(
                error.ends_with("has empty, nested or unbalanced braces"),
                "{path}: {error}"
            );
        }
        assert!(in_template("/{a}/{a}").unwrap_err().contains("{a} twice"));
    }
}
