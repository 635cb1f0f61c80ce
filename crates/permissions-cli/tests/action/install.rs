//! `package.sh` and `install.sh` with a release in a local folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::support::{bash, describe, root, shell, write_program};

const VERSION: &str = env!("CARGO_PKG_VERSION");
const TARGET: &str = "x86_64-unknown-linux-musl";

/// A copy of the files that the scripts read, and a release folder.
struct Checkout {
    folder: TempDir,
}

impl Checkout {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in [
            "checkout/.github",
            "checkout/crates/permissions-cli",
            "programs",
            "built",
            "releases",
            "temp",
        ] {
            fs::create_dir_all(at(name)).unwrap();
        }
        for name in [
            "Cargo.toml",
            "CHANGELOG.md",
            "LICENSE-MIT",
            "LICENSE-APACHE",
            "crates/permissions-cli/README.md",
            ".github/install.sh",
            ".github/package.sh",
        ] {
            fs::copy(root().join(name), at("checkout").join(name)).unwrap();
        }
        write_program(&at("built/permissions"), "echo released binary");
        let install = "while [ \"$1\" != --root ]; do shift; done; mkdir -p \"$2/bin\"; printf '#!/bin/sh\\necho built from source\\n' >\"$2/bin/permissions\"; chmod +x \"$2/bin/permissions\"";
        write_program(&at("programs/cargo"), install);
        Self { folder }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Packs the binary and publishes it with its checksum.
    fn release(&self) -> PathBuf {
        let output = shell()
            .arg(self.at("checkout/.github/package.sh"))
            .args([TARGET.as_ref(), self.at("built").as_os_str()])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", describe(&output));
        let archive = format!("permissions-v{VERSION}-{TARGET}.tar.gz");
        let release = self.at("releases").join(format!("v{VERSION}"));
        fs::create_dir_all(&release).unwrap();
        fs::copy(
            self.at("checkout/dist").join(&archive),
            release.join(&archive),
        )
        .unwrap();
        let sums = Command::new("sha256sum")
            .arg(&archive)
            .current_dir(&release)
            .output()
            .unwrap();
        fs::write(release.join("SHA256SUMS"), sums.stdout).unwrap();
        release
    }

    fn install(&self, os: &str, architecture: &str) -> Output {
        let mut script = bash(&self.at("programs"));
        script
            .arg(self.at("checkout/.github/install.sh"))
            .env(
                "PERMISSIONS_RELEASES",
                format!("file://{}", self.at("releases").display()),
            )
            .env("RUNNER_OS", os)
            .env("RUNNER_ARCH", architecture)
            .env("RUNNER_TEMP", self.at("temp"))
            .env("GITHUB_PATH", self.at("path"));
        script.output().unwrap()
    }

    /// Runs the program that was installed.
    fn installed(&self) -> String {
        let folder = fs::read_to_string(self.at("path")).unwrap();
        let output = Command::new(Path::new(folder.trim()).join("permissions"))
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    }
}

#[test]
fn released_binary_with_matching_checksum_is_installed() {
    let checkout = Checkout::new();
    checkout.release();

    let output = checkout.install("Linux", "X64");

    assert!(output.status.success(), "{}", describe(&output));
    assert_eq!(checkout.installed(), "released binary\n");
}

#[test]
fn changed_archive_fails_and_is_not_built() {
    let checkout = Checkout::new();
    let release = checkout.release();
    let archive = release.join(format!("permissions-v{VERSION}-{TARGET}.tar.gz"));
    let mut bytes = fs::read(&archive).unwrap();
    bytes.push(0);
    fs::write(&archive, bytes).unwrap();

    let output = checkout.install("Linux", "X64");

    assert_eq!(output.status.code(), Some(1));
    assert!(
        describe(&output).contains("::error::the checksum of permissions-v"),
        "{}",
        describe(&output)
    );
    assert!(!checkout.at("path").exists());
}

#[test]
fn archive_without_checksum_fails() {
    let checkout = Checkout::new();
    let release = checkout.release();
    fs::write(release.join("SHA256SUMS"), "").unwrap();

    let output = checkout.install("Linux", "X64");

    assert_eq!(output.status.code(), Some(1));
    assert!(
        describe(&output).contains("SHA256SUMS has no entry for it"),
        "{}",
        describe(&output)
    );
}

#[test]
fn missing_binary_is_built_from_source() {
    for (os, architecture) in [
        ("Linux", "X64"),
        ("Linux", "ARM64"),
        ("macOS", "ARM64"),
        ("Linux", "RISCV64"),
    ] {
        let checkout = Checkout::new();

        let output = checkout.install(os, architecture);

        assert!(
            output.status.success(),
            "{os} {architecture}: {}",
            describe(&output)
        );
        assert_eq!(checkout.installed(), "built from source\n");
    }
}

#[test]
fn archive_has_the_layout_of_cargo_binstall() {
    let checkout = Checkout::new();
    let release = checkout.release();
    let manifest = fs::read_to_string(root().join("crates/permissions-cli/Cargo.toml")).unwrap();
    let manifest: toml::Value = toml::from_str(&manifest).unwrap();
    let binstall = &manifest["package"]["metadata"]["binstall"];
    let fill = |name: &str| {
        let template = binstall[name].as_str().unwrap();
        [
            ("{ repo }", env!("CARGO_PKG_REPOSITORY")),
            ("{ version }", VERSION),
            ("{ target }", TARGET),
            ("{ bin }", "permissions"),
            ("{ binary-ext }", ""),
        ]
        .into_iter()
        .fold(template.to_owned(), |text, (variable, value)| {
            text.replace(variable, value)
        })
    };

    let archive = release.join(fill("pkg-url").rsplit('/').next().unwrap());
    let listed = Command::new("tar")
        .arg("-tzf")
        .arg(archive)
        .output()
        .unwrap();

    assert!(fill("pkg-url").contains(&format!("/releases/download/v{VERSION}/")));
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(
        listed.lines().any(|line| line == fill("bin-dir")),
        "{listed}"
    );
}
