//! `select.toml`: which operations are kept, and what they are called in Rust.

use std::{collections::BTreeMap, fmt};

use serde::Deserialize;

use crate::{lower::Repair, tree::METHODS};

/// What to keep of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    /// The operations kept, in the order of the file.
    pub operations: Vec<Selector>,
    /// What may be given up in each of them.
    #[serde(default)]
    pub repair: Vec<Repair>,
}

/// One operation to keep.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Entry")]
pub struct Selector {
    /// Method and path; `None` where the operation is named by its id alone.
    pub request: Option<Request>,
    /// The id that the upstream document gives the operation.
    pub operation_id: Option<String>,
    /// The name of the method in Rust; without one it comes from the operation's id.
    pub name: Option<String>,
    /// What may be given up in this operation.
    pub repair: Vec<Repair>,
}

/// A method and a path template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Request {
    /// In lower case, as documents key it.
    pub method: String,
    /// As the document writes it, parameters in braces.
    pub path: String,
}

impl Selection {
    /// Reads the text of a selection file.
    ///
    /// # Errors
    ///
    /// Line, column and reason of what is not TOML, not a selector, or given twice.
    pub fn parse(text: &str) -> Result<Self, String> {
        let selection: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        if selection.operations.is_empty() {
            return Err(
                "`operations` is empty: add at least one, such as \"GET /path\"".to_owned(),
            );
        }
        let mut seen = BTreeMap::new();
        for (index, selector) in selection.operations.iter().enumerate() {
            if let Some(first) = seen.insert(selector.to_string(), index) {
                return Err(format!(
                    "{selector} is selected twice, as entries {} and {}: remove one",
                    first + 1,
                    index + 1
                ));
            }
        }
        Ok(selection)
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.request, &self.operation_id) {
            (Some(request), _) => request.fmt(f),
            (None, Some(id)) => write!(f, "operation id {id}"),
            (None, None) => f.write_str("an empty selector"),
        }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method.to_uppercase(), self.path)
    }
}

impl std::str::FromStr for Request {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (method, path) = text
            .split_once(' ')
            .ok_or_else(|| format!("{text:?} is not a request: write it as \"GET /path\""))?;
        let method = method.to_lowercase();
        if !METHODS.contains(&method.as_str()) {
            return Err(format!(
                "{:?} is not a method: use one of {}",
                method.to_uppercase(),
                METHODS.map(str::to_uppercase).join(", ")
            ));
        }
        let path = path.trim();
        if !path.starts_with('/') {
            return Err(format!("{path:?} is not a path: it begins with \"/\""));
        }
        Ok(Self {
            method,
            path: path.to_owned(),
        })
    }
}

/// The two ways to write a selector: the request alone, or a table.
#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "a request such as \"GET /path\", or a table with request, operation_id, name, repair"
)]
enum Entry {
    Request(String),
    Table(Table),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    request: Option<String>,
    operation_id: Option<String>,
    name: Option<String>,
    #[serde(default)]
    repair: Vec<Repair>,
}

impl TryFrom<Entry> for Selector {
    type Error = String;

    fn try_from(entry: Entry) -> Result<Self, String> {
        let table = match entry {
            Entry::Request(request) => Table {
                request: Some(request),
                operation_id: None,
                name: None,
                repair: Vec::new(),
            },
            Entry::Table(table) => table,
        };
        if table.request.is_none() && table.operation_id.is_none() {
            return Err("a selector needs `request` or `operation_id`".to_owned());
        }
        if let Some(name) = &table.name {
            check_name(name)?;
        }
        Ok(Self {
            request: table.request.map(|text| text.parse()).transpose()?,
            operation_id: table.operation_id,
            name: table.name,
            repair: table.repair,
        })
    }
}

/// A Rust method name that the generator keeps as it is.
fn check_name(name: &str) -> Result<(), String> {
    let snake = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !name.contains("__")
        && !name.ends_with('_');
    if !snake {
        return Err(format!(
            "{name:?} is not a name for a Rust method: use snake_case, such as \"list_projects\""
        ));
    }
    if syn::parse_str::<syn::Ident>(name).is_err() {
        return Err(format!(
            "{name:?} is a keyword of Rust: choose another name"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_request_or_a_table() {
        let selection = Selection::parse(
            r#"operations = [
                "GET /a",
                { request = "DELETE /a/{id}", name = "remove_a" },
                { operation_id = "listB" },
            ]"#,
        )
        .unwrap();

        let shown: Vec<_> = selection
            .operations
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(shown, ["GET /a", "DELETE /a/{id}", "operation id listB"]);
        assert_eq!(selection.operations[1].name.as_deref(), Some("remove_a"));
    }

    #[test]
    fn wrong_selections_say_what_to_write() {
        let cases = [
            ("operations = []", "add at least one"),
            ("operations = [\"/a\"]", "write it as \"GET /path\""),
            ("operations = [\"FETCH /a\"]", "use one of GET"),
            ("operations = [\"GET a\"]", "begins with \"/\""),
            (
                "operations = [\"GET /a\", \"get /a\"]",
                "selected twice, as entries 1 and 2",
            ),
            (
                "operations = [{ name = \"a\" }]",
                "needs `request` or `operation_id`",
            ),
            (
                "operations = [{ request = \"GET /a\", name = \"listA\" }]",
                "use snake_case",
            ),
            (
                "operations = [{ request = \"GET /a\", name = \"type\" }]",
                "keyword of Rust",
            ),
            (
                "operations = [{ request = \"GET /a\", nane = \"a\" }]",
                "request, operation_id, name",
            ),
            (
                "operations = [\"GET /a\"]\nrepair = [\"magic\"]",
                "expected one of `keep-json-body`",
            ),
            ("operation = []", "unknown field `operation`"),
        ];
        for (text, expected) in cases {
            let error = Selection::parse(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
