//! Where requests go: read once for many of them.
//!
//! The generator writes a URL as text for each request, and the text is parsed each time. That is a tenth of what a
//! small request costs, and all of them differ in their last segment alone, or not at all.

use syn::{
    Expr, ExprLit, Field, FieldValue, File, ImplItem, Item, ItemImpl, ItemStruct, Lit, LitStr,
    Member, Token, parse_quote,
    punctuated::Punctuated,
    visit_mut::{self, VisitMut},
};

/// Gives the client URLs that it has parsed before.
///
/// # Errors
///
/// If the generator's output has no base URL where this expects it.
pub(super) fn apply(file: &mut File) -> Result<(), String> {
    let mut base = BaseUrl::default();
    base.visit_file_mut(file);
    let found = (base.fields, base.values, base.readers);
    if found != (1, 1, 1) {
        return Err(format!(
            "expected one base URL that is kept, set and read, found {found:?}"
        ));
    }
    if base.urls == 0 {
        return Err("expected requests to be sent to a base URL, found none".to_owned());
    }
    let (urls, implementation) = (urls(), urls_impl());
    let debug: ItemImpl = parse_quote! {
        /// Without the identifiers in what was asked for last.
        impl ::std::fmt::Debug for Urls {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Debug::fmt(&self.base, f)
            }
        }
    };
    file.items.extend([
        Item::Struct(urls),
        Item::Impl(implementation),
        Item::Impl(debug),
    ]);
    Ok(())
}

fn urls() -> ItemStruct {
    parse_quote! {
        /// The URLs of a client and its clones. Requests of a kind differ in the last segment of their path alone, or
        /// not at all, so what is before it is parsed once for all of them.
        pub(crate) struct Urls {
            base: ::std::string::String,
            last: ::std::sync::Mutex<::std::option::Option<(::std::string::String, ::reqwest::Url)>>,
        }
    }
}

fn urls_impl() -> ItemImpl {
    parse_quote! {
        impl Urls {
            fn new(base: &str) -> Self {
                Self { base: base.to_owned(), last: ::std::sync::Mutex::default() }
            }

            /// The URL of a path, which starts with a slash and is encoded.
            fn of<E>(&self, path: &str) -> ::std::result::Result<::reqwest::Url, Error<E>> {
                let refuse = |error: String| Error::InvalidRequest(format!("the base URL cannot be used: {error}"));
                let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
                let mut last = self.last.lock().unwrap_or_else(::std::sync::PoisonError::into_inner);
                let known = last.take().filter(|(known, _)| known == folder);
                let (folder, url) = match known {
                    Some(known) => known,
                    None => {
                        let url = ::reqwest::Url::parse(&format!("{}{folder}/", self.base))
                            .map_err(|error| refuse(error.to_string()))?;
                        // A path is encoded, so neither is the path's.
                        if url.query().or(url.fragment()).is_some() {
                            return Err(refuse("it has a query or a fragment".into()));
                        }
                        (folder.to_owned(), url)
                    }
                };
                // A name with a colon in it is no scheme.
                let whole = url.join(&format!("./{name}")).map_err(|error| refuse(error.to_string()));
                *last = Some((folder, url));
                whole
            }
        }
    }
}

/// Puts `urls` where the generator has `baseurl`, and counts what it has found.
#[derive(Default)]
struct BaseUrl {
    fields: usize,
    values: usize,
    readers: usize,
    urls: usize,
}

impl VisitMut for BaseUrl {
    fn visit_field_mut(&mut self, field: &mut Field) {
        if field.ident.as_ref().is_some_and(|name| name == BASE_URL) {
            *field = parse_quote!(pub(crate) urls: ::std::sync::Arc<Urls>);
            self.fields += 1;
        }
    }

    fn visit_field_value_mut(&mut self, value: &mut FieldValue) {
        visit_mut::visit_field_value_mut(self, value);
        if matches!(&value.member, Member::Named(name) if name == BASE_URL) {
            *value = parse_quote!(urls: ::std::sync::Arc::new(Urls::new(baseurl)));
            self.values += 1;
        }
    }

    fn visit_impl_item_mut(&mut self, item: &mut ImplItem) {
        match item {
            ImplItem::Fn(function) if function.sig.ident == BASE_URL => {
                function.block = parse_quote!({ &self.urls.base });
                self.readers += 1;
            }
            _ => visit_mut::visit_impl_item_mut(self, item),
        }
    }

    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        visit_mut::visit_expr_mut(self, expr);
        if let Some((client, path)) = request_url(expr) {
            *expr = parse_quote!(#client.urls.of(#path)?);
            self.urls += 1;
        }
    }
}

/// What the generator calls the text before each path.
const BASE_URL: &str = "baseurl";

/// The client and the path of `format!("{}/path/{}", client.baseurl, …)`.
fn request_url(expr: &Expr) -> Option<(Expr, Expr)> {
    let Expr::Macro(call) = expr else { return None };
    if !call.mac.path.is_ident("format") {
        return None;
    }
    let arguments = call
        .mac
        .parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated)
        .ok()?;
    let mut arguments = arguments.into_iter();
    let (template, base) = (arguments.next()?, arguments.next()?);
    let (
        Expr::Lit(ExprLit {
            lit: Lit::Str(template),
            ..
        }),
        Expr::Field(base),
    ) = (template, base)
    else {
        return None;
    };
    if !matches!(&base.member, Member::Named(name) if name == BASE_URL) {
        return None;
    }
    let path = LitStr::new(template.value().strip_prefix("{}")?, template.span());
    let segments: Vec<Expr> = arguments.collect();
    let path = if segments.is_empty() {
        parse_quote!(#path)
    } else {
        parse_quote!(&format!(#path, #(#segments),*))
    };
    Some((*base.base, path))
}

#[cfg(test)]
mod tests {
    use quote::ToTokens as _;

    use super::*;

    fn edited(send: &str) -> Result<String, String> {
        let source = format!(
            "struct Client {{ pub(crate) baseurl: String, client: Http }}
             impl Client {{
                 fn new_with_client(baseurl: &str, client: Http) -> Self {{
                     Self {{ baseurl: baseurl.to_string(), client }}
                 }}
             }}
             impl ClientInfo for Client {{ fn baseurl(&self) -> &str {{ self.baseurl.as_str() }} }}
             {send}"
        );
        let mut file = syn::parse_file(&source).unwrap();
        apply(&mut file).map(|()| file.to_token_stream().to_string())
    }

    #[test]
    fn a_request_asks_for_the_url_of_its_path() {
        let code = edited(
            r#"fn send() { let url = format!("{}/a/{}/b", client.baseurl, encode_path(&id),); }"#,
        )
        .unwrap();
        assert!(
            code.contains(r#"client . urls . of (& format ! ("/a/{}/b" , encode_path (& id))) ?"#),
            "{code}"
        );
        assert!(code.contains("& self . urls . base"), "{code}");
        assert!(!code.contains("self . baseurl"), "{code}");
    }

    #[test]
    fn a_path_that_is_always_the_same_is_no_format() {
        let code = edited(r#"fn send() { let url = format!("{}/a", client.baseurl,); }"#).unwrap();
        assert!(code.contains(r#"client . urls . of ("/a") ?"#), "{code}");
    }

    #[test]
    fn a_base_url_that_is_gone_is_an_error() {
        let mut file = syn::parse_file("struct Client {}").unwrap();
        assert!(apply(&mut file).unwrap_err().contains("found (0, 0, 0)"));
        assert!(edited("").unwrap_err().contains("found none"));
    }
}
