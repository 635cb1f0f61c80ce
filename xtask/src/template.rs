//! Path templates such as `/lists/{list}/items`.

use std::collections::BTreeSet;

/// Returns the names in braces.
///
/// # Errors
///
/// Returns the reason if a client would send requests to another path.
pub(crate) fn names(path: &str) -> Result<BTreeSet<&str>, String> {
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
        "has an empty segment, `.` or `..`, which URL parsers remove"
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

/// Whether URL parsers remove the segment, as they do with `.` and `..`.
fn is_dot(segment: &str) -> bool {
    matches!(
        segment.to_ascii_lowercase().replace("%2e", ".").as_str(),
        "." | ".."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_returns_names_in_braces() {
        assert_eq!(names("/lists").unwrap(), BTreeSet::new());
        assert_eq!(
            names("/lists/{list}/items/{item}:copy").unwrap(),
            BTreeSet::from(["item", "list"])
        );
    }

    #[test]
    fn names_of_invalid_template_fails() {
        for (path, reason) in [
            ("a", "slash"),
            ("/{a}#b", "fragment"),
            ("/a?b={c}", "query"),
            ("/a/../b", "URL parsers remove"),
            ("/a/%2E/b", "URL parsers remove"),
            ("/a//b", "URL parsers remove"),
            ("/a\\b", "backslash"),
            ("/ü", "ASCII"),
        ] {
            let error = names(path).unwrap_err();
            assert!(error.contains(reason), "{path}: {error}");
        }
        for path in ["/{", "/}", "/{}", "/{a", "/a}", "/{a{b}}", "/}{"] {
            let error = names(path).unwrap_err();
            assert!(
                error.ends_with("has empty, nested or unbalanced braces"),
                "{path}: {error}"
            );
        }
        assert!(names("/{a}/{a}").unwrap_err().contains("{a} twice"));
    }
}
