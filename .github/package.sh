#!/usr/bin/env bash
# usage: .github/package.sh TARGET FOLDER
# Packs the binary in FOLDER into dist/permissions-vVERSION-TARGET.tar.gz, the layout that install.sh and
# `cargo binstall` expect.
set -euo pipefail
cd "$(dirname "$0")/.."
target=$1 folder=$2
version=$(sed -n '/^version = "/{s/^version = "\(.*\)"$/\1/p;q;}' Cargo.toml)
name=permissions-v$version-$target
program=permissions
case "$target" in *windows*) program=permissions.exe ;; esac

mkdir -p "dist/$name"
cp "$folder/$program" crates/permissions-cli/README.md LICENSE-MIT LICENSE-APACHE CHANGELOG.md "dist/$name/"
tar -czf "dist/$name.tar.gz" -C dist "$name"
rm -r "dist/$name"
echo "dist/$name.tar.gz"
