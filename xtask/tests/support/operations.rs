//! Formats the operations of a trimmed spec for a snapshot.

use serde_json::Value;
use xtask::tree::METHODS;

/// Returns a block of text per operation: name, request, parameters, bodies and security.
pub(crate) fn table(document: &Value) -> String {
    let mut text = String::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for method in METHODS {
            let Some(operation) = item.get(method) else {
                continue;
            };
            let name = operation["operationId"].as_str().unwrap_or_default();
            text.push_str(&format!("{name}\n  {} {path}\n", method.to_uppercase()));
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let optional = if parameter["required"] == true {
                    ""
                } else {
                    "?"
                };
                text.push_str(&format!(
                    "  {:<6} {}{optional}: {}\n",
                    parameter["in"].as_str().unwrap_or_default(),
                    parameter["name"].as_str().unwrap_or_default(),
                    type_of(&parameter["schema"]),
                ));
            }
            for (media, value) in operation["requestBody"]["content"]
                .as_object()
                .into_iter()
                .flatten()
            {
                text.push_str(&format!(
                    "  {:<6} {media}: {}\n",
                    "body",
                    type_of(&value["schema"])
                ));
            }
            for (status, response) in operation["responses"].as_object().into_iter().flatten() {
                let content = response["content"]
                    .as_object()
                    .filter(|content| !content.is_empty());
                match content {
                    None => text.push_str(&format!("  {status:<6} nothing\n")),
                    Some(content) => {
                        for (media, value) in content {
                            text.push_str(&format!(
                                "  {status:<6} {media}: {}\n",
                                type_of(&value["schema"])
                            ));
                        }
                    }
                }
            }
            for requirement in operation["security"].as_array().into_iter().flatten() {
                let names: Vec<&str> = requirement
                    .as_object()
                    .into_iter()
                    .flatten()
                    .map(|(name, _)| name.as_str())
                    .collect();
                text.push_str(&format!("  {:<6} {}\n", "key", names.join(" and ")));
            }
            text.push('\n');
        }
    }
    text
}

/// Returns a short description of a schema.
fn type_of(schema: &Value) -> String {
    let nullable = if schema["nullable"] == true {
        " or null"
    } else {
        ""
    };
    let default = schema
        .get("default")
        .map(|value| format!(", {value} by default"))
        .unwrap_or_default();
    let base = match (&schema["$ref"], &schema["allOf"], &schema["type"]) {
        (Value::String(reference), _, _) => {
            reference.rsplit('/').next().unwrap_or_default().to_owned()
        }
        (_, Value::Array(all), _) if all.len() == 1 => type_of(&all[0]),
        (_, _, Value::String(name)) if name == "array" => {
            format!("array of {}", type_of(&schema["items"]))
        }
        (_, _, Value::String(name)) => name.clone(),
        _ if schema.as_object().is_none_or(serde_json::Map::is_empty) => {
            "bytes or anything".to_owned()
        }
        _ => "combined".to_owned(),
    };
    format!("{base}{nullable}{default}")
}
