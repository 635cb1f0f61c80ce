//! Identifiers as types that check what they hold.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;
use syn::{File, Item, parse_quote, visit_mut::VisitMut};

use crate::{lower::is_id, names};

/// One identifier type to write.
pub(super) struct Id {
    /// Its name in Rust.
    pub(super) name: String,
    description: String,
}

/// The identifiers among the document's schemas.
pub(super) fn of(document: &Value) -> Vec<Id> {
    let schemas = document
        .pointer("/components/schemas")
        .and_then(Value::as_object);
    let mut ids: Vec<Id> = schemas
        .into_iter()
        .flatten()
        .filter(|(_, schema)| is_id(schema))
        .map(|(name, schema)| Id {
            name: names::pascal(name),
            description: schema["description"]
                .as_str()
                .unwrap_or("An identifier that is safe as one segment of a URL path.")
                .to_owned(),
        })
        .collect();
    ids.sort_by(|a, b| a.name.cmp(&b.name));
    ids
}

/// Writes the identifiers into `mod types` and lets every mention of them read as of any other type.
///
/// # Errors
///
/// If an identifier is mentioned nowhere, or the generator's output has lost the modules.
pub(super) fn insert(file: &mut File, ids: &[Id]) -> Result<(), String> {
    let mut mentions = Mentions {
        prefix: quote!(),
        seen: Vec::new(),
    };
    for item in &mut file.items {
        mentions.prefix = match item {
            Item::Mod(module) if module.ident == "types" => quote!(),
            _ => quote!(types::),
        };
        mentions.visit_item_mut(item);
    }
    for id in ids {
        if !mentions.seen.contains(&id.name) {
            return Err(format!(
                "the identifier type {} is used nowhere in the generated code",
                id.name
            ));
        }
    }
    let types = content_of(file, "types")?;
    if ids.is_empty() {
        return Ok(());
    }
    let written = ids.iter().map(id_type);
    let new: File = parse_quote!(#(#written)*);
    types.extend(new.items);
    types.extend(shared().items);
    let error = types
        .iter_mut()
        .find_map(|item| match item {
            Item::Mod(module) if module.ident == "error" => module.content.as_mut(),
            _ => None,
        })
        .ok_or("the generated `types` have no `error` module")?;
    error.1.extend(invalid_id().items);
    Ok(())
}

/// The items of a module of the generated file.
pub(super) fn content_of<'a>(file: &'a mut File, name: &str) -> Result<&'a mut Vec<Item>, String> {
    file.items
        .iter_mut()
        .find_map(|item| match item {
            Item::Mod(module) if module.ident == name => module.content.as_mut(),
            _ => None,
        })
        .map(|(_, items)| items)
        .ok_or_else(|| format!("the generated code has no module `{name}`"))
}

/// Shortens `crate::types::Id` to what the other types look like from the same place.
struct Mentions {
    prefix: TokenStream,
    seen: Vec<String>,
}

impl VisitMut for Mentions {
    fn visit_item_mod_mut(&mut self, module: &mut syn::ItemMod) {
        let outer = self.prefix.clone();
        if module.ident == "builder" && outer.is_empty() {
            self.prefix = quote!(super::);
        }
        syn::visit_mut::visit_item_mod_mut(self, module);
        self.prefix = outer;
    }

    fn visit_path_mut(&mut self, path: &mut syn::Path) {
        syn::visit_mut::visit_path_mut(self, path);
        let segments: Vec<_> = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string())
            .collect();
        if let [first, second, name, ..] = segments.as_slice()
            && first == "crate"
            && second == "types"
        {
            self.seen.push(name.clone());
            let rest = path.segments.iter().skip(2);
            let prefix = &self.prefix;
            *path = parse_quote!(#prefix #(#rest)::*);
        }
    }

    fn visit_lit_str_mut(&mut self, text: &mut syn::LitStr) {
        let value = text.value();
        if value.contains("crate :: types :: ") {
            *text = syn::LitStr::new(&value.replace("crate :: types :: ", ""), text.span());
        }
    }
}

