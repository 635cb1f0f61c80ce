//! How a request is made and sent.
//!
//! The generator takes its requests from a reqwest client and sends them by one, with hooks around it. Here they are made
//! by `crate::hooks`, and sent by whatever that sends with.
//!
//! It also makes and sends a request in one function, so that every argument, the URL and the parts of the request are
//! kept until the answer is there. A future is copied with all that it holds each time it is passed on, and what is
//! copied drives everything else out of the processor's caches.

use proc_macro2::Ident;
use quote::{ToTokens as _, format_ident};
use syn::{
    Block, Expr, ExprMethodCall, Field, FieldValue, File, FnArg, ImplItem, ImplItemFn, Item, Lit,
    LitStr, Member, PatType, Signature, Stmt, UseTree, Visibility, parse_quote,
    visit::{self, Visit},
    visit_mut::{self, VisitMut},
};

/// Lets `crate::hooks` make and send the requests, and lets go of what one was made from before it is sent.
///
/// # Errors
///
/// If the generator's output has no client, no request or no hooks where this expects them.
pub(super) fn apply(file: &mut File) -> Result<(), String> {
    let mut client = Client::default();
    client.visit_file_mut(file);
    let found = (client.fields, client.parameters, client.values);
    if found != (1, 1, 1) {
        return Err(format!(
            "expected one HTTP client that is given, set and kept, found {found:?}"
        ));
    }
    inherent(file)?;
    let mut sends = Sends::default();
    sends.visit_file_mut(file);
    if let Some(reason) = sends.strange {
        return Err(reason);
    }
    if sends.count == 0 {
        return Err("expected requests that are made and then sent, found none".to_owned());
    }
    Imports.visit_file_mut(file);
    Ok(())
}

/// What the generator calls the HTTP client.
const CLIENT: &str = "client";

/// Puts a transport where the generator has reqwest's client, and counts what it has found.
#[derive(Default)]
struct Client {
    fields: usize,
    parameters: usize,
    values: usize,
}

impl VisitMut for Client {
    fn visit_field_mut(&mut self, field: &mut Field) {
        if is_http_client(&field.ty) {
            *field =
                parse_quote!(pub(crate) transport: ::std::sync::Arc<dyn crate::hooks::Transport>);
            self.fields += 1;
        }
    }

    fn visit_signature_mut(&mut self, signature: &mut Signature) {
        for argument in &mut signature.inputs {
            if let FnArg::Typed(PatType { pat, ty, .. }) = argument
                && is_http_client(ty)
            {
                **pat = parse_quote!(transport);
                **ty = parse_quote!(impl crate::hooks::Transport);
                self.parameters += 1;
            }
        }
    }

