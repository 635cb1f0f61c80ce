//! Lists the public items of the generated code, one per line.
//!
//! Reviewers read this list instead of the generated code. Each changed line affects users.

use quote::ToTokens;
use syn::{Attribute, Fields, File, ImplItem, Item, Visibility, parse_quote};

/// Returns the public items of a source file, sorted.
///
/// # Errors
///
/// Returns the reason why the text is not Rust.
pub fn list(code: &str) -> Result<Vec<String>, String> {
    let file: File = syn::parse_str(code)
        .map_err(|error| format!("failed to parse the generated code as Rust: {error}"))?;
    let mut lines = Vec::new();
    items(&file.items, "", &mut lines);
    lines.sort();
    lines.dedup();
    Ok(lines)
}

fn items(items: &[Item], module: &str, lines: &mut Vec<String>) {
    let hidden: Vec<String> = items
        .iter()
        .filter_map(|item| match item {
            Item::Struct(item) if !public(&item.vis) => Some(item.ident.to_string()),
            Item::Enum(item) if !public(&item.vis) => Some(item.ident.to_string()),
            _ => None,
        })
        .collect();
    for item in items {
        match item {
            Item::Mod(item) if public(&item.vis) => {
                lines.push(format!("pub mod {module}{}", item.ident));
                if let Some((_, inner)) = &item.content {
                    self::items(inner, &format!("{module}{}::", item.ident), lines);
                }
            }
            Item::Struct(item) if public(&item.vis) => {
                let name = format!("{module}{}", item.ident);
                lines.push(format!("pub struct {name}{}", code(&item.generics)));
                derives(&item.attrs, &name, lines);
                fields(&item.fields, &name, true, lines);
            }
            Item::Enum(item) if public(&item.vis) => {
                let name = format!("{module}{}", item.ident);
                lines.push(format!("pub enum {name}{}", code(&item.generics)));
                derives(&item.attrs, &name, lines);
                for variant in &item.variants {
                    let variant_name = format!("{name}::{}", variant.ident);
                    lines.push(format!("variant {variant_name}{}", tuple(&variant.fields)));
                    if let Fields::Named(_) = variant.fields {
                        fields(&variant.fields, &variant_name, false, lines);
                    }
                }
            }
            Item::Type(item) if public(&item.vis) => {
                lines.push(format!(
                    "pub type {module}{} = {}",
                    item.ident,
                    ty(&item.ty)
                ));
            }
            Item::Fn(item) if public(&item.vis) => {
                lines.push(format!("pub {} in {module}", signature(&item.sig)));
            }
            Item::Const(item) if public(&item.vis) => {
                lines.push(format!(
                    "pub const {module}{}: {}",
                    item.ident,
                    ty(&item.ty)
                ));
            }
            Item::Use(item) if public(&item.vis) => uses(&item.tree, "", lines),
            Item::Impl(item) => implementation(item, module, &hidden, lines),
            _ => {}
        }
    }
}

