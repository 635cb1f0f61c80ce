//! How a path is written and a body is read: both better than the generator's support code does it.

use quote::ToTokens as _;
use syn::{Expr, File, Item, ItemFn, UseTree, parse_quote, visit_mut::VisitMut};

/// Gives the client path encoding and decoding of its own.
///
/// # Errors
///
/// If the generator's output no longer imports `encode_path` where this expects it.
pub(super) fn apply(file: &mut File) -> Result<(), String> {
    let mut calls = DecodeCalls(0);
    calls.visit_file_mut(file);
    let mut helpers = Vec::new();
    if calls.0 > 0 {
        helpers.extend([decode(), read()]);
    }
    let imports = file.items.iter_mut().filter_map(|item| match item {
        Item::Use(item) => Some(&mut item.tree),
        _ => None,
    });
    let removed = imports.map(remove_encode_path).sum::<usize>();
    if removed != 1 {
        return Err(format!(
            "expected one import of `encode_path`, found {removed}"
        ));
    }
    if uses_encode_path(file) {
        helpers.push(encode_path());
    } else {
        // The modules inside import it all the same.
        for item in &mut file.items {
            remove_nested_imports(item);
        }
    }
    file.items.extend(helpers.into_iter().map(Item::Fn));
    Ok(())
}

/// Most identifiers need no encoding, and are not copied for it. A backslash is a slash to whoever reads the URL of a
/// request, and the generator's support code leaves it as it is: an identifier that holds one would reach another route.
fn encode_path() -> ItemFn {
    parse_quote! {
        fn encode_path(segment: &str) -> ::std::borrow::Cow<'_, str> {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b':' | b'_');
            if segment.bytes().all(is_plain) {
                return segment.into();
            }
            progenitor_client::encode_path(segment).replace('\\', "%5C").into()
        }
    }
}

/// Checked once for being text, a body is decoded in two thirds of the time that it takes from bytes, where each
/// string in it is checked.
fn decode() -> ItemFn {
    parse_quote! {
        fn decode<T: ::serde::de::DeserializeOwned>(
            mut response: reqwest::Response,
        ) -> impl ::std::future::Future<Output = ::std::result::Result<ResponseValue<T>, Error<()>>> + Send {
            let status = response.status();
            let headers = ::std::mem::take(response.headers_mut());
            async move {
                let body = read(&mut response).await.map_err(Error::ResponseBodyError)?;
                let decoded = match ::std::str::from_utf8(&body) {
                    Ok(text) => ::serde_json::from_str(text),
                    // Says where it stops being text.
                    Err(_) => ::serde_json::from_slice(&body),
                };
                match decoded {
                    Ok(value) => Ok(ResponseValue::new(value, status, headers)),
                    Err(error) => Err(Error::InvalidResponsePayload(body, error)),
                }
            }
        }
    }
}

/// Most bodies come in one piece, which is then all of it, and not to be collected from pieces.
fn read() -> ItemFn {
    parse_quote! {
        async fn read(response: &mut reqwest::Response) -> reqwest::Result<::bytes::Bytes> {
            let Some(first) = response.chunk().await? else {
                return Ok(::bytes::Bytes::new());
            };
            let Some(second) = response.chunk().await? else {
                return Ok(first);
            };
            let mut whole = ::bytes::BytesMut::with_capacity(2 * (first.len() + second.len()));
            whole.extend_from_slice(&first);
            whole.extend_from_slice(&second);
            while let Some(chunk) = response.chunk().await? {
                whole.extend_from_slice(&chunk);
            }
            Ok(whole.freeze())
        }
    }
}

/// `ResponseValue::from_response(response)` becomes `super::decode(response)`.
struct DecodeCalls(usize);

impl VisitMut for DecodeCalls {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        syn::visit_mut::visit_expr_mut(self, expr);
        let Expr::Call(call) = expr else { return };
        let Expr::Path(function) = call.func.as_ref() else {
            return;
        };
        let names: Vec<_> = function.path.segments.iter().map(|s| &s.ident).collect();
        if let [kind, function] = names.as_slice()
            && *kind == "ResponseValue"
            && *function == "from_response"
        {
            *call.func = parse_quote!(super::decode);
            self.0 += 1;
        }
    }
}

/// Takes `encode_path` out of a list of imports; says how often it was there.
fn remove_encode_path(tree: &mut UseTree) -> usize {
    match tree {
        UseTree::Path(path) => remove_encode_path(&mut path.tree),
        UseTree::Group(group) => {
            let before = group.items.len();
            let kept = std::mem::take(&mut group.items)
                .into_iter()
                .filter(|item| !matches!(item, UseTree::Name(name) if name.ident == "encode_path"));
            group.items = kept.collect();
            before - group.items.len()
        }
        _ => 0,
    }
}

fn remove_nested_imports(item: &mut Item) {
    let Item::Mod(module) = item else { return };
    for item in module.content.iter_mut().flat_map(|(_, items)| items) {
        if let Item::Use(item) = item {
            remove_encode_path(&mut item.tree);
        }
    }
}

/// Calls stand inside `format!`, which is tokens and no syntax tree.
fn uses_encode_path(file: &File) -> bool {
    file.to_token_stream().to_string().contains("encode_path (")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(builder: &str) -> String {
        let source = format!(
            "use progenitor_client::{{encode_path, ClientHooks}};
             pub mod builder {{ use super::{{encode_path, Error}}; {builder} }}"
        );
        let mut file = syn::parse_file(&source).unwrap();
        apply(&mut file).unwrap();
        file.to_token_stream().to_string()
    }

    #[test]
    fn paths_are_encoded_by_the_crate_itself() {
        let code = edited(r#"fn f() { let url = format!("{}", encode_path(&id)); }"#);
        assert!(
            code.contains("use progenitor_client :: { ClientHooks }"),
            "{code}"
        );
        assert!(code.contains("fn encode_path ("), "{code}");
        assert!(
            code.contains("use super :: { encode_path , Error }"),
            "{code}"
        );
    }

    #[test]
    fn bodies_are_decoded_as_text() {
        let code = edited("async fn f() { ResponseValue::from_response(response).await }");
        assert!(
            code.contains("super :: decode (response) . await"),
            "{code}"
        );
        assert!(code.contains("fn decode <"), "{code}");
        assert!(
            !code.contains("encode_path"),
            "what nothing calls is not there: {code}"
        );
    }

    #[test]
    fn an_import_that_is_gone_is_an_error() {
        let mut file = syn::parse_file("use progenitor_client::ClientHooks;").unwrap();
        assert!(apply(&mut file).unwrap_err().contains("found 0"));
    }
}
