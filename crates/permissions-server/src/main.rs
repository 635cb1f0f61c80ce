//! The `permissions-server` binary.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser;
use permissions_server::{ServeArgs, Server};

/// Serves the three checkpoint-permission operations of the OpenAI API over a database of your own.
#[derive(Debug, Parser)]
#[command(name = "permissions-server", version)]
struct Cli {
    #[command(flatten)]
    serve: ServeArgs,
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let generated = cli.serve.admin_key.is_none();
    match permissions_server::serve(cli.serve, |server| announce(server, generated)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "permissions-server: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Says where the server is. Only a key that was made up for this run is shown: nobody knows it yet.
fn announce(server: &Server, generated: bool) {
    let mut stdout = std::io::stdout().lock();
    let _ = writeln!(stdout, "OPENAI_BASE_URL={}", server.base_url());
    if generated {
        let _ = writeln!(stdout, "OPENAI_ADMIN_KEY={}", server.admin_key());
    }
}
