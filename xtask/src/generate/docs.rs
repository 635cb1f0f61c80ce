//! A word of documentation on every public item that the document has no words for.

use serde_json::Value;
use syn::{
    Attribute, Fields, File, ImplItem, Visibility, parse_quote,
    visit_mut::{self, VisitMut},
};

use super::rewrite::doc_line;

/// Completes the documentation.
pub(super) fn complete(file: &mut File, document: &Value) {
    let parameters = Parameters::of(document);
    Complete {
        parameters,
        modules: Vec::new(),
    }
    .visit_file_mut(file);
}

/// What the document says of parameters, by the builder's name and the parameter's.
struct Parameters(Vec<(String, String, String)>);

impl Parameters {
    fn of(document: &Value) -> Self {
        let mut found = Vec::new();
        let items = document["paths"].as_object().into_iter().flatten();
        let operations = items.flat_map(|(_, item)| item.as_object().into_iter().flatten());
        for (_, operation) in operations {
            let Some(id) = operation["operationId"].as_str() else {
                continue;
            };
            let list = operation["parameters"].as_array().into_iter().flatten();
            for parameter in list {
                let (Some(name), Some(text)) = (
                    parameter["name"].as_str(),
                    parameter["description"].as_str(),
                ) else {
                    continue;
                };
                found.push((
                    crate::names::pascal(id),
                    crate::names::snake(name),
                    text.to_owned(),
                ));
            }
            if let Some(text) = operation
                .pointer("/requestBody/description")
                .and_then(Value::as_str)
            {
                found.push((crate::names::pascal(id), "body".to_owned(), text.to_owned()));
            }
        }
        Self(found)
    }

    fn text(&self, builder: &str, name: &str) -> Option<&str> {
        let same = |entry: &&(String, String, String)| entry.0 == builder && entry.1 == name;
        self.0.iter().find(same).map(|(_, _, text)| text.as_str())
    }
}

struct Complete {
    parameters: Parameters,
    modules: Vec<String>,
}

impl Complete {
    fn inside(&self, module: &str) -> bool {
        self.modules.last().is_some_and(|last| last == module)
    }

    /// Whether this is the module of request builders, rather than that of value builders.
    fn at_requests(&self) -> bool {
        self.modules == ["builder"]
    }
}

impl VisitMut for Complete {
    fn visit_item_mod_mut(&mut self, module: &mut syn::ItemMod) {
        document(&mut module.attrs, &module.vis, || {
            format!("`{}`.", module.ident)
        });
        self.modules.push(module.ident.to_string());
        visit_mut::visit_item_mod_mut(self, module);
        self.modules.pop();
    }

    fn visit_item_struct_mut(&mut self, item: &mut syn::ItemStruct) {
        let name = item.ident.to_string();
        let value_builder = self.inside("builder") && !self.at_requests();
        document(&mut item.attrs, &item.vis, || match value_builder {
            true => format!("Builder of [`{name}`](super::{name})."),
            false => format!("The object `{name}`."),
        });
        // The generator's own words for a type without any are its name.
        replace_bare_name(&mut item.attrs, &name);
        if let Fields::Named(fields) = &mut item.fields {
            for field in &mut fields.named {
                let name = field
                    .ident
                    .as_ref()
                    .map(ToString::to_string)
                    .unwrap_or_default();
                document(&mut field.attrs, &field.vis, || {
                    format!("The member `{}`.", plain(&name))
                });
            }
        }
    }

    fn visit_item_enum_mut(&mut self, item: &mut syn::ItemEnum) {
        let name = item.ident.to_string();
        document(&mut item.attrs, &item.vis, || {
            format!("One of several `{name}`.")
        });
        replace_bare_name(&mut item.attrs, &name);
        let public = item.vis.clone();
        for variant in &mut item.variants {
            let words = wire_name(&variant.attrs).unwrap_or_else(|| variant.ident.to_string());
            document(&mut variant.attrs, &public, || format!("`{words}`."));
            if let Fields::Named(fields) = &mut variant.fields {
                for field in &mut fields.named {
                    let name = field
                        .ident
                        .as_ref()
                        .map(ToString::to_string)
                        .unwrap_or_default();
                    document(&mut field.attrs, &public, || {
                        format!("The member `{}`.", plain(&name))
                    });
                }
            }
        }
    }

    fn visit_item_type_mut(&mut self, item: &mut syn::ItemType) {
        let name = item.ident.to_string();
        document(&mut item.attrs, &item.vis, || format!("`{name}`."));
        replace_bare_name(&mut item.attrs, &name);
    }

    fn visit_item_impl_mut(&mut self, item: &mut syn::ItemImpl) {
        let owner = match item.self_ty.as_ref() {
            syn::Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
            _ => None,
        };
        let owner = owner.unwrap_or_default();
        let requests = self.at_requests();
        for function in &mut item.items {
            let ImplItem::Fn(function) = function else {
                continue;
            };
            let name = function.sig.ident.to_string();
            let parameter = requests
                .then(|| self.parameters.text(&owner, &name))
                .flatten();
            document(&mut function.attrs, &function.vis, || {
                match (parameter, name.as_str()) {
                    (Some(text), _) => text.to_owned(),
                    (None, "new") => "Starts the request; `send` sends it.".to_owned(),
                    (None, "body") => "Sets the request's body.".to_owned(),
                    (None, "body_map") => "Changes the request's body by a function.".to_owned(),
                    (None, "builder") => format!("Starts to build a `{owner}`."),
                    (None, name) => format!("Sets `{}`.", plain(name)),
                }
            });
        }
    }
}

/// Adds words where a public item has none.
fn document(
    attributes: &mut Vec<Attribute>,
    visibility: &Visibility,
    words: impl FnOnce() -> String,
) {
    let public = matches!(visibility, Visibility::Public(_));
    if public
        && !attributes
            .iter()
            .any(|attribute| attribute.path().is_ident("doc"))
    {
        let mut lines: Vec<Attribute> = words().lines().map(doc_line).collect();
        lines.append(attributes);
        *attributes = lines;
    }
}

/// `` `Name` `` alone says nothing; make it a sentence.
fn replace_bare_name(attributes: &mut [Attribute], name: &str) {
    let bare: Attribute = doc_line(&format!("`{name}`"));
    for attribute in attributes {
        if *attribute == bare {
            *attribute = doc_line(&format!("The object `{name}`."));
        }
    }
}

fn wire_name(attributes: &[Attribute]) -> Option<String> {
    let mut found = None;
    for attribute in attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("serde"))
    {
        // A serde attribute that is no list has no name in it.
        let _ = attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("rename") {
                found = Some(meta.value()?.parse::<syn::LitStr>()?.value());
            } else if meta.input.peek(syn::Token![=]) {
                meta.value()?.parse::<syn::Lit>()?;
            }
            Ok(())
        });
    }
    found
}

fn plain(name: &str) -> &str {
    name.strip_prefix("r#")
        .unwrap_or(name)
        .trim_end_matches('_')
}

/// The header of a module's file.
pub(super) fn module_words(words: &str) -> Attribute {
    let text = format!(" {words}");
    parse_quote!(#![doc = #text])
}
