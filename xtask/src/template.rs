//! The path of an operation as a template: `/lists/{list}/items`.

use std::collections::BTreeSet;

/// The names in braces of a path.
///
/// # Errors
///
/// Braces that do not pair, a name that is empty, a name that is there twice.
pub(crate) fn names(path: &str) -> Result<BTreeSet<&str>, String> {
    let mut names = BTreeSet::new();
    let mut rest = path;
    while let Some(open) = rest.find(['{', '}']) {
        let inner = rest.get(open..).unwrap_or_default();
        let close = inner
            .find('}')
            .filter(|close| *close > 1 && inner.starts_with('{'));
        let name = close.and_then(|close| inner.get(1..close));
        let (Some(close), Some(name)) = (close, name.filter(|name| !name.contains('{'))) else {
            return Err(format!("the braces of the path {path} do not pair"));
        };
        if !names.insert(name) {
            return Err(format!("the path {path} has {{{name}}} twice"));
        }
        rest = inner.get(close + 1..).unwrap_or_default();
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_in_braces() {
        assert_eq!(names("/lists").unwrap(), BTreeSet::new());
        assert_eq!(
            names("/lists/{list}/items/{item}:copy").unwrap(),
            BTreeSet::from(["item", "list"])
        );
    }

    #[test]
    fn what_is_no_template_says_why() {
        for path in ["/{", "/}", "/{}", "/{a", "/a}", "/{a{b}}", "/}{"] {
            let error = names(path).unwrap_err();
            assert!(error.ends_with("do not pair"), "{path}: {error}");
        }
        assert!(names("/{a}/{a}").unwrap_err().contains("{a} twice"));
    }
}
