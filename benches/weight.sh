#!/usr/bin/env bash
# What a program pays for depending on permissions-ext: programs that list a checkpoint's permissions, each built in
# release mode from nothing, on this machine and now. They differ in what they depend on and in nothing else: the same
# runtime, the same profile, and, but for the second, the same TLS (rustls with ring, the system's roots).
#
#   permissions-ext         every page, retries, exactly-once, errors
#   async-openai-defaults   the first page: it has no more; with the TLS that it comes with
#   async-openai            the same, with the TLS of the others
#   reqwest                 the first page, by hand: the least that such a program can have
#
# Usage: benches/weight.sh [--count]     with --count, crates alone: seconds instead of minutes
# Needs the registry, or everything in cargo's cache. JOBS sets how many compilers run (2 unless set), CONTENDERS which of
# them are built.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
jobs=${JOBS:-2}
contenders=${CONTENDERS:-permissions-ext async-openai-defaults async-openai reqwest}
tokio='tokio = { version = "1", features = ["rt", "macros"] }'
rustls='rustls = { version = "0.23", default-features = false, features = ["std", "tls12", "ring", "logging"] }'

# package NAME: a package whose dependencies come on standard input, and its source from main.rs below.
package() {
    mkdir -p "$folder/$1/src"
    { printf '[package]\nname = "listing"\nversion = "0.0.0"\nedition = "2024"\n\n'
      printf '[workspace]\n\n[profile.release]\nstrip = true\n\n[dependencies]\n%s\n' "$tokio"
      cat; } >"$folder/$1/Cargo.toml"
    # The same versions as here, wherever they are the same crates.
    cp "$root/Cargo.lock" "$folder/$1/Cargo.lock"
}

package permissions-ext <<DEPENDENCIES
permissions-ext = { path = "$root/crates/permissions-ext" }
DEPENDENCIES
cat >"$folder/permissions-ext/src/main.rs" <<'RUST'
use permissions_ext::Client;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let checkpoint = std::env::args().nth(1).unwrap_or_default().parse()?;
    let mut permissions = Client::from_env()?.permissions(&checkpoint).list().stream();
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
