//! `permissions serve` runs a server with the operations of the API.

use std::io::{self, Write as _};

use permissions_server::{Database, ServeArgs, Server};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Arguments of `serve`.
#[derive(Debug, clap::Args)]
#[command(after_help = include_str!("../help/serve.txt"))]
pub(crate) struct Args {
    #[command(flatten)]
    server: ServeArgs,
}

pub(crate) async fn run(args: Args, context: &Context) -> Result<Exit, Failure> {
    let mut server = args.server;
    if context.global.profile_options.base_url.is_some() {
        let failure = Failure::usage("--base-url is an option of clients, and serve is a server");
        return Err(failure.remedy("set the address of the server with --listen"));
    }
    let mut created = None;
    if let Some(file) = &context.global.local {
        if server.database.is_some() {
            let failure = Failure::usage("--local and --database both set the database");
            return Err(failure.remedy("use one of them"));
        }
        created = (!file.exists()).then(|| format!("created the database file {}", file.display()));
        server.database = Some(Database::sqlite_file(file));
    }
    let announce = |server: &Server| {
        if let Some(created) = created {
            context.note_always(&created);
        }
        announce(server);
    };
    permissions_server::serve(server, announce).await?;
    Ok(Exit::Success)
}

/// Prints the address as shell variables. Prints the key only if the server generated it.
fn announce(server: &Server) {
    let mut text = format!("OPENAI_BASE_URL={}\n", server.base_url());
    if server.made_admin_key() {
        text.push_str(&format!("OPENAI_ADMIN_KEY={}\n", server.admin_key()));
    }
    // The server runs even if nobody reads the address.
    let _ = io::stdout().write_all(text.as_bytes());
}
