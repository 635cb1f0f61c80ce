//! Colours: when they are used, and which ones.

use anstyle::{AnsiColor, Reset, Style};
use clap::ValueEnum;
use serde::Deserialize;

pub(crate) const CREATED: Style = AnsiColor::Green.on_default();
pub(crate) const DELETED: Style = AnsiColor::Red.on_default();
pub(crate) const EXTRA: Style = AnsiColor::Yellow.on_default();
pub(crate) const MISSING: Style = AnsiColor::Red.on_default();
pub(crate) const HEADING: Style = Style::new().bold();

/// When output is coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ColorChoice {
    /// On a terminal; NO_COLOR turns colours off, CLICOLOR_FORCE and FORCE_COLOR turn them on
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl ColorChoice {
    /// Chooses between the option, the environment and the profile, in this order.
    pub(crate) fn resolve(option: Option<Self>, profile: Option<Self>) -> Self {
        option
            .or_else(Self::from_environment)
            .or(profile)
            .unwrap_or_default()
    }

    /// Whether to colour an output. `is_terminal` is whether that output is a terminal.
    pub(crate) fn enabled(self, is_terminal: bool) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => is_terminal && std::env::var_os("TERM").is_none_or(|term| term != "dumb"),
        }
    }

    fn from_environment() -> Option<Self> {
        let value = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let is_on = |name| value(name).is_some_and(|value| value != "0" && value != "false");
        if value("NO_COLOR").is_some() {
            Some(Self::Never)
        } else if is_on("CLICOLOR_FORCE") || is_on("FORCE_COLOR") {
            Some(Self::Always)
        } else if value("CLICOLOR").is_some_and(|value| value == "0") {
            Some(Self::Never)
        } else {
            None
        }
    }
}

/// Adds the style to the text, if colours are on.
pub(crate) fn paint(text: &str, style: Style, color: bool) -> String {
    if color && style != Style::new() {
        format!("{style}{text}{Reset}")
    } else {
        text.to_owned()
    }
}