fn implementation(item: &syn::ItemImpl, module: &str, hidden: &[String], lines: &mut Vec<String>) {
    let owner = ty(&item.self_ty);
    if hidden
        .iter()
        .any(|name| owner.split('<').next() == Some(name))
    {
        return;
    }
    let owner = match owner.strip_prefix("super::") {
        Some(outer) => format!("{}{outer}", parent(module)),
        // `String` is not a type of this module.
        None if owner == "String" => owner,
        None => format!("{module}{owner}"),
    };
    if let Some((path, _)) = &item.trait_ {
        lines.push(format!("impl {} for {owner}", ty(&parse_quote!(#path))));
        return;
    }
    for function in &item.items {
        match function {
            ImplItem::Fn(function) if public(&function.vis) => {
                let signature = signature(&function.sig);
                let (before, after) = signature.split_once("fn ").unwrap_or(("", &signature));
                lines.push(format!("pub {before}fn {owner}::{after}"));
            }
            ImplItem::Const(constant) if public(&constant.vis) => {
                lines.push(format!(
                    "pub const {owner}::{}: {}",
                    constant.ident,
                    ty(&constant.ty)
                ));
            }
            _ => {}
        }
    }
}

/// Returns the parent of a module. Both end with `::`.
fn parent(module: &str) -> &str {
    let inner = module.strip_suffix("::").unwrap_or(module);
    inner.rfind("::").map_or("", |end| &module[..end + 2])
}

fn fields(fields: &Fields, owner: &str, needs_pub: bool, lines: &mut Vec<String>) {
    for (index, field) in fields.iter().enumerate() {
        if !needs_pub || public(&field.vis) {
            let name = field
                .ident
                .as_ref()
                .map_or_else(|| index.to_string(), ToString::to_string);
            lines.push(format!("field {owner}::{name}: {}", ty(&field.ty)));
        }
    }
}

fn tuple(fields: &Fields) -> String {
    let Fields::Unnamed(fields) = fields else {
        return String::new();
    };
    let types: Vec<String> = fields.unnamed.iter().map(|field| ty(&field.ty)).collect();
    format!("({})", types.join(", "))
}

fn derives(attributes: &[Attribute], name: &str, lines: &mut Vec<String>) {
    for attribute in attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("derive"))
    {
        let paths = attribute.parse_args_with(
            syn::punctuated::Punctuated::<syn::Path, syn::Token![,]>::parse_terminated,
        );
        let traits = paths
            .into_iter()
            .flatten()
            .filter_map(|path| path.segments.last().cloned());
        lines.extend(traits.map(|last| format!("impl {} for {name}", last.ident)));
    }
}

fn uses(tree: &syn::UseTree, prefix: &str, lines: &mut Vec<String>) {
    match tree {
        syn::UseTree::Path(path) => uses(&path.tree, &format!("{prefix}{}::", path.ident), lines),
        syn::UseTree::Group(group) => group
            .items
            .iter()
            .for_each(|tree| uses(tree, prefix, lines)),
        other => lines.push(format!("pub use {prefix}{}", code(other))),
    }
}

fn public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn signature(signature: &syn::Signature) -> String {
    let text = formatted(parse_quote!(#signature {}));
    text.trim_end_matches("{}")
        .trim_end_matches([' ', ','])
        .to_owned()
}

fn ty(ty: &syn::Type) -> String {
    let text = formatted(parse_quote!(type T = #ty;));
    text.trim_start_matches("type T =")
        .trim_end_matches(';')
        .trim()
        .to_owned()
}

/// Formats an item on one line.
fn formatted(item: Item) -> String {
    let file = File {
        shebang: None,
        frontmatter: None,
        attrs: Vec::new(),
        items: vec![item],
    };
    let text = prettyplease::unparse(&file);
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = line
        .replace("( ", "(")
        .replace(",)", ")")
        .replace(", )", ")")
        .replace("< ", "<")
        .replace(", >", ">");
    shortened(&line)
}

fn code(tokens: &impl ToTokens) -> String {
    tokens.to_token_stream().to_string().replace(' ', "")
}

/// Shortens `::std::vec::Vec<T>` to `Vec<T>`, and other paths of std and serde likewise.
fn shortened(code: &str) -> String {
    let mut short = String::new();
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
        let (path, after) = rest.split_at(length.unwrap_or(rest.len()).max(first.len_utf8()));
        let mut segments = path.trim_start_matches("::").split("::");
        let known = matches!(segments.next(), Some("std" | "serde"));
        short.push_str(match path.rsplit_once("::") {
            Some((_, last)) if known && !last.is_empty() => last,
            _ => path,
        });
        rest = after;
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_items_have_one_line_each() {
        let code = "
            pub use a::{B, C as D};
            pub mod types {
                #[derive(::std::clone::Clone, Debug)]
                pub struct S<'a> { pub a: ::std::vec::Vec<&'a str>, b: u8 }
                pub enum E { #[serde(rename = \"x\")] X(u8), Y { z: bool } }
                impl ::std::convert::From<u8> for E { fn from(_: u8) -> Self { todo!() } }
                pub mod builder { impl ::std::convert::TryFrom<S> for super::S { } }
            }
            struct Hidden;
            impl Hidden { pub fn not(&self) {} }
            impl Client { pub fn go(&self, n: u8,) -> builder::Go<'_> { todo!() } fn no(&self) {} }
        ";

        let lines = list(code).unwrap();

        assert_eq!(
            lines,
            [
                "field types::E::Y::z: bool",
                "field types::S::a: Vec<&'a str>",
                "impl Clone for types::S",
                "impl Debug for types::S",
                "impl From<u8> for types::E",
                "impl TryFrom<S> for types::S",
                "pub enum types::E",
                "pub fn Client::go(&self, n: u8) -> builder::Go<'_>",
                "pub mod types",
                "pub mod types::builder",
                "pub struct types::S<'a>",
                "pub use a::B",
                "pub use a::CasD",
                "variant types::E::X(u8)",
                "variant types::E::Y",
            ]
        );
    }
}
