//! Lists the public items of the generated code, one per line.
//!
//! Reviewers read this list instead of the generated code. Each changed line affects users.

use quote::ToTokens;
use syn::{
    Attribute, Fields, File, Generics, ImplItem, Item, ItemImpl, Signature, Type, UseTree,
    Visibility, parse_quote,
};

/// Returns the public items of a source file, sorted.
///
/// # Errors
///
/// Returns the reason why the text is not Rust.
pub fn list(code: &str) -> Result<Vec<String>, String> {
    let file: File = syn::parse_str(code)
        .map_err(|error| format!("failed to parse the generated code as Rust: {error}"))?;
    let mut list = List::default();
    list.items(&file.items, "");
    list.lines.sort();
    list.lines.dedup();
    Ok(list.lines)
}

#[derive(Default)]
struct List {
    lines: Vec<String>,
}

impl List {
    fn add(&mut self, line: String) {
        self.lines.push(line);
    }

    /// Adds the public items of a module, whose path is empty or ends with `::`.
    fn items(&mut self, items: &[Item], module: &str) {
        let is_hidden = |item: &Item, name: &str| match item {
            Item::Struct(item) => item.ident == name && !is_public(&item.vis),
            Item::Enum(item) => item.ident == name && !is_public(&item.vis),
            _ => false,
        };
        for item in items {
            match item {
                Item::Mod(item) if is_public(&item.vis) => {
                    let name = format!("{module}{}", item.ident);
                    if let Some((_, inner)) = &item.content {
                        self.items(inner, &format!("{name}::"));
                    }
                    self.add(format!("pub mod {name}"));
                }
                Item::Struct(item) if is_public(&item.vis) => {
                    let name = format!("{module}{}", item.ident);
                    self.definition("struct", &name, &item.generics, &item.attrs);
                    self.fields(&item.fields, &name, is_public);
                }
                Item::Enum(item) if is_public(&item.vis) => {
                    let name = format!("{module}{}", item.ident);
                    self.definition("enum", &name, &item.generics, &item.attrs);
                    for variant in &item.variants {
                        let name = format!("{name}::{}", variant.ident);
                        self.add(format!("variant {name}{}", tuple(&variant.fields)));
                        if let Fields::Named(_) = variant.fields {
                            self.fields(&variant.fields, &name, |_| true);
                        }
                    }
                }
                Item::Type(item) if is_public(&item.vis) => {
                    self.add(format!(
                        "pub type {module}{} = {}",
                        item.ident,
                        ty(&item.ty)
                    ));
                }
                Item::Const(item) if is_public(&item.vis) => {
                    self.add(format!(
                        "pub const {module}{}: {}",
                        item.ident,
                        ty(&item.ty)
                    ));
                }
                Item::Fn(item) if is_public(&item.vis) => {
                    self.add(format!("pub {} in {module}", signature(&item.sig)));
                }
                Item::Use(item) if is_public(&item.vis) => self.uses(&item.tree, ""),
                Item::Impl(item) => {
                    let owner = ty(&item.self_ty);
                    let name = owner.split('<').next().unwrap_or_default();
                    if !items.iter().any(|other| is_hidden(other, name)) {
                        self.implementation(item, &qualified(&owner, module));
                    }
                }
                _ => {}
            }
        }
    }

    /// Adds a struct or an enum with the traits that it derives.
    fn definition(&mut self, kind: &str, name: &str, generics: &Generics, all: &[Attribute]) {
        self.add(format!("pub {kind} {name}{}", code(generics)));
        for attribute in all
            .iter()
            .filter(|attribute| attribute.path().is_ident("derive"))
        {
            // Every derive contains paths only, so it has no parse error.
            let _ = attribute.parse_nested_meta(|meta| {
                if let Some(last) = meta.path.segments.last() {
                    self.add(format!("impl {} for {name}", last.ident));
                }
                Ok(())
            });
        }
    }

