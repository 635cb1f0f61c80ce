//! The public surface of generated code, one line an item, read from its syntax.
//!
//! It is what a reviewer looks at instead of thousands of generated lines: a change here is a change
//! for users of the crate.

use quote::ToTokens;
use syn::{
    Attribute, Fields, File, ImplItem, Item, Visibility, parse_quote,
    visit_mut::{self, VisitMut},
};

/// Every public item of these files, sorted. A file is given by its name below the crate's
/// generated folder and its text: `mod.rs` is the root, `types.rs` the module `types`.
///
/// # Errors
///
/// The name of a file that is not Rust.
pub fn list<'a>(
    files: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<Vec<String>, String> {
    let mut lines = Vec::new();
    for (name, text) in files {
        let mut file: File = syn::parse_str(text)
            .map_err(|error| format!("failed to read {name} as Rust: {error}"))?;
        Short.visit_file_mut(&mut file);
        let module = name.strip_suffix(".rs").unwrap_or(name);
        let module = if module == "mod" {
            String::new()
        } else {
            format!("{module}::")
        };
        items(&file.items, &module, &mut lines);
    }
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
        // `From<Id> for String` is not in this module.
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

/// The module around a module, both with their final `::`.
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
        let mut traits: Vec<String> = paths
            .into_iter()
            .flatten()
            .filter_map(|path| path.segments.last().map(|last| last.ident.to_string()))
            .collect();
        traits.sort();
        lines.push(format!("derive {name}: {}", traits.join(", ")));
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

/// As rustfmt would write it, on one line.
fn formatted(item: Item) -> String {
    let file = File {
        shebang: None,
        frontmatter: None,
        attrs: Vec::new(),
        items: vec![item],
    };
    let text = prettyplease::unparse(&file);
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.replace("( ", "(")
        .replace(",)", ")")
        .replace(", )", ")")
        .replace("< ", "<")
        .replace(", >", ">")
}

fn code(tokens: &impl ToTokens) -> String {
    tokens.to_token_stream().to_string().replace(' ', "")
}

/// `::std::vec::Vec<T>` reads `Vec<T>`, and derives and traits likewise.
struct Short;

impl VisitMut for Short {
    fn visit_type_path_mut(&mut self, ty: &mut syn::TypePath) {
        // `<T as Trait>::Item` counts the segments of its trait: they stay.
        match &mut ty.qself {
            Some(qself) => self.visit_type_mut(&mut qself.ty),
            None => visit_mut::visit_type_path_mut(self, ty),
        }
    }

    fn visit_path_mut(&mut self, path: &mut syn::Path) {
        visit_mut::visit_path_mut(self, path);
        let first = path.segments.first().map(|first| first.ident.to_string());
        let known = matches!(first.as_deref(), Some("std" | "serde"));
        if known && (path.segments.len() > 2 || path.leading_colon.is_some()) {
            let last = path.segments.last().cloned();
            path.leading_colon = None;
            path.segments = last.into_iter().collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_items_have_a_line_each() {
        let root = "pub use a::{B, C as D}; pub mod types; struct Hidden; impl Hidden { pub fn not(&self) {} } impl Client { pub fn go(&self, n: u8,) -> builder::Go<'_> { todo!() } fn no(&self) {} }";
        let types = "
            #[derive(::std::clone::Clone, Debug)]
            pub struct S<'a> { pub a: ::std::vec::Vec<&'a str>, b: u8 }
            pub enum E { #[serde(rename = \"x\")] X(u8), Y { z: bool } }
            impl ::std::convert::From<u8> for E { fn from(_: u8) -> Self { todo!() } }
            pub mod builder { impl ::std::convert::TryFrom<S> for super::S { } }
        ";

        let lines = list([("mod.rs", root), ("types.rs", types)]).unwrap();

        assert_eq!(
            lines,
            [
                "derive types::S: Clone, Debug",
                "field types::E::Y::z: bool",
                "field types::S::a: Vec<&'a str>",
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
