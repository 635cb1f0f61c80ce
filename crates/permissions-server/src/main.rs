//! The `permissions-server` binary.

use std::error::Error as _;
use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser;
use permissions_server::{ServeArgs, Server};

/// Serves the checkpoint permissions and the project list of the OpenAI API from your own database.
///
/// Prints OPENAI_BASE_URL=… as soon as it accepts requests. Ctrl-C and SIGTERM stop the server after the accepted requests
/// are complete; a second signal aborts them. SIGHUP reloads the key files.
#[derive(Debug, Parser)]
#[command(name = "permissions-server", version)]
struct Cli {
    #[command(flatten)]
    serve: ServeArgs,
}

#[tokio::main]
async fn main() -> ExitCode {
    let serve = Cli::parse().serve;
    match permissions_server::serve(serve, announce).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut stderr = std::io::stderr().lock();
            let _ = writeln!(stderr, "permissions-server: {error}");
            if let Some(source) = error.source() {
                let _ = writeln!(stderr, "  because: {source}");
            }
            ExitCode::FAILURE
        }
    }
}

/// Prints the base URL. Also prints a generated admin key, which is not stored anywhere.
fn announce(server: &Server) {
    let mut stdout = std::io::stdout().lock();
    let _ = writeln!(stdout, "OPENAI_BASE_URL={}", server.base_url());
    if server.made_admin_key() {
        let _ = writeln!(stdout, "OPENAI_ADMIN_KEY={}", server.admin_key());
    }
    let _ = stdout.flush();
}