    fn fields(&mut self, fields: &Fields, owner: &str, is_listed: fn(&Visibility) -> bool) {
        for (index, field) in fields.iter().enumerate() {
            if is_listed(&field.vis) {
                let name = field.ident.as_ref();
                let name = name.map_or_else(|| index.to_string(), ToString::to_string);
                self.add(format!("field {owner}::{name}: {}", ty(&field.ty)));
            }
        }
    }

    fn implementation(&mut self, item: &ItemImpl, owner: &str) {
        if let Some((path, _)) = &item.trait_ {
            return self.add(format!("impl {} for {owner}", ty(&parse_quote!(#path))));
        }
        for item in &item.items {
            match item {
                ImplItem::Fn(function) if is_public(&function.vis) => {
                    let signature = signature(&function.sig);
                    let (before, after) = signature.split_once("fn ").unwrap_or(("", &signature));
                    self.add(format!("pub {before}fn {owner}::{after}"));
                }
                ImplItem::Const(item) if is_public(&item.vis) => {
                    self.add(format!(
                        "pub const {owner}::{}: {}",
                        item.ident,
                        ty(&item.ty)
                    ));
                }
                _ => {}
            }
        }
    }

    fn uses(&mut self, tree: &UseTree, prefix: &str) {
        match tree {
            UseTree::Path(path) => self.uses(&path.tree, &format!("{prefix}{}::", path.ident)),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.uses(tree, prefix)),
            other => self.add(format!("pub use {prefix}{}", code(other))),
        }
    }
}

/// Returns the path of the type of an `impl` block in a module. The path of the module ends with `::`.
fn qualified(owner: &str, module: &str) -> String {
    match owner.strip_prefix("super::") {
        Some(outer) => {
            let inner = module.strip_suffix("::").unwrap_or(module);
            let parent = inner.rfind("::").map_or("", |end| &module[..end + 2]);
            format!("{parent}{outer}")
        }
        // `String` is not a type of this module.
        None if owner == "String" => owner.to_owned(),
        None => format!("{module}{owner}"),
    }
}

fn tuple(fields: &Fields) -> String {
    let Fields::Unnamed(fields) = fields else {
        return String::new();
    };
    let types: Vec<String> = fields.unnamed.iter().map(|field| ty(&field.ty)).collect();
    format!("({})", types.join(", "))
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn signature(signature: &Signature) -> String {
    let text = formatted(parse_quote!(#signature {}));
    let text = text.trim_end_matches("{}");
    text.trim_end_matches([' ', ',']).to_owned()
}

fn ty(ty: &Type) -> String {
    let text = formatted(parse_quote!(type T = #ty;));
    let text = text.trim_start_matches("type T =");
    text.trim_end_matches(';').trim().to_owned()
}

/// Formats an item on one line.
fn formatted(item: Item) -> String {
    let file = File {
        shebang: None,
        frontmatter: None,
        attrs: Vec::new(),
        items: vec![item],
    };
    let mut line = prettyplease::unparse(&file)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    for (long, short) in [
        ("( ", "("),
        (",)", ")"),
        (", )", ")"),
        ("< ", "<"),
        (", >", ">"),
    ] {
        line = line.replace(long, short);
    }
    shortened(&line)
}

fn code(tokens: &impl ToTokens) -> String {
    tokens.to_token_stream().to_string().replace(' ', "")
}

/// Shortens `::std::vec::Vec<T>` to `Vec<T>`, and other paths of std and serde likewise.
fn shortened(code: &str) -> String {
    let is_separator = |c: char| !(c.is_alphanumeric() || c == '_' || c == ':');
    let parts = code.split_inclusive(is_separator).map(|part| {
        let path = part.trim_end_matches(is_separator);
        let start = path.trim_start_matches("::").split("::").next();
        match path
            .rfind("::")
            .filter(|_| matches!(start, Some("std" | "serde")))
        {
            Some(last) if last + 2 < path.len() => &part[last + 2..],
            _ => part,
        }
    });
    parts.collect()
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
