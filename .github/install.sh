#!/usr/bin/env bash
# Installs the `permissions` command of this action's version: the released binary after a check of its
# checksum, or a build from source if no binary exists for the runner.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
version=$(sed -n '/^version = "/{s/^version = "\(.*\)"$/\1/p;q;}' "$root/Cargo.toml")
releases=${PERMISSIONS_RELEASES:-https://github.com/checkpoint-permissions/checkpoint-permissions/releases/download}
folder=${RUNNER_TEMP:-/tmp}/permissions-$version

case "${RUNNER_OS:-}-${RUNNER_ARCH:-}" in
  Linux-X64) target=x86_64-unknown-linux-musl ;;
  Linux-ARM64) target=aarch64-unknown-linux-musl ;;
  macOS-X64) target=x86_64-apple-darwin ;;
  macOS-ARM64) target=aarch64-apple-darwin ;;
  Windows-X64) target=x86_64-pc-windows-msvc ;;
  *) target= ;;
esac
name=permissions-v$version-$target

download() {
  curl --fail --silent --show-error --location --proto-redir =https --retry 3 --output "$folder/$1" "$releases/v$version/$1"
}

# Prints the SHA-256 digest of a file. macOS has shasum, Linux and Windows have sha256sum.
digest() {
  if command -v sha256sum >/dev/null; then
    sha256sum <"$1" | cut -d ' ' -f 1
  else
    shasum -a 256 <"$1" | cut -d ' ' -f 1
  fi
}

mkdir -p "$folder"
if [ -n "$target" ] && download SHA256SUMS && download "$name.tar.gz"; then
  expected=$(awk -v file="$name.tar.gz" '$2 == file { print $1 }' "$folder/SHA256SUMS")
  actual=$(digest "$folder/$name.tar.gz")
  if [ -z "$expected" ] || [ "$expected" != "$actual" ]; then
    echo "::error::the checksum of $name.tar.gz is $actual, but SHA256SUMS has ${expected:-no entry for it}"
    exit 1
  fi
  tar -xzf "$folder/$name.tar.gz" -C "$folder"
  bin=$folder/$name
else
  echo "No binary of version $version for ${RUNNER_OS:-this system} ${RUNNER_ARCH:-}: building it from source"
  # The working directory decides which rust-toolchain.toml rustup reads.
  (cd "$root" && cargo install --locked --quiet --path crates/permissions-cli --root "$folder")
  bin=$folder/bin
fi
echo "$bin" >>"$GITHUB_PATH"
"$bin/permissions" --version
