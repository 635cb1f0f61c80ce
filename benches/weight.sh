#!/usr/bin/env bash
# Number of crates, build time and size of programs that list the permissions of a checkpoint. Each is built from scratch in
# release mode. They use the same runtime and profile and, except async-openai-defaults, the same TLS: rustls with ring and
# the system's root certificates.
#
#   permissions-ext         all pages, retries, errors
#   async-openai-defaults   the first page, with the default TLS of async-openai
#   async-openai            the first page
#   reqwest                 the first page, by hand: the lower limit
#
# Usage: benches/weight.sh [--count]     --count prints the number of crates only, within seconds
# Needs the registry or a filled cargo cache. JOBS sets the number of compilers (default 2), CONTENDERS the programs.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
jobs=${JOBS:-2}
contenders=${CONTENDERS:-permissions-ext async-openai-defaults async-openai reqwest}
tokio='tokio = { version = "1", features = ["rt", "macros"] }'
rustls='rustls = { version = "0.23", default-features = false, features = ["std", "tls12", "ring", "logging"] }'

# package NAME: creates a package with the dependencies on standard input.
package() {
    mkdir -p "$folder/$1/src"
    { printf '[package]\nname = "listing"\nversion = "0.0.0"\nedition = "2024"\n\n'
      printf '[workspace]\n\n[profile.release]\nstrip = true\n\n[dependencies]\n%s\n' "$tokio"
      cat; } >"$folder/$1/Cargo.toml"
    # Same versions as in this workspace.
    cp "$root/Cargo.lock" "$folder/$1/Cargo.lock"
}

package permissions-ext <<DEPENDENCIES
permissions-ext = { path = "$root/crates/permissions-ext" }
DEPENDENCIES
cat >"$folder/permissions-ext/src/main.rs" <<'RUST'
use permissions_ext::Client;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let checkpoint = std::env::args().nth(1).unwrap_or_default();
    let mut permissions = Client::from_env()?.permissions(checkpoint)?.list().stream();
    while let Some(permission) = permissions.next().await {
        println!("{}", permission?.project_id);
    }
    Ok(())
}
RUST

package async-openai <<DEPENDENCIES
async-openai = { version = "0.43", default-features = false, features = ["finetuning", "rustls-no-provider"] }
$rustls
DEPENDENCIES
cat >"$folder/async-openai/src/main.rs" <<'RUST'
use async_openai::{Client, config::OpenAIConfig};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let checkpoint = std::env::args().nth(1).unwrap_or_default();
    let config = OpenAIConfig::new().with_api_key(std::env::var("OPENAI_ADMIN_KEY")?);
    let client = Client::with_config(config);
    let page = client.fine_tuning().list_checkpoint_permissions(&checkpoint).await?;
    for permission in page.data {
        println!("{}", permission.project_id);
    }
    Ok(())
}
RUST

package async-openai-defaults <<DEPENDENCIES
async-openai = { version = "0.43", features = ["finetuning"] }
DEPENDENCIES
grep -v ring "$folder/async-openai/src/main.rs" >"$folder/async-openai-defaults/src/main.rs"

package reqwest <<DEPENDENCIES
reqwest = { version = "0.13", default-features = false, features = ["rustls-no-provider", "json"] }
serde = { version = "1", features = ["derive"] }
$rustls
DEPENDENCIES
cat >"$folder/reqwest/src/main.rs" <<'RUST'
#[derive(serde::Deserialize)]
struct Page {
    data: Vec<Permission>,
}

#[derive(serde::Deserialize)]
struct Permission {
    project_id: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let checkpoint = std::env::args().nth(1).unwrap_or_default();
    let url = format!("https://api.openai.com/v1/fine_tuning/checkpoints/{checkpoint}/permissions");
    let key = std::env::var("OPENAI_ADMIN_KEY")?;
    let answer = reqwest::Client::new().get(url).bearer_auth(key).send().await?;
    for permission in answer.error_for_status()?.json::<Page>().await?.data {
        println!("{}", permission.project_id);
    }
    Ok(())
}
RUST

crates() {
    cargo tree --quiet --manifest-path "$folder/$1/Cargo.toml" --edges normal,build --prefix none --no-dedupe |
        sed -E 's/ \(.*//' | grep -v '^listing ' | sort -u
}

for contender in $contenders; do
    (cd "$folder/$contender" && cargo fetch --quiet)
done
crates reqwest >"$folder/plain"
if [ "${1:-}" = --count ]; then
    for contender in $contenders; do
        crates "$contender" >"$folder/mine"
        printf '%s: %s crates\n' "$contender" "$(wc -l <"$folder/mine")"
        sed 's/^/    + /' <(comm -13 "$folder/plain" "$folder/mine")
    done
    exit
fi

printf '| program on | crates | beyond reqwest | build, wall | build, CPU | program |\n'
printf '| --- | ---: | ---: | ---: | ---: | ---: |\n'
TIMEFORMAT='%R %U %S'
for contender in $contenders; do
    crates "$contender" >"$folder/mine"
    times=$({ time cargo build --quiet --release --offline --jobs "$jobs" \
        --manifest-path "$folder/$contender/Cargo.toml" --target-dir "$folder/$contender/target" >&2; } 2>&1 | tail -n 1)
    read -r wall user system <<<"$times"
    size=$(wc -c <"$folder/$contender/target/release/listing")
    awk -v name="$contender" -v crates="$(wc -l <"$folder/mine")" \
        -v beyond="$(comm -13 "$folder/plain" "$folder/mine" | wc -l)" \
        -v wall="$wall" -v cpu="$(awk -v u="$user" -v s="$system" 'BEGIN { print u + s }')" -v size="$size" 'BEGIN {
        printf "| %s | %d | %d | %.0f s | %.0f s | %.2f MiB |\n", name, crates, beyond, wall, cpu, size / 1048576 }'
    rm -rf "$folder/$contender/target"
done
