//! Edits to what the generator writes, each of which fails if there is nothing left to edit.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Attribute, Block, Expr, Fields, File, ImplItem, Item, Lit, Meta, Stmt, Visibility, parse_quote,
    visit_mut::{self, VisitMut},
};

/// Applies every edit.
///
/// # Errors
///
/// An edit that finds nothing, or output that decodes error bodies.
pub(super) fn apply(file: &mut File) -> Result<(), String> {
    remove_client_new(file)?;
    remove_prelude(file)?;
    remove_version_header(file)?;
    OpenStructs { in_types: false }.visit_file_mut(file);
    Docs.visit_file_mut(file);
    forbid_error_bodies(file)
}

/// `Client::new` unwraps the HTTP client's builder, and chooses time-outs for everyone.
fn remove_client_new(file: &mut File) -> Result<(), String> {
    let mut removed = 0;
    for item in &mut file.items {
        let Item::Impl(item) = item else { continue };
        let before = item.items.len();
        item.items
            .retain(|item| !matches!(item, ImplItem::Fn(function) if function.sig.ident == "new"));
        removed += before - item.items.len();
    }
    if removed == 1 {
        Ok(())
    } else {
        Err(format!(
            "expected one `Client::new` to remove, found {removed}"
        ))
    }
}

/// A prelude of one name is the name.
fn remove_prelude(file: &mut File) -> Result<(), String> {
    let before = file.items.len();
    file.items
        .retain(|item| !matches!(item, Item::Mod(module) if module.ident == "prelude"));
    match before - file.items.len() {
        1 => Ok(()),
        found => Err(format!("expected one `prelude` to remove, found {found}")),
    }
}

/// Every request would carry the document's version, under a name that the API does not know.
fn remove_version_header(file: &mut File) -> Result<(), String> {
    let mut versions = VersionHeaders(0);
    versions.visit_file_mut(file);
    if versions.0 == 0 {
        return Err("expected requests to carry `api-version`, found none".to_owned());
    }
    Ok(())
}

struct VersionHeaders(usize);

impl VisitMut for VersionHeaders {
    fn visit_block_mut(&mut self, block: &mut Block) {
        visit_mut::visit_block_mut(self, block);
        let before = block.stmts.len();
        block
            .stmts
            .retain(|statement| !words(statement).contains(&"\"api-version\"".to_owned()));
        if block.stmts.len() == before {
            return;
        }
        self.0 += 1;
        // Made, and given to the request: without anything put in between, it is not needed.
        if words(block).iter().filter(|word| *word == HEADERS).count() == 2 {
            let makes_headers = |statement: &Stmt| matches!(statement, Stmt::Local(local) if words(&local.pat).contains(&HEADERS.to_owned()));
            block.stmts.retain(|statement| !makes_headers(statement));
            WithoutHeaders.visit_block_mut(block);
        }
    }
}

/// What the generator calls the headers of a request in the making.
const HEADERS: &str = "header_map";

/// `request.headers(header_map)` becomes `request`.
struct WithoutHeaders;

impl VisitMut for WithoutHeaders {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        visit_mut::visit_expr_mut(self, expr);
        if let Expr::MethodCall(call) = expr
            && call.method == "headers"
            && call.args.iter().flat_map(words).eq([HEADERS])
        {
            *expr = (*call.receiver).clone();
        }
    }
}

/// The identifiers and literals of a piece of code.
fn words(code: &impl ToTokens) -> Vec<String> {
    fn collect(tokens: TokenStream, words: &mut Vec<String>) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => collect(group.stream(), words),
                TokenTree::Ident(ident) => words.push(ident.to_string()),
                TokenTree::Literal(literal) => words.push(literal.to_string()),
                TokenTree::Punct(_) => {}
            }
        }
    }
    let mut words = Vec::new();
    collect(code.to_token_stream(), &mut words);
    words
}

/// Upstream adds fields to what it sends, and one more shall not break who uses the crate: structs
/// are built by their builders.
struct OpenStructs {
    in_types: bool,
}