fn id_type(id: &Id) -> TokenStream {
    let name = format_ident!("{}", id.name);
    let text = &id.name;
    let description = &id.description;
    quote! {
        #[doc = #description]
        ///
        /// Holds any text but `""`, `"."` and `".."`, which would change the route of a request.
        #[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, ::serde::Serialize)]
        #[serde(transparent)]
        pub struct #name(Text);

        impl #name {
            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }
        impl ::std::fmt::Display for #name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }
        impl ::std::convert::AsRef<str> for #name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }
        impl ::std::convert::TryFrom<::std::string::String> for #name {
            type Error = self::error::InvalidId;
            fn try_from(text: ::std::string::String) -> ::std::result::Result<Self, Self::Error> {
                self::error::InvalidId::check(#text, &text)?;
                Ok(Self(text.into()))
            }
        }
        impl ::std::convert::TryFrom<&str> for #name {
            type Error = self::error::InvalidId;
            fn try_from(text: &str) -> ::std::result::Result<Self, Self::Error> {
                self::error::InvalidId::check(#text, text)?;
                Ok(Self(text.into()))
            }
        }
        impl ::std::str::FromStr for #name {
            type Err = self::error::InvalidId;
            fn from_str(text: &str) -> ::std::result::Result<Self, Self::Err> {
                Self::try_from(text)
            }
        }
        impl ::std::convert::From<#name> for ::std::string::String {
            fn from(id: #name) -> Self {
                match id.0 {
                    Text::Short(text) => text.as_str().to_owned(),
                    Text::Long(text) => text.as_ref().to_owned(),
                }
            }
        }
        impl<'de> ::serde::Deserialize<'de> for #name {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                deserializer.deserialize_string(IdVisitor {
                    type_name: #text,
                    id: ::std::marker::PhantomData,
                })
            }
        }
    }
}

fn shared() -> File {
    parse_quote! {
        /// The longest identifier that is kept in place, in bytes; those of permissions and projects have fewer.
        const SHORT: usize = 32;
        /// The text of an identifier: a page of a list allocates nothing for its identifiers, and a copy of a long one
        /// shares it.
        #[derive(Clone, Eq, Hash, PartialEq)]
        enum Text {
            Short(::arrayvec::ArrayString<SHORT>),
            Long(::std::sync::Arc<str>),
        }
        impl Text {
            fn as_str(&self) -> &str {
                match self {
                    Self::Short(text) => text.as_str(),
                    Self::Long(text) => text,
                }
            }
        }
        impl ::std::convert::From<&str> for Text {
            fn from(text: &str) -> Self {
                match ::arrayvec::ArrayString::from(text) {
                    Ok(short) => Self::Short(short),
                    Err(_) => Self::Long(text.into()),
                }
            }
        }
        impl ::std::convert::From<::std::string::String> for Text {
            fn from(text: ::std::string::String) -> Self {
                match ::arrayvec::ArrayString::from(&text) {
                    Ok(short) => Self::Short(short),
                    Err(_) => Self::Long(text.into()),
                }
            }
        }
        impl ::std::fmt::Debug for Text {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Debug::fmt(self.as_str(), f)
            }
        }
        impl ::std::cmp::Ord for Text {
            fn cmp(&self, other: &Self) -> ::std::cmp::Ordering {
                self.as_str().cmp(other.as_str())
            }
        }
        impl ::std::cmp::PartialOrd for Text {
            fn partial_cmp(&self, other: &Self) -> ::std::option::Option<::std::cmp::Ordering> {
                Some(self.cmp(other))
            }
        }
        impl ::serde::Serialize for Text {
            fn serialize<S: ::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
        /// Reads an identifier without copying a text that is already owned.
        struct IdVisitor<T> {
            type_name: &'static str,
            id: ::std::marker::PhantomData<T>,
        }
        impl<T> ::serde::de::Visitor<'_> for IdVisitor<T>
        where
            T: ::std::convert::TryFrom<::std::string::String, Error = self::error::InvalidId>
                + for<'a> ::std::convert::TryFrom<&'a str, Error = self::error::InvalidId>,
        {
            type Value = T;
            fn expecting(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                write!(f, "a {} as text", self.type_name)
            }
            fn visit_str<E: ::serde::de::Error>(self, text: &str) -> ::std::result::Result<T, E> {
                <T as ::std::convert::TryFrom<&str>>::try_from(text).map_err(E::custom)
            }
            fn visit_string<E: ::serde::de::Error>(
                self,
                text: ::std::string::String,
            ) -> ::std::result::Result<T, E> {
                <T as ::std::convert::TryFrom<::std::string::String>>::try_from(text)
                    .map_err(E::custom)
            }
        }
    }
}

fn invalid_id() -> File {
    parse_quote! {
        /// Why a text is not an identifier.
        #[derive(Clone, Debug, Eq, PartialEq)]
        pub struct InvalidId {
            type_name: &'static str,
            reason: &'static str,
        }
        impl InvalidId {
            pub(super) fn check(
                type_name: &'static str,
                text: &str,
            ) -> ::std::result::Result<(), Self> {
                let reason = match text {
                    "" => "it is empty",
                    "." | ".." => "as a segment of a URL path it would lead to another route",
                    _ => return Ok(()),
                };
                Err(Self { type_name, reason })
            }
        }
        impl ::std::fmt::Display for InvalidId {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                write!(f, "invalid {}: {}", self.type_name, self.reason)
            }
        }
        impl ::std::error::Error for InvalidId {}
    }
}
