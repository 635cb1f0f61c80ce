//! A setting and where it comes from.

use std::fmt;

/// The source of a setting.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Origin {
    Option(&'static str),
    Variable(&'static str),
    /// A setting of a profile: the profile and the setting.
    Profile(String, &'static str),
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option(name) | Self::Variable(name) => f.write_str(name),
            Self::Profile(profile, setting) => write!(f, "{setting} of profile {profile}"),
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