impl VisitMut for OpenStructs {
    fn visit_item_mod_mut(&mut self, module: &mut syn::ItemMod) {
        let outside = self.in_types;
        // The builders' own fields are private, below `types` as well.
        self.in_types = module.ident == "types";
        visit_mut::visit_item_mod_mut(self, module);
        self.in_types = outside;
    }

    fn visit_item_struct_mut(&mut self, item: &mut syn::ItemStruct) {
        let fields = matches!(&item.fields, Fields::Named(fields) if !fields.named.is_empty());
        if self.in_types && fields && item.fields.iter().all(|field| is_public(&field.vis)) {
            item.attrs.push(parse_quote!(#[non_exhaustive]));
        }
    }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// A call that documents an error decodes its body, and loses the status of one it cannot decode.
fn forbid_error_bodies(file: &File) -> Result<(), String> {
    struct Found(bool);
    impl syn::visit::Visit<'_> for Found {
        fn visit_path(&mut self, path: &syn::Path) {
            self.0 |= path
                .segments
                .last()
                .is_some_and(|last| last.ident == "ErrorResponse");
            syn::visit::visit_path(self, path);
        }
    }
    let mut found = Found(false);
    syn::visit::Visit::visit_file(&mut found, file);
    if found.0 {
        return Err(
            "a call decodes an error body: only 2xx responses may be documented".to_owned(),
        );
    }
    Ok(())
}

/// Doc strings of several lines become doc lines; examples that nothing compiles go.
struct Docs;

impl VisitMut for Docs {
    fn visit_attributes_mut(&mut self, attributes: &mut Vec<Attribute>) {
        let (mut docs, mut others) = (Vec::new(), Vec::new());
        for attribute in std::mem::take(attributes) {
            match text_of(&attribute) {
                Some(text) => docs.extend(text.lines().map(|line| line.trim().to_owned())),
                None => others.push(attribute),
            }
        }
        drop_ignored_examples(&mut docs);
        while docs.last().is_some_and(String::is_empty) {
            docs.pop();
        }
        docs.dedup_by(|a, b| a.is_empty() && b.is_empty());
        *attributes = docs.iter().map(|line| doc_line(line)).collect();
        attributes.extend(others);
    }
}

/// One `///` line.
pub(super) fn doc_line(line: &str) -> Attribute {
    let text = if line.is_empty() {
        String::new()
    } else {
        format!(" {line}")
    };
    parse_quote!(#[doc = #text])
}

fn text_of(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(meta) = &attribute.meta else {
        return None;
    };
    match (&meta.value, meta.path.is_ident("doc")) {
        (Expr::Lit(literal), true) => match &literal.lit {
            // A blank doc line has no `lines()`.
            Lit::Str(text) if text.value().is_empty() => Some("\n".to_owned()),
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

fn drop_ignored_examples(lines: &mut Vec<String>) {
    let mut inside = false;
    lines.retain(|line| {
        let opens = line.starts_with("```ignore");
        let closes = inside && line == "```";
        let drop = inside || opens;
        inside = (inside || opens) && !closes;
        !drop
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without_version(body: &str) -> String {
        let source = format!(
            "fn send() {{
                let mut header_map = HeaderMap::with_capacity(1usize);
                header_map.append(HeaderName::from_static(\"api-version\"), version());
                {body}
                let request = client.get(url).headers(header_map).build()?;
            }}"
        );
        let mut file = syn::parse_file(&source).unwrap();
        remove_version_header(&mut file).unwrap();
        prettyplease::unparse(&file)
    }

    #[test]
    fn a_request_without_headers_of_its_own_makes_none() {
        assert_eq!(
            without_version(""),
            "fn send() {\n    let request = client.get(url).build()?;\n}\n"
        );
    }

    #[test]
    fn headers_of_the_operation_stay() {
        let code = without_version("header_map.append(\"x-own\", own);");
        assert!(code.contains("header_map.append(\"x-own\", own)"), "{code}");
        assert!(
            code.contains("client.get(url).headers(header_map)"),
            "{code}"
        );
        assert!(!code.contains("api-version"), "{code}");
    }

    #[test]
    fn a_header_that_is_gone_is_an_error() {
        let mut file = syn::parse_file("fn send() {}").unwrap();
        assert!(remove_version_header(&mut file).is_err());
    }
}
