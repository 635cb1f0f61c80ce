//! `permissions serve`: the three operations over a database of your own, for as long as it runs.

use std::io::{self, Write as _};
use std::net::SocketAddr;

use permissions_server::{Database, ServeArgs, Server};

use super::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::not_started;

const EXAMPLES: &str = "\
Examples:
  Serve a file, and use it from another terminal:
    permissions serve --local demo.db --listen 127.0.0.1:8080
    export OPENAI_BASE_URL=... OPENAI_ADMIN_KEY=...   (as it prints them)
    permissions list ft:gpt-4o:acme";

/// Arguments of `serve`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, mut_arg("listen", |listen| listen.value_parser(address)))]
pub(crate) struct Args {
    #[command(flatten)]
    server: ServeArgs,
}

pub(crate) async fn run(args: Args, context: &Context) -> Result<Exit, Failure> {
    let mut server = args.server;
    if let Some(file) = &context.global.local {
        if server.database.is_some() {
            return Err(Failure::new(
                Exit::Usage,
                "--local and --database both say where the permissions are kept",
            )
            .remedy("leave one of them out"));
        }
        server.database = Some(Database::sqlite_file(file));
    }
    if context.global.base_url.is_some() {
        return Err(Failure::new(
            Exit::Usage,
            "--base-url is where a client goes, serve is no client",
        )
        .remedy("choose the server's own address with --listen"));
    }
    permissions_server::serve(server, announce)
        .await
        .map_err(not_started)?;
    Ok(Exit::Success)
}

/// What the standard library says about an address that is none helps nobody.
fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(
        |_| "it takes the number of a host and a port, such as 127.0.0.1:8080 or [::1]:8080",
    )
}

/// Says where the server is, in the form that a shell takes. Only a key made up for this run is
/// shown: nobody knows it yet.
fn announce(server: &Server) {
    let mut text = format!("OPENAI_BASE_URL={}\n", server.base_url());
    if server.made_admin_key() {
        text.push_str(&format!("OPENAI_ADMIN_KEY={}\n", server.admin_key()));
    }
    // Serving goes on whether or not somebody reads this.
    let _ = io::stdout().write_all(text.as_bytes());
}
