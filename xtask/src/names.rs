//! Rust names, built as typify builds them.

use heck::{ToPascalCase, ToSnakeCase};

/// Returns a valid identifier in snake case.
pub fn snake(text: &str) -> String {
    identifier(text, "x", |text| text.to_snake_case())
}

/// Returns a valid identifier in Pascal case. Calling it again does not change the result.
///
/// Typify converts names twice, so `I64A` becomes `I64a`.
pub fn pascal(text: &str) -> String {
    let name = identifier(text, "X", |text| text.to_pascal_case());
    if name == text { name } else { pascal(&name) }
}

/// Names of the standard library that generated code uses without a path.
#[rustfmt::skip]
pub(crate) const RESERVED: [&str; 23] = [
    "AsMut", "AsRef", "Box", "Clone", "Copy", "Debug", "Default", "Drop", "Eq", "Err", "Extend", "From",
    "Into", "IntoIterator", "Iterator", "None", "Ok", "Option", "Result", "Some", "String", "ToString", "Vec",
];

/// Replaces underscores and characters that are invalid in identifiers by `X`.
pub(crate) fn mark_dropped(text: &str) -> String {
    text.replace(
        |c: char| c == '_' || !unicode_ident::is_xid_continue(c),
        "X",
    )
}

fn identifier(text: &str, prefix: &str, case: fn(&str) -> String) -> String {
    let mut name = match text {
        "+1" => "plus1".to_owned(),
        "-1" => "minus1".to_owned(),
        _ => case(
            &text
                .replace('\'', "")
                .replace(|c| !unicode_ident::is_xid_continue(c), "-"),
        ),
    };
    if !name.starts_with(unicode_ident::is_xid_start) {
        name.insert_str(0, prefix);
    }
    if name == "gen" || syn::parse_str::<syn::Ident>(&name).is_err() {
        name.push('_');
    }
    name
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
}
