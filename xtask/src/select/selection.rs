//! `select.toml`: the operations of the client and their names in Rust.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::{names, reference::Pointer, tree::METHODS};

/// Extension key in which the select stage passes the repairs of an operation to the lower stage.
pub(crate) const REPAIR_KEY: &str = "x-repair";

/// The operations to keep.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// The operations, in the order of the file.
    pub operations: Vec<Selector>,
    /// Repairs that are applied to every operation.
    pub repair: Vec<Repair>,
}

/// One entry of `operations`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selector {
    /// Method and path. `None` if the entry has only an `operation_id`.
    pub request: Option<Request>,
    /// The `operationId` in the upstream spec.
    pub operation_id: Option<String>,
    /// Name of the method in Rust. By default it is derived from the `operationId`.
    pub name: Option<String>,
    /// Repairs that are applied to this operation.
    #[serde(default)]
    pub repair: Vec<Repair>,
    /// Line of the entry in `select.toml`, counted from 1, or 0 if the entry is not from a file.
    #[serde(skip)]
    pub line: usize,
}

/// A method and a path template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Request {
    /// The method in lower case, as OpenAPI documents write it.
    pub method: String,
    /// The path template with parameters in braces.
    pub path: String,
}

/// A repair: a lossy simplification of an operation, which must be enabled in `select.toml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Repair {
    /// Keeps only JSON if a request body has several media types.
    KeepJsonBody,
    /// Removes optional parameters that are objects.
    DropObjectParameters,
    /// Changes the type of array headers to string. The caller joins the values with commas.
    ListHeadersAsText,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    operations: Vec<Spanned<toml::Value>>,
    #[serde(default)]
    repair: Vec<Repair>,
}

impl Selection {
    /// Parses the text of `select.toml`.
    ///
    /// # Errors
    ///
    /// Returns the line and the reason if the text is not TOML, an entry is invalid or an operation
    /// is selected twice.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        if file.operations.is_empty() {
            return Err("`operations` is empty: add an entry such as \"GET /path\"".to_owned());
        }
        let mut operations: Vec<Selector> = Vec::with_capacity(file.operations.len());
        let mut lines = BTreeMap::new();
        for entry in file.operations {
            let line = 1 + text[..entry.span().start].matches('\n').count();
            let selector = Selector::new(entry.into_inner(), line)
                .map_err(|reason| format!("line {line}: {reason}"))?;
            if let Some(first) = lines.insert(selector.to_string(), line) {
                return Err(format!(
                    "line {line}: {selector} is already selected in line {first}: remove one entry"
                ));
            }
            operations.push(selector);
        }
        Ok(Self {
            operations,
            repair: file.repair,
        })
    }
}

impl Selector {
    /// Returns the location of the entry for error messages.
    pub(super) fn place(&self) -> String {
        match self.line {
            0 => "openapi/select.toml".to_owned(),
            line => format!("openapi/select.toml, line {line}"),
        }
    }

    fn new(entry: toml::Value, line: usize) -> Result<Self, String> {
        let mut selector = match entry {
            toml::Value::String(request) => Self {
                request: Some(Request::try_from(request)?),
                ..Self::default()
            },
            entry @ toml::Value::Table(_) => entry
                .try_into()
                .map_err(|error| error.to_string().trim().to_owned())?,
            entry => {
                return Err(format!(
                    "{entry} is not an entry: write \"GET /path\", or a table with `request`, \
                     `operation_id`, `name` and `repair`"
                ));
            }
        };
        selector.line = line;
        if selector.request.is_none() && selector.operation_id.is_none() {
            return Err("the entry needs `request` or `operation_id`".to_owned());
        }
        if let Some(name) = &selector.name {
            check_name(name)?;
        }
        Ok(selector)
    }
}

impl Repair {
    /// All repairs.
    pub const ALL: [Self; 3] = [
        Self::KeepJsonBody,
        Self::DropObjectParameters,
        Self::ListHeadersAsText,
    ];

    /// Returns the name of the repair in `select.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Self::KeepJsonBody => "keep-json-body",
            Self::DropObjectParameters => "drop-object-parameters",
            Self::ListHeadersAsText => "list-headers-as-text",
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.request, &self.operation_id) {
            (Some(request), _) => request.fmt(f),
            (None, Some(id)) => write!(f, "operation id {id}"),
            (None, None) => f.write_str("an empty entry"),
        }
    }
}

impl Request {
    /// Returns the location of the operation in a document.
    pub(crate) fn pointer(&self) -> Pointer {
        Pointer::of(["paths", &self.path, &self.method])
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method.to_uppercase(), self.path)
    }
}

impl TryFrom<String> for Request {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
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
            return Err(format!("the path {path:?} does not start with \"/\""));
        }
        Ok(Self {
            method,
            path: path.to_owned(),
        })
    }
}

/// Checks that a name is a valid Rust method name that the generator keeps unchanged.
fn check_name(name: &str) -> Result<(), String> {
    let valid = names::snake(name);
    if name.is_ascii() && name == valid {
        return Ok(());
    }
    Err(format!(
        "{name:?} is not the name of a Rust method, or is a keyword of Rust: use snake_case, such \
         as {valid:?}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entry_as_string_or_table_parses() {
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
            .map(|selector| (selector.to_string(), selector.line))
            .collect();
        let expected = [
            ("GET /a".to_owned(), 2),
            ("DELETE /a/{id}".to_owned(), 3),
            ("operation id listB".to_owned(), 4),
        ];
        assert_eq!(shown, expected);
        assert_eq!(selection.operations[1].name.as_deref(), Some("remove_a"));
    }

    #[test]
    fn invalid_selection_fails_with_line_and_reason() {
        let cases = [
            ("operations = []", "", "add an entry"),
            (
                "operations = [\n\"/a\"]",
                "line 2",
                "write it as \"GET /path\"",
            ),
            ("operations = [\n\"FETCH /a\"]", "line 2", "use one of GET"),
            ("operations = [\n\"GET a\"]", "line 2", "start with \"/\""),
            (
                "operations = [\n\"GET /a\",\n\"get /a\"]",
                "line 3",
                "already selected in line 2",
            ),
            (
                "operations = [\n{ name = \"a\" }]",
                "line 2",
                "needs `request` or `operation_id`",
            ),
            (
                "operations = [\n{ request = \"GET /a\", name = \"listA\" }]",
                "line 2",
                "use snake_case",
            ),
            (
                "operations = [\n{ request = \"GET /a\", name = \"type\" }]",
                "line 2",
                "keyword of Rust",
            ),
            (
                "operations = [\n{ request = \"GET /a\", nane = \"a\" }]",
                "line 2",
                "unknown field `nane`",
            ),
            (
                "operations = [\"GET /a\"]\nrepair = [\"magic\"]",
                "line 2",
                "expected one of `keep-json-body`",
            ),
            ("\noperation = []", "line 2", "unknown field `operation`"),
        ];
        for (text, line, expected) in cases {
            let error = Selection::parse(text).unwrap_err();
            assert!(
                error.contains(line) && error.contains(expected),
                "{text}: {error}"
            );
        }
    }
}
