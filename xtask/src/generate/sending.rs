//! What a request in flight holds.
//!
//! The generator makes a request and sends it in one function, so that every argument, the URL and the parts of the
//! request are kept until the answer is there. A future is copied with all that it holds each time it is passed on, and
//! what is copied drives everything else out of the processor's caches.

use syn::{
    Block, File, ImplItemFn, Pat, Stmt, parse_quote,
    visit_mut::{self, VisitMut},
};

/// Lets go of what a request was made from before it is sent.
///
/// # Errors
///
/// If no request in the generator's output is made and then sent as this expects it.
pub(super) fn apply(file: &mut File) -> Result<(), String> {
    let mut sends = Sends(0);
    sends.visit_file_mut(file);
    match sends.0 {
        0 => Err("expected requests that are made and then sent, found none".to_owned()),
        _ => Ok(()),
    }
}

struct Sends(usize);

impl VisitMut for Sends {
    fn visit_impl_item_fn_mut(&mut self, function: &mut ImplItemFn) {
        visit_mut::visit_impl_item_fn_mut(self, function);
        if function.sig.ident == "send" && function.sig.asyncness.is_some() {
            self.0 += usize::from(separate(&mut function.block));
        }
    }
}

/// Puts everything up to the finished request into a block of its own.
fn separate(block: &mut Block) -> bool {
    let Some(made) = block
        .stmts
        .iter()
        .position(|statement| binds(statement, "request"))
    else {
        return false;
    };
    let rest = block.stmts.split_off(made + 1);
    let making = std::mem::take(&mut block.stmts);
    block.stmts = vec![parse_quote! {
        let (client, mut request) = { #(#making)* (client, request) };
    }];
    block.stmts.extend(rest);
    true
}

fn binds(statement: &Stmt, name: &str) -> bool {
    matches!(statement, Stmt::Local(local) if matches!(&local.pat, Pat::Ident(pat) if pat.ident == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_request_is_made_from_is_gone_before_it_is_sent() {
        let mut file = syn::parse_file(
            "impl Get { async fn send(self) -> Answer {
                 let Self { client, id } = self;
                 let mut request = client.get(id).build()?;
                 client.exec(request).await
             } }",
        )
        .unwrap();
        apply(&mut file).unwrap();
        let code = prettyplease::unparse(&file);
        let block = "let (client, mut request) = {\n            let Self { client, id } = self;";
        assert!(code.contains(block), "{code}");
        assert!(
            code.contains("(client, request)\n        };\n        client.exec(request).await"),
            "{code}"
        );
    }

    #[test]
    fn requests_that_are_gone_are_an_error() {
        let mut file = syn::parse_file("fn send() {}").unwrap();
        assert!(apply(&mut file).unwrap_err().contains("found none"));
    }
}