    fn visit_impl_item_fn_mut(&mut self, function: &mut ImplItemFn) {
        let before = self.parameters;
        self.visit_signature_mut(&mut function.sig);
        if self.parameters > before {
            function.attrs = vec![
                parse_quote!(#[doc = " A client of the API at a base URL, which has a scheme, a host and, where there is one, a path"]),
                parse_quote!(#[doc = " before that of every operation. A `reqwest::Client` can be the transport."]),
            ];
            self.visit_block_mut(&mut function.block);
        }
    }

    fn visit_field_value_mut(&mut self, value: &mut FieldValue) {
        if matches!(&value.member, Member::Named(name) if name == CLIENT) {
            *value = parse_quote!(transport: ::std::sync::Arc::new(transport));
            self.values += 1;
        }
    }
}

fn is_http_client(ty: &syn::Type) -> bool {
    ty.to_token_stream().to_string() == "reqwest :: Client"
}

/// What the client tells of itself is its own, without a trait that names reqwest's client.
fn inherent(file: &mut File) -> Result<(), String> {
    let is_assertion = |item: &Item| matches!(item, Item::Const(item) if item.ident == "_");
    file.items.retain(|item| !is_assertion(item));
    let mut found = 0;
    for item in &mut file.items {
        let Item::Impl(item) = item else { continue };
        let name = item
            .trait_
            .as_ref()
            .and_then(|(path, _)| path.segments.last());
        if name.is_none_or(|name| name.ident != CLIENT_INFO) {
            continue;
        }
        found += 1;
        item.trait_ = None;
        item.items
            .retain(|item| !matches!(item, ImplItem::Fn(function) if function.sig.ident == CLIENT));
        for item in &mut item.items {
            let ImplItem::Fn(function) = item else {
                continue;
            };
            function.vis = Visibility::Public(Default::default());
            let name = function.sig.ident.to_string();
            if let Some((_, words)) = ACCESSORS.iter().find(|(known, _)| *known == name) {
                let words = format!(" {words}");
                function.attrs.push(parse_quote!(#[doc = #words]));
            }
        }
    }
    match found {
        1 => Ok(()),
        _ => Err(format!("expected one `impl {CLIENT_INFO}`, found {found}")),
    }
}

const CLIENT_INFO: &str = "ClientInfo";

const ACCESSORS: [(&str, &str); 3] = [
    (
        "api_version",
        "The version of the document that this is made from.",
    ),
    ("baseurl", "Where the API is."),
    ("inner", "What the client's requests carry."),
];

/// Rewrites every function that sends a request.
#[derive(Default)]
struct Sends {
    count: usize,
    /// Why one of them is not as expected.
    strange: Option<String>,
}

impl VisitMut for Sends {
    fn visit_impl_item_fn_mut(&mut self, function: &mut ImplItemFn) {
        if function.sig.ident != "send" || function.sig.asyncness.is_none() {
            return;
        }
        self.count += 1;
        if let Err(reason) = separate(&mut function.block) {
            self.strange.get_or_insert(reason);
        }
    }
}

/// Puts everything up to the finished request into a block of its own, and one call in the place of all the hooks.
fn separate(block: &mut Block) -> Result<(), String> {
    let made = block.stmts.iter().position(makes_request);
    let made = made.ok_or("expected a request that is made from a client")?;
    let mut hooks = block.stmts.split_off(made);
    let making = std::mem::take(&mut block.stmts);
    let answered = hooks.iter().position(is_answer);
    let answered = answered.ok_or("expected an answer that is taken from a result")?;
    let rest = hooks.split_off(answered + 1);
    let (Some(Stmt::Local(request)), Some(Stmt::Local(answer))) = (hooks.first(), hooks.last())
    else {
        return Err("expected a request and an answer with names".to_owned());
    };
    let mut request = request.init.clone().ok_or("expected a request")?.expr;
    let answer = answer.pat.clone();
    let mut method = Method::default();
    method.visit_expr_mut(&mut request);
    let client = method.client.ok_or("expected a request of a client")?;
    let operation = operation_id(&hooks);
    let operation = operation.ok_or("expected hooks that are told the operation")?;
    block.stmts = vec![
        parse_quote! {
            let (client, request) = { #(#making)* (#client, #request) };
        },
        parse_quote! {
            let #answer = client.send(request, #operation).await?;
        },
    ];
    block.stmts.extend(rest);
    Ok(())
}

/// `let request = client.client.get(url)….build()?;`
fn makes_request(statement: &Stmt) -> bool {
    struct Found(bool);
    impl Visit<'_> for Found {
        fn visit_expr_method_call(&mut self, call: &ExprMethodCall) {
            self.0 |= http_client(&call.receiver).is_some();
            visit::visit_expr_method_call(self, call);
        }
    }
    let mut found = Found(false);
    if let Stmt::Local(local) = statement {
        found.visit_local(local);
    }
    found.0
}

/// `let response = result?;`
fn is_answer(statement: &Stmt) -> bool {
    let Stmt::Local(local) = statement else {
        return false;
    };
    matches!(&local.init, Some(init) if matches!(&*init.expr, Expr::Try(result) if matches!(&*result.expr, Expr::Path(_))))
}

/// `client.client.get(url)` becomes `client.request(Method::GET, url)`.
#[derive(Default)]
struct Method {
    client: Option<Expr>,
}

impl VisitMut for Method {
    fn visit_expr_method_call_mut(&mut self, call: &mut ExprMethodCall) {
        visit_mut::visit_expr_method_call_mut(self, call);
        let Some(client) = http_client(&call.receiver) else {
            return;
        };
        let method: Ident = format_ident!("{}", call.method.to_string().to_uppercase());
        *call.receiver = client.clone();
        call.method = format_ident!("request");
        call.args
            .insert(0, parse_quote!(::reqwest::Method::#method));
        self.client = Some(client);
    }
}

/// The `client` of `client.client`.
fn http_client(expr: &Expr) -> Option<Expr> {
    let Expr::Field(field) = expr else {
        return None;
    };
    let is_client = matches!(&field.member, Member::Named(name) if name == CLIENT);
    (is_client && matches!(&*field.base, Expr::Path(_))).then(|| (*field.base).clone())
}

/// The operation that the hooks are told.
fn operation_id(hooks: &[Stmt]) -> Option<LitStr> {
    struct Found(Option<LitStr>);
    impl Visit<'_> for Found {
        fn visit_expr_struct(&mut self, info: &syn::ExprStruct) {
            for field in &info.fields {
                if let (Member::Named(name), Expr::Lit(value)) = (&field.member, &field.expr)
                    && let Lit::Str(value) = &value.lit
                    && name == "operation_id"
                {
                    self.0 = Some(value.clone());
                }
            }
        }
    }
    let mut found = Found(None);
    hooks.iter().for_each(|hook| found.visit_stmt(hook));
    found.0
}

/// Takes the names out of imports that nothing uses any more.
struct Imports;

impl VisitMut for Imports {
    fn visit_use_tree_mut(&mut self, tree: &mut UseTree) {
        if let UseTree::Group(group) = tree {
            let unused = |tree: &UseTree| matches!(tree, UseTree::Name(name) if UNUSED.iter().any(|unused| name.ident == unused));
            group.items = std::mem::take(&mut group.items)
                .into_iter()
                .filter(|tree| !unused(tree))
                .collect();
        }
        visit_mut::visit_use_tree_mut(self, tree);
    }

    fn visit_file_mut(&mut self, file: &mut File) {
        visit_mut::visit_file_mut(self, file);
        let is_empty = |item: &Item| matches!(item, Item::Use(item) if matches!(&item.tree, UseTree::Path(path) if matches!(&*path.tree, UseTree::Group(group) if group.items.is_empty())));
        file.items.retain(|item| !is_empty(item));
    }
}

const UNUSED: [&str; 4] = [
    CLIENT_INFO,
    "ClientHooks",
    "OperationInfo",
    "RequestBuilderExt",
];

#[cfg(test)]
mod tests {
    use super::*;

    const SEND: &str = r#"async fn send(self) -> Answer {
        let Self { client: _client, client } = self;
        let url = client.url(client);
        let mut _request = _client.client.get(url).build()?;
        let info = OperationInfo { operation_id: "get_client" };
        _client.pre(&mut _request, &info).await?;
        let result = _client.exec(_request, &info).await;
        _client.post(&result, &info).await?;
        let _response = result?;
        decode(_response).await
    }"#;

    fn edited(send: &str) -> Result<String, String> {
        let source = format!(
            "use progenitor_client::{{ClientInfo, ClientHooks, Error}};
             use progenitor_client::{{OperationInfo, RequestBuilderExt}};
             struct Client {{ client: reqwest::Client, inner: Context }}
             impl Client {{
                 fn new_with_client(client: reqwest::Client, inner: Context) -> Self {{
                     Self {{ client, inner }}
                 }}
             }}
             impl ClientInfo<Context> for Client {{
                 fn client(&self) -> &reqwest::Client {{ &self.client }}
                 fn inner(&self) -> &Context {{ &self.inner }}
             }}
             impl Get {{ {send} }}"
        );
        let mut file = syn::parse_file(&source).unwrap();
        apply(&mut file).map(|()| prettyplease::unparse(&file))
    }

    #[test]
    fn what_the_request_is_made_from_is_gone_before_it_is_sent_whatever_the_names() {
        let code = edited(SEND).unwrap();
        let block = "let (client, request) = {
            let Self { client: _client, client } = self;
            let url = client.url(client);
            (_client, _client.request(::reqwest::Method::GET, url).build()?)
        };
        let _response = client.send(request, \"get_client\").await?;
        decode(_response).await";
        assert!(code.contains(block), "{code}");
    }

    #[test]
    fn the_client_sends_by_any_transport() {
        let code = edited(SEND).unwrap();
        for part in [
            "pub(crate) transport: ::std::sync::Arc<dyn crate::hooks::Transport>",
            "fn new_with_client(transport: impl crate::hooks::Transport, inner: Context)",
            "transport: ::std::sync::Arc::new(transport)",
            "impl Client {\n    /// What the client's requests carry.\n    pub fn inner(&self)",
            "use progenitor_client::Error;",
        ] {
            assert!(code.contains(part), "{part}\n{code}");
        }
        for gone in ["client: reqwest::Client", "ClientInfo", "OperationInfo"] {
            assert!(!code.contains(gone), "{gone}\n{code}");
        }
    }

    #[test]
    fn what_is_gone_is_an_error() {
        let mut file = syn::parse_file("fn send() {}").unwrap();
        assert!(apply(&mut file).unwrap_err().contains("found (0, 0, 0)"));
        assert!(edited("").unwrap_err().contains("found none"));
        for (part, other, reason) in [
            (".client.get(url)", ".get(url)", "made from a client"),
            ("result?;", "result;", "taken from a result"),
            ("operation_id: ", "id: ", "told the operation"),
        ] {
            let error = edited(&SEND.replace(part, other)).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }
}
