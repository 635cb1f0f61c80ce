//! The admin key and its source.

use std::fmt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use secrecy::{ExposeSecret as _, SecretString};

use super::{Origin, Setting};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::file;
use crate::options::KeyCommand;

const VARIABLE: &str = "OPENAI_ADMIN_KEY";

/// The size limit of a key file. Keys are about 200 bytes long. The limit is 64 KiB, so that a file with a key and
/// comments is refused for its content and not for its size.
const MAX_BYTES: u64 = 64 << 10;

/// The source of the admin key.
pub(super) enum KeySource {
    File(Setting<PathBuf>),
    Variable,
    Command(Setting<KeyCommand>),
}

impl KeySource {
    /// Chooses `--key-file`, then the variable, then the profile.
    pub(super) fn choose(
        file: Option<Setting<PathBuf>>,
        command: Option<Setting<KeyCommand>>,
    ) -> Result<Self, Failure> {
        match (file, command) {
            (Some(file), _) if matches!(file.origin, Origin::Option(_)) => Ok(Self::File(file)),
            _ if is_set(VARIABLE) => Ok(Self::Variable),
            (Some(file), Some(command)) => {
                let message = format!("{} and {} are both set", file.origin, command.origin);
                Err(Failure::usage(message).remedy("remove one of them"))
            }
            (Some(file), None) => Ok(Self::File(file)),
            (None, Some(command)) => Ok(Self::Command(command)),
            (None, None) => Ok(Self::Variable),
        }
    }

    pub(super) fn read(&self) -> Result<SecretString, Failure> {
        let text = match self {
            Self::Variable => match std::env::var_os(VARIABLE) {
                Some(value) if is_set(VARIABLE) => value.to_string_lossy().into_owned().into(),
                _ => return Err(missing()),
            },
            Self::File(file) => file::read(&file.value, MAX_BYTES)
                .map(SecretString::from)
                .map_err(|error| self.failure(&format!("failed to read it: {error}")))?,
            Self::Command(command) => self.run(command.value.words())?,
        };
        let key = text.expose_secret().trim();
        if key.is_empty() {
            return Err(self.failure("it is empty"));
        }
        // Characters outside this range are not valid in an HTTP header. The error does not contain the key.
        if !key.chars().all(|c| c.is_ascii_graphic()) {
            return Err(self.failure("it contains spaces, line breaks or non-ASCII characters"));
        }
        Ok(key.into())
    }

    /// Runs the program without a shell and returns its output. Its standard error stays visible, because password
    /// managers print their prompts there.
    fn run(&self, words: Vec<String>) -> Result<SecretString, Failure> {
        let Some((program, arguments)) = words.split_first() else {
            return Err(self.failure("the command is empty"));
        };
        let output = Command::new(program)
            .args(arguments)
            .stdin(Stdio::inherit())
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| self.failure(&format!("failed to run {program}: {error}")))?;
        if !output.status.success() {
            return Err(self.failure(&format!("{program} failed with {}", output.status)));
        }
        String::from_utf8(output.stdout)
            .map(SecretString::from)
            .map_err(|_| self.failure(&format!("the output of {program} is not valid UTF-8")))
    }

    fn failure(&self, reason: &str) -> Failure {
        let remedy = match self {
            Self::File(_) => "use a file that contains one admin key on one line",
            Self::Variable => "set it to one admin key",
            Self::Command(_) => "use a command that prints one admin key on one line",
        };
        Failure::new(Exit::Auth, format!("no admin key from {self}: {reason}")).remedy(remedy)
    }
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable => f.write_str(VARIABLE),
            Self::File(file) if file::is_stdio(&file.value) => {
                write!(f, "{} - (standard input)", file.origin)
            }
            Self::File(file) => match &file.origin {
                option @ Origin::Option(_) => write!(f, "{option} {}", file.value.display()),
                origin => write!(f, "{} ({origin})", file.value.display()),
            },
            Self::Command(command) => write!(f, "{}", command.origin),
        }
    }
}

/// Formats the prefix and the last four characters of a key, so that a person can tell keys apart.
pub(crate) fn masked(key: &SecretString) -> String {
    let key = key.expose_secret();
    let prefix = ["sk-admin-", "sk-proj-", "sk-svcacct-", "sk-"]
        .into_iter()
        .find(|prefix| key.starts_with(prefix))
        .unwrap_or_default();
    let end = if key.len() >= 24 {
        &key[key.len() - 4..]
    } else {
        ""
    };
    format!("{prefix}…{end}")
}

fn is_set(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| !value.to_string_lossy().trim().is_empty())
}

fn missing() -> Failure {
    let mut message = format!("no admin key: {VARIABLE} is not set, and --key-file is not given");
    if is_set("OPENAI_API_KEY") {
        message.push_str(" (OPENAI_API_KEY is set, but these operations need an admin key)");
    }
    Failure::new(Exit::Auth, message).remedy(format!(
        "set {VARIABLE} to an admin key, or try the command with a local file: --local demo.db"
    ))
}
