//! A setting and where it comes from.

use std::fmt;

/// The source of a setting. Options and settings of profiles have the names of the fields of `ProfileOptions`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Origin {
    Option(&'static str),
    Variable(&'static str),
    /// The profile and the name of the setting.
    Profile(String, &'static str),
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option(name) => write!(f, "--{}", name.replace('_', "-")),
            Self::Variable(name) => f.write_str(name),
            Self::Profile(profile, name) => {
                // `--project` chooses projects of a list, so the option for the header has a prefix.
                let name = name.trim_start_matches("api_");
                write!(f, "{name} of profile {profile}")
            }
            Self::Default => f.write_str("default"),
        }
    }
}

/// A setting with its origin.
#[derive(Clone, Debug)]
pub(crate) struct Setting<T> {
    pub(crate) value: T,
    pub(crate) origin: Origin,
}
